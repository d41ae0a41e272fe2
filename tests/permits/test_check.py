"""Each difference between a declaration and its permit is a finding of its own, in both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.people import (
    CUSTOMS_ZA,
    STRANGER,
    TODAY,
    A,
    declaration,
    endorsed,
    issued,
    item,
    line,
    lodged,
    terms,
)


def rules(found: dict[str, Any]) -> dict[str, str]:
    return {f["rule"]: f["severity"] for f in found["findings"]}


async def check(db: AsyncEngine, cited: dict[str, Any], **more: Any) -> dict[str, Any]:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    id = await issued(db, permit)
    await endorsed(db, id, A="118", B="40")
    return await lodged(db, declaration(item(permit, **cited), **more))


async def test_a_declaration_that_agrees_is_accepted_without_findings(permits_db: AsyncEngine) -> None:
    found = await check(permits_db, {})
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert [(u["line"], u["reserved"], u["consumed"], u["unit"]) for u in found["usage"]] == [
        ("A", "100", "0", "number")
    ]
    assert [(h["from"], h["to"]) for h in found["history"]] == [(None, "received"), ("received", "accepted")]


@pytest.mark.parametrize(
    ("cited", "more", "rule", "severity", "pointer"),
    [
        ({"quantity": "118.5"}, {}, "CITES-box-11-quantity", "block", "/items/0/quantity"),
        ({"taxon": "Python regius"}, {}, "CITES-box-7-line", "block", "/items/0/taxon"),
        ({"taxon": "Python regius", "document": {"line": "A"}}, {}, "CITES-box-7-taxon", "block", "/items/0/taxon"),
        ({"document": {"line": "Z"}}, {}, "CITES-box-7-line", "block", "/items/0/documents/0/line"),
        ({"term": "LIV", "document": {"line": "A"}}, {}, "CITES-box-9-term", "block", "/items/0/term"),
        ({"term": "SKP"}, {}, "CITES-box-9-neighbouring-term", "refer", "/items/0/term"),
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
async def test_each_difference_is_a_finding_of_its_own(
    permits_db: AsyncEngine, cited: dict[str, Any], more: dict[str, Any], rule: str, severity: str, pointer: str
) -> None:
    found = await check(permits_db, dict(cited), **more)
    assert rules(found) == {rule: severity}
    assert found["findings"][0]["pointer"] == pointer
    assert found["status"] == {"block": "rejected", "refer": "referred", "note": "accepted"}[severity]


async def test_a_permit_of_others_reads_like_one_that_is_not_there(permits_db: AsyncEngine) -> None:
    permit = terms()
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    importer = {"name": "C", "country": "FR", "identifier": "FR00000000000000"}
    foreign = await lodged(permits_db, declaration(item(permit), importer=importer), STRANGER)
    unknown = await lodged(permits_db, declaration(item(terms()), importer=importer), STRANGER)
    strip = ("found", "message", "permit")
    assert [{k: v for k, v in f.items() if k not in strip} for f in foreign["findings"]] == [
        {k: v for k, v in f.items() if k not in strip} for f in unknown["findings"]
    ]
    assert foreign["status"] == "rejected"


async def test_a_permit_never_endorsed_is_for_an_officer_and_its_quantity_is_held(permits_db: AsyncEngine) -> None:
    permit = terms()
    await issued(permits_db, permit)
    found = await lodged(permits_db, declaration(item(permit)))
    assert rules(found) == {"CITES-box-14-endorsement": "refer"}
    assert (found["status"], found["usage"][0]["reserved"]) == ("referred", "100")


async def test_a_line_not_named_at_endorsement_has_nothing_left(permits_db: AsyncEngine) -> None:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    found = await lodged(permits_db, declaration(item(permit, "1", term="MEA", unit="kg")))
    assert "CITES-box-11-quantity" in rules(found)


async def test_a_quantity_converts_exactly_into_the_unit_of_the_line(permits_db: AsyncEngine) -> None:
    permit = terms(line("A", "40", term="MEA", unit="kg"))
    await endorsed(permits_db, await issued(permits_db, permit), A="40")
    found = await lodged(permits_db, declaration(item(permit, "39999.5", term="MEA", unit="g")))
    assert (found["status"], found["usage"][0]["reserved"], found["usage"][0]["unit"]) == ("accepted", "39.9995", "kg")


async def test_a_quantity_of_25_digits_is_kept_exactly(permits_db: AsyncEngine) -> None:
    long = "1234567890123.123456789012"
    permit = terms(line("A", "9999999999999", term="MEA", unit="kg"))
    await endorsed(permits_db, await issued(permits_db, permit), A="9999999999999")
    found = await lodged(permits_db, declaration(item(permit, long, term="MEA", unit="kg")))
    assert (found["items"][0]["quantity"], found["usage"][0]["reserved"]) == (long, long)


@pytest.mark.parametrize(("moment", "status"), [
    ("2026-08-31T21:59:59+00:00", "accepted"),  # still 31 August in Johannesburg
    ("2026-08-31T22:00:01+00:00", "rejected"),  # 1 September there
    ("2026-02-28T21:59:59+00:00", "rejected"),
    ("2026-02-28T22:00:01+00:00", "accepted"),  # 1 March there
])  # fmt: skip
async def test_the_day_is_the_issuers_first_and_last_day_included(
    permits_db: AsyncEngine, moment: str, status: str
) -> None:
    permit = terms(issued_on="2026-03-01", valid_until="2026-08-31")
    id = await issued(permits_db, permit)
    from services.permits.actions import registry
    from shared.contracts.permit import Endorsement
    from tests.permits.people import command

    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "endorsed_on": "2026-03-02"}
    await registry.endorse(permits_db, id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    found = await lodged(permits_db, declaration(item(permit)), at=datetime.fromisoformat(moment))
    assert found["status"] == status
    assert ("CITES-VI.2-validity" in rules(found)) == (status == "rejected")


async def test_the_second_use_of_a_permit_is_refused_and_the_issuer_hears(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118")
    assert (await lodged(permits_db, declaration(item(permit, "100"))))["status"] == "accepted"
    second = await lodged(permits_db, declaration(item(permit, "30")))
    assert second["status"] == "rejected"
    by_rule = {f["rule"]: f for f in second["findings"]}
    assert set(by_rule) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    quantity = by_rule["CITES-box-11-quantity"]
    assert (quantity["found"], quantity["expected"]) == ("30 number", "at most 18 number")
    assert quantity["permit"] == {"issuer": "ZA", "number": permit.number, "line": "A"}
    from sqlalchemy import text

    async with permits_db.connect() as conn:
        told = (await conn.execute(text("SELECT data, audience FROM news WHERE type LIKE '%second_use%'"))).one()
    assert told.data["attempts"] == [{"line": "A", "item": 1, "asked": "30", "left": "18", "unit": "number"}]
    assert {"role": "authority", "country": "ZA"} in told.audience["offices"]


async def test_a_second_use_that_would_fit_is_refused_too(permits_db: AsyncEngine) -> None:
    permit = terms()
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    await lodged(permits_db, declaration(item(permit, "100")))
    second = await lodged(permits_db, declaration(item(permit, "10")))
    assert set(rules(second)) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    assert second["status"] == "rejected"


async def test_part_uses_of_one_shipment_stand_side_by_side(permits_db: AsyncEngine) -> None:
    from services.permits.actions import registry
    from shared.contracts.permit import Endorsement
    from tests.permits.people import command

    permit = terms()
    id = await issued(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "transport_document": "MAEU-1"}
    await registry.endorse(permits_db, id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    first = await lodged(permits_db, declaration(item(permit, "100", **part), transport_document="MAEU-1"))
    second = await lodged(permits_db, declaration(item(permit, "18", **part), transport_document="MAEU-1"))
    third = await lodged(permits_db, declaration(item(permit, "1", **part), transport_document="MAEU-1"))
    assert [first["status"], second["status"], third["status"]] == ["accepted", "accepted", "rejected"]
    assert set(rules(third)) == {"CITES-box-11-quantity"}


async def test_all_items_are_reserved_or_none(permits_db: AsyncEngine) -> None:
    from tests.permits.people import balance

    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118", B="40")
    good, bad = item(permit, "100"), item(permit, "41", 2, term="MEA", unit="kg")
    found = await lodged(permits_db, declaration(good, bad))
    assert found["status"] == "rejected"
    assert (await balance(permits_db, id))["reserved"] == "0"
    assert (await balance(permits_db, id, "B"))["reserved"] == "0"


async def test_items_of_one_declaration_share_a_line(permits_db: AsyncEngine) -> None:
    from tests.permits.people import balance

    permit = terms()
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118")
    found = await lodged(permits_db, declaration(item(permit, "100"), item(permit, "18", 2)))
    assert (found["status"], (await balance(permits_db, id))["available"]) == ("accepted", "0")
    over = await lodged(permits_db, declaration(item(terms(), "1")))
    assert over["status"] == "rejected"


async def test_more_than_one_line_that_fits_is_for_an_officer(permits_db: AsyncEngine) -> None:
    permit = terms(line(), line("B", "40", term="LIV"))
    await endorsed(permits_db, await issued(permits_db, permit), A="118", B="40")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodged(permits_db, declaration(vague))
    assert rules(found) == {"one-line-meant": "refer"}


async def test_an_export_is_checked_on_the_export_side(permits_db: AsyncEngine) -> None:
    from tests.permits.people import balance, export_balance

    permit = terms()
    id = await issued(permits_db, permit)
    out = declaration(item(permit, "119"), movement="export")
    found = await lodged(permits_db, out, A)
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert (await export_balance(permits_db, id))["reserved"] == "119"
    assert (await balance(permits_db, id))["reserved"] == "0"
    second = await lodged(permits_db, declaration(item(permit, "2"), movement="export"), A)
    assert second["status"] == "rejected"


async def test_a_genus_on_the_permit_covers_its_species(permits_db: AsyncEngine) -> None:
    permit = terms(line(taxon="Oxypora spp.", term="LIV"))
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    found = await lodged(permits_db, declaration(item(permit, taxon="oxypora  Lacera", term="LIV")))
    assert found["status"] == "accepted"


def test_dates_of_the_stories_are_around_today() -> None:
    assert terms().valid_until - TODAY == timedelta(days=60)
    assert datetime.now(UTC).date() >= TODAY


def _wood(quantity: str, unit: str, taxon: str) -> dict[str, Any]:
    return {"quantity": quantity, "unit": unit, "taxon": taxon, "term": "SAW"}


@pytest.mark.parametrize(("granted", "cited", "told"), [
    ({"unit": "m3", "term": "SAW", "taxon": "Pericopsis elata"}, _wood("7250", "kg", "Pericopsis elata"),
     "at 725 kg a cubic metre of Pericopsis elata it may be about 10 m3"),
    ({"unit": "kg", "term": "COR", "taxon": "Acropora spp."},
     {"quantity": "100", "unit": "number", "taxon": "Acropora spp.", "term": "COR"}, "it may be about 58 kg"),
    ({"unit": "m3", "term": "SAW", "taxon": "Quercus mongolica"}, _wood("9" * 38, "kg", "Quercus mongolica"), ""),
    ({"unit": "m3", "term": "SAW", "taxon": "Dalbergia nigra"}, _wood("9" * 38, "kg", "Dalbergia nigra"), "at 970 kg"),
    ({"unit": "number", "term": "COR", "taxon": "Acropora spp."},
     {"quantity": "58", "unit": "kg", "taxon": "Acropora spp.", "term": "COR"}, "it may be about 100 number"),
])  # fmt: skip
async def test_an_inexact_unit_is_referred_with_the_conversion_named(
    permits_db: AsyncEngine, granted: dict[str, Any], cited: dict[str, Any], told: str
) -> None:
    permit = terms(line(quantity="100", **granted))
    await endorsed(permits_db, await issued(permits_db, permit), A="100")
    found = await lodged(permits_db, declaration(item(permit, cited.pop("quantity"), **cited)))
    [finding] = [f for f in found["findings"] if f["rule"] == "CITES-box-11-unit"]
    assert (found["status"], told in finding["message"]) == ("referred", True), finding["message"]


async def test_every_finding_that_stands_in_the_way_says_what_to_do(permits_db: AsyncEngine) -> None:
    from services.permits.domain.rules.books import book
    from services.permits.domain.rules.remedies import OWN, remedy

    names = {entry.name for entry in book()}
    assert OWN.keys() <= names, OWN.keys() - names
    assert all(remedy(entry.name, entry.severity) for entry in book() if entry.severity != "note")
    found = await check(permits_db, {"term": "SID"})
    message = found["findings"][0]["message"]
    assert "two sides (SID) are one skin (SKI)" in message
    assert message.endswith("Customs sees which term is right and overrides this.")


@pytest.mark.parametrize(("issuer", "moment", "stands"), [
    ("KI", "2026-03-01T11:59:59+00:00", True),  # 1 March still in Tarawa, 2 March already on Kiritimati (+14)
    ("KI", "2026-03-01T12:00:01+00:00", False),  # 2 March everywhere
    ("AS", "2026-03-02T10:59:59+00:00", True),  # 1 March in Pago Pago (-11)
    ("AS", "2026-03-02T11:00:01+00:00", False),
    ("KI", "2026-01-31T10:00:01+00:00", True),  # 1 February on Kiritimati, the first day
    ("KI", "2026-01-31T09:59:59+00:00", False),
    ("AS", "2026-02-01T10:59:59+00:00", False),
    ("AS", "2026-02-01T11:00:01+00:00", True),
])  # fmt: skip
async def test_a_validity_begins_in_the_first_zone_of_its_issuer_and_ends_in_the_last(
    permits_db: AsyncEngine, issuer: str, moment: str, stands: bool
) -> None:
    from tests.permits.people import party

    permit = terms(issuer=issuer, export_country=issuer, issued_on="2026-02-01", valid_until="2026-03-01")
    await issued(permits_db, permit, party("authority", issuer))
    found = await lodged(permits_db, declaration(item(permit)), at=datetime.fromisoformat(moment))
    assert ("CITES-VI.2-validity" not in rules(found)) == stands
