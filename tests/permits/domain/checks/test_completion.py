"""Completion: fields that a declaration leaves out come from its permit, or the declaration is referred."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import validate
from services.permits.domain.checks.completion import cited_permits
from shared.contracts.closed_sets import PermitKind
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


def _customs_item(permit: Any, quantity: str = "100", **more: Any) -> dict[str, Any]:
    """Return an item as in a customs message: without taxon, term, source, purpose, origin and issuer."""
    made = item(permit, quantity, **more)
    made = {name: value for name, value in made.items() if name not in SPARE}
    return made | {"documents": [{"type": "C400", "number": permit.number}]}


def _severity_by_pointer(found: dict[str, Any]) -> dict[str, str]:
    """Return the severity of each finding about completion, by its pointer."""
    return {f["pointer"]: f["severity"] for f in found["findings"] if f["rule"].startswith("stated-")}


async def test_fields_left_out_are_completed_from_the_only_line_with_a_note_each(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    foreign = {"name": "A (PTY) LTD", "country": "ZA"}
    found = await lodge_declaration(permits_db, declaration(_customs_item(permit), exporter=foreign))
    assert found["status"] == "accepted"
    assert (await balance(permits_db, permit_id))["reserved"] == "100"
    fields = {f"/items/0/{name}": "note" for name in SPARE}
    assert _severity_by_pointer(found) == fields | {
        "/items/0/documents/0/issuer": "note",
        "/exporter/identifier": "note",
    }
    [goods] = found["items"]
    assert [goods[name] for name in SPARE] == ["Crocodylus niloticus", "SKI", "R", "T", "ZA"]
    assert found["exporter"]["identifier"] == "ZA1234567"
    taxon = next(f for f in found["findings"] if f["pointer"] == "/items/0/taxon")
    assert "taxon" in taxon["message"] and f"line A of permit {permit.number} of ZA" in taxon["message"]


async def test_underlying_source_of_source_o_is_completed_from_the_line(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(source="O", underlying_source="W", acquired_on="1970-01-01"), kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    alone = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O", document={"line": "A"})))
    assert (alone["status"], alone["items"][0]["underlying_source"]) == ("accepted", "W")
    assert _severity_by_pointer(alone) == {"/items/0/underlying_source": "note"}


async def test_underlying_source_is_not_completed_for_a_source_that_the_line_does_not_have(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line(source="O", underlying_source="W", acquired_on="1970-01-01"), kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    seized = await lodge_declaration(permits_db, declaration(item(permit, "10", source="I", document={"line": "A"})))
    assert ("underlying_source" in seized["items"][0], _severity_by_pointer(seized)) == (False, {})
    assert [f["rule"] for f in seized["findings"]] == ["CITES-box-10-source"]


async def test_declared_underlying_source_selects_one_of_two_lines(permits_db: AsyncEngine) -> None:
    old = {"source": "O", "acquired_on": "1970-01-01"}
    two = [line(line_letter, "40", underlying_source=code, **old) for line_letter, code in (("A", "W"), ("B", "C"))]
    permit = permit_content(*two, kind="pre_convention")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="40", B="40")
    bred = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O", underlying_source="C")))
    assert (bred["status"], bred["usage"][0]["line"]) == ("accepted", "B")
    either = await lodge_declaration(permits_db, declaration(item(permit, "10", source="O")))
    [finding] = [f for f in either["findings"] if f["severity"] == "refer"]
    assert (finding["rule"], "A (Crocodylus niloticus, SKI, O/W); B" in finding["found"]) == ("one-line-meant", True)


async def test_declaration_stated_in_full_has_no_repairs(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert "repairs" not in found


async def test_item_that_may_mean_two_lines_is_not_completed_and_is_referred(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="SID"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    found = await lodge_declaration(permits_db, declaration(_customs_item(permit, "10")))
    assert found["status"] == "referred"
    assert "taxon" not in found["items"][0]
    assert [f["severity"] for f in found["findings"] if f["rule"] == "one-line-meant"] == ["refer"]


async def test_permit_that_names_other_parties_completes_no_field(permits_db: AsyncEngine) -> None:
    other = {"name": "C", "country": "FR", "identifier": "FR55"}
    permit = permit_content(importer=other)
    await issue_permit(permits_db, permit)
    exporter = {"name": "A (Pty) Ltd", "country": "ZA"}
    named = _customs_item(permit) | {"documents": [{"number": permit.number, "issuer": "ZA"}]}
    for goods in (_customs_item(permit), named):
        found = await lodge_declaration(permits_db, declaration(goods, exporter=exporter))
        assert found["status"] == "rejected"
        assert _severity_by_pointer(found) == {}
        assert "taxon" not in found["items"][0]
        assert "identifier" not in found["exporter"]


async def test_permit_number_of_two_countries_is_referred(permits_db: AsyncEngine) -> None:
    ours = permit_content()
    theirs = ours.model_copy(update={"issuer": "FR", "kind": PermitKind.IMPORT})
    await endorse_permit(permits_db, await issue_permit(permits_db, ours), A="118")
    await issue_permit(permits_db, theirs, AUTHORITY_FR)
    found = await lodge_declaration(permits_db, declaration(_customs_item(ours)))
    assert found["status"] == "referred"
    assert _severity_by_pointer(found)["/items/0/documents/0/issuer"] == "refer"


async def test_line_by_weight_uses_the_net_mass(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(term="SKP", unit="g", quantity="60000"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="60000")
    found = await lodge_declaration(
        permits_db, declaration(_customs_item(permit, "1000", unit="number", net_mass="50"))
    )
    assert (await balance(permits_db, permit_id))["reserved"] == "50000"
    assert (found["items"][0]["quantity"], found["items"][0]["unit"]) == ("50", "kg")
    assert _severity_by_pointer(found)["/items/0/quantity"] == "note"


async def test_validation_completes_the_same_fields_as_lodging(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    stated = declaration(_customs_item(permit))
    validated = await as_json(validate.validate(permits_db, stated, B, new_id(), now()))
    found = await lodge_declaration(permits_db, stated)
    assert validated["findings"] == found["findings"]
    assert validated["valid"] is True


def test_permit_number_may_begin_with_its_issuer() -> None:
    bare = NormalizedDeclaration.model_validate(
        declaration(item(permit_content())).model_dump() | {"items": [_item_citing("FR-123")]}
    )
    assert cited_permits([bare]).keys == {("ZA", "fr-123"), ("FR", "fr-123"), ("FR", "123")}


def _item_citing(number: str) -> dict[str, Any]:
    """Return an item that cites a permit by its number only."""
    return {"number": 1, "quantity": "1", "unit": "number", "documents": [{"number": number}]}
