"""When a permit ends by its dates: what it reads on a day of its issuer, and who is told when the day comes near.

The last day is included. A day is over when it is over in the last of the issuer's zones. Nothing decides by what was
told: the dates alone do.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.parties import Actor

NOTICE_PERIOD = timedelta(days=30)
"""How long before its last day a permit's end is told of."""
EXPIRABLE = frozenset({PermitStatus.ISSUED, PermitStatus.ENDORSED})
"""States that end by the dates: what was used up, lost or withdrawn stays what it is."""
EXPIRING_EVENT, EXPIRED_EVENT = "permit.expiring", "permit.expired"
NOTICE_LEVELS = {EXPIRING_EVENT: 1, EXPIRED_EVENT: 2}
"""How far the end of a permit has been told: 0 not at all."""


def status_on(permit: PermitRecord, day: date) -> PermitStatus:
    """Answer the status a permit reads on a day of its issuer: expired follows from its dates."""
    if permit.status in EXPIRABLE and day > permit.content.valid_until:
        return PermitStatus.EXPIRED
    return permit.status


def expiry_notice(permit: PermitRecord, day: date, actor: Actor, also_notify: frozenset[UUID]) -> PermitChange | None:
    """Write the news that a permit ends soon, or has ended, where that was not told yet."""
    status = status_on(permit, day)
    if status is PermitStatus.EXPIRED:
        event_type = EXPIRED_EVENT
    elif status in EXPIRABLE and day >= permit.content.valid_until - NOTICE_PERIOD:
        event_type = EXPIRING_EVENT
    else:
        return None
    if permit.notice_level >= NOTICE_LEVELS[event_type]:
        return None
    days_left = max((permit.content.valid_until - day).days, 0)
    payload = {"valid_until": permit.content.valid_until.isoformat(), "days_left": days_left}
    event = DomainEvent(
        from_status=permit.status,
        to_status=status,
        actor=actor,
        event_type=event_type,
        payload=payload,
        also_notify=also_notify,
    )
    return PermitChange(permit=replace(permit, notice_level=NOTICE_LEVELS[event_type]), events=(event,))
