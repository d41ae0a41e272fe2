"""Every search of permits and declarations uses an index, on its first page and on later ones."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.synthetic_rows import insert_declarations, insert_permits
from services.cli.databases import Server
from services.permits.store import declarations, permit_queries
from services.permits.store.search import list_taxon_words
from tests.permits.sample_data import AUTHORITY_FR, AUTHORITY_ZA, CUSTOMS_FR, B

PAGES: tuple[UUID | None, ...] = (None, UUID("019b7800-0000-7000-8000-000000000000"))
"""The first page, and a late one: the cursor is the id of the last row of the page before."""

PERMITS: tuple[tuple[Any, dict[str, str], str], ...] = (
    (AUTHORITY_ZA, {"number": "ZA-7777"}, "permits_number"),
    (AUTHORITY_ZA, {"number": "ZA-7777", "issuer": "ZA"}, "permits_issuer_number_key|permits_number"),
    (AUTHORITY_ZA, {"taxon": "Exemplaria baa"}, "permits_search_words"),
    (AUTHORITY_ZA, {"taxon": "Exemplaria"}, "permits_search_words|permits_pkey|permits_\\w+_country"),
    (AUTHORITY_ZA, {"holder": "ZA7"}, "permits_search_words"),
    (AUTHORITY_ZA, {"status": "revoked"}, "permits_status"),
    (AUTHORITY_ZA, {"status": "expired"}, "permits_valid_until"),
    (AUTHORITY_ZA, {"from": "2030-01-01"}, "permits_issued_on"),
    (AUTHORITY_ZA, {"to": "2020-01-01"}, "permits_issued_on"),
    (B, {}, "permits_importer|permits_exporter"),
)
ANY = "declarations_pkey|declarations_\\w+_country"
"""Indexes for filters that many rows pass: PostgreSQL reads the newest rows, or those of the reader's country."""
DECLARATIONS: tuple[tuple[Any, dict[str, str], str], ...] = (
    (CUSTOMS_FR, {"reference": "B-7777"}, "declarations_reference"),
    (B, {"reference": "B-7777"}, "declarations_reference"),
    (CUSTOMS_FR, {"permit_number": "ZA-7777"}, "declarations_search_words"),
    (CUSTOMS_FR, {"holder": "FR77"}, "declarations_search_words"),
    (CUSTOMS_FR, {"issuer": "ZA"}, f"declarations_search_words|{ANY}"),
    (CUSTOMS_FR, {"issuer": "NA"}, "declarations_search_words"),
    (CUSTOMS_FR, {"taxon": "Exemplaria baa"}, "declarations_search_words"),
    (CUSTOMS_FR, {"status": "rejected"}, "declarations_status"),
    (CUSTOMS_FR, {"status": "referred"}, f"declarations_status|declarations_referred|{ANY}"),
    (CUSTOMS_FR, {"movement": "import"}, ANY),
    (CUSTOMS_FR, {"country": "DE"}, ANY),
    (CUSTOMS_FR, {"from": "2030-01-01"}, "declarations_received_at"),
    (CUSTOMS_FR, {"to": "2020-01-01"}, "declarations_received_at"),
    (CUSTOMS_FR, {"from": "2026-02-01", "to": "2026-02-02"}, "declarations_received_at"),
    (AUTHORITY_FR, {}, ANY),
    (B, {}, "declarations_party|declarations_trader"),
)


async def explain(db: AsyncEngine, server: Server, query: Select[Any]) -> str:
    """Return PostgreSQL's plan of a query with the values that the service sends."""
    written = query.compile(dialect=db.dialect, compile_kwargs={"render_postcompile": True})
    of_json = {name for name, bind in written.binds.items() if isinstance(bind.type, JSON)}
    given = {
        name: json.dumps(value) if name in of_json else value for name, value in written.construct_params().items()
    }
    admin = await server.connect_as_superuser(str(db.url.database))
    rows = await admin.fetch(f"EXPLAIN {written}", *(given[name] for name in written.positiontup or ()))
    await admin.close()
    return "\n".join(row[0] for row in rows)


async def analyze(db: AsyncEngine, server: Server) -> None:
    """Update the statistics of PostgreSQL about the tables."""
    admin = await server.connect_as_superuser(str(db.url.database))
    await admin.execute("VACUUM ANALYZE permits, declarations")
    await admin.close()


async def taxon_words(db: AsyncEngine, filters: dict[str, str]) -> Sequence[str]:
    """Return the search words of the filtered taxon."""
    async with db.connect() as conn:
        return await list_taxon_words(conn, filters.get("taxon", ""))


def require_index(table: str, filters: dict[str, str], index: str, plan: str) -> None:
    """Check that a plan uses an index and reads no whole table."""
    assert re.search(rf"\b(?:{index})\b", plan) and f"Seq Scan on {table}" not in plan, (filters, plan)


async def test_permit_searches_use_an_index(permits_db: AsyncEngine, server: Server) -> None:
    await insert_permits(permits_db, 30_000)
    await analyze(permits_db, server)
    for who, filters, index in PERMITS:
        for before in PAGES:
            taxa = await taxon_words(permits_db, filters)
            query = permit_queries.search_query(who, filters, taxa, limit=50, before=before, at=datetime.now(UTC))
            found = await explain(permits_db, server, query)
            require_index("permits", filters, index if before is None else f"{index}|permits_pkey", found)


async def test_declaration_searches_use_an_index(permits_db: AsyncEngine, server: Server) -> None:
    await insert_declarations(permits_db, 30_000)
    await analyze(permits_db, server)
    for who, filters, index in DECLARATIONS:
        for before in PAGES:
            taxa = await taxon_words(permits_db, filters)
            query = declarations.search_query(who, filters, taxa, limit=50, before=before)
            found = await explain(permits_db, server, query)
            require_index("declarations", filters, index if before is None else f"{index}|declarations_pkey", found)
