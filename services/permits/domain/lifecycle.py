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


class By(StrEnum):
    """In whose hand a turn lies; `rules` is the hub itself."""

    RULES = "rules"
    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"


_CUSTOMS, _TRADER, _RULES = frozenset({By.CUSTOMS}), frozenset({By.TRADER}), frozenset({By.RULES})

TURNS: dict[Status, dict[Status, frozenset[By]]] = {
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

FINAL = frozenset(Status) - TURNS.keys()

EVENTS: dict[Status, str] = {status: f"declaration.{status}" for status in Status}
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


_AUTHORITY = frozenset({By.AUTHORITY})
_USE = frozenset({By.CUSTOMS, By.RULES})
_WITHDRAWN = {PermitStatus.REVOKED: _AUTHORITY, PermitStatus.REPLACED: _AUTHORITY}

PERMIT_TURNS: dict[PermitStatus, dict[PermitStatus, frozenset[By]]] = {
    PermitStatus.ISSUED: {
        PermitStatus.ENDORSED: _USE,
        PermitStatus.EXHAUSTED: _USE,
        PermitStatus.LOST: _AUTHORITY,
        **_WITHDRAWN,
    },
    PermitStatus.ENDORSED: {
        PermitStatus.ENDORSED: _USE,
        PermitStatus.EXHAUSTED: _USE,
        PermitStatus.LOST: _AUTHORITY,
        **_WITHDRAWN,
    },
    PermitStatus.EXHAUSTED: {PermitStatus.ISSUED: _USE, PermitStatus.ENDORSED: _USE, **_WITHDRAWN},
    PermitStatus.LOST: {PermitStatus.ISSUED: _AUTHORITY, PermitStatus.ENDORSED: _AUTHORITY, **_WITHDRAWN},
    PermitStatus.EXPIRED: dict(_WITHDRAWN),
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


_DECIDED = {
    ApplicationStatus.GRANTED: _AUTHORITY,
    ApplicationStatus.REFUSED: _AUTHORITY,
    ApplicationStatus.WITHDRAWN: _TRADER,
}

APPLICATION_TURNS: dict[ApplicationStatus, dict[ApplicationStatus, frozenset[By]]] = {
    ApplicationStatus.SUBMITTED: {ApplicationStatus.QUERIED: _AUTHORITY, **_DECIDED},
    ApplicationStatus.QUERIED: {ApplicationStatus.SUBMITTED: _TRADER, **_DECIDED},
}


def may_turn(here: Status, there: Status, by: By) -> bool:
    """Say whether a declaration may be sent from one state to another by this hand."""
    return by in TURNS.get(here, {}).get(there, frozenset())


def turns_of(here: Status) -> str:
    """Say in words where a declaration may go from here, for the one who tried something else."""
    return _in_words(here, TURNS.get(here, {}))


def permit_may_turn(here: PermitStatus, there: PermitStatus, by: By) -> bool:
    """Say whether a permit may be sent from one state to another by this hand."""
    return by in PERMIT_TURNS.get(here, {}).get(there, frozenset())


def permit_turns_of(here: PermitStatus) -> str:
    """Say in words where a permit may go from here."""
    return _in_words(here, PERMIT_TURNS.get(here, {}))


def application_may_turn(here: ApplicationStatus, there: ApplicationStatus, by: By) -> bool:
    """Say whether an application may be sent from one state to another by this hand."""
    return by in APPLICATION_TURNS.get(here, {}).get(there, frozenset())


def application_turns_of(here: ApplicationStatus) -> str:
    """Say in words where an application may go from here."""
    return _in_words(here, APPLICATION_TURNS.get(here, {}))


def _in_words(here: StrEnum, there: Mapping[Any, frozenset[By]]) -> str:
    turns = [f"{state} (by {' or '.join(sorted(by))})" for state, by in there.items()]
    return f"From {here} it may become {', '.join(turns)}." if turns else f"{here} is final."
