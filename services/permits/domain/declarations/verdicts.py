"""Verdicts of checks applied to declarations: status, findings, citations, events and changed permits."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.permits.domain.checks.verdict import Verdict
from services.permits.domain.declarations.second_use_alerts import alert_at_once
from services.permits.domain.events import declaration_fields, finding_fields
from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DeclarationEvent, DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import Attempt
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.events.declarations import (
    DeclarationAccepted,
    DeclarationEventData,
    DeclarationReferred,
    DeclarationRejected,
)
from shared.contracts.parties import Actor


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
    attempts: Iterable[Attempt],
    actor: Actor,
) -> tuple[PermitChange, ...]:
    """Return the change of each permit with attempts of second uses or changed balances. Keys are issuer and number.

    All attempts on a permit are one alert.
    """
    attempts_by_permit: dict[UUID, list[Attempt]] = {}
    for attempt in attempts:
        attempts_by_permit.setdefault(attempt.use.permit, []).append(attempt)
    changes = []
    for key, permit in after.items():
        found = tuple(attempts_by_permit.get(permit.id, ()))
        if found or permit.lines is not before[key].lines:
            alerts = (alert_at_once(permit, found, actor),) if found else ()
            changed_lines = _changed_lines(before[key], permit)
            changes.append(PermitChange(permit=permit, events=alerts, changed_lines=changed_lines, attempts=found))
    return tuple(changes)


def _changed_lines(before: PermitRecord, after: PermitRecord) -> tuple[str, ...]:
    return tuple(line_letter for line_letter, line in after.lines.items() if line is not before.lines[line_letter])
