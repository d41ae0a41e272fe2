"""An officer's command that is repeated after a lost response has one effect."""

import json
import socket
from uuid import uuid4

import httpx2

from tests.faults.shipment_parties import ShipmentParties, line_balance
from tests.hub import RunningHub
from tests.waiting import WAIT_SECONDS, block_until


def send_and_close(hub: RunningHub, path: str, token: str, key: str) -> None:
    """Send a POST and close the connection before reading the response."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    with socket.create_connection(("127.0.0.1", hub.port)) as connection:
        connection.sendall(head.encode())


def test_release_repeated_under_its_key_is_one_release(hub: RunningHub, shipping: ShipmentParties) -> None:
    permit = shipping.issue_permit(3)
    officer = shipping.import_customs.hub
    declared = shipping.importer.hub.lodge(shipping.build_declaration(permit, quantity=1), wait=20)
    assert declared["status"] == "accepted"
    key, path = str(uuid4()), f"/v1/declarations/{declared['id']}/release"

    send_and_close(hub, path, officer.access_token(), key)
    block_until(lambda: officer.read_declaration(declared["id"])["status"] == "released")

    headers = {
        "Authorization": f"Bearer {officer.access_token()}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    again = [
        httpx2.post(hub.url + path, headers=headers, content=b"{}", trust_env=False, timeout=WAIT_SECONDS)
        for _ in range(2)
    ]
    assert [response.status_code for response in again] == [200, 200]
    assert {response.headers["Idempotency-Replayed"] for response in again} == {"true"}
    assert len({json.dumps(response.json()) for response in again}) == 1

    assert line_balance(officer, permit)["consumed"] == "1"
    whole = officer.read_declaration(declared["id"])
    assert [move["to"] for move in whole["history"]].count("released") == 1
    assert shipping.webhook_counts("declaration.released", [declared["id"]]) == {declared["id"]: 1}
    assert len(shipping.feed_events("declaration.released")) == 1


def test_release_repeated_under_another_key_is_refused(hub: RunningHub, shipping: ShipmentParties) -> None:
    permit = shipping.issue_permit(3)
    declared = shipping.importer.hub.lodge(shipping.build_declaration(permit, quantity=1), wait=20)
    shipping.import_customs.hub.release(declared["id"])
    headers = {"Authorization": f"Bearer {shipping.import_customs.hub.access_token()}", "Idempotency-Key": str(uuid4())}
    again = httpx2.post(
        f"{hub.url}/v1/declarations/{declared['id']}/release",
        headers=headers,
        content=b"",
        trust_env=False,
        timeout=WAIT_SECONDS,
    )
    assert (again.status_code, again.json()["code"]) == (409, "invalid-transition")
    assert line_balance(shipping.import_customs.hub, permit)["consumed"] == "1"
