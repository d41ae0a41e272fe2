"""The number of a trader's open applications is limited, and so are acts that can be repeated without end."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.domain import applications as domain_applications
from shared.contracts.application import Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import Recommendation
from shared.problems import Conflict
from tests.permits.sample_applications import officer, submit_application
from tests.permits.sample_data import SEALER, A, command


async def test_open_applications_beyond_the_limit_are_refused_with_many_requests_at_once(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "MAX_OPEN_APPLICATIONS", 3)
    results = await asyncio.gather(*(submit_application(permits_db) for _ in range(8)), return_exceptions=True)
    refused = [one for one in results if isinstance(one, Conflict)]
    submitted = [one for one in results if not isinstance(one, BaseException)]
    assert (len(submitted), len(refused)) == (3, 5)
    assert {one.code for one in refused} == {"too-many-applications"}
    await applications.query(permits_db, submitted[0], officer(), Question(message="why?"), command())
    with pytest.raises(Conflict):
        await submit_application(permits_db)  # a queried application is open too
    await applications.withdraw(permits_db, submitted[0], A, Withdrawal(), command())
    await submit_application(permits_db)


async def test_count_of_open_applications_uses_its_index(permits_db: AsyncEngine) -> None:
    async with permits_db.begin() as conn:
        await conn.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            (
                await conn.execute(
                    text(
                        "EXPLAIN SELECT count(*) FROM applications WHERE trader_id = gen_random_uuid() "
                        "AND status IN ('submitted', 'queried')"
                    )
                )
            ).scalars()
        )
    assert "applications_open" in plan


async def test_application_with_a_full_history_can_only_be_decided(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_applications, "MAX_HISTORY", 3)
    application_id = await submit_application(permits_db)
    question, note = Question(message="why?"), Assessment(recommendation=Recommendation.GRANT)
    await applications.query(permits_db, application_id, officer(), question, command())
    await applications.reply(permits_db, application_id, A, Reply(message="so"), command())
    with pytest.raises(Conflict) as refused:
        await applications.query(permits_db, application_id, officer(), question, command())
    assert refused.value.code == "history-full"
    with pytest.raises(Conflict) as refused:
        await applications.assess(permits_db, application_id, officer(), note, command())
    assert refused.value.code == "history-full"
    await applications.grant(permits_db, application_id, officer(), GrantDecision(), command(), sealer=SEALER)
