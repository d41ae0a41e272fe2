"""A process of the hub that cannot start exits with status 78 and reports all faults at once."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.cli.databases import Server
from services.cli.ports import free_ports
from shared.key_files import create_encryption_keys, create_signing_keys
from shared.migration_state import newest_migration
from tests.conftest import Clone

PROCESSES = ("gateway", "permits", "permits-worker", "notifications", "notifications-worker")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with the key sets of a hub."""
    create_signing_keys(tmp_path / "private.json", tmp_path / "public.json")
    create_signing_keys(tmp_path / "webhooks.json", tmp_path / "webhooks.public.json")
    create_encryption_keys(tmp_path / "secrets.json")
    return tmp_path


def environment(process: str, url: str, keys: Path) -> dict[str, str]:
    """Return environment variables with which a process can start."""
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


def run_refused(process: str, settings: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a process that cannot start. Return its status and the reasons in its log."""
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


EXPECTED_KEYS = "Expected: a readable file with a JSON Web Key Set, as `saola keys FOLDER` makes it."


@pytest.mark.parametrize("process", ["gateway", "permits-worker", "notifications"])
def test_start_with_several_faults_reports_all_at_once(process: str, keys: Path) -> None:
    port = free_ports(1)[0]
    settings = environment(process, f"postgresql+asyncpg://nobody@127.0.0.1:{port}/x", keys)
    service = process.removesuffix("-worker")
    prefix = service.upper()
    key = next(name for name in settings if name.endswith("_KEYS"))
    settings |= {f"{prefix}_PROT": "1", f"{prefix}_PORT": "http", key: str(keys / "none.json")}

    status, (unknown, wrong, unreadable, unreachable) = run_refused(process, settings)

    assert status == 78
    advice = "Correct its name, or remove it. See docs/reference/settings.md."
    assert unknown == f"{prefix}_PROT is not a setting of {service}. Did you mean {prefix}_PORT? {advice}"
    assert wrong.startswith(f'{prefix}_PORT is "http". Expected: a whole number from ')
    assert wrong.endswith(f" to 65535. Example: {prefix}_PORT={'8001' if service == 'permits' else '8000'}")
    reason = "The file cannot be read: No such file or directory."
    assert unreadable == f'{key} is "{keys / "none.json"}". {reason} {EXPECTED_KEYS}'
    assert unreachable.startswith(f"{prefix}_DATABASE_URL: The server cannot be reached: ")
    assert unreachable.endswith("Check the host and the port in the address, and that PostgreSQL runs.")


def test_unknown_setting_without_similar_name_is_refused_with_all_names(keys: Path) -> None:
    settings = environment("permits", "over there", keys) | {"PERMITS_COLOUR": "red"}
    _, (unknown, _) = run_refused("permits", settings)
    assert unknown.startswith(
        "PERMITS_COLOUR is not a setting of permits. The settings of permits are PERMITS_DATABASE_CONNECTIONS, "
    )


def test_missing_setting_is_reported_with_meaning_form_and_example(keys: Path) -> None:
    settings = environment("gateway", "postgresql+asyncpg://nobody@/x", keys)
    del settings["GATEWAY_DATABASE_URL"], settings["GATEWAY_TOKEN_KEYS"]
    assert run_refused("gateway", settings) == (
        78,
        [
            "GATEWAY_DATABASE_URL is not set. It means: Address of the service's database, with its runner as the "
            "user. Expected: an address. "
            "Example: GATEWAY_DATABASE_URL=postgresql+asyncpg://gateway_runner:password@db.example:5432/gateway",
            "GATEWAY_TOKEN_KEYS is not set. It means: Private JWKS that signs access tokens. "
            "Expected: the path of a file. Example: GATEWAY_TOKEN_KEYS=/keys/gateway/tokens.json",
        ],
    )


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("LOG_LEVEL", "loud", 'is "loud". Expected: one of DEBUG, INFO, WARNING, ERROR. Example: INFO'),
        ("KEEP_EVENTS", "7", 'is "7". Expected: a whole number from 30 to 36500. Example: 30'),
        ("KEEP_EVENTS", "", "is empty. Expected: a whole number from 30 to 36500. Example: 30"),
        ("VERIFY_ENDPOINTS", "maybe", 'is "maybe". Expected: true or false. Example: true'),
        (
            "ALLOWED_NETWORKS",
            "10.0.0.1/8",
            'is "10.0.0.1/8". Expected: networks in CIDR notation without host bits, separated by commas. '
            "Example: 10.1.0.0/16,fd00:1::/64",
        ),
        (
            "SCHEDULE",
            "1,soon",
            'is "1,soon". Expected: 1 to 50 numbers of seconds, each with at most 3 decimals, separated by commas. '
            "Example: 1,5,60,300,1800,7200,18000,36000,50400,72000,86400",
        ),
        ("SECRET_KEYS", "", f"is empty. The file cannot be read: Is a directory. {EXPECTED_KEYS}"),
    ],
)
def test_wrong_setting_is_reported_with_value_form_and_example(name: str, value: str, fault: str, keys: Path) -> None:
    settings = environment("notifications", "over there", keys) | {f"NOTIFICATIONS_{name}": value}
    _, (reason, _) = run_refused("notifications", settings)
    assert reason.replace(f"NOTIFICATIONS_{name}=", "") == f"NOTIFICATIONS_{name} {fault}"


@pytest.mark.parametrize("url", ["secret over there", "", "postgresql+asyncpg://secret:port/x"])
def test_database_setting_without_address_is_reported_without_its_value(url: str, keys: Path) -> None:
    _, (reason,) = run_refused("permits", environment("permits", url, keys))
    assert reason == (
        "PERMITS_DATABASE_URL: The value is not the address of a database; it is not shown, because it may contain a "
        "password. Expected: postgresql+asyncpg://permits_runner:password@host:port/name"
    )


@pytest.mark.parametrize("content", ["not JSON", '{"keys": []}', "[]"])
def test_key_file_without_keys_is_reported(content: str, keys: Path) -> None:
    file = keys / "wrong.json"
    file.write_text(content)
    settings = environment("gateway", "over there", keys) | {"GATEWAY_SIGNING_KEYS": str(file)}
    _, (reason, _) = run_refused("gateway", settings)
    fault = "The file is not a JSON Web Key Set with a key."
    assert reason == f'GATEWAY_SIGNING_KEYS is "{file}". {fault} {EXPECTED_KEYS}'


def test_key_file_with_public_keys_only_is_refused_for_signing(keys: Path) -> None:
    file = keys / "public.json"
    settings = environment("gateway", "over there", keys) | {"GATEWAY_SIGNING_KEYS": str(file)}
    _, (reason, _) = run_refused("gateway", settings)
    assert reason == (
        f'GATEWAY_SIGNING_KEYS is "{file}". The file contains only public keys. '
        "Expected: the key set with the private keys, as `saola keys FOLDER` makes it."
    )


@pytest.mark.parametrize("process", PROCESSES)
async def test_database_user_other_than_runner_is_refused(
    process: str, keys: Path, server: Server, templates: str, clone: Clone
) -> None:
    service = process.removesuffix("-worker")
    await clone(service)
    owner = server.url(templates + service, f"{service}_owner", "test")
    status, (reason,) = run_refused(process, environment(process, owner, keys))
    assert status == 78
    assert reason == (
        f"{service.upper()}_DATABASE_URL: The user is {service}_owner. "
        f"Expected: {service}_runner, which owns no table and reads only this database."
    )


async def test_superuser_and_missing_migrations_are_both_reported(keys: Path, server: Server, templates: str) -> None:
    status, (user, migration) = run_refused("permits", environment("permits", server.url("postgres"), keys))
    assert status == 78
    assert f"The user is the superuser {server.user}. Expected: permits_runner" in user
    assert migration == (
        f"PERMITS_DATABASE_URL: The database is not migrated; this version needs migration "
        f"{newest_migration('permits')}. Run `saola migrate permits`."
    )


async def test_database_at_unknown_migration_is_reported_with_advice(keys: Path, server: Server, clone: Clone) -> None:
    url = await clone("notifications")
    admin = await server.connect_as_superuser(url.split("@/")[1].split("?")[0])
    try:
        for number, words in (
            ("0005", "from before version 0.1.0, and cannot be upgraded. Start with an empty home folder"),
            ("0099_later", "which this version does not know. Run the newer version that made it."),
        ):
            await admin.execute("UPDATE alembic_version SET version_num = $1", number)
            status, (reason,) = run_refused("notifications", environment("notifications", url, keys))
            assert status == 78
            assert f"NOTIFICATIONS_DATABASE_URL: The database has migration {number}, {words}" in reason
    finally:
        await admin.close()


async def test_database_user_without_permission_to_connect_is_reported(
    keys: Path, server: Server, templates: str, clone: Clone
) -> None:
    await clone("gateway")
    other = server.url(templates + "gateway", "permits_runner", "test")
    status, (reason,) = run_refused("gateway", environment("gateway", other, keys))
    assert status == 78
    assert "GATEWAY_DATABASE_URL: The server refuses the connection: permission denied for database" in reason
    assert reason.endswith("in the address. `saola prepare` makes all three.")


def test_setting_in_file_is_read_and_refused_if_set_twice(keys: Path) -> None:
    (keys / "url").write_text("over there\n")
    settings = environment("permits", "", keys)
    del settings["PERMITS_DATABASE_URL"]
    settings["PERMITS_DATABASE_URL_FILE"] = str(keys / "url")
    assert "PERMITS_DATABASE_URL: The value is not the address" in run_refused("permits", settings)[1][0]
    both = settings | {"PERMITS_DATABASE_URL": "x"}
    assert run_refused("permits", both)[1] == [
        "PERMITS_DATABASE_URL and PERMITS_DATABASE_URL_FILE are both set. Set only one of them."
    ]
    missing = settings | {"PERMITS_DATABASE_URL_FILE": "/none"}
    assert run_refused("permits", missing)[1] == [
        'PERMITS_DATABASE_URL_FILE names "/none", which cannot be read: No such file or directory. '
        "Name a readable file that contains the value of PERMITS_DATABASE_URL."
    ]


def test_wrong_setting_in_file_is_reported_without_its_value(keys: Path) -> None:
    (keys / "port").write_text("secret")
    settings = environment("gateway", "over there", keys)
    del settings["GATEWAY_PORT"]
    _, (reason, _) = run_refused("gateway", settings | {"GATEWAY_PORT_FILE": str(keys / "port")})
    assert reason == (
        "GATEWAY_PORT_FILE names a file with a wrong value. "
        "Expected: a whole number from 1 to 65535. Example: GATEWAY_PORT=8000"
    )


async def test_start_on_the_port_of_another_program_is_refused(clone: Clone, keys: Path) -> None:
    url = await clone("permits")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = environment("permits", url, keys) | {"PERMITS_PORT": str(port)}
        assert run_refused("permits", settings) == (
            78,
            [
                f"PERMITS_PORT is {port}, and another program uses this port on 127.0.0.1. Stop that program, or set "
                "another PERMITS_PORT."
            ],
        )
