"""Free ports on the loopback interface.

They are taken from below the range that the kernel gives to outgoing connections: a port out of that range could be
gone when a service is started again on it, and a call to it while nobody listens could even be connected to itself.
"""

import random
import socket

LOWEST, HIGHEST = 20_000, 32_000


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


def free_ports(count: int, *, beside: int = 0) -> list[int]:
    """Choose so many different ports that are free now, none of them `beside`, which is to be taken later."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(LOWEST, HIGHEST)  # noqa: S311
        if port not in {beside, *found} and is_free(port):
            found.append(port)
    return found
