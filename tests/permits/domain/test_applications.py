"""Applications: submission, questions and replies, assessment, grant in whole or in part, refusal, withdrawal."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.parties import store_changed_mandates
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
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    OTHER_TRADER,
    SEALER,
    A,
    B,
    command,
    line,
    mandate_copy,
    party,
)
from tests.permits.view_json import as_json

Transition = Callable[[AsyncEngine, UUID], Awaitable[StoredResponse]]


def transition_by(by: ActorRole, to_status: ApplicationStatus) -> Transition:
    """Return the action by which an actor of this role changes an application to this status."""
    transitions: dict[tuple[ActorRole, ApplicationStatus], Transition] = {
        (ActorRole.AUTHORITY, ApplicationStatus.QUERIED): lambda db, application_id: applications.query(
            db, application_id, officer(), Question(message="why?"), command()
        ),
        (ActorRole.AUTHORITY, ApplicationStatus.GRANTED): lambda db, application_id: applications.grant(
            db, application_id, officer(), GrantDecision(), command(), sealer=SEALER
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
    return transitions[by, to_status]


TRANSITIONS = [
    (ActorRole.AUTHORITY, ApplicationStatus.QUERIED), (ActorRole.AUTHORITY, ApplicationStatus.GRANTED),
    (ActorRole.AUTHORITY, ApplicationStatus.REFUSED), (ActorRole.TRADER, ApplicationStatus.SUBMITTED),
    (ActorRole.TRADER, ApplicationStatus.WITHDRAWN),
]  # fmt: skip


@pytest.mark.parametrize("from_status", ApplicationStatus)
async def test_transition_of_an_application_follows_the_table_in_each_status(
    permits_db: AsyncEngine, from_status: ApplicationStatus
) -> None:
    for by, to_status in TRANSITIONS:
        application_id = await submit_application(permits_db)
        if from_status is not ApplicationStatus.SUBMITTED:
            await transition_by(
                ActorRole.TRADER if from_status is ApplicationStatus.WITHDRAWN else ActorRole.AUTHORITY, from_status
            )(permits_db, application_id)
        allowed = by in APPLICATION_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())
        if allowed:
            response = await transition_by(by, to_status)(permits_db, application_id)
            assert json.loads(response.body)["status"] == to_status
        else:
            with pytest.raises(Conflict, match=f"application is {from_status}") as caught:
                await transition_by(by, to_status)(permits_db, application_id)
            assert caught.value.code == "invalid-transition"
            assert (await as_json(applications.read(permits_db, application_id, A, now())))["status"] == from_status


async def test_application_events_reach_only_the_applicant_and_the_authority(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db, application_content(reference="A-7"))
    await transition_by(ActorRole.AUTHORITY, ApplicationStatus.QUERIED)(permits_db, application_id)
    await transition_by(ActorRole.TRADER, ApplicationStatus.SUBMITTED)(permits_db, application_id)
    await transition_by(ActorRole.AUTHORITY, ApplicationStatus.GRANTED)(permits_db, application_id)
    read = await as_json(applications.read(permits_db, application_id, A, now()))
    assert [entry["event"].partition(".")[2] for entry in read["history"]] == [
        "submitted", "queried", "answered", "granted",
    ]  # fmt: skip
    assert [entry["reason"] for entry in read["history"]] == [None, "why?", "so", None]
    async with permits_db.connect() as conn:
        query = text(
            "SELECT type, sequence, data::json AS data, audience::json AS audience"
            " FROM outbox_events WHERE subject = :s ORDER BY sequence"
        )
        events = (await conn.execute(query, {"s": f"application:{application_id}"})).all()
    assert [(one.type, one.sequence) for one in events] == [
        ("application.submitted", 1), ("application.queried", 2), ("application.answered", 3),
        ("application.granted", 4),
    ]  # fmt: skip
    for one in events:
        assert one.data["application_id"] == str(application_id) and one.data["reference"] == "A-7"
        assert one.audience["parties"] == [str(A.id)]
        assert one.audience["offices"] == [{"role": "authority", "country": "ZA"}]
    assert events[3].data["permit_id"] == read["permit_id"]
    for other_party in (B, OTHER_TRADER, AUTHORITY_FR, party("authority", "DE")):
        with pytest.raises(NotFound):
            await as_json(applications.read(permits_db, application_id, other_party, now()))


async def test_grant_issues_the_requested_lines_or_less(permits_db: AsyncEngine) -> None:
    stated = application_content(line(), line("B", "40", term="MEA", unit="kg"))
    first = await submit_application(permits_db, stated)
    whole = json.loads(
        (await applications.grant(permits_db, first, officer(), GrantDecision(), command(), sealer=SEALER)).body
    )
    permit = await as_json(permits_read.read_permit(permits_db, UUID(whole["permit_id"]), AUTHORITY_ZA, now()))
    assert [(n["line"], n["quantity"]) for n in permit["lines"]] == [("A", "120"), ("B", "40")]
    assert whole["permit"]["token"] and whole["permit"]["number"] == permit["number"]
    less = GrantDecision.model_validate({"number": "ZA-LESS", "lines": [{"line": "A", "quantity": "80"}]})
    second = await submit_application(permits_db, stated)
    part = json.loads((await applications.grant(permits_db, second, officer(), less, command(), sealer=SEALER)).body)
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
                permits_db, application_id, officer(), GrantDecision.model_validate(wrong), command(), sealer=SEALER
            )
        assert caught.value.code == code
    with pytest.raises(Conflict) as taken:
        await applications.grant(permits_db, application_id, officer(), less, command(), sealer=SEALER)
    assert taken.value.code == "permit-number-taken"
    assert (await as_json(applications.read(permits_db, application_id, A, now())))["status"] == "submitted"


async def test_grant_repeated_with_its_key_returns_the_same_response_and_one_permit(permits_db: AsyncEngine) -> None:
    application_id, name = await submit_application(permits_db), command()
    first = await applications.grant(permits_db, application_id, officer(), GrantDecision(), name, sealer=SEALER)
    again = await applications.grant(permits_db, application_id, officer(), GrantDecision(), name, sealer=SEALER)
    assert (again.body, again.replayed) == (first.body, True)
    async with permits_db.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM permits"))).scalar_one() == 1


async def _require_two_people(db: AsyncEngine) -> None:
    """Store the policy of ZA that an application needs two people."""
    await policies.change(db, "ZA", Policy(two_people_for_permits=True), party("admin", "ZA"), command())


async def test_policy_of_two_people_requires_another_person_for_the_grant(permits_db: AsyncEngine) -> None:
    await _require_two_people(permits_db)
    application_id = await submit_application(permits_db)

    async def refused(person: str) -> str:
        with pytest.raises(Conflict) as caught:
            await applications.grant(
                permits_db, application_id, officer(person), GrantDecision(), command(), sealer=SEALER
            )
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
    granted = await applications.grant(
        permits_db, application_id, officer("two"), GrantDecision(), command(), sealer=SEALER
    )
    assert json.loads(granted.body)["status"] == "granted"


async def test_person_who_assessed_or_queried_once_never_grants_under_two_people(permits_db: AsyncEngine) -> None:
    await _require_two_people(permits_db)
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
            await applications.grant(
                permits_db, application_id, officer(person), GrantDecision(), command(), sealer=SEALER
            )
        assert caught.value.code == "same-person"
    seen = (await as_json(applications.read(permits_db, application_id, AUTHORITY_ZA, now())))["assessment"]
    assert (seen["person"], seen["note"], seen["people"]) == ("two", "two", ["one", "two", "three"])
    granted = await applications.grant(
        permits_db, application_id, officer("four"), GrantDecision(), command(), sealer=SEALER
    )
    assert json.loads(granted.body)["status"] == "granted"


async def test_person_who_assessed_grants_without_a_policy_of_two_people(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db)
    await applications.assess(
        permits_db, application_id, officer("one"), Assessment(recommendation=Recommendation.GRANT), command()
    )
    granted = await applications.grant(
        permits_db, application_id, officer("one"), GrantDecision(), command(), sealer=SEALER
    )
    assert json.loads(granted.body)["status"] == "granted"


async def test_application_of_an_unnamed_party_or_with_invalid_lines_is_refused(permits_db: AsyncEngine) -> None:
    with pytest.raises(NotAllowed) as caught:
        await submit_application(permits_db, by=OTHER_TRADER)
    assert caught.value.code == "not-your-application"
    with pytest.raises(Invalid) as bad:
        await submit_application(permits_db, application_content(line(quantity="0.5")))
    assert (bad.value.code, bad.value.faults[0].pointer) == ("quantity-not-whole", "/lines/0/quantity")


async def test_days_open_are_counted_until_the_decision(permits_db: AsyncEngine) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    response = await applications.submit(permits_db, A, application_content(), IdempotentCommand(new_id(), b"", at))
    application_id = UUID(json.loads(response.body)["id"])

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


async def test_list_of_applications_filters_and_shows_each_party_its_own(permits_db: AsyncEngine) -> None:
    ids = [str(await submit_application(permits_db, application_content(reference=f"A-{n}"))) for n in range(3)]
    await submit_application(permits_db, application_content(kind="import", issuer="FR"), B)
    await transition_by(ActorRole.AUTHORITY, ApplicationStatus.REFUSED)(permits_db, UUID(ids[0]))

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


async def test_transition_with_a_stale_version_is_refused(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db)
    stale = IdempotentCommand(new_id(), b"", now(), condition=VersionCondition(versions=frozenset({7})))
    with pytest.raises(Conflict) as caught:
        await applications.withdraw(permits_db, application_id, A, Withdrawal(), stale)
    assert caught.value.code == "version-stale"


AGENT = party("trader", "DE", "DE1")
FOR_A = RepresentedTrader(party=A.id, name=A.name, country=A.country, numbers=("ZA1234567",))


async def test_application_by_an_agent_has_agent_and_trader_in_its_history(permits_db: AsyncEngine) -> None:
    await store_changed_mandates(permits_db, [mandate_copy(agent=AGENT, trader=A)])
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
        by = [entry["by"] for entry in read["history"] if entry["by"]["role"] == "trader"]
        assert by == [agent, agent, {"party": str(A.id), "role": "trader"}]
    async with permits_db.connect() as conn:
        events = (await conn.execute(text("SELECT audience::json AS audience FROM outbox_events"))).scalars().all()
    agent_of_a = {"agent": str(AGENT.id), "trader": str(A.id)}
    assert all((one["parties"], one["agents"]) == ([str(A.id)], [agent_of_a]) for one in events)


async def test_agent_whose_mandate_ended_reads_its_application_as_submitted(permits_db: AsyncEngine) -> None:
    mandate = mandate_copy(agent=AGENT, trader=A)
    await store_changed_mandates(permits_db, [mandate])
    application_id = await submit_application(permits_db, application_content(trader=str(A.id)), AGENT, FOR_A)
    await store_changed_mandates(permits_db, [mandate.model_copy(update={"active": False, "revision": 2})])
    await applications.grant(permits_db, application_id, officer(), GrantDecision(), command(), sealer=SEALER)
    read = await as_json(applications.read(permits_db, application_id, AGENT, now()))
    assert (read["status"], read["version"], read["permit_id"], read["decided_at"]) == ("submitted", 1, None, None)
    assert [entry["to"] for entry in read["history"]] == ["submitted"]
    listed = await as_json(applications.list_applications(permits_db, AGENT, {}, limit=9, before=None, at=now()))
    assert listed["data"] == []
    async with permits_db.connect() as conn:
        query = text("SELECT type, audience::json AS audience FROM outbox_events WHERE subject LIKE 'application:%'")
        audiences = {row.type: row.audience for row in await conn.execute(query)}
    agents = {event_type: [one["agent"] for one in audience["agents"]] for event_type, audience in audiences.items()}
    assert agents == {"application.submitted": [str(AGENT.id)], "application.granted": []}
    assert all(audience["parties"] == [str(A.id)] for audience in audiences.values())


async def test_application_names_its_trader_by_country_and_key_of_the_identifier(permits_db: AsyncEngine) -> None:
    of_kenya = A.model_copy(update={"country": "KE"})
    with pytest.raises(NotAllowed) as caught:
        await submit_application(permits_db, by=of_kenya)
    assert caught.value.code == "not-your-application"
    in_other_form = application_content().exporter.model_copy(update={"identifier": "za1234567"})
    stated = application_content(importer={"name": "B SARL", "country": "FR"}, exporter=in_other_form.model_dump())
    await submit_application(permits_db, stated)


async def test_application_for_a_trader_without_a_mandate_is_refused(permits_db: AsyncEngine) -> None:
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
