"""Events compared with the catalogue of events."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.cites.events import EventType
from shared.contracts.events.catalogue import CATALOGUE, validate_data


def event_faults(told: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return one sentence for each fault of events (type, data), and nothing when all are as described."""
    found = set()
    for kind, data in told:
        nulls = set(null_places(data)) - nullable_places(kind)
        found |= {f"{kind}: {place} is null; what is optional is left out" for place in nulls}
        try:
            validate_data(kind, data)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            model = CATALOGUE[EventType(kind)].model.__name__
            found.add(f"{kind} is not as {model} in shared/contracts/events/ says: {faults}")
        except ValueError:
            found.add(f"{kind} is no type of shared/cites/events.py")
    return sorted(found)


def nullable_places(kind: str) -> set[str]:
    """Return the places that are always sent, and may be null."""
    if kind not in set(EventType):
        return set()
    fields = CATALOGUE[EventType(kind)].model.model_fields
    return {f"data.{name}" for name, field in fields.items() if field.is_required()}


def null_places(value: Any, place: str = "data") -> Iterator[str]:
    """Return the places of null values."""
    if value is None:
        yield place
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from null_places(part, f"{place}.{name}")


async def outbox_event_faults(permits_db: AsyncEngine) -> list[str]:
    """Return the faults of the outbox events of permits."""
    async with permits_db.connect() as conn:
        return event_faults(
            (row.type, row.data)
            for row in await conn.execute(text("SELECT type, data::json AS data FROM outbox_events"))
        )


def event_body_faults(bodies: Iterable[str]) -> list[str]:
    """Return the faults of events in the form that subscribers receive."""
    read = [json.loads(body) for body in bodies]
    return event_faults((event["type"], event["data"]) for event in read)
