"""Concurrent declarations for the last units of one permit line: it is never overdrawn."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.shipment_parties import ShipmentParties, line_balance


def race(shipping: ShipmentParties, permit: dict[str, Any], use: str) -> Counter[str]:
    def one(_: int) -> str:
        return str(
            shipping.importer.hub.lodge(shipping.build_declaration(permit, quantity=1, use=use), wait=30)["status"]
        )

    with ThreadPoolExecutor(50) as pool:
        return Counter(pool.map(one, range(100)))


@pytest.mark.parametrize(("use", "granted"), [("part", 10), ("exhausts", 1)])
def test_concurrent_declarations_reserve_no_more_than_the_line_has(
    shipping: ShipmentParties, use: str, granted: int
) -> None:
    permit = shipping.issue_permit(10)
    assert race(shipping, permit, use) == {"accepted": granted, "rejected": 100 - granted}
    balance = line_balance(shipping.importer.hub, permit)
    assert (balance["reserved"], balance["available"]) == (str(granted), str(10 - granted))
