"""Refer a declaration after its check, because a reservation ended or a permit was withdrawn."""

from services.permits.domain.events import declaration_fields, finding_fields
from services.permits.domain.model.change_sets import DeclarationChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, system_actor
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.events.declarations import DeclarationReferred
from shared.contracts.parties import Actor


def refer_declaration(
    before: DeclarationRecord, after: DeclarationRecord, actor: Actor, reason: str
) -> DeclarationChange:
    """Return the change of a declaration to `referred`. The hub is the actor of its event."""
    data = DeclarationReferred(
        **declaration_fields(after),
        status=DeclarationStatus.REFERRED,
        reason=reason,
        **finding_fields(after.findings),
    )
    event = DomainEvent(from_status=before.status, data=data, actor=system_actor(actor))
    return DeclarationChange(declaration=after, events=(event,))
