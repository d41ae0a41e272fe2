"""The status of a permit that follows from its lines."""

from services.permits.domain.ledger.balances import Balance, is_closed, is_closed_by_entry, permit_amount, used
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.write_off.posting import PostingContext
from shared.contracts.closed_sets import PermitStatus, Side


def status_from_lines(permit: PermitRecord) -> PermitStatus:
    """Answer where a permit stands by its lines: exhausted when nothing further may arrive, else endorsed or issued."""
    if permit.status not in USABLE:
        return permit.status
    balances = [line.balance for line in permit.lines.values()]
    if any(is_closed(one, Side.IMPORT) for one in balances) and all(_is_used_up(permit, one) for one in balances):
        return PermitStatus.EXHAUSTED
    return PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED


def _is_used_up(permit: PermitRecord, balance: Balance) -> bool:
    return is_closed(balance, Side.IMPORT) or (permit.endorsed and permit_amount(balance, Side.IMPORT) == 0)


def can_endorse_next_part(permit: PermitRecord) -> bool:
    """Say whether the next part load of an exhausted permit may leave: parts alone arrived, and not all has left."""
    balances = [line.balance for line in permit.lines.values()]
    has_quantity_to_leave = any(
        not is_closed(one, Side.EXPORT) and used(one, Side.EXPORT) < one.granted for one in balances
    )
    return has_quantity_to_leave and not any(is_closed_by_entry(one, Side.IMPORT) for one in balances)


def exhausted_events(
    before: PermitRecord, after: PermitRecord, context: PostingContext, **payload: object
) -> tuple[DomainEvent, ...]:
    """Write the news that nothing further may come of a permit, when that is new."""
    if after.status is not PermitStatus.EXHAUSTED or before.status is PermitStatus.EXHAUSTED:
        return ()
    rules = system_actor(context.actor)
    return (
        DomainEvent(
            from_status=after.status,
            to_status=after.status,
            actor=rules,
            event_type="permit.exhausted",
            payload=dict(payload),
        ),
    )
