"""End a declaration without a release: the common part of refusal and cancellation."""

from dataclasses import replace

from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.write_off.reservations import return_reservations
from shared.contracts.events.declarations import DeclarationCancelled, DeclarationRefused
from shared.contracts.parties import Actor


def end_without_release(
    declaration: DeclarationRecord, permits: PermitsById, data: DeclarationRefused | DeclarationCancelled, actor: Actor
) -> ChangeSet:
    """Return the changes that end a declaration with the status of `data`. All reservations and claims end."""
    returned = return_reservations(declaration, permits, actor, str(data.status))
    event = DomainEvent(from_status=declaration.status, data=data, actor=actor)
    changes = tuple(PermitChange(permit=permit) for permit in returned.permits.values())
    citations = tuple(replace(citation, counted_elsewhere=ZERO) for citation in returned.declaration.citations)
    ended = replace(returned.declaration, status=data.status, citations=citations)
    return ChangeSet(
        declarations=(DeclarationChange(declaration=ended, events=(event,)),),
        permits=changes,
        postings=returned.postings,
    )
