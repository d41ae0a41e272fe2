"""A kill between an amendment at permits and its version at the gateway: the version has its own bytes and receipt."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
from joserfc import jws

from tests.faults.shipment_parties import ShipmentParties
from tests.hub import RunningHub
from tests.waiting import WAIT_SECONDS, block_until

STOP_AT_UPDATE = """
    CREATE FUNCTION sleep_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$
"""
ADD_FAULT_POINT = "CREATE TRIGGER fault_point BEFORE UPDATE ON amendments FOR EACH ROW EXECUTE FUNCTION sleep_long()"
END_WAITING_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = 'gateway'
"""


@contextmanager
def _fault_point(hub: RunningHub) -> Iterator[None]:
    """Make the gateway wait where it stores the version of an amendment."""
    hub.query("gateway", STOP_AT_UPDATE, ADD_FAULT_POINT)
    try:
        yield
    finally:
        hub.query("gateway", END_WAITING_SESSIONS, "DROP FUNCTION sleep_long CASCADE")


def test_amendment_cut_by_a_kill_keeps_its_own_bytes_and_receipt(hub: RunningHub, shipping: ShipmentParties) -> None:
    permit = shipping.issue_permit(5)
    importer = shipping.importer.hub
    declared = importer.lodge(shipping.build_declaration(permit, quantity=1), wait=20)
    path = f"{hub.url}/v1/declarations/{declared['id']}"
    headers = {"Authorization": f"Bearer {importer.access_token()}"}
    content = shipping.build_declaration(permit, quantity=2) | {"reference": declared["reference"]}
    amended = json.dumps(content).encode()

    def amend() -> None:
        sent = headers | {"If-Match": "*", "Content-Type": "application/json"}
        try:
            httpx2.put(path, content=amended, headers=sent, timeout=60, trust_env=False)
        except httpx2.TransportError:
            pass

    with _fault_point(hub), ThreadPoolExecutor(1) as pool:
        pool.submit(amend)
        block_until(lambda: importer.read_declaration(declared["id"])["version"] == 2)
        pid = hub.kill("gateway")
    hub.wait_until_restarted("gateway", pid)

    for query in ("", "?version=2"):
        stored = httpx2.get(f"{path}/content{query}", headers=headers, trust_env=False, timeout=WAIT_SECONDS)
        assert (stored.status_code, stored.content) == (200, amended)
        receipt = httpx2.get(f"{path}/receipt{query}", headers=headers, trust_env=False, timeout=WAIT_SECONDS)
        claims = json.loads(jws.extract_compact(receipt.content).payload)
        assert (claims["version"], claims["digest"]) == (2, stored.headers["content-digest"])
    first = httpx2.get(f"{path}/receipt?version=1", headers=headers, trust_env=False, timeout=WAIT_SECONDS)
    claims = json.loads(jws.extract_compact(first.content).payload)
    assert (claims["version"], claims["digest"]) == (1, declared["digest"])
