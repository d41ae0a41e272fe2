"""The jobs of a deployment, and how a container knows that it is well."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.databases import SERVICES, Server
from services.cli.deployment import make_key_sets, prepare_all
from services.cli.health_checks import is_healthy
from services.cli.ports import free_ports
from shared.startup_checks import database_faults


def addresses(server: Server, prefix: str) -> dict[str, str]:
    found = {}
    for service in SERVICES:
        name = service.upper()
        found[f"{name}_SERVER_URL"] = server.url(server.database, server.user, server.password)
        found[f"{name}_OWNER_URL"] = server.url(prefix + service, f"{service}_owner", "test")
        found[f"{name}_DATABASE_URL"] = server.url(prefix + service, f"{service}_runner", "test")
    return found


async def test_what_the_addresses_name_is_made_and_may_be_made_again(
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


def test_an_address_that_is_missing_or_names_another_role_is_told(tmp_path: Path) -> None:
    given = addresses(Server("nowhere"), "")
    with pytest.raises(CommandError, match="Set GATEWAY_SERVER_URL, or GATEWAY_SERVER_URL_FILE"):
        prepare_all({})
    with pytest.raises(CommandError, match="gateway_runner as its user"):
        prepare_all(given | {"GATEWAY_DATABASE_URL": given["GATEWAY_OWNER_URL"]})
    with pytest.raises(CommandError, match="is no address"):
        prepare_all(given | {"GATEWAY_SERVER_URL": "over there"})
    with pytest.raises(CommandError, match="cannot be read"):
        prepare_all({"GATEWAY_SERVER_URL_FILE": str(tmp_path / "none")})


def test_key_sets_are_made_once_and_private_halves_stay_apart(tmp_path: Path) -> None:
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


def test_a_worker_is_well_while_it_moves_and_a_server_while_it_is_ready(tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    pulse.touch()
    assert is_healthy({"SAOLA_PULSE": str(pulse)})
    os.utime(pulse, (time.time() - 11, time.time() - 11))
    assert not is_healthy({"SAOLA_PULSE": str(pulse)})
    assert not is_healthy({"PERMITS_PORT": str(free_ports(1)[0])})
    assert not is_healthy({})
