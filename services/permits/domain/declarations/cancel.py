"""Cancel a declaration: its trader withdraws it and its reservations return."""

from services.permits.domain.declarations.end_without_release import end_without_release
from services.permits.domain.declarations.transition_guard import require_transition
from services.permits.domain.events import declaration_fields
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.events.declarations import DeclarationCancelled
from shared.contracts.parties import Actor


def cancel(declaration: DeclarationRecord, permits: PermitsById, reason: str | None, actor: Actor) -> ChangeSet:
    """Return the changes of a cancellation. Raise Conflict `invalid-transition` if the status does not allow it."""
    require_transition(declaration, DeclarationStatus.CANCELLED, ActorRole.TRADER)
    data = DeclarationCancelled(**declaration_fields(declaration), status=DeclarationStatus.CANCELLED, reason=reason)
    return end_without_release(declaration, permits, data, actor)
