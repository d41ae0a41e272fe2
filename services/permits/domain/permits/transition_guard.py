"""Guard of permit transitions: the status and the actor's role must allow them."""

from datetime import date

from services.permits.domain.lifecycle import can_transition_permit, describe_permit_transitions
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.expiry import status_on
from shared.contracts.closed_sets import ActorRole, PermitStatus
from shared.problems import Conflict


def require_transition(permit: PermitRecord, to_status: PermitStatus, role: ActorRole, day: date) -> PermitStatus:
    """Return the permit's status on this day in its issuer's country.

    Raise Conflict `invalid-transition` if the table has no transition from it to `to_status` for this role.
    """
    from_status = status_on(permit, day)
    if not can_transition_permit(from_status, to_status, role):
        raise Conflict(
            "invalid-transition",
            f"Permit {permit.content.number} is {from_status}. {describe_permit_transitions(from_status)}",
        )
    return from_status
