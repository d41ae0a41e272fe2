"""The addresses to which webhooks may be sent."""

import pytest

from services.notifications.domain.allowed_addresses import PUBLIC_ONLY as NOTHING_ELSE
from services.notifications.domain.allowed_addresses import AllowedAddresses, refusal_reason
from shared.networks import parse_networks

PUBLIC = ["1.1.1.1", "93.184.215.14", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.0.1.1"]
PUBLIC += ["2606:4700::1111", "2a00:1450:4001::1", "2400:cb00::1", "2003::1"]
REFUSED = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "shared by carriers (CGNAT)",
    "100.127.255.255": "shared by carriers (CGNAT)",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "protocol assignment",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::8.8.8.8": "NAT64",
    "64:ff9b:1::1": "local NAT64",
    "100::1": "discard",
    "2001::1": "Teredo",
    "2001:10::1": "protocol assignment",
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "3fff::1": "documentation",
    "fc00::1": "private (unique local)",
    "fd12:3456::1": "private (unique local)",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "4000::1": "not global unicast",
    "5f00::1": "not global unicast",
    "2130706433": "not an IP address",
    "127.1": "not an IP address",
    "0177.0.0.1": "not an IP address",
    "example.com": "not an IP address",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_unicast_address_is_allowed(address: str) -> None:
    assert refusal_reason(address, NOTHING_ELSE) is None


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_address_of_another_kind_is_refused_with_its_kind(address: str, kind: str) -> None:
    assert refusal_reason(address, NOTHING_ELSE) == kind


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_address_outside_loopback_stays_refused_if_loopback_is_allowed(address: str, kind: str) -> None:
    expected = None if kind == "loopback" else kind
    assert refusal_reason(address, AllowedAddresses(loopback=True)) == expected


def test_network_of_the_operator_is_allowed_and_no_other() -> None:
    reach = AllowedAddresses(networks=parse_networks("10.1.0.0/16, fd00:1::/64"))
    assert [refusal_reason(address, reach) for address in ("10.1.2.3", "fd00:1::9")] == [None, None]
    assert refusal_reason("10.2.0.1", reach) == "private"
    assert refusal_reason("fd00:2::1", reach) == "private (unique local)"
    assert refusal_reason("127.0.0.1", reach) == "loopback"
    assert refusal_reason("::ffff:10.1.2.3", reach) == "IPv4-mapped"
    assert refusal_reason("64:ff9b::a01:203", reach) == "NAT64"


@pytest.mark.parametrize("text", ["10.1.0.0/33", "10.1.2.3/16", "intranet", "10.0.0.0/8;fd00::/8"])
def test_network_in_wrong_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        parse_networks(text)
