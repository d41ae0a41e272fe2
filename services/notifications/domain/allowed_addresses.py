"""The IP addresses that webhooks may be sent to: public unicast only. Every refusal names the kind of address.

The IANA registries of special-purpose addresses (RFC 6890 and its successors) define the public addresses. Python's
`is_global` is not enough: it accepts NAT64, 6to4 and multicast, which can lead into the internal network.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from shared.networks import Network

_SPECIAL_PURPOSE_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by carriers (CGNAT)",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignment",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112",
    "192.52.193.0/24": "AMT relay",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "AS112",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_SPECIAL_PURPOSE_V6 = {
    "::/128": "unspecified",
    "::ffff:0:0/96": "IPv4-mapped",
    "::ffff:0:0:0/96": "IPv4-translated",
    "::/96": "IPv4-compatible",
    "64:ff9b::/96": "NAT64",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discard",
    "2001::/32": "Teredo",
    "2001:db8::/32": "documentation",
    "2001::/23": "protocol assignment",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "AS112",
    "3fff::/20": "documentation",
    "fc00::/7": "private (unique local)",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_SPECIAL_NETWORKS_V4 = [(IPv4Network(network), name) for network, name in _SPECIAL_PURPOSE_V4.items()]
_SPECIAL_NETWORKS_V6 = [(IPv6Network(network), name) for network, name in _SPECIAL_PURPOSE_V6.items()]
_GLOBAL_V6 = IPv6Network("2000::/3")


@dataclass(frozen=True, kw_only=True)
class AllowedAddresses:
    """The addresses that the operator allows in addition to public ones: this machine, private networks.

    The hub may use plain http for these, and for no public address.
    """

    loopback: bool = False
    networks: tuple[Network, ...] = ()

    def contains(self, address: str) -> bool:
        """Return whether the operator allows this address. The result is false for IPv4 in IPv6 notation."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return (self.loopback and found.is_loopback and _is_not_mapped(found)) or any(
            found in network for network in self.networks
        )


PUBLIC_ONLY = AllowedAddresses()
"""Only public addresses."""


def refusal_reason(address: str, allowed: AllowedAddresses) -> str | None:
    """Return the kind of an address that webhooks must not be sent to; None if they may."""
    try:
        found = ip_address(address)
    except ValueError:
        return "not an IP address"
    if allowed.contains(address):
        return None
    if found.is_loopback:
        return "loopback"
    return _special_purpose_v4(found) if isinstance(found, IPv4Address) else _special_purpose_v6(found)


def is_loopback(address: str) -> bool:
    """Return whether a text is a loopback address, and not an IPv4 address in IPv6 notation."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found.is_loopback and _is_not_mapped(found)


def _is_not_mapped(found: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is not IPv4 in IPv6 notation, which Python counts as loopback since 3.13."""
    return isinstance(found, IPv4Address) or found.ipv4_mapped is None


def _special_purpose_v4(found: IPv4Address) -> str | None:
    return next((name for network, name in _SPECIAL_NETWORKS_V4 if found in network), None)


def _special_purpose_v6(found: IPv6Address) -> str | None:
    special_purpose = next((name for network, name in _SPECIAL_NETWORKS_V6 if found in network), None)
    return special_purpose or (None if found in _GLOBAL_V6 else "not global unicast")
