"""A trader applies; the authority asks, grants what was asked or less, or refuses; the trader answers or withdraws."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.permits import read as permits_read
from services.permits.actions.reference import policies
from services.permits.domain.lifecycle import APPLICATION_TRANSITIONS
from shared.conditional_requests import VersionCondition
from shared.contracts.application import Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import ActorRole, ApplicationStatus, Recommendation
from shared.contracts.declaration import Refusal
from shared.contracts.parties import RepresentedTrader
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.permits.sample_applications import application_content, officer, submit_application
from tests.permits.sample_data import AUTHORITY_FR, AUTHORITY_ZA, OTHER_TRADER, A, B, command, line, party
from tests.permits.view_json import as_json

Act = Callable[[AsyncEngine, UUID], Awaitable[StoredResponse]]


def turned(by: ActorRole, there: ApplicationStatus) -> Act:
    acts: dict[tuple[ActorRole, ApplicationStatus], Act] = {
        (ActorRole.AUTHORITY, ApplicationStatus.QUERIED): lambda db, application_id: applications.query(
            db, application_id, officer(), Question(message="why?"), command()
        ),
        (ActorRole.AUTHORITY, ApplicationStatus.GRANTED): lambda db, application_id: applications.grant(
            db, application_id, officer(), GrantDecision(), command()
        ),
        (ActorRole.AUTHORITY, ApplicationStatus.REFUSED): lambda db, application_id: applications.refuse(
            db, application_id, officer(), Refusal(reason="no"), command()
        ),
        (ActorRole.TRADER, ApplicationStatus.SUBMITTED): lambda db, application_id: applications.reply(
            db, application_id, A, Reply(message="so"), command()
        ),
        (ActorRole.TRADER, ApplicationStatus.WITHDRAWN): lambda db, application_id: applications.withdraw(
            db, application_id, A, Withdrawal(), command()
        ),
    }
    return acts[by, there]


TURNS = [
    (ActorRole.AUTHORITY, ApplicationStatus.QUERIED), (ActorRole.AUTHORITY, ApplicationStatus.GRANTED),
    (ActorRole.AUTHORITY, ApplicationStatus.REFUSED), (ActorRole.TRADER, ApplicationStatus.SUBMITTED),
    (ActorRole.TRADER, ApplicationStatus.WITHDRAWN),
]  # fmt: skip


@pytest.mark.parametrize("here", ApplicationStatus)
async def test_from_every_state_every_turn_does_what_the_table_says(
    permits_db: AsyncEngine, here: ApplicationStatus
) -> None:
    for by, there in TURNS:
        application_id = await submit_application(permits_db)
        if here is not ApplicationStatus.SUBMITTED:
            await turned(ActorRole.TRADER if here is ApplicationStatus.WITHDRAWN else ActorRole.AUTHORITY, here)(
                permits_db, application_id
            )
        allowed = by in APPLICATION_TRANSITIONS.get(here, {}).get(there, frozenset())
        if allowed:
            kept = await turned(by, there)(permits_db, application_id)
            assert json.loads(kept.body)["status"] == there
        else:
            with pytest.raises(Conflict, match=f"application is {here}") as caught:
                await turned(by, there)(permits_db, application_id)
            assert caught.value.code == "invalid-transition"
            assert (await as_json(applications.read(permits_db, application_id, A, now())))["status"] == here


async def test_its_story_is_told_to_applicant_and_authority_alone(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db, application_content(reference="A-7"))
    await turned(ActorRole.AUTHORITY, ApplicationStatus.QUERIED)(permits_db, application_id)
    await turned(ActorRole.TRADER, ApplicationStatus.SUBMITTED)(permits_db, application_id)
    await turned(ActorRole.AUTHORITY, ApplicationStatus.GRANTED)(permits_db, application_id)
    read = await as_json(applications.read(permits_db, application_id, A, now()))
    assert [turn["event"].partition(".")[2] for turn in read["history"]] == [
        "submitted", "queried", "answered", "granted",
    ]  # fmt: skip
    assert [turn["reason"] for turn in read["history"]] == [None, "why?", "so", None]
    async with permits_db.connect() as conn:
        query = text(
            "SELECT type, sequence, data::json AS data, audience::json AS audience"
            " FROM outbox_events WHERE subject = :s ORDER BY sequence"
        )
        told = (await conn.execute(query, {"s": f"application:{application_id}"})).all()
    assert [(one.type, one.sequence) for one in told] == [
        ("application.submitted", 1), ("application.queried", 2), ("application.answered", 3),
        ("application.granted", 4),
    ]  # fmt: skip
    for one in told:
        assert one.data["application_id"] == str(application_id) and one.data["reference"] == "A-7"
        assert one.audience["parties"] == [str(A.id)]
        assert one.audience["offices"] == [{"role": "authority", "country": "ZA"}]
    assert told[3].data["permit_id"] == read["permit_id"]
    for stranger in (B, OTHER_TRADER, AUTHORITY_FR, party("authority", "DE")):
        with pytest.raises(NotFound):
            await as_json(applications.read(permits_db, application_id, stranger, now()))


async def test_a_grant_issues_what_was_asked_or_less(permits_db: AsyncEngine) -> None:
    stated = application_content(line(), line("B", "40", term="MEA", unit="kg"))
    first = await submit_application(permits_db, stated)
    whole = json.loads((await applications.grant(permits_db, first, officer(), GrantDecision(), command())).body)
    permit = await as_json(permits_read.read_permit(permits_db, UUID(whole["permit_id"]), AUTHORITY_ZA, now()))
    assert [(n["line"], n["quantity"]) for n in permit["lines"]] == [("A", "120"), ("B", "40")]
    assert whole["permit"]["token"] and whole["permit"]["number"] == permit["number"]
    less = GrantDecision.model_validate({"number": "ZA-LESS", "lines": [{"line": "A", "quantity": "80"}]})
    second = await submit_application(permits_db, stated)
    part = json.loads((await applications.grant(permits_db, second, officer(), less, command())).body)
    permit = await as_json(permits_read.read_permit(permits_db, UUID(part["permit_id"]), A, now()))
    assert [(n["line"], n["quantity"]) for n in permit["lines"]] == [("A", "80")]
    application_id = await submit_application(permits_db, stated)
    for wrong, code in (
        ({"lines": [{"line": "A", "quantity": "121"}]}, "more-than-asked"),
        ({"lines": [{"line": "C"}]}, "no-such-line"),
        ({"valid_until": "2029-01-01"}, "validity-too-long"),
    ):
        with pytest.raises(Invalid) as caught:
            await applications.grant(
                permits_db, application_id, officer(), GrantDecision.model_validate(wrong), command()
            )
        assert caught.value.code == code
    with pytest.raises(Conflict) as taken:
        await applications.grant(permits_db, application_id, officer(), less, command())
    assert taken.value.code == "permit-number-taken"
    assert (await as_json(applications.read(permits_db, application_id, A, now())))["status"] == "submitted"


async def test_a_grant_asked_again_is_answered_the_same_and_issues_one_permit(permits_db: AsyncEngine) -> None:
    application_id, name = await submit_application(permits_db), command()
    first = await applications.grant(permits_db, application_id, officer(), GrantDecision(), name)
    again = await applications.grant(permits_db, application_id, officer(), GrantDecision(), name)
    assert (again.body, again.replayed) == (first.body, True)
    async with permits_db.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM permits"))).scalar_one() == 1


async def _two_people(db: AsyncEngine) -> None:
    await policies.change(db, "ZA", Policy(two_people_for_permits=True), party("admin", "ZA"), command())


async def test_two_people_assess_and_issue_where_the_policy_asks_for_it(permits_db: AsyncEngine) -> None:
    await _two_people(permits_db)
    application_id = await submit_application(permits_db)

    async def refused(person: str) -> str:
        with pytest.raises(Conflict) as caught:
            await applications.grant(permits_db, application_id, officer(person), GrantDecision(), command())
        return caught.value.code

    assert await refused("one") == "assessment-missing"
    found = Assessment(recommendation=Recommendation.GRANT, note="in order")
    await applications.assess(permits_db, application_id, officer("one"), found, command())
    assert await refused("one") == "same-person"
    seen = await as_json(applications.read(permits_db, application_id, A, now()))
    assert "assessment" not in seen and "application.assessed" not in {t["event"] for t in seen["history"]}
    assert (await as_json(applications.read(permits_db, application_id, AUTHORITY_ZA, now())))["assessment"][
        "note"
    ] == "in order"
    async with permits_db.connect() as conn:
        query = text("SELECT audience::json AS audience FROM outbox_events WHERE type = 'application.assessed'")
        assert (await conn.execute(query)).scalar_one()["parties"] == []
    granted = await applications.grant(permits_db, application_id, officer("two"), GrantDecision(), command())
    assert json.loads(granted.body)["status"] == "granted"


async def test_nobody_who_ever_assessed_issues_whoever_assessed_after(permits_db: AsyncEngine) -> None:
    await _two_people(permits_db)
    application_id = await submit_application(permits_db)
    for person in ("one", "two"):
        await applications.assess(
            permits_db,
            application_id,
            officer(person),
            Assessment(recommendation=Recommendation.GRANT, note=person),
            command(),
        )
    await applications.query(
        permits_db, application_id, officer("three"), Question(message="From which farm?"), command()
    )
    for person in ("one", "two", "three"):
        with pytest.raises(Conflict) as caught:
            await applications.grant(permits_db, application_id, officer(person), GrantDecision(), command())
        assert caught.value.code == "same-person"
    seen = (await as_json(applications.read(permits_db, application_id, AUTHORITY_ZA, now())))["assessment"]
    assert (seen["person"], seen["note"], seen["people"]) == ("two", "two", ["one", "two", "three"])
    granted = await applications.grant(permits_db, application_id, officer("four"), GrantDecision(), command())
    assert json.loads(granted.body)["status"] == "granted"


async def test_one_person_does_both_where_no_policy_asks_for_two(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db)
    await applications.assess(
        permits_db, application_id, officer("one"), Assessment(recommendation=Recommendation.GRANT), command()
    )
    granted = await applications.grant(permits_db, application_id, officer("one"), GrantDecision(), command())
    assert json.loads(granted.body)["status"] == "granted"


async def test_who_is_not_named_may_not_apply_and_bad_lines_are_refused_now(permits_db: AsyncEngine) -> None:
    with pytest.raises(NotAllowed) as caught:
        await submit_application(permits_db, by=OTHER_TRADER)
    assert caught.value.code == "not-your-application"
    with pytest.raises(Invalid) as bad:
        await submit_application(permits_db, application_content(line(unit="m3")))
    assert (bad.value.code, bad.value.faults[0].pointer) == ("unit-not-of-term", "/lines/0/unit")


async def test_days_open_are_counted_until_it_is_decided(permits_db: AsyncEngine) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    kept = await applications.submit(permits_db, A, application_content(), IdempotentCommand(new_id(), b"", at))
    application_id = UUID(json.loads(kept.body)["id"])

    async def days(after: timedelta) -> list[int]:
        read = await as_json(applications.read(permits_db, application_id, A, at + after))
        [listed] = (
            await as_json(applications.list_applications(permits_db, A, {}, limit=9, before=None, at=at + after))
        )["data"]
        return [read["days_open"], listed["days_open"]]

    assert await days(timedelta(hours=23)) == [0, 0]
    assert await days(timedelta(days=9)) == [9, 9]
    await applications.withdraw(
        permits_db, application_id, A, Withdrawal(), IdempotentCommand(new_id(), b"", at + timedelta(days=10))
    )
    assert await days(timedelta(days=99)) == [10, 10]


async def test_lists_filter_and_each_sees_its_own(permits_db: AsyncEngine) -> None:
    ids = [str(await submit_application(permits_db, application_content(reference=f"A-{n}"))) for n in range(3)]
    await submit_application(permits_db, application_content(kind="import", issuer="FR"), B)
    await turned(ActorRole.AUTHORITY, ApplicationStatus.REFUSED)(permits_db, UUID(ids[0]))

    async def listed(who: Any = A, **filters: str) -> list[str]:
        page = await as_json(applications.list_applications(permits_db, who, filters, limit=50, before=None, at=now()))
        return [one["id"] for one in page["data"]]

    assert await listed() == ids[::-1] == await listed(AUTHORITY_ZA)
    assert len(await listed(AUTHORITY_FR)) == len(await listed(B)) == 1
    assert await listed(OTHER_TRADER) == []
    for filters, count in (
        ({"status": "refused"}, 1), ({"status": "submitted"}, 2), ({"kind": "import"}, 0), ({"reference": "A-1"}, 1),
        ({"taxon": "Crocodylus niloticus"}, 3), ({"applicant": str(A.id)}, 3), ({"from": "2020-01-01"}, 3),
        ({"to": "2020-01-01"}, 0), ({"issuer": "ZA"}, 3),
    ):  # fmt: skip
        assert len(await listed(AUTHORITY_ZA, **filters)) == count, filters


async def test_a_turn_honours_the_version_it_names(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db)
    stale = IdempotentCommand(new_id(), b"", now(), condition=VersionCondition(versions=frozenset({7})))
    with pytest.raises(Conflict) as caught:
        await applications.withdraw(permits_db, application_id, A, Withdrawal(), stale)
    assert caught.value.code == "version-stale"


AGENT = party("trader", "DE", "DE1")
FOR_A = RepresentedTrader(party=A.id, numbers=("ZA1234567",))


async def test_an_agent_applies_for_a_trader_and_both_names_stand_in_the_history(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db, application_content(trader=str(A.id)), AGENT, FOR_A)
    await applications.query(permits_db, application_id, officer(), Question(message="why?"), command())
    await applications.reply(permits_db, application_id, AGENT, Reply(message="so"), command())
    await applications.withdraw(permits_db, application_id, A, Withdrawal(), command())
    for who in (A, AGENT, AUTHORITY_ZA):
        read = await as_json(applications.read(permits_db, application_id, who, now()))
        assert (read["applicant"], read["trader"], read["lodged_by"]) == (str(A.id), str(A.id), str(AGENT.id))
        [listed] = (await as_json(applications.list_applications(permits_db, who, {}, limit=9, before=None, at=now())))[
            "data"
        ]
        assert listed["id"] == str(application_id)
        agent = {"party": str(AGENT.id), "role": "trader", "for": str(A.id)}
        by = [turn["by"] for turn in read["history"] if turn["by"]["role"] == "trader"]
        assert by == [agent, agent, {"party": str(A.id), "role": "trader"}]
    async with permits_db.connect() as conn:
        told = (await conn.execute(text("SELECT audience::json AS audience FROM outbox_events"))).scalars().all()
    assert all(set(one["parties"]) == {str(A.id), str(AGENT.id)} for one in told)


async def test_nobody_applies_for_a_trader_without_its_mandate(permits_db: AsyncEngine) -> None:
    for stated, trader in (
        (application_content(), None),
        (application_content(trader=str(A.id)), None),
        (application_content(trader=str(B.id)), FOR_A),
    ):
        with pytest.raises(NotAllowed) as caught:
            await submit_application(permits_db, stated, AGENT, trader)
        assert caught.value.code == "not-your-application"
    with pytest.raises(NotAllowed):
        await submit_application(permits_db, application_content(trader=str(B.id)), A)
    assert await submit_application(permits_db, application_content(trader=str(A.id)), A)
