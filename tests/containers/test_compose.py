"""The hub of docker-compose.yml: journeys, containers that die, networks, keys, backup and scale."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from saola_client import Problem
from services.cli.client_access import open_hub
from tests.containers.docker_engine import needs_compose
from tests.containers.hub import PROXY_IMAGE, ComposedHub, composed_hub
from tests.hub import run_saola

pytestmark = [needs_compose, pytest.mark.timeout(900)]
HEADING = "appendix,taxon,term,unit,purpose,source,exporter,importer,exporter_reported,importer_reported"
SERVICES = ("gateway", "permits", "permits-worker", "notifications", "notifications-worker")
BASE_IMAGE = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
DATABASES = ("gateway-db", "permits-db", "notifications-db")
LOOK_UP = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def is_found(name):
    try:
        return bool(socket.gethostbyname(name))
    except OSError:
        return False

with ThreadPoolExecutor(16) as pool:
    print(*[name for name, found in zip(sys.argv[1:], pool.map(is_found, sys.argv[1:])) if found])
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[ComposedHub]:
    """Yield a hub in containers for all tests of this module."""
    with composed_hub() as hub:
        yield hub


@pytest.fixture
def trade(tmp_path: Path) -> Path:
    """Return a CSV file of 120 rows. In every third row the import exceeds the export."""
    rows = (f"II,Falco exemplaris,LIV,number,T,C,AE,GB,12,{11 + number % 3}" for number in range(120))
    file = tmp_path / "trade.csv"
    file.write_text("\n".join([HEADING, *rows]) + "\n")
    return file


def names_found_by(hub: ComposedHub, service: str) -> set[str]:
    """Return the services and databases whose names a service can resolve."""
    look = ["/opt/saola/python/bin/python", "-c", LOOK_UP, *SERVICES, *DATABASES]
    return set(hub.docker("exec", "-e", "RES_OPTIONS=timeout:1 attempts:1", hub.container(service), *look).split())


def test_demo_from_outside_receives_events_by_webhook(hub: ComposedHub) -> None:
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin, "--receive-at", hub.host_address())
    assert "B receives declaration.released, by a signed webhook, once" in played.stdout, played.stdout + played.stderr
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_demo_without_receiver_reads_events_from_the_feed(hub: ComposedHub) -> None:
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin)
    assert "B receives declaration.released, from the feed, once" in played.stdout, played.stdout + played.stderr
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_replay_from_outside_loses_no_declaration(hub: ComposedHub, trade: Path) -> None:
    played = run_saola("replay", trade, "--hub", hub.url, "--admin", hub.admin)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in played.stdout, played.stdout + played.stderr


@pytest.mark.parametrize("victim", [*SERVICES, *DATABASES])
def test_container_that_dies_restarts_and_loses_no_declaration(hub: ComposedHub, trade: Path, victim: str) -> None:
    """Kill a service inside of its container, which Docker restarts. Kill the container of a database."""
    began = hub.docker("inspect", "--format", "{{.State.StartedAt}}", hub.container(victim))
    words = ["replay", str(trade), "--hub", hub.url, "--admin", str(hub.admin)]
    replay = subprocess.Popen(
        [sys.executable, "-P", "-m", "services.cli.main", *words], stdout=subprocess.PIPE, text=True
    )
    time.sleep(1.5)
    if victim in DATABASES:
        hub.docker("restart", "--time", "0", hub.container(victim))
    else:
        hub.run_in(victim, "sh", "-c", "kill -9 -1", check=False)
    output, _ = replay.communicate(timeout=150)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in output
    hub.wait_ready()
    assert hub.docker("inspect", "--format", "{{.State.StartedAt}}", hub.container(victim)) != began


def test_service_resolves_only_the_names_that_it_needs(hub: ComposedHub) -> None:
    found = {service: names_found_by(hub, service) for service in SERVICES}
    inside = {"gateway", "permits", "permits-worker", "notifications"}
    assert found == {
        "gateway": inside | {"gateway-db"},
        "permits": inside | {"permits-db"},
        "permits-worker": inside | {"permits-db"},
        "notifications": inside | {"notifications-db", "notifications-worker"},
        "notifications-worker": {"notifications", "notifications-db", "notifications-worker"},
    }


def test_image_has_no_compiler_no_installer_and_is_read_only(hub: ComposedHub) -> None:
    for service in SERVICES:
        assert hub.run_in(service, "id", "-u") == "10001"
        assert hub.run_in(service, "sh", "-c", "command -v cc gcc g++ make pip pip3; echo end") == "end"
        assert hub.run_in(service, "sh", "-c", "test ! -e /opt/saola/python/bin/pip && echo none") == "none"
        assert hub.run_in(service, "sh", "-c", "touch /opt/saola/x /x 2>/dev/null || echo refused") == "refused"
        assert hub.run_in(service, "cat", "/proc/1/comm") == "tini"


def test_image_adds_no_database_server_to_its_base(hub: ComposedHub) -> None:
    look = "find / -xdev \\( -name postgres -o -name initdb -o -name '*pgserver*' \\) 2>/dev/null; echo end"
    in_base = hub.docker("run", "--rm", "--entrypoint", "sh", BASE_IMAGE, "-c", look).splitlines()
    added = {service: set(hub.run_in(service, "sh", "-c", look).splitlines()) - set(in_base) for service in SERVICES}
    assert added == {service: set() for service in SERVICES}


def test_database_container_has_no_capability_after_its_start(hub: ComposedHub) -> None:
    for database in DATABASES:
        status = hub.run_in(database, "sh", "-c", "cat /proc/1/status")
        found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert (found["CapEff"].strip("0"), found["NoNewPrivs"]) == ("", "1"), database
        assert found["Uid"].split()[1] != "0", database


def test_private_key_is_only_in_the_service_that_uses_it(hub: ComposedHub) -> None:
    found = {service: hub.run_in(service, "sh", "-c", "cd /keys; ls */* | sort").split() for service in SERVICES}
    public = ["public/gateway.json", "public/permits.json", "public/tokens.json", "public/webhooks.json"]
    sends = ["notifications/secrets.json", "notifications/webhooks.json", *public]
    assert found == {
        "gateway": ["gateway/inside.json", "gateway/tokens.json"],
        "permits": ["permits/inside.json", *public],
        "permits-worker": ["permits/inside.json", *public],
        "notifications": sends,
        "notifications-worker": sends,
    }


def test_restore_brings_back_the_backup_and_drops_later_changes(hub: ComposedHub, tmp_path: Path) -> None:
    with open_hub(hub.url, hub.admin) as admin:
        kept = admin.create_party({"name": "Kept", "country": "ZA", "roles": ["authority"]})
        hub.run_script("backup.sh", tmp_path)
        lost = admin.create_party({"name": "Later", "country": "ZA", "roles": ["authority"]})
        hub.run_script("restore.sh", tmp_path)
        hub.wait_ready()
        assert admin.create_credential(kept["id"])["client_id"]
        with pytest.raises(Problem) as gone:
            admin.create_credential(lost["id"])
        assert gone.value.status == 404
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin, "--receive-at", hub.host_address())
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_gateways_and_permits_behind_proxy_share_the_work(hub: ComposedHub, trade: Path) -> None:
    """Replay trade with two gateways and three permits. This test is the last: the hub stays at this scale."""
    if not hub.has_or_pulls(PROXY_IMAGE):
        pytest.skip(f"the Docker engine has no {PROXY_IMAGE} and cannot pull it")
    hub.scale({"gateway": 2, "permits": 3})
    places = [name for service in ("gateway", "permits") for name in hub.containers(service)]
    before = {place: hub.processor_seconds(place) for place in places}
    played = run_saola("replay", trade, "--hub", hub.url, "--admin", hub.admin)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in played.stdout, played.stdout + played.stderr
    worked = {place: hub.processor_seconds(place) - seconds for place, seconds in before.items()}
    assert len(places) == 5 and all(seconds > 0.05 for seconds in worked.values()), worked
