"""The hub of docker-compose.yml: it plays the journeys, loses nothing when a container dies, and keeps its zones."""

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
    """A hub in containers, for all these tests."""
    with composed_hub() as hub:
        yield hub


@pytest.fixture
def trade(tmp_path: Path) -> Path:
    """A file of 120 rows, every third of which reports more than was exported."""
    rows = (f"II,Falco exemplaris,LIV,number,T,C,AE,GB,12,{11 + number % 3}" for number in range(120))
    file = tmp_path / "trade.csv"
    file.write_text("\n".join([HEADING, *rows]) + "\n")
    return file


def found_by(hub: ComposedHub, service: str) -> set[str]:
    look = ["/opt/saola/python/bin/python", "-c", LOOK_UP, *SERVICES, *DATABASES]
    return set(hub.docker("exec", "-e", "RES_OPTIONS=timeout:1 attempts:1", hub.container(service), *look).split())


def test_the_main_journey_is_played_from_outside_with_its_webhooks(hub: ComposedHub) -> None:
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin, "--receive-at", hub.our_address())
    assert "B receives declaration.released, by a signed webhook, once" in played.stdout, played.stdout + played.stderr
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_where_webhooks_are_not_sent_to_the_journey_is_played_with_the_feed(hub: ComposedHub) -> None:
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin)
    assert "B receives declaration.released, from the feed, once" in played.stdout, played.stdout + played.stderr
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_trade_is_replayed_from_outside(hub: ComposedHub, trade: Path) -> None:
    played = run_saola("replay", trade, "--hub", hub.url, "--admin", hub.admin)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in played.stdout, played.stdout + played.stderr


@pytest.mark.parametrize("victim", [*SERVICES, *DATABASES])
def test_a_container_that_dies_costs_nothing(hub: ComposedHub, trade: Path, victim: str) -> None:
    """A service is killed inside, and its container started again by its policy; a database's container is killed."""
    began = hub.docker("inspect", "--format", "{{.State.StartedAt}}", hub.container(victim))
    words = ["replay", str(trade), "--hub", hub.url, "--admin", str(hub.admin)]
    replay = subprocess.Popen(
        [sys.executable, "-P", "-m", "services.cli.main", *words], stdout=subprocess.PIPE, text=True
    )
    time.sleep(1.5)
    if victim in DATABASES:
        hub.docker("restart", "--time", "0", hub.container(victim))
    else:
        hub.within(victim, "sh", "-c", "kill -9 -1", check=False)
    output, _ = replay.communicate(timeout=150)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in output
    hub.wait_ready()
    assert hub.docker("inspect", "--format", "{{.State.StartedAt}}", hub.container(victim)) != began


def test_each_process_finds_its_neighbours_and_nobody_else(hub: ComposedHub) -> None:
    found = {service: found_by(hub, service) for service in SERVICES}
    inside = {"gateway", "permits", "permits-worker", "notifications"}
    assert found == {
        "gateway": inside | {"gateway-db"},
        "permits": inside | {"permits-db"},
        "permits-worker": inside | {"permits-db"},
        "notifications": inside | {"notifications-db", "notifications-worker"},
        "notifications-worker": {"notifications", "notifications-db", "notifications-worker"},
    }


def test_the_image_holds_no_compiler_no_installer_and_no_right_to_write(hub: ComposedHub) -> None:
    for service in SERVICES:
        assert hub.within(service, "id", "-u") == "10001"
        tools = "command -v cc gcc g++ make; test ! -e /opt/saola/python/bin/pip && echo none"
        assert hub.within(service, "sh", "-c", tools) == "none"
        assert hub.within(service, "sh", "-c", "touch /opt/saola/x /x 2>/dev/null || echo refused") == "refused"
        assert hub.within(service, "cat", "/proc/1/comm") == "tini"


def test_a_private_key_is_only_where_it_signs(hub: ComposedHub) -> None:
    held = {service: hub.within(service, "sh", "-c", "cd /keys; ls */* | sort").split() for service in SERVICES}
    public = ["public/gateway.json", "public/permits.json", "public/tokens.json", "public/webhooks.json"]
    sends = ["notifications/secrets.json", "notifications/webhooks.json", *public]
    assert held == {
        "gateway": ["gateway/inside.json", "gateway/tokens.json"],
        "permits": ["permits/inside.json", *public],
        "permits-worker": ["permits/inside.json", *public],
        "notifications": sends,
        "notifications-worker": sends,
    }


def test_what_was_backed_up_is_put_back_and_what_came_later_is_gone(hub: ComposedHub, tmp_path: Path) -> None:
    with open_hub(hub.url, hub.admin) as admin:
        kept = admin.create_party({"name": "Kept", "country": "ZA", "roles": ["authority"]})
        hub.script("backup.sh", tmp_path)
        lost = admin.create_party({"name": "Later", "country": "ZA", "roles": ["authority"]})
        hub.script("restore.sh", tmp_path)
        hub.wait_ready()
        assert admin.create_credential(kept["id"])["client_id"]
        with pytest.raises(Problem) as gone:
            admin.create_credential(lost["id"])
        assert gone.value.status == 404
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.admin, "--receive-at", hub.our_address())
    assert "Every step went as promised" in played.stdout, played.stdout + played.stderr


def test_several_gateways_and_permits_share_the_work_behind_the_proxy(hub: ComposedHub, trade: Path) -> None:
    """The last of these tests, for the hub stays as large as it is made here."""
    if not hub.can_have(PROXY_IMAGE):
        pytest.skip(f"the Docker engine has no {PROXY_IMAGE} and cannot pull it")
    hub.scale({"gateway": 2, "permits": 3})
    places = [name for service in ("gateway", "permits") for name in hub.containers(service)]
    before = {place: hub.worked(place) for place in places}
    played = run_saola("replay", trade, "--hub", hub.url, "--admin", hub.admin)
    assert ": 80 accepted, 40 rejected, 0 referred, 0 lost" in played.stdout, played.stdout + played.stderr
    worked = {place: hub.worked(place) - seconds for place, seconds in before.items()}
    assert len(places) == 5 and all(seconds > 0.05 for seconds in worked.values()), worked
