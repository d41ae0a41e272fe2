"""Kills of any process: a declaration answered 202 is checked exactly once, and its event is sent exactly once."""

from collections import Counter

import pytest

from tests.faults.shipment_parties import ShipmentParties, line_balance
from tests.hub import RunningHub

COUNT = 500


@pytest.mark.parametrize(
    "victim", ["gateway", "permits", "permits-worker", "notifications", "notifications-worker", "database"]
)
def test_declarations_during_a_kill_are_checked_and_announced_once(
    hub: RunningHub, shipping: ShipmentParties, victim: str
) -> None:
    permit = shipping.issue_permit(COUNT)
    killed: list[int] = []
    shipping.lodge(permit, COUNT, interfere=lambda: killed.append(hub.kill(victim)), at=COUNT // 5)
    hub.wait_until_restarted(victim, killed[0])

    ids = {declaration["id"] for declaration in shipping.responses}
    assert len(ids) == COUNT

    settled = shipping.checked_declarations()
    assert Counter(declaration["status"] for declaration in settled) == {"accepted": COUNT}
    assert {len([move for move in d["history"] if move["to"] == "accepted"]) for d in settled} == {1}
    assert line_balance(shipping.importer.hub, permit)["reserved"] == str(COUNT)

    assert shipping.webhook_counts("declaration.accepted", sorted(ids)) == dict.fromkeys(ids, 1)
    assert shipping.receiver.forged_count == 0
    pulled = Counter(event["data"]["declaration_id"] for event in shipping.feed_events("declaration.accepted"))
    assert pulled == dict.fromkeys(ids, 1)


def test_declarations_are_checked_after_a_kill_of_all_processes(hub: RunningHub, shipping: ShipmentParties) -> None:
    permit = shipping.issue_permit(100)
    before = hub.processes()

    def kill_all() -> None:
        for name in before:
            hub.kill(name)

    shipping.lodge(permit, 100, interfere=kill_all, at=30)
    for name, pid in before.items():
        hub.wait_until_restarted(name, pid)
    assert Counter(declaration["status"] for declaration in shipping.checked_declarations()) == {"accepted": 100}
    assert line_balance(shipping.importer.hub, permit)["reserved"] == "100"
