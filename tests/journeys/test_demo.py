"""The main journey, as `saola demo` plays it."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from saola_client import Hub
from services.cli import demo, trial_parties
from services.cli.console import CommandError
from services.cli.demo_parties import DemoParties
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


def test_demo_that_fails_midway_leaves_no_permit_and_no_party_active(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(parties: DemoParties, permit: dict[str, Any], today: date) -> None:
        raise CommandError("step 2 failed")

    monkeypatch.setattr(demo, "endorse", fail)
    before = {party["id"] for party in hub.admin().list_parties()}
    with pytest.raises(CommandError, match="step 2 failed"):
        demo.run_demo(hub.admin())
    added = [party["id"] for party in hub.admin().list_parties() if party["id"] not in before]
    assert {(party["disabled"], *party["roles"]) for party in map(hub.admin().read_party, added)} == {(True, "trader")}
    ids = ", ".join(f"'{party_id}'" for party_id in added)
    issued = hub.query("permits", f"SELECT status FROM permits WHERE registered_by IN ({ids})")
    assert [row["status"] for row in issued] == ["revoked"]


def test_trial_party_without_a_credential_is_ended_and_no_error_keeps_another_active(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, ended = hub.admin(), trial_parties.end_party

    def end(admin: Hub, party_id: str) -> None:
        ended(admin, party_id)
        raise CommandError("the hub did not respond")

    monkeypatch.setattr(trial_parties, "end_party", end)
    before = {party["id"] for party in admin.list_parties()}
    with pytest.raises(CommandError), trial_parties.trial_parties(admin) as add_party:
        for country in ("ZW", "ZM"):
            add_party("An authority", country, ["authority"])
        monkeypatch.setattr(admin, "create_credential", partial(end, admin))
        add_party("A customs office", "ZW", ["customs"])
    added = [party for party in admin.list_parties() if party["id"] not in before]
    assert [(party["disabled"], party["roles"]) for party in added] == [(True, ["trader"])] * 3


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
