"""Take over a permit: its issuer's authority becomes the office of a permit that another country registered."""

from dataclasses import replace
from datetime import date

from services.permits.domain.events import permit_fields
from services.permits.domain.lifecycle import can_transition_permit, describe_permit_transitions
from services.permits.domain.model.change_sets import ChangeSet, PermitChange
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.expiry import status_on
from shared.contracts.closed_sets import ActorRole, PermitStatus
from shared.contracts.events.permits import PermitTakenOver
from shared.contracts.parties import Actor, Party
from shared.problems import Conflict


def take_over(permit: PermitRecord, party: Party, reason: str | None, actor: Actor, day: date) -> ChangeSet:
    """Return the changes of a takeover by the issuer's authority. Status, balances, reservations and uses stay.

    `day` is the day in the issuer's country. Raise Conflict `permit-already-own` if no other country registered the
    permit, and `invalid-transition` if it was revoked or replaced.
    """
    issuer, status = permit.content.issuer, status_on(permit, day)
    registrar = permit.registering_country
    if registrar is None or not permit.is_registered_elsewhere:
        detail = f"Permit {permit.content.number} is already a permit of the authority of {issuer}. Use it as it is."
        raise Conflict("permit-already-own", detail)
    if not can_transition_permit(status, PermitStatus.REVOKED, ActorRole.AUTHORITY):
        detail = f"Permit {permit.content.number} is {status}. {describe_permit_transitions(status)}"
        raise Conflict("invalid-transition", detail)
    taken_over = replace(permit, registered_by=party.id, registering_country=party.country)
    data = PermitTakenOver(**permit_fields(permit), status=status, reason=reason, taken_over_from=registrar)
    event = DomainEvent(from_status=status, data=data, actor=actor)
    return ChangeSet(permits=(PermitChange(permit=taken_over, events=(event,), changed_lines=()),))
