"""When a permit ends by its dates: what it reads on a day of its issuer, and who is told when the day comes near.

The last day is included. A day is over when it is over in the last of the issuer's zones. Nothing decides by what was
told: the dates alone do.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.permits.domain.lifecycle import PermitStatus
from services.permits.domain.values import Move, PermitChange, PermitOnFile
from shared.contracts.parties import Act

NEAR = timedelta(days=30)
"""How long before its last day a permit's end is told of."""
LIVE = frozenset({PermitStatus.ISSUED, PermitStatus.ENDORSED})
"""States that end by the dates: what was used up, lost or withdrawn stays what it is."""
EXPIRING, EXPIRED = "permit.expiring", "permit.expired"
TOLD = {EXPIRING: 1, EXPIRED: 2}
"""How far the end of a permit has been told: 0 not at all."""


def reads(permit: PermitOnFile, day: date) -> PermitStatus:
    """Answer the status a permit reads on a day of its issuer: expired follows from its dates."""
    if permit.status in LIVE and day > permit.terms.valid_until:
        return PermitStatus.EXPIRED
    return permit.status


def tell(permit: PermitOnFile, day: date, by: Act, hearers: frozenset[UUID]) -> PermitChange | None:
    """Write the news that a permit ends soon, or has ended, where that was not told yet."""
    now = reads(permit, day)
    if now is PermitStatus.EXPIRED:
        event = EXPIRED
    elif now in LIVE and day >= permit.terms.valid_until - NEAR:
        event = EXPIRING
    else:
        return None
    if permit.told >= TOLD[event]:
        return None
    left = max((permit.terms.valid_until - day).days, 0)
    extra = {"valid_until": permit.terms.valid_until.isoformat(), "days_left": left}
    move = Move(permit.status, now, by, event, None, extra, hearers)
    return PermitChange(replace(permit, told=TOLD[event]), (move,))
