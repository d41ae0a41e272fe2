"""`saola up` starts, restarts a process that ended, stops, and starts again with its data."""

import json
import os
import re
import signal
import socket
from collections.abc import Iterator

import httpx2
import pytest

from saola_client import Hub
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from tests.hub import RunningHub, run_saola, running_hub, running_processes
from tests.waiting import block_until

NAMES = {"gateway", "permits", "permits-worker", "notifications", "notifications-worker", "database"}


@pytest.fixture(scope="module")
def own_hub() -> Iterator[RunningHub]:
    """A hub that may be killed and stopped."""
    with running_hub() as hub:
        yield hub


def read_own_status(hub: RunningHub, token: str) -> int:
    return httpx2.get(
        f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ).status_code


def test_credentials_of_the_administrator_are_readable_by_their_owner_only(own_hub: RunningHub) -> None:
    file = own_hub.home / "admin.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(file.read_text())) == {"client_id", "client_secret"}
    with own_hub.admin() as admin:
        assert "admin" in admin.me()["roles"]


def test_files_of_a_running_hub_are_private(own_hub: RunningHub) -> None:
    database = own_hub.home / "database"
    found = [path for path in own_hub.home.rglob("*") if database not in path.parents and path.is_file()]
    assert {"lock", "run.json", "prepare.log", "gateway.log", "admin.json", "tokens.private.json"} <= {
        path.name for path in found
    }
    assert {str(path) for path in found if path.stat().st_mode & 0o077} == set()
    assert database.stat().st_mode & 0o777 == 0o700
    assert (database / "log").stat().st_mode & 0o777 == 0o600


def test_hub_when_ready_prints_the_next_steps(own_hub: RunningHub) -> None:
    output = own_hub.log_file.read_text()
    assert f"Saola is ready at {own_hub.url}" in output
    assert f"demo --hub {own_hub.url}" in output
    assert "/docs" in output and "admin.json" in output


def test_hub_on_a_home_in_use_is_refused_in_plain_words(own_hub: RunningHub) -> None:
    second = run_saola("up", "--home", own_hub.home, "--port", str(free_ports(1)[0]))
    assert second.returncode == 1
    assert "Another hub already uses the home folder" in second.stderr and f"at {own_hub.url}." in second.stderr
    assert "saola up --home ./other --port 8001" in second.stderr
    assert is_ready(own_hub.port)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_process_of_a_hub_after_a_kill_is_restarted(own_hub: RunningHub, name: str) -> None:
    killed = own_hub.kill(name)
    own_hub.wait_until_restarted(name, killed)
    assert set(own_hub.processes()) == NAMES
    with own_hub.admin() as admin:
        assert "admin" in admin.me()["roles"]


def test_hub_stopped_and_started_again_has_its_data(own_hub: RunningHub) -> None:
    credentials = (own_hub.home / "admin.json").read_bytes()
    with own_hub.admin() as admin:
        token = admin.access_token()
        party = admin.create_party({"name": "Kept", "country": "FR", "roles": ["trader"], "identifiers": {}})
        pair = admin.create_credential(party["id"])
    pids = own_hub.processes()
    assert set(pids) == NAMES

    assert own_hub.stop(signal.SIGINT) == 0
    assert running_processes(pids) == set()
    assert not is_ready(own_hub.port)

    own_hub.restart()
    assert (own_hub.home / "admin.json").read_bytes() == credentials
    assert read_own_status(own_hub, token) == 200
    with Hub(own_hub.url, pair["client_id"], pair["client_secret"]) as kept:
        assert kept.me()["name"] == "Kept"


def kill_the_supervisor(hub: RunningHub) -> dict[str, int]:
    pids = hub.processes()
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait()
    return pids


def wait_until_gone(pids: dict[str, int]) -> None:
    block_until(lambda: not running_processes(pids), seconds=100)


def test_processes_of_a_killed_supervisor_end_without_help(own_hub: RunningHub) -> None:
    wait_until_gone(kill_the_supervisor(own_hub))
    own_hub.restart()


def test_hub_after_a_killed_supervisor_starts_again(own_hub: RunningHub) -> None:
    pids = kill_the_supervisor(own_hub)
    own_hub.restart()
    wait_until_gone(pids)
    with own_hub.admin() as admin:
        assert "admin" in admin.me()["roles"]
    assert own_hub.stop(signal.SIGTERM) == 0
    own_hub.restart()


def test_port_in_use_is_reported_with_another_port() -> None:
    with temporary_home("sh-") as folder, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = run_saola("up", "--port", str(port), "--home", folder)
    assert up.returncode == 1
    refused = re.fullmatch(
        rf"Another program uses port {port} on 127\.0\.0\.1\. Stop it, or choose another port: "
        rf"saola up --port (\d+) --home {folder}\n",
        up.stderr,
    )
    assert refused is not None, up.stderr
    assert int(refused[1]) != port
