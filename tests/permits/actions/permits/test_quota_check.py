"""The quota check of new permits: no authority issues more than is left of a quota, also concurrently."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.permits import issue, issue_batch, withdraw
from services.permits.actions.reference.load_list import LIST_KINDS, load_in_transaction
from shared.contracts.application import GrantDecision
from shared.contracts.permit import Permit, Revocation
from shared.idempotency import StoredResponse
from shared.problems import Invalid, ProblemError
from tests.days import today
from tests.permits.actions.declarations.test_recheck_reference_data import permit_for_quantity, quota_csv, quota_taken
from tests.permits.actions.permits.test_issue_batch import batch_entry
from tests.permits.reference_files import chunks, load_content, load_order
from tests.permits.sample_applications import application_content, officer, submit_application
from tests.permits.sample_data import AUTHORITY_FR, AUTHORITY_ZA, SEALER, command, issue_permit, line, permit_content
from tests.waiting import wait_for_lock


async def refused_for_quota(act: Any) -> Invalid:
    """Return the error of a call that a quota refuses."""
    with pytest.raises(Invalid) as caught:
        await act
    assert caught.value.code == "quota-exceeded"
    return caught.value


async def test_permit_beyond_a_quota_is_refused_with_the_quantity_left(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    await issue_permit(permits_db, permit_for_quantity("70"))
    error = await refused_for_quota(issue_permit(permits_db, permit_for_quantity("31")))
    assert [fault.pointer for fault in error.faults] == ["/lines/0/quantity"]
    assert "30 number are left" in error.detail and "needs 31" in error.detail
    await issue_permit(permits_db, permit_for_quantity("30"))
    assert "0 number are left" in (await refused_for_quota(issue_permit(permits_db, permit_for_quantity("1")))).detail
    assert await quota_taken(permits_db) == "100"


async def test_permit_lines_in_a_quota_count_together_and_others_do_not_count(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    both = permit_content(line("A", "60"), line("B", "60", source="W"), issued_on=today())
    assert len((await refused_for_quota(issue_permit(permits_db, both))).faults) == 2
    last_year = {"issued_on": today() - timedelta(days=400), "valid_until": today() - timedelta(days=300)}
    for free in (
        permit_for_quantity("999", term="MEA", unit="kg"),
        permit_content(line(quantity="999"), **last_year),
        permit_for_quantity("999", taxon="Crocodylus porosus"),
    ):
        await issue_permit(permits_db, free)
    await issue_permit(permits_db, permit_for_quantity("100"))


async def test_quota_used_by_revoked_or_replaced_permits_is_left_again(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    first = await issue_permit(permits_db, permit_for_quantity("90"))
    await refused_for_quota(
        withdraw.replace(permits_db, first, AUTHORITY_ZA, permit_for_quantity("101"), command(), sealer=SEALER)
    )
    response = await withdraw.replace(
        permits_db, first, AUTHORITY_ZA, permit_for_quantity("100"), command(), sealer=SEALER
    )
    second = UUID(json.loads(response.body)["replaced_by"]["id"])
    await refused_for_quota(issue_permit(permits_db, permit_for_quantity("1")))
    await withdraw.revoke(permits_db, second, AUTHORITY_ZA, Revocation(reason="a mistake"), command())
    await issue_permit(permits_db, permit_for_quantity("100"))


async def test_concurrent_permits_do_not_exceed_a_quota(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")

    async def issue_or_code(permit: Permit) -> str:
        try:
            return str(await issue_permit(permits_db, permit))
        except Invalid as error:
            return error.code

    responses = await asyncio.gather(*(issue_or_code(permit_for_quantity("30")) for _ in range(12)))
    assert sorted(response == "quota-exceeded" for response in responses) == [False] * 3 + [True] * 9
    assert await quota_taken(permits_db) == "90"


async def test_grant_beyond_a_quota_is_refused_and_a_smaller_one_succeeds(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    application_id = await submit_application(permits_db, application_content(line(quantity="120")))
    await refused_for_quota(
        applications.grant(permits_db, application_id, officer(), GrantDecision(), command(), sealer=SEALER)
    )
    less = GrantDecision.model_validate({"lines": [{"line": "A", "quantity": "100"}]})
    assert json.loads(
        (await applications.grant(permits_db, application_id, officer(), less, command(), sealer=SEALER)).body
    )["permit_id"]
    assert await quota_taken(permits_db) == "100"


async def test_batch_beyond_a_quota_issues_the_permits_that_fit_in_order(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    contents = [
        permit_for_quantity("60"),
        permit_for_quantity("60"),
        permit_for_quantity("40"),
        permit_for_quantity("1", term="MEA", unit="kg"),
        permit_for_quantity("1"),
    ]
    responses: list[StoredResponse | ProblemError] = await issue_batch.issue_permits(
        permits_db, AUTHORITY_ZA, [batch_entry(p) for p in contents], sealer=SEALER
    )
    codes = [one.code if isinstance(one, ProblemError) else one.status for one in responses]
    assert codes == [201, "quota-exceeded", 201, 201, "quota-exceeded"]
    assert await quota_taken(permits_db) == "100"


async def test_foreign_permit_beyond_a_quota_is_registered(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(10), "quotas")
    await issue_permit(permits_db, permit_for_quantity("30"), AUTHORITY_FR)
    assert await quota_taken(permits_db) == "30"


async def test_permit_issued_during_a_load_of_quotas_is_counted(permits_db: AsyncEngine) -> None:
    for attempt in range(6):
        await asyncio.gather(
            issue_permit(permits_db, permit_for_quantity("7")),
            load_content(permits_db, quota_csv(1000 + attempt), "quotas"),
            issue_permit(permits_db, permit_for_quantity("5")),
        )
        assert await quota_taken(permits_db) == str(12 * (attempt + 1))


async def test_concurrent_loads_of_quotas_are_complete_and_count_issued_permits(
    permits_db: AsyncEngine,
) -> None:
    for attempt in range(6):
        first, _, second = await asyncio.gather(
            load_content(permits_db, quota_csv(1000 + attempt), "quotas"),
            issue_permit(permits_db, permit_for_quantity("7")),
            load_content(permits_db, quota_csv(2000 + attempt), "quotas"),
        )
        assert abs(first["version"] - second["version"]) == 1
        assert await quota_taken(permits_db) == str(7 * (attempt + 1))


async def test_load_of_quotas_after_a_deadlock_is_retried(
    permits_db: AsyncEngine,
) -> None:
    def both(amount: int) -> str:
        return quota_csv(amount) + quota_csv(amount, taxon_name="Crocodylus porosus").splitlines()[1] + "\n"

    await load_content(permits_db, both(100), "quotas")
    one = "(SELECT {}(id::text)::uuid FROM quotas WHERE country = 'ZA')"
    change = f"UPDATE quotas SET notice_level = notice_level WHERE id = {one}"
    async with permits_db.connect() as rival:
        await rival.execute(text(change.format("max")))
        load = asyncio.create_task(load_content(permits_db, both(200), "quotas"))
        await wait_for_lock(permits_db)
        await rival.execute(text(change.format("min")))
        await rival.commit()
    assert (await load)["changed"] == 2


async def test_load_of_quotas_sent_again_completes_a_failed_count(
    permits_db: AsyncEngine,
) -> None:
    async with permits_db.begin() as conn:
        await load_in_transaction(conn, LIST_KINDS["quotas"], chunks(quota_csv(1000)), load_order())
        await issue_permit(permits_db, permit_for_quantity("7"))
    assert await quota_taken(permits_db) == "0"
    assert (await load_content(permits_db, quota_csv(1000), "quotas"))["unchanged"] == 1
    assert await quota_taken(permits_db) == "7"


async def test_permit_with_a_future_date_of_issue_is_refused(permits_db: AsyncEngine) -> None:
    for days, code in ((2, "issued-in-the-future"), (-3, None)):
        day = today() + timedelta(days=days)
        content = permit_for_quantity("1").model_copy(update={"issued_on": day, "valid_until": day + timedelta(days=9)})
        if code is None:
            await issue_permit(permits_db, content)
            continue
        with pytest.raises(Invalid) as caught:
            await issue.issue(permits_db, AUTHORITY_ZA, content, command(), sealer=SEALER)
        assert caught.value.code == code


async def test_permit_content_against_the_listing_is_checked_on_every_path(permits_db: AsyncEngine) -> None:
    aloe = line(taxon="Aloe ferox", source="C", term="EXT", unit="kg")
    crocs = (line(taxon="Crocodylia spp."), line("B"))
    for lines, code in (((aloe,), "source-not-of-kingdom"), (crocs, "lines-overlap")):
        responses: list[StoredResponse | ProblemError] = await issue_batch.issue_permits(
            permits_db,
            AUTHORITY_ZA,
            [batch_entry(permit_content(*lines)), batch_entry(permit_content())],
            sealer=SEALER,
        )
        assert [one.code if isinstance(one, ProblemError) else one.status for one in responses] == [code, 201]
        for act in (
            issue_permit(permits_db, permit_content(*lines)),
            submit_application(permits_db, application_content(*lines)),
            withdraw.replace(
                permits_db,
                await issue_permit(permits_db, permit_content()),
                AUTHORITY_ZA,
                permit_content(*lines),
                command(),
                sealer=SEALER,
            ),
        ):
            with pytest.raises(Invalid) as caught:
                await act
            assert caught.value.code == code
