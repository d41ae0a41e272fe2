"""While the permits service is away, the gateway accepts declarations. The hub checks them when it is back."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.faults.shipment_parties import ShipmentParties, line_balance
from tests.hub import RunningHub
from tests.waiting import block_until

MANY = 2_000


@contextmanager
def _keep_down(hub: RunningHub, name: str) -> Iterator[None]:
    """Kill a process at each restart until the block ends."""
    over = threading.Event()

    def kill() -> None:
        killed = 0
        while not over.wait(0.02):
            pid = hub.processes().get(name, killed)
            if pid != killed:
                killed = hub.kill(name)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_declarations_lodged_while_permits_is_stopped_are_checked_once(
    hub: RunningHub, shipping: ShipmentParties
) -> None:
    permit = shipping.issue_permit(60)
    pid = hub.processes()["permits"]
    os.kill(pid, signal.SIGSTOP)
    try:
        shipping.lodge(permit, 40, interfere=lambda: None, at=-1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len({response["id"] for response in shipping.responses}) == 40
    assert {found["status"] for found in shipping.checked_declarations()} == {"accepted"}
    assert line_balance(shipping.authority.hub, permit)["reserved"] == "40"


def test_commands_are_answered_between_batches_after_an_outage_of_permits(
    hub: RunningHub, shipping: ShipmentParties
) -> None:
    """Two thousand declarations wait after the outage. Their batches leave room for commands."""
    permit = shipping.issue_permit(MANY)
    with _keep_down(hub, "permits"):
        lodged = (shipping.build_declaration(permit, quantity=1) for _ in range(MANY))
        results = list(shipping.importer.hub.send_bulk("declarations", lodged))
    assert {response["status_code"] for response in results} == {202}
    bearer = {"Authorization": f"Bearer {shipping.authority.hub.access_token()}"}
    issued: list[int] = []
    with httpx2.Client(base_url=hub.url, timeout=30) as http:

        def all_are_checked() -> bool:
            if (reserved := _reserved(http, permit, bearer)) >= MANY:
                return True
            asked = http.post("/v1/permits", json=shipping.build_permit(1), headers=bearer)
            assert asked.status_code == 201 or (asked.status_code, asked.headers["retry-after"]) == (503, "2")
            issued.extend([reserved] if asked.status_code == 201 else [])
            return False

        block_until(all_are_checked, seconds=100)
        assert _reserved(http, permit, bearer) == MANY
    assert [count for count in issued if count > 0], "no command was answered between two batches"
    last = shipping.importer.hub.read_declaration(results[-1]["id"])
    assert [move["to"] for move in last["history"]] == ["received", "accepted"]


def _reserved(http: httpx2.Client, permit: dict[str, Any], bearer: dict[str, str]) -> int:
    """Return the reserved quantity of a permit's line; 0 while permits is away."""
    found = http.get(f"/v1/permits/{permit['id']}", headers=bearer)
    return int(found.json()["lines"][0]["balance"]["reserved"]) if found.status_code == 200 else 0
