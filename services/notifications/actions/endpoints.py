"""A party's webhook endpoints: create, read, change, delete."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions import backlog
from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.actions.endpoint_policy import House
from services.notifications.actions.endpoint_verification import pose
from services.notifications.actions.signing_secrets import closed, new_secret, opened
from services.notifications.domain import endpoint_urls
from services.notifications.domain.event_filters import wanted
from services.notifications.store import endpoints as store
from services.notifications.store import events, rate_limits
from shared.contracts.fields import write_moment
from shared.contracts.webhooks import EndpointChange, Filters, NewEndpoint
from shared.problems import Conflict, Fault, Invalid, NotFound


async def create(
    engine: AsyncEngine, new: NewEndpoint, command: Command, house: House, *, id: UUID, at: datetime
) -> Done:
    """Make an endpoint of the command's party; the secret is in the answer, and nowhere after it."""
    _must_be_sendable(new.url, house)
    secret, proven = new_secret(), not (new.verify or house.must_prove(new.url))
    values = _values(new.model_dump(), id, house)
    async with engine.begin() as conn:
        if not proven:
            await events.lock(conn)
        if (done := await kept(conn, command, at=at)) is not None:
            return opened(done, house)
        row = _row(id, command.party, at) | values | {"proven": proven, "status": "active" if proven else "pending"}
        await store.add(conn, row)
        await store.add_secret(conn, id, house.keys.seal(secret, id), at=at)
        await _set_going(conn, row, at=at)
        made = show({**row, "version": 1}, house) | {"secret": secret}
        await keep(conn, command, closed(made, house))
        return Done(made)


async def read(engine: AsyncEngine, id: UUID, party: UUID, house: House) -> dict[str, Any]:
    """Read an endpoint of the party's own; raises NotFound."""
    async with engine.connect() as conn:
        return show(found(await store.own(conn, id, party)), house)


async def page(
    engine: AsyncEngine, party: UUID, house: House, *, before: UUID | None, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """Read a party's endpoints, newest first; answers them and whether there are more."""
    async with engine.connect() as conn:
        rows = await store.page(conn, party, before=before, limit=limit + 1)
    return [show(row, house) for row in rows[:limit]], len(rows) > limit


async def change(
    engine: AsyncEngine,
    id: UUID,
    party: UUID,
    given: EndpointChange,
    house: House,
    *,
    versions: Sequence[int] | None,
    at: datetime,
) -> tuple[dict[str, Any], str | None]:
    """Change what is named of an endpoint, if its version is one of `versions` (None: whichever it is).

    `paused: false` wakes a paused endpoint and enables a disabled one again; what waited is tried at once: so much is
    woken before this answers, and the rest, after the lane that is answered, by `backlog.wake_rest`. Another URL has
    to be proven anew where the hub demands that.
    """
    if given.url is not None:
        _must_be_sendable(given.url, house)
    named = given.model_dump(include=given.model_fields_set)
    async with engine.begin() as conn:
        await events.lock(conn)
        now = found(await store.own_locked(conn, id, party))
        if versions is not None and now["version"] not in versions:
            raise Conflict("version-stale", "The endpoint was changed meanwhile. Read it again, then change it.")
        turn = _turn(named, now, house)
        changed = await store.change(conn, id, _values(named, id, house) | turn)
        woken = turn.get("status") in {"active", "pending"}
        if woken:
            await store.forget_failing(conn, id)
            await rate_limits.wake(conn, id)
        await _set_going(conn, changed, posed=changed["status"] == "pending" and "status" in turn, at=at)
        changed = found(await store.own(conn, id, party))
    rest = await backlog.wake(engine, id, at=at) if woken else None
    return show(changed, house), rest


async def delete(engine: AsyncEngine, id: UUID, party: UUID, *, at: datetime) -> None:
    """Delete an endpoint: what is pending for it goes, what was sent stays on record. Raises NotFound.

    It waits for its turn among the intakes, so that none of them adds a letter behind its back. What waits is cleared
    away after that; where it is very much, the sweep clears away the rest.
    """
    async with engine.begin() as conn:
        await events.lock(conn)
        found(await store.own_locked(conn, id, party))
        await store.end_secrets(conn, id, ends_at=at)
        await store.change(conn, id, {"status": "deleted"})
    await backlog.clear(engine, id, at=at)


def show(row: Mapping[str, Any] | RowMapping, house: House) -> dict[str, Any]:
    """Write an endpoint as its owner sees it."""
    return {
        "id": str(row["id"]),
        "url": row["url"],
        "event_types": list(row["event_types"]),
        "description": row["description"],
        "filters": {"countries": [], "permits": [], "taxa": [], **row["filters"]},
        "headers": json.loads(house.keys.open(row["headers"], row["id"])) if row["headers"] else {},
        "rate_limit": row["rate_limit"],
        "format": row["format"],
        "status": row["status"],
        "paused": row["status"] == "paused",
        "verify": row["verify"],
        "rests_until": write_moment(rests) if (rests := row.get("rests_until")) else None,
        "reason": row["reason"],
        "public_keys": house.keys.public(),
        "created_at": write_moment(row["created_at"]),
        "version": row["version"],
    }


def found(row: RowMapping | None) -> RowMapping:
    """Answer what was found; raises NotFound when nothing was."""
    if row is None:
        raise NotFound
    return row


def _row(id: UUID, party: UUID, at: datetime) -> dict[str, Any]:
    return {"id": id, "party_id": party, "created_at": at, "reason": None}


async def _set_going(
    conn: AsyncConnection, row: Mapping[str, Any] | RowMapping, *, posed: bool | None = None, at: datetime
) -> None:
    """Give an endpoint the pace that its limit needs, and its challenge when it has to prove itself."""
    if row["rate_limit"] is not None:
        await store.keep_pace(conn, row["id"])
    if posed if posed is not None else row["status"] == "pending":
        await pose(conn, row["id"], secrets.token_urlsafe(24), at=at)


def _values(named: dict[str, Any], id: UUID, house: House) -> dict[str, Any]:
    """Answer the columns out of the named fields; null means that the field stays, save where nothing is a value."""
    kept = {name: value for name, value in named.items() if value is not None or name in {"description", "rate_limit"}}
    kept.pop("paused", None)
    if "event_types" in kept:
        kept["event_types"] = list(kept["event_types"])
    if "headers" in kept:
        kept["headers"] = house.keys.seal(json.dumps(kept["headers"]), id) if kept["headers"] else None
    if "filters" in kept:
        filters = Filters.model_validate(kept["filters"])
        kept |= {"filters": filters.model_dump(mode="json"), **wanted(filters)}
    return kept


def _turn(named: dict[str, Any], now: RowMapping, house: House) -> dict[str, Any]:
    """Answer what changes of its status: by the owner's wish, and because another URL has to be proven.

    A disabled endpoint that its owner pauses is paused: enabled when it is resumed, and till then for its owner to say.
    """
    url, status = named.get("url") or now["url"], now["status"]
    proven = now["proven"] if url == now["url"] else not (now["verify"] or house.must_prove(url))
    turn: dict[str, Any] = {"proven": proven} if proven != now["proven"] else {}
    going = "active" if proven else "pending"
    match named.get("paused"), status:
        case True, "active" | "pending" | "disabled":
            return turn | {"status": "paused", "reason": None}
        case False, "paused" | "disabled":
            return turn | {"status": going, "reason": None}
        case _, "active" | "pending" if status != going or url != now["url"]:
            return turn | {"status": going}
    return turn


def _must_be_sendable(url: str, house: House) -> None:
    flaw = endpoint_urls.flaw(url, house.reach)
    if flaw is not None:
        raise Invalid("invalid-body", flaw, [Fault("/url", "url-not-allowed", flaw)])
