"""Tell the story of a permit's lines: each entry with what stood after it, oldest first."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.views import View, sides
from services.permits.domain.ledger.balances import ZERO, Balance, Side, closed, enter, recompute
from services.permits.domain.values import PermitOnFile
from services.permits.store import ledger, permit_queries
from services.permits.store.from_row import Row
from shared.contracts.fields import write_moment
from shared.contracts.parties import Party
from shared.contracts.quantities import plain
from shared.problems import NotFound

DID: dict[str, str] = {
    "grant": "granted by the authority",
    "consent": "more agreed to by the authority",
    "draw": "of that drawn on",
    "lapse": "of that no longer drawn on",
    "reserve": "set aside",
    "release": "given back",
    "endorse": "endorsed: left",
    "consume": "consumed: arrived",
    "correct": "corrected",
    "cross": "crossed; the line stays open",
    "recross": "crossing corrected",
}
"""What an entry of each kind did, in words."""


async def story(
    engine: AsyncEngine, id: UUID, party: Party, *, line: str | None = None, limit: int = 200, after: int = 0
) -> dict[str, Any]:
    """Tell entries of the ledger of a permit that this party reads whole; the cursor is the last one's number."""
    async with engine.connect() as conn:
        found = await permit_queries.find(conn, id, party)
        if found is None:
            raise NotFound
        before = await ledger.up_to(conn, id, line=line, number=after)
        rows = await ledger.story(conn, id, line=line, after=after, limit=limit + 1)
    balances = {letter: recompute(entries) for letter, entries in before.items()}
    told = []
    for row in rows[:limit]:
        stood = balances.get(row["line"], Balance(granted=ZERO))
        balances[row["line"]] = enter(stood, ledger.entry_of(row))
        told.append(_told(row, found, stood, balances[row["line"]]))
    return {"data": told, "next_cursor": str(rows[limit - 1]["number"]) if len(rows) > limit else None}


def _told(row: Row, permit: PermitOnFile, before: Balance, stood: Balance) -> View:
    side = Side(row["side"])
    turns = (closed(before, side), closed(stood, side))
    closes, opens = turns == (False, True), turns == (True, False)
    return {
        "id": str(row["id"]),
        "line": row["line"],
        "side": row["side"],
        "kind": row["kind"],
        "quantity": plain(row["quantity"]),
        "unit": row["unit"],
        "closes": closes,
        "opens": opens,
        "day": row["day"].isoformat(),
        "declaration_id": str(row["declaration_id"]) if row["declaration_id"] else None,
        "reference": row["reference"],
        "item": row["item"],
        "dead_on_arrival": row["dead_on_arrival"],
        "at": write_moment(row["at"]),
        "by": {"party": str(row["by_party"]) if row["by_party"] else None, "role": row["by_role"]},
        "cause": row["cause"].split("/")[0],
        "reason": row["reason"],
        "text": _text(row, closes=closes, opens=opens),
        **sides(permit.terms.kind, stood),
    }


def _text(row: Row, *, closes: bool, opens: bool) -> str:
    """Say an entry in one line, for a person."""
    whose = f" for {row['reference']}, item {row['item']}" if row["reference"] else ""
    turned = "; closes the line" if closes else "; opens the line again" if opens else ""
    dead = f"; {row['dead_on_arrival']} dead on arrival" if row["dead_on_arrival"] else ""
    return f"{plain(row['quantity'])} {row['unit']} {DID[row['kind']]}{whose}{dead}{turned}"
