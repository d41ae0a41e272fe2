"""Lists of declarations: summaries, with parts on request, in pages that are limited in bytes."""

import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions.declarations import read
from shared.contracts.closed_sets import DeclarationPart
from shared.contracts.limits import PAGE_BYTES
from tests.permits.internal_client import InternalClient, issue_by_http, lodge_by_http
from tests.permits.sample_data import B, declaration, item, lodge_declaration, permit_content
from tests.statement_plans import prepared_plans

LARGE_PARTS = ("findings", "history", "items", "usage")
SUMMARY_FIELDS = {
    "id", "version", "status", "reference", "movement", "trader", "lodged_by", "exporter", "importer",
    "export_country", "import_country", "received_at", "digest", "item_count", "taxa", "finding_counts",
    "findings_omitted",
}  # fmt: skip


async def list_rows(internal_client: InternalClient, **query: Any) -> list[dict[str, Any]]:
    """Return the rows of the trader's first page."""
    response = await internal_client("GET", "/v1/declarations", B, params=query)
    assert response.status_code == 200, response.text
    return list(response.json()["data"])


async def test_list_has_summaries_with_the_fields_and_counts_of_the_whole(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    items = [item(permit["terms"], "100"), item(permit["terms"], "5", number=2, taxon="Naja naja")]
    declaration_id = await lodge_by_http(internal_client, declaration(*items, customs_office="FR002300"))
    whole = (await internal_client("GET", f"/v1/declarations/{declaration_id}", B)).json()
    [row] = await list_rows(internal_client)
    assert row.keys() == SUMMARY_FIELDS | {"customs_office"} | ({"transport_document"} & whole.keys())
    assert {name: row[name] for name in row.keys() & whole.keys()} == {
        name: whole[name] for name in row.keys() & whole.keys()
    }
    assert (row["item_count"], row["taxa"]) == (2, ["Crocodylus niloticus", "Naja naja"])
    severities = [finding["severity"] for finding in whole["findings"]]
    assert severities
    assert row["finding_counts"] == {name: severities.count(name) for name in ("block", "refer", "note")}


@pytest.mark.parametrize("expand", [*LARGE_PARTS, ",".join(LARGE_PARTS)])
async def test_expanded_row_has_the_requested_parts_as_the_whole(internal_client: InternalClient, expand: str) -> None:
    permit = await issue_by_http(internal_client)
    declaration_id = await lodge_by_http(internal_client, declaration(item(permit["terms"], "100")))
    whole = (await internal_client("GET", f"/v1/declarations/{declaration_id}", B)).json()
    [row] = await list_rows(internal_client, expand=expand)
    parts = {name: whole[name] for name in expand.split(",")}
    assert {name: row[name] for name in LARGE_PARTS if name in row} == parts
    assert row.keys() - parts.keys() >= SUMMARY_FIELDS


async def test_unknown_part_is_refused(internal_client: InternalClient) -> None:
    for expand in ("finding", "findings,", ""):
        response = await internal_client("GET", "/v1/declarations", B, params={"expand": expand})
        assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter"), expand


async def lodge_large(db: AsyncEngine, count: int) -> list[str]:
    """Lodge declarations with 200 items of 500 random characters. Return their ids, newest first."""
    permit = permit_content()
    ids = []
    for number in range(count):
        described = "".join(f"{number * place % 99991:05}" for place in range(100))
        items = [item(permit, "1", number=n, documents=[], description=f"{n:05}{described[5:]}") for n in range(1, 201)]
        ids.append((await lodge_declaration(db, declaration(*items)))["id"])
    return ids[::-1]


async def test_expanded_pages_are_limited_in_bytes_and_skip_nothing(permits_db: AsyncEngine) -> None:
    ids = await lodge_large(permits_db, 8)
    seen: list[str] = []
    pages = 0
    cursor = None
    for _ in ids:
        page = await read.list_declarations(
            permits_db, B, {}, expand=frozenset(DeclarationPart), limit=50, before=cursor
        )
        found = json.loads(page.body)
        assert found["data"]
        assert len(page.body) <= PAGE_BYTES + 100 or len(found["data"]) == 1
        seen += [row["id"] for row in found["data"]]
        cursor = found["next_cursor"]
        pages += 1
        if cursor is None:
            break
    assert seen == ids
    assert pages > 1


async def test_list_of_summaries_reads_no_large_column(permits_db: AsyncEngine, server: Server) -> None:
    ids = await lodge_large(permits_db, 3)
    assert await count_toast_blocks(permits_db, server, expand=frozenset()) == 0
    assert await count_toast_blocks(permits_db, server, expand=frozenset({DeclarationPart.ITEMS})) > 0
    page = await read.list_declarations(permits_db, B, {}, limit=50, before=None)
    assert [row["id"] for row in json.loads(page.body)["data"]] == ids


async def count_toast_blocks(db: AsyncEngine, server: Server, *, expand: frozenset[DeclarationPart]) -> int:
    """Return the number of blocks with large values of declarations that one list reads."""
    before = await read_toast_counter(db, server)
    await read.list_declarations(db, B, {}, expand=expand, limit=50, before=None)
    return await read_toast_counter(db, server) - before


async def read_toast_counter(db: AsyncEngine, server: Server) -> int:
    await db.dispose()  # a connection that ends reports its counters
    admin = await server.connect_as_superuser(str(db.url.database))
    connections = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'permits_runner'"
    for _ in range(1_000):
        if await admin.fetchval(connections) == 0:
            break
        await admin.execute("SELECT pg_sleep(0.01)")
    await admin.execute("SELECT pg_stat_clear_snapshot()")
    found = await admin.fetchval(
        "SELECT toast_blks_read + toast_blks_hit FROM pg_statio_user_tables WHERE relname = 'declarations'"
    )
    await admin.close()
    return int(found)


async def test_repeated_list_is_planned_for_its_values(permits_db: AsyncEngine) -> None:
    for _ in range(8):
        await read.list_declarations(permits_db, B, {"status": "released"}, limit=50, before=None)
    plans = await prepared_plans(permits_db, "FROM declarations")
    assert sum(plan.custom for plan in plans) >= 8
    assert [plan for plan in plans if plan.generic] == []
