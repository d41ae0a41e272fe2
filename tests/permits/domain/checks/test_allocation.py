"""Allocation: an item divides its quantity among several documents, each with its own reservation."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from shared.contracts.declaration import NormalizedDeclaration, Override
from shared.contracts.permit import Permit
from shared.problems import Invalid
from tests.permits.declaration_steps import build_model, check_balances, run_command, severities
from tests.permits.sample_data import (
    AUTHORITY_FR,
    CUSTOMS_FR,
    B,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)


async def endorsed_permits(db: AsyncEngine, *quantities: str, **more: Any) -> list[Permit]:
    """Issue an export permit for each quantity, endorse it in full, and return the permits."""
    permits = [permit_content(line(quantity=quantity, **more)) for quantity in quantities]
    for permit, quantity in zip(permits, quantities, strict=True):
        await endorse_permit(db, await issue_permit(db, permit), A=quantity)
    return permits


def item_of(permits: list[Permit], quantity: str, *documents: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an item that cites permits, each with these further fields of its document."""
    cited = [
        {"number": permit.number, "issuer": permit.issuer, **fields}
        for permit, fields in zip(permits, documents or [{} for _ in permits], strict=True)
    ]
    return item(permits[0], quantity, **{"documents": cited, **more})


def reserved_by_permit(found: dict[str, Any]) -> dict[str, str]:
    """Return what a declaration reserved of each permit."""
    return {one["permit"]["number"]: one["reserved"] for one in found["usage"]}


async def test_item_on_two_permits_reserves_what_each_document_states(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(permits_db, "100", "50")
    stated = item_of(permits, "150", {"quantity": "100"}, {"quantity": "50", "unit": "number"})
    found = await lodge_declaration(permits_db, declaration(stated))
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert reserved_by_permit(found) == {permits[0].number: "100", permits[1].number: "50"}
    assert [one["quantity"] for one in found["items"][0]["documents"]] == ["100", "50"]
    await check_balances(permits_db)


@pytest.mark.parametrize(
    ("left", "documents", "reserved"),
    [
        (("100", "50"), ({}, {}), ("100", "50")),
        (("120", "120"), ({"quantity": "90"}, {}), ("90", "60")),
        (("60", "50", "40"), ({}, {}, {}), ("60", "50", "40")),
        (("60", "50", "120"), ({}, {}, {"quantity": "40"}), ("60", "50", "40")),
    ],
)
async def test_quantity_that_only_one_allocation_allows_is_completed_with_a_note(
    permits_db: AsyncEngine, left: tuple[str, ...], documents: tuple[dict[str, Any], ...], reserved: tuple[str, ...]
) -> None:
    permits = await endorsed_permits(permits_db, *left)
    found = await lodge_declaration(permits_db, declaration(item_of(permits, "150", *documents)))
    assert (found["status"], severities(found)) == ("accepted", {"stated-in-full": "note"})
    assert reserved_by_permit(found) == dict(zip((one.number for one in permits), reserved, strict=True))
    assert [one["quantity"] for one in found["items"][0]["documents"]] == list(reserved)
    await check_balances(permits_db)


async def test_item_that_exceeds_its_permits_together_is_one_block_on_the_last(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(permits_db, "100", "40")
    found = await lodge_declaration(permits_db, declaration(item_of(permits, "150")))
    [block] = [one for one in found["findings"] if one["severity"] == "block"]
    assert (block["rule"], block["permit"]["number"]) == ("CITES-box-11-quantity", permits[1].number)
    assert (block["expected"], block["found"]) == ("at most 40 number", "50 number")
    assert set(reserved_by_permit(found).values()) == {"0"}
    await check_balances(permits_db)


async def test_item_with_several_possible_allocations_is_referred_until_an_officer_states_one(
    permits_db: AsyncEngine,
) -> None:
    permits = await endorsed_permits(permits_db, "100", "80")
    found = await lodge_declaration(permits_db, declaration(item_of(permits, "150")))
    assert severities(found) == {"write-off-stated": "refer"}
    [asked] = found["findings"]
    assert all(
        f"{one.number} line A ({left} number left)" in asked["found"]
        for one, left in zip(permits, ("100", "80"), strict=True)
    )
    assert reserved_by_permit(found) == {permits[0].number: "0", permits[1].number: "0"}
    documents = [{"number": permits[0].number, "quantity": "90"}, {"number": permits[1].number, "quantity": "60"}]
    decision = build_model(Override, rule="write-off-stated", item=1, reason="seen", documents=documents)
    accepted = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, decision)
    assert accepted["status"] == "accepted"
    assert reserved_by_permit(accepted) == {permits[0].number: "90", permits[1].number: "60"}
    await check_balances(permits_db)


async def test_override_that_states_one_document_twice_is_refused_and_changes_nothing(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(permits_db, "100", "80")
    found = await lodge_declaration(permits_db, declaration(item_of(permits, "150")))
    stated = [(permits[0], "100"), (permits[0], "70"), (permits[1], "80")]
    documents = [{"number": one.number, "quantity": quantity} for one, quantity in stated]
    decision = build_model(Override, rule="write-off-stated", item=1, reason="seen", documents=documents)
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.override, found, CUSTOMS_FR, decision)
    [fault] = refused.value.faults
    assert (refused.value.code, fault.pointer) == ("no-such-document", "/documents/1/number")
    await check_balances(permits_db)


@pytest.mark.parametrize(
    ("quantity", "unit", "documents", "finding"),
    [
        ("50", "kg", ({"quantity": "0.02", "unit": "t"}, {"quantity": "30.0"}), None),
        ("0.05", "t", ({"quantity": "20", "unit": "kg"}, {"quantity": "30", "unit": "kg"}), None),
        ("50.0", "kg", ({"quantity": "25"}, {"quantity": "25"}), None),
        ("50", "kg", ({"quantity": "20"}, {"quantity": "29"}), "20 kg + {} 29 kg: 49 kg"),
        ("50", "kg", ({"quantity": "50"}, {"quantity": "50"}), "50 kg + {} 50 kg: 100 kg"),
    ],
)
async def test_quantities_of_documents_are_compared_with_the_item_in_its_unit(
    permits_db: AsyncEngine, quantity: str, unit: str, documents: tuple[dict[str, Any], ...], finding: str | None
) -> None:
    permits = await endorsed_permits(permits_db, "60", "60", term="MEA", unit="kg")
    stated = item_of(permits, quantity, *documents, term="MEA", unit=unit)
    found = await lodge_declaration(permits_db, declaration(stated))
    assert severities(found) == ({"write-off-sum": "refer"} if finding else {})
    if finding:
        assert found["findings"][0]["expected"] == "50 kg, the quantity of the item"
        assert found["findings"][0]["found"] == f"{permits[0].number} {finding.format(permits[1].number)}"
    await check_balances(permits_db)


@pytest.mark.parametrize(("net_mass", "differs"), [("50", False), ("50.00", False), ("51", True), ("0.05", True)])
@pytest.mark.parametrize("documents", [({"quantity": "20"}, {"quantity": "30"}), ({},)])
async def test_quantities_by_weight_are_compared_with_the_net_mass(
    permits_db: AsyncEngine, net_mass: str, differs: bool, documents: tuple[dict[str, Any], ...]
) -> None:
    permits = await endorsed_permits(permits_db, *("60" for _ in documents), term="MEA", unit="kg")
    stated = item_of(permits, "0.05", *documents, term="MEA", unit="t", net_mass=net_mass)
    for document in stated["documents"]:
        document |= {"unit": "kg"} if "quantity" in document else {}
    found = await lodge_declaration(permits_db, declaration(stated))
    assert severities(found) == ({"write-off-net-mass": "refer"} if differs else {})
    if differs:
        assert found["findings"][0]["expected"].startswith("50 kg")
        assert found["findings"][0]["found"].startswith("a net mass of")


async def test_documents_of_one_line_are_used_together_even_if_they_are_equal(permits_db: AsyncEngine) -> None:
    [permit] = await endorsed_permits(permits_db, "100")
    twice = item_of([permit, permit], "100", {"quantity": "50"}, {"quantity": "50"})
    found = await lodge_declaration(permits_db, declaration(twice))
    assert (found["status"], [one["reserved"] for one in found["usage"]]) == ("accepted", ["100"])
    third = item_of([permit], "1", {"quantity": "1"})
    second = await lodge_declaration(permits_db, declaration(third))
    assert second["status"] == "rejected"
    await check_balances(permits_db)


async def test_items_on_one_line_reserve_the_sum_of_their_documents(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(permits_db, "100", "50")
    first = item_of(permits, "80", {"quantity": "60"}, {"quantity": "20"})
    second = {**item_of(permits, "70", {"quantity": "40"}, {"quantity": "30"}), "number": 2}
    found = await lodge_declaration(permits_db, declaration(first, second))
    assert found["status"] == "accepted"
    assert sorted(one["reserved"] for one in found["usage"]) == ["20", "30", "40", "60"]
    more = {
        **second,
        "quantity": "71",
        "documents": [second["documents"][0], {**second["documents"][1], "quantity": "31"}],
    }
    amended = await run_command(
        permits_db, transitions.amend, found, B, declaration(first, more, reference=found["reference"])
    )
    assert amended["status"] == "rejected"
    assert {one["reserved"] for one in amended["usage"]} == {"0"}, "all or none"
    await check_balances(permits_db)


async def test_documents_of_one_line_with_different_uses_are_a_block(permits_db: AsyncEngine) -> None:
    [permit] = await endorsed_permits(permits_db, "100")
    mixed = item_of([permit, permit], "100", {"quantity": "50", "use": "part"}, {"quantity": "50"})
    found = await lodge_declaration(permits_db, declaration(mixed, transport_document="BL-1"))
    assert severities(found)["one-use-of-line"] == "block"


async def test_documents_without_line_mean_two_lines_of_one_permit(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(quantity="100"), line("B", "50", description="flanks"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100", B="50")
    stated = item_of([permit, permit], "150", {"quantity": "100"}, {"quantity": "50"})
    found = await lodge_declaration(permits_db, declaration(stated))
    assert (found["status"], [(one["line"], one["reserved"]) for one in found["usage"]]) == (
        "accepted",
        [("A", "100"), ("B", "50")],
    )
    await check_balances(permits_db)


async def test_import_permit_covers_the_whole_item_of_two_export_permits(permits_db: AsyncEngine) -> None:
    goods = {"taxon": "Gorilla gorilla", "term": "LIV", "source": "C"}
    arriving = permit_content(line(quantity="3", appendix="I", **goods), issuer="FR", kind="import", purpose="Z")
    leaving = [permit_content(line(quantity=q, appendix="I", **goods), purpose="Z") for q in ("2", "1")]
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    for permit, quantity in zip(leaving, ("2", "1"), strict=True):
        await endorse_permit(permits_db, await issue_permit(permits_db, permit), A=quantity)
    cited = item_of([arriving, *leaving], "3", {}, {"quantity": "2"}, {"quantity": "1"}, purpose="Z", **goods)
    found = await lodge_declaration(permits_db, declaration(cited))
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert reserved_by_permit(found) == {arriving.number: "3", leaving[0].number: "2", leaving[1].number: "1"}
    await check_balances(permits_db)


async def test_unit_of_a_document_without_exact_conversion_is_a_finding_about_the_document(
    permits_db: AsyncEngine,
) -> None:
    permits = await endorsed_permits(permits_db, "100", "50")
    stated = item_of(permits, "150", {"quantity": "100"}, {"quantity": "9", "unit": "kg"})
    found = await lodge_declaration(permits_db, declaration(stated))
    assert severities(found) == {"CITES-box-11-unit": "refer", "write-off-sum": "refer"}
    assert {one["pointer"] for one in found["findings"]} == {"/items/0/documents/1/unit", "/items/0/documents"}
    assert reserved_by_permit(found) == {permits[0].number: "100", permits[1].number: "0"}


def _customs_message(cited: dict[str, Any], **more: Any) -> NormalizedDeclaration:
    """Return a declaration as the reader of customs messages makes it: the item has the sum of its write-offs."""
    repairs = [{"pointer": "/items/0/quantity", "source": "the sum of the documents"}]
    repairs += [{"pointer": pointer, "source": "no unit: a number"} for pointer in more.pop("unitless", ())]
    return NormalizedDeclaration.model_validate(
        {**declaration(cited).model_dump(exclude_none=True), "repairs": repairs}
    )


async def test_write_offs_of_a_customs_message_that_both_sides_state_are_the_item_once(permits_db: AsyncEngine) -> None:
    goods = {"taxon": "Gorilla gorilla", "term": "LIV", "source": "C"}
    arriving = permit_content(line(quantity="2", appendix="I", **goods), issuer="FR", kind="import", purpose="Z")
    leaving = permit_content(line(quantity="2", appendix="I", **goods), purpose="Z")
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    await endorse_permit(permits_db, await issue_permit(permits_db, leaving), A="2")
    stated = item_of([arriving, leaving], "4", {"quantity": "2"}, {"quantity": "2"}, **goods)
    del stated["purpose"]  # a customs message has none
    found = await lodge_declaration(permits_db, _customs_message(stated))
    assert (found["status"], set(severities(found).values())) == ("accepted", {"note"}), found["findings"]
    assert (found["items"][0]["quantity"], set(reserved_by_permit(found).values())) == ("2", {"2"})


async def test_write_offs_of_a_customs_message_without_units_have_those_of_their_lines(permits_db: AsyncEngine) -> None:
    permits = await endorsed_permits(
        permits_db, "10", "5", term="LOG", unit="m3", taxon="Swietenia mahagoni", source="W"
    )
    stated = item_of(
        permits, "15", {"quantity": "10"}, {"quantity": "5"}, term="LOG", taxon="Swietenia mahagoni", source="W"
    )
    del stated["purpose"]
    guessed = ("/items/0/unit", "/items/0/documents/0/unit", "/items/0/documents/1/unit")
    found = await lodge_declaration(permits_db, _customs_message(stated, unitless=guessed))
    assert {one["rule"] for one in found["findings"] if one["severity"] != "note"} == set()
    assert [(one["reserved"], one["unit"]) for one in found["usage"]] == [("10", "m3"), ("5", "m3")]
