"""One trophy that a declaration states as its parts: reservation, override, release and correction."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from shared.contracts.declaration import Correction, Override, Release
from shared.problems import Conflict, Invalid
from tests.permits.declaration_steps import build_model, check_balances, run_command, severities
from tests.permits.sample_data import (
    CUSTOMS_FR,
    balance,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)

NEIGHBOURING = "CITES-box-9-neighbouring-term"
MISSING_SKULL = ({"number": 1, "quantity": "0"}, {"number": 2, "quantity": "1"})


async def _lodge_parts(
    db: AsyncEngine, granted: str, *parts: tuple[str, str], **more: Any
) -> tuple[UUID, dict[str, Any]]:
    """Return a permit of trophies and a declaration of one item for each part, by term and quantity."""
    permit = permit_content(line(quantity=granted, term="TRO", **more))
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A=granted)
    goods = [
        item(permit, quantity, term=term) | {"number": number} for number, (term, quantity) in enumerate(parts, start=1)
    ]
    return permit_id, await lodge_declaration(db, declaration(*goods))


async def _accept(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    decision = build_model(Override, rule=NEIGHBOURING, reason="seen")
    return await run_command(db, transitions.override, found, CUSTOMS_FR, decision)


async def _quantities(db: AsyncEngine, permit_id: UUID) -> tuple[str, str, bool]:
    kept = await balance(db, permit_id)
    await check_balances(db)
    return kept["reserved"], kept["consumed"], kept["closed"]


async def test_skull_and_skin_of_one_trophy_are_referred_and_reserve_one(permits_db: AsyncEngine) -> None:
    permit_id, found = await _lodge_parts(permits_db, "1", ("SKU", "1"), ("SKI", "1"))
    assert (found["status"], severities(found)) == ("referred", {NEIGHBOURING: "refer"})
    assert [finding["pointer"] for finding in found["findings"]] == ["/items/0/term", "/items/1/term"]
    assert [usage["reserved"] for usage in found["usage"]] == ["1", "0"]
    assert await _quantities(permits_db, permit_id) == ("1", "0", False)


async def test_second_skull_is_more_than_one_trophy(permits_db: AsyncEngine) -> None:
    for parts in ([("SKI", "1"), ("SKU", "2")], [("SKU", "1"), ("SKI", "1"), ("SKU", "1")]):
        permit_id, found = await _lodge_parts(permits_db, "1", *parts)
        assert found["status"] == "rejected"
        assert severities(found) == {NEIGHBOURING: "refer", "CITES-box-11-quantity": "block"}
        assert await _quantities(permits_db, permit_id) == ("0", "0", False)


async def test_release_of_skull_and_skin_uses_one_trophy_and_closes_the_line(permits_db: AsyncEngine) -> None:
    permit_id, found = await _lodge_parts(permits_db, "1", ("SKU", "1"), ("SKI", "1"))
    accepted = await _accept(permits_db, found)
    assert accepted["status"] == "accepted"
    released = await run_command(permits_db, transitions.release, accepted, CUSTOMS_FR, build_model(Release))
    assert [usage["consumed"] for usage in released["usage"]] == ["1", "0"]
    assert await _quantities(permits_db, permit_id) == ("0", "1", True)


async def test_release_without_the_skull_uses_one_trophy_for_the_skin(permits_db: AsyncEngine) -> None:
    permit_id, found = await _lodge_parts(permits_db, "2", ("SKU", "2"), ("SKI", "1"))
    accepted = await _accept(permits_db, found)
    arrived = build_model(Release, items=MISSING_SKULL)
    released = await run_command(permits_db, transitions.release, accepted, CUSTOMS_FR, arrived)
    assert [usage["consumed"] for usage in released["usage"]] == ["0", "1"]
    assert await _quantities(permits_db, permit_id) == ("0", "1", True)


async def test_correction_counts_the_parts_of_one_trophy_together(permits_db: AsyncEngine) -> None:
    permit_id, found = await _lodge_parts(permits_db, "2", ("SKU", "2"), ("SKI", "1"))
    accepted = await _accept(permits_db, found)
    released = await run_command(permits_db, transitions.release, accepted, CUSTOMS_FR, build_model(Release))
    assert await _quantities(permits_db, permit_id) == ("0", "2", True)
    with pytest.raises(Invalid) as caught:
        one = build_model(Correction, items=[{"number": 1, "quantity": "0"}], reason="no skull")
        await run_command(permits_db, transitions.correct, released, CUSTOMS_FR, one)
    assert caught.value.code == "items-counted-together"
    both = build_model(Correction, items=MISSING_SKULL, reason="no skull")
    corrected = await run_command(permits_db, transitions.correct, released, CUSTOMS_FR, both)
    assert [usage["consumed"] for usage in corrected["usage"]] == ["0", "1"]
    assert await _quantities(permits_db, permit_id) == ("0", "1", True)


async def test_release_of_more_parts_than_declared_is_refused(permits_db: AsyncEngine) -> None:
    _, found = await _lodge_parts(permits_db, "1", ("SKU", "1"), ("SKI", "1"))
    accepted = await _accept(permits_db, found)
    with pytest.raises((Invalid, Conflict)) as caught:
        more = build_model(Release, items=({"number": 2, "quantity": "2"},))
        await run_command(permits_db, transitions.release, accepted, CUSTOMS_FR, more)
    assert caught.value.code == "more-than-declared"


async def test_parts_for_which_customs_names_the_line_are_counted_together(permits_db: AsyncEngine) -> None:
    permit = permit_content(line("A", "1", term="TRO"), line("B", "1", term="TRO", origin_country="MZ"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="1", B="1")
    goods = [item(permit, "1", term=term) | {"number": number} for number, term in ((1, "SKU"), (2, "SKI"))]
    for one in goods:
        del one["origin_country"]
    found = await lodge_declaration(permits_db, declaration(*goods))
    assert severities(found) == {NEIGHBOURING: "refer", "one-line-meant": "refer"}
    await _accept(permits_db, found)
    for number in (1, 2):
        choice = build_model(Override, rule="one-line-meant", item=number, line="A", reason="seen")
        found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, choice)
    assert found["status"] == "accepted"
    assert sorted(usage["reserved"] for usage in found["usage"]) == ["0", "1"]


async def test_sides_of_a_skin_reserve_one_skin(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(quantity="1"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="1")
    found = await lodge_declaration(permits_db, declaration(item(permit, "2", term="SID")))
    assert (found["status"], found["usage"][0]["reserved"]) == ("referred", "1")
