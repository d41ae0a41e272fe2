"""What was kept before a migration is read as it was meant after it: consents beside their items, the dead told of."""

import asyncio
from typing import Any
from uuid import UUID

from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import ROOT, Server, require_no_drift
from services.permits.actions.declarations import read as actions_read
from services.permits.actions.declarations import transitions
from shared.contracts.declaration import Cancellation, Consent, Correction, Release
from tests.permits.declaration_steps import accepted_declaration, build_model, check_balances, run_command
from tests.permits.domain.write_off.test_consents import PART_USE, SHIPMENT, accept_with_consent, endorse_hundred
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_FR, B, balance, declaration, item, lodge_declaration


async def to(db: AsyncEngine, owner: str, revision: str) -> None:
    """Bring the database down to a revision, or up to the last."""
    await db.dispose()
    config = Config(str(ROOT / "migrations" / "alembic.ini"), ini_section="permits")
    config.attributes["url"] = owner
    act = alembic.upgrade if revision == "head" else alembic.downgrade
    await asyncio.to_thread(act, config, revision)


async def kept(db: AsyncEngine, id: UUID) -> tuple[str, str]:
    found = await balance(db, id)
    return found["consented"], found["available"]


async def had(db: AsyncEngine, id: UUID) -> str:
    query = text("SELECT import_consented::text FROM permit_lines WHERE permit_id = :id")
    async with db.connect() as conn:
        return str((await conn.execute(query, {"id": id})).scalar_one())


async def test_of_consents_what_is_in_use_stays_and_what_is_not_is_on_its_line_no_more(
    permits_db: AsyncEngine, server: Server
) -> None:
    owner = server.url(str(permits_db.url.database), "permits_owner", "test")
    used, paper = await endorse_hundred(permits_db)
    standing = await accept_with_consent(permits_db, paper, "106", "10")
    over, paper = await endorse_hundred(permits_db)
    await run_command(
        permits_db, transitions.cancel, await accept_with_consent(permits_db, paper, "110", "10"), B, Cancellation()
    )
    spent, paper = await endorse_hundred(permits_db)
    mine, others = [
        await lodge_declaration(permits_db, declaration(item(paper, "50", document=PART_USE), **SHIPMENT))
        for _ in range(2)
    ]
    await run_command(permits_db, transitions.consent, mine, AUTHORITY_ZA, build_model(Consent, item=1, quantity="10"))

    await to(permits_db, owner, "0014")
    assert [await had(permits_db, id) for id in (used, over, spent)] == ["10", "10", "10"]
    by_others = "UPDATE {} SET {}reserved = {}reserved + 4 WHERE permit_id = :id{}"
    ledger = """INSERT INTO ledger (id, permit_id, line, side, kind, quantity, closes, opens, day, cause, at, by_role)
        VALUES (gen_random_uuid(), :id, 'A', 'import', 'reserve', 4, false, false, current_date, 'x', now(), 'rules')"""
    async with permits_db.begin() as conn:
        names: dict[str, Any] = {"id": spent}
        await conn.execute(text(by_others.format("permit_lines", "import_", "import_", "")), names)
        whose = f" AND declaration_id = '{others['id']}'"
        await conn.execute(text(by_others.format("citations", "", "", whose)), names)
        await conn.execute(text(ledger), names)

    await to(permits_db, owner, "head")
    await asyncio.to_thread(require_no_drift, "permits", owner)
    assert [await kept(permits_db, id) for id in (used, over, spent)] == [("6", "0"), ("0", "100"), ("4", "0")]
    await check_balances(permits_db)
    freed = await run_command(permits_db, transitions.release, standing, CUSTOMS_FR, Release())
    assert (freed["status"], await kept(permits_db, used)) == ("released", ("6", "0"))
    await check_balances(permits_db)


async def test_how_many_were_dead_is_read_from_what_was_told_last(permits_db: AsyncEngine, server: Server) -> None:
    owner = server.url(str(permits_db.url.database), "permits_owner", "test")
    _, found = await accepted_declaration(permits_db, term="LIV")
    told = [{"number": 1, "quantity": "40", "dead_on_arrival": 4}]
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release, items=told))
    for more in ({"dead_on_arrival": 3}, {}):
        again = [{"number": 1, "quantity": "39", **more}]
        await run_command(
            permits_db, transitions.correct, found, CUSTOMS_FR, build_model(Correction, items=again, reason="recounted")
        )
    await to(permits_db, owner, "0015")
    await to(permits_db, owner, "head")
    read = await actions_read.read_declaration(permits_db, UUID(found["id"]), B)
    assert (read["usage"][0]["consumed"], read["usage"][0]["dead_on_arrival"]) == ("39", 3)
