"""The status of a permit that follows from its lines."""

from services.permits.domain.events import permit_fields
from services.permits.domain.ledger.balances import Balance, is_closed, is_closed_by_entry, permit_amount, used
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, PermitEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.write_off.posting import PostingContext
from shared.contracts.closed_sets import PermitStatus, Side
from shared.contracts.events.permits import PermitExhausted


def status_from_lines(permit: PermitRecord) -> PermitStatus:
    """Return the status that a permit has by its lines: exhausted if nothing more may arrive, else endorsed or issued.

    A permit that was withdrawn keeps its status.
    """
    if permit.status not in USABLE:
        return permit.status
    balances = [line.balance for line in permit.lines.values()]
    if any(is_closed(one, Side.IMPORT) for one in balances) and all(_is_used_up(permit, one) for one in balances):
        return PermitStatus.EXHAUSTED
    return PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED


def _is_used_up(permit: PermitRecord, balance: Balance) -> bool:
    return is_closed(balance, Side.IMPORT) or (permit.endorsed and permit_amount(balance, Side.IMPORT) == 0)


def can_endorse_next_part(permit: PermitRecord) -> bool:
    """Return whether a further part load of an exhausted permit may leave.

    That is so if only part uses arrived and a line that is open at export has not left in full.
    """
    balances = [line.balance for line in permit.lines.values()]
    has_quantity_to_leave = any(
        not is_closed(one, Side.EXPORT) and used(one, Side.EXPORT) < one.granted for one in balances
    )
    return has_quantity_to_leave and not any(is_closed_by_entry(one, Side.IMPORT) for one in balances)


def exhausted_events(
    before: PermitRecord, after: PermitRecord, context: PostingContext, cause: DeclarationRecord | None = None
) -> tuple[PermitEvent, ...]:
    """Return the event `permit.exhausted` if the permit became exhausted. It follows the event of the use.

    `cause` is the declaration that used the permit; None for an endorsement or a permit that was found.
    """
    if after.status is not PermitStatus.EXHAUSTED or before.status is PermitStatus.EXHAUSTED:
        return ()
    data = PermitExhausted(
        **permit_fields(after, 2),
        status=after.status,
        declaration_id=None if cause is None else cause.id,
        reference=None if cause is None else cause.content.reference,
        movement=None if cause is None else cause.content.movement,
    )
    return (DomainEvent(from_status=after.status, data=data, actor=system_actor(context.actor)),)
