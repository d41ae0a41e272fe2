"""Free ports on the loopback interface, which stay free until their servers start.

They are below the range that the kernel uses for outgoing connections. A port of that range could be taken when a
service restarts on it. While no server listens there, a call to it could even be connected to itself.

A socket that is bound but does not listen reserves each chosen port. Other programs that choose a port do not get it,
and a call to it is refused as at any free port. The intended server sets `SO_REUSEADDR`, as servers do, so it can
listen on the port too, as often as it restarts (socket(7)).
"""

import random
import socket
from collections import deque

HIGHEST_PORT = 65_535
LOWEST, HIGHEST = 20_000, 32_000
MAX_BOUND_SOCKETS = 256
"""The most ports that a process reserves, the latest ones. Each occupies an open file."""

_bound_sockets: deque[socket.socket] = deque()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on a port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int, *, exclude: int = 0) -> list[int]:
    """Choose and reserve different free ports, none of them `exclude`, which another server uses later.

    This process reserves them until it ends or has chosen 256 others.
    """
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(LOWEST, HIGHEST)  # noqa: S311
        if port != exclude and _bind(port):
            found.append(port)
    return found


def _bind(port: int) -> bool:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.bind(("127.0.0.1", port))  # without SO_REUSEADDR it fails if another socket has the port
    except OSError:
        bound.close()
        return False
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # from now on its server may listen too
    _bound_sockets.append(bound)
    if len(_bound_sockets) > MAX_BOUND_SOCKETS:
        _bound_sockets.popleft().close()
    return True
