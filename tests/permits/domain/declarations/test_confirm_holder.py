"""A permit that names its holder by name alone: nobody uses it until an officer confirms the holder."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.permits import read as permits_read
from services.permits.actions.permits import withdraw
from shared.contracts.declaration import NormalizedDeclaration, Override, Release
from shared.contracts.fields import Trader
from shared.contracts.parties import Party
from shared.contracts.permit import Permit, Revocation
from shared.problems import Conflict, NotFound
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    OTHER_TRADER,
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
from tests.permits.view_json import as_json

STRANGER = OTHER_TRADER.model_copy(update={"name": "Stranger SA"})
AS_HOLDER = {"name": "B SARL", "country": "FR", "identifier": "FR00000000000000"}
"""The importer as the stranger declares it: the holder's name, and the stranger's own identifier."""
OWN_PARTY = "CITES-box-3-4-own-party"
CONFIRM = build_model(Override, rule=OWN_PARTY, reason="compared with the passport")


async def issue_nameless(db: AsyncEngine, **more: Any) -> tuple[UUID, Permit]:
    """Issue and endorse a permit whose importer has no identifier."""
    permit = permit_content(importer={"name": "B SARL", "country": "FR"}, **more)
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118")
    return permit_id, permit


async def confirm(db: AsyncEngine, found: dict[str, Any], by: Party = CUSTOMS_FR) -> dict[str, Any]:
    return await run_command(db, transitions.override, found, by, CONFIRM)


def rules(found: dict[str, Any]) -> dict[str, str]:
    return {finding["rule"]: finding["severity"] for finding in found["findings"]}


async def test_stranger_who_writes_the_holder_s_name_reserves_nothing_and_learns_nothing(
    permits_db: AsyncEngine,
) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    stated = declaration(item(permit, "100", term=None, source=None), importer=AS_HOLDER)
    found = await lodge_declaration(permits_db, stated, STRANGER)
    assert (found["status"], rules(found)) == ("referred", {"registered-name": "note", OWN_PARTY: "refer"})
    assert (found["usage"], found.get("repairs", [])) == ([], [])
    assert found["items"][0].get("term") is None, "the hub completes nothing from the permit"
    left = await balance(permits_db, permit_id)
    assert (left["reserved"], left["available"]) == ("0", "118")
    with pytest.raises(NotFound):
        await permits_read.read_permit(permits_db, permit_id, STRANGER, command().at)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    async with permits_db.connect() as conn:
        told = "SELECT count(*) FROM outbox_events WHERE subject LIKE 'permit:%' AND audience LIKE :stranger"
        assert (await conn.execute(text(told), {"stranger": f"%{STRANGER.id}%"})).scalar_one() == 0


async def test_stranger_does_not_stop_the_holder(permits_db: AsyncEngine) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    attempt = await lodge_declaration(permits_db, declaration(item(permit), importer=AS_HOLDER), STRANGER)
    honest = await lodge_declaration(permits_db, declaration(item(permit)))
    assert (honest["status"], rules(honest), honest["usage"]) == ("referred", {OWN_PARTY: "refer"}, [])
    confirmed = await confirm(permits_db, honest)
    assert (confirmed["status"], confirmed["usage"][0]["reserved"]) == ("accepted", "100")
    assert (await balance(permits_db, permit_id))["reserved"] == "100"
    late = await confirm(permits_db, attempt)
    assert late["status"] == "rejected"
    assert rules(late)["CITES-VI.6-second-use"] == "block"
    released = await run_command(permits_db, transitions.release, honest, CUSTOMS_FR, Release())
    assert released["status"] == "released"
    assert (await balance(permits_db, permit_id))["consumed"] == "100"
    await check_balances(permits_db)


async def test_confirmed_holder_reads_its_use_and_receives_the_revocation(
    permits_db: AsyncEngine,
) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    await confirm(permits_db, found)
    shown = await as_json(permits_read.read_permit(permits_db, permit_id, B, command().at))
    assert shown["usage"][0]["reserved"] == "100"
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    after = await as_json(read.read_declaration(permits_db, UUID(found["id"]), B))
    assert (after["status"], after["findings"][-1]["rule"]) == ("referred", "CITES-VI.1-withdrawn")


async def test_confirmation_completes_the_declaration_from_the_permit(permits_db: AsyncEngine) -> None:
    _, permit = await issue_nameless(permits_db)
    found = await lodge_declaration(permits_db, declaration(item(permit, "100", term=None)))
    confirmed = await confirm(permits_db, found)
    assert (confirmed["status"], confirmed["items"][0]["term"]) == ("accepted", "SKI")


@pytest.mark.parametrize(
    ("goods", "status", "rule", "severity"),
    [
        ({"quantity": "119"}, "rejected", "CITES-box-11-quantity", "block"),
        ({"source": "W"}, "referred", "CITES-box-10-source", "refer"),
    ],
)
async def test_confirmation_shows_the_findings_about_the_permit(
    permits_db: AsyncEngine, goods: dict[str, Any], status: str, rule: str, severity: str
) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    found = await lodge_declaration(permits_db, declaration(item(permit) | goods))
    assert rules(found) == {OWN_PARTY: "refer"}
    confirmed = await confirm(permits_db, found)
    assert (confirmed["status"], rules(confirmed)) == (status, {OWN_PARTY: "refer", rule: severity})
    assert (await balance(permits_db, permit_id))["reserved"] == ("0" if status == "rejected" else "100")
    assert [row["to"] for row in confirmed["history"]][-1] == status
    await check_balances(permits_db)


async def test_confirmation_adds_up_what_is_re_exported_under_the_permit_of_origin(permits_db: AsyncEngine) -> None:
    origin = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, origin), A="30")
    named = line(origin_permit=origin.number, origin_date="2020-01-01")
    _, permit = await issue_nameless(permits_db, kind="re_export", lines=[named])
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert rules(found) == {OWN_PARTY: "refer"}
    assert rules(await confirm(permits_db, found)) == {OWN_PARTY: "refer", "CITES-box-12-used-up": "refer"}


async def test_confirmation_keeps_the_overrides_and_the_reservations_of_the_other_permits(
    permits_db: AsyncEngine,
) -> None:
    known = permit_content()
    known_id = await issue_permit(permits_db, known)
    await endorse_permit(permits_db, known_id, A="118")
    _, permit = await issue_nameless(permits_db)
    stated = declaration(item(known, "50", 1, source="W"), item(permit, "60", 2))
    found = await lodge_declaration(permits_db, stated)
    over = build_model(Override, rule="CITES-box-10-source", reason="seen", item=1)
    half = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    assert (half["status"], (await balance(permits_db, known_id))["reserved"]) == ("referred", "50")
    confirmed = await confirm(permits_db, found)
    assert (confirmed["status"], [one["reserved"] for one in confirmed["usage"]]) == ("accepted", ["50", "60"])
    assert all(finding["overridden"] for finding in confirmed["findings"])
    await check_balances(permits_db)


async def test_confirmation_of_a_rejected_declaration_leaves_it_rejected_while_a_block_is_open(
    permits_db: AsyncEngine,
) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    unknown = item(permit, "10", 2, document={"number": "ZA-0"})
    found = await lodge_declaration(permits_db, declaration(item(permit, "60", 1), unknown))
    assert (found["status"], set(rules(found))) == ("rejected", {OWN_PARTY, "CITES-VI.1-permit-known"})
    confirmed = await confirm(permits_db, found)
    assert (confirmed["status"], (await balance(permits_db, permit_id))["reserved"]) == ("rejected", "0")
    over = build_model(Override, rule="CITES-VI.1-permit-known", reason="paper seen")
    accepted = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    assert (accepted["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "60")
    await check_balances(permits_db)


async def test_confirmation_of_a_rejected_declaration_never_refers_it(permits_db: AsyncEngine) -> None:
    """A rejected declaration has no reservations, and no transition makes it a referred one."""
    permit_id, permit = await issue_nameless(permits_db)
    missing = permit_content()
    found = await lodge_declaration(permits_db, declaration(item(permit, "60", 1, source="W"), item(missing, "5", 2)))
    assert found["status"] == "rejected"
    await endorse_permit(permits_db, await issue_permit(permits_db, missing), A="118")
    confirmed = await confirm(permits_db, found)
    assert (confirmed["status"], rules(confirmed)) == (
        "rejected",
        {OWN_PARTY: "refer", "CITES-box-10-source": "refer"},
    )
    assert (await balance(permits_db, permit_id))["reserved"] == "0"
    over = build_model(Override, rule="CITES-box-10-source", reason="seen")
    accepted = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    assert (accepted["status"], [one["reserved"] for one in accepted["usage"]]) == ("accepted", ["60", "5"])
    await check_balances(permits_db)


async def test_confirmation_after_the_override_of_every_block_accepts(permits_db: AsyncEngine) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    unknown = item(permit, "10", 2, document={"number": "ZA-0"})
    found = await lodge_declaration(permits_db, declaration(item(permit, "60", 1), unknown))
    over = build_model(Override, rule="CITES-VI.1-permit-known", reason="paper seen")
    await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    accepted = await confirm(permits_db, found)
    assert (accepted["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "60")
    await check_balances(permits_db)


async def test_confirmation_of_no_open_finding_is_refused(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, source="W")))
    with pytest.raises(Conflict) as refused:
        await confirm(permits_db, found)
    assert refused.value.code == "no-such-finding"


async def test_amendment_after_a_confirmation_needs_another_one(permits_db: AsyncEngine) -> None:
    permit_id, permit = await issue_nameless(permits_db)
    stated = declaration(item(permit))
    found = await lodge_declaration(permits_db, stated)
    await confirm(permits_db, found)
    named = stated.model_copy(update={"transport_document": "M-1"})
    amended = await amend(permits_db, found, named)
    assert (amended["status"], rules(amended), amended["usage"]) == ("referred", {OWN_PARTY: "refer"}, [])
    assert (await balance(permits_db, permit_id))["reserved"] == "0"
    await check_balances(permits_db)


async def amend(db: AsyncEngine, found: dict[str, Any], stated: NormalizedDeclaration) -> dict[str, Any]:
    return await run_command(db, transitions.amend, found, B, stated)


async def test_party_of_another_country_with_the_same_identifier_neither_uses_nor_reads_the_permit(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR", "identifier": "12345"})
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    of_kenya = B.model_copy(update={"id": STRANGER.id, "country": "KE", "identifiers": {"PIN": "12345"}})
    importer = Trader(name="B SARL", country="FR", identifier="12345").model_dump()
    found = await lodge_declaration(permits_db, declaration(item(permit), importer=importer), of_kenya)
    assert (found["status"], rules(found)) == (
        "rejected",
        {"registered-country": "refer", "CITES-VI.1-permit-known": "block"},
    )
    for party, can_read in ((of_kenya, False), (of_kenya.model_copy(update={"country": "FR"}), True)):
        shown = await as_json(permits_read.list_permits(permits_db, party, {}, limit=5, before=None, at=command().at))
        assert [one["id"] for one in shown["data"]] == ([str(permit_id)] if can_read else [])


@pytest.mark.parametrize("holder", ["fr-1 2", "FR/1-2", "ＦＲ　１／２"])
async def test_permits_of_a_holder_are_found_by_the_key_of_its_identifier(permits_db: AsyncEngine, holder: str) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR", "identifier": "FR 1/2"})
    permit_id = await issue_permit(permits_db, permit)
    for value, expected in ((holder, [str(permit_id)]), ("FR12", [])):
        filters = {"holder": value}
        shown = await as_json(
            permits_read.list_permits(permits_db, AUTHORITY_ZA, filters, limit=5, before=None, at=command().at)
        )
        assert [one["id"] for one in shown["data"]] == expected
