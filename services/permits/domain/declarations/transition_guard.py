"""Guard of declaration transitions: the status and the actor's role must allow them."""

from services.permits.domain.lifecycle import can_transition, describe_transitions
from services.permits.domain.model.declarations import DeclarationRecord
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.problems import Conflict


def require_transition(declaration: DeclarationRecord, to_status: DeclarationStatus, role: ActorRole) -> None:
    """Raise Conflict `invalid-transition` if the table has no such transition for this role."""
    if not can_transition(declaration.status, to_status, role):
        allowed = describe_transitions(declaration.status)
        detail = f"Declaration {declaration.content.reference} is {declaration.status}. {allowed}"
        raise Conflict("invalid-transition", detail)
