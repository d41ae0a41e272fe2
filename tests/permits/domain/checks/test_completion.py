"""What a declaration leaves out is taken from its permit where that is unmistakable, and noted; else it is referred."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import validate
from services.permits.domain.checks.completion import cited_permits
from shared.contracts.declaration import NormalizedDeclaration
from shared.database import new_id, now
from tests.permits.sample_data import (
    AUTHORITY_FR,
    B,
    balance,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

SPARE = ("taxon", "term", "source", "purpose", "origin_country")


def _bare(permit: Any, quantity: str = "100", **more: Any) -> dict[str, Any]:
    """Write an item as a customs message has it: neither taxon nor term, source, purpose, origin, issuer."""
    made = item(permit, quantity, **more)
    made = {name: value for name, value in made.items() if name not in SPARE}
    return made | {"documents": [{"type": "C400", "number": permit.number}]}


def _notes(found: dict[str, Any]) -> dict[str, str]:
    return {f["pointer"]: f["severity"] for f in found["findings"] if f["rule"].startswith("stated-")}


async def test_what_is_left_out_comes_from_the_only_line_and_each_field_is_noted(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    foreign = {"name": "A (PTY) LTD", "country": "ZA"}
    found = await lodge_declaration(permits_db, declaration(_bare(permit), exporter=foreign))
    assert found["status"] == "accepted"
    assert (await balance(permits_db, permit_id))["reserved"] == "100"
    fields = {f"/items/0/{name}": "note" for name in SPARE}
    assert _notes(found) == fields | {"/items/0/documents/0/issuer": "note", "/exporter/identifier": "note"}
    [goods] = found["items"]
    assert [goods[name] for name in SPARE] == ["Crocodylus niloticus", "SKI", "R", "T", "ZA"]
    assert found["exporter"]["identifier"] == "ZA1234567"
    taxon = next(f for f in found["findings"] if f["pointer"] == "/items/0/taxon")
    assert "taxon" in taxon["message"] and f"line A of permit {permit.number} of ZA" in taxon["message"]


async def test_what_stands_beside_source_o_comes_from_the_line_too(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(source="O", underlying_source="W", acquired_on="1970-01-01"), kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    alone = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O", document={"line": "A"})))
    assert (alone["status"], alone["items"][0]["underlying_source"]) == ("accepted", "W")
    assert _notes(alone) == {"/items/0/underlying_source": "note"}


async def test_a_declared_source_that_the_line_does_not_state_takes_nothing_of_its_second_one(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line(source="O", underlying_source="W", acquired_on="1970-01-01"), kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    seized = await lodge_declaration(permits_db, declaration(item(permit, "10", source="I", document={"line": "A"})))
    assert ("underlying_source" in seized["items"][0], _notes(seized)) == (False, {})
    assert [f["rule"] for f in seized["findings"]] == ["CITES-box-10-source"]


async def test_of_two_lines_the_one_with_the_declared_second_source_is_meant(permits_db: AsyncEngine) -> None:
    old = {"source": "O", "acquired_on": "1970-01-01"}
    two = [line(line_letter, "40", underlying_source=code, **old) for line_letter, code in (("A", "W"), ("B", "C"))]
    permit = permit_content(*two, kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="40", B="40")
    bred = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O", underlying_source="C")))
    assert (bred["status"], bred["usage"][0]["line"]) == ("accepted", "B")
    either = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O")))
    [finding] = [f for f in either["findings"] if f["severity"] == "refer"]
    assert (finding["rule"], "A (Crocodylus niloticus, SKI, O/W); B" in finding["found"]) == ("one-line-meant", True)


async def test_what_is_said_in_full_is_not_repaired(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert "repairs" not in found


async def test_of_two_lines_that_may_be_meant_neither_is_taken_and_an_officer_decides(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="SID"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    found = await lodge_declaration(permits_db, declaration(_bare(permit, "10")))
    assert found["status"] == "referred"
    assert "taxon" not in found["items"][0]
    assert [f["severity"] for f in found["findings"] if f["rule"] == "one-line-meant"] == ["refer"]


async def test_nothing_is_learnt_from_a_permit_that_names_others(permits_db: AsyncEngine) -> None:
    other = {"name": "C", "country": "FR", "identifier": "FR55"}
    permit = permit_content(importer=other)
    await issue_permit(permits_db, permit)
    exporter = {"name": "A (Pty) Ltd", "country": "ZA"}
    named = _bare(permit) | {"documents": [{"number": permit.number, "issuer": "ZA"}]}
    for goods in (_bare(permit), named):
        found = await lodge_declaration(permits_db, declaration(goods, exporter=exporter))
        assert found["status"] == "rejected"
        assert _notes(found) == {}
        assert "taxon" not in found["items"][0]
        assert "identifier" not in found["exporter"]


async def test_a_number_two_countries_gave_is_referred(permits_db: AsyncEngine) -> None:
    ours = permit_content()
    theirs = ours.model_copy(update={"issuer": "FR", "kind": "import"})
    await endorse_permit(permits_db, await issue_permit(permits_db, ours), A="118")
    await issue_permit(permits_db, theirs, AUTHORITY_FR)
    found = await lodge_declaration(permits_db, declaration(_bare(ours)))
    assert found["status"] == "referred"
    assert _notes(found)["/items/0/documents/0/issuer"] == "refer"


async def test_a_line_by_weight_is_used_by_the_net_mass(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(term="SKP", unit="g", quantity="60000"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="60000")
    found = await lodge_declaration(permits_db, declaration(_bare(permit, "1000", unit="number", net_mass="50")))
    assert (await balance(permits_db, permit_id))["reserved"] == "50000"
    assert (found["items"][0]["quantity"], found["items"][0]["unit"]) == ("50", "kg")
    assert _notes(found)["/items/0/quantity"] == "note"


async def test_validating_completes_as_lodging_does(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    stated = declaration(_bare(permit))
    told = await as_json(validate.validate(permits_db, stated, B, new_id(), now()))
    found = await lodge_declaration(permits_db, stated)
    assert told["findings"] == found["findings"]
    assert told["valid"] is True


def test_a_number_may_begin_with_its_issuer() -> None:
    bare = NormalizedDeclaration.model_validate(
        declaration(item(permit_content())).model_dump() | {"items": [_cites("FR-123")]}
    )
    assert cited_permits([bare]).keys == {("ZA", "FR-123"), ("FR", "FR-123"), ("FR", "123")}


def _cites(number: str) -> dict[str, Any]:
    return {"number": 1, "quantity": "1", "unit": "number", "documents": [{"number": number}]}
