"""Allowed transitions of declarations, permits and applications, and the actor roles that may make each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.contracts.closed_sets import ActorRole, ApplicationStatus, DeclarationStatus, PermitStatus
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict

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


MAX_AMENDED_HISTORY = Limit(
    500,
    "entries",
    subject=LimitSubject.DECLARATIONS,
    meaning="Entries in the history of a declaration, after which its trader cannot amend it",
    beyond="409 `history-full`",
)
MAX_HISTORY = Limit(
    1_000,
    "entries",
    subject=LimitSubject.DECLARATIONS,
    meaning="Entries in the history of a declaration or an application, after which officers may only decide it",
    beyond="409 `history-full`",
)


def require_room_in_history(entries: int, limit: int) -> None:
    """Raise Conflict `history-full` if a history has no room for an act that can be repeated without end.

    The acts that end a declaration or an application are always possible. The limit of a trader is lower, so that no
    trader can fill a history before an officer acts.
    """
    if entries >= limit:
        raise Conflict(
            "history-full",
            f"The history has {entries} entries, the limit of the hub for this act. Decide, cancel or withdraw it, and "
            "begin with a new one if that is needed.",
        )


# The act of an actor role by the status that it leads to, for the details of refusals.
_SUBJECTS = {
    ActorRole.CUSTOMS: "Customs",
    ActorRole.AUTHORITY: "The Management Authority",
    ActorRole.TRADER: "The trader",
}
_DECLARATION_ACTS = {
    (DeclarationStatus.ACCEPTED, ActorRole.CUSTOMS): "override each open finding",
    (DeclarationStatus.RELEASED, ActorRole.CUSTOMS): "release it",
    (DeclarationStatus.REFUSED, ActorRole.CUSTOMS): "refuse it",
    (DeclarationStatus.RECEIVED, ActorRole.TRADER): "amend it",
    (DeclarationStatus.CANCELLED, ActorRole.TRADER): "cancel it",
}
_ACTS_AFTER_RELEASE = {(DeclarationStatus.RELEASED, ActorRole.CUSTOMS): "correct the release"}
_PERMIT_ACTS = {
    (PermitStatus.ENDORSED, ActorRole.CUSTOMS): "endorse it",
    (PermitStatus.EXHAUSTED, ActorRole.CUSTOMS): "release a declaration that cites it",
    (PermitStatus.ISSUED, ActorRole.AUTHORITY): "report it as found",
    (PermitStatus.ENDORSED, ActorRole.AUTHORITY): "report it as found",
    (PermitStatus.LOST, ActorRole.AUTHORITY): "report it as lost",
    (PermitStatus.REVOKED, ActorRole.AUTHORITY): "revoke it",
    (PermitStatus.REPLACED, ActorRole.AUTHORITY): "replace it",
}
_ACTS_AFTER_EXHAUSTION = {
    (PermitStatus.ISSUED, ActorRole.CUSTOMS): "correct a release that used it",
    (PermitStatus.ENDORSED, ActorRole.CUSTOMS): "correct a release that used it",
}
_APPLICATION_ACTS = {
    (ApplicationStatus.QUERIED, ActorRole.AUTHORITY): "query it",
    (ApplicationStatus.GRANTED, ActorRole.AUTHORITY): "grant it",
    (ApplicationStatus.REFUSED, ActorRole.AUTHORITY): "refuse it",
    (ApplicationStatus.SUBMITTED, ActorRole.TRADER): "answer the query",
    (ApplicationStatus.WITHDRAWN, ActorRole.TRADER): "withdraw it",
}


def can_transition(from_status: DeclarationStatus, to_status: DeclarationStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change a declaration from one status to another."""
    return role in DECLARATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_transitions(from_status: DeclarationStatus) -> str:
    """Return sentences that name the acts possible for a declaration of this status, for an error message."""
    acts = _DECLARATION_ACTS | (_ACTS_AFTER_RELEASE if from_status is DeclarationStatus.RELEASED else {})
    return _describe(from_status, DECLARATION_TRANSITIONS.get(from_status, {}), acts)


def can_transition_permit(from_status: PermitStatus, to_status: PermitStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change a permit from one status to another."""
    return role in PERMIT_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_permit_transitions(from_status: PermitStatus) -> str:
    """Return sentences that name the acts possible for a permit of this status, for an error message."""
    acts = _PERMIT_ACTS | (_ACTS_AFTER_EXHAUSTION if from_status is PermitStatus.EXHAUSTED else {})
    return _describe(from_status, PERMIT_TRANSITIONS.get(from_status, {}), acts)


def can_transition_application(from_status: ApplicationStatus, to_status: ApplicationStatus, role: ActorRole) -> bool:
    """Return whether an actor of this role may change an application from one status to another."""
    return role in APPLICATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())


def describe_application_transitions(from_status: ApplicationStatus) -> str:
    """Return sentences that name the acts possible for an application of this status, for an error message."""
    return _describe(from_status, APPLICATION_TRANSITIONS.get(from_status, {}), _APPLICATION_ACTS)


def _describe(
    from_status: StrEnum, allowed: Mapping[Any, frozenset[ActorRole]], acts: Mapping[tuple[Any, ActorRole], str]
) -> str:
    """Return one sentence per actor role. The rules act without a request, so a sentence names them only if alone."""
    if not allowed:
        return f"{from_status} is final."
    by_role = {
        role: list(dict.fromkeys(acts[to_status, role] for to_status, roles in allowed.items() if role in roles))
        for role in (ActorRole.CUSTOMS, ActorRole.AUTHORITY, ActorRole.TRADER)
    }
    sentences = [f"{_SUBJECTS[role]} may {_alternatives(found)}." for role, found in by_role.items() if found]
    return " ".join(sentences) or "Wait until the hub has checked it."


def _alternatives(acts: list[str]) -> str:
    """Return "a", "a or b", or "a, b or c"."""
    *others, last = acts
    return f"{', '.join(others)} or {last}" if others else last
