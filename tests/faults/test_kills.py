"""Whatever dies, whenever: what was answered 202 is checked exactly once, and heard exactly once."""

from collections import Counter

import pytest

from tests.faults.shipment_parties import Shipping, of
from tests.hub import RunningHub

COUNT = 500


@pytest.mark.parametrize(
    "victim", ["gateway", "permits", "permits-worker", "notifications", "notifications-worker", "database"]
)
def test_a_kill_in_the_middle_of_500_submissions_loses_nothing_and_doubles_nothing(
    hub: RunningHub, shipping: Shipping, victim: str
) -> None:
    permit = shipping.permit(COUNT)
    killed: list[int] = []
    shipping.lodge(permit, COUNT, meanwhile=lambda: killed.append(hub.kill(victim)), at=COUNT // 5)
    hub.wait_back(victim, killed[0])

    ids = {declaration["id"] for declaration in shipping.answered}
    assert len(ids) == COUNT

    settled = shipping.settled()
    assert Counter(declaration["status"] for declaration in settled) == {"accepted": COUNT}
    assert {len([move for move in d["history"] if move["to"] == "accepted"]) for d in settled} == {1}
    assert of(shipping.importer.hub, permit)["reserved"] == str(COUNT)

    assert shipping.heard("declaration.accepted", sorted(ids)) == dict.fromkeys(ids, 1)
    assert shipping.receiver.forged == 0
    pulled = Counter(event["data"]["declaration_id"] for event in shipping.feed("declaration.accepted"))
    assert pulled == dict.fromkeys(ids, 1)


def test_everything_killed_at_once_loses_nothing(hub: RunningHub, shipping: Shipping) -> None:
    permit = shipping.permit(100)
    before = hub.processes()

    def kill_all() -> None:
        for name in before:
            hub.kill(name)

    shipping.lodge(permit, 100, meanwhile=kill_all, at=30)
    for name, pid in before.items():
        hub.wait_back(name, pid)
    assert Counter(declaration["status"] for declaration in shipping.settled()) == {"accepted": 100}
    assert of(shipping.importer.hub, permit)["reserved"] == "100"
