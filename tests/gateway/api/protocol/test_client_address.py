"""The address of a client: the connection's, or the one that a trusted proxy names."""

import pytest

from services.gateway.api.protocol.client_address import TrustedProxies, client_address
from shared.networks import parse_networks

PROXIES = TrustedProxies(networks=parse_networks("10.1.0.0/16,fd00:1::/64"))
RFC7239 = TrustedProxies(networks=PROXIES.networks, header=b"forwarded")


def _address(peer: str | None, *values: str, proxies: TrustedProxies = PROXIES) -> str:
    headers = [(proxies.header, value.encode()) for value in values]
    return client_address({"client": None if peer is None else (peer, 1234), "headers": headers}, proxies)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("", "unknown"),
    ],
)
def test_address_without_proxy_is_the_connection_and_a_64_network_of_ipv6(peer: str | None, address: str) -> None:
    assert _address(peer, proxies=TrustedProxies()) == address


def test_header_of_a_stranger_is_not_believed() -> None:
    assert _address("203.0.113.9", "198.51.100.7") == "203.0.113.9"
    assert _address("10.1.0.1", "198.51.100.7", proxies=TrustedProxies()) == "10.1.0.1"


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        (["1.2.3.4", "198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        (["198.51.100.7:4711"], "198.51.100.7"),
        (["[2001:db8::1]:80"], "2001:db8::/64"),
        (["2001:db8::1"], "2001:db8::/64"),
        (["nonsense"], "10.1.0.1"),
        (["1.2.3.4, nonsense, 10.1.9.9"], "10.1.9.9"),
        ([], "10.1.0.1"),
        ([""], "10.1.0.1"),
        (["1.2.3.4, " + ", ".join(["10.1.0.2"] * 200)], "10.1.0.2"),
    ],
)
def test_address_behind_a_proxy_is_the_last_that_is_no_proxy(values: list[str], address: str) -> None:
    assert _address("10.1.0.1", *values) == address


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("for=1.2.3.4, For=198.51.100.7;proto=https;by=10.1.0.1", "198.51.100.7"),
        ('proto=https;for="[2001:db8::1]:4711"', "2001:db8::/64"),
        ('for="198.51.100.7:80", for=10.1.0.9', "198.51.100.7"),
        ("for=_hidden", "10.1.0.1"),
        ("for=unknown", "10.1.0.1"),
        ("host=x;xfor=198.51.100.7", "10.1.0.1"),
    ],
)
def test_address_in_the_header_forwarded_is_that_of_the_client(value: str, address: str) -> None:
    assert _address("10.1.0.1", value, proxies=RFC7239) == address


def test_header_that_the_proxy_does_not_write_is_not_believed() -> None:
    """A proxy passes on the header that it does not write, as the client sent it."""
    headers = [(b"x-forwarded-for", b"198.51.100.7")]
    assert client_address({"client": ("10.1.0.1", 1), "headers": headers}, RFC7239) == "10.1.0.1"
