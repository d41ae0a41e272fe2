"""`saola party`, `credential` and `mandate` as an administrator and a trader use them, against a real hub."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from saola_client import Hub
from services.cli.main import app
from tests.days import today
from tests.hub import RunningHub, run_saola

RunCommand = Callable[..., str]


@pytest.fixture
def run_command(tried_hub: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Run a command at the hub as its administrator, or by a file of credentials; answers what it printed."""
    for name in ("SAOLA_HUB", "SAOLA_CLIENT_ID", "SAOLA_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, by: Path | None = None, status: int = 0) -> str:
        whose = "--admin" if words[0] in {"party", "credential"} else "--credentials"
        file = by or tried_hub.home / "admin.json"
        done = CliRunner().invoke(app, [*words, "--hub", tried_hub.url, whose, str(file)])
        assert done.exit_code == status, f"{done.stdout}{done.stderr}"
        assert "Traceback" not in done.output
        return done.stdout if status == 0 else done.stderr

    return run


def _added(run_command: RunCommand, name: str, *more: str) -> str:
    return run_command("party", "add", name, "--country", "FR", "--role", "trader", *more).splitlines()[0].split()[-1]


def test_party_added_by_the_command_line_can_be_disabled_and_enabled(
    run_command: RunCommand, tried_hub: RunningHub
) -> None:
    added = run_command("party", "add", "Party X", "--country", "fr", "--role", "trader", "--identifier", "EORI=FR-X")
    party_id = added.splitlines()[0].split()[-1]
    assert added.splitlines()[1:] == [
        f"It has no credentials yet. This command adds them: saola credential add {party_id} --save FILE"
    ]
    table = run_command("party", "list")
    assert table.splitlines()[0].split() == ["id", "name", "country", "roles", "identifiers", "disabled"]
    assert "EORI=FR-X" in table
    assert "is disabled" in run_command("party", "disable", "Party X")
    [shown] = [party for party in json.loads(run_command("party", "list", "--json")) if party["id"] == party_id]
    assert shown["disabled"] is True
    assert "is enabled" in run_command("party", "enable", party_id)
    with tried_hub.admin() as hub:
        assert hub.read_party(party_id)["disabled"] is False


def test_credential_created_by_the_command_line_can_be_rotated_and_revoked(
    run_command: RunCommand, tried_hub: RunningHub, tmp_path: Path
) -> None:
    party_id = _added(run_command, "Party C")
    first = tmp_path / "first.json"
    assert "client_secret" not in run_command("credential", "add", party_id, "--save", str(first))
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    pair = json.loads(first.read_text())
    with Hub(tried_hub.url, pair["client_id"], pair["client_secret"]) as hub:
        assert hub.me()["id"] == party_id
    shown_once = run_command("credential", "add", party_id, "--expires-at", f"{today().year + 1}-01-01T00:00:00Z")
    assert "client_secret" in shown_once
    turned = run_command("credential", "rotate", party_id, pair["client_id"], "--overlap-hours", "1")
    assert "client_secret" in turned and f"The old credential {pair['client_id']} is valid until" in turned
    listed = json.loads(run_command("credential", "list", "Party C", "--json"))
    assert {one["client_id"] for one in listed} >= {pair["client_id"]} and len(listed) == 3
    assert pair["client_id"] in run_command("credential", "list", party_id)
    assert "is disabled" in run_command("credential", "disable", party_id, pair["client_id"])
    assert len(json.loads(run_command("credential", "list", party_id, "--json"))) == 2
    assert "404 not-found" in run_command("credential", "disable", party_id, pair["client_id"], status=1)


def test_key_created_by_the_command_line_authenticates_and_stays_private(
    run_command: RunCommand, tried_hub: RunningHub, tmp_path: Path
) -> None:
    party_id, file = _added(run_command, "Party K"), tmp_path / "key.json"
    run_command("credential", "add", party_id, "--own-key", "--save", str(file))
    assert json.loads(file.read_text()).keys() == {"client_id", "private_key"}
    token = run_saola("token", "--hub", tried_hub.url, "--credentials", str(file))
    assert (token.returncode, token.stdout.count(".")) == (0, 2), token.stderr
    refused = run_command("credential", "add", party_id, "--own-key", "--save", str(file), status=1)
    assert "does not overwrite it. Name a new file with --save" in refused
    assert "Name a new file for it with --save" in run_command("credential", "add", party_id, "--own-key", status=1)


def test_mandate_granted_by_the_command_line_can_be_revoked(run_command: RunCommand, tmp_path: Path) -> None:
    by = tmp_path / "trader.json"
    as_agent = tmp_path / "agent.json"
    trader, agent = [
        _added(run_command, name, "--save", str(file)) for name, file in (("Principal", by), ("Agent", as_agent))
    ]
    told = run_command("mandate", "add", agent, "--until", f"{today().year + 1}-12-31", by=by)
    assert f"offered: {agent} declares for {trader}" in told
    [mandate] = json.loads(run_command("mandate", "list", "--json", by=by))
    assert mandate["agent"] == agent and mandate["id"] in run_command("mandate", "list", by=by)
    assert "is active" in run_command("mandate", "accept", mandate["id"], by=as_agent)
    assert "is revoked" in run_command("mandate", "revoke", mandate["id"], by=by)
    assert "offered" in run_command("mandate", "add", agent, "--trader", trader)


def test_command_refused_by_the_hub_prints_the_reason_and_exits_with_1(run_command: RunCommand) -> None:
    assert "No party has the name 'Nobody'" in run_command("party", "disable", "Nobody", status=1)
    assert "404 not-found" in run_command("party", "disable", "0190c0de-0000-7000-8000-00000000b001", status=1)
    told = run_command("party", "add", "Bad", "--country", "FR", "--role", "king", status=1)
    assert "422 invalid-body" in told and "/roles/0" in told


def test_command_without_a_hub_names_the_address(tmp_path: Path) -> None:
    file = tmp_path / "admin.json"
    file.write_text('{"client_id": "a", "client_secret": "b"}')
    done = run_saola("party", "list", "--hub", "http://127.0.0.1:9", "--admin", file)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "http://127.0.0.1:9" in done.stderr and "saola up" in done.stderr


def test_help_of_the_command_line_describes_each_command() -> None:
    help_text = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    chapters = ("A hub on this machine", "Declarations and events", "Parties and access", "Deployment", "One process")
    assert [place := help_text.index(chapter) for chapter in chapters] == sorted(
        help_text.index(c) for c in chapters
    ), place
    for name in ("up", "check", "party", "credential", "mandate", "rotate", "permits-worker"):
        assert f" {name} " in help_text
    for group in ("party", "credential", "mandate"):
        told = CliRunner().invoke(app, [group, "--help"], terminal_width=200).stdout
        assert " add " in told and " list " in told
