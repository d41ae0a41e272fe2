"""Audiences of events, as a table, and the data of events."""

import json
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, transitions
from services.permits.actions.permits import withdraw
from services.permits.clients.notifications import render_event_message
from services.permits.store.tables import outbox_events
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Release
from shared.contracts.limits import EVENT_ENTRIES
from shared.contracts.messages import AgentOfTrader, Audience, EventMessage, RoleInCountry, Sender, SubmissionMessage
from shared.contracts.permit import Permit, Revocation
from shared.database import now
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    party,
    permit_content,
    submission_message,
)

OFFICES = {("authority", "ZA"), ("customs", "ZA"), ("authority", "FR"), ("customs", "FR")}
HOLDERS = {"ZA:za1234567", "FR:fr99988877700011"}
PARTY_B = {str(B.id)}

RECEIVERS: dict[str, tuple[set[str], set[str]]] = {
    "permit.issued": (set(), HOLDERS),
    "permit.endorsed": (set(), HOLDERS),
    "permit.used": (PARTY_B, HOLDERS),
    "permit.exhausted": (set(), HOLDERS),
    "permit.revoked": (PARTY_B, HOLDERS),
    "permit.second_use_attempted": (PARTY_B, HOLDERS),
    "declaration.received": (PARTY_B, set()),
    "declaration.accepted": (PARTY_B, set()),
    "declaration.rejected": (PARTY_B, set()),
    "declaration.released": (PARTY_B, set()),
}
"""By event type: the parties by id that cited or lodged, and the holders by identifier. Offices receive each type."""


async def test_event_audience_contains_only_the_parties_that_it_concerns(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    first = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lodge_declaration(permits_db, declaration(item(permit, "30")))
    await transitions.release(permits_db, UUID(first["id"]), CUSTOMS_FR, Release(), command())
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    async with permits_db.connect() as conn:
        events = (
            await conn.execute(text("SELECT type, data::json AS data, audience::json AS audience FROM outbox_events"))
        ).all()
    assert {one.type for one in events} == RECEIVERS.keys()
    for one in events:
        audience: dict[str, Any] = one.audience
        received = (set(audience["parties"]), set(audience["identifiers"]))
        assert received == RECEIVERS[one.type], one.type
        assert {(office["role"], office["country"]) for office in audience["offices"]} == OFFICES, one.type
        assert set(audience["countries"]) == {"ZA", "FR"}, one.type
        named = (
            {"declaration_id", "reference"} if one.type.startswith("declaration") else {"permit_id", "issuer", "number"}
        )
        assert named | {"status", "sequence"} <= one.data.keys(), one.type
        assert "importer" not in json.dumps(one.data), "the data of an event contains no document"


async def _audience_by_type(db: AsyncEngine) -> dict[str, Audience]:
    """Return the audience of each event type."""
    async with db.connect() as conn:
        events = (await conn.execute(text("SELECT type, audience::json AS audience FROM outbox_events"))).all()
    return {one.type: Audience.model_validate_json(json.dumps(one.audience)) for one in events}


async def test_event_names_the_registering_party_and_the_agent_as_sender(permits_db: AsyncEngine) -> None:
    foreign = permit_content(issuer="KE", number="KE-1", export_country="KE")
    await issue_permit(permits_db, foreign, AUTHORITY_FR)
    broker = party("trader", "FR")
    sent = submission_message(declaration(item(permit_content(), "1")), broker)
    for_b = SubmissionMessage.model_validate(sent.model_dump() | {"trader": B.id})
    await lodge_batch.lodge_declarations(permits_db, [for_b], now())
    received = await _audience_by_type(permits_db)
    registered, lodged_by_another = received["permit.issued"].sender, received["declaration.received"].sender
    assert registered == Sender(parties=(AUTHORITY_FR.id,), offices=(RoleInCountry(role=Role.AUTHORITY, country="KE"),))
    assert lodged_by_another is not None
    assert lodged_by_another.parties == (B.id,)
    assert lodged_by_another.agents == (AgentOfTrader(agent=broker.id, trader=B.id),)


async def test_event_audience_of_a_declaration_has_its_permits_by_number_and_id(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    received = await _audience_by_type(permits_db)
    for kind in ("declaration.received", "declaration.accepted"):
        assert set(received[kind].permits) == {f"ZA/{permit.number}", str(permit_id)}, kind


@pytest.mark.parametrize("code", ["QU", "EU", "QP"])
@pytest.mark.parametrize("field", ["export_country", "import_country"])
async def test_declaration_with_a_code_in_place_of_a_country_is_checked_and_tells_no_office_of_it(
    permits_db: AsyncEngine, field: str, code: str
) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100"), **{field: code}))
    assert found["status"] in {"referred", "rejected"}
    kept = "FR" if field == "export_country" else "ZA"
    audience = (await _audience_by_type(permits_db))["declaration.received"]
    assert audience.countries == (kept,)
    assert {(one.role.value, one.country) for one in audience.offices} == {("authority", kept), ("customs", kept)}


async def test_transit_through_a_code_in_place_of_a_country_is_referred(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    transit = declaration(item(permit, "100"), movement="transit", transit_country="QU")
    found = await lodge_declaration(permits_db, transit)
    assert [(one["rule"], one["found"]) for one in found["findings"]] == [("CITES-VII.1-transit-country", "QU")]
    assert (await _audience_by_type(permits_db))["declaration.received"].countries == ("ZA", "FR")


async def test_event_message_has_the_values_of_its_row_and_fits_its_contract(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "130"), reference='Frühling "26" \\'))
    async with permits_db.connect() as conn:
        rows = (
            await conn.execute(
                select(outbox_events, text("data::json AS data_value"), text("audience::json AS audience_value"))
            )
        ).mappings()
        for row in rows.all():
            message = EventMessage.model_validate_json(render_event_message(dict(row)))
            read = (
                message.id,
                message.type,
                message.subject,
                message.sequence,
                message.at,
                message.data,
            )
            assert read == tuple(row[name] for name in ("id", "type", "subject", "sequence", "at", "data_value"))
            assert message.audience == Audience.model_validate(row["audience_value"])


async def test_event_permit_used_states_what_is_left(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    async with permits_db.connect() as conn:
        data = (
            await conn.execute(text("SELECT data::json AS data FROM outbox_events WHERE type = 'permit.used'"))
        ).scalar_one()
    assert data["declaration_id"] == found["id"]
    [line] = data["lines"]
    assert (line["line"], line["quantity"], line["used"], line["left"]) == ("A", "100", "100", "0")


def _wide_permit(lines: int) -> Permit:
    """Return a permit with so many lines."""
    return permit_content(*(line(f"L{n}", quantity="10", description=f"Crate {n}") for n in range(lines)))


async def _event_data(db: AsyncEngine, kind: str) -> dict[str, Any]:
    """Return the data of the last event of a type."""
    async with db.connect() as conn:
        found = text("SELECT data::json FROM outbox_events WHERE type = :kind ORDER BY at DESC LIMIT 1")
        return dict((await conn.execute(found, {"kind": kind})).scalar_one())


async def test_event_about_a_permit_with_many_lines_names_the_first_and_counts_the_others(
    permits_db: AsyncEngine,
) -> None:
    permit = _wide_permit(EVENT_ENTRIES + 3)
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, CUSTOMS_ZA, **{one.line: "10" for one in permit.lines})
    for kind in ("permit.issued", "permit.endorsed"):
        data = await _event_data(permits_db, kind)
        assert [one["line"] for one in data["lines"]] == [one.line for one in permit.lines[:EVENT_ENTRIES]], kind
        assert data["lines_omitted"] == 3, kind


async def test_event_about_many_citations_names_the_first_and_counts_the_others(permits_db: AsyncEngine) -> None:
    permit = _wide_permit(EVENT_ENTRIES + 2)
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, CUSTOMS_ZA, **{one.line: "10" for one in permit.lines})
    items = [item(permit, "10", n, document={"line": one.line}) for n, one in enumerate(permit.lines, 1)]
    first = await lodge_declaration(permits_db, declaration(*items))
    second = await lodge_declaration(permits_db, declaration(*items))
    assert (first["status"], second["status"]) == ("accepted", "rejected")
    await transitions.release(permits_db, UUID(first["id"]), CUSTOMS_FR, Release(), command())
    for kind, name in (
        ("permit.second_use_attempted", "attempts"),
        ("permit.used", "lines"),
        ("declaration.released", "usage"),
    ):
        data = await _event_data(permits_db, kind)
        assert (len(data[name]), data[f"{name}_omitted"]) == (EVENT_ENTRIES, 2), kind


async def test_event_of_a_rejected_declaration_has_rules_and_counts_in_place_of_findings(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    items = [item(permit, "130", n) for n in range(1, 4)]
    found = await lodge_declaration(permits_db, declaration(*items))
    data = await _event_data(permits_db, "declaration.rejected")
    severities = Counter(finding["severity"] for finding in found["findings"])
    rules = Counter(finding["rule"] for finding in found["findings"])
    assert severities["block"] >= 3
    assert data["finding_counts"] == {name: severities[name] for name in ("block", "refer", "note")}
    assert {one["rule"]: one["count"] for one in data["rules"]} == rules
    assert "findings" not in data
