"""Refuse a transition that a declaration's status or the actor's role does not allow."""

from services.permits.domain.lifecycle import can_transition, describe_transitions
from services.permits.domain.model.declarations import DeclarationRecord
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.problems import Conflict


def require_transition(declaration: DeclarationRecord, to_status: DeclarationStatus, role: ActorRole) -> None:
    """Refuse a transition that the table does not have (409 `invalid-transition`)."""
    if not can_transition(declaration.status, to_status, role):
        allowed = describe_transitions(declaration.status)
        detail = f"Declaration {declaration.content.reference} is {declaration.status}. {allowed}"
        raise Conflict("invalid-transition", detail)
