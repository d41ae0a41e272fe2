"""Free ports below the range of outgoing connections, reserved until their servers start."""

import random
import socket
import subprocess
import sys

import pytest

from services.cli import ports
from services.cli.ports import free_ports, is_free


def test_port_with_listening_server_is_not_free() -> None:
    port = free_ports(1)[0]
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_chosen_ports_differ_and_lie_below_the_ephemeral_range() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(20_000 <= port < 32_000 for port in found)


def test_excluded_port_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    excluded, other = free_ports(2)
    for holder in (ports._bound_sockets.pop(), ports._bound_sockets.pop()):
        holder.close()
    drawn = iter([excluded, excluded, other])
    monkeypatch.setattr("services.cli.ports.random.randrange", lambda low, high: next(drawn))
    assert free_ports(1, exclude=excluded) == [other]


def test_ports_of_programs_with_the_same_random_numbers_differ() -> None:
    seed, state = 7, random.getstate()
    random.seed(seed)
    first_ports = free_ports(10)
    random.setstate(state)
    other = f"import random; from services.cli.ports import free_ports; random.seed({seed}); print(*free_ports(10))"
    output = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True, timeout=30)
    second_ports = [int(port) for port in output.stdout.split()]
    assert len(second_ports) == 10
    assert not set(first_ports) & set(second_ports)


def test_reserved_port_refuses_calls_before_and_after_its_server() -> None:
    port = free_ports(1)[0]
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port), timeout=5),
        ):
            server.accept()[0].close()


def test_reserved_ports_are_limited_in_number() -> None:
    free_ports(ports.MAX_BOUND_SOCKETS + 3)
    assert len(ports._bound_sockets) == ports.MAX_BOUND_SOCKETS
