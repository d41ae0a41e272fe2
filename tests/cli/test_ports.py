"""Free ports, below the range from which the kernel takes outgoing ones, held until their server comes."""

import random
import socket
import subprocess
import sys

import pytest

from services.cli import ports
from services.cli.ports import free_ports, is_free


def test_a_port_that_is_listened_on_is_not_free() -> None:
    port = free_ports(1)[0]
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_chosen_ports_differ_and_lie_below_the_ephemeral_range() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(20_000 <= port < 32_000 for port in found)


def test_a_port_that_is_promised_elsewhere_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    promised, other = free_ports(2)
    for holder in (ports._bound_sockets.pop(), ports._bound_sockets.pop()):
        holder.close()
    drawn = iter([promised, promised, other])
    monkeypatch.setattr("services.cli.ports.random.randrange", lambda low, high: next(drawn))
    assert free_ports(1, exclude=promised) == [other]


def test_two_programs_that_draw_the_same_numbers_never_get_the_same_port() -> None:
    seed, state = 7, random.getstate()
    random.seed(seed)
    mine = free_ports(10)
    random.setstate(state)
    other = f"import random; from services.cli.ports import free_ports; random.seed({seed}); print(*free_ports(10))"
    output = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True, timeout=30)
    theirs = [int(port) for port in output.stdout.split()]
    assert len(theirs) == 10
    assert not set(mine) & set(theirs)


def test_a_held_port_refuses_calls_until_its_server_comes_and_after_it_went() -> None:
    port = free_ports(1)[0]
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port), timeout=5),
        ):
            server.accept()[0].close()


def test_no_more_than_so_many_ports_are_held() -> None:
    free_ports(ports.MAX_BOUND_SOCKETS + 3)
    assert len(ports._bound_sockets) == ports.MAX_BOUND_SOCKETS
