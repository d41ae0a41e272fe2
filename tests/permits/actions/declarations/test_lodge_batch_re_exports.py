"""Re-exports of what came in under one document: added up across certificates, declarations and moments."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read, transitions
from services.permits.actions.permits import issue
from shared.contracts.declaration import NormalizedDeclaration, Release
from shared.contracts.permit import Permit
from shared.database import new_id
from tests.permits.declaration_steps import run_command
from tests.permits.sample_data import (
    AUTHORITY_FR,
    CUSTOMS_FR,
    SEALER,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
    submission_message,
)
from tests.permits.view_json import as_json

USED_UP = "CITES-box-12-used-up"
PEOPLE: dict[str, Any] = {
    "exporter": {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"},
    "importer": {"name": "D GmbH", "country": "DE"},
}
COUNTRIES: dict[str, Any] = {"export_country": "FR", "import_country": "DE"}


async def imported_permit(db: AsyncEngine, quantity: str = "100") -> Permit:
    """Return a permit of ZA under which this quantity was released in FR."""
    content = permit_content()
    permit_id = await issue_permit(db, content)
    await endorse_permit(db, permit_id, A="110")
    found = await lodge_declaration(db, declaration(item(content, quantity)))
    await run_command(db, transitions.release, found, CUSTOMS_FR, Release())
    return content


def certificate_of(origin: Permit, quantity: str = "100", **boxes: Any) -> Permit:
    """Return a re-export certificate of FR that names a permit of origin."""
    named = line("A", quantity, origin_permit=origin.number.lower(), origin_date=str(origin.issued_on), **boxes)
    number = f"FR-{new_id().hex[-8:]}"
    return permit_content(named, kind="re_export", issuer="FR", number=number, **PEOPLE, **COUNTRIES)


async def certificate(db: AsyncEngine, origin: Permit, quantity: str = "100", **boxes: Any) -> Permit:
    """Issue such a certificate and return it."""
    content = certificate_of(origin, quantity, **boxes)
    await issue_permit(db, content, AUTHORITY_FR)
    return content


def re_export(cited: Permit, *quantities: str) -> NormalizedDeclaration:
    """Return an export declaration of B with an item of each quantity."""
    part = {"document": {"use": "part"}} if len(quantities) > 1 else {}
    items = (item(cited, quantity, number, **part) for number, quantity in enumerate(quantities, 1))
    return declaration(*items, movement="export", transport_document="M-1", **PEOPLE, **COUNTRIES)


def sums(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return place, bound and sum of each finding about the sum of re-exports."""
    findings = (one for one in found["findings"] if one["rule"] == USED_UP)
    return [(one["pointer"], one["expected"], one["found"]) for one in findings]


def excess(origin: Permit, total: str, place: str = "/items/0/quantity", bound: str = "100") -> tuple[str, str, str]:
    """Return the place, the bound and the sum of a finding about the sum of re-exports."""
    named = f"under {origin.number.lower()} of ZA"
    return place, f"at most {bound} number (released at import) {named}", f"{total} number on re-export certificates"


async def test_re_exports_beyond_what_came_in_are_referred(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    first, second, third = [await certificate(permits_db, origin) for _ in range(3)]
    assert (await lodge_declaration(permits_db, re_export(first, "60")))["status"] == "accepted"
    assert (await lodge_declaration(permits_db, re_export(second, "40")))["status"] == "accepted"
    found = await lodge_declaration(permits_db, re_export(third, "10"))
    assert (found["status"], sums(found)) == ("referred", [excess(origin, "110")])


async def test_re_export_of_goods_that_never_came_in_is_referred(permits_db: AsyncEngine) -> None:
    origin = permit_content()
    permit_id = await issue_permit(permits_db, origin)
    await endorse_permit(permits_db, permit_id, A="0")
    found = await lodge_declaration(permits_db, re_export(await certificate(permits_db, origin), "10"))
    bound = f"at most 0 number (endorsed at export) under {origin.number.lower()} of ZA"
    assert [one[1] for one in sums(found)] == [bound]


async def test_imports_under_re_export_certificates_that_no_export_cited_count_together(
    permits_db: AsyncEngine,
) -> None:
    origin = await imported_permit(permits_db)
    sent = []
    for number in ("NA-1", "NA-2"):
        named = line("A", "100", origin_permit=origin.number.lower(), origin_date=str(origin.issued_on))
        cited = permit_content(named, kind="re_export", issuer="NA", number=number, export_country="NA")
        await issue_permit(permits_db, cited, AUTHORITY_FR)
        sent.append(await lodge_declaration(permits_db, declaration(item(cited, "60"), export_country="NA")))
    assert [sums(found) for found in sent] == [[], [excess(origin, "120")]]


async def test_items_of_one_re_export_count_together(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    found = await lodge_declaration(permits_db, re_export(await certificate(permits_db, origin, "120"), "60", "50"))
    assert sums(found) == [excess(origin, "110", "/items/1/quantity")]


async def test_re_exports_of_one_batch_count_together(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    sent = [submission_message(re_export(await certificate(permits_db, origin), "60"), B) for _ in range(2)]
    await lodge_batch.lodge_declarations(permits_db, sent, datetime.now(UTC))
    found = [await as_json(read.read_declaration(permits_db, one.id, B)) for one in sent]
    assert sorted(one["status"] for one in found) == ["accepted", "referred"]


async def test_re_exports_at_the_same_moment_do_not_both_pass(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    cited = [await certificate(permits_db, origin) for _ in range(4)]
    found = await asyncio.gather(*(lodge_declaration(permits_db, re_export(one, "60")) for one in cited))
    assert sorted(one["status"] for one in found) == ["accepted", "referred", "referred", "referred"]
    assert sorted(total for one in found for _, _, total in sums(one)) == [
        f"{n} number on re-export certificates" for n in (120, 180, 240)
    ]


async def test_certificate_of_the_last_re_export_is_the_bound(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    last = permit_content(kind="re_export", issuer="NA", number="NA-1", export_country="NA", lines=[
        line("A", "30", origin_permit=origin.number, origin_date="2020-01-01")
    ])  # fmt: skip
    await issue_permit(permits_db, last, AUTHORITY_FR)
    boxes = {"last_export_country": "NA", "last_export_certificate": "na-1", "last_export_date": "2020-01-01"}
    cited = await certificate(permits_db, origin, "100", **boxes)
    found = await lodge_declaration(permits_db, re_export(cited, "31"))
    assert [one[1] for one in sums(found)] == ["at most 30 number (granted) under na-1 of NA"]


async def test_certificate_that_grants_more_than_came_in_is_noted_at_issue(permits_db: AsyncEngine) -> None:
    origin = await imported_permit(permits_db)
    await lodge_declaration(permits_db, re_export(await certificate(permits_db, origin), "60"))

    async def notes(quantity: str) -> list[tuple[str, str, str, str]]:
        response = await issue.issue(
            permits_db, AUTHORITY_FR, certificate_of(origin, quantity), command(), sealer=SEALER
        )
        stated = json.loads(response.body).get("notes", ())
        return [(one["code"], one["pointer"], one["expected"], one["found"]) for one in stated]

    assert await notes("40") == []
    place, code = "/lines/0/quantity", "more-than-came-in"
    assert await notes("41") == [(code, place, "at most 100 number (released at import)", "101 number")]


@pytest.mark.parametrize("kind", ["export", "re_export"])
async def test_sums_of_re_exports_are_read_for_a_re_export_of_a_known_document_alone(
    permits_db: AsyncEngine, kind: str
) -> None:
    origin = await imported_permit(permits_db)
    cited = await certificate(permits_db, origin) if kind == "re_export" else origin
    stated = re_export(cited, "10") if kind == "re_export" else declaration(item(cited, "10"))
    read_sums: list[str] = []

    def keep(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "previous_document" in statement:
            read_sums.append(statement)

    event.listen(permits_db.sync_engine, "before_cursor_execute", keep)
    try:
        await lodge_declaration(permits_db, stated)
    finally:
        event.remove(permits_db.sync_engine, "before_cursor_execute", keep)
    assert len(read_sums) == (1 if kind == "re_export" else 0)
