"""Refuse a declaration: customs stops the goods and its reservations return."""

from services.permits.domain.declarations.end_without_release import end_without_release
from services.permits.domain.declarations.transition_guard import require_transition
from services.permits.domain.events import declaration_fields
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.events.declarations import DeclarationRefused
from shared.contracts.parties import Actor


def refuse(declaration: DeclarationRecord, permits: PermitsById, reason: str, actor: Actor) -> ChangeSet:
    """Return the changes of a refusal. Raise Conflict `invalid-transition` if the status does not allow it."""
    require_transition(declaration, DeclarationStatus.REFUSED, ActorRole.CUSTOMS)
    data = DeclarationRefused(**declaration_fields(declaration), status=DeclarationStatus.REFUSED, reason=reason)
    return end_without_release(declaration, permits, data, actor)
