"""A declared name and a permit's name that no list compares: an officer decides whether they mean one taxon."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from shared.contracts.declaration import Override
from tests.permits.declaration_steps import run_command
from tests.permits.reference_files import index_csv, load_content, taxon_row
from tests.permits.sample_data import (
    CUSTOMS_FR,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)

RULE = "CITES-Conf-12.11-name"
KNOWN = "Crocodylus niloticus"


async def lodge_under(db: AsyncEngine, permit_name: str, declared: str, **document: Any) -> dict[str, Any]:
    """Lodge goods of a declared name under an endorsed line of the permit's name."""
    permit = permit_content(line(taxon=permit_name))
    await endorse_permit(db, await issue_permit(db, permit), A="100")
    return await lodge_declaration(db, declaration(item(permit, "10", taxon=declared, document=document)))


@pytest.mark.parametrize(("permit_name", "declared", "expected"), [
    (KNOWN, "Nemo nusquam", {RULE: "refer"}),
    (KNOWN, "Crocodylus ignotus", {RULE: "refer"}),
    ("Crocodylus ignotus", KNOWN, {RULE: "refer"}),
    ("Nemo nusquam", KNOWN, {RULE: "refer", "listing-silent": "note"}),
    ("Nemo nusquam", "Nemo alienus", {RULE: "refer", "listing-silent": "note"}),
    (KNOWN, "Crocodylus porosus", {"CITES-box-7-line": "block"}),
    (KNOWN, "Python regius", {"CITES-box-7-line": "block"}),
    (KNOWN, "Python ignotus", {"CITES-box-7-line": "block"}),
    (KNOWN, "Python regius novus", {"CITES-box-7-line": "block"}),
    ("Crocodylia spp.", "Nemo nusquam", {RULE: "refer"}),
])  # fmt: skip
async def test_name_that_no_list_compares_is_referred(
    permits_db: AsyncEngine, permit_name: str, declared: str, expected: dict[str, str]
) -> None:
    found = await lodge_under(permits_db, permit_name, declared)
    assert {one["rule"]: one["severity"] for one in found["findings"]}.items() >= expected.items()
    assert found["status"] == ("referred" if RULE in expected else "rejected")
    assert [one["reserved"] for one in found["usage"]] == (["10"] if RULE in expected else [])


@pytest.mark.parametrize(("declared", "rule"), [("Nemo nusquam", RULE), ("Python regius", "CITES-box-7-taxon")])
async def test_unknown_name_on_a_named_line_is_referred(permits_db: AsyncEngine, declared: str, rule: str) -> None:
    found = await lodge_under(permits_db, KNOWN, declared, line="A")
    assert [one["rule"] for one in found["findings"]] == [rule]


async def test_unknown_name_under_several_lines_waits_for_the_line_too(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", taxon="Crocodylus porosus"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100", B="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, "10", taxon="Nemo nusquam")))
    assert {one["rule"] for one in found["findings"]} == {RULE, "one-line-meant"}
    assert found["usage"] == []


async def test_unknown_name_under_a_whole_index_is_referred(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus primus"), taxon_row(2, "Inventus alter")]))
    assert (await lodge_under(permits_db, "Inventus primus", "Nemo nusquam"))["status"] == "referred"
    assert (await lodge_under(permits_db, "Inventus primus", "Inventus alter"))["status"] == "rejected"


async def test_override_of_an_unknown_name_accepts_the_reserved_goods(permits_db: AsyncEngine) -> None:
    found = await lodge_under(permits_db, KNOWN, "Nemo nusquam")
    over = Override(rule=RULE, reason="an old synonym")
    accepted = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    assert accepted["status"] == "accepted"
    assert [(one["line"], one["reserved"]) for one in accepted["usage"]] == [("A", "10")]


async def test_hybrid_is_no_unknown_name_of_its_parent(permits_db: AsyncEngine) -> None:
    found = await lodge_under(permits_db, KNOWN, "Crocodylus niloticus × Crocodylus ignotus")
    assert "CITES-box-7-line" in {one["rule"] for one in found["findings"]}
