"""Alerts about second uses: the first attempt of a kind causes one at once, and a later one counts those that follow.

The hub holds the attempts of a window back. The alert at its end counts them, and names the latest of them.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from functools import reduce
from operator import or_

from services.permits.domain.events import causing_declaration_fields, name_first, permit_fields
from services.permits.domain.model.change_sets import ChangeSet, PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import NO_FOLLOWERS, DomainEvent, PermitEvent, system_actor, trader_and_agent
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import Attempt, AttemptKind, HeldAttempts, SecondUse
from shared.contracts.closed_sets import Movement
from shared.contracts.events.parts import SecondUseAttempt
from shared.contracts.events.permits import PermitSecondUseAttempted
from shared.contracts.limits import EVENT_ENTRIES
from shared.contracts.parties import Actor
from shared.contracts.quantities import format_quantity
from shared.limits import Limit, LimitSubject

FIRST_WINDOW_SECONDS = Limit(
    3_600,
    "seconds",
    subject=LimitSubject.EVENTS,
    meaning="Time after an alert about a second use in which a trader's further attempts on the line are counted only",
    beyond="The next alert counts them. The time doubles with each such alert, and begins again after a quiet one.",
)
LONGEST_WINDOW_SECONDS = Limit(
    86_400,
    "seconds",
    subject=LimitSubject.EVENTS,
    meaning="Time between two alerts about a trader's second uses of one line, while attempts go on",
    beyond="The time does not grow further.",
)
HELD_ATTEMPTS = Limit(
    20,
    "attempts",
    subject=LimitSubject.EVENTS,
    meaning="Latest second uses of one trader and line that the next alert names",
    beyond="The alert counts the others.",
)


def attempts_of(second_uses: Iterable[SecondUse], declaration: DeclarationRecord, actor: Actor) -> tuple[Attempt, ...]:
    """Return the second uses of a checked declaration as attempts at the time of the actor."""
    return tuple(Attempt(use=use, declaration=declaration, at=actor.at) for use in second_uses)


def alert_at_once(permit: PermitRecord, attempts: Sequence[Attempt], actor: Actor) -> PermitEvent:
    """Return the event `permit.second_use_attempted` about attempts that were found together.

    It names the first declaration. The declaring party and its trader receive it only if the permit names them.
    """
    first = attempts[0].declaration
    named, omitted = name_first(attempts, lambda attempt: _described_in_event_of(first, attempt))
    data = PermitSecondUseAttempted(
        **permit_fields(permit),
        **causing_declaration_fields(first),
        status=permit.status,
        attempt_count=len(attempts),
        first_attempt_at=min(attempt.at for attempt in attempts),
        last_attempt_at=max(attempt.at for attempt in attempts),
        attempts=named,
        attempts_omitted=omitted,
    )
    declaring = (attempt.declaration for attempt in attempts if not attempt.use.by_unnamed_party)
    followers = (trader_and_agent(trader=one.trader, party=one.party) for one in declaring)
    return DomainEvent(
        from_status=permit.status,
        data=data,
        actor=system_actor(actor),
        also_notify=reduce(or_, followers, NO_FOLLOWERS),
    )


def without_held(changes: ChangeSet, held: Set[AttemptKind]) -> ChangeSet:
    """Return a change set whose alerts leave out the attempts of these kinds. A change without more to write ends."""
    permits = (_without_held(change, held) if change.attempts else change for change in changes.permits)
    return replace(changes, permits=tuple(one for one in permits if one.events or one.changed_lines != ()))


def _without_held(change: PermitChange, held: Set[AttemptKind]) -> PermitChange:
    announced = tuple(attempt for attempt in change.attempts if attempt.kind not in held)
    if len(announced) == len(change.attempts):
        return change
    [alert] = change.events
    events = (alert_at_once(change.permit, announced, alert.actor),) if announced else ()
    return replace(change, events=events, attempts=announced)


def held_alerts(permit: PermitRecord, held: Sequence[HeldAttempts], actor: Actor) -> PermitChange:
    """Return the change with an alert for each movement of the held attempts on a permit."""
    by_movement: dict[Movement, list[HeldAttempts]] = {}
    for one in held:
        by_movement.setdefault(one.kind.movement, []).append(one)
    events = tuple(_held_alert(permit, same, actor, nth=nth) for nth, same in enumerate(by_movement.values(), start=1))
    return PermitChange(permit=permit, events=events, changed_lines=())


def _held_alert(permit: PermitRecord, held: Sequence[HeldAttempts], actor: Actor, *, nth: int) -> PermitEvent:
    """Return the alert about held attempts of one movement. It names the latest of them, the oldest first."""
    first_at, last_at = min(one.first_at for one in held), max(one.last_at for one in held)
    known = sorted((attempt for one in held for attempt in reversed(one.latest)), key=lambda one: one.at or first_at)
    count, named = sum(one.count for one in held), tuple(known[-EVENT_ENTRIES:])
    data = PermitSecondUseAttempted(
        **permit_fields(permit, nth),
        declaration_id=named[0].declaration_id,
        reference=named[0].reference,
        movement=held[0].kind.movement,
        status=permit.status,
        attempt_count=count,
        first_attempt_at=first_at,
        last_attempt_at=last_at,
        attempts=named,
        attempts_omitted=count - len(named) or None,
    )
    followers = (trader_and_agent(trader=one.kind.trader, party=one.party) for one in held if one.is_named)
    notified = reduce(or_, followers, NO_FOLLOWERS)
    return DomainEvent(from_status=permit.status, data=data, actor=actor, also_notify=notified)


def hold_attempts(attempts: Iterable[Attempt]) -> list[HeldAttempts]:
    """Return attempts as the next alert counts them, one value for each kind, in the order of kinds."""
    by_kind: dict[AttemptKind, list[Attempt]] = {}
    for attempt in attempts:
        by_kind.setdefault(attempt.kind, []).append(attempt)
    return [
        HeldAttempts(
            kind=kind,
            party=same[-1].declaration.party,
            is_named=any(not attempt.use.by_unnamed_party for attempt in same),
            count=len(same),
            first_at=same[0].at,
            last_at=same[-1].at,
            latest=tuple(_describe_held(attempt) for attempt in same[: -HELD_ATTEMPTS - 1 : -1]),
        )
        for kind, same in sorted(by_kind.items())
    ]


def _describe_held(attempt: Attempt) -> SecondUseAttempt:
    declaration = attempt.declaration
    named = {"declaration_id": declaration.id, "reference": declaration.content.reference, "at": attempt.at}
    return _describe(attempt.use).model_copy(update=named)


def _described_in_event_of(first: DeclarationRecord, attempt: Attempt) -> SecondUseAttempt:
    """Return an attempt as an alert names it that names its own first declaration already."""
    declaration = attempt.declaration
    if declaration.id == first.id:
        return _describe(attempt.use)
    named = {"declaration_id": declaration.id, "reference": declaration.content.reference}
    return _describe(attempt.use).model_copy(update=named)


def _describe(use: SecondUse) -> SecondUseAttempt:
    return SecondUseAttempt(
        line=use.line,
        item=use.item,
        asked=format_quantity(use.requested),
        left=format_quantity(use.remaining),
        unit=use.unit,
    )
