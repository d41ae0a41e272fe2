"""Transit: the export document is checked, no permit line is used, and customs of the country of transit decides."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.permits import withdraw
from services.permits.store import policies
from shared.contracts.declaration import Consent, Correction, NormalizedDeclaration, Override, Refusal, Release
from shared.contracts.permit import Permit, Revocation
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.problems import Conflict, NotFound
from tests.days import today
from tests.permits.declaration_steps import build_model, check_balances, run_command, severities
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    OTHER_TRADER,
    A,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    export_balance,
    issue_permit,
    item,
    line,
    lodge_declaration,
    party,
    permit_content,
)
from tests.permits.view_json import as_json

CUSTOMS_NL = party("customs", "NL")
AUTHORITY_NL = party("authority", "NL")


def _transit(permit: Permit, quantity: str = "100", **more: Any) -> NormalizedDeclaration:
    """Return a declaration of a transit through the Netherlands, which cites a permit."""
    goods = item(permit, quantity, **more.pop("goods", {}))
    return declaration(goods, movement="transit", **{"transit_country": "NL", **more})


async def _permit(db: AsyncEngine, **more: Any) -> tuple[Permit, UUID]:
    """Issue and endorse a permit. Return it with its id."""
    permit = permit_content(**more)
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118")
    return permit, permit_id


async def _balances(db: AsyncEngine, permit_id: UUID) -> list[dict[str, Any]]:
    """Return both sides of line A."""
    return [await balance(db, permit_id), await export_balance(db, permit_id)]


@pytest.mark.parametrize("trader", [A, B])
@pytest.mark.parametrize("use", ["exhausts", "part", "late", "already_counted"])
async def test_transit_uses_no_permit_line_from_its_receipt_to_its_release(
    permits_db: AsyncEngine, trader: Any, use: str
) -> None:
    permit, permit_id = await _permit(permits_db)
    before = await _balances(permits_db, permit_id)
    found = await lodge_declaration(permits_db, _transit(permit, goods={"document": {"use": use}}), trader)
    notes = {"reported-late": "note"} if use == "late" else {}
    assert (found["status"], severities(found)) == ("accepted", notes)
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_NL, Release())
    assert (freed["status"], freed["usage"][0]["reserved"], freed["usage"][0]["consumed"]) == ("released", "0", "0")
    assert await _balances(permits_db, permit_id) == before
    arrived = await lodge_declaration(permits_db, declaration(item(permit)))
    assert arrived["status"] == "accepted", "the import uses the line as if there were no transit"
    async with permits_db.connect() as conn:
        kinds = (await conn.execute(text("SELECT kind FROM ledger ORDER BY number"))).scalars().all()
    assert kinds == ["grant", "endorse", "reserve"]
    await check_balances(permits_db)


@pytest.mark.parametrize(("goods", "more", "rule", "status"), [
    ({"documents": []}, {}, "CITES-Conf-9.7-transit-document", "rejected"),
    ({"document": {"type": "N935"}}, {}, "CITES-Conf-9.7-transit-document", "rejected"),
    ({"document": {"number": "ZA-0"}}, {}, "CITES-VI.1-permit-known", "rejected"),
    ({}, {"import_country": "DE"}, "CITES-box-3a-import-country", "rejected"),
    ({}, {"export_country": "NA"}, "CITES-box-4-export-country", "rejected"),
    ({"quantity": "119"}, {}, "CITES-box-11-in-transit", "referred"),
    ({}, {"transit_country": "FR"}, "CITES-VII.1-transit-country", "referred"),
    ({}, {"exit_due": today() - timedelta(days=3)}, "CITES-Conf-9.7-exit-overdue", "referred"),
])  # fmt: skip
async def test_transit_without_a_valid_export_document_or_exit_has_one_finding(
    permits_db: AsyncEngine, goods: dict[str, Any], more: dict[str, Any], rule: str, status: str
) -> None:
    permit, _ = await _permit(permits_db)
    stated = _transit(permit, goods=goods, **more)
    found = await lodge_declaration(permits_db, stated, A)
    blocking = [name for name, severity in severities(found).items() if severity != "note"]
    assert (found["status"], blocking) == (status, [rule])


async def test_transit_of_goods_that_have_arrived_is_referred_unless_accepted_before(permits_db: AsyncEngine) -> None:
    permit, _ = await _permit(permits_db)
    passing = await lodge_declaration(permits_db, _transit(permit), A)
    assert passing["status"] == "accepted"
    arrived = await lodge_declaration(permits_db, declaration(item(permit, "118")))
    assert (await lodge_declaration(permits_db, _transit(permit), A))["status"] == "accepted", "only set aside"
    await run_command(permits_db, transitions.release, arrived, CUSTOMS_FR, Release())
    again = await lodge_declaration(permits_db, _transit(permit), A)
    assert (again["status"], severities(again)) == ("referred", {"CITES-box-11-in-transit": "refer"})
    freed = await run_command(permits_db, transitions.release, passing, CUSTOMS_NL, Release())
    assert freed["status"] == "released", "customs may record the exit after the goods arrived"


async def test_transit_under_an_expired_or_revoked_permit_is_rejected(permits_db: AsyncEngine) -> None:
    permit, permit_id = await _permit(permits_db)
    late = await lodge_declaration(permits_db, _transit(permit), A, at=datetime.now(UTC) + timedelta(days=90))
    assert (late["status"], severities(late)) == ("rejected", {"CITES-VI.2-validity": "block"})
    passing = await lodge_declaration(permits_db, _transit(permit), A)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="fraud"), command())
    again = await as_json(read.read_declaration(permits_db, UUID(passing["id"]), A))
    assert (again["status"], severities(again)) == ("referred", {"CITES-VI.1-withdrawn": "block"})


async def test_transit_of_appendix_one_needs_neither_import_permit_nor_another_purpose(permits_db: AsyncEngine) -> None:
    tiger = line(taxon="Panthera tigris", appendix="I", source="C")
    permit = permit_content(tiger)
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    goods = {"taxon": "Panthera tigris", "source": "C"}
    of_the_import = {"CITES-III.3-import-permit", "CITES-III.3(c)"}
    found = await lodge_declaration(permits_db, _transit(permit, goods=goods), A)
    assert not of_the_import & severities(found).keys()
    assert of_the_import <= severities(await lodge_declaration(permits_db, declaration(item(permit, **goods)))).keys()


async def test_transit_is_decided_only_by_customs_of_the_country_of_transit(permits_db: AsyncEngine) -> None:
    permit, _ = await _permit(permits_db)
    found = await lodge_declaration(permits_db, _transit(permit), A)
    for office in (CUSTOMS_NL, AUTHORITY_NL, CUSTOMS_FR, CUSTOMS_ZA):
        seen = await as_json(read.read_declaration(permits_db, UUID(found["id"]), office))
        assert (seen["movement"], seen["transit_country"]) == ("transit", "NL")
        page = await read.list_declarations(permits_db, office, {"country": "NL"}, limit=9, before=None)
        assert found["id"] in str(page)
    for office in (CUSTOMS_FR, CUSTOMS_ZA, party("customs", "DE")):
        with pytest.raises(NotFound):
            await run_command(permits_db, transitions.refuse, found, office, Refusal(reason="no"))
    with pytest.raises(NotFound):
        await read.read_declaration(permits_db, UUID(found["id"]), party("customs", "DE"))
    stopped = await run_command(permits_db, transitions.refuse, found, CUSTOMS_NL, Refusal(reason="no"))
    assert stopped["status"] == "refused"
    async with permits_db.connect() as conn:
        audiences = (
            await conn.execute(text("SELECT audience FROM outbox_events WHERE type ~ '^declaration'"))
        ).scalars()
    countries = {office["country"] for audience in audiences for office in json.loads(audience)["offices"]}
    assert countries == {"ZA", "FR", "NL"}


@pytest.mark.parametrize(("stated", "trader_country", "country"), [
    ({"customs_office": "NL000396"}, "ZA", "NL"),
    ({"customs_office": "FR002300"}, "ZA", None),
    ({"customs_office": "396"}, "ZA", None),
])  # fmt: skip
async def test_transit_country_that_is_left_out_is_that_of_the_office(
    permits_db: AsyncEngine, stated: dict[str, Any], trader_country: str, country: str | None
) -> None:
    permit, _ = await _permit(permits_db)
    found = await lodge_declaration(permits_db, _transit(permit, **{"transit_country": None, **stated}), A)
    assert found.get("transit_country") == country
    expected = "CITES-VII.1-transit-country" if country is None else "stated-in-full"
    assert list(severities(found)) == [expected]


async def test_policy_of_the_country_of_transit_sets_the_day_of_exit(permits_db: AsyncEngine) -> None:
    async with permits_db.begin() as conn:
        assert await policies.store_version(conn, "NL", Policy(transit_days=5), 1, new_id(), now())
    permit, _ = await _permit(permits_db)
    found = await lodge_declaration(permits_db, _transit(permit), A)
    assert found["exit_due"] == str(datetime.now(UTC).date() + timedelta(days=5))


async def test_declaring_side_of_a_transit_is_that_of_the_country_of_the_trader(permits_db: AsyncEngine) -> None:
    permit, _ = await _permit(permits_db)
    theirs = {"name": OTHER_TRADER.name, "country": "FR", "identifier": "FR00000000000000"}
    found = await lodge_declaration(permits_db, _transit(permit, importer=theirs), OTHER_TRADER)
    assert severities(found) == {"CITES-VI.1-permit-known": "block"}, "the permit names another importer"
    found = await lodge_declaration(permits_db, _transit(permit, importer=theirs), A)
    assert severities(found) == {"CITES-box-3-4-other-party": "refer"}


async def test_transit_divides_its_quantity_by_what_left(permits_db: AsyncEngine) -> None:
    permits = [permit_content(line(quantity=quantity)) for quantity in ("100", "60")]
    for permit, quantity in zip(permits, ("100", "50"), strict=True):
        await endorse_permit(permits_db, await issue_permit(permits_db, permit), A=quantity)
    cites = [{"number": permit.number, "issuer": "ZA"} for permit in permits]
    found = await lodge_declaration(permits_db, _transit(permits[0], "150", goods={"documents": cites}), A)
    assert (found["status"], {*severities(found).values()}) == ("accepted", {"note"})
    assert [one["quantity"] for one in found["items"][0]["documents"]] == ["100", "50"]


async def test_override_of_a_transit_reserves_nothing(permits_db: AsyncEngine) -> None:
    permit, permit_id = await _permit(permits_db)
    goods = {"unit": "kg", "quantity": "40"}
    found = await lodge_declaration(permits_db, _transit(permit, goods=goods), A)
    assert severities(found)["CITES-box-11-unit"] == "refer"
    for rule in [name for name, severity in severities(found).items() if severity != "note"]:
        done = await run_command(
            permits_db, transitions.override, found, CUSTOMS_NL, build_model(Override, rule=rule, reason="weighed")
        )
    assert (done["status"], done["usage"][0]["reserved"]) == ("accepted", "0")
    assert (await balance(permits_db, permit_id))["reserved"] == "0"


async def test_correction_or_consent_of_a_transit_is_refused(permits_db: AsyncEngine) -> None:
    permit, _ = await _permit(permits_db)
    found = await lodge_declaration(permits_db, _transit(permit), A)
    more = build_model(Consent, item=1, quantity="5")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, more)
    assert refused.value.code == "nothing-written-off"
    await run_command(permits_db, transitions.release, found, CUSTOMS_NL, Release())
    less = build_model(Correction, items=[{"number": 1, "quantity": "9"}], reason="recounted")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.correct, found, CUSTOMS_NL, less)
    assert refused.value.code == "nothing-written-off"
