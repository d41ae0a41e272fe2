"""A declaration that is changed at the moment it is checked again is judged by what is read for it as it is now."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import read, recheck, transitions
from services.permits.domain.values import Filed, PermitOnFile
from shared.database import now
from tests.permits.sample_data import B, command, declaration, endorsed, issued, item, line, lodged, terms


async def test_a_new_version_between_reading_and_locking_is_read_anew(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = terms(), terms(line(), line("B", "40", term="SKP"))
    ids = [await issued(permits_db, permit) for permit in (first, second)]
    cites: dict[str, Any] = item(first, "10")
    cites["documents"].append({"type": "Y900", "number": second.number, "issuer": "ZA", "line": "A"})
    found = await lodged(permits_db, declaration(cites))
    assert found["status"] == "referred"
    other = declaration(item(second, "10", document={"line": "B"}, term="SKP"), reference=found["reference"])
    lock, amended = recheck._locked, list[dict[str, Any]]()

    async def meanwhile(conn: AsyncConnection, seen: Filed) -> list[PermitOnFile]:
        if not amended:
            kept = await transitions.amend(permits_db, UUID(found["id"]), B, other, command())
            amended.append(json.loads(kept.answer))
            await endorsed(permits_db, ids[1], B="40")
        return await lock(conn, seen)

    monkeypatch.setattr(recheck, "_locked", meanwhile)
    await endorsed(permits_db, ids[0], A="100")
    await recheck.recheck_all(permits_db, now())
    assert amended[0]["status"] == "referred"
    assert (await read.declaration(permits_db, UUID(found["id"]), B))["status"] == "accepted"
