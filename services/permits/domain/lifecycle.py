"""Allowed transitions of declarations, permits and applications, and the actor roles that may make each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.contracts.closed_sets import ActorRole, ApplicationStatus, DeclarationStatus, PermitStatus

_CUSTOMS, _TRADER, _RULES = frozenset({ActorRole.CUSTOMS}), frozenset({ActorRole.TRADER}), frozenset({ActorRole.RULES})

DECLARATION_TRANSITIONS: dict[DeclarationStatus, dict[DeclarationStatus, frozenset[ActorRole]]] = {
    DeclarationStatus.RECEIVED: {
        DeclarationStatus.ACCEPTED: _RULES,
        DeclarationStatus.REFERRED: _RULES,
        DeclarationStatus.REJECTED: _RULES,
    },
    DeclarationStatus.ACCEPTED: {
        DeclarationStatus.RELEASED: _CUSTOMS,
        DeclarationStatus.REFUSED: _CUSTOMS,
        DeclarationStatus.CANCELLED: _TRADER,
        DeclarationStatus.RECEIVED: _TRADER,
        DeclarationStatus.REFERRED: _RULES,
    },
    DeclarationStatus.REFERRED: {
        DeclarationStatus.ACCEPTED: _CUSTOMS | _RULES,
        DeclarationStatus.REFUSED: _CUSTOMS,
        DeclarationStatus.CANCELLED: _TRADER,
        DeclarationStatus.RECEIVED: _TRADER,
        DeclarationStatus.REJECTED: _RULES,
    },
    DeclarationStatus.REJECTED: {
        DeclarationStatus.ACCEPTED: _CUSTOMS,
        DeclarationStatus.CANCELLED: _TRADER,
        DeclarationStatus.RECEIVED: _TRADER,
    },
    DeclarationStatus.RELEASED: {DeclarationStatus.RELEASED: _CUSTOMS},
}
"""Transitions by status, with the actor roles of each. From `released` to `released` is a correction."""

FINAL = frozenset(DeclarationStatus) - DECLARATION_TRANSITIONS.keys()


_AUTHORITY = frozenset({ActorRole.AUTHORITY})
_CUSTOMS_OR_RULES = frozenset({ActorRole.CUSTOMS, ActorRole.RULES})
_WITHDRAWALS = {PermitStatus.REVOKED: _AUTHORITY, PermitStatus.REPLACED: _AUTHORITY}

PERMIT_TRANSITIONS: dict[PermitStatus, dict[PermitStatus, frozenset[ActorRole]]] = {
    PermitStatus.ISSUED: {
        PermitStatus.ENDORSED: _CUSTOMS_OR_RULES,
        PermitStatus.EXHAUSTED: _CUSTOMS_OR_RULES,
        PermitStatus.LOST: _AUTHORITY,
        **_WITHDRAWALS,
    },
    PermitStatus.ENDORSED: {
        PermitStatus.ENDORSED: _CUSTOMS_OR_RULES,
        PermitStatus.EXHAUSTED: _CUSTOMS_OR_RULES,
        PermitStatus.LOST: _AUTHORITY,
        **_WITHDRAWALS,
    },
    PermitStatus.EXHAUSTED: {
        PermitStatus.ISSUED: _CUSTOMS_OR_RULES,
        PermitStatus.ENDORSED: _CUSTOMS_OR_RULES,
        **_WITHDRAWALS,
    },
    PermitStatus.LOST: {PermitStatus.ISSUED: _AUTHORITY, PermitStatus.ENDORSED: _AUTHORITY, **_WITHDRAWALS},
    PermitStatus.EXPIRED: dict(_WITHDRAWALS),
}
USABLE = frozenset({PermitStatus.ISSUED, PermitStatus.ENDORSED, PermitStatus.EXHAUSTED})
"""Statuses of a permit that was not withdrawn. The ledger decides what is left on its lines."""


_DECISIONS = {
    ApplicationStatus.GRANTED: _AUTHORITY,
    ApplicationStatus.REFUSED: _AUTHORITY,
    ApplicationStatus.WITHDRAWN: _TRADER,
}

APPLICATION_TRANSITIONS: dict[ApplicationStatus, dict[ApplicationStatus, frozenset[ActorRole]]] = {
    ApplicationStatus.SUBMITTED: {ApplicationStatus.QUERIED: _AUTHORITY, **_DECISIONS},
    ApplicationStatus.QUERIED: {ApplicationStatus.SUBMITTED: _TRADER, **_DECISIONS},
}


def can_transition(from_status: DeclarationStatus, to_status: DeclarationStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change a declaration from one status to another."""
    return role in DECLARATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_transitions(from_status: DeclarationStatus) -> str:
    """Return a sentence that lists the allowed transitions of a declaration, for an error message."""
    return _describe(from_status, DECLARATION_TRANSITIONS.get(from_status, {}))


def can_transition_permit(from_status: PermitStatus, to_status: PermitStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change a permit from one status to another."""
    return role in PERMIT_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_permit_transitions(from_status: PermitStatus) -> str:
    """Return a sentence that lists the allowed transitions of a permit, for an error message."""
    return _describe(from_status, PERMIT_TRANSITIONS.get(from_status, {}))


def can_transition_application(from_status: ApplicationStatus, to_status: ApplicationStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change an application from one status to another."""
    return role in APPLICATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_application_transitions(from_status: ApplicationStatus) -> str:
    """Return a sentence that lists the allowed transitions of an application, for an error message."""
    return _describe(from_status, APPLICATION_TRANSITIONS.get(from_status, {}))


def _describe(from_status: StrEnum, allowed: Mapping[Any, frozenset[ActorRole]]) -> str:
    descriptions = [f"{to_status} (by {' or '.join(sorted(roles))})" for to_status, roles in allowed.items()]
    return (
        f"From {from_status} it may become {', '.join(descriptions)}." if descriptions else f"{from_status} is final."
    )
