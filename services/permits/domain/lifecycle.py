"""Where a declaration, a permit and an application may go next, and who may send them there."""

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
"""From which state to which, by whom. A release again is a correction."""

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
"""States in which a permit was not withdrawn: whether anything is left on it is the ledger's question."""


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
    """Say whether a declaration may be sent from one state to another by this hand."""
    return role in DECLARATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_transitions(from_status: DeclarationStatus) -> str:
    """Say in words where a declaration may go from here, for the one who tried something else."""
    return _describe(from_status, DECLARATION_TRANSITIONS.get(from_status, {}))


def can_transition_permit(from_status: PermitStatus, to_status: PermitStatus, role: ActorRole) -> bool:
    """Say whether a permit may be sent from one state to another by this hand."""
    return role in PERMIT_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_permit_transitions(from_status: PermitStatus) -> str:
    """Say in words where a permit may go from here."""
    return _describe(from_status, PERMIT_TRANSITIONS.get(from_status, {}))


def can_transition_application(from_status: ApplicationStatus, to_status: ApplicationStatus, role: ActorRole) -> bool:
    """Say whether an application may be sent from one state to another by this hand."""
    return role in APPLICATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_application_transitions(from_status: ApplicationStatus) -> str:
    """Say in words where an application may go from here."""
    return _describe(from_status, APPLICATION_TRANSITIONS.get(from_status, {}))


def _describe(from_status: StrEnum, allowed: Mapping[Any, frozenset[ActorRole]]) -> str:
    descriptions = [f"{to_status} (by {' or '.join(sorted(roles))})" for to_status, roles in allowed.items()]
    return (
        f"From {from_status} it may become {', '.join(descriptions)}." if descriptions else f"{from_status} is final."
    )
