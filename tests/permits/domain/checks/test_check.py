"""Check of a declaration: each discrepancy with its permit is one finding."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    OTHER_TRADER,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)


async def lodge_citing(db: AsyncEngine, cited: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Lodge a declaration that cites an endorsed permit of two lines, with these changes of its item."""
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118", B="40")
    return await lodge_declaration(db, declaration(item(permit, **cited), **more))


async def test_declaration_that_agrees_with_its_permit_is_accepted_without_findings(permits_db: AsyncEngine) -> None:
    found = await lodge_citing(permits_db, {})
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert [(u["line"], u["reserved"], u["consumed"], u["unit"]) for u in found["usage"]] == [
        ("A", "100", "0", "number")
    ]
    assert [(h["from"], h["to"]) for h in found["history"]] == [(None, "received"), ("received", "accepted")]


@pytest.mark.parametrize(
    ("cited", "more", "rule", "severity", "pointer"),
    [
        ({"quantity": "119"}, {}, "CITES-box-11-quantity", "block", "/items/0/quantity"),
        ({"taxon": "Python regius"}, {}, "CITES-box-7-line", "block", "/items/0/taxon"),
        ({"taxon": "Python regius", "document": {"line": "A"}}, {}, "CITES-box-7-taxon", "block", "/items/0/taxon"),
        ({"document": {"line": "Z"}}, {}, "CITES-box-7-line", "block", "/items/0/documents/0/line"),
        ({"term": "LIV", "document": {"line": "A"}}, {}, "CITES-box-9-term", "block", "/items/0/term"),
        ({"term": "SKP"}, {}, "CITES-box-9-neighbouring-term", "refer", "/items/0/term"),
        ({"quantity": "0.5"}, {}, "CITES-box-11-whole-number", "block", "/items/0/quantity"),
        ({"unit": "kg", "document": {"line": "A"}}, {}, "CITES-box-11-unit", "refer", "/items/0/unit"),
        ({"source": "W"}, {}, "CITES-box-10-source", "refer", "/items/0/source"),
        ({"purpose": "P"}, {}, "CITES-box-5a-purpose", "refer", "/items/0/purpose"),
        ({"origin_country": "MZ"}, {}, "CITES-box-12-origin", "refer", "/items/0/origin_country"),
        ({}, {"export_country": "NA"}, "CITES-box-4-export-country", "block", "/export_country"),
        ({}, {"import_country": "DE"}, "CITES-box-3a-import-country", "block", "/import_country"),
        ({"document": {"number": "ZA-0"}}, {}, "CITES-VI.1-permit-known", "block", "/items/0/documents/0/number"),
        ({"document": {"use": "part"}}, {}, "CITES-box-15-part-use", "refer", "/items/0/documents/0/use"),
        ({"document": {"use": "already_counted"}}, {}, "counted-already", "refer", "/items/0/documents/0/counted_by"),
        ({"document": {"use": "late"}}, {}, "reported-late", "note", "/items/0/documents/0/use"),
        ({"documents": []}, {}, "CITES-IV-export-document", "block", "/items/0/documents"),
        ({"taxon": "Nemo nusquam", "documents": []}, {}, "unverified", "refer", "/items/0/documents"),
    ],
)  # fmt: skip
async def test_discrepancy_between_declaration_and_permit_is_one_finding(
    permits_db: AsyncEngine, cited: dict[str, Any], more: dict[str, Any], rule: str, severity: str, pointer: str
) -> None:
    found = await lodge_citing(permits_db, dict(cited), **more)
    assert severities(found) == {rule: severity}
    assert found["findings"][0]["pointer"] == pointer
    assert found["status"] == {"block": "rejected", "refer": "referred", "note": "accepted"}[severity]


async def test_permit_that_names_other_parties_has_the_findings_of_an_unknown_permit(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    importer = {"name": "C", "country": "FR", "identifier": "FR00000000000000"}
    foreign = await lodge_declaration(permits_db, declaration(item(permit), importer=importer), OTHER_TRADER)
    unknown = await lodge_declaration(permits_db, declaration(item(permit_content()), importer=importer), OTHER_TRADER)
    strip = ("found", "message", "permit")
    assert [{k: v for k, v in f.items() if k not in strip} for f in foreign["findings"]] == [
        {k: v for k, v in f.items() if k not in strip} for f in unknown["findings"]
    ]
    assert foreign["status"] == "rejected"


async def test_permit_without_endorsement_is_referred_and_its_quantity_is_reserved(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert severities(found) == {"CITES-box-14-endorsement": "refer"}
    assert (found["status"], found["usage"][0]["reserved"]) == ("referred", "100")


async def test_line_that_the_endorsement_does_not_name_has_nothing_left(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "1", term="MEA", unit="kg")))
    assert "CITES-box-11-quantity" in severities(found)


async def test_quantity_converts_exactly_into_the_unit_of_the_line(permits_db: AsyncEngine) -> None:
    permit = permit_content(line("A", "40", term="MEA", unit="kg"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="40")
    found = await lodge_declaration(permits_db, declaration(item(permit, "39999.5", term="MEA", unit="g")))
    assert (found["status"], found["usage"][0]["reserved"], found["usage"][0]["unit"]) == ("accepted", "39.9995", "kg")


async def test_quantity_of_25_digits_is_stored_exactly(permits_db: AsyncEngine) -> None:
    long = "1234567890123.123456789012"
    permit = permit_content(line("A", "9999999999999", term="MEA", unit="kg"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="9999999999999")
    found = await lodge_declaration(permits_db, declaration(item(permit, long, term="MEA", unit="kg")))
    assert (found["items"][0]["quantity"], found["usage"][0]["reserved"]) == (long, long)


async def test_item_that_fits_several_lines_is_referred(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="LIV"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodge_declaration(permits_db, declaration(vague))
    assert severities(found) == {"one-line-meant": "refer"}


async def test_genus_on_the_permit_covers_its_species(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(taxon="Oxypora spp.", term="LIV"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, taxon="oxypora  Lacera", term="LIV")))
    assert found["status"] == "accepted"


def _wood(quantity: str, unit: str, taxon: str) -> dict[str, Any]:
    """Return the fields of an item of sawn wood."""
    return {"quantity": quantity, "unit": unit, "taxon": taxon, "term": "SAW"}


@pytest.mark.parametrize(("granted", "cited", "estimate"), [
    ({"unit": "m3", "term": "SAW", "taxon": "Pericopsis elata"}, _wood("7250", "kg", "Pericopsis elata"),
     "at 725 kg a cubic metre of Pericopsis elata it may be about 10 m3"),
    ({"unit": "kg", "term": "COR", "taxon": "Acropora spp."},
     {"quantity": "100", "unit": "number", "taxon": "Acropora spp.", "term": "COR"}, "it may be about 58 kg"),
    ({"unit": "m3", "term": "SAW", "taxon": "Quercus mongolica"}, _wood("9" * 38, "kg", "Quercus mongolica"), ""),
    ({"unit": "m3", "term": "SAW", "taxon": "Dalbergia nigra"}, _wood("9" * 38, "kg", "Dalbergia nigra"), "at 970 kg"),
    ({"unit": "number", "term": "COR", "taxon": "Acropora spp."},
     {"quantity": "58", "unit": "kg", "taxon": "Acropora spp.", "term": "COR"}, "it may be about 100 number"),
])  # fmt: skip
async def test_unit_without_exact_conversion_is_referred_with_an_estimate(
    permits_db: AsyncEngine, granted: dict[str, Any], cited: dict[str, Any], estimate: str
) -> None:
    permit = permit_content(line(quantity="100", source="W", **granted))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, cited.pop("quantity"), source="W", **cited)))
    [finding] = [f for f in found["findings"] if f["rule"] == "CITES-box-11-unit"]
    assert (found["status"], estimate in finding["message"]) == ("referred", True), finding["message"]


async def test_message_of_a_finding_ends_with_the_note_for_the_officer(permits_db: AsyncEngine) -> None:
    found = await lodge_citing(permits_db, {"term": "SID"})
    message = found["findings"][0]["message"]
    assert message.endswith("Expected: SKI; found: SID; note: two sides (SID) are one skin (SKI).")


async def test_finding_about_lines_describes_each_line(permits_db: AsyncEngine) -> None:
    both = "A (Crocodylus niloticus, SKI, R); B (Crocodylus niloticus, MEA, R)"
    [none] = (await lodge_citing(permits_db, {"taxon": "Python regius"}))["findings"]
    assert (none["expected"], none["found"]) == (both, "Python regius")
    permit = permit_content(line(), line("B", "40", term="LIV"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    vague = item(permit, "10")
    del vague["term"]
    [several] = (await lodge_declaration(permits_db, declaration(vague)))["findings"]
    assert several["found"] == f"lines that fit: {both.replace('MEA', 'LIV')}"


async def test_finding_about_a_missing_document_names_the_cited_permit(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(appendix="I"), purpose="Z")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "10", purpose="Z")))
    [missing] = [f for f in found["findings"] if f["rule"] == "CITES-III.3-import-permit"]
    assert missing["permit"] == {"issuer": "ZA", "number": permit.number, "line": "A"}
    silent = await lodge_declaration(permits_db, declaration(item(permit, taxon="Nemo nusquam", documents=[])))
    assert silent["findings"][0]["found"] == "no permit cited, and no listing answers for Nemo nusquam"
