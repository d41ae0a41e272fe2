"""The recheck of a declaration that is amended at the same moment."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import read, recheck, transitions
from services.permits.actions.declarations.check_inputs import CheckInputs
from services.permits.domain.model.declarations import DeclarationRecord
from shared.database import now
from tests.permits.sample_data import (
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


async def test_recheck_of_declaration_amended_before_the_lock_reads_the_new_version(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = permit_content(), permit_content(line(), line("B", "40", term="SKP"))
    ids = [await issue_permit(permits_db, permit) for permit in (first, second)]
    cites: dict[str, Any] = item(first, "10")
    cites["documents"].append({"type": "Y900", "number": second.number, "issuer": "ZA", "line": "A"})
    found = await lodge_declaration(permits_db, declaration(cites))
    assert found["status"] == "referred"
    other = declaration(item(second, "10", document={"line": "B"}, term="SKP"), reference=found["reference"])
    lock, amended = recheck._lock_check_inputs, list[dict[str, Any]]()

    async def amend_before_lock(conn: AsyncConnection, seen: DeclarationRecord) -> CheckInputs:
        if not amended:
            response = await transitions.amend(permits_db, UUID(found["id"]), B, other, command())
            amended.append(json.loads(response.body))
            await endorse_permit(permits_db, ids[1], B="40")
        return await lock(conn, seen)

    monkeypatch.setattr(recheck, "_lock_check_inputs", amend_before_lock)
    await endorse_permit(permits_db, ids[0], A="100")
    await recheck.recheck_referred(permits_db, now())
    assert amended[0]["status"] == "referred"
    assert (await as_json(read.read_declaration(permits_db, UUID(found["id"]), B)))["status"] == "accepted"
