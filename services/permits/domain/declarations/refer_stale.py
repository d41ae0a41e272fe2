"""A declaration that nobody released in the days its country allows gives back what it set aside, and is referred.

It is not over: an officer who overrides the finding sets all aside anew if it is still there, its trader may state a
new version or cancel, customs may refuse.
"""

from dataclasses import replace
from datetime import date

from services.permits.domain.model.change_sets import ChangeSet, PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import system_actor
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.rules.reservations import StaleContext, reservation_is_released_in_time
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.write_off.referral import refer_declaration
from services.permits.domain.write_off.reservations import return_reservations
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.parties import Actor


def refer_stale(declaration: DeclarationRecord, permits: PermitsById, days: int, last: date, actor: Actor) -> ChangeSet:
    """Give back the reservations of an accepted or referred declaration; `last` is when something last happened."""
    returned = return_reservations(declaration, permits, system_actor(actor), f"ended/{declaration.sequence}")
    found = evaluate((reservation_is_released_in_time,), StaleContext(days=days, last_changed=last))
    findings = (*declaration.findings, *found)
    after = replace(returned.declaration, status=DeclarationStatus.REFERRED, findings=findings)
    changes = tuple(PermitChange(permit=permit) for permit in returned.permits.values())
    reason = f"Nothing happened for {days} days: what was set aside went back"
    return ChangeSet(
        declarations=(refer_declaration(declaration, after, actor, reason),),
        permits=changes,
        postings=returned.postings,
    )
