"""The effect of loaded lists: suspensions, quotas, and the recheck of referred declarations."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read as declarations_read
from services.permits.actions.declarations import transitions
from services.permits.actions.declarations.recheck import Rechecker, recheck_referred
from services.permits.actions.permits import withdraw
from services.permits.actions.reference import read as reference_read
from services.permits.store.reference_loads import read_change_mark
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Cancellation, Override
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.parties import Party
from shared.contracts.permit import Permit, Revocation
from tests.days import today
from tests.permits.declaration_steps import severities
from tests.permits.reference_files import index_csv, load_content, taxon_row
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json, rows_as_json

QUOTA = "CITES-Conf-14.7-quota"


async def lodge_endorsed(db: AsyncEngine, permit: Permit, quantity: str, by: Party = AUTHORITY_ZA) -> dict[str, Any]:
    """Issue and endorse a permit, and lodge a declaration of this quantity. Return it."""
    await endorse_permit(db, await issue_permit(db, permit, by), A=quantity)
    return await lodge_declaration(db, declaration(item(permit, quantity)))


async def test_suspension_after_its_load_blocks_declarations(permits_db: AsyncEngine) -> None:
    assert (await lodge_endorsed(permits_db, permit_content(), "100"))["status"] == "accepted"
    content = "start_date,end_date,taxon_name,iso_code2,source\n2020-01-01,,Crocodylia spp.,ZA,R\n"
    await load_content(permits_db, content, "suspensions")
    stopped = await lodge_endorsed(permits_db, permit_content(), "100")
    assert (stopped["status"], severities(stopped)) == ("rejected", {"CITES-Conf-14.3-suspension": "block"})
    await load_content(permits_db, content.replace("ZA,R", "ZA,W"), "suspensions")
    assert (await lodge_endorsed(permits_db, permit_content(), "100"))["status"] == "accepted"


async def test_permit_line_for_all_cats_does_not_cover_a_tiger_of_appendix_one(permits_db: AsyncEngine) -> None:
    cats = permit_content(line(taxon="Felidae spp.", source="W"))
    await endorse_permit(permits_db, await issue_permit(permits_db, cats), A="20")
    stated = item(cats, "1", source="W", taxon="Panthera tigris")
    stopped = await lodge_declaration(permits_db, declaration(stated))
    wanted = {"CITES-box-10-appendix": "refer", "CITES-III.3-import-permit": "block", "CITES-III.3(c)": "block"}
    assert (stopped["status"], severities(stopped)) == ("rejected", wanted)
    for taxon_below, notes in (("Panthera leo", {}), ("Felis silvestris", {"listing-silent": "note"})):
        through = await lodge_declaration(permits_db, declaration(item(cats, "1", source="W", taxon=taxon_below)))
        assert (through["status"], severities(through)) == ("accepted", notes), taxon_below
        await transitions.cancel(permits_db, UUID(through["id"]), B, Cancellation(), command())


def quota_csv(amount: int, **more: str) -> str:
    """Return a list with one quota of South Africa for this year."""
    year = today().year
    row = {"start_date": f"{year}-01-01", "end_date": f"{year}-12-31", "taxon_name": "Crocodylus niloticus"}
    row |= {"iso_code2": "ZA", "quota": str(amount), "term": "skins", **more}
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


async def quota_events(db: AsyncEngine) -> list[tuple[str, int, str, int]]:
    """Return type, sequence, quantity taken and share of every quota event."""
    async with db.connect() as conn:
        rows = await conn.execute(
            text(
                "SELECT type, sequence, data::json AS data FROM outbox_events"
                " WHERE subject LIKE 'quota:%' ORDER BY sequence"
            )
        )
        return [(r.type, r.sequence, r.data["taken"], r.data["share"]) for r in rows]


async def quota_taken(db: AsyncEngine) -> str:
    """Return the quantity that permits take of the quota of South Africa."""
    [one] = await rows_as_json(reference_read.list_quotas(db, "ZA", today()))
    return str(one["taken"])


def permit_for_quantity(quantity: str, **more: Any) -> Permit:
    """Return the content of a permit for this quantity, issued today."""
    return permit_content(line(quantity=quantity, **more), issued_on=today())


async def test_quota_counts_granted_quantities_and_announces_100_per_cent(permits_db: AsyncEngine) -> None:
    await issue_permit(permits_db, permit_for_quantity("50"))
    await load_content(permits_db, quota_csv(100), "quotas")
    assert (await quota_taken(permits_db), await quota_events(permits_db)) == ("50", [])
    await issue_permit(permits_db, permit_for_quantity("29"))
    await issue_permit(permits_db, permit_for_quantity("5", term="MEA", unit="kg"))
    assert await quota_events(permits_db) == []
    within = permit_for_quantity("21")
    assert severities(await lodge_endorsed(permits_db, within, "21")) == {}
    assert await quota_events(permits_db) == [("quota.reached", 1, "100", 100)]
    beyond = permit_for_quantity("1")
    found = await lodge_endorsed(permits_db, beyond, "1", AUTHORITY_FR)
    assert (found["status"], severities(found)) == ("rejected", {QUOTA: "block", "CITES-box-6-registered": "note"})
    [passed] = [finding for finding in found["findings"] if finding["rule"] == QUOTA]
    assert "at most 100 number" in passed["expected"]
    assert passed["found"] == "101 number with this document"


async def test_quota_with_extreme_quantities_is_counted_exactly(permits_db: AsyncEngine) -> None:
    most, least = "9" * 38, "0." + "0" * 37 + "1"
    await load_content(permits_db, quota_csv(1, unit="kg"), "quotas")
    await issue_permit(permits_db, permit_for_quantity(most, unit="kg", origin_country="ZA"), AUTHORITY_FR)
    assert await quota_events(permits_db) == [("quota.reached", 1, most, int(most) * 100)]
    await issue_permit(permits_db, permit_for_quantity(least, unit="kg", origin_country="ZA"), AUTHORITY_FR)
    assert await quota_taken(permits_db) == f"{most}.{least[2:]}"
    whole = "1" + "0" * 37
    await load_content(permits_db, quota_csv(0, unit="kg", iso_code2="NA").replace(",0,", f",{whole},"), "quotas")
    permit = permit_for_quantity("0.1", unit="kg", origin_country="NA").model_copy(
        update={"export_country": "NA", "issuer": "NA"}
    )
    await issue_permit(permits_db, permit, AUTHORITY_FR)
    [one] = await rows_as_json(reference_read.list_quotas(permits_db, "NA", today()))
    assert one["left"] == "9" * 37 + ".9"


async def test_quota_at_80_per_cent_is_announced_once_until_it_falls_below(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    first = await issue_permit(permits_db, permit_for_quantity("80"))
    await issue_permit(permits_db, permit_for_quantity("1"))
    assert await quota_events(permits_db) == [("quota.near", 1, "80", 80)]
    await withdraw.revoke(permits_db, first, AUTHORITY_ZA, Revocation(reason="a mistake"), command())
    assert await quota_taken(permits_db) == "1"
    await issue_permit(permits_db, permit_for_quantity("1"))
    assert severities(await lodge_endorsed(permits_db, permit_for_quantity("90"), "90")) == {}
    assert [one[:2] for one in await quota_events(permits_db)] == [("quota.near", 1), ("quota.near", 2)]


async def test_quota_event_reaches_its_authority_and_reports_partner_deliveries(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    await issue_permit(permits_db, permit_for_quantity("80"))
    async with permits_db.connect() as conn:
        row = (
            await conn.execute(
                text(
                    "SELECT audience::json AS audience, data::json AS data FROM outbox_events WHERE type = 'quota.near'"
                )
            )
        ).one()
    received, office = (
        Audience.model_validate_json(json.dumps(row.audience)),
        RoleInCountry(role=Role.AUTHORITY, country="ZA"),
    )
    assert (received.offices, received.countries, received.parties) == ((office,), ("ZA",), ())
    assert received.sender == Sender(offices=(office,))


async def test_registered_permits_beyond_a_quota_are_found_by_the_check(
    permits_db: AsyncEngine,
) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    contents = [permit_for_quantity("30") for _ in range(6)]
    ids = await asyncio.gather(*(issue_permit(permits_db, content, AUTHORITY_FR) for content in contents))
    for permit_id in ids:
        await endorse_permit(permits_db, permit_id, A="30")
    found = [await lodge_declaration(permits_db, declaration(item(content, "30"))) for content in contents]
    assert sorted(one["status"] for one in found) == ["accepted"] * 3 + ["rejected"] * 3
    assert await quota_taken(permits_db) == "180"
    assert [one[:3] for one in await quota_events(permits_db)] == [("quota.near", 1, "90"), ("quota.reached", 2, "120")]


async def recheck_and_read(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Recheck all referred declarations. Return this one."""
    await recheck_referred(db, datetime.now(UTC))
    return await as_json(declarations_read.read_declaration(db, UUID(found["id"]), B))


async def test_doubtful_certificate_is_checked_again_after_a_load_of_listings(permits_db: AsyncEngine) -> None:
    goods = {"taxon": "Novus piscis", "source": "X"}
    certificate = permit_content(line(**goods), kind="introduction_from_the_sea", issuer="FR", export_country="ZZ")
    await issue_permit(permits_db, certificate, AUTHORITY_FR)
    found = await lodge_declaration(permits_db, declaration(item(certificate, "10", **goods), export_country="ZZ"))
    expected = {"CITES-VII-certificate-doubt": "refer", "listing-silent": "note"}
    assert (found["status"], severities(found)) == ("referred", expected)
    await load_content(permits_db, index_csv([taxon_row(1, "Novus piscis", Class="Elasmobranchii")]))
    settled = await recheck_and_read(permits_db, found)
    assert (settled["status"], severities(settled)) == ("accepted", {})


async def test_declaration_referred_for_an_annotation_is_checked_again_after_a_load(permits_db: AsyncEngine) -> None:
    deemed = "All other specimens shall be deemed to be specimens of species included in Appendix I"
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus lanatus", FullAnnotationEnglish=deemed)]))
    permit = permit_content(line(taxon="Inventus lanatus", source="W", term="FIB", unit="kg"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="20")
    fibre = await lodge_declaration(
        permits_db,
        declaration(item(permit, "1", taxon="Inventus lanatus", source="W", term="FIB", unit="kg")),
    )
    seeds = {"taxon": "Aloe imaginaria", "term": "SEE", "source": "W", "documents": [{"type": "Y900"}]}
    plant = await lodge_declaration(permits_db, declaration(item(permit, "1", **seeds)))
    found = {"CITES-Conf-11.21-specimen": "refer"}, {"CITES-Conf-11.21-part": "refer"}
    assert (severities(fibre), severities(plant)) == found
    other = taxon_row(1, "Inventus lanatus", FullAnnotationEnglish="All specimens")
    await load_content(permits_db, index_csv([other, taxon_row(2, "Aloe imaginaria")]))
    assert (await recheck_and_read(permits_db, fibre))["status"] == "accepted"
    assert (await recheck_and_read(permits_db, plant))["status"] == "accepted"


async def test_unverified_declaration_is_checked_again_after_a_load_of_listings(permits_db: AsyncEngine) -> None:
    unknown = item(permit_content(), taxon="Inventus primus", documents=[])
    free, listed = [await lodge_declaration(permits_db, declaration(unknown)) for _ in range(2)]
    assert severities(free) == {"unverified": "refer"}
    assert (await recheck_and_read(permits_db, free))["version"] == free["version"]
    assert len((await recheck_and_read(permits_db, free))["history"]) == len(free["history"])
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus primus", "NC")]))
    free = await recheck_and_read(permits_db, free)
    assert (free["status"], free["findings"]) == ("accepted", [])
    assert free["history"][-1]["by"]["role"] == "rules"
    listed = await lodge_declaration(
        permits_db, declaration(item(permit_content(), taxon="Inventus secundus", documents=[]))
    )
    await load_content(
        permits_db, index_csv([taxon_row(1, "Inventus primus", "NC"), taxon_row(2, "Inventus secundus", "II")])
    )
    listed = await recheck_and_read(permits_db, listed)
    assert (listed["status"], severities(listed)) == ("rejected", {"CITES-IV-export-document": "block"})


async def test_declaration_referred_for_endorsement_is_accepted_after_it(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    found = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    assert severities(found) == {"CITES-box-14-endorsement": "refer"}
    await endorse_permit(permits_db, permit_id, A="118")
    found = await recheck_and_read(permits_db, found)
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert (await balance(permits_db, permit_id))["reserved"] == "100"


async def test_overridden_finding_after_a_recheck_stays_overridden(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    found = await lodge_declaration(permits_db, declaration(item(permit, "100", source="W")))
    over = Override(rule="CITES-box-10-source", reason="ranch confirmed")
    await transitions.override(permits_db, UUID(found["id"]), CUSTOMS_FR, over, command())
    assert (await recheck_and_read(permits_db, found))["status"] == "referred"
    await endorse_permit(permits_db, permit_id, A="118")
    found = await recheck_and_read(permits_db, found)
    assert (found["status"], [f["overridden"] for f in found["findings"]]) == ("accepted", [True])
    assert found["findings"][0]["override"]["reason"] == "ranch confirmed"
    assert (await balance(permits_db, permit_id))["reserved"] == "100"


async def test_declaration_with_an_overridden_quantity_is_not_rechecked(permits_db: AsyncEngine) -> None:
    permit = permit_content(line("A", "100", term="SAW", unit="m3", taxon="Pericopsis elata", source="W"))
    permit_id = await issue_permit(permits_db, permit)
    wood = item(permit, "7000", term="SAW", unit="kg", taxon="Pericopsis elata", source="W")
    found = await lodge_declaration(permits_db, declaration(wood))
    over = Override.model_validate({"rule": "CITES-box-11-unit", "item": 1, "quantity": "10.5", "reason": "measured"})
    await transitions.override(permits_db, UUID(found["id"]), CUSTOMS_FR, over, command())
    await endorse_permit(permits_db, permit_id, A="100")
    assert (await recheck_and_read(permits_db, found))["status"] == "referred"
    last = Override(rule="CITES-box-14-endorsement", reason="it came")
    await transitions.override(permits_db, UUID(found["id"]), CUSTOMS_FR, last, command())
    assert (await balance(permits_db, permit_id))["reserved"] == "10.5"


async def test_declaration_referred_for_its_source_stays_referred_after_a_recheck(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100", source="W")))
    assert found["status"] == "referred"
    found = await recheck_and_read(permits_db, found)
    assert found["status"] == "referred"
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="a mistake"), command())
    assert (await recheck_and_read(permits_db, found))["status"] == "referred"


async def test_recheck_job_after_a_load_checks_referred_declarations(permits_db: AsyncEngine) -> None:
    job = Rechecker()
    await job.run(permits_db, datetime.now(UTC))
    found = await lodge_declaration(
        permits_db, declaration(item(permit_content(), taxon="Inventus primus", documents=[]))
    )
    async with permits_db.connect() as conn:
        before = await read_change_mark(conn)
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus primus", "NC")]))
    async with permits_db.connect() as conn:
        assert await read_change_mark(conn) != before
    await job.run(permits_db, datetime.now(UTC))
    assert (await as_json(declarations_read.read_declaration(permits_db, UUID(found["id"]), B)))["status"] == "accepted"


async def test_unknown_name_is_checked_again_when_a_load_has_it_as_a_synonym(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(taxon="Inventus primus"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, "10", taxon="Inventus vetus")))
    assert found["status"] == "referred"
    row = taxon_row(1, "Inventus primus", SynonymsWithAuthors="Inventus vetus (Someone, 1899)")
    await load_content(permits_db, index_csv([row]))
    settled = await recheck_and_read(permits_db, found)
    assert settled["status"] == "accepted"
    assert "CITES-Conf-12.11-name" not in {one["rule"] for one in settled["findings"]}


async def test_population_of_an_unclear_split_is_checked_again_after_a_load(permits_db: AsyncEngine) -> None:
    goods = {"taxon": "Inventus divisus", "source": "W"}
    unclear = taxon_row(1, "Inventus divisus", "I/II", FullAnnotationEnglish="Some populations")
    await load_content(permits_db, index_csv([unclear]))
    permit = permit_content(line(**goods))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="20")
    found = await lodge_declaration(permits_db, declaration(item(permit, "1", **goods)))
    expected = {"CITES-box-10-population": "refer"}
    assert (found["status"], severities(found)) == ("referred", expected)
    clear = "Except the populations of South Africa, which are included in Appendix II"
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus divisus", "I/II", FullAnnotationEnglish=clear)]))
    settled = await recheck_and_read(permits_db, found)
    assert (settled["status"], severities(settled)) == ("accepted", {})


async def test_declaration_referred_for_its_species_is_checked_again_after_a_load_of_hs_codes(
    permits_db: AsyncEngine,
) -> None:
    cases = {"number": 1, "hs_code": "44151010", "quantity": "1", "unit": "number"}
    referred = await lodge_declaration(permits_db, declaration(cases))
    assert (referred["status"], severities(referred)) == ("referred", {"taxon-stated": "refer"})
    rows = f"country,hs_code,concern,reason\n{referred['import_country']},441510,none,Packing cases of fir\n"
    await load_content(permits_db, rows, "hs-codes")
    settled = await recheck_and_read(permits_db, referred)
    assert (settled["status"], severities(settled)) == ("accepted", {"not-concerned": "note"})
