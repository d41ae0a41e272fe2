"""A quota is scarce: no authority issues more than is left of it, however many issue at once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
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
from tests.permits.actions.declarations.test_recheck_reference_data import permit_for_quantity, quota_csv, quota_taken
from tests.permits.actions.permits.test_issue_batch import batch_entry as asked_in_a_batch
from tests.permits.reference_files import chunks, load_content
from tests.permits.sample_applications import application_content, officer, submit_application
from tests.permits.sample_data import AUTHORITY_FR, AUTHORITY_ZA, TODAY, command, issue_permit, line, permit_content


async def refused(act: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        await act
    assert caught.value.code == "quota-exceeded"
    return caught.value


async def test_more_than_is_left_of_a_quota_is_not_issued_and_what_is_left_is_said(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    await issue_permit(permits_db, permit_for_quantity("70"))
    no = await refused(issue_permit(permits_db, permit_for_quantity("31")))
    assert [fault.pointer for fault in no.faults] == ["/lines/0/quantity"]
    assert "30 number are left" in no.detail and "would take 31" in no.detail
    await issue_permit(permits_db, permit_for_quantity("30"))
    assert "0 number are left" in (await refused(issue_permit(permits_db, permit_for_quantity("1")))).detail
    assert await quota_taken(permits_db) == "100"


async def test_lines_count_together_and_those_outside_the_quota_not_at_all(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    both = permit_content(line("A", "60"), line("B", "60", source="W"), issued_on=TODAY)
    assert len((await refused(issue_permit(permits_db, both))).faults) == 2
    last_year = {"issued_on": TODAY - timedelta(days=400), "valid_until": TODAY - timedelta(days=300)}
    for free in (
        permit_for_quantity("999", term="MEA", unit="kg"),
        permit_content(line(quantity="999"), **last_year),
        permit_for_quantity("999", taxon="Crocodylus porosus"),
    ):
        await issue_permit(permits_db, free)
    await issue_permit(permits_db, permit_for_quantity("100"))


async def test_what_was_revoked_or_is_replaced_is_left_again(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    first = await issue_permit(permits_db, permit_for_quantity("90"))
    await refused(withdraw.replace(permits_db, first, AUTHORITY_ZA, permit_for_quantity("101"), command()))
    kept = await withdraw.replace(permits_db, first, AUTHORITY_ZA, permit_for_quantity("100"), command())
    second = UUID(json.loads(kept.body)["replaced_by"]["id"])
    await refused(issue_permit(permits_db, permit_for_quantity("1")))
    await withdraw.revoke(permits_db, second, AUTHORITY_ZA, Revocation(reason="a mistake"), command())
    await issue_permit(permits_db, permit_for_quantity("100"))


async def test_no_two_issuers_take_the_last_of_a_quota(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")

    async def tries(permit: Permit) -> str:
        try:
            return str(await issue_permit(permits_db, permit))
        except Invalid as no:
            return no.code

    responses = await asyncio.gather(*(tries(permit_for_quantity("30")) for _ in range(12)))
    assert sorted(response == "quota-exceeded" for response in responses) == [False] * 3 + [True] * 9
    assert await quota_taken(permits_db) == "90"


async def test_a_grant_takes_no_more_than_is_left_and_less_may_be_granted(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    application_id = await submit_application(permits_db, application_content(line(quantity="120")))
    await refused(applications.grant(permits_db, application_id, officer(), GrantDecision(), command()))
    less = GrantDecision.model_validate({"lines": [{"line": "A", "quantity": "100"}]})
    assert json.loads((await applications.grant(permits_db, application_id, officer(), less, command())).body)[
        "permit_id"
    ]
    assert await quota_taken(permits_db) == "100"


async def test_of_a_batch_those_that_fit_are_issued_in_their_order(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(100), "quotas")
    papers = [
        permit_for_quantity("60"),
        permit_for_quantity("60"),
        permit_for_quantity("40"),
        permit_for_quantity("1", term="MEA", unit="kg"),
        permit_for_quantity("1"),
    ]
    responses: list[StoredResponse | ProblemError] = await issue_batch.issue_permits(
        permits_db, AUTHORITY_ZA, [asked_in_a_batch(p) for p in papers]
    )
    codes = [one.code if isinstance(one, ProblemError) else one.status for one in responses]
    assert codes == [201, "quota-exceeded", 201, 201, "quota-exceeded"]
    assert await quota_taken(permits_db) == "100"


async def test_a_permit_of_elsewhere_is_registered_whatever_is_left(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, quota_csv(10), "quotas")
    await issue_permit(permits_db, permit_for_quantity("30"), AUTHORITY_FR)
    assert await quota_taken(permits_db) == "30"


async def test_of_a_permit_and_a_quota_that_come_at_once_one_sees_the_other(permits_db: AsyncEngine) -> None:
    for attempt in range(6):
        await asyncio.gather(
            issue_permit(permits_db, permit_for_quantity("7")),
            load_content(permits_db, quota_csv(1000 + attempt), "quotas"),
            issue_permit(permits_db, permit_for_quantity("5")),
        )
        assert await quota_taken(permits_db) == str(12 * (attempt + 1))


async def test_of_quotas_that_are_loaded_at_once_each_is_loaded_whole_and_counts_what_is_issued(
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


async def test_a_load_of_quotas_that_meets_an_officer_crosswise_is_done_again_by_itself(
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
        await asyncio.sleep(0.3)
        await rival.execute(text(change.format("min")))
        await rival.commit()
    assert (await load)["changed"] == 2


async def test_what_failed_after_a_load_of_quotas_is_made_up_for_when_it_is_sent_again(
    permits_db: AsyncEngine,
) -> None:
    async with permits_db.begin() as conn:
        await load_in_transaction(
            conn, LIST_KINDS["quotas"], chunks(quota_csv(1000)), TODAY, datetime.now(UTC), UUID(int=7)
        )
        await issue_permit(permits_db, permit_for_quantity("7"))
    assert await quota_taken(permits_db) == "0"
    assert (await load_content(permits_db, quota_csv(1000), "quotas"))["unchanged"] == 1
    assert await quota_taken(permits_db) == "7"


async def test_a_paper_of_a_day_that_has_not_come_where_its_issuer_is_is_not_issued(permits_db: AsyncEngine) -> None:
    for days, code in ((2, "issued-in-the-future"), (-3, None)):
        day = TODAY + timedelta(days=days)
        paper = permit_for_quantity("1").model_copy(update={"issued_on": day, "valid_until": day + timedelta(days=9)})
        if code is None:
            await issue_permit(permits_db, paper)
            continue
        with pytest.raises(Invalid) as caught:
            await issue.issue(permits_db, AUTHORITY_ZA, paper, command())
        assert caught.value.code == code


async def test_what_the_listing_knows_of_a_taxon_is_asked_of_every_new_paper(permits_db: AsyncEngine) -> None:
    aloe = line(taxon="Aloe ferox", source="C", term="EXT", unit="kg")
    crocs = (line(taxon="Crocodylia spp."), line("B"))
    for lines, code in (((aloe,), "source-not-of-kingdom"), (crocs, "lines-overlap")):
        responses: list[StoredResponse | ProblemError] = await issue_batch.issue_permits(
            permits_db, AUTHORITY_ZA, [asked_in_a_batch(permit_content(*lines)), asked_in_a_batch(permit_content())]
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
            ),
        ):
            with pytest.raises(Invalid) as caught:
                await act
            assert caught.value.code == code
