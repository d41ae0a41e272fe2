"""A declaration with the verdict of its check: its status and findings and events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.checks.check import Verdict
from services.permits.domain.checks.citations import SecondUse
from services.permits.domain.lifecycle import DECLARATION_EVENT_TYPES
from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.parties import Actor
from shared.contracts.quantities import format_quantity


def with_verdict(declaration: DeclarationRecord, verdict: Verdict) -> DeclarationRecord:
    """Answer the declaration as its check left it."""
    content = verdict.content or declaration.content
    return replace(
        declaration, status=verdict.status, findings=verdict.findings, citations=verdict.citations, content=content
    )


def checked_event(verdict: Verdict, actor: Actor) -> DomainEvent:
    """Write the turn by the rules, the findings in its news."""
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    payload = {"findings": findings} if findings else {}
    return DomainEvent(
        from_status=DeclarationStatus.RECEIVED,
        to_status=verdict.status,
        actor=system_actor(actor),
        event_type=DECLARATION_EVENT_TYPES[verdict.status],
        payload=payload,
    )


def second_use_events(
    second_uses: Iterable[SecondUse], declaration: DeclarationRecord, permits: Iterable[PermitRecord], actor: Actor
) -> dict[UUID, DomainEvent]:
    """Write, for each permit concerned, the news that this declaration tried to use it a second time."""
    attempts: dict[UUID, list[dict[str, object]]] = {}
    named_permits: set[UUID] = set()
    for second_use in second_uses:
        named_permits |= set() if second_use.by_unnamed_party else {second_use.permit}
        attempt: dict[str, object] = {
            "line": second_use.line,
            "item": second_use.item,
            "asked": format_quantity(second_use.requested),
            "left": format_quantity(second_use.remaining),
            "unit": second_use.unit,
        }
        attempts.setdefault(second_use.permit, []).append(attempt)
    if not attempts:
        return {}
    return {
        permit.id: DomainEvent(
            from_status=permit.status,
            to_status=permit.status,
            actor=system_actor(actor),
            event_type="permit.second_use_attempted",
            payload={**events.declaration_reference(declaration), "attempts": attempts[permit.id]},
            also_notify=frozenset({declaration.party, declaration.trader})
            if permit.id in named_permits
            else frozenset(),
        )
        for permit in permits
        if permit.id in attempts
    }


def changed_permits(
    before: Mapping[tuple[str, str], PermitRecord],
    after: Mapping[tuple[str, str], PermitRecord],
    events_by_permit: Mapping[UUID, list[DomainEvent]],
) -> tuple[PermitChange, ...]:
    """Answer the permits that a decision changed, each with its moves."""
    return tuple(
        PermitChange(
            permit=permit,
            events=tuple(events_by_permit.get(permit.id, ())),
            changed_lines=_changed_lines(before[key], permit),
        )
        for key, permit in after.items()
        if permit.lines is not before[key].lines or permit.id in events_by_permit
    )


def _changed_lines(before: PermitRecord, after: PermitRecord) -> tuple[str, ...]:
    return tuple(line_letter for line_letter, line in after.lines.items() if line is not before.lines[line_letter])
