"""Refer a stale declaration: without a decision within the days of its country, its reservations return.

The declaration is not final. An override reserves the quantities again if the lines still have them.
The trader may amend or cancel it, and customs may refuse it.
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
    """Return the changes that refer a declaration and return its reservations.

    `days` is the number of days that its country allows; `last` is the day of its last event.
    """
    returned = return_reservations(declaration, permits, system_actor(actor), f"ended/{declaration.sequence}")
    found = evaluate((reservation_is_released_in_time,), StaleContext(days=days, last_changed=last))
    findings = (*declaration.findings, *found)
    after = replace(returned.declaration, status=DeclarationStatus.REFERRED, findings=findings)
    changes = tuple(PermitChange(permit=permit) for permit in returned.permits.values())
    reason = f"The hub returned the reservations: the declaration did not change for {days} days"
    return ChangeSet(
        declarations=(refer_declaration(declaration, after, actor, reason),),
        permits=changes,
        postings=returned.postings,
    )
