"""The policy of two people: one person proposes a permit without an application, another one issues it."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import parties
from services.permits.actions.permits import issue, take_over, withdraw
from services.permits.actions.permits.issue_batch import issue_permits
from services.permits.actions.permits.second_person import PROPOSAL_DAYS
from services.permits.actions.reference import policies
from services.permits.domain.model.persons import UNKNOWN_PERSON
from shared.contracts.parties import Party
from shared.contracts.permit import Permit, Revocation, Takeover
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict
from tests.permits.actions.permits.test_issue_batch import batch_entry, codes_or_statuses, count_rows
from tests.permits.internal_client import InternalClient
from tests.permits.sample_data import AUTHORITY_FR, AUTHORITY_ZA, SEALER, command, issue_permit, party, permit_content

AUTHORITY_KE = party("authority", "KE")
MISSING, SAME = "second-person-missing", "same-person"


async def require_two_people(db: AsyncEngine, country: str = "ZA") -> None:
    """Store the policy of a country that a permit needs two people."""
    await policies.change(db, country, Policy(two_people_for_permits=True), party("admin", country), command())


async def issue_as(db: AsyncEngine, person: str, content: Permit, *, by: Party = AUTHORITY_ZA) -> str | int:
    """Issue a permit as a person. Return the status, or the code of the error."""
    try:
        return (await issue.issue(db, by, content, command(), person=person, sealer=SEALER)).status
    except Conflict as error:
        return error.code


async def test_direct_issue_under_two_people_needs_the_same_content_from_another_person(
    permits_db: AsyncEngine,
) -> None:
    await require_two_people(permits_db)
    content = permit_content()
    assert [await issue_as(permits_db, "one", content) for _ in range(3)] == [MISSING, SAME, SAME]
    other = content.model_copy(update={"special_conditions": "Hunting trophy only"})
    assert await issue_as(permits_db, "two", other) == MISSING
    assert await count_rows(permits_db, "permits") == 0
    assert await issue_as(permits_db, "two", content) == 201
    assert await count_rows(permits_db, "permits") == 1


async def test_direct_issue_without_a_policy_of_two_people_needs_one_person(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db, "FR")
    assert await issue_as(permits_db, "one", permit_content()) == 201


async def test_calls_without_a_person_never_count_as_two_people(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    content = permit_content()
    assert await issue_as(permits_db, "one", content) == MISSING
    assert await issue_as(permits_db, UNKNOWN_PERSON, content) == MISSING
    assert await issue_as(permits_db, UNKNOWN_PERSON, content) == SAME


async def test_registration_under_two_people_of_the_registering_country_needs_another_person(
    permits_db: AsyncEngine,
) -> None:
    await require_two_people(permits_db, "FR")
    content = permit_content(issuer="KE", export_country="KE")
    assert await issue_as(permits_db, "one", content, by=AUTHORITY_FR) == MISSING
    assert await issue_as(permits_db, "two", content, by=AUTHORITY_FR) == 201


async def test_proposal_of_another_authority_counts_only_for_its_own_country(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    await require_two_people(permits_db, "FR")
    content = permit_content(issuer="KE", export_country="KE", import_country="ZA")
    assert await issue_as(permits_db, "one", content) == MISSING
    content = permit_content(issuer="KE", export_country="KE")
    assert await issue_as(permits_db, "two", content, by=AUTHORITY_FR) == MISSING


async def test_replacement_under_two_people_needs_another_person(permits_db: AsyncEngine) -> None:
    old, twin = await issue_permit(permits_db, permit_content()), await issue_permit(permits_db, permit_content())
    await require_two_people(permits_db)
    content = permit_content()

    async def replace(permit_id: UUID, person: str) -> str | int:
        try:
            stored = await withdraw.replace(
                permits_db, permit_id, AUTHORITY_ZA, content, command(), person=person, sealer=SEALER
            )
        except Conflict as error:
            return error.code
        return str(json.loads(stored.body)["status"])

    assert await replace(old, "one") == MISSING
    assert await replace(twin, "two") == MISSING, "the proposal is for another permit"
    assert await issue_as(permits_db, "two", content) == MISSING, "the proposal is for a replacement"
    assert await replace(old, "one") == SAME
    assert await replace(old, "two") == "replaced"


async def test_takeover_under_two_people_of_the_issuer_needs_another_person(permits_db: AsyncEngine) -> None:
    registered = [
        await issue_permit(permits_db, permit_content(issuer="KE", export_country="KE"), AUTHORITY_FR) for _ in range(2)
    ]
    await require_two_people(permits_db, "KE")
    await parties.store_changed(permits_db, [AUTHORITY_KE])

    async def take(permit_id: UUID, person: str, remark: str = "Ours") -> str:
        decision = Takeover(reason=remark)
        try:
            stored = await take_over.take_over(permits_db, permit_id, AUTHORITY_KE, decision, command(), person=person)
        except Conflict as error:
            return error.code
        return str(json.loads(stored.body)["registered_by"]["country"])

    one, other = registered
    assert [await take(one, "one") for _ in range(2)] == [MISSING, SAME]
    assert await take(one, UNKNOWN_PERSON) == MISSING
    assert await take(other, "two") == MISSING, "the proposal is for another permit"
    assert [await take(one, "two", "Compared with our register"), await take(other, "one")] == ["KE", "KE"]


async def test_bulk_under_two_people_issues_only_what_another_person_proposed(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    first, second = permit_content(), permit_content()
    [entry] = [batch_entry(first)]
    for person, expected in (("one", [MISSING]), ("one", [SAME])):
        assert (
            codes_or_statuses(await issue_permits(permits_db, AUTHORITY_ZA, [entry], person=person, sealer=SEALER))
            == expected
        )
    both = [batch_entry(first), batch_entry(second)]
    assert codes_or_statuses(await issue_permits(permits_db, AUTHORITY_ZA, both, person="two", sealer=SEALER)) == [
        201,
        MISSING,
    ]
    again = await issue_permits(permits_db, AUTHORITY_ZA, both, person="three", sealer=SEALER)
    assert codes_or_statuses(again) == [201, 201], "the first is replayed"
    assert isinstance(again[0], StoredResponse) and again[0].replayed
    assert await count_rows(permits_db, "permits") == 2


async def test_command_repeated_after_the_second_person_issues_the_permit_is_refused_for_its_number(
    permits_db: AsyncEngine,
) -> None:
    await require_two_people(permits_db)
    content, name = permit_content(), command()
    with pytest.raises(Conflict) as proposed:
        await issue.issue(permits_db, AUTHORITY_ZA, content, name, person="one", sealer=SEALER)
    assert proposed.value.code == MISSING
    assert await issue_as(permits_db, "two", content) == 201
    with pytest.raises(Conflict) as repeated:
        await issue.issue(permits_db, AUTHORITY_ZA, content, name, person="one", sealer=SEALER)
    assert repeated.value.code == "permit-number-taken"


async def test_proposal_that_is_too_old_counts_no_more(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    content = permit_content()
    before = IdempotentCommand(new_id(), b"", now() - timedelta(days=PROPOSAL_DAYS, minutes=1))
    with pytest.raises(Conflict):
        await issue.issue(permits_db, AUTHORITY_ZA, content, before, person="one", sealer=SEALER)
    assert await issue_as(permits_db, "two", content) == MISSING
    assert await issue_as(permits_db, "one", content) == 201


async def test_proposal_is_kept_as_evidence_with_its_person(permits_db: AsyncEngine) -> None:
    await require_two_people(permits_db)
    content = permit_content()
    assert [await issue_as(permits_db, person, content) for person in ("one", "two")] == [MISSING, 201]
    async with permits_db.connect() as conn:
        rows = (await conn.execute(text("SELECT country, party_id, person FROM permit_proposals"))).all()
    assert [tuple(row) for row in rows] == [("ZA", AUTHORITY_ZA.id, "one")]


async def test_revocation_under_two_people_needs_one_person(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    await require_two_people(permits_db)
    stored = await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    assert json.loads(stored.body)["status"] == "revoked"


async def test_routes_for_two_people_compare_the_person_that_the_gateway_names(
    internal_client: InternalClient,
) -> None:
    engine = internal_client.app.state.context.engine
    registered = await issue_permit(engine, permit_content(), AUTHORITY_FR)
    await require_two_people(engine)
    content = json.loads(permit_content().model_dump_json(exclude_none=True))
    rotated = [{"client": "c1", "person": "c1"}, {"client": "c2", "person": "c1"}]
    second = {"client": "d1", "person": "d1"}

    async def send(path: str, body: object, **who: str) -> str | int:
        response = await internal_client("POST", path, AUTHORITY_ZA, json=body, **who)
        result = response.json()[0] if isinstance(response.json(), list) else {"body": response.json()}
        return str(result["body"].get("code") or result["body"]["status"])

    assert [await send("/v1/permits", content, **who) for who in (*rotated, second)] == [MISSING, SAME, "issued"]
    listed = (await internal_client("GET", "/v1/permits", AUTHORITY_ZA)).json()["data"]
    path = f"/v1/permits/{listed[0]['id']}/replacement"
    newer = json.loads(permit_content().model_dump_json(exclude_none=True))
    assert [await send(path, newer, **who) for who in (*rotated, second)] == [MISSING, SAME, "replaced"]
    bulk = json.loads(permit_content().model_dump_json(exclude_none=True))
    found = [
        await send("/internal/permits", [{"command_id": str(new_id()), "body": bulk}], **who)
        for who in (*rotated, second)
    ]
    assert found == [MISSING, SAME, "issued"]
    path = f"/v1/permits/{registered}/takeover"
    assert [await send(path, {}, **who) for who in (*rotated, second)] == [MISSING, SAME, "issued"]
