"""Steps that tests of transitions share: run a command, lodge an accepted declaration, check balances."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import endorse
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, recompute
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Refusal
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement
from shared.idempotency import IdempotentCommand, StoredResponse
from tests.permits.sample_data import (
    CUSTOMS_ZA,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)

REFUSAL = Refusal(reason="no")

DeclarationAction = Callable[[AsyncEngine, UUID, Party, Any, IdempotentCommand], Awaitable[StoredResponse]]


async def run_command(
    db: AsyncEngine, act: DeclarationAction, found: dict[str, Any], by: Party, stated: Any, name: UUID | None = None
) -> dict[str, Any]:
    """Run an action on a declaration. Return the declaration after it."""
    response = await act(db, UUID(found["id"]), by, stated, command(name))
    return dict(json.loads(response.body))


def build_model(model: Any, **fields: Any) -> Any:
    """Return a validated model with these fields."""
    return model.model_validate(fields)


async def accepted_declaration(db: AsyncEngine, quantity: str = "100", **more: Any) -> tuple[UUID, dict[str, Any]]:
    """Return a permit's id and an accepted declaration of it."""
    permit = permit_content(line(**more))
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118")
    found = await lodge_declaration(
        db, declaration(item(permit, quantity, **({"term": more["term"]} if "term" in more else {})))
    )
    assert found["status"] == "accepted"
    return permit_id, found


async def check_balances(db: AsyncEngine) -> None:
    """Compare every balance with its entries."""
    async with db.connect() as conn:
        rows = (await conn.execute(text("SELECT * FROM ledger ORDER BY number"))).mappings().all()
        lines = (await conn.execute(text("SELECT * FROM permit_lines"))).mappings().all()
    for stored in lines:
        mine = [r for r in rows if (r["permit_id"], r["line"]) == (stored["permit_id"], stored["line"])]
        computed = recompute(
            LedgerEntry(
                side=Side(r["side"]),
                kind=EntryKind(r["kind"]),
                quantity=r["quantity"],
                closes=r["closes"],
                opens=r["opens"],
            )
            for r in mine
        )
        for name in vars(computed):
            assert getattr(computed, name) == stored[name], name


async def lodge_part_uses(db: AsyncEngine, quantity: str, *parts: str) -> tuple[UUID, list[dict[str, Any]]]:
    """Endorse a quantity under one bill of lading and lodge part uses of it. Return the permit and declarations."""
    permit = permit_content()
    permit_id = await issue_permit(db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": quantity}], "transport_document": "MAEU-1"}
    await endorse.endorse(db, permit_id, CUSTOMS_ZA, build_model(Endorsement, **box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    uses = [declaration(item(permit, one, **part), transport_document="MAEU-1") for one in parts]
    return permit_id, [await lodge_declaration(db, one) for one in uses]


def severities(found: dict[str, Any]) -> dict[str, str]:
    """Return the severity of each finding by its rule."""
    return {f["rule"]: f["severity"] for f in found["findings"]}
