"""A name server for tests: it answers A and AAAA queries over UDP (RFC 1035), each time differently if necessary."""

import asyncio
import secrets
import socket
import struct
from collections import Counter
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

A, AAAA = 1, 28


class NameServer(asyncio.DatagramProtocol):
    """Answers from `names`: one list of addresses per query of a name; the last list repeats."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.query_counts: Counter[str] = Counter()
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: Any) -> None:
        name, kind, end = _question(data)
        if kind == A:
            self.query_counts[name] += 1
        times = self.names.get(name, [[]])
        found = times[min(max(self.query_counts[name], 1), len(times)) - 1]
        wanted = [ip_address(one) for one in found if isinstance(ip_address(one), IPv6Address) == (kind == AAAA)]
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, len(wanted), 0, 0)
        responses = [b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(one.packed)) + one.packed for one in wanted]
        self._transport.sendto(head + data[12:end] + b"".join(responses), address)

    def close(self) -> None:
        self._transport.close()

    def look_up(self, host: str, port: int, **more: Any) -> list[tuple[Any, Any, int, str, Any]]:
        """Resolve a name by this server, with the signature of `socket.getaddrinfo`."""
        found: list[tuple[Any, Any, int, str, Any]] = []
        for kind, family in ((A, socket.AF_INET), (AAAA, socket.AF_INET6)):
            for address in self._ask(host.rstrip(".").lower(), kind):
                where = (address, port) if kind == A else (address, port, 0, 0)
                found.append((family, socket.SOCK_STREAM, 6, "", where))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found

    def _ask(self, host: str, kind: int) -> list[str]:
        labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split(".")) + b"\0"
        query = (
            secrets.token_bytes(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(3)
            sock.sendto(query, ("127.0.0.1", self.port))
            output = sock.recv(4096)
        size = 4 if kind == A else 16
        records = output[len(query) :]
        each = 12 + size
        return [str(ip_address(records[n + 12 : n + each])) for n in range(0, len(records), each)]


def _question(data: bytes) -> tuple[str, int, int]:
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += data[at] + 1
    return ".".join(labels), struct.unpack("!H", data[at + 1 : at + 3])[0], at + 5


async def start_name_server() -> NameServer:
    """Start a name server on a free port."""
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    return server
