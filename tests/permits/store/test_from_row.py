"""Stored content that breaks a later, stricter contract is read unchanged."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.declarations import read
from services.permits.actions.permits import read as permits_read
from tests.permits.sample_applications import application_content, submit_application
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    A,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


def with_blank_taxon(stated: Any) -> Any:
    """Return a copy of a permit or an application with a blank taxon in its line."""
    line = stated.lines[0].model_copy(update={"taxon": " "})
    return stated.model_copy(update={"lines": (line,)})


async def test_stored_taxon_with_a_blank_name_is_still_read(permits_db: AsyncEngine) -> None:
    permit = with_blank_taxon(permit_content())
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    sound = await lodge_declaration(permits_db, declaration(item(permit, "10")))
    async with permits_db.begin() as conn:
        blank = "UPDATE declarations SET content = jsonb_set(content, '{items,0,taxon}', '\" \"')"
        await conn.execute(text(blank))
    found = await as_json(read.read_declaration(permits_db, sound["id"], B))
    assert found["items"][0]["taxon"] == " "
    [listed] = (
        await as_json(permits_read.list_permits(permits_db, AUTHORITY_ZA, {}, limit=5, before=None, at=command().at))
    )["data"]
    assert listed["lines"][0]["taxon"] == " "
    application_id = await submit_application(permits_db, with_blank_taxon(application_content()))
    assert (await as_json(applications.read(permits_db, application_id, A, command().at)))["lines"][0]["taxon"] == " "
