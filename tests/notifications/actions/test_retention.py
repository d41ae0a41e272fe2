"""The retention: expired rows are deleted; events within their retention and pending deliveries stay."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.notifications.actions.retention import (
    delete_expired_deliveries,
    delete_expired_events,
    drop_deliveries_of_disabled_parties,
)
from services.notifications.domain.retention import RetentionPeriods
from shared.database import now
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

COUNTED = ("events", "feed_entries", "deliveries", "attempts", "acknowledgements")


async def age(service: Service, server: Server, days: int) -> None:
    """Make all rows older by some days, as only the database's administrator can."""
    admin = await server.connect_as_superuser(str(make_url(service.settings.database_url).database))
    ago = f"- interval '{days} days'"
    for table, columns in {
        "events": ("at", "received_at"),
        "deliveries": ("created_at", "settled_at"),
        "attempts": ("at",),
        "acknowledgements": ("at",),
        "commands": ("at",),
    }.items():
        await admin.execute(f"UPDATE {table} SET " + ", ".join(f"{name} = {name} {ago}" for name in columns))
    await admin.close()


@dataclass(frozen=True)
class Deleted:
    """The numbers of deleted rows."""

    events: int
    deliveries: int


async def delete_expired(engine: AsyncEngine, periods: RetentionPeriods, *, step_size: int = 1000) -> Deleted:
    """Run the deletions of the periodic jobs, in their order."""
    events = await delete_expired_events(engine, periods.events, step_size=step_size)
    return Deleted(events, await delete_expired_deliveries(engine, periods.deliveries, step_size=step_size))


async def counts(service: Service) -> dict[str, int]:
    return {name: int(await service.scalar(f"SELECT count(*) FROM {name}")) for name in COUNTED}


async def test_events_are_deleted_after_their_retention_only(
    service: Service, server: Server, receiver: Receiver
) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    async with running_worker(service):
        await service.send_events(*(event_message(to=who) for _ in range(25)))
        await wait_until(lambda: len(receiver.requests) == 25)
    old, cursor = await service.read_feed(who)
    verdict = {"outcome": "accepted"}
    where = f"/v1/events/{old[0]['id']}/acknowledgement"
    assert (await service.http.post(where, json=verdict, headers=service.headers_as(who))).status_code == 200
    await age(service, server, 29)
    kept = await delete_expired(service.engine, RetentionPeriods(), step_size=10)
    assert kept.events == 0
    await age(service, server, 2)
    young = event_message(to=who)
    await service.send_events(young)
    before = await counts(service)
    swept = await delete_expired(service.engine, RetentionPeriods(), step_size=10)
    assert swept.events == before["events"] - 1
    left = await counts(service)
    assert left == dict.fromkeys(COUNTED, 0) | {"events": 1, "feed_entries": 1, "deliveries": 1}
    for after in ("", cursor):
        found = [one["id"] for one in (await service.read_feed(who, after))[0]]
        assert found == [str(young.id)], "a cursor from before goes on where it was"


async def test_database_refuses_to_delete_events_within_their_retention(service: Service, server: Server) -> None:
    who = party()
    await service.send_events(event_message(to=who))
    await age(service, server, 29)
    assert (
        await delete_expired(service.engine, RetentionPeriods(events=timedelta(days=1), deliveries=timedelta(0)))
    ).events == 0
    assert len((await service.read_feed(who))[0]) == 1
    for table in COUNTED:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with service.engine.begin() as conn:
                await conn.exec_driver_sql(f"DELETE FROM {table}")


async def test_expired_event_with_pending_delivery_stays_until_it_is_sent(
    service: Service, server: Server, receiver: Receiver
) -> None:
    who, other = party(), party()
    made = await service.endpoint(who, receiver.url)
    where = f"/v1/webhook-endpoints/{made['id']}"
    header = service.headers_as(who) | {"If-Match": f'"{made["version"]}"'}
    paused = await service.http.patch(where, json={"paused": True}, headers=header)
    assert paused.status_code == 200, paused.text
    waiting = [event_message(to=who) for _ in range(5)]
    await service.send_events(*(message for one in waiting for message in (one, event_message(to=other))))
    await age(service, server, 100)
    assert (await delete_expired(service.engine, RetentionPeriods(), step_size=2)).events == 5, (
        "the others', one by one between"
    )
    header["If-Match"] = paused.headers["etag"]
    assert (await service.http.patch(where, json={"paused": False}, headers=header)).status_code == 200
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 5)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert {one.id for one in receiver.requests} == {str(one.id) for one in waiting}
    assert (await delete_expired(service.engine, RetentionPeriods())).events == 5


async def test_successful_deliveries_have_a_shorter_retention_if_set(
    service: Service, server: Server, receiver: Receiver
) -> None:
    async def fail_some(received: WebhookRequest) -> web.Response | None:
        return web.Response(status=500) if received.message["data"].get("bad") else None

    receiver.respond = fail_some
    who = party()
    made = await service.endpoint(who, receiver.url)
    async with running_worker(service, schedule=(timedelta(seconds=0.01),)):
        await service.send_events(*(event_message(to=who) for _ in range(8)), event_message(to=who, bad=True))
        await wait_until(lambda: service.scalar("SELECT count(*) = 9 FROM deliveries WHERE settled_at IS NOT NULL"))
    await age(service, server, 8)
    swept = await delete_expired(service.engine, RetentionPeriods(deliveries=timedelta(days=7)), step_size=3)
    assert (swept.events, swept.deliveries) == (0, 8)
    [left] = await service.deliveries(who, made["id"])
    assert left["status"] == "given_up" and len(left["attempts"]) == 2
    assert len((await service.read_feed(who))[0]) == 9
    since = {"since": "2020-01-01T00:00:00Z"}
    replayed = await service.http.post(
        f"/v1/webhook-endpoints/{made['id']}/replay", json=since, headers=service.headers_as(who)
    )
    assert replayed.json()["deliveries"] == 9, "what was forgotten of the sending can still be sent again"


async def test_simultaneous_deletions_do_not_block_each_other(service: Service, server: Server) -> None:
    await service.send_events(*(event_message(to=party()) for _ in range(60)))
    await age(service, server, 40)
    swept = await asyncio.gather(*(delete_expired(service.engine, RetentionPeriods(), step_size=7) for _ in range(3)))
    await delete_expired(service.engine, RetentionPeriods())
    assert (await counts(service))["events"] == 0
    assert sum(one.events for one in swept) <= 60


async def test_event_body_is_stored_once_for_all_receivers(service: Service) -> None:
    who = party()
    for number in range(20):
        await service.endpoint(who, f"https://example.com/{number}")
    await service.send_events(event_message(to=who, note="n" * 1000))
    assert await service.scalar("SELECT count(*) FROM deliveries") == 20
    columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'body' AND table_name <> 'commands'"
    columns += " AND table_schema = 'public'"
    assert (await service.scalar("SELECT count(*) FROM events"), await service.scalar(columns)) == (1, 1)


async def test_deliveries_of_a_disabled_party_wait_as_long_as_events_are_kept(service: Service, server: Server) -> None:
    periods, disabled, enabled = RetentionPeriods(), party(), party()
    for who in (disabled, enabled):
        await service.endpoint(who, "https://example.com/")
    await service.send_parties(disabled.model_copy(update={"disabled": True, "version": 2}))
    await service.send_events(event_message(to=disabled), event_message(to=enabled))
    await age(service, server, 31)
    await service.send_events(event_message(to=disabled))
    assert await drop_deliveries_of_disabled_parties(service.engine, periods.events, at=now()) == 1
    assert (await delete_expired(service.engine, periods)).events == 1
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'pending'") == 2
