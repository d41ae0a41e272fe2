"""A start that cannot go well ends with status 78 and one clear sentence a fault, all at once: real processes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.cli.databases import Server
from services.cli.ports import free_ports
from shared.key_files import create_encryption_keys, create_signing_keys
from tests.conftest import Clone

PROCESSES = ("gateway", "permits", "permits-worker", "notifications", "notifications-worker")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the key sets of a hub."""
    create_signing_keys(tmp_path / "private.json", tmp_path / "public.json")
    create_signing_keys(tmp_path / "webhooks.json", tmp_path / "webhooks.public.json")
    create_encryption_keys(tmp_path / "secrets.json")
    return tmp_path


def environment(process: str, url: str, keys: Path) -> dict[str, str]:
    """What a process is told when everything is right."""
    private, public = str(keys / "private.json"), str(keys / "public.json")
    service = process.removesuffix("-worker").upper()
    names = {
        "GATEWAY": {
            "PERMITS_URL": "http://127.0.0.1:9",
            "NOTIFICATIONS_URL": "http://127.0.0.1:9",
            "SIGNING_KEYS": private,
            "TOKEN_KEYS": private,
        },
        "PERMITS": {"NOTIFICATIONS_URL": "http://127.0.0.1:9", "SIGNING_KEYS": private, "GATEWAY_KEYS": public},
        "NOTIFICATIONS": {
            "GATEWAY_KEYS": public,
            "PERMITS_KEYS": public,
            "SECRET_KEYS": str(keys / "secrets.json"),
            "SIGNING_KEYS": str(keys / "webhooks.json"),
        },
    }[service]
    given = {"DATABASE_URL": url, "PORT": str(free_ports(1)[0]), **names}
    return {f"{service}_{name}": value for name, value in given.items()}


def started(process: str, settings: Mapping[str, str]) -> tuple[int, list[str]]:
    """Start a process that cannot start; return its status and the reasons that its log names."""
    bare = {name: value for name, value in os.environ.items() if name.partition("_")[0].lower() not in PROCESSES}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "services.cli.run", process],
        env={**bare, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert {line["event"] for line in lines} == {"startup.refused"}
    return ended.returncode, [line["reason"] for line in lines]


@pytest.mark.parametrize("process", ["gateway", "permits-worker", "notifications"])
def test_everything_that_is_wrong_is_told_at_once(process: str, keys: Path) -> None:
    nobody = free_ports(1)[0]
    settings = environment(process, f"postgresql+asyncpg://nobody@127.0.0.1:{nobody}/x", keys)
    service = process.removesuffix("-worker").upper()
    key = next(name for name in settings if name.endswith("_KEYS"))
    settings |= {f"{service}_PROT": "1", f"{service}_PORT": "http", key: str(keys / "none.json")}

    status, output = started(process, settings)

    assert status == 78
    starts = [line.split(":")[0].split(" is no setting")[0].split(" names")[0] for line in output]
    assert starts == [f"{service}_PROT", f"{service}_PORT", key, f"{service}_DATABASE_URL"]
    assert "the database cannot be reached" in output[-1]


def test_a_missing_setting_is_named_with_its_meaning(keys: Path) -> None:
    settings = environment("gateway", "postgresql+asyncpg://nobody@/x", keys)
    del settings["GATEWAY_DATABASE_URL"], settings["GATEWAY_TOKEN_KEYS"]
    status, output = started("gateway", settings)
    assert (status, len(output)) == (78, 2)
    assert output[0].startswith("GATEWAY_DATABASE_URL is not set: postgresql+asyncpg://")
    assert output[1].startswith("GATEWAY_TOKEN_KEYS is not set: Private JWKS")


def test_what_is_no_address_or_no_private_key_is_told(keys: Path) -> None:
    settings = environment("gateway", "over there", keys) | {"GATEWAY_SIGNING_KEYS": str(keys / "public.json")}
    status, output = started("gateway", settings)
    assert (status, len(output)) == (78, 2)
    assert "public keys only" in output[0]
    assert "this is no address; write postgresql+asyncpg://" in output[1]


@pytest.mark.parametrize("process", PROCESSES)
async def test_only_the_runner_of_the_service_may_enter(
    process: str, keys: Path, server: Server, templates: str, clone: Clone
) -> None:
    service = process.removesuffix("-worker")
    await clone(service)
    owner = server.url(templates + service, f"{service}_owner", "test")
    status, output = started(process, environment(process, owner, keys))
    assert (status, len(output)) == (78, 1)
    assert f"it enters as {service}_owner, another role; a service enters as {service}_runner" in output[0]


async def test_a_superuser_may_not_enter_and_an_unmigrated_database_is_told_beside_it(
    keys: Path, server: Server, templates: str
) -> None:
    status, output = started("permits", environment("permits", server.url("postgres"), keys))
    assert (status, len(output)) == (78, 2)
    assert f"it enters as {server.user}, a superuser" in output[0]
    assert "stands at migration none, this code needs" in output[1] and "saola migrate" in output[1]


async def test_an_old_database_and_a_newer_one_are_told(keys: Path, server: Server, clone: Clone) -> None:
    url = await clone("notifications")
    admin = await server.connect_as_superuser(url.split("@/")[1].split("?")[0])
    try:
        for number, words in (
            ("0005", "was made before version 0.1.0 and cannot be upgraded: start on an empty home folder"),
            ("0099_later", "stands at migration 0099_later, which this version does not know: run the newer version"),
        ):
            await admin.execute("UPDATE alembic_version SET version_num = $1", number)
            status, output = started("notifications", environment("notifications", url, keys))
            assert (status, len(output)) == (78, 1)
            assert words in output[0]
    finally:
        await admin.close()


async def test_a_role_that_may_not_enter_the_database_is_told(
    keys: Path, server: Server, templates: str, clone: Clone
) -> None:
    await clone("gateway")
    other = server.url(templates + "gateway", "permits_runner", "test")
    status, output = started("gateway", environment("gateway", other, keys))
    assert (status, len(output)) == (78, 1)
    assert "the database does not let us in: permission denied for database" in output[0]


def test_a_secret_may_stand_in_a_file_but_not_in_both_places(keys: Path) -> None:
    (keys / "url").write_text("over there\n")
    settings = environment("permits", "", keys)
    del settings["PERMITS_DATABASE_URL"]
    settings["PERMITS_DATABASE_URL_FILE"] = str(keys / "url")
    assert "PERMITS_DATABASE_URL: this is no address" in started("permits", settings)[1][0]
    both = settings | {"PERMITS_DATABASE_URL": "x"}
    assert started("permits", both)[1] == [
        "PERMITS_DATABASE_URL and PERMITS_DATABASE_URL_FILE are both set; set one of them."
    ]
    away = settings | {"PERMITS_DATABASE_URL_FILE": "/none"}
    assert started("permits", away)[1] == [
        "PERMITS_DATABASE_URL_FILE names /none, which cannot be read: No such file or directory."
    ]
