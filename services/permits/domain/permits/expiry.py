"""Expiry of permits: the status on a day, and the notices before and after the last day (Article VI.2).

The last day is included. A day ends when it ends in the last time zone of the issuer.
Notices decide nothing: the status follows from the dates alone.
"""

from dataclasses import replace
from datetime import date, timedelta

from services.permits.domain.events import permit_fields
from services.permits.domain.model.change_sets import PermitChange
from services.permits.domain.model.events import DomainEvent, Followers
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.events.permits import PermitEventData, PermitExpired, PermitExpiring
from shared.contracts.parties import Actor

NOTICE_PERIOD = timedelta(days=30)
"""Time before the last day of a permit at which the hub sends `permit.expiring`."""
EXPIRABLE = frozenset({PermitStatus.ISSUED, PermitStatus.ENDORSED})
"""Statuses that the dates change to `expired`. Any other status stays."""
NOTICE_LEVELS: dict[type[PermitEventData], int] = {PermitExpiring: 1, PermitExpired: 2}
"""Notice level of a permit after each event about its end; 0 before the first."""


def status_on(permit: PermitRecord, day: date) -> PermitStatus:
    """Return the status of a permit on a day in its issuer's country. `expired` follows from the dates."""
    if permit.status in EXPIRABLE and day > permit.content.valid_until:
        return PermitStatus.EXPIRED
    return permit.status


def expiry_notice(permit: PermitRecord, day: date, actor: Actor, also_notify: Followers) -> PermitChange | None:
    """Return the change with the event that a permit ends soon or has ended; None if no new notice is due.

    `day` is the day in the issuer's country. Each notice is sent once.
    """
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
