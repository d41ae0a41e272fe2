"""The locks of a check, the checks that run in a thread, and the order of a batch."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import check_inputs, lodge_batch, read, transitions, validate
from services.permits.actions.declarations.check_inputs import INLINE_COST
from services.permits.actions.permits import withdraw
from services.permits.domain.checks.cost import maximum_cost
from services.permits.domain.declarations import lodge as domain_lodge
from services.permits.domain.rules.check_limits import STORED_FINDINGS
from services.permits.store import permits
from services.permits.store import tables as t
from shared.contracts.closed_sets import DeclarationStatus, Role
from shared.contracts.declaration import NormalizedDeclaration, Override
from shared.contracts.limits import DOCUMENTS, DOCUMENTS_PER_ITEM, ITEMS, LINES
from shared.contracts.parties import Party
from shared.contracts.permit import Loss, Permit
from shared.database import new_id, now
from shared.problems import Conflict, Unavailable
from tests.permits.declaration_steps import run_command
from tests.permits.internal_client import InternalClient, issue_by_http, lodge_by_http
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    party,
    permit_content,
    submission_message,
)

STRANGER = {"name": "C Ltd", "country": "FR", "identifier": "FR11111111111111"}
WAIT_SECONDS = 30
"""The longest wait for what never happens if the code is wrong."""


def largest_declaration(permit: Permit) -> NormalizedDeclaration:
    """Return a declaration of most items on a permit of most lines, none of which it names."""
    return declaration(*(item(permit, "1", n + 1, document={"use": "part"}) for n in range(ITEMS)))


def permit_of_most_lines(**more: Any) -> Permit:
    """Return the content of a permit with most lines."""
    return permit_content(
        *(line(f"L{n}", "1000", source="RW"[n % 2], description=f"lot {n}") for n in range(LINES)), **more
    )


async def is_locked(db: AsyncEngine, permit_id: UUID) -> bool:
    """Return whether a transaction has locked a permit."""
    async with db.connect() as conn:
        query = select(t.permits.c.id).where(t.permits.c.id == permit_id)
        free = (await conn.execute(query.with_for_update(key_share=True, skip_locked=True))).scalars().all()
        return not free


async def lock_permit(conn: AsyncConnection, permit_id: UUID) -> None:
    """Lock a permit until the end of the transaction, as a decision of its own parties does."""
    await conn.execute(select(t.permits.c.id).where(t.permits.c.id == permit_id).with_for_update(key_share=True))


@contextmanager
def held_check(monkeypatch: pytest.MonkeyPatch, holds: Callable[[Any], bool]) -> Iterator[threading.Event]:
    """Yield an event that is set when one of some checks begins. These checks go on after the block."""
    begun, go_on, check = threading.Event(), threading.Event(), domain_lodge.lodge

    def lodge(received: Any, *more: Any) -> Any:
        if holds(received):
            begun.set()
            assert go_on.wait(WAIT_SECONDS), "the check blocks what would end its wait"
        return check(received, *more)

    monkeypatch.setattr(lodge_batch, "lodge", lodge)
    try:
        yield begun
    finally:
        go_on.set()


async def test_declaration_that_cites_a_locked_permit_of_others_does_not_wait(permits_db: AsyncEngine) -> None:
    others = permit_content(importer=STRANGER)
    permit_id = await issue_permit(permits_db, others)
    async with permits_db.begin() as conn:
        await lock_permit(conn, permit_id)
        async with asyncio.timeout(WAIT_SECONDS):
            found = await lodge_declaration(permits_db, declaration(item(others, "10")))
    assert found["status"] == "rejected"


async def test_large_check_locks_only_permits_of_the_declaring_party_and_lets_other_requests_pass(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, others = permit_of_most_lines(), permit_content(importer=STRANGER)
    own_id, others_id = await issue_permit(permits_db, own), await issue_permit(permits_db, others)
    content = declaration(*(item(own, "1", n) for n in range(1, ITEMS)), item(others, "1", ITEMS))
    assert maximum_cost(content) > INLINE_COST
    with held_check(monkeypatch, lambda received: len(received[0].content.items) == ITEMS) as begun:
        task = asyncio.create_task(lodge_declaration(permits_db, content))
        assert await asyncio.to_thread(begun.wait, WAIT_SECONDS)
        assert (await is_locked(permits_db, own_id), await is_locked(permits_db, others_id)) == (True, False)
        usual = await lodge_declaration(permits_db, declaration(item(others, "1")))
        assert (usual["status"], task.done()) == ("rejected", False)
    assert (await task)["status"] == "rejected"


async def test_declarations_that_lock_their_permits_crosswise_are_both_checked(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction has locked the permit that the other one locks for its second-use alert. PostgreSQL ends one."""
    stranger = Party(
        id=new_id(), name="C Ltd", country="FR", roles=(Role.TRADER,), identifiers={"EORI": "FR11111111111111"}
    )
    own, others = permit_content(), permit_content(importer=STRANGER)
    for permit, importer in ((own, B), (others, stranger)):
        await issue_permit(permits_db, permit)
        first = declaration(item(permit, "1"), importer=permit.importer.model_dump())
        await lodge_declaration(permits_db, first, importer)
    both_locked, checks, check = threading.Barrier(2, timeout=WAIT_SECONDS), [], domain_lodge.lodge

    def lodge(received: Any, *more: Any) -> Any:
        checks.append(received[0].party)
        if len(checks) <= 2:
            both_locked.wait()
        return check(received, *more)

    monkeypatch.setattr(lodge_batch, "lodge", lodge)
    monkeypatch.setattr(check_inputs, "INLINE_COST", 0)
    mine, theirs = item(own, "1"), item(others, "1", 2)
    found = await asyncio.gather(
        lodge_declaration(permits_db, declaration(mine, theirs)),
        lodge_declaration(permits_db, declaration(mine, theirs, importer=STRANGER), stranger),
    )
    assert [one["status"] for one in found] == ["rejected", "rejected"]
    assert len(checks) == 3


async def test_large_check_leaves_the_event_loop_to_other_requests(
    internal_client: InternalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = await issue_by_http(internal_client, *(line(f"L{n}", description=f"lot {n}") for n in range(LINES)))
    with held_check(monkeypatch, lambda received: len(received[0].content.items) == ITEMS) as begun:
        task = asyncio.create_task(lodge_by_http(internal_client, largest_declaration(permit["terms"])))
        assert await asyncio.to_thread(begun.wait, WAIT_SECONDS)
        alive = await internal_client("GET", "/healthz", None)
        found = await internal_client("GET", f"/v1/permits/{permit['id']}", AUTHORITY_ZA)
        assert (alive.status_code, found.status_code, task.done()) == (200, 200, False)
    await task


async def test_large_declaration_of_a_batch_is_put_off_and_checked_alone(permits_db: AsyncEngine) -> None:
    own, large = permit_content(), permit_of_most_lines()
    await issue_permit(permits_db, own)
    await issue_permit(permits_db, large)
    messages = [submission_message(largest_declaration(large)), submission_message(declaration(item(own, "10")))]
    for sent, outcomes in ((messages, ["later", "taken"]), (messages[:1], ["taken"]), (messages, ["later", "taken"])):
        results = await lodge_batch.lodge_declarations(permits_db, sent, now())
        assert [(one.id, one.outcome) for one in results.answers] == [
            (message.id, outcome) for message, outcome in zip(sent, outcomes, strict=True)
        ]
    stored = [await read.read_declaration(permits_db, message.id, B) for message in messages]
    assert [one.status for one in stored] == [DeclarationStatus.REFERRED, DeclarationStatus.REFERRED]


async def test_parts_of_a_batch_are_put_off_when_its_time_is_over(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lodge_batch, "BATCH_SECONDS", -1)
    large = permit_of_most_lines()
    await issue_permit(permits_db, large)
    messages = [submission_message(largest_declaration(large)) for _ in range(2)]
    results = await lodge_batch.lodge_declarations(permits_db, messages, now())
    assert [one.outcome for one in results.answers] == ["taken", "later"]


async def test_validation_that_may_be_large_waits_for_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "SLOT_SECONDS", 0.05)
    slot, large = validate.ValidationSlot(), largest_declaration(permit_of_most_lines())
    async with slot.reserve(large):
        async with slot.reserve(declaration(item(permit_content(), "1"))):
            pass
        with pytest.raises(Unavailable, match="Repeat the request in 5 s"):
            async with slot.reserve(large):
                pass
    async with slot.reserve(large):
        pass


async def test_attempt_to_use_a_permit_of_others_follows_their_latest_event(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = permit_content(importer=STRANGER)
    permit_id = await issue_permit(permits_db, others)
    await endorse_permit(permits_db, permit_id, A="100")
    holder = party("trader", "FR", STRANGER["identifier"])
    used = await lodge_declaration(permits_db, declaration(item(others, "10"), importer=STRANGER), holder)
    assert used["status"] == "accepted"
    announced = list[UUID]()

    async def lose_before_lock(conn: Any, inputs: Any, changes: Any) -> Any:
        announced.extend(change.permit.id for change in changes.permits)
        await withdraw.report_lost(permits_db, permit_id, AUTHORITY_ZA, Loss(), command())
        return await check_inputs.lock_announced(conn, inputs, changes)

    monkeypatch.setattr(lodge_batch, "lock_announced", lose_before_lock)
    assert (await lodge_declaration(permits_db, declaration(item(others, "1"))))["status"] == "rejected"
    assert announced == [permit_id]
    async with permits_db.connect() as conn:
        history = await permits.list_history(conn, permit_id)
        found = (await permits.read_many(conn, [permit_id]))[permit_id]
    assert [row["event"] for row in history][-2:] == ["permit.lost", "permit.second_use_attempted"]
    assert [row["sequence"] for row in history] == list(range(1, len(history) + 1))
    assert (found.sequence, found.status, history[-1]["to_status"]) == (len(history), "lost", "lost")


async def test_declaration_too_large_to_check_is_referred_and_never_dropped(permits_db: AsyncEngine) -> None:
    permits_of_most_lines = [permit_of_most_lines() for _ in range(30)]
    for permit in permits_of_most_lines:
        await issue_permit(permits_db, permit)
    cited = [{"number": permit.number, "issuer": "ZA"} for permit in permits_of_most_lines]
    documents = [(cited * 2)[n % 2 * 10 :][:DOCUMENTS_PER_ITEM] for n in range(DOCUMENTS // DOCUMENTS_PER_ITEM)]
    items = [{**item(permits_of_most_lines[0], "1", n), "documents": mine} for n, mine in enumerate(documents, 1)]
    content = declaration(*items)
    sent = submission_message(content)
    await lodge_batch.lodge_declarations(permits_db, [sent], now())
    found = await read.read_declaration(permits_db, sent.id, B)
    too_large = [finding.rule for finding in found.findings]
    assert (found.status, too_large) == (DeclarationStatus.REFERRED, ["too-large-to-check"])
    verdict = await validate.validate(permits_db, content, B, new_id(), now())
    assert [finding.rule for finding in verdict.findings] == ["too-large-to-check"]
    with pytest.raises(Conflict) as refused:
        override = Override(rule="too-large-to-check", reason="I looked at it.")
        await transitions.override(permits_db, sent.id, CUSTOMS_FR, override, command())
    assert refused.value.code == "not-checked"
    smaller = declaration(item(permits_of_most_lines[0], "1", document={"line": "L0"}), reference=content.reference)
    response = await transitions.amend(permits_db, sent.id, B, smaller, command())
    assert "too-large-to-check" not in response.body
    again = await transitions.amend(permits_db, sent.id, B, content, command())
    assert "too-large-to-check" in again.body


async def test_declaration_with_more_findings_than_are_stored_is_never_accepted(permits_db: AsyncEngine) -> None:
    permit = permit_content(*(line(f"L{n}", "1000", description=f"lot {n}") for n in range(LINES)))
    await endorse_permit(
        permits_db, await issue_permit(permits_db, permit), by=CUSTOMS_ZA, **{f"L{n}": "1000" for n in range(LINES)}
    )
    numbers = range(1, STORED_FINDINGS + 11)
    stated = declaration(
        *(item(permit, "1", n, purpose="Z", document={"line": f"L{n % LINES}", "use": "part"}) for n in numbers),
        transport_document="MAEU-1",
    )
    found = await lodge_declaration(permits_db, stated)
    assert (found["status"], found["findings"][-1]["rule"]) == ("referred", "findings-omitted")
    assert len(found["findings"]) == STORED_FINDINGS + 1
    page = await read.list_declarations(permits_db, B, {}, limit=1, before=None)
    [row] = json.loads(page.body)["data"]
    assert row["findings_omitted"] == found["findings_omitted"] > 0
    for rule in sorted({one["rule"] for one in found["findings"] if one["severity"] != "note"} - {"findings-omitted"}):
        found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, Override(rule=rule, reason="ok"))
    assert found["status"] == "referred"
    with pytest.raises(Conflict) as refused:
        await transitions.override(
            permits_db, UUID(found["id"]), CUSTOMS_FR, Override(rule="findings-omitted", reason="ok"), command()
        )
    assert refused.value.code == "not-checked"


async def test_submission_with_more_documents_than_are_allowed_now_is_referred_with_its_content(
    permits_db: AsyncEngine,
) -> None:
    sent = submission_message(declaration(item(permit_content(), "1")))
    cited = [{"number": f"ZA-{n}", "issuer": "ZA"} for n in range(20)]
    items = [{**item(permit_content(), "1", n), "documents": cited} for n in range(1, DOCUMENTS // 20 + 2)]
    before = sent.model_copy(update={"declaration": {**sent.declaration, "items": items}})
    await lodge_batch.lodge_declarations(permits_db, [before], now())
    found = await read.read_declaration(permits_db, sent.id, B)
    assert (found.status, len(found.items)) == (DeclarationStatus.REJECTED, len(items))
