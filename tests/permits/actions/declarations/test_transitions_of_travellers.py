"""A declaration that customs lodged for a traveller: check, decisions, new versions, and the policy of two people."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read, transitions, validate
from services.permits.actions.reference import policies
from services.permits.domain.rules.requirements import appendix_two_has_export_document, goods_are_verified
from services.permits.domain.rules.whole_declaration import own_party_is_identified
from shared.contracts.declaration import (
    Cancellation,
    Correction,
    NormalizedDeclaration,
    Override,
    Refusal,
    Release,
)
from shared.contracts.messages import SubmissionMessage
from shared.contracts.parties import Party
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.idempotency import StoredResponse
from shared.problems import Conflict, NotAllowed, NotFound
from tests.permits.sample_data import (
    CUSTOMS_DE,
    CUSTOMS_FR,
    B,
    command,
    declaration,
    issue_permit,
    item,
    line,
    party,
    permit_content,
    submission_message,
)
from tests.permits.view_json import as_json

TRAVELLER = {"name": "Ada Lovelace", "country": "US"}
NEEDS_PERMIT = {
    "number": 1,
    "taxon": "Crocodylus niloticus",
    "term": "SKI",
    "quantity": "1",
    "unit": "number",
    "source": "W",
    "purpose": "P",
    "origin_country": "ZA",
}
"""Goods of Appendix II without a document. The rule `CITES-IV-export-document` rejects them."""
OTHER_OFFICE = party("customs", "FR")
BOTH_FR = Party.model_validate(CUSTOMS_FR.model_dump() | {"roles": ("trader", "customs")})
LODGER, COLLEAGUE = "one", "two"
OVERRIDE = Override(rule=appendix_two_has_export_document.name, item=1, reason="Seen")
Decide = Callable[..., Awaitable[StoredResponse]]


def content_of_traveller(*items: dict[str, Any], **more: Any) -> NormalizedDeclaration:
    """Return an import of a traveller into FR."""
    return declaration(
        *(items or (NEEDS_PERMIT,)), **{"importer": TRAVELLER, "exporter": {"name": "S", "country": "ZA"}, **more}
    )


async def lodge_for_traveller(
    db: AsyncEngine, content: NormalizedDeclaration | None = None, *, by: Party = CUSTOMS_FR, officer: str = LODGER
) -> dict[str, Any]:
    """Lodge for a traveller as the gateway sends it. Return the declaration."""
    message: SubmissionMessage = submission_message(content or content_of_traveller(), by).model_copy(
        update={"officer": officer}
    )
    await lodge_batch.lodge_declarations(db, [message], now())
    return await as_json(read.read_declaration(db, message.id, by))


def command_of(found: dict[str, Any], act: Decide, db: AsyncEngine) -> Callable[..., Awaitable[StoredResponse]]:
    """Return a function that sends one decision about a declaration."""

    def send(decision: Any, *, by: Party = CUSTOMS_FR, person: str = LODGER) -> Awaitable[StoredResponse]:
        return act(db, UUID(found["id"]), by, decision, command(), person=person)

    return send


async def require_two_people(db: AsyncEngine, country: str = "FR") -> None:
    """Store the policy of a country that two people are needed."""
    await policies.change(db, country, Policy(two_people_for_permits=True), party("admin", country), command())


async def test_traveller_is_checked_under_the_name_and_country_that_customs_states(permits_db: AsyncEngine) -> None:
    found = await lodge_for_traveller(permits_db)
    assert (found["lodged_by"], found["trader"]) == (str(CUSTOMS_FR.id), str(CUSTOMS_FR.id))
    assert not {"registered-name", "registered-country"} & {finding["rule"] for finding in found["findings"]}
    assert found["history"][0]["by"] == {"party": str(CUSTOMS_FR.id), "role": "customs"}
    remedies = {finding["rule"]: finding["remedy"] for finding in found["findings"]}
    assert remedies[OVERRIDE.rule] == appendix_two_has_export_document.officer_remedy


async def test_customs_releases_what_it_lodged_for_a_traveller(permits_db: AsyncEngine) -> None:
    found = await lodge_for_traveller(permits_db)
    await command_of(found, transitions.override, permits_db)(OVERRIDE)
    released = await command_of(found, transitions.release, permits_db)(Release())
    assert json.loads(released.body)["status"] == "released"


async def test_customs_of_another_country_finds_no_declaration_of_the_traveller(permits_db: AsyncEngine) -> None:
    found = await lodge_for_traveller(permits_db)
    with pytest.raises(NotFound):
        await command_of(found, transitions.refuse, permits_db)(Refusal(reason="no"), by=CUSTOMS_DE)


async def test_party_that_is_a_trader_too_decides_no_declaration_that_it_lodged_for_a_traveller(
    permits_db: AsyncEngine,
) -> None:
    found = await lodge_for_traveller(permits_db, by=BOTH_FR)
    confirm = Override(rule=own_party_is_identified.name, reason="Seen")
    check = Override(rule=goods_are_verified.name, reason="Seen")
    for act, decision in (
        (transitions.refuse, Refusal(reason="no")),
        (transitions.override, OVERRIDE),
        (transitions.override, confirm),
        (transitions.override, check),
        (transitions.release, Release()),
    ):
        with pytest.raises(NotAllowed) as refused:
            await command_of(found, act, permits_db)(decision, by=BOTH_FR)
        assert refused.value.code == "conflict-of-interest"
    override = command_of(found, transitions.override, permits_db)
    assert (await override(OVERRIDE, by=OTHER_OFFICE)).status == 200


async def test_customs_that_lodged_as_a_trader_does_not_decide(permits_db: AsyncEngine) -> None:
    message = submission_message(declaration(NEEDS_PERMIT), B)
    await lodge_batch.lodge_declarations(permits_db, [message], now())
    office = CUSTOMS_FR.model_copy(update={"id": B.id})
    with pytest.raises(NotAllowed, match="decides nothing"):
        await transitions.refuse(permits_db, message.id, office, Refusal(reason="no"), command(), person=COLLEAGUE)


async def test_lodger_decides_nothing_where_two_people_are_required(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    found = await lodge_for_traveller(permits_db)
    for person in (LODGER, ""):
        for act, decision in (
            (transitions.refuse, Refusal(reason="no")),
            (transitions.override, OVERRIDE),
            (transitions.override, Override(rule="CITES-IV-kind", item=1, reason="Seen")),
        ):
            with pytest.raises(Conflict) as refused:
                await command_of(found, act, permits_db)(decision, person=person)
            assert refused.value.code == "same-person", (act, person)
    assert (await command_of(found, transitions.override, permits_db)(OVERRIDE, person=COLLEAGUE)).status == 200
    with pytest.raises(Conflict, match="two people"):
        await command_of(found, transitions.release, permits_db)(Release())
    await command_of(found, transitions.release, permits_db)(Release(), person=COLLEAGUE)
    recount = Correction.model_validate({"items": [{"number": 1, "quantity": "0"}], "reason": "Recounted"})
    with pytest.raises(Conflict, match="two people"):
        await command_of(found, transitions.correct, permits_db)(recount)
    assert (await command_of(found, transitions.correct, permits_db)(recount, person=COLLEAGUE)).status == 200


async def test_person_who_amended_decides_nothing_where_two_people_are_required(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    content = content_of_traveller()
    found = await lodge_for_traveller(permits_db, content)
    await command_of(found, transitions.amend, permits_db)(content, person=COLLEAGUE)
    for person in (LODGER, COLLEAGUE):
        with pytest.raises(Conflict, match="two people"):
            await command_of(found, transitions.override, permits_db)(OVERRIDE, person=person)
    assert (await command_of(found, transitions.override, permits_db)(OVERRIDE, person="three")).status == 200


async def test_policy_of_two_people_leaves_declarations_of_traders_to_one_person(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    message = submission_message(declaration(NEEDS_PERMIT), B)
    await lodge_batch.lodge_declarations(permits_db, [message], now())
    response = await transitions.override(permits_db, message.id, CUSTOMS_FR, OVERRIDE, command(), person=COLLEAGUE)
    assert response.status == 200


async def test_customs_amends_and_cancels_for_its_traveller(permits_db: AsyncEngine) -> None:
    content = content_of_traveller()
    found = await lodge_for_traveller(permits_db, content)
    renamed = content.model_copy(update={"importer": content.importer.model_copy(update={"name": "Ada King"})})
    amended = json.loads((await command_of(found, transitions.amend, permits_db)(renamed)).body)
    assert (amended["version"], amended["importer"]["name"]) == (2, "Ada King")
    assert "registered-name" not in {finding["rule"] for finding in amended["findings"]}
    cancelled = await transitions.cancel(permits_db, UUID(found["id"]), CUSTOMS_FR, Cancellation(), command())
    history = json.loads(cancelled.body)["history"]
    assert [entry["by"]["role"] for entry in history if entry["by"]["role"] != "rules"] == ["customs"] * 3
    assert json.loads(cancelled.body)["status"] == "cancelled"


async def test_amendment_that_names_a_trader_in_place_of_the_traveller_is_refused(permits_db: AsyncEngine) -> None:
    content = content_of_traveller()
    found = await lodge_for_traveller(permits_db, content)
    named = content.model_copy(update={"importer": content.importer.model_copy(update={"identifier": "US-1"})})
    with pytest.raises(NotAllowed, match="a traveller has no identifier"):
        await command_of(found, transitions.amend, permits_db)(named)


async def test_permit_with_the_name_of_the_traveller_waits_until_customs_confirms_the_holder(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line(), importer=TRAVELLER, import_country="FR", purpose="P")
    await issue_permit(permits_db, permit)
    content = content_of_traveller(
        item(permit, "1", purpose="P"), exporter={"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}
    )
    found = await lodge_for_traveller(permits_db, content)
    assert "CITES-box-3-4-own-party" in {finding["rule"] for finding in found["findings"]}
    confirm = Override(rule=own_party_is_identified.name, reason="Passport seen")
    confirmed = json.loads((await command_of(found, transitions.override, permits_db)(confirm)).body)
    assert [use["reserved"] for use in confirmed["usage"]] == ["1"]


async def test_holder_is_confirmed_by_another_person_where_two_people_are_required(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    permit = permit_content(line(), importer=TRAVELLER, import_country="FR", purpose="P")
    await issue_permit(permits_db, permit)
    found = await lodge_for_traveller(permits_db, content_of_traveller(item(permit, "1", purpose="P")))
    confirm = Override(rule=own_party_is_identified.name, reason="Passport seen")
    with pytest.raises(Conflict, match="two people"):
        await command_of(found, transitions.override, permits_db)(confirm)
    assert (await command_of(found, transitions.override, permits_db)(confirm, person=COLLEAGUE)).status == 200


async def test_unchecked_declaration_of_a_traveller_needs_another_person_under_the_policy(
    permits_db: AsyncEngine,
) -> None:
    await require_two_people(permits_db)
    message = submission_message(content_of_traveller(), CUSTOMS_FR).model_copy(
        update={"officer": LODGER, "unverified": "a fault"}
    )
    await lodge_batch.lodge_declarations(permits_db, [message], now())
    found = await as_json(read.read_declaration(permits_db, message.id, CUSTOMS_FR))
    decision = Override(rule=goods_are_verified.name, reason="Seen")
    with pytest.raises(Conflict, match="two people"):
        await command_of(found, transitions.override, permits_db)(decision)
    assert (await command_of(found, transitions.override, permits_db)(decision, person=COLLEAGUE)).status == 200


async def test_validation_of_customs_has_the_verdict_for_a_traveller(permits_db: AsyncEngine) -> None:
    verdict = await as_json(validate.validate(permits_db, content_of_traveller(), CUSTOMS_FR, new_id(), now()))
    lodged = await lodge_for_traveller(permits_db)
    assert verdict["errors"] == []
    assert [finding["remedy"] for finding in verdict["findings"]] == [one["remedy"] for one in lodged["findings"]]
    refused = await as_json(validate.validate(permits_db, declaration(NEEDS_PERMIT), CUSTOMS_FR, new_id(), now()))
    assert [fault["code"] for fault in refused["errors"]] == ["not-your-declaration"]


async def test_events_of_a_traveller_reach_customs_and_the_offices(permits_db: AsyncEngine) -> None:
    found = await lodge_for_traveller(permits_db)
    async with permits_db.connect() as conn:
        rows = (await conn.execute(text("SELECT type, subject, audience FROM outbox_events"))).mappings().all()
    audiences = [json.loads(row["audience"]) for row in rows if row["subject"].endswith(found["id"])]
    assert audiences and all(audience["parties"] == [str(CUSTOMS_FR.id)] for audience in audiences)
    offices = {(office["role"], office["country"]) for office in audiences[0]["offices"]}
    assert offices == {(role, country) for role in ("authority", "customs") for country in ("ZA", "FR")}
