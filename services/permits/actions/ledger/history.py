"""List the ledger entries of a permit, oldest first, each with the line's balance after it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits.views import export_balance, import_balance
from services.permits.domain.ledger.balances import ZERO, Balance, apply_entry, is_closed, recompute
from services.permits.domain.model.permits import PermitRecord
from services.permits.store import ledger, permit_queries
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import Side
from shared.contracts.parties import Party
from shared.contracts.quantities import format_quantity
from shared.contracts.views.parts import HistoryActor
from shared.contracts.views.permits import Ledger, LedgerEntry
from shared.problems import NotFound

KIND_TEXTS: dict[str, str] = {
    "grant": "granted by the authority",
    "consent": "added by the authority's consent",
    "consent_used": "used from the authority's consent",
    "consent_returned": "returned to the authority's consent",
    "reserve": "reserved",
    "release": "returned unused",
    "endorse": "endorsed: left the country of export",
    "consume": "consumed: arrived in the country of import",
    "correct": "by a correction",
    "cross": "crossed a border; the line stays open",
    "recross": "by the correction of a crossing",
}
"""The text of each kind of entry."""


async def list_entries(
    engine: AsyncEngine, permit_id: UUID, party: Party, *, line: str | None = None, limit: int = 200, after: int = 0
) -> Ledger:
    """List the ledger entries of a permit that this party may read. The cursor is the number of the last one.

    Raise NotFound.
    """
    async with engine.connect() as conn:
        permit = await permit_queries.find(conn, permit_id, party)
        if permit is None:
            raise NotFound
        earlier_entries = await ledger.sum_entries_up_to(conn, permit_id, line=line, number=after)
        rows = await ledger.list_entries(conn, permit_id, line=line, after=after, limit=limit + 1)
    balances = {line_letter: recompute(entries) for line_letter, entries in earlier_entries.items()}
    shown = []
    for row in rows[:limit]:
        balance_before = balances.get(row["line"], Balance(granted=ZERO))
        balances[row["line"]] = apply_entry(balance_before, ledger.entry_from_row(row))
        shown.append(_entry_view(row, permit, balance_before, balances[row["line"]]))
    return Ledger(data=tuple(shown), next_cursor=str(rows[limit - 1]["number"]) if len(rows) > limit else None)


def _entry_view(row: Row, permit: PermitRecord, balance_before: Balance, balance_after: Balance) -> LedgerEntry:
    side = Side(row["side"])
    closed_before_and_after = (is_closed(balance_before, side), is_closed(balance_after, side))
    closes, opens = closed_before_and_after == (False, True), closed_before_and_after == (True, False)
    return LedgerEntry(
        id=row["id"],
        line=row["line"],
        side=side,
        kind=row["kind"],
        quantity=format_quantity(row["quantity"]),
        unit=row["unit"],
        closes=closes,
        opens=opens,
        day=row["value_date"],
        declaration_id=row["declaration_id"],
        reference=row["reference"],
        item=row["item"],
        dead_on_arrival=row["dead_on_arrival"],
        at=row["at"],
        by=HistoryActor(party=row["actor_party_id"], role=row["actor_role"]),
        cause=row["cause"].split("/")[0],
        reason=row["reason"],
        text=_entry_text(row, closes=closes, opens=opens),
        balance=import_balance(balance_after),
        export_balance=export_balance(permit.content.kind, balance_after),
    )


def _entry_text(row: Row, *, closes: bool, opens: bool) -> str:
    """Return an entry as one line of text for a person."""
    used_for = f" for {row['reference']}, item {row['item']}" if row["reference"] else ""
    closure = "; closes the line" if closes else "; opens the line again" if opens else ""
    dead = f"; {row['dead_on_arrival']} dead on arrival" if row["dead_on_arrival"] else ""
    return f"{format_quantity(row['quantity'])} {row['unit']} {KIND_TEXTS[row['kind']]}{used_for}{dead}{closure}"
