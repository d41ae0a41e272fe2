"""`saola status`: the state of the reconciliations, and the names of what they cannot mend."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest

from services.cli.console import CommandError
from services.cli.hub_status import NAMED, print_status
from shared.contracts.closed_sets import ReconciliationStatus
from shared.database import create_engine, now
from shared.reconciliation import report_lost, store_status
from shared.reconciliation_state import Loss
from tests.conftest import Clone

LOSS = Loss(code="event", reason="Officers repeat the decisions.")
COUNT = NAMED + 5


async def _database_with_losses(clone: Clone) -> dict[str, str]:
    """Return the environment of a permits container whose database names some losses."""
    url = await clone("permits")
    engine = create_engine(url)
    lost = {UUID(int=number): f"permit:{number} 3 permit.endorsed" for number in range(COUNT)}
    await report_lost(engine, "events", LOSS, lost)
    await store_status(engine, "events", ReconciliationStatus.DONE, compared_at=now())
    await engine.dispose()
    return {"PERMITS_DATABASE_URL": url}


async def _print_status(environ: dict[str, str], *, as_json: bool) -> None:
    await asyncio.to_thread(print_status, Path("nothing"), as_json=as_json, environ=environ)


async def test_status_names_the_newest_losses_and_counts_the_others(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    await _print_status(await _database_with_losses(clone), as_json=False)
    printed = capsys.readouterr().out
    assert f"Lost events ({COUNT}): {LOSS.reason}" in printed
    assert printed.count("permit.endorsed") == NAMED
    assert "and 5 more" in printed
    assert "done" in printed


async def test_status_as_json_names_every_loss(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    environ = await _database_with_losses(clone)
    capsys.readouterr()  # the log line of the losses
    await _print_status(environ, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [(one["messages"], one["status"], one["lost"]) for one in printed["reconciliations"]] == [
        ("events", "done", COUNT)
    ]
    assert {one["detail"] for one in printed["lost"]} == {f"permit:{n} 3 permit.endorsed" for n in range(COUNT)}


async def test_status_of_a_folder_without_a_hub_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no database"):
        await asyncio.to_thread(print_status, tmp_path, as_json=False, environ={})


async def test_status_without_its_database_is_an_error() -> None:
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    with pytest.raises(CommandError, match="cannot be read"):
        await _print_status({"GATEWAY_DATABASE_URL": url}, as_json=False)
