"""The rights of an agent: it reads and receives what it lodged for a trader while its mandate is valid."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read, transitions
from services.permits.actions.parties import store_changed_mandates
from services.permits.actions.permits import read as permits_read
from services.permits.actions.permits import withdraw
from shared.contracts.declaration import Refusal, Release
from shared.contracts.messages import MandateCopy
from shared.contracts.parties import Party, RepresentedTrader
from shared.contracts.permit import Revocation
from shared.database import now
from shared.problems import NotFound
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    mandate_copy,
    party,
    permit_content,
    submission_message,
)
from tests.permits.view_json import as_json

AGENT = party("trader", "DE", "DE1")
Change = Callable[[MandateCopy], MandateCopy]


def change(**values: object) -> Change:
    """Return a change of a mandate to a newer revision."""
    return lambda mandate: mandate.model_copy(update={"revision": mandate.revision + 1, **values})


ENDINGS: dict[str, Change] = {
    "revoked": change(active=False),
    "ended": lambda mandate: mandate_copy(agent=AGENT, trader=B).model_copy(
        update={"id": mandate.id, "first_day": mandate.first_day, "last_day": mandate.last_day - timedelta(days=2)}
    ),
}


async def lodge_as_agent(db: AsyncEngine) -> tuple[UUID, UUID]:
    """Lodge a declaration of B by its agent. Return the id of the declaration and of the permit that it cites."""
    permit = permit_content()
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118")
    for_b = RepresentedTrader(party=B.id, name=B.name, country=B.country, numbers=tuple(B.identifier_values))
    sent = submission_message(declaration(item(permit, "100")), AGENT).model_copy(
        update={"trader": B.id, "represented": for_b}
    )
    await lodge_batch.lodge_declarations(db, [sent], now())
    return sent.id, permit_id


async def receivers(db: AsyncEngine, event_type: str) -> set[str]:
    """Return the parties and the agents that an event names as its audience."""
    async with db.connect() as conn:
        query = text("SELECT audience::json AS audience FROM outbox_events WHERE type = :type")
        audience = (await conn.execute(query, {"type": event_type})).scalar_one()
    return {*audience["parties"], *(one["agent"] for one in audience["agents"])}


async def list_ids(db: AsyncEngine, who: Party) -> list[str]:
    """Return the ids of the declarations that a party lists."""
    page = await as_json(read.list_declarations(db, who, {}, limit=9, before=None))
    return [row["id"] for row in page["data"]]


async def test_agent_with_a_valid_mandate_reads_and_receives_what_it_lodged(permits_db: AsyncEngine) -> None:
    await store_changed_mandates(permits_db, [mandate_copy(agent=AGENT, trader=B)])
    declaration_id, permit_id = await lodge_as_agent(permits_db)
    assert (await as_json(read.read_declaration(permits_db, declaration_id, AGENT)))["status"] == "accepted"
    assert await list_ids(permits_db, AGENT) == [str(declaration_id)]
    assert (await as_json(permits_read.read_permit(permits_db, permit_id, AGENT, now())))["status"] == "endorsed"
    await transitions.refuse(permits_db, declaration_id, CUSTOMS_FR, Refusal(reason="no"), command())
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    for event_type in ("declaration.accepted", "declaration.refused"):
        assert await receivers(permits_db, event_type) == {str(AGENT.id), str(B.id)}
    assert str(AGENT.id) in await receivers(permits_db, "permit.revoked")


@pytest.mark.parametrize("ending", ENDINGS)
async def test_agent_whose_mandate_ended_reads_and_receives_nothing_later(permits_db: AsyncEngine, ending: str) -> None:
    mandate = mandate_copy(agent=AGENT, trader=B)
    if ending == "revoked":
        await store_changed_mandates(permits_db, [mandate])
    declaration_id, permit_id = await lodge_as_agent(permits_db)
    await store_changed_mandates(permits_db, [ENDINGS[ending](mandate)])
    with pytest.raises(NotFound):
        await read.read_declaration(permits_db, declaration_id, AGENT)
    with pytest.raises(NotFound):
        await permits_read.read_permit(permits_db, permit_id, AGENT, now())
    assert await list_ids(permits_db, AGENT) == []
    assert await list_ids(permits_db, B) == [str(declaration_id)]
    await transitions.refuse(permits_db, declaration_id, CUSTOMS_FR, Refusal(reason="no"), command())
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    assert await receivers(permits_db, "declaration.accepted") == {str(AGENT.id), str(B.id)}, "it lodged that itself"
    assert await receivers(permits_db, "declaration.refused") == {str(B.id)}
    assert await receivers(permits_db, "permit.revoked") == {str(B.id)}


@pytest.mark.parametrize("is_active", [True, False])
async def test_agent_is_notified_of_the_use_of_a_permit_under_a_valid_mandate_only(
    permits_db: AsyncEngine, is_active: bool
) -> None:
    mandate = mandate_copy(agent=AGENT, trader=B)
    await store_changed_mandates(permits_db, [mandate])
    declaration_id, _ = await lodge_as_agent(permits_db)
    await store_changed_mandates(permits_db, [change(active=is_active)(mandate)])
    await transitions.release(permits_db, declaration_id, CUSTOMS_FR, Release(), command())
    expected = {str(B.id), str(AGENT.id)} if is_active else {str(B.id)}
    assert await receivers(permits_db, "permit.used") == expected


async def test_mandate_copy_changes_with_a_higher_revision_only(permits_db: AsyncEngine) -> None:
    mandate = mandate_copy(agent=AGENT, trader=B)
    revoked = change(active=False)(mandate)
    await store_changed_mandates(permits_db, [revoked, mandate])
    await store_changed_mandates(permits_db, [mandate])
    declaration_id, _ = await lodge_as_agent(permits_db)
    with pytest.raises(NotFound):
        await read.read_declaration(permits_db, declaration_id, AGENT)
