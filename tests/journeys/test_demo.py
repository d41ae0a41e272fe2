"""The main journey, as `saola demo` plays it."""

from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.step_report import require_balance, require_result
from tests.days import today
from tests.hub import RunningHub, run_saola


def first_number() -> str:
    """Return the number of the permit that the demo issues first on a new hub."""
    return f"ZA-{today().year}-000123"


def test_demo_played_twice_on_one_hub_keeps_each_promise(hub: RunningHub) -> None:
    first = run_saola("demo", "--hub", hub.url, "--admin", hub.home / "admin.json")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"export permit {first_number()}" in first.stdout
    assert "granted 120, endorsed 118, reserved 100, consumed 0" in first.stdout
    assert [line[0] for line in first.stdout.splitlines() if line[:1].isdigit()] == list("1234567")

    second = run_saola("demo", "--hub", hub.url, "--admin", hub.home / "admin.json")
    assert second.returncode == 0, second.stdout + second.stderr
    assert first_number() not in second.stdout


def test_demo_leaves_no_party_active_and_no_country_with_an_office(hub: RunningHub) -> None:
    before = {party["id"] for party in hub.admin().list_parties()}
    played = run_saola("demo", "--hub", hub.url, "--admin", hub.home / "admin.json")
    assert played.returncode == 0, played.stdout + played.stderr
    added = [party for party in hub.admin().list_parties() if party["id"] not in before]
    assert len(added) == 6
    assert {(party["disabled"], *party["roles"]) for party in added} == {(True, "trader")}


def test_demo_without_a_hub_starts_one_and_stops_it() -> None:
    before = set(Path("/tmp").glob("saola-own-*"))
    played = run_saola("demo")
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"export permit {first_number()}" in played.stdout
    assert set(Path("/tmp").glob("saola-own-*")) <= before


def test_demo_with_a_broken_promise_ends_with_an_error() -> None:
    with pytest.raises(CommandError, match="expected: accepted"):
        require_result("it is rejected", "rejected", "accepted")
    with pytest.raises(CommandError, match=r"found: +.*'99'"):
        require_balance("line A", {"reserved": "99"}, {"reserved": "100"})


def test_demo_of_an_absent_hub_names_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "admin.json").write_text('{"client_id": "a", "client_secret": "b"}')
    played = run_saola("token", "--hub", "http://127.0.0.1:9", "--credentials", tmp_path / "admin.json")
    assert played.returncode == 1
    assert "saola up" in played.stderr
    assert "Traceback" not in played.stderr


def test_demo_without_credentials_names_the_next_step(tmp_path: Path) -> None:
    played = run_saola("demo", "--hub", "http://127.0.0.1:9", "--admin", tmp_path / "none.json")
    assert played.returncode == 1
    assert "admin.json" in played.stderr and "SAOLA_CLIENT_ID" in played.stderr
