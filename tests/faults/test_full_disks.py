"""Full disks and an ended database: clients get a 503 soon, nothing accepted is lost, and the hub comes back alone."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest
from asyncpg import InterfaceError, PostgresError

from services.cli.server_account import temporary_home
from tests.faults.shipment_parties import ShipmentParties, add_shipment_parties, line_balance
from tests.hub import RunningHub
from tests.small_disk import SmallDisk, small_disk
from tests.waiting import block_until

MAX_RESPONSE_SECONDS = 30.0
"""Much less than the two minutes that a client may wait, and more than a loaded machine needs for a response."""


@dataclass
class Load:
    """Declarations that a client lodges one after the other, and the responses."""

    accepted: dict[str, str] = field(default_factory=dict)
    """The ids of the declarations by their idempotency key."""
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    """Status, code and Retry-After of each refusal."""

    def codes(self, *, since: int) -> set[tuple[int, str, str]]:
        """Return the kinds of refusals after the first `since`."""
        return set(self.refused[since:])


@contextmanager
def _loaded(hub: RunningHub, shipping: ShipmentParties, permit: dict[str, Any]) -> Iterator[Load]:
    """Lodge declarations during the block. A response that takes longer than the limit fails the test."""
    load, is_over, faults = Load(), threading.Event(), list[Exception]()
    headers = {"Authorization": f"Bearer {shipping.importer.hub.access_token()}"}

    def lodge() -> None:
        with httpx2.Client(base_url=hub.url, timeout=MAX_RESPONSE_SECONDS) as http:
            while not is_over.wait(0.05):
                key = str(uuid4())
                body = shipping.build_declaration(permit, quantity=1)
                response = http.post("/v1/declarations", json=body, headers={**headers, "Idempotency-Key": key})
                if response.status_code == 202:
                    load.accepted[key] = response.json()["id"]
                else:
                    retry_after = response.headers["retry-after"]
                    load.refused.append((response.status_code, response.json()["code"], retry_after))

    def record_fault() -> None:
        try:
            lodge()
        except Exception as fault:
            faults.append(fault)

    clients = [threading.Thread(target=record_fault) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        is_over.set()
        for client in clients:
            client.join()
    assert faults == []


def _readiness(hub: RunningHub) -> tuple[int, str]:
    response = httpx2.get(f"{hub.url}/readyz", timeout=MAX_RESPONSE_SECONDS)
    return response.status_code, response.json().get("detail", "")


def _says_full(hub: RunningHub) -> bool:
    status, detail = _readiness(hub)
    return status == 503 and detail.startswith("The disk of the gateway database is full. Free space on it.")


def _works_again(load: Load) -> Callable[[], bool]:
    before = len(load.accepted)
    return lambda: len(load.accepted) > before + 5


def _end_with_full_log(hub: RunningHub) -> None:
    """Make PostgreSQL begin a segment of its log, for which there is no space: it ends."""
    with pytest.raises((PostgresError, InterfaceError, OSError)):
        hub.query("gateway", "SELECT pg_switch_wal()", "CREATE TABLE full_log (n int)", "SELECT pg_switch_wal()")


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    """Yield a disk with space for one hub."""
    with small_disk("240m") as disk:
        yield disk


@pytest.fixture(scope="module")
def small_hub(disk: SmallDisk) -> Iterator[RunningHub]:
    """Yield a hub on the small disk, with its logs and its output."""
    hub = RunningHub(disk.folder)
    try:
        hub.wait_ready()
        yield hub
    finally:
        hub.stop()


@pytest.mark.timeout(240)
def test_declarations_while_the_disk_of_the_database_is_full_are_refused_and_none_is_lost(
    small_hub: RunningHub, disk: SmallDisk
) -> None:
    with add_shipment_parties(small_hub) as shipping:
        permit = shipping.issue_permit(100_000)
        with _loaded(small_hub, shipping, permit) as load:
            block_until(lambda: len(load.accepted) > 20)
            disk.fill()
            block_until(lambda: load.refused)
            block_until(lambda: _says_full(small_hub))
            _end_with_full_log(small_hub)
            first = small_hub.processes()["database"]
            block_until(lambda: not psutil.pid_exists(first))
            seen = len(load.refused)
            block_until(lambda: len(load.refused) > seen + 60)  # while the server starts and ends again and again
            assert load.codes(since=seen) == {(503, "out-of-space", "10")}
            assert _says_full(small_hub)
            disk.free()
            block_until(_works_again(load), seconds=60)
        block_until(lambda: _readiness(small_hub)[0] == 200)
        settled = [_checked(shipping, declaration) for declaration in load.accepted.values()]
        assert Counter(settled) == {"accepted": len(settled)}
        assert line_balance(shipping.importer.hub, permit)["reserved"] == str(_count_stored(small_hub, permit))
    output = small_hub.log_file.read_text()
    assert output.count("PostgreSQL ended. The hub starts it again.") == output.count("PostgreSQL is ready again.") == 1


def _checked(shipping: ShipmentParties, declaration_id: str) -> str:
    def status() -> str | None:
        found: str = shipping.importer.hub.read_declaration(declaration_id)["status"]
        return found if found != "received" else None

    return str(block_until(status))


def _count_stored(hub: RunningHub, permit: dict[str, Any]) -> int:
    """Return the number of stored declarations: also those whose response was lost."""
    return int(hub.query("gateway", "SELECT count(*) AS stored FROM submissions")[0]["stored"])


@pytest.mark.timeout(180)
def test_database_that_is_killed_comes_back_alone(small_hub: RunningHub) -> None:
    before = small_hub.processes()
    for _ in range(2):
        killed = small_hub.kill("database")
        small_hub.wait_until_restarted("database", killed)
    with small_hub.admin() as admin:
        assert "admin" in admin.me()["roles"]
    after = small_hub.processes()
    assert {name for name in before if before[name] != after[name]} == {"database"}


@pytest.mark.timeout(240)
def test_declarations_with_full_log_disk_and_paused_database_are_accepted_later() -> None:
    with small_disk("2m") as logs, temporary_home("sh-") as folder:
        home = folder / "home"
        home.mkdir(mode=0o711)
        (home / "logs").symlink_to(logs.folder)
        logs.fill()
        hub = RunningHub(folder)
        try:
            hub.wait_ready()
            with add_shipment_parties(hub) as shipping:
                permit = shipping.issue_permit(100_000)
                before = hub.processes()
                with _loaded(hub, shipping, permit) as load:
                    block_until(lambda: len(load.accepted) > 20)
                    with _suspended_database(hub):
                        time.sleep(10)
                    block_until(_works_again(load))
                    killed = hub.kill("permits-worker")
                    hub.wait_until_restarted("permits-worker", killed)
                    block_until(_works_again(load))
                settled = [_checked(shipping, declaration) for declaration in load.accepted.values()]
                assert Counter(settled) == {"accepted": len(settled)}
                after = hub.processes()
                assert {name for name in before if before[name] != after[name]} == {"permits-worker"}
                logs.free()
                hub.admin().me()
                block_until(lambda: "request.completed" in (logs.folder / "gateway.log").read_text())
        finally:
            hub.stop()


def test_hub_whose_output_cannot_be_written_serves() -> None:
    with temporary_home("sh-") as folder:
        (folder / "up.log").symlink_to("/dev/full")
        hub = RunningHub(folder)
        try:
            block_until(hub.all_ready, seconds=120)
            killed = hub.kill("permits-worker")
            block_until(lambda: hub.processes().get("permits-worker", killed) != killed, seconds=60)
            with hub.admin() as admin:
                assert "admin" in admin.me()["roles"]
        finally:
            hub.stop()


@contextmanager
def _suspended_database(hub: RunningHub) -> Iterator[None]:
    server = psutil.Process(hub.processes()["database"])
    stopped = [server, *server.children(recursive=True)]
    for process in stopped:
        process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            process.resume()
