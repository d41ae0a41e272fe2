"""When a permit ends by its dates: what it reads on a day of its issuer, and who is told when the day comes near.

The last day is included. A day is over when it is over in the last of the issuer's zones. Nothing decides by what was
told: the dates alone do.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.permits.domain.events import permit_fields
from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.events.permits import PermitEventData, PermitExpired, PermitExpiring
from shared.contracts.parties import Actor

NOTICE_PERIOD = timedelta(days=30)
"""How long before its last day a permit's end is told of."""
EXPIRABLE = frozenset({PermitStatus.ISSUED, PermitStatus.ENDORSED})
"""States that end by the dates: what was used up, lost or withdrawn stays what it is."""
NOTICE_LEVELS: dict[type[PermitEventData], int] = {PermitExpiring: 1, PermitExpired: 2}
"""How far the end of a permit has been told: 0 not at all."""


def status_on(permit: PermitRecord, day: date) -> PermitStatus:
    """Answer the status a permit reads on a day of its issuer: expired follows from its dates."""
    if permit.status in EXPIRABLE and day > permit.content.valid_until:
        return PermitStatus.EXPIRED
    return permit.status


def expiry_notice(permit: PermitRecord, day: date, actor: Actor, also_notify: frozenset[UUID]) -> PermitChange | None:
    """Write the news that a permit ends soon, or has ended, where that was not told yet."""
    status = status_on(permit, day)
    last_day = permit.content.valid_until
    data: PermitExpiring | PermitExpired
    if status is PermitStatus.EXPIRED:
        data = PermitExpired(**permit_fields(permit), status=status, valid_until=last_day, days_left=0)
    elif status in EXPIRABLE and day >= last_day - NOTICE_PERIOD:
        days_left = (last_day - day).days
        data = PermitExpiring(**permit_fields(permit), status=status, valid_until=last_day, days_left=days_left)
    else:
        return None
    level = NOTICE_LEVELS[type(data)]
    if permit.notice_level >= level:
        return None
    event = DomainEvent(from_status=permit.status, data=data, actor=actor, also_notify=also_notify)
    return PermitChange(permit=replace(permit, notice_level=level), events=(event,))
