"""The address of a client, also behind the operator's own proxies.

A client can send every header. So a header counts only if the connection comes from a trusted proxy. It is read from
its right end, where that proxy wrote (RFC 7239, 8.1).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from shared.limits import Limit, LimitSubject
from shared.networks import Network

UNKNOWN = "unknown"
"""The address of a connection that has none, such as a Unix socket."""
FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^;"\s]*))', re.IGNORECASE)
"""The client of one element of the header Forwarded (RFC 7239, 5.2)."""
WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\w+)?|(?P<v4>[0-9.]+):\w+")
MAX_HOPS = Limit(
    20,
    "proxies",
    subject=LimitSubject.RATES,
    meaning="Trusted proxies in a row that the gateway follows to the client's address",
    beyond="The gateway takes the address of the last one.",
)


@dataclass(frozen=True)
class TrustedProxies:
    """The networks of the operator's proxies, and the header in which they name the client."""

    networks: tuple[Network, ...] = ()
    header: bytes = b"x-forwarded-for"

    def contains(self, address: IPv4Address | IPv6Address) -> bool:
        """Return whether a proxy has this address."""
        return any(address in network for network in self.networks)


def client_address(scope: Scope, proxies: TrustedProxies) -> str:
    """Return the address that limits count for a request: an IPv4 address, or the /64 network of an IPv6 one.

    One customer of an internet provider has a whole /64, so a limit for each IPv6 address would be none.
    """
    peer = _parse_address((scope.get("client") or ("", 0))[0])
    if peer is None:
        return UNKNOWN
    found = peer
    if proxies.networks and proxies.contains(peer):
        for hop in _hops_from_right(scope["headers"], proxies.header):
            address = _parse_address(hop)
            if address is None:
                break
            found = address
            if not proxies.contains(address):
                break
    return _network_name(found)


def _hops_from_right(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """Return the addresses of a header, the nearest first. Several headers of one name are one list (RFC 9110, 5.3)."""
    elements = ",".join(value.decode("latin-1") for key, value in headers if key == name).split(",")
    nearest = [element.strip() for element in reversed(elements)][:MAX_HOPS]
    return nearest if name != b"forwarded" else [_forwarded_client(element) for element in nearest]


def _forwarded_client(element: str) -> str:
    found = FORWARDED_FOR.search(element)
    return (found[1] or found[2] or "") if found else ""


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address of a text, with or without a port; None for a name or anything else."""
    if found := WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _network_name(address: IPv4Address | IPv6Address) -> str:
    return str(address) if isinstance(address, IPv4Address) else str(IPv6Network((int(address) >> 64 << 64, 64)))
