"""The quantity that customs states is divided among the documents of an item, at release and at correction."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import read as permits_read
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.declaration import Cancellation, Consent, Correction, Release
from shared.database import now
from shared.problems import Conflict, Invalid
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.domain.checks.test_allocation import endorsed_permits, item_of
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_FR, B, declaration, lodge_declaration
from tests.permits.view_json import as_json


async def _lodge_150(db: AsyncEngine, *left: str, **more: Any) -> dict[str, Any]:
    """Lodge an item of 150 that uses 100 of its first permit and 50 of its second one."""
    permits = await endorsed_permits(db, *(left or ("100", "50")))
    stated = item_of(permits, "150", {"quantity": "100"}, {"quantity": "50"}, **more)
    found = await lodge_declaration(db, declaration(stated))
    assert found["status"] == "accepted", found["findings"]
    return found


def _amounts(found: dict[str, Any], field: str = "consumed") -> list[str]:
    """Return an amount of the usage of each document, in the order of the item's documents."""
    by_number = {one["permit"]["number"]: one[field] for one in found["usage"]}
    return [by_number[document["number"]] for document in found["items"][0]["documents"]]


def _named(found: dict[str, Any], index: int, quantity: str, **more: Any) -> dict[str, Any]:
    """Return the quantity of one document, as customs states it."""
    return {"number": found["items"][0]["documents"][index]["number"], "quantity": quantity, **more}


async def _release(db: AsyncEngine, found: dict[str, Any], **item: Any) -> dict[str, Any]:
    items = [{"number": 1, **item}] if item else []
    return await run_command(db, transitions.release, found, CUSTOMS_FR, build_model(Release, items=items))


@pytest.mark.parametrize(
    ("stated", "documents", "used"),
    [
        ({}, [], ["100", "50"]),
        ({"quantity": "140"}, [], ["100", "40"]),
        ({"quantity": "90"}, [], ["90", "0"]),
        ({"quantity": "0"}, [], ["0", "0"]),
        ({"quantity": "70", "unit": "pair"}, [], ["100", "40"]),
        ({}, [(0, "90")], ["90", "50"]),
        ({"quantity": "140"}, [(0, "90")], ["90", "50"]),
        ({"quantity": "120"}, [(1, "50")], ["70", "50"]),
    ],
)
async def test_release_divides_the_quantity_in_the_order_of_the_documents(
    permits_db: AsyncEngine, stated: dict[str, Any], documents: list[tuple[int, str]], used: list[str]
) -> None:
    found = await _lodge_150(permits_db)
    named = [_named(found, index, quantity) for index, quantity in documents]
    released = await _release(permits_db, found, **stated, documents=named)
    assert (_amounts(released), _amounts(released, "reserved")) == (used, ["0", "0"])
    await check_balances(permits_db)


async def test_release_exhausts_each_permit_that_the_item_used_up(permits_db: AsyncEngine) -> None:
    found = await _lodge_150(permits_db)
    released = await _release(permits_db, found)
    for used in released["usage"]:
        permit = await as_json(permits_read.read_permit(permits_db, UUID(used["permit"]["id"]), AUTHORITY_ZA, now()))
        assert permit["status"] == PermitStatus.EXHAUSTED


@pytest.mark.parametrize(
    ("stated", "documents", "code"),
    [
        ({"quantity": "130"}, [(0, "90"), (1, "50")], "write-offs-differ"),
        ({"quantity": "80"}, [(0, "90")], "write-offs-differ"),
        ({}, [(0, "90"), (0, "10")], "no-such-document"),
        ({"quantity": "10", "unit": "kg"}, [], "inexact-unit"),
        ({"quantity": "151"}, [], "more-than-declared"),
        ({}, [(0, "101")], "more-than-declared"),
        ({}, [(0, "90"), (1, "60")], "more-than-reserved"),
    ],
)
async def test_release_that_does_not_fit_the_documents_is_refused(
    permits_db: AsyncEngine, stated: dict[str, Any], documents: list[tuple[int, str]], code: str
) -> None:
    found = await _lodge_150(permits_db, "100", "60")
    named = [_named(found, index, quantity) for index, quantity in documents]
    with pytest.raises((Invalid, Conflict)) as refused:
        await _release(permits_db, found, **stated, documents=named)
    assert refused.value.code == code
    await check_balances(permits_db)


async def test_release_of_a_permit_that_the_item_does_not_cite_is_refused(permits_db: AsyncEngine) -> None:
    found = await _lodge_150(permits_db)
    with pytest.raises(Invalid) as refused:
        await _release(permits_db, found, documents=[{"number": "ZA-0", "quantity": "1"}])
    assert refused.value.code == "no-such-document"


async def test_cancellation_returns_the_reservation_of_each_document(permits_db: AsyncEngine) -> None:
    found = await _lodge_150(permits_db)
    cancelled = await run_command(permits_db, transitions.cancel, found, B, Cancellation())
    assert _amounts(cancelled, "reserved") == ["0", "0"]
    again = await lodge_declaration(permits_db, declaration(found["items"][0]))
    assert again["status"] == "accepted"
    await check_balances(permits_db)


async def test_correction_divides_the_quantity_again(permits_db: AsyncEngine) -> None:
    found = await _lodge_150(permits_db)
    released = await _release(permits_db, found)
    for stated, documents, used in (
        ({"quantity": "120"}, [], ["100", "20"]),
        ({"quantity": "150"}, [], ["100", "50"]),
        ({"quantity": "130"}, [_named(found, 0, "80")], ["80", "50"]),
        ({"quantity": "0"}, [], ["0", "0"]),
    ):
        items = [{"number": 1, **stated, "documents": documents}]
        decision = build_model(Correction, items=items, reason="counted again")
        released = await run_command(permits_db, transitions.correct, released, CUSTOMS_FR, decision)
        assert _amounts(released) == used
        await check_balances(permits_db)


async def test_consent_to_an_item_of_two_permits_needs_the_permit(permits_db: AsyncEngine) -> None:
    found = await _lodge_150(permits_db)
    with pytest.raises(Invalid) as refused:
        decision = build_model(Consent, item=1, quantity="20")
        await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, decision)
    assert refused.value.code == "no-such-document"
    second = {"number": found["items"][0]["documents"][1]["number"]}
    decision = build_model(Consent, item=1, quantity="20", document=second)
    found = await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, decision)
    released = await _release(permits_db, found, quantity="165")
    assert _amounts(released) == ["100", "65"]
    await check_balances(permits_db)


async def test_dead_animals_are_counted_once_among_the_documents(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(permits_db, "2", "3", term="LIV")
    stated = item_of(permits, "5", {"quantity": "2"}, {"quantity": "3"}, term="LIV")
    found = await lodge_declaration(permits_db, declaration(stated))
    assert found["status"] == "accepted", found["findings"]
    await _release(permits_db, found, quantity="5", dead_on_arrival=3)
    dead = []
    for used in found["usage"]:
        entries = await as_json(list_entries(permits_db, UUID(used["permit"]["id"]), AUTHORITY_ZA))
        dead += [one["dead_on_arrival"] for one in entries["data"] if one.get("dead_on_arrival") is not None]
    assert sorted(dead) == [1, 2]
