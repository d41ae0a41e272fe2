"""Server-side request forgery: no webhook reaches an internal address, in any notation or after any change."""

import asyncio
import socket
from typing import Any
from uuid import uuid4

import pytest

from services.notifications.clients.webhooks import AddressNotAllowed, Resolver, WebhookClient
from services.notifications.domain.allowed_addresses import PUBLIC_ONLY, AllowedAddresses
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.endpoint_urls import find_fault
from services.notifications.domain.signature import render_secret
from shared.networks import parse_networks
from tests.notifications.receivers import Receiver

HERE = AllowedAddresses(loopback=True)
SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::1]:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
]


def delivery_request(url: str) -> DeliveryRequest:
    return DeliveryRequest(
        claim_id=uuid4(),
        endpoint_id=uuid4(),
        subject="declaration:1",
        attempts=0,
        delivery_id=uuid4(),
        event_id=uuid4(),
        body=b"{}",
        url=url,
        secrets=(render_secret(bytes(32)),),
    )


async def post(url: str, reach: AllowedAddresses) -> DeliveryResult:
    receivers = WebhookClient(reach, seconds=3)
    await receivers.open()
    try:
        return await receivers.post(delivery_request(url))
    finally:
        await receivers.close()


def port(receiver: Receiver) -> int:
    return int(receiver.url.rsplit(":", 1)[1].split("/")[0])


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_webhook_to_this_machine_is_refused_in_any_notation(receiver: Receiver, spelling: str) -> None:
    outcome = await post(spelling.format(port=port(receiver)), PUBLIC_ONLY)
    assert not outcome.is_delivered
    assert receiver.requests == []
    assert outcome.reason is not None
    assert any(reason in outcome.reason for reason in ("no public address", "canonical", "does not resolve"))


async def test_webhook_to_loopback_is_sent_if_the_operator_allows_it(receiver: Receiver) -> None:
    for spelling in ("http://127.0.0.1:{port}/", "http://localhost:{port}/"):
        assert (await post(spelling.format(port=port(receiver)), HERE)).is_delivered
    assert not (await post(f"http://[::ffff:127.0.0.1]:{port(receiver)}/", HERE)).is_delivered


async def test_webhook_to_a_private_network_is_sent_if_the_operator_allows_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = port(receiver)
    reach = AllowedAddresses(networks=parse_networks("127.0.0.0/30, 10.1.0.0/16"))
    assert (await post(f"http://127.0.0.1:{where}/", reach)).is_delivered
    beside = await post(f"http://127.0.0.5:{where}/", reach)
    assert beside.reason == "the host has no public address (loopback)"
    names(monkeypatch, ["127.0.0.1"])
    assert (await post(f"http://partner.internal:{where}/", reach)).is_delivered


async def test_webhook_to_a_public_address_is_never_sent_by_http(monkeypatch: pytest.MonkeyPatch) -> None:
    reach = AllowedAddresses(loopback=True, networks=parse_networks("10.1.0.0/16"))
    names(monkeypatch, ["93.184.215.14"])
    for host in ("partner.example", "93.184.215.14"):
        assert (await post(f"http://{host}/", reach)).reason == "the hub sends to this host by https only"


def names(monkeypatch: pytest.MonkeyPatch, *responses: list[str]) -> list[str]:
    """Replace name resolution: each look-up gets the next list of addresses. Return the list of looked-up names."""
    asked: list[str] = []
    waiting = list(responses)

    def look_up(host: str, port: Any, **more: Any) -> list[Any]:
        asked.append(host)
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["169.254.169.254"]]
)
async def test_host_name_with_an_internal_address_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    names(monkeypatch, addresses)
    outcome = await post(f"https://partner.example:{port(receiver)}/", PUBLIC_ONLY)
    assert outcome.reason is not None
    assert "no public address" in outcome.reason
    assert not any(address in outcome.reason for address in addresses), "the owner of the endpoint reads the reason"
    assert receiver.requests == []


async def test_resolver_refuses_a_name_with_an_internal_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    resolver = Resolver(PUBLIC_ONLY)
    with pytest.raises(AddressNotAllowed, match=r"the host has no public address \(private\)"):
        await resolver.resolve("partner.example")
    await resolver.close()


async def test_webhook_connects_to_the_checked_address(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    assert (await post(f"http://partner.example:{port(receiver)}/", HERE)).is_delivered
    assert asked == ["partner.example"], "the name is resolved once"


async def test_address_is_checked_again_when_the_socket_is_created(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, ["127.0.0.1"])
    receivers = WebhookClient(HERE, seconds=3)
    await receivers.open()
    receivers._allowed = PUBLIC_ONLY
    outcome = await receivers.post(delivery_request(f"http://partner.example:{port(receiver)}/"))
    await receivers.close()
    assert outcome.reason is not None
    assert "no public address" in outcome.reason


async def test_webhook_uses_no_proxy_of_the_environment(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await post(receiver.url, HERE)).is_delivered


async def test_receiver_that_is_missing_or_hangs_is_a_failure_with_a_reason(receiver: Receiver) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        for host in ("127.0.0.1", "localhost"):
            closed = await post(f"http://{host}:{sock.getsockname()[1]}/", HERE)
            assert (closed.status, closed.is_delivered) == (None, False)
            assert closed.reason == "the connection failed: Connection refused", "it names no address"

    async def never(received: object) -> None:
        await asyncio.sleep(3600)

    receiver.respond = never
    receivers = WebhookClient(HERE, seconds=0.2)
    await receivers.open()
    hanging = await receivers.post(delivery_request(receiver.url))
    await receivers.close()
    assert hanging.reason is not None
    assert hanging.reason.startswith("no whole answer within")


async def test_reason_of_a_failed_connection_names_no_address(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name has an address in a network that the operator allows, and https meets a server without TLS there."""
    names(monkeypatch, ["127.0.0.1"])
    reach = AllowedAddresses(networks=parse_networks("127.0.0.1/32"))
    outcome = await post(f"https://partner.internal:{port(receiver)}/", reach)
    assert outcome.reason is not None
    assert outcome.reason.startswith("TLS failed")
    assert "127.0.0.1" not in outcome.reason


@pytest.mark.parametrize(
    "target", ["/a%2Fb/../c/./d?x=%2f&y=a+b;c", "/%7e%e9/%zz", "/?a=b?c=d/../e", "//double//", "/UPPER|{x}\\y"]
)
async def test_webhook_url_is_called_byte_for_byte(target: str) -> None:
    lines: list[bytes] = []

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{target}"
        assert find_fault(url, HERE) is None
        assert (await post(url, HERE)).is_delivered
    assert lines == [f"POST {target} HTTP/1.1\r\n".encode()]
