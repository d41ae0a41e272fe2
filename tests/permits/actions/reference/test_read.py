"""The state of the reference lists, in the API, in the metrics and in the log of a start."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions.metrics import collect_metrics
from services.permits.actions.reference.initial_listing import InitialListing
from services.permits.actions.reference.read import list_reference_lists
from shared.contracts.views.reference import ReferenceList
from tests.days import today
from tests.log_lines import captured_lines
from tests.permits.actions.reference.test_load_list_suspensions_and_quotas import DIRTY_SUSPENSIONS
from tests.permits.declaration_steps import accepted_declaration
from tests.permits.internal_client import InternalClient
from tests.permits.reference_files import index_csv, load_content, taxon_row
from tests.permits.sample_data import B

HEADER = DIRTY_SUSPENSIONS.splitlines(keepends=True)[0]
TABLES = (
    "reference_loads, suspensions, hs_codes, quota_notices, quota_usage, quota_amounts, quotas, taxon_names, "
    "taxon_genera, taxa"
)


@pytest.fixture
async def new_db(permits_db: AsyncEngine, server: Server) -> AsyncIterator[AsyncEngine]:
    """A permits database without any load."""
    admin = await server.connect_as_superuser(str(permits_db.url.database))
    await admin.execute(f"TRUNCATE {TABLES}")
    await admin.close()
    yield permits_db


async def _states(db: AsyncEngine) -> dict[str, ReferenceList]:
    return {one.list: one for one in await list_reference_lists(db)}


async def _samples(db: AsyncEngine, name: str) -> dict[str, float]:
    """Return the values of a metric, by list."""
    [metric] = [one for one in await collect_metrics(db) if one.name == name]
    return {sample.labels["list"]: sample.value for sample in metric.samples}


async def test_list_that_was_never_loaded_names_its_effect_and_remedy(new_db: AsyncEngine) -> None:
    states = await _states(new_db)
    hs_codes = states.pop("hs-codes")
    assert (hs_codes.state, hs_codes.rows, hs_codes.version, hs_codes.remedy) == ("built_in", 0, 0, None)
    assert {name: (one.state, one.rows, one.version, one.loaded_at) for name, one in states.items()} == dict.fromkeys(
        ("taxa", "suspensions", "quotas"), ("never_loaded", 0, 0, None)
    )
    assert states["suspensions"].effect == "No suspension is checked."
    assert all(one.remedy and f"PUT /v1/reference/{name}" in one.remedy for name, one in states.items())


async def test_list_with_only_a_header_is_empty_and_needs_no_load(new_db: AsyncEngine) -> None:
    await load_content(new_db, HEADER, "suspensions")
    suspensions = (await _states(new_db))["suspensions"]
    assert (suspensions.state, suspensions.rows, suspensions.version) == ("empty", 0, 1)
    assert suspensions.loaded_at is not None and suspensions.remedy is None


async def test_list_of_the_first_start_is_built_in_until_the_index_is_loaded(new_db: AsyncEngine) -> None:
    await InitialListing(new_db).load_when_possible()
    taxa = (await _states(new_db))["taxa"]
    assert taxa.state == "built_in" and taxa.rows > 100 and taxa.remedy is not None
    await load_content(new_db, index_csv([taxon_row(1, "Inventus probatus")]))
    loaded = (await _states(new_db))["taxa"]
    assert (loaded.state, loaded.remedy, loaded.version) == ("loaded", None, taxa.version + 1)


async def test_metrics_show_rows_and_time_of_each_list(new_db: AsyncEngine) -> None:
    await load_content(new_db, DIRTY_SUSPENSIONS, "suspensions")
    loaded_at = (await _states(new_db))["suspensions"].loaded_at
    assert loaded_at is not None
    assert await _samples(new_db, "saola_reference_list_rows") == {
        "taxa": 0, "suspensions": 3, "quotas": 0, "hs-codes": 0,
    }  # fmt: skip
    assert await _samples(new_db, "saola_reference_list_loaded_timestamp_seconds") == {
        "taxa": 0, "suspensions": loaded_at.timestamp(), "quotas": 0, "hs-codes": 0,
    }  # fmt: skip


async def test_log_of_a_start_warns_of_lists_that_were_never_loaded(new_db: AsyncEngine) -> None:
    await load_content(new_db, DIRTY_SUSPENSIONS, "suspensions")
    with captured_lines("permits") as lines:
        await InitialListing(new_db).load_when_possible()
    found: list[dict[str, Any]] = lines.of("reference_list.found")
    unavailable: list[dict[str, Any]] = lines.of("reference_list.unavailable")
    assert [(line["list"], line["rows"]) for line in found] == [("suspensions", 3), ("hs-codes", 0)]
    assert [(line["list"], line["state"], line["level"]) for line in unavailable] == [
        ("taxa", "built_in", "warning"), ("quotas", "never_loaded", "warning"),
    ]  # fmt: skip
    assert unavailable[1]["effect"] == "No quota is checked."


async def test_declaration_has_no_finding_about_lists_that_were_never_loaded(new_db: AsyncEngine) -> None:
    await InitialListing(new_db).load_when_possible()
    _, found = await accepted_declaration(new_db)
    assert found["findings"] == []


async def test_reference_lists_are_read_by_any_party_page_by_page(internal_client: InternalClient) -> None:
    whole = (await internal_client("GET", "/v1/reference/lists", B)).json()
    assert [one["list"] for one in whole["data"]] == ["taxa", "suspensions", "quotas", "hs-codes"]
    assert date.fromisoformat(whole["data"][1]["holds_from"]) <= today()
    page = (await internal_client("GET", "/v1/reference/lists", B, params={"limit": "2"})).json()
    assert (len(page["data"]), page["next_cursor"]) == (2, "suspensions")
