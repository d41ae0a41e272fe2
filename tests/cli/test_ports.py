"""Free ports, below the range from which the kernel takes outgoing ones."""

import socket

import pytest

from services.cli.ports import free_ports, is_free


def test_a_port_that_is_listened_on_is_not_free() -> None:
    port = free_ports(1)[0]
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_chosen_ports_differ_and_lie_below_the_ephemeral_range() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(20_000 <= port < 32_000 for port in ports)


def test_a_port_that_is_promised_elsewhere_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([20_001, 20_001, 20_002])
    monkeypatch.setattr("services.cli.ports.random.randrange", lambda low, high: next(drawn))
    monkeypatch.setattr("services.cli.ports.is_free", lambda port: True)
    assert free_ports(1, beside=20_001) == [20_002]
