"""Lists of permits and of applications: pages that are limited in bytes, planned for their values."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.permits import read
from shared.contracts.application import Application
from shared.contracts.limits import PAGE_BYTES
from shared.contracts.views.pages import RenderedPage
from shared.database import now
from tests.permits.sample_data import AUTHORITY_ZA, B, command, issue_permit, line, permit_content
from tests.statement_plans import prepared_plans

READ: dict[str, Callable[[AsyncEngine, UUID | None], Awaitable[RenderedPage]]] = {
    "permits": lambda db, before: read.list_permits(db, AUTHORITY_ZA, {}, limit=200, before=before, at=now()),
    "applications": lambda db, before: applications.list_applications(
        db, AUTHORITY_ZA, {}, limit=200, before=before, at=now()
    ),
}

PERMIT_ONLY = {"number", "issued_on", "valid_until", "retrospective"}
"""The fields of a permit that an application does not have."""


def many_lines(number: int) -> list[dict[str, Any]]:
    """Return 200 lines with long descriptions."""
    return [line(f"A{n:03}", "1", description=f"{number}-{n}-" + "d" * 450) for n in range(200)]


async def store_rows(db: AsyncEngine, kind: str, count: int) -> list[str]:
    """Store large permits or applications. Return their ids, newest first."""
    ids = []
    for number in range(count):
        content = permit_content(*many_lines(number), number=f"ZA-{number}")
        if kind == "permits":
            ids.append(str(await issue_permit(db, content)))
            continue
        fields = content.model_dump(mode="json", exclude_none=True, exclude=PERMIT_ONLY)
        application = Application.model_validate_json(json.dumps(fields))
        stored = await applications.submit(db, B, application, command(), trader=None)
        ids.append(json.loads(stored.body)["id"])
    return ids[::-1]


@pytest.mark.parametrize("kind", READ)
async def test_pages_are_limited_in_bytes_and_skip_nothing(permits_db: AsyncEngine, kind: str) -> None:
    ids = await store_rows(permits_db, kind, 9)
    seen: list[str] = []
    sizes: list[int] = []
    cursor: UUID | None = None
    for _ in ids:
        page = await READ[kind](permits_db, cursor)
        found = json.loads(page.body)
        sizes.append(len(page.body))
        seen += [row["id"] for row in found["data"]]
        if found["next_cursor"] is None:
            break
        cursor = UUID(found["next_cursor"])
    assert seen == ids
    assert len(sizes) > 1
    assert max(sizes) < PAGE_BYTES + 100


@pytest.mark.parametrize("kind", READ)
async def test_repeated_list_is_planned_for_its_values(permits_db: AsyncEngine, kind: str) -> None:
    for _ in range(8):
        await READ[kind](permits_db, None)
    plans = [plan for plan in await prepared_plans(permits_db, f"FROM {kind}") if "pg_column_size" in plan.statement]
    assert sum(plan.custom for plan in plans) >= 8
    assert [plan for plan in plans if plan.generic] == []
