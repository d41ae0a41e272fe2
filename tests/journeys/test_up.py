"""The life of `saola up`: it starts, mends itself, ends, and finds everything again."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator

import httpx2
import pytest

from saola_client import Hub
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from tests.hub import RunningHub, run_saola, running_hub, running_processes, short_folder

NAMES = {"gateway", "permits", "permits-worker", "notifications", "notifications-worker", "database"}


@pytest.fixture(scope="module")
def mine() -> Iterator[RunningHub]:
    """A hub that may be killed and stopped."""
    with running_hub() as hub:
        yield hub


def status_of_me(hub: RunningHub, token: str) -> int:
    return httpx2.get(
        f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ).status_code


def test_the_administrators_credentials_are_written_for_their_owner_only(mine: RunningHub) -> None:
    file = mine.home / "admin.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(file.read_text())) == {"client_id", "client_secret"}
    with mine.admin() as admin:
        assert "admin" in admin.me()["roles"]


def test_it_says_what_to_try_next(mine: RunningHub) -> None:
    output = mine.log_file.read_text()
    assert f"Saola is ready at {mine.url}" in output
    assert f"demo --hub {mine.url}" in output
    assert "/docs" in output and "admin.json" in output


def test_a_second_hub_on_the_same_home_is_refused_in_plain_words(mine: RunningHub) -> None:
    second = run_saola("up", "--home", mine.home, "--port", str(free_ports(1)[0]))
    assert second.returncode == 1
    assert "A hub already runs on" in second.stderr and mine.url in second.stderr
    assert is_ready(mine.port)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_killed_process_is_back_and_the_hub_with_it(mine: RunningHub, name: str) -> None:
    killed = mine.kill(name)
    mine.wait_until_restarted(name, killed)
    assert set(mine.processes()) == NAMES
    with mine.admin() as admin:
        assert "admin" in admin.me()["roles"]


def test_it_stops_cleanly_leaves_nothing_and_finds_everything_again(mine: RunningHub) -> None:
    credentials = (mine.home / "admin.json").read_bytes()
    with mine.admin() as admin:
        token = admin.access_token()
        party = admin.create_party({"name": "Kept", "country": "FR", "roles": ["trader"], "identifiers": {}})
        pair = admin.create_credential(party["id"])
    pids = mine.processes()
    assert set(pids) == NAMES

    assert mine.stop(signal.SIGINT) == 0
    assert running_processes(pids) == set()
    assert not is_ready(mine.port)

    mine.restart()
    assert (mine.home / "admin.json").read_bytes() == credentials
    assert status_of_me(mine, token) == 200
    with Hub(mine.url, pair["client_id"], pair["client_secret"]) as kept:
        assert kept.me()["name"] == "Kept"


def kill_the_supervisor(hub: RunningHub) -> dict[str, int]:
    pids = hub.processes()
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait()
    return pids


def all_gone(pids: dict[str, int], seconds: float = 35.0) -> set[str]:
    ends = time.monotonic() + seconds
    while (left := running_processes(pids)) and time.monotonic() < ends:
        time.sleep(0.05)
    return left


def test_what_a_killed_supervisor_leaves_ends_by_itself(mine: RunningHub) -> None:
    assert all_gone(kill_the_supervisor(mine)) == set()
    mine.restart()


def test_what_a_killed_supervisor_leaves_hinders_no_new_start(mine: RunningHub) -> None:
    pids = kill_the_supervisor(mine)
    mine.restart()
    assert all_gone(pids) == set()
    with mine.admin() as admin:
        assert "admin" in admin.me()["roles"]
    assert mine.stop(signal.SIGTERM) == 0
    mine.restart()


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with short_folder() as folder, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = run_saola("up", "--port", str(port), "--home", folder)
    assert up.returncode == 1
    assert up.stderr.strip() == (
        f"Port {port} on 127.0.0.1 is taken by another program. Choose another: saola up --port {port + 1}"
    )
