"""Refuse a transition that a permit's status or the actor's role does not allow."""

from datetime import date

from services.permits.domain.lifecycle import can_transition_permit, describe_permit_transitions
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.expiry import status_on
from shared.contracts.closed_sets import ActorRole, PermitStatus
from shared.problems import Conflict


def require_transition(permit: PermitRecord, to_status: PermitStatus, role: ActorRole, day: date) -> PermitStatus:
    """Return the permit's status on this day of its issuer; refuse a transition that the table does not have."""
    from_status = status_on(permit, day)
    if not can_transition_permit(from_status, to_status, role):
        raise Conflict(
            "invalid-transition",
            f"Permit {permit.content.number} is {from_status}. {describe_permit_transitions(from_status)}",
        )
    return from_status
