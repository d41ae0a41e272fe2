"""Change sets: rows, history, ledger and outbox together or not at all, once per message, without an overdrawn line."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions.declarations import lodge_batch, read, transitions
from services.permits.actions.permits import endorse, issue, withdraw
from services.permits.domain.declarations.lodge import lodge
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange
from services.permits.store.change_sets import save_change_set
from shared.contracts.closed_sets import ActorRole
from shared.contracts.declaration import Cancellation, Override, Refusal, Release
from shared.contracts.parties import Actor
from shared.contracts.permit import Endorsement, Revocation
from shared.database import new_id
from shared.problems import Conflict, ProblemError
from tests.concurrency import run_concurrently
from tests.permits.declaration_steps import check_balances
from tests.permits.rule_scenarios import APPENDIX_II, PERMIT, received_declaration
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    SEALER,
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
    submission_message,
)
from tests.permits.view_json import as_json

TABLES = ("declarations", "declaration_history", "permit_history", "ledger", "outbox_events", "citations", "commands")


async def count_rows(db: AsyncEngine) -> dict[str, int]:
    """Return the number of rows of each table."""
    async with db.connect() as conn:
        return {t: int((await conn.execute(text(f"SELECT count(*) FROM {t}"))).scalar_one()) for t in TABLES}


async def break_table(server: Server, db: AsyncEngine, table: str) -> None:
    """Create a trigger that makes every insert into a table fail."""
    admin = await server.connect_as_superuser(str(db.url.database))
    await admin.execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken on purpose'; END $$"
    )
    await admin.execute(f"CREATE TRIGGER broken BEFORE INSERT ON {table} EXECUTE FUNCTION broken()")
    await admin.close()


@pytest.mark.parametrize("table", ["declaration_history", "outbox_events", "ledger"])
async def test_change_set_with_a_failing_insert_stores_nothing(
    permits_db: AsyncEngine, server: Server, table: str
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    other = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, other), A="118")
    before, held = await count_rows(permits_db), await balance(permits_db, permit_id)
    await break_table(server, permits_db, table)
    with pytest.raises(DBAPIError):
        await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    with pytest.raises(DBAPIError):
        await lodge_batch.lodge_declarations(
            permits_db, [submission_message(declaration(item(other, "1")))], datetime.now(UTC)
        )
    assert (await count_rows(permits_db), await balance(permits_db, permit_id)) == (before, held)
    assert (await as_json(read.read_declaration(permits_db, UUID(found["id"]), B)))["status"] == "accepted"


async def test_events_of_a_subject_have_history_and_outbox_rows_without_gaps(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lodge_declaration(permits_db, declaration(item(permit, "30")))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    async with permits_db.connect() as conn:
        query = "SELECT subject, array_agg(sequence ORDER BY sequence) AS numbers FROM outbox_events GROUP BY subject"
        events = {row.subject: row.numbers for row in await conn.execute(text(query))}
        query = """
            SELECT 'declaration:' || declaration_id AS subject, array_agg(sequence ORDER BY sequence) AS numbers
            FROM declaration_history GROUP BY 1 UNION ALL
            SELECT 'permit:' || permit_id, array_agg(sequence ORDER BY sequence) FROM permit_history GROUP BY 1"""
        history = {row.subject: row.numbers for row in await conn.execute(text(query))}
    assert events == history
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in events.values())


async def test_messages_sent_twice_and_concurrently_have_one_effect(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    messages = [
        submission_message(declaration(item(permit, "100"))),
        submission_message(declaration(item(permit_content(), "1"))),
    ]
    at = datetime.now(UTC)
    responses = await asyncio.gather(*(lodge_batch.lodge_declarations(permits_db, messages, at) for _ in range(8)))
    assert all(response.outcome == "taken" for one in responses for response in one.answers)
    rows = await count_rows(permits_db)
    assert (rows["declarations"], rows["declaration_history"]) == (2, 4)
    assert (await balance(permits_db, permit_id))["reserved"] == "100"


async def test_batch_with_a_rejected_declaration_accepts_the_others(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    good, bad = (
        submission_message(declaration(item(permit, "100"))),
        submission_message(declaration(item(permit_content(), "1"))),
    )
    await lodge_batch.lodge_declarations(permits_db, [bad, good], datetime.now(UTC))
    assert (await as_json(read.read_declaration(permits_db, good.id, B)))["status"] == "accepted"
    assert (await as_json(read.read_declaration(permits_db, bad.id, B)))["status"] == "rejected"


async def test_declaration_that_could_not_be_checked_is_referred(
    permits_db: AsyncEngine,
) -> None:
    sent = submission_message(declaration(item(permit_content(), "1"))).model_copy(
        update={"unverified": "the check broke five times"}
    )
    await lodge_batch.lodge_declarations(permits_db, [sent], datetime.now(UTC))
    found = await as_json(read.read_declaration(permits_db, sent.id, B))
    assert (found["status"], [f["rule"] for f in found["findings"]]) == ("referred", ["unverified"])


@pytest.mark.parametrize(("spoil", "reads"), [
    ({"colour": "red"}, {"reference": "kept", "items": 1}),
    ({"movement": "sideways"}, {"movement": "import"}),
    ({"items": "none"}, {"items": 1}),
    ({"reference": None, "exporter": 7, "import_country": "QQ", "items": "?"}, {"import_country": "FR"}),
])  # fmt: skip
async def test_submission_that_cannot_be_parsed_is_referred_and_others_are_accepted(
    permits_db: AsyncEngine, spoil: dict[str, Any], reads: dict[str, Any]
) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    good, bad = (
        submission_message(declaration(item(permit, "100"))),
        submission_message(declaration(item(permit_content(), "1"))),
    )
    bad = bad.model_copy(update={"declaration": {**bad.declaration, **spoil}})
    for _ in range(2):
        responses = await lodge_batch.lodge_declarations(permits_db, [bad, good], datetime.now(UTC))
        assert [one.outcome for one in responses.answers] == ["taken", "taken"]
    assert (await as_json(read.read_declaration(permits_db, good.id, B)))["status"] == "accepted"
    found = await as_json(read.read_declaration(permits_db, bad.id, B))
    assert (found["status"], [f["rule"] for f in found["findings"]]) == ("referred", ["unverified"])
    place = "/" + sorted(spoil)[0]
    assert place in found["findings"][0]["found"]
    assert all(found[name] == value for name, value in reads.items() if isinstance(value, str) and value != "kept")
    with pytest.raises(Conflict):
        over = Override(rule="unverified", reason="x")
        await transitions.override(permits_db, bad.id, CUSTOMS_FR, over, command())


async def test_concurrent_declarations_for_the_last_units_do_not_exceed_them(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(quantity="500"))
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "10"}], "transport_document": "MAEU-1"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    messages = [
        submission_message(declaration(item(permit, "1", **part), transport_document="MAEU-1")) for _ in range(100)
    ]
    at = datetime.now(UTC)
    await run_concurrently(lodge_batch.lodge_declarations(permits_db, [one], at) for one in messages)
    found = [await as_json(read.read_declaration(permits_db, one.id, B)) for one in messages]
    statuses = [one["status"] for one in found]
    assert (statuses.count("accepted"), statuses.count("rejected")) == (10, 90)
    assert (await balance(permits_db, permit_id))["reserved"] == "10"
    await check_balances(permits_db)


async def test_database_refuses_an_overdrawn_line(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    for change in ("import_reserved = 119", "export_reserved = 3", "import_consumed = -1", "endorsed = 121"):
        with pytest.raises(DBAPIError, match="check constraint"):
            async with permits_db.begin() as conn:
                await conn.execute(text(f"UPDATE permit_lines SET {change} WHERE permit_id = :id"), {"id": permit_id})


async def test_history_and_ledger_are_not_changed_by_the_runner_role(permits_db: AsyncEngine) -> None:
    await issue_permit(permits_db, permit_content())
    for statement in ("UPDATE ledger SET quantity = 1", "DELETE FROM ledger", "DELETE FROM permit_history",
                      "UPDATE declaration_history SET reason = 'x'"):  # fmt: skip
        with pytest.raises(DBAPIError, match="permission denied"):
            async with permits_db.begin() as conn:
                await conn.execute(text(statement))


async def test_transactions_with_permits_in_opposite_order_do_not_deadlock(permits_db: AsyncEngine) -> None:
    one, other = permit_content(line(quantity="1000")), permit_content(line(quantity="1000"))
    ids = [await issue_permit(permits_db, one), await issue_permit(permits_db, other)]
    at = datetime.now(UTC)
    part: dict[str, Any] = {"document": {"use": "part"}}

    def message_citing(first: Any, second: Any) -> Any:
        return submission_message(declaration(item(first, "1", **part), item(second, "1", 2, **part)))

    messages = [message_citing(one, other) if n % 2 else message_citing(other, one) for n in range(40)]
    await run_concurrently(lodge_batch.lodge_declarations(permits_db, [sent], at) for sent in messages)

    async def decide(n: int, declaration_id: UUID) -> None:
        try:
            match n % 3:
                case 0:
                    await transitions.cancel(permits_db, declaration_id, B, Cancellation(), command())
                case 1:
                    await transitions.refuse(permits_db, declaration_id, CUSTOMS_FR, Refusal(reason="x"), command())
                case _:
                    await lodge_batch.lodge_declarations(permits_db, [message_citing(other, one)], at)
        except ProblemError as error:
            assert error.code == "invalid-transition"

    revoked = withdraw.revoke(permits_db, ids[1], AUTHORITY_ZA, Revocation(reason="x"), command())
    await asyncio.gather(*(decide(n, sent.id) for n, sent in enumerate(messages)), revoked)
    async with permits_db.connect() as conn:
        deadlocks = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert (await conn.execute(deadlocks)).scalar_one() == 0
    await check_balances(permits_db)


async def test_issue_commands_with_one_id_issue_one_permit(permits_db: AsyncEngine) -> None:
    permit, name = permit_content(), new_id()
    responses = await run_concurrently(
        issue.issue(permits_db, AUTHORITY_ZA, permit, command(name), sealer=SEALER) for _ in range(50)
    )
    assert len({one.body for one in responses}) == 1
    assert [one.replayed for one in responses].count(False) == 1
    assert json.loads(responses[0].body)["number"] == permit.number


async def test_concurrent_amendments_and_releases_on_the_same_lines_do_not_deadlock(
    permits_db: AsyncEngine,
) -> None:
    meat: dict[str, Any] = {"term": "MEA", "unit": "kg"}
    permits = [permit_content(line(quantity="1000"), line("B", "1000", **meat)) for _ in range(3)]
    ids = [await issue_permit(permits_db, permit) for permit in permits]
    for declaration_id in ids:
        box_14 = {"lines": [{"line": n, "quantity": "600"} for n in "AB"], "transport_document": "M"}
        await endorse.endorse(permits_db, declaration_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    part: dict[str, Any] = {"use": "part"}

    def stated(n: int, quantity: str, **more: Any) -> Any:
        cited = [
            item(
                permits[(n + k) % 3], quantity, k + 1, document={**part, "line": "AB"[k % 2]}, **(meat if k % 2 else {})
            )
            for k in range(3)
        ]
        return declaration(*(cited if n % 2 else cited[::-1]), transport_document="M", **more)

    messages = [submission_message(stated(n, "5")) for n in range(50)]
    await lodge_batch.lodge_declarations(permits_db, messages, datetime.now(UTC))

    async def done_or_code(act: Any) -> str:
        try:
            await act
        except ProblemError as error:
            return error.code
        return "done"

    def amend_and_release(n: int, sent: Any) -> list[Any]:
        again = stated(n + 1, "7", reference=sent.declaration["reference"])
        release = transitions.release(permits_db, sent.id, CUSTOMS_FR, Release(), command())
        return [transitions.amend(permits_db, sent.id, B, again, command()), release]

    outcomes = await run_concurrently(
        done_or_code(act) for n, sent in enumerate(messages) for act in amend_and_release(n, sent)
    )
    assert set(outcomes) <= {"done", "invalid-transition"}
    assert outcomes[1::2] == ["done"] * 50, "each declaration is released, with or without the amendment"
    async with permits_db.connect() as conn:
        deadlocks = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert (await conn.execute(deadlocks)).scalar_one() == 0
    for declaration_id in ids:
        for name in "AB":
            assert (await balance(permits_db, declaration_id, name))["reserved"] == "0"
    await check_balances(permits_db)


async def test_change_set_with_a_gap_in_the_sequence_stores_nothing(permits_db: AsyncEngine) -> None:
    actor = Actor(party=None, role=ActorRole.RULES, at=datetime.now(UTC))
    changes = lodge([received_declaration(PERMIT)], [PERMIT], actor, APPENDIX_II)
    [change] = changes.declarations
    first, second = change.events
    late = replace(second, data=second.data.model_copy(update={"sequence": 3}))
    uncited = replace(change.declaration, citations=())
    changes = ChangeSet(declarations=(DeclarationChange(declaration=uncited, events=(first, late)),))
    with pytest.raises(ValueError, match="do not follow 0"):
        async with permits_db.begin() as conn:
            await save_change_set(conn, changes)
    assert not any((await count_rows(permits_db)).values())
