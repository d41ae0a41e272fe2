"""A permits service that stands still costs nobody anything but time: all is taken, and checked once it moves."""

import os
import signal

from tests.faults.shipping import Shipping, of
from tests.hub import RunningHub


def test_what_is_lodged_while_permits_stands_still_is_taken_and_checked_once(
    hub: RunningHub, shipping: Shipping
) -> None:
    permit = shipping.permit(60)
    pid = hub.processes()["permits"]
    os.kill(pid, signal.SIGSTOP)
    try:
        shipping.lodge(permit, 40, meanwhile=lambda: None, at=-1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len({answer["id"] for answer in shipping.answered}) == 40
    assert {found["status"] for found in shipping.settled(seconds=60)} == {"accepted"}
    assert of(shipping.authority.hub, permit)["reserved"] == "40"
