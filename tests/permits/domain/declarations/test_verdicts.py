"""Alerts about second uses: many attempts are one event, also for a declaration that does not name the issuer."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.limits import EVENT_ENTRIES
from tests.event_catalogue_check import outbox_event_faults
from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    OTHER_TRADER,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
    submission_message,
)

STRANGER: dict[str, Any] = {"importer": {"name": "B SARL", "country": "FR", "identifier": "FR00000000000000"}}


async def lodge_all(db: AsyncEngine, *stated: NormalizedDeclaration) -> list[str]:
    """Lodge declarations in one batch. Return their ids."""
    messages = [submission_message(one) for one in stated]
    await lodge_batch.lodge_declarations(db, messages, datetime.now(UTC))
    return [str(message.id) for message in messages]


async def list_alerts(db: AsyncEngine) -> list[dict[str, Any]]:
    """Return the data of all alerts in the outbox."""
    query = text("SELECT data FROM outbox_events WHERE type = 'permit.second_use_attempted' ORDER BY at, sequence")
    async with db.connect() as conn:
        return [json.loads(data) for data in (await conn.execute(query)).scalars()]


async def test_attempts_of_several_declarations_at_once_are_one_alert_with_a_count(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    two_items = declaration(item(permit, "5", document={"line": "A"}), reference="FIRST")
    more = [declaration(item(permit, "7"), reference=f"NEXT-{n}") for n in range(EVENT_ENTRIES + 4)]
    ids = await lodge_all(permits_db, two_items, *more)
    [alert] = await list_alerts(permits_db)
    assert (alert["declaration_id"], alert["reference"]) == (ids[0], "FIRST")
    assert (alert["attempt_count"], alert["attempts_omitted"]) == (EVENT_ENTRIES + 5, 5)
    assert len(alert["attempts"]) == EVENT_ENTRIES
    assert "declaration_id" not in alert["attempts"][0]
    second = alert["attempts"][1]
    assert (second["declaration_id"], second["reference"], second["asked"]) == (ids[1], "NEXT-0", "7")
    assert await outbox_event_faults(permits_db) == []


@pytest.mark.parametrize("named", [{"issuer": "ZA"}, {"issuer": None}])
async def test_issuer_is_alerted_although_a_stranger_does_not_name_it(
    permits_db: AsyncEngine, named: dict[str, Any]
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    bare: dict[str, Any] = {"taxon": None, "term": None, "source": None, "purpose": None, "origin_country": None}
    stated = declaration(item(permit, "9", document=named, **bare), **STRANGER)
    found = await lodge_declaration(permits_db, stated, OTHER_TRADER)
    assert severities(found)["CITES-VI.1-permit-known"] == "block"
    assert permit.importer.name not in json.dumps(found["findings"])
    [alert] = await list_alerts(permits_db)
    assert (alert["permit_id"], alert["declaration_id"]) == (str(permit_id), found["id"])
    assert [(one["line"], one["asked"], one["left"]) for one in alert["attempts"]] == [("A", "9", "18")]


async def test_issuer_is_not_alerted_about_a_number_without_issuer_of_an_unused_permit(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    await lodge_declaration(
        permits_db, declaration(item(permit, "9", document={"issuer": None}), **STRANGER), party("trader", "FR", "FR0")
    )
    assert await list_alerts(permits_db) == []
