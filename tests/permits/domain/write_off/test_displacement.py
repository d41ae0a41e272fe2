"""Displacement: less left than is reserved, so the youngest declarations lose all reservations until the rest fits."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.permits import endorse
from shared.contracts.declaration import Override, Release
from shared.contracts.permit import Endorsement
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

PART: dict[str, Any] = {"document": {"use": "part"}}


async def _lodge_three_part_uses(db: AsyncEngine) -> tuple[list[UUID], list[dict[str, Any]]]:
    """Lodge three part uses of one permit. The younger two have reservations on another permit too."""
    one, other = permit_content(), permit_content()
    ids = [await issue_permit(db, one), await issue_permit(db, other)]
    uses = [
        declaration(item(one, "40", **PART), transport_document="M"),
        declaration(item(one, "40", **PART), item(other, "10", 2, **PART), transport_document="M"),
        declaration(item(one, "40", **PART), item(other, "10", 2, **PART), transport_document="M"),
    ]
    return ids, [await lodge_declaration(db, use) for use in uses]


async def _read(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Read a declaration again as its trader."""
    return await as_json(read.read_declaration(db, UUID(found["id"]), B))


async def test_displaced_declaration_returns_its_reservations_on_other_permits(permits_db: AsyncEngine) -> None:
    (one, other), declarations = await _lodge_three_part_uses(permits_db)
    await endorse_permit(permits_db, one, A="85")
    first, second, third = [await _read(permits_db, found) for found in declarations]
    assert [[u["reserved"] for u in found["usage"]] for found in (first, second, third)] == [
        ["40"], ["40", "10"], ["0", "0"],
    ]  # fmt: skip
    assert (await balance(permits_db, other))["reserved"] == "10"
    finding = third["findings"][-1]
    assert (third["status"], finding["rule"]) == ("referred", "CITES-box-14-endorsed-for-less")
    assert (finding["pointer"], finding["permit"]["line"]) == ("/items/0/quantity", "A")
    assert (finding["expected"], finding["found"]) == ("at most 5 number", "40 number set aside, all returned")
    assert "CITES-box-14-endorsed-for-less" not in {f["rule"] for f in first["findings"] + second["findings"]}
    await check_balances(permits_db)


async def test_displacement_ends_as_many_reservations_as_needed(permits_db: AsyncEngine) -> None:
    (one, other), declarations = await _lodge_three_part_uses(permits_db)
    await endorse_permit(permits_db, one, A="40")
    reserved = [[u["reserved"] for u in (await _read(permits_db, found))["usage"]] for found in declarations]
    assert reserved == [["40"], ["0", "0"], ["0", "0"]]
    assert [(await balance(permits_db, permit_id))["reserved"] for permit_id in (one, other)] == ["40", "0"]
    await check_balances(permits_db)


async def test_release_of_an_export_for_less_displaces_reservations(permits_db: AsyncEngine) -> None:
    (one, other), declarations = await _lodge_three_part_uses(permits_db)
    async with permits_db.connect() as conn:
        query = text("SELECT number FROM permits WHERE id = :id")
        number = (await conn.execute(query, {"id": one})).scalar_one()
    out = await lodge_declaration(
        permits_db, declaration(item(permit_content(number=number), "85"), movement="export"), A
    )
    await run_command(permits_db, transitions.release, out, CUSTOMS_ZA, Release())
    assert [(await balance(permits_db, permit_id))["reserved"] for permit_id in (one, other)] == ["80", "10"]
    assert (await _read(permits_db, declarations[2]))["status"] == "referred"
    await check_balances(permits_db)


async def test_displaced_declaration_is_accepted_by_override_when_it_fits(permits_db: AsyncEngine) -> None:
    (one, other), declarations = await _lodge_three_part_uses(permits_db)
    await endorse_permit(permits_db, one, A="85")
    await endorse.endorse(
        permits_db, one, CUSTOMS_ZA, build_model(Endorsement, lines=[{"line": "A", "quantity": "35"}]), command()
    )
    third = await _read(permits_db, declarations[2])
    for rule in sorted({f["rule"] for f in third["findings"] if f["severity"] == "refer"}):
        third = await run_command(
            permits_db, transitions.override, third, CUSTOMS_FR, build_model(Override, rule=rule, reason="seen")
        )
    assert (third["status"], [u["reserved"] for u in third["usage"]]) == ("accepted", ["40", "10"])
    assert [(await balance(permits_db, permit_id))["reserved"] for permit_id in (one, other)] == ["120", "20"]
    await check_balances(permits_db)


async def test_displaced_declaration_has_one_finding_left_and_its_override_reserves_again(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    lodged = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await endorse_permit(permits_db, permit_id, A="99")
    displaced = await _read(permits_db, lodged)
    left = [one["rule"] for one in displaced["findings"] if not one["overridden"]]
    assert (displaced["status"], left) == ("referred", ["CITES-box-14-endorsed-for-less"])
    [settled] = [one for one in displaced["findings"] if one["overridden"]]
    assert (settled["rule"], settled["override"]["by"]["role"]) == ("CITES-box-14-endorsement", "rules")
    assert settled["override"]["reason"] == f"Permit {permit.number} of ZA was endorsed"
    await endorse_permit(permits_db, permit_id, A="1")
    decision = build_model(Override, rule="CITES-box-14-endorsed-for-less", item=1, reason="The rest left too")
    accepted = await run_command(permits_db, transitions.override, displaced, CUSTOMS_FR, decision)
    assert accepted["status"] == "accepted"
    assert (await balance(permits_db, permit_id))["reserved"] == "100"
    await check_balances(permits_db)


async def test_endorsements_of_permits_with_shared_declarations_have_no_deadlock(
    permits_db: AsyncEngine,
) -> None:
    permits = [permit_content() for _ in range(4)]
    ids = [await issue_permit(permits_db, permit) for permit in permits]
    for n in range(12):
        cited = [item(permits[(n + k) % 4], "10", k + 1, **PART) for k in range(3)]
        await lodge_declaration(permits_db, declaration(*cited, transport_document="M"))
    await asyncio.gather(*(endorse_permit(permits_db, permit_id, A=str(15 * n + 5)) for n, permit_id in enumerate(ids)))
    async with permits_db.connect() as conn:
        deadlocks = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert (await conn.execute(deadlocks)).scalar_one() == 0
    await check_balances(permits_db)
