"""Free ports on the loopback interface, and how one stays free until its server comes.

They are taken from below the range that the kernel gives to outgoing connections: a port out of that range could be
gone when a service is started again on it, and a call to it while nobody listens could even be connected to itself.

What was chosen is held by a socket that is bound and does not listen. No other program that chooses a port gets it
meanwhile, a call to it is refused as at any free port, and the server it was chosen for, which says `SO_REUSEADDR` as
servers do, listens beside that socket as often as it likes (socket(7)).
"""

import random
import socket
from collections import deque

LOWEST, HIGHEST = 20_000, 32_000
MAX_BOUND_SOCKETS = 256
"""So many ports are held by a process, the latest ones: each costs an open file."""

_bound_sockets: deque[socket.socket] = deque()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int, *, exclude: int = 0) -> list[int]:
    """Choose so many different ports that are free now, none of them `exclude`, which is to be taken later.

    They are this process's until it ends or has chosen 256 others.
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
        bound.bind(("127.0.0.1", port))  # alone: whoever has it, listening or not, refuses this
    except OSError:
        bound.close()
        return False
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # from here on its server may come
    _bound_sockets.append(bound)
    if len(_bound_sockets) > MAX_BOUND_SOCKETS:
        _bound_sockets.popleft().close()
    return True
