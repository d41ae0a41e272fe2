"""Verdicts of checks applied to declarations: status, findings, citations, events and changed permits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.permits.domain.checks.check import Verdict
from services.permits.domain.checks.citations import SecondUse
from services.permits.domain.events import (
    causing_declaration_fields,
    declaration_fields,
    finding_fields,
    name_first,
    permit_fields,
)
from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DeclarationEvent, DomainEvent, PermitEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.events.declarations import (
    DeclarationAccepted,
    DeclarationEventData,
    DeclarationReferred,
    DeclarationRejected,
)
from shared.contracts.events.parts import SecondUseAttempt
from shared.contracts.events.permits import PermitSecondUseAttempted
from shared.contracts.limits import EVENT_ENTRIES
from shared.contracts.parties import Actor
from shared.contracts.quantities import format_quantity

EventsByPermit = Mapping[UUID, tuple[PermitEvent, ...]]
NO_EVENTS: EventsByPermit = {}


def with_verdict(declaration: DeclarationRecord, verdict: Verdict) -> DeclarationRecord:
    """Return the declaration with the status, findings, citations and completed content of its verdict."""
    content = verdict.content or declaration.content
    return replace(
        declaration, status=verdict.status, findings=verdict.findings, citations=verdict.citations, content=content
    )


def checked_event(declaration: DeclarationRecord, verdict: Verdict, actor: Actor) -> DeclarationEvent:
    """Return the event of a check: the second event of the command, after that of the checked version."""
    return DomainEvent(
        from_status=DeclarationStatus.RECEIVED,
        data=verdict_data(declaration, verdict, nth=2),
        actor=system_actor(actor),
    )


def verdict_data(
    declaration: DeclarationRecord, verdict: Verdict, *, nth: int, reason: str | None = None
) -> DeclarationEventData:
    """Return the data of the event by which a declaration gets the status of its verdict.

    `nth` is the place of the event among the events of its command, from 1.
    """
    fields, found = declaration_fields(declaration, nth), finding_fields(verdict.findings)
    match verdict.status:
        case DeclarationStatus.ACCEPTED as status:
            return DeclarationAccepted(**fields, status=status, reason=reason, **found)
        case DeclarationStatus.REFERRED as status:
            return DeclarationReferred(**fields, status=status, reason=reason, **found)
        case DeclarationStatus.REJECTED as status:
            return DeclarationRejected(**fields, status=status, reason=reason, **found)
        case status:
            raise ValueError(f"no check ends with the status {status}")


def second_use_events(
    second_uses: Iterable[SecondUse],
    declaration: DeclarationRecord,
    permits: Iterable[PermitRecord],
    actor: Actor,
    events_by_permit: EventsByPermit = NO_EVENTS,
) -> EventsByPermit:
    """Return `events_by_permit` with an event `permit.second_use_attempted` for each permit in `second_uses`.

    A permit that has such an event already gets the attempts in it, so that many attempts are one event with a count.
    The declaring party and its trader receive the event only if the permit names them.
    """
    uses_by_permit: dict[UUID, list[SecondUse]] = {}
    named_permits: set[UUID] = set()
    for second_use in second_uses:
        if not second_use.by_unnamed_party:
            named_permits.add(second_use.permit)
        uses_by_permit.setdefault(second_use.permit, []).append(second_use)
    if not uses_by_permit:
        return events_by_permit
    result = dict(events_by_permit)
    for permit in permits:
        if permit.id in uses_by_permit:
            uses = uses_by_permit[permit.id]
            notified = {declaration.party, declaration.trader} if permit.id in named_permits else set()
            earlier = result.get(permit.id)
            event = (
                _with_attempts(earlier[-1], uses, declaration)
                if earlier
                else _second_use_event(permit, uses, declaration, actor)
            )
            result[permit.id] = (replace(event, also_notify=event.also_notify | notified),)
    return result


def _second_use_event(
    permit: PermitRecord, uses: Sequence[SecondUse], declaration: DeclarationRecord, actor: Actor
) -> PermitEvent:
    attempts, omitted = name_first(uses, _attempt)
    data = PermitSecondUseAttempted(
        **permit_fields(permit),
        **causing_declaration_fields(declaration),
        status=permit.status,
        attempt_count=len(uses),
        attempts=attempts,
        attempts_omitted=omitted,
    )
    return DomainEvent(from_status=permit.status, data=data, actor=system_actor(actor))


def _with_attempts(event: PermitEvent, uses: Sequence[SecondUse], declaration: DeclarationRecord) -> PermitEvent:
    """Return the event of an earlier declaration with the attempts of a further one, which names its declaration."""
    data = event.data
    assert isinstance(data, PermitSecondUseAttempted), "a check announces nothing else about a permit"
    named = {"declaration_id": declaration.id, "reference": declaration.content.reference}
    more = tuple(_attempt(one).model_copy(update=named) for one in uses[: EVENT_ENTRIES - len(data.attempts)])
    attempts, count = (*data.attempts, *more), data.attempt_count + len(uses)
    omitted = count - len(attempts) or None
    changes = {"attempts": attempts, "attempt_count": count, "attempts_omitted": omitted}
    return replace(event, data=data.model_copy(update=changes))


def _attempt(second_use: SecondUse) -> SecondUseAttempt:
    return SecondUseAttempt(
        line=second_use.line,
        item=second_use.item,
        asked=format_quantity(second_use.requested),
        left=format_quantity(second_use.remaining),
        unit=second_use.unit,
    )


def announced_on(change: PermitChange, permit: PermitRecord) -> PermitChange:
    """Return the change of a permit that only announces, on the permit as another transaction left it.

    Raise ValueError if the change has other balances too, because they would replace those of the other transaction.
    """
    if change.changed_lines != ():
        raise ValueError(f"the balances of permit {permit.id} change without its lock")
    later = permit.sequence - change.permit.sequence
    events = tuple(
        replace(
            event,
            from_status=permit.status,
            data=event.data.model_copy(update={"sequence": event.data.sequence + later, "status": permit.status}),
        )
        for event in change.events
    )
    return replace(change, permit=permit, events=events)


def changed_permits(
    before: Mapping[tuple[str, str], PermitRecord],
    after: Mapping[tuple[str, str], PermitRecord],
    events_by_permit: EventsByPermit,
) -> tuple[PermitChange, ...]:
    """Return the change of each permit that has events or whose balances changed. Keys are issuer and number."""
    return tuple(
        PermitChange(
            permit=permit, events=events_by_permit.get(permit.id, ()), changed_lines=_changed_lines(before[key], permit)
        )
        for key, permit in after.items()
        if permit.lines is not before[key].lines or permit.id in events_by_permit
    )


def _changed_lines(before: PermitRecord, after: PermitRecord) -> tuple[str, ...]:
    return tuple(line_letter for line_letter, line in after.lines.items() if line is not before.lines[line_letter])
