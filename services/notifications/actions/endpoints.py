"""A party's webhook endpoints: create, read, change, delete, give a new secret."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.domain import signature, urls
from services.notifications.domain.addresses import Reach
from services.notifications.store import deliveries, events, lanes
from services.notifications.store import endpoints as store
from shared.contracts.webhooks import EndpointChange, NewEndpoint
from shared.contracts.words import write_moment
from shared.problems import Conflict, Fault, Invalid, NotFound

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside the new one after a rotation."""
MOST_SECRETS = 5


async def create(
    engine: AsyncEngine, new: NewEndpoint, command: Command, *, id: UUID, at: datetime, reach: Reach
) -> Done:
    """Make an endpoint of the command's party; the secret is in the answer, and nowhere after it."""
    _must_be_sendable(new.url, reach)
    secret = _new_secret()
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        row = {"id": id, "party_id": command.party, "created_at": at, **_values(new.model_dump())}
        await store.add(conn, row)
        await store.add_secret(conn, id, secret, at=at)
        made = show({**row, "status": "active", "reason": None, "version": 1})
        return await keep(conn, command, made | {"secret": secret})


async def read(engine: AsyncEngine, id: UUID, party: UUID) -> dict[str, Any]:
    """Read an endpoint of the party's own; raises NotFound."""
    async with engine.connect() as conn:
        return show(_found(await store.own(conn, id, party)))


async def page(
    engine: AsyncEngine, party: UUID, *, before: UUID | None, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """Read a party's endpoints, newest first; answers them and whether there are more."""
    async with engine.connect() as conn:
        rows = await store.page(conn, party, before=before, limit=limit + 1)
    return [show(row) for row in rows[:limit]], len(rows) > limit


async def change(
    engine: AsyncEngine,
    id: UUID,
    party: UUID,
    given: EndpointChange,
    *,
    versions: Sequence[int] | None,
    at: datetime,
    reach: Reach,
) -> dict[str, Any]:
    """Change what is named of an endpoint, if its version is one of `versions` (None: whichever it is).

    `paused: false` wakes a paused endpoint and enables a disabled one again; what waited is tried at once.
    """
    if given.url is not None:
        _must_be_sendable(given.url, reach)
    named = given.model_dump(include=given.model_fields_set)
    async with engine.begin() as conn:
        now = _found(await store.own_locked(conn, id, party))
        if versions is not None and now["version"] not in versions:
            raise Conflict("version-stale", "The endpoint was changed meanwhile. Read it again, then change it.")
        turn = _status(named, now["status"])
        if turn.get("status") == "active":
            await lanes.wake(conn, id, at=at)
        return show(await store.change(conn, id, _values(named) | turn))


async def delete(engine: AsyncEngine, id: UUID, party: UUID, *, at: datetime) -> None:
    """Delete an endpoint: what is pending for it goes, what was sent stays on record. Raises NotFound.

    It waits for its turn among the intakes, so that none of them adds a letter behind its back.
    """
    async with engine.begin() as conn:
        await events.lock(conn)
        _found(await store.own_locked(conn, id, party))
        await lanes.clear(conn, id)
        await deliveries.drop(conn, id, at=at)
        await store.end_secrets(conn, id, ends_at=at)
        await store.change(conn, id, {"status": "deleted"})


async def rotate_secret(engine: AsyncEngine, id: UUID, command: Command, *, at: datetime) -> Done:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours. Raises NotFound, Conflict."""
    secret = _new_secret()
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        _found(await store.own_locked(conn, id, command.party))
        if await store.live_secrets(conn, id, at=at) >= MOST_SECRETS:
            detail = f"{MOST_SECRETS} secrets sign already. Wait until an old one ends, 24 hours after its rotation."
            raise Conflict("rotated-too-often", detail)
        await store.end_secrets(conn, id, ends_at=at + OVERLAP)
        await store.add_secret(conn, id, secret, at=at)
        answer = {"id": str(id), "secret": secret, "old_secret_ends_at": write_moment(at + OVERLAP)}
        return await keep(conn, command, answer)


def show(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """Write an endpoint as its owner sees it."""
    return {
        "id": str(row["id"]),
        "url": row["url"],
        "event_types": list(row["event_types"]),
        "description": row["description"],
        "status": row["status"],
        "paused": row["status"] == "paused",
        "reason": row["reason"],
        "created_at": write_moment(row["created_at"]),
        "version": row["version"],
    }


def _found(row: RowMapping | None) -> RowMapping:
    if row is None:
        raise NotFound
    return row


def _values(named: dict[str, Any]) -> dict[str, Any]:
    """Answer the columns out of the named fields; null means that the field stays, but a description may go."""
    return {
        name: list(value) if name == "event_types" else value
        for name, value in named.items()
        if name == "description" or (name != "paused" and value is not None)
    }


def _status(named: dict[str, Any], status: str) -> dict[str, Any]:
    match named.get("paused"), status:
        case True, "active":
            return {"status": "paused"}
        case False, "paused" | "disabled":
            return {"status": "active", "reason": None}
    return {}


def _must_be_sendable(url: str, reach: Reach) -> None:
    flaw = urls.flaw(url, reach)
    if flaw is not None:
        raise Invalid("invalid-body", flaw, [Fault("/url", "url-not-allowed", flaw)])


def _new_secret() -> str:
    return signature.write_secret(secrets.token_bytes(signature.SECRET_BYTES))
