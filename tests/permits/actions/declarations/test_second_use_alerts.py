"""Alerts about second uses over time: the first at once, and a later one that counts the attempts in between."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, second_use_alerts, transitions
from services.permits.actions.declarations.second_use_alerts import send_held_alerts
from services.permits.actions.metrics import collect_metrics
from services.permits.actions.parties import store_changed_mandates
from services.permits.domain.declarations.second_use_alerts import (
    FIRST_WINDOW_SECONDS,
    HELD_ATTEMPTS,
    LONGEST_WINDOW_SECONDS,
    held_alerts,
)
from shared.contracts.declaration import Override
from shared.contracts.parties import RepresentedTrader
from shared.contracts.permit import Permit
from shared.database import now
from tests.event_catalogue_check import outbox_event_faults
from tests.permits.declaration_steps import build_model, run_command
from tests.permits.sample_data import (
    CUSTOMS_FR,
    OTHER_TRADER,
    A,
    B,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    mandate_copy,
    party,
    permit_content,
    submission_message,
)
from tests.waiting import wait_for_lock

STRANGER = {"importer": {"name": "B SARL", "country": "FR", "identifier": "FR00000000000000"}}
AGENT = party("trader", "DE", "DE1")


async def use_permit(db: AsyncEngine, **more: Any) -> tuple[UUID, Permit]:
    """Issue and endorse a permit, and use a part of its line A by a first declaration."""
    permit = permit_content(**more)
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118")
    assert (await lodge_declaration(db, declaration(item(permit, "100"))))["status"] == "accepted"
    return permit_id, permit


async def attempt(db: AsyncEngine, permit: Permit, times: int = 1) -> list[str]:
    """Lodge declarations of a stranger one after another. Return their ids."""
    stated = [declaration(item(permit, str(number + 1)), **STRANGER) for number in range(times)]
    return [(await lodge_declaration(db, one, OTHER_TRADER))["id"] for one in stated]


async def list_alerts(db: AsyncEngine) -> list[dict[str, Any]]:
    """Return the data of all alerts in the outbox, each with its audience."""
    query = text(
        "SELECT data, audience FROM outbox_events WHERE type = 'permit.second_use_attempted' ORDER BY at, sequence"
    )
    async with db.connect() as conn:
        return [{**json.loads(row.data), "audience": json.loads(row.audience)} for row in await conn.execute(query)]


async def count_attempts(db: AsyncEngine) -> list[int]:
    """Return the number of attempts of each alert."""
    return [alert["attempt_count"] for alert in await list_alerts(db)]


async def move_windows(db: AsyncEngine, *, seconds: int) -> None:
    """Move the begin of all windows into the past, or by negative seconds into the future."""
    query = text("UPDATE second_use_alerts SET window_began_at = clock_timestamp() - make_interval(secs => :seconds)")
    async with db.begin() as conn:
        await conn.execute(query, {"seconds": seconds})


async def list_windows(db: AsyncEngine) -> list[tuple[int, int]]:
    """Return the seconds and the held attempts of each window."""
    async with db.connect() as conn:
        rows = await conn.execute(text("SELECT window_seconds, held_count FROM second_use_alerts ORDER BY line"))
        return [(row.window_seconds, row.held_count) for row in rows]


async def test_attempts_one_after_another_are_one_alert_at_once_and_one_later_with_their_count(
    permits_db: AsyncEngine,
) -> None:
    permit_id, permit = await use_permit(permits_db)
    ids = await attempt(permits_db, permit, HELD_ATTEMPTS + 6)
    await send_held_alerts(permits_db, now())
    [first] = await list_alerts(permits_db)
    assert (first["declaration_id"], first["attempt_count"]) == (ids[0], 1)
    assert first["first_attempt_at"] == first["last_attempt_at"]
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    await send_held_alerts(permits_db, now())
    await send_held_alerts(permits_db, now())
    [_, second] = await list_alerts(permits_db)
    assert (second["permit_id"], second["attempt_count"], second["attempts_omitted"]) == (
        str(permit_id),
        HELD_ATTEMPTS + 5,
        5,
    )
    assert [one["declaration_id"] for one in second["attempts"]] == ids[-HELD_ATTEMPTS:]
    assert (second["declaration_id"], second["reference"]) == (ids[6], second["attempts"][0]["reference"])
    asked = [one["asked"] for one in second["attempts"]]
    assert asked == [str(number + 1) for number in range(6, HELD_ATTEMPTS + 6)]
    assert first["last_attempt_at"] < second["first_attempt_at"] < second["attempts"][0]["at"]
    assert second["last_attempt_at"] == second["attempts"][-1]["at"]
    assert second["sequence"] == first["sequence"] + 1
    assert await outbox_event_faults(permits_db) == []


async def test_attempts_at_the_same_moment_are_all_counted_and_alerted_once_at_once(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await asyncio.gather(*(attempt(permits_db, permit) for _ in range(6)))
    assert await count_attempts(permits_db) == [1]
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    more = (attempt(permits_db, permit) for _ in range(4))
    await asyncio.gather(*more, *(send_held_alerts(permits_db, now()) for _ in range(3)))
    await move_windows(permits_db, seconds=2 * FIRST_WINDOW_SECONDS)
    await send_held_alerts(permits_db, now())
    counts = await count_attempts(permits_db)
    assert (sum(counts), len(counts) <= 3) == (10, True)


async def test_batch_in_a_window_is_held_and_its_first_alert_leaves_it_out(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "50", source="W"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118", B="50")
    on_a, on_b = {"document": {"line": "A"}}, {"document": {"line": "B"}, "source": "W"}
    both = declaration(item(permit, "100", 1, **on_a), item(permit, "5", 2, **on_b))
    assert (await lodge_declaration(permits_db, both))["status"] == "accepted"
    await lodge_declaration(permits_db, declaration(item(permit, "1", **on_a)))
    messages = [submission_message(declaration(item(permit, str(n), **on_a))) for n in (2, 3)]
    messages += [submission_message(declaration(item(permit, "4", **on_b)))]
    await lodge_batch.lodge_declarations(permits_db, messages, now())
    alerts = await list_alerts(permits_db)
    assert [[one["line"] for one in alert["attempts"]] for alert in alerts] == [["A"], ["B"]]
    assert (alerts[1]["declaration_id"], alerts[1]["attempt_count"]) == (str(messages[2].id), 1)
    assert await list_windows(permits_db) == [(FIRST_WINDOW_SECONDS, 2), (FIRST_WINDOW_SECONDS, 0)]


async def test_attempt_of_another_trader_or_movement_is_alerted_at_once(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lodge_declaration(permits_db, declaration(item(permit, "100"), movement="export"), A)
    await attempt(permits_db, permit, 2)
    await lodge_declaration(permits_db, declaration(item(permit, "7")))
    leaving = declaration(item(permit, "8"), movement="export", exporter=STRANGER["importer"])
    await lodge_declaration(permits_db, leaving, OTHER_TRADER)
    alerts = await list_alerts(permits_db)
    assert [(one["attempts"][0]["asked"], one["movement"]) for one in alerts] == [
        ("1", "import"),
        ("7", "import"),
        ("8", "export"),
    ]


async def test_officer_s_check_is_alerted_at_once_within_a_window(permits_db: AsyncEngine) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR"})
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    confirm = build_model(Override, rule="CITES-box-3-4-own-party", reason="compared with the passport")
    found = [await lodge_declaration(permits_db, declaration(item(permit, number))) for number in ("100", "1", "2")]
    for one in found:
        await run_command(permits_db, transitions.override, one, CUSTOMS_FR, confirm)
    assert await count_attempts(permits_db) == [1, 1]
    assert await list_windows(permits_db) == []


async def test_window_doubles_while_attempts_go_on_and_starts_over_after_a_quiet_one(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await attempt(permits_db, permit)
    found = []
    for _ in range(6):
        await attempt(permits_db, permit)
        await move_windows(permits_db, seconds=LONGEST_WINDOW_SECONDS)
        await send_held_alerts(permits_db, now())
        found += await list_windows(permits_db)
    hours = [(seconds // 3600, held) for seconds, held in found]
    assert hours == [(2, 0), (4, 0), (8, 0), (16, 0), (24, 0), (24, 0)]
    await move_windows(permits_db, seconds=LONGEST_WINDOW_SECONDS)
    await attempt(permits_db, permit)
    assert await count_attempts(permits_db) == [1] * 8
    assert await list_windows(permits_db) == [(FIRST_WINDOW_SECONDS, 0)]
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    await send_held_alerts(permits_db, now())
    assert await list_windows(permits_db) == []


async def test_attempt_waits_for_the_held_ones_when_their_alert_is_late(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await attempt(permits_db, permit, 2)
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    await attempt(permits_db, permit)
    await send_held_alerts(permits_db, now())
    assert await count_attempts(permits_db) == [1, 2]


async def test_window_from_a_clock_that_was_ahead_ends_at_once(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await attempt(permits_db, permit, 2)
    await move_windows(permits_db, seconds=-30 * 86_400)
    await send_held_alerts(permits_db, now())
    assert await count_attempts(permits_db) == [1, 1]


async def test_held_attempts_survive_a_job_that_dies(permits_db: AsyncEngine) -> None:
    permit_id, permit = await use_permit(permits_db)
    await attempt(permits_db, permit, 3)
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    async with permits_db.begin() as conn:
        await conn.execute(text("SELECT 1 FROM permits WHERE id = :id FOR UPDATE"), {"id": permit_id})
        job = asyncio.create_task(send_held_alerts(permits_db, now()))
        await wait_for_lock(permits_db)
        job.cancel()
        await asyncio.wait([job])
    assert (await count_attempts(permits_db), await list_windows(permits_db)) == ([1], [(FIRST_WINDOW_SECONDS, 2)])
    await send_held_alerts(permits_db, now())
    assert await count_attempts(permits_db) == [1, 2]


async def test_held_attempts_survive_an_alert_that_cannot_be_written(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (broken, permit), (_, other) = await use_permit(permits_db), await use_permit(permits_db)
    for one in (permit, other):
        await attempt(permits_db, one, 2)
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)

    def fail_for_one(permit_record: Any, *more: Any) -> Any:
        if permit_record.id == broken:
            raise ValueError("a fault")
        return held_alerts(permit_record, *more)

    with monkeypatch.context() as patched:
        patched.setattr(second_use_alerts, "held_alerts", fail_for_one)
        await send_held_alerts(permits_db, now())
    assert len(await list_alerts(permits_db)) == 3
    await send_held_alerts(permits_db, now())
    assert len(await list_alerts(permits_db)) == 4


@pytest.mark.parametrize("is_mandate_valid", [True, False])
async def test_held_alert_reaches_the_named_trader_and_its_agent_under_a_valid_mandate(
    permits_db: AsyncEngine, is_mandate_valid: bool
) -> None:
    _, permit = await use_permit(permits_db)
    mandate = mandate_copy(agent=AGENT, trader=B).model_copy(update={"active": is_mandate_valid})
    await store_changed_mandates(permits_db, [mandate])
    for_b = RepresentedTrader(party=B.id, name=B.name, country=B.country, numbers=tuple(B.identifier_values))
    for quantity in ("1", "2"):
        sent = submission_message(declaration(item(permit, quantity)), AGENT)
        sent = sent.model_copy(update={"trader": B.id, "represented": for_b})
        await lodge_batch.lodge_declarations(permits_db, [sent], datetime.now(UTC))
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    await send_held_alerts(permits_db, now())
    alerts = await list_alerts(permits_db)
    expected = [{"agent": str(AGENT.id), "trader": str(B.id)}] if is_mandate_valid else []
    audience = alerts[1]["audience"]
    assert (audience["parties"], audience["agents"]) == ([str(B.id)], expected)


async def test_held_alert_about_a_stranger_reaches_no_declaring_party(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await attempt(permits_db, permit, 2)
    await move_windows(permits_db, seconds=FIRST_WINDOW_SECONDS)
    await send_held_alerts(permits_db, now())
    [_, alert] = await list_alerts(permits_db)
    assert alert["audience"]["parties"] == []


async def test_declaration_without_second_use_reads_no_window(permits_db: AsyncEngine) -> None:
    statements = list[str]()
    event.listen(permits_db.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    _, permit = await use_permit(permits_db)
    assert [one for one in statements if "second_use_alerts" in one] == []
    await attempt(permits_db, permit)
    assert len([one for one in statements if "second_use_alerts" in one]) == 1


async def test_metric_counts_held_attempts(permits_db: AsyncEngine) -> None:
    _, permit = await use_permit(permits_db)
    await attempt(permits_db, permit, 3)
    [held] = [one for one in await collect_metrics(permits_db) if one.name == "saola_second_uses_held"]
    assert [sample.value for sample in held.samples] == [2]
