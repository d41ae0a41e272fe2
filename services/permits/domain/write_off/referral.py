"""Refer a declaration whose reservation ended."""

from services.permits.domain.lifecycle import DECLARATION_EVENT_TYPES
from services.permits.domain.model.change_sets import DeclarationChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, system_actor
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.parties import Actor


def refer_declaration(
    before: DeclarationRecord, after: DeclarationRecord, actor: Actor, reason: str
) -> DeclarationChange:
    """Write the turn to referred by the rules, and why; the findings in its news."""
    system = system_actor(actor)
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in after.findings]
    event = DomainEvent(
        from_status=before.status,
        to_status=DeclarationStatus.REFERRED,
        actor=system,
        event_type=DECLARATION_EVENT_TYPES[DeclarationStatus.REFERRED],
        reason=reason,
        payload={"findings": findings},
    )
    return DeclarationChange(declaration=after, events=(event,))
