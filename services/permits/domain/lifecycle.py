"""Where a declaration, a permit and an application may go next, and who may send them there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a declaration stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFERRED = "referred"
    REJECTED = "rejected"
    RELEASED = "released"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ActorRole(StrEnum):
    """In whose hand a turn lies; `rules` is the hub itself."""

    RULES = "rules"
    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"


_CUSTOMS, _TRADER, _RULES = frozenset({ActorRole.CUSTOMS}), frozenset({ActorRole.TRADER}), frozenset({ActorRole.RULES})

DECLARATION_TRANSITIONS: dict[Status, dict[Status, frozenset[ActorRole]]] = {
    Status.RECEIVED: {Status.ACCEPTED: _RULES, Status.REFERRED: _RULES, Status.REJECTED: _RULES},
    Status.ACCEPTED: {
        Status.RELEASED: _CUSTOMS,
        Status.REFUSED: _CUSTOMS,
        Status.CANCELLED: _TRADER,
        Status.RECEIVED: _TRADER,
        Status.REFERRED: _RULES,
    },
    Status.REFERRED: {
        Status.ACCEPTED: _CUSTOMS | _RULES,
        Status.REFUSED: _CUSTOMS,
        Status.CANCELLED: _TRADER,
        Status.RECEIVED: _TRADER,
        Status.REJECTED: _RULES,
    },
    Status.REJECTED: {Status.ACCEPTED: _CUSTOMS, Status.CANCELLED: _TRADER, Status.RECEIVED: _TRADER},
    Status.RELEASED: {Status.RELEASED: _CUSTOMS},
}
"""From which state to which, by whom. A release again is a correction."""

FINAL = frozenset(Status) - DECLARATION_TRANSITIONS.keys()

DECLARATION_EVENT_TYPES: dict[Status, str] = {status: f"declaration.{status}" for status in Status}
"""The event of entering a state; an amendment and a correction have events of their own."""


class PermitStatus(StrEnum):
    """Where a permit stands; `expired` follows from its dates and is never written."""

    ISSUED = "issued"
    ENDORSED = "endorsed"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    LOST = "lost"


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


class ApplicationStatus(StrEnum):
    """Where an application for a permit stands."""

    SUBMITTED = "submitted"
    QUERIED = "queried"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_DECISIONS = {
    ApplicationStatus.GRANTED: _AUTHORITY,
    ApplicationStatus.REFUSED: _AUTHORITY,
    ApplicationStatus.WITHDRAWN: _TRADER,
}

APPLICATION_TRANSITIONS: dict[ApplicationStatus, dict[ApplicationStatus, frozenset[ActorRole]]] = {
    ApplicationStatus.SUBMITTED: {ApplicationStatus.QUERIED: _AUTHORITY, **_DECISIONS},
    ApplicationStatus.QUERIED: {ApplicationStatus.SUBMITTED: _TRADER, **_DECISIONS},
}


def can_transition(from_status: Status, to_status: Status, role: ActorRole) -> bool:
    """Say whether a declaration may be sent from one state to another by this hand."""
    return role in DECLARATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_transitions(from_status: Status) -> str:
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
