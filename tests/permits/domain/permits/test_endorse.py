"""Issue, endorsement and revocation of permits, and the effects on declarations that cite them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.permits import endorse, withdraw
from services.permits.actions.permits import read as permits_read
from shared.contracts.declaration import Correction, Override, Release
from shared.contracts.permit import Endorsement, Revocation
from shared.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.days import today
from tests.permits.declaration_steps import (
    accepted_declaration,
    build_model,
    check_balances,
    lodge_part_uses,
    run_command,
)
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
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
    permit_content,
)
from tests.permits.view_json import as_json


async def test_release_of_an_export_endorses_the_permit(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    permit_id = await issue_permit(permits_db, permit)
    out = await lodge_declaration(permits_db, declaration(item(permit, "119"), movement="export"), A)
    freed = await run_command(
        permits_db, transitions.release, out, CUSTOMS_ZA, build_model(Release, items=[{"number": 1, "quantity": "118"}])
    )
    assert freed["status"] == "released"
    kept = await balance(permits_db, permit_id)
    assert (kept["granted"], kept["endorsed"], kept["available"], kept["closed"]) == ("120", "118", "118", False)
    assert (await balance(permits_db, permit_id, "B"))["available"] == "0", "a line not named has nothing left"
    assert (await export_balance(permits_db, permit_id))["endorsed"] == "118"
    await check_balances(permits_db)


async def test_correction_of_an_export_to_less_displaces_the_youngest_reservation(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    out = await lodge_declaration(permits_db, declaration(item(permit, "110"), movement="export"), A)
    out = await run_command(permits_db, transitions.release, out, CUSTOMS_ZA, Release())
    part: dict[str, Any] = {"document": {"use": "part"}}
    both = [declaration(item(permit, one, **part), transport_document="T") for one in ("60", "50")]
    old, young = [await lodge_declaration(permits_db, one) for one in both]
    over = build_model(Override, rule="CITES-box-15-part-use", reason="one ship")
    await run_command(permits_db, transitions.override, old, CUSTOMS_FR, over)
    await run_command(permits_db, transitions.override, young, CUSTOMS_FR, over)
    less = build_model(Correction, items=[{"number": 1, "quantity": "100"}], reason="recounted")
    await run_command(permits_db, transitions.correct, out, CUSTOMS_ZA, less)
    old, young = [await as_json(read.read_declaration(permits_db, UUID(one["id"]), B)) for one in (old, young)]
    assert (old["status"], old["usage"][0]["reserved"]) == ("accepted", "60")
    assert (young["status"], young["usage"][0]["reserved"]) == ("referred", "0")
    assert young["findings"][-1]["rule"] == "CITES-box-14-endorsed-for-less"
    assert (await balance(permits_db, permit_id))["available"] == "40"
    await check_balances(permits_db)


async def test_declaration_of_another_shipment_after_a_part_use_is_rejected(permits_db: AsyncEngine) -> None:
    permit_id, (first,) = await lodge_part_uses(permits_db, "118", "40")
    await run_command(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    other = declaration(item(permit_content(number=number), "78"), transport_document="OTHER-9")
    assert (await lodge_declaration(permits_db, other))["status"] == "rejected"
    rest = declaration(item(permit_content(number=number), "78"), transport_document="MAEU-1")
    assert (await lodge_declaration(permits_db, rest))["status"] == "accepted"


async def test_endorsement_for_less_than_reserved_returns_the_reservation(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    held = await lodge_declaration(permits_db, declaration(item(permit, "119")))
    assert held["status"] == "referred"
    await endorse_permit(permits_db, permit_id, A="118")
    after = await as_json(read.read_declaration(permits_db, UUID(held["id"]), B))
    assert after["status"] == "referred"
    assert after["findings"][-1]["rule"] == "CITES-box-14-endorsed-for-less"
    assert (after["usage"][0]["reserved"], (await balance(permits_db, permit_id))["available"]) == ("0", "118")
    await check_balances(permits_db)


async def test_endorsement_for_less_than_consumed_is_refused(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    permit_id = await issue_permit(permits_db, permit)
    held = await lodge_declaration(permits_db, declaration(item(permit, "110")))
    over = build_model(Override, rule="CITES-box-14-endorsement", reason="seen on paper")
    await run_command(permits_db, transitions.override, held, CUSTOMS_FR, over)
    await transitions.release(permits_db, UUID(held["id"]), CUSTOMS_FR, Release(), command())
    with pytest.raises(Conflict) as refused:
        await endorse_permit(permits_db, permit_id, A="100", B="40")
    assert refused.value.code == "not-enough-left"
    await endorse_permit(permits_db, permit_id, A="110", B="40")


async def test_second_endorsement_beyond_the_line_states_what_may_leave_and_what_left(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    with pytest.raises(Conflict) as refused:
        await endorse_permit(permits_db, permit_id, A="5")
    assert refused.value.detail == (
        f"At most 2 number more may leave on line A of permit {permit.number}. Customs endorsed 118. "
        "The authority of ZA may consent to more for an item of a declaration."
    )


async def test_endorsement_for_more_than_granted_is_refused(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    with pytest.raises(Conflict) as refused:
        await endorse_permit(permits_db, permit_id, A="121")
    [fault] = refused.value.faults
    assert (refused.value.code, fault.pointer) == ("endorsement-exceeds-permit", "/lines/0/quantity")
    assert (await balance(permits_db, permit_id))["endorsed"] == "0"


async def test_endorsement_of_an_import_permit_is_refused(permits_db: AsyncEngine) -> None:
    permit = permit_content(kind="import", issuer="FR", number="FR-1")
    permit_id = await issue_permit(permits_db, permit, AUTHORITY_FR)
    with pytest.raises(Conflict) as refused:
        await endorse_permit(permits_db, permit_id, A="10")
    assert refused.value.code == "no-export-side"
    found = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_FR, command().at))
    assert found["lines"][0]["export_balance"] is None


async def test_permit_that_names_its_holder_without_identifier_is_referred(permits_db: AsyncEngine) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR"})
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert [(f["rule"], f["severity"]) for f in found["findings"]] == [("CITES-box-3-4-own-party", "refer")]


async def test_endorsement_in_the_future_is_refused(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    box_14 = {"lines": [{"line": "A", "quantity": "1"}], "endorsed_on": (today() + timedelta(days=2)).isoformat()}
    with pytest.raises(Invalid) as refused:
        await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, build_model(Endorsement, **box_14), command())
    assert refused.value.code == "endorsed-in-the-future"


@pytest.mark.parametrize("is_retrospective", [True, False])
async def test_endorsement_before_the_issue_needs_a_retrospective_permit(
    permits_db: AsyncEngine, is_retrospective: bool
) -> None:
    left_on = today() - timedelta(days=9)
    permit = permit_content(issued_on=today() - timedelta(days=2), retrospective=is_retrospective)
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "100"}], "endorsed_on": left_on.isoformat()}
    act = endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, build_model(Endorsement, **box_14), command())
    if not is_retrospective:
        with pytest.raises(Invalid) as refused:
            await act
        assert refused.value.code == "endorsed-out-of-validity"
        return
    assert json.loads((await act).body)["status"] == "endorsed"
    async with permits_db.connect() as conn:
        days = (await conn.execute(text("SELECT value_date FROM ledger WHERE kind = 'endorse'"))).scalars().all()
    assert days == [left_on]
    arrived = await lodge_declaration(permits_db, declaration(item(permit)), at=datetime.now(UTC) - timedelta(days=5))
    assert arrived["status"] == "accepted", "the goods arrived before the authority issued the permit"
    [note] = [one for one in arrived["findings"] if one["rule"] == "CITES-Conf-12.3-retrospective"]
    assert (note["severity"], note["found"]) == ("note", f"issued on {permit.issued_on}, retrospectively")


async def test_revocation_refers_an_accepted_declaration(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged stamp"), command())
    after = await as_json(read.read_declaration(permits_db, UUID(found["id"]), B))
    assert (after["status"], after["usage"][0]["reserved"]) == ("referred", "100")
    assert after["findings"][-1]["rule"] == "CITES-VI.1-withdrawn"
    with pytest.raises(Conflict):
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    late = await lodge_declaration(permits_db, declaration(item(permit_content(number=number), "1")))
    assert late["status"] == "rejected"
    over = build_model(Override, rule="CITES-VI.1-withdrawn", reason="goods left before")
    await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert freed["status"] == "released"
    await check_balances(permits_db)


async def test_revocation_is_sent_to_the_party_that_cited_the_permit(permits_db: AsyncEngine) -> None:
    permit_id, _ = await accepted_declaration(permits_db)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    async with permits_db.connect() as conn:
        event = (
            await conn.execute(
                text(
                    "SELECT data::json AS data, audience::json AS audience FROM outbox_events"
                    " WHERE type = 'permit.revoked'"
                )
            )
        ).one()
    assert str(B.id) in event.audience["parties"]
    assert (event.data["status"], event.data["reason"]) == ("revoked", "forged")


async def test_permit_is_written_only_by_the_authority_of_its_issuer(permits_db: AsyncEngine) -> None:
    with pytest.raises(NotAllowed):
        await issue_permit(permits_db, permit_content(), AUTHORITY_FR.model_copy(update={"country": "DE"}))
    permit_id = await issue_permit(permits_db, permit_content())
    with pytest.raises(NotFound):
        await withdraw.revoke(permits_db, permit_id, AUTHORITY_FR, Revocation(reason="x"), command())
    with pytest.raises(NotFound):
        await endorse_permit(permits_db, permit_id, CUSTOMS_FR, A="1")


async def test_importing_country_registers_permits_only_of_an_issuer_outside_the_hub(permits_db: AsyncEngine) -> None:
    from services.permits.actions import parties

    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit, AUTHORITY_FR)
    await endorse_permit(permits_db, permit_id, CUSTOMS_FR, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert [(f["rule"], f["severity"]) for f in found["findings"]] == [("CITES-box-6-registered", "note")]
    await parties.store_changed(permits_db, [AUTHORITY_ZA])
    with pytest.raises(NotAllowed):
        await issue_permit(permits_db, permit_content(), AUTHORITY_FR)


async def test_permit_number_is_unique_for_its_issuer(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    with pytest.raises(Conflict) as refused:
        await issue_permit(permits_db, permit)
    assert refused.value.code == "permit-number-taken"
