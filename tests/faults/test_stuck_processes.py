"""A process that runs and does no work, and a process whose log cannot be opened: the hub starts both again."""

import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from services.cli.server_account import temporary_home
from tests.hub import RunningHub

QUICK_CHECKS = """
from functools import partial
from services.cli import up
up.Supervisor = partial(up.Supervisor, check_seconds=1.0)
from services.cli.main import app
app()
"""
"""`saola` with a health check of each process every second."""


@pytest.fixture(scope="module")
def checked_hub() -> Iterator[RunningHub]:
    """Yield a hub whose supervisor checks each process every second."""
    with temporary_home("sh-") as folder:
        hub = RunningHub(folder, program=("-c", QUICK_CHECKS))
        try:
            hub.wait_ready()
            yield hub
        finally:
            hub.stop()


def test_stopped_processes_are_ended_and_started_again(checked_hub: RunningHub) -> None:
    names = ("permits", "notifications-worker", "gateway")
    pids = {name: checked_hub.processes()[name] for name in names}
    time.sleep(4)  # each has succeeded in a check
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    for name, pid in pids.items():
        checked_hub.wait_until_restarted(name, pid)
        lines = [line for line in checked_hub.log_file.read_text().splitlines() if f"  {name} " in line]
        assert len(lines) == 1 and f"{name} failed 6 health checks in a row" in lines[0]
    with checked_hub.admin() as admin:
        assert "admin" in admin.me()["roles"]


def test_process_without_a_log_starts_again_while_the_database_is_away(checked_hub: RunningHub) -> None:
    pids = checked_hub.processes()
    database = psutil.Process(pids["database"])
    stopped = [database, *database.children(recursive=True)]
    logs = checked_hub.home / "logs"
    logs.rename(checked_hub.home / "moved")
    logs.touch()  # no log can be opened in a file
    try:
        for process in stopped:
            process.suspend()
        for name in ("permits", "notifications-worker"):
            checked_hub.kill(name)
        time.sleep(10)
        for process in stopped:
            process.resume()
        for name in ("permits", "notifications-worker"):
            checked_hub.wait_until_restarted(name, pids[name])
    finally:
        logs.unlink()
        (checked_hub.home / "moved").rename(logs)
    with checked_hub.admin() as admin:
        assert admin.create_party({"name": "Later", "country": "FR", "roles": ["trader"], "identifiers": {}})["id"]
    assert checked_hub.log_file.read_text().count("permits starts without a log") == 1
    unharmed = ("gateway", "notifications", "permits-worker", "database")
    assert {name: checked_hub.processes()[name] for name in unharmed} == {name: pids[name] for name in unharmed}
