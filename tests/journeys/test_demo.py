"""The main journey, as `saola demo` plays it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.step_report import require_balance, require_result
from tests.hub import RunningHub, run_saola

FIRST_NUMBER = f"ZA-{datetime.now(UTC).year}-000123"


def test_the_demo_keeps_every_promise_and_can_be_played_again_on_the_same_hub(hub: RunningHub) -> None:
    first = run_saola("demo", "--hub", hub.url, "--admin", hub.home / "admin.json")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"export permit {FIRST_NUMBER}" in first.stdout
    assert "granted 120, endorsed 118, reserved 100, consumed 0" in first.stdout
    assert [line[0] for line in first.stdout.splitlines() if line[:1].isdigit()] == list("1234567")

    second = run_saola("demo", "--hub", hub.url, "--admin", hub.home / "admin.json")
    assert second.returncode == 0, second.stdout + second.stderr
    assert FIRST_NUMBER not in second.stdout


def test_the_demo_brings_a_hub_of_its_own_and_takes_it_away_again() -> None:
    before = set(Path("/tmp").glob("saola-own-*"))
    played = run_saola("demo")
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"export permit {FIRST_NUMBER}" in played.stdout
    assert set(Path("/tmp").glob("saola-own-*")) <= before


def test_a_promise_that_is_not_kept_ends_the_play() -> None:
    with pytest.raises(CommandError, match="wanted: accepted"):
        require_result("it is rejected", "rejected", "accepted")
    with pytest.raises(CommandError, match=r"found: .*'99'"):
        require_balance("line A", {"reserved": "99"}, {"reserved": "100"})


def test_a_hub_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "admin.json").write_text('{"client_id": "a", "client_secret": "b"}')
    played = run_saola("token", "--hub", "http://127.0.0.1:9", "--credentials", tmp_path / "admin.json")
    assert played.returncode == 1
    assert "saola up" in played.stderr
    assert "Traceback" not in played.stderr


def test_credentials_that_are_not_there_are_told_with_what_to_do(tmp_path: Path) -> None:
    played = run_saola("demo", "--hub", "http://127.0.0.1:9", "--admin", tmp_path / "none.json")
    assert played.returncode == 1
    assert "admin.json" in played.stderr and "SAOLA_CLIENT_ID" in played.stderr
