"""What the hub told, held against the catalogue of events."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.events.catalogue import CATALOGUE, check


def flaws(told: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Answer what is wrong with events (type, data), a sentence each; nothing when all are as described."""
    found = set()
    for kind, data in told:
        found |= {f"{kind}: {place} is null; what is optional is left out" for place in nulls(data)}
        try:
            check(kind, data)
        except KeyError:
            found.add(f"{kind} is no type of shared/cites/events.py")
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            found.add(
                f"{kind} is not told as {CATALOGUE[kind].model.__name__} in shared/contracts/events/ says: {faults}"
            )
    return sorted(found)


def nulls(value: Any, place: str = "data") -> Iterator[str]:
    """Answer where something is null, which nothing in an event ever is."""
    if value is None:
        yield place
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from nulls(part, f"{place}.{name}")


async def flaws_of_news(permits_db: AsyncEngine) -> list[str]:
    """Answer what is wrong with the news that permits wrote."""
    async with permits_db.connect() as conn:
        return flaws(
            (row.type, row.data) for row in await conn.execute(text("SELECT type, data::json AS data FROM news"))
        )


def flaws_of_bodies(bodies: Iterable[str]) -> list[str]:
    """Answer what is wrong with events as they are sent."""
    read = [json.loads(body) for body in bodies]
    return flaws((event["type"], event["data"]) for event in read)
