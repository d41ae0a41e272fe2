"""Notes at issue in responses: of an issue, a batch, a replacement and a grant, and of each repeated command."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.permits import issue, issue_batch, withdraw
from services.permits.actions.permits import read as permits_read
from services.permits.domain.permits.issue_notes import ISSUE_NOTES
from shared.contracts.application import GrantDecision
from shared.contracts.permit import Permit
from shared.database import new_id, now
from shared.idempotency import StoredResponse
from tests.permits.actions.permits.test_issue_batch import batch_entry
from tests.permits.sample_applications import application_content, officer, submit_application
from tests.permits.sample_data import AUTHORITY_ZA, SEALER, command, issue_permit, line, permit_content
from tests.permits.view_json import as_json

Run = Callable[[], Awaitable[StoredResponse]]


async def _issue(db: AsyncEngine, goods: dict[str, Any], command_id: UUID) -> Run:
    content = permit_content(goods)
    return lambda: issue.issue(db, AUTHORITY_ZA, content, command(command_id), sealer=SEALER)


async def _issue_batch(db: AsyncEngine, goods: dict[str, Any], command_id: UUID) -> Run:
    content = permit_content(goods)

    async def run() -> StoredResponse:
        [response] = await issue_batch.issue_permits(
            db, AUTHORITY_ZA, [batch_entry(content, command_id)], sealer=SEALER
        )
        assert isinstance(response, StoredResponse)
        return response

    return run


async def _replace(db: AsyncEngine, goods: dict[str, Any], command_id: UUID) -> Run:
    old, content = await issue_permit(db, permit_content()), permit_content(goods)
    return lambda: withdraw.replace(db, old, AUTHORITY_ZA, content, command(command_id), sealer=SEALER)


async def _grant(db: AsyncEngine, goods: dict[str, Any], command_id: UUID) -> Run:
    application_id = await submit_application(db, application_content(goods))
    return lambda: applications.grant(
        db, application_id, officer(), GrantDecision(), command(command_id), sealer=SEALER
    )


def _new_permit(response: StoredResponse) -> dict[str, Any]:
    """Return the part of a response that describes the new permit."""
    view: dict[str, Any] = json.loads(response.body)
    return view if view.get("token") else view.get("replaced_by") or view["permit"]


@pytest.mark.parametrize("prepare", [_issue, _issue_batch, _replace, _grant])
async def test_notes_at_issue_are_in_the_response_and_in_its_repetition(
    permits_db: AsyncEngine, prepare: Callable[[AsyncEngine, dict[str, Any], UUID], Awaitable[Run]]
) -> None:
    run = await prepare(permits_db, line(appendix="I"), new_id())
    first, again = await run(), await run()
    [note] = _new_permit(first)["notes"]
    assert (note["code"], note["pointer"]) == ("appendix-differs", "/lines/0/appendix")
    assert (note["expected"], note["found"]) == ("Appendix II", "Appendix I")
    assert "notes_omitted" not in _new_permit(first)
    assert again.body == first.body
    read = await as_json(permits_read.read_permit(permits_db, UUID(_new_permit(first)["id"]), AUTHORITY_ZA, now()))
    assert "notes" not in read
    right = await (await prepare(permits_db, line(), new_id()))()
    assert not {"notes", "notes_omitted"} & _new_permit(right).keys()


async def test_notes_beyond_their_limit_are_counted_in_the_response(permits_db: AsyncEngine) -> None:
    letters = [f"{first}{second}" for first in "ABCDE" for second in "ABCDE"]
    content: Permit = permit_content(*(line(one, taxon=f"Nemo {one.lower()}us") for one in letters))
    response = await issue.issue(permits_db, AUTHORITY_ZA, content, command(), sealer=SEALER)
    view = json.loads(response.body)
    assert {note["code"] for note in view["notes"]} == {"taxon-not-listed"}
    assert (len(view["notes"]), view["notes_omitted"]) == (ISSUE_NOTES, len(letters) - ISSUE_NOTES)
