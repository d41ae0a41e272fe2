"""The preparation of a deployment, and the health check of its containers."""

import asyncio
import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.databases import SERVICES, Server
from services.cli.deployment import make_key_sets, prepare_all
from services.cli.health_checks import find_liveness_check, is_healthy
from services.cli.ports import free_ports
from shared.startup_checks import database_faults
from tests.waiting import block_until


def addresses(server: Server, prefix: str) -> dict[str, str]:
    """Return the variables with the addresses of all databases of a deployment."""
    found = {}
    for service in SERVICES:
        name = service.upper()
        found[f"{name}_SERVER_URL"] = server.url(server.database, server.user, server.password)
        found[f"{name}_OWNER_URL"] = server.url(prefix + service, f"{service}_owner", "test")
        found[f"{name}_DATABASE_URL"] = server.url(prefix + service, f"{service}_runner", "test")
    return found


async def test_database_preparation_creates_what_addresses_name_and_may_be_repeated(
    server: Server, templates: str, tmp_path: Path
) -> None:
    given = addresses(server, f"{templates}prepared_")
    runner = given.pop("PERMITS_DATABASE_URL")
    (tmp_path / "secret").write_text(runner + "\n")
    given["PERMITS_DATABASE_URL_FILE"] = str(tmp_path / "secret")
    try:
        for _ in range(2):
            await asyncio.to_thread(prepare_all, given)
        assert await database_faults(runner, "permits") == []
    finally:
        admin = await server.connect_as_superuser()
        for service in SERVICES:
            await admin.execute(f'DROP DATABASE IF EXISTS "{templates}prepared_{service}" WITH (FORCE)')
        await admin.close()


def test_database_address_that_is_missing_or_wrong_is_refused_with_advice(tmp_path: Path) -> None:
    given = addresses(Server("nowhere"), "")
    with pytest.raises(CommandError, match=r"GATEWAY_SERVER_URL is not set\. Expected: postgresql\+asyncpg://"):
        prepare_all({})
    with pytest.raises(CommandError, match="user 'gateway_owner', expected 'gateway' and 'gateway_runner'"):
        prepare_all(given | {"GATEWAY_DATABASE_URL": given["GATEWAY_OWNER_URL"]})
    with pytest.raises(CommandError, match=r"GATEWAY_SERVER_URL is not the address of a database\. Expected: "):
        prepare_all(given | {"GATEWAY_SERVER_URL": "over there"})
    with pytest.raises(CommandError, match=r"GATEWAY_SERVER_URL_FILE names .* cannot be read"):
        prepare_all({"GATEWAY_SERVER_URL_FILE": str(tmp_path / "none")})


def test_key_sets_are_created_once_with_private_halves_in_separate_folders(tmp_path: Path) -> None:
    make_key_sets(tmp_path)
    files = {str(file.relative_to(tmp_path)): file.read_bytes() for file in tmp_path.rglob("*.json")}
    make_key_sets(tmp_path)
    assert files == {str(file.relative_to(tmp_path)): file.read_bytes() for file in tmp_path.rglob("*.json")}
    private = {name for name, content in files.items() if {"d", "k"} & json.loads(content)["keys"][0].keys()}
    assert private == {
        "gateway/inside.json",
        "gateway/tokens.json",
        "permits/inside.json",
        "notifications/secrets.json",
        "notifications/webhooks.json",
    }


def test_health_check_requires_recent_heartbeat_of_worker_and_readiness_of_server(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()
    assert is_healthy({"SAOLA_PULSE": str(heartbeat)})
    os.utime(heartbeat, (time.time() - 11, time.time() - 11))
    assert not is_healthy({"SAOLA_PULSE": str(heartbeat)})
    assert not is_healthy({"PERMITS_PORT": str(free_ports(1)[0])})
    assert not is_healthy({})


def test_liveness_check_of_a_worker_requires_a_new_heartbeat(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    is_alive = find_liveness_check({"SAOLA_PULSE": str(heartbeat), "PERMITS_PORT": "1"}, 5.0)
    assert not is_alive()
    heartbeat.touch()
    assert is_alive()
    assert not is_alive()
    os.utime(heartbeat, (1.0, 1.0))  # the clock of the machine went back
    assert is_alive()
    heartbeat.unlink()
    assert not is_alive()


def test_liveness_check_of_a_server_accepts_each_response() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        is_alive = find_liveness_check({"PERMITS_PORT": str(server.getsockname()[1])}, 5.0)
        respond = threading.Thread(target=_respond_once, args=(server,))
        respond.start()
        assert is_alive()
        respond.join()
    assert not is_alive()
    assert not find_liveness_check({}, 5.0)()


def test_liveness_check_of_a_server_without_a_response_fails_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        is_alive = find_liveness_check({"PERMITS_PORT": str(server.getsockname()[1])}, 0.2)
        results: list[bool] = []
        check = threading.Thread(target=lambda: results.append(is_alive()), daemon=True)
        check.start()
        block_until(lambda: results)
        assert results == [False]


def _respond_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
