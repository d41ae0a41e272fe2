"""Host names that lead to internal addresses, by a real name server: refused even if their addresses change."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.allowed_addresses import PUBLIC_ONLY, AllowedAddresses
from services.notifications.domain.delivery_result import DeliveryResult
from shared.networks import parse_networks
from tests.notifications.clients.test_webhooks_internal_addresses import delivery_request, port
from tests.notifications.conftest import OpenReceiver
from tests.notifications.name_server import NameServer, start_name_server
from tests.notifications.receivers import Receiver, WebhookRequest

ELSEWHERE = "93.184.215.14"
INSIDE = {
    "127.0.0.1": "loopback",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "link-local",
    "100.64.0.1": "shared by carriers",
    "0.0.0.0": "this network",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "::1": "loopback",
    "::": "unspecified",
    "::127.0.0.1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b:1::7f00:1": "local NAT64",
    "2002:7f00:1::1": "6to4",
    "2001::1": "Teredo",
    "fd00::1": "private (unique local)",
    "fe80::1": "link-local",
    "ff02::1": "multicast",
}


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    server = await start_name_server()
    yield server
    server.close()


@pytest.fixture
async def connected(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the list of addresses to which the code connects; no server listens there."""
    found: list[object] = []

    async def connect(self: object, sock: object, address: object) -> None:
        found.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", connect)
    return found


async def post(names: NameServer, *urls: str, reach: AllowedAddresses = PUBLIC_ONLY) -> list[DeliveryResult]:
    """Send an event to each URL, one after the other, by one pool that uses this name server."""
    receivers = WebhookClient(reach, seconds=5, look_up=names.look_up)
    await receivers.open()
    try:
        return [await receivers.post(delivery_request(url)) for url in urls]
    finally:
        await receivers.close()


@pytest.mark.parametrize(("address", "kind"), INSIDE.items())
@pytest.mark.parametrize("beside", [[], [ELSEWHERE]], ids=["alone", "beside a public one"])
async def test_host_name_that_resolves_to_an_internal_address_is_refused(
    names: NameServer, receiver: Receiver, connected: list[object], address: str, kind: str, beside: list[str]
) -> None:
    names.names["partner.example"] = [[*beside, address]]
    [outcome] = await post(names, f"https://partner.example:{port(receiver)}/")
    assert outcome.reason is not None
    assert outcome.reason.startswith(f"the host has no public address ({kind}")
    assert connected == [], "not even its public address is connected to"


async def test_host_name_is_resolved_once_for_check_and_connection(names: NameServer, receiver: Receiver) -> None:
    names.names["partner.internal"] = [["127.0.0.1"], ["10.9.9.9"]]
    reach = AllowedAddresses(networks=parse_networks("127.0.0.1/32"))
    [outcome] = await post(names, f"http://partner.internal:{port(receiver)}/", reach=reach)
    assert outcome.is_delivered
    assert names.query_counts["partner.internal"] == 1


async def test_host_name_that_changes_between_check_and_connection_is_refused(
    names: NameServer, receiver: Receiver, connected: list[object]
) -> None:
    names.names["partner.example"] = [[ELSEWHERE], ["127.0.0.1"]]
    url = f"https://partner.example:{port(receiver)}/"
    first, *_ = await post(names, url)
    assert first.reason is not None
    assert connected == [(ELSEWHERE, port(receiver))], "what was checked is what is connected to"
    [second] = await post(names, url)
    assert second.reason is not None
    assert second.reason == "the host has no public address (loopback)"
    assert len(connected) == 1
    assert receiver.requests == []


async def test_host_name_that_does_not_resolve_is_a_failure_with_its_reason(names: NameServer) -> None:
    [outcome] = await post(names, "https://nobody.example/")
    assert outcome.reason is not None
    assert outcome.reason.startswith("the name does not resolve")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_to_an_internal_address_is_not_followed(
    names: NameServer, receive: OpenReceiver, status: int
) -> None:
    first, inside = await receive(), await receive()
    names.names["partner.internal"] = [["127.0.0.1"]]

    async def away(received: WebhookRequest) -> web.Response:
        return web.Response(status=status, headers={"Location": f"http://127.0.0.2:{port(inside)}/"})

    first.respond = away
    reach = AllowedAddresses(networks=parse_networks("127.0.0.1/32"))
    [outcome] = await post(names, f"http://partner.internal:{port(first)}/", reach=reach)
    assert outcome.reason == f"answered {status}: redirects are not followed"
    assert inside.requests == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "[::1]"])
async def test_address_in_number_notation_is_refused_by_the_system_resolver(receiver: Receiver, host: str) -> None:
    receivers = WebhookClient(PUBLIC_ONLY, seconds=3)
    await receivers.open()
    outcome = await receivers.post(delivery_request(f"https://{host}:{port(receiver)}/"))
    await receivers.close()
    assert not outcome.is_delivered
    assert outcome.reason is not None
    assert any(reason in outcome.reason for reason in ("no public address", "canonical", "does not resolve"))
    assert receiver.requests == []
