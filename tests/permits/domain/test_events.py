"""Who may hear of what: each event's audience, as a table."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, transitions
from services.permits.actions.permits import withdraw
from services.permits.clients.notifications import render_event_message
from services.permits.store.tables import outbox_events
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Release
from shared.contracts.messages import Audience, EventMessage, RoleInCountry, Sender, SubmissionMessage
from shared.contracts.permit import Revocation
from shared.database import now
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
    submission_message,
)

OFFICES = {("authority", "ZA"), ("customs", "ZA"), ("authority", "FR"), ("customs", "FR")}
HOLDERS = {"ZA1234567", "FR99988877700011"}
B_ITSELF = {str(B.id)}

HEARS: dict[str, tuple[set[str], set[str]]] = {
    "permit.issued": (set(), HOLDERS),
    "permit.endorsed": (set(), HOLDERS),
    "permit.used": (B_ITSELF, HOLDERS),
    "permit.exhausted": (set(), HOLDERS),
    "permit.revoked": (B_ITSELF, HOLDERS),
    "permit.second_use_attempted": (B_ITSELF, HOLDERS),
    "declaration.received": (B_ITSELF, set()),
    "declaration.accepted": (B_ITSELF, set()),
    "declaration.rejected": (B_ITSELF, set()),
    "declaration.released": (B_ITSELF, set()),
}
"""Type → parties by id (who cited it, who lodged it) and holders by identifier; offices and countries hear all."""


async def test_each_event_is_told_to_those_it_concerns_and_to_nobody_else(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    first = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lodge_declaration(permits_db, declaration(item(permit, "30")))
    await transitions.release(permits_db, UUID(first["id"]), CUSTOMS_FR, Release(), command())
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    async with permits_db.connect() as conn:
        told = (
            await conn.execute(text("SELECT type, data::json AS data, audience::json AS audience FROM outbox_events"))
        ).all()
    assert {one.type for one in told} == HEARS.keys()
    for one in told:
        audience: dict[str, Any] = one.audience
        received = (set(audience["parties"]), set(audience["identifiers"]))
        assert received == HEARS[one.type], one.type
        assert {(office["role"], office["country"]) for office in audience["offices"]} == OFFICES, one.type
        assert set(audience["countries"]) == {"ZA", "FR"}, one.type
        named = (
            {"declaration_id", "reference"} if one.type.startswith("declaration") else {"permit_id", "issuer", "number"}
        )
        assert named | {"status", "sequence"} <= one.data.keys(), one.type
        assert "importer" not in json.dumps(one.data), "thin: no document travels with the news"


async def _audiences(db: AsyncEngine) -> dict[str, Audience]:
    """Answer who hears of each type of event."""
    async with db.connect() as conn:
        told = (await conn.execute(text("SELECT type, audience::json AS audience FROM outbox_events"))).all()
    return {one.type: Audience.model_validate_json(json.dumps(one.audience)) for one in told}


async def test_who_sent_a_thing_hears_how_it_was_received(permits_db: AsyncEngine) -> None:
    foreign = permit_content(issuer="KE", number="KE-1", export_country="KE")
    await issue_permit(permits_db, foreign, AUTHORITY_FR)
    broker = party("trader", "FR")
    sent = submission_message(declaration(item(permit_content(), "1")), broker)
    for_b = SubmissionMessage.model_validate(sent.model_dump() | {"trader": B.id})
    await lodge_batch.lodge_declarations(permits_db, [for_b], now())
    received = await _audiences(permits_db)
    registered, lodged_by_another = received["permit.issued"].sender, received["declaration.received"].sender
    assert registered == Sender(parties=(AUTHORITY_FR.id,), offices=(RoleInCountry(role=Role.AUTHORITY, country="KE"),))
    assert lodged_by_another is not None
    assert set(lodged_by_another.parties) == {broker.id, B.id}, "the agent whose software wrote it, and its trader"


async def test_what_is_told_of_a_declaration_names_its_permits_by_number_and_by_id(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    received = await _audiences(permits_db)
    for kind in ("declaration.received", "declaration.accepted"):
        assert set(received[kind].permits) == {f"ZA/{permit.number}", str(permit_id)}, kind


async def test_a_letter_says_what_its_row_says_as_its_contract_has_it(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "130"), reference='Frühling "26" \\'))
    async with permits_db.connect() as conn:
        rows = (
            await conn.execute(select(outbox_events, text("data::json AS said"), text("audience::json AS heard")))
        ).mappings()
        for row in rows.all():
            line_letter = EventMessage.model_validate_json(render_event_message(dict(row)))
            read = (
                line_letter.id,
                line_letter.type,
                line_letter.subject,
                line_letter.sequence,
                line_letter.at,
                line_letter.data,
            )
            assert read == tuple(row[name] for name in ("id", "type", "subject", "sequence", "at", "said"))
            assert line_letter.audience == Audience.model_validate(row["heard"])


async def test_what_was_used_says_what_is_left(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    async with permits_db.connect() as conn:
        told = (
            await conn.execute(text("SELECT data::json AS data FROM outbox_events WHERE type = 'permit.used'"))
        ).scalar_one()
    assert told["declaration_id"] == found["id"]
    [line] = told["lines"]
    assert (line["line"], line["quantity"], line["used"], line["left"]) == ("A", "100", "100", "0")
