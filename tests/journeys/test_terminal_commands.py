"""Commands for a person at a terminal: add a party, get a token, check a declaration."""

import json
from pathlib import Path

import httpx2

from tests.hub import RunningHub, run_saola
from tests.waiting import WAIT_SECONDS


def add_trader(hub: RunningHub, folder: Path, identifier: str) -> Path:
    file = folder / "trader.json"
    made = run_saola(
        *("party", "add", "C SARL", "--country", "FR", "--role", "trader", "--identifier", f"EORI={identifier}"),
        *("--save", file, "--hub", hub.url, "--admin", hub.home / "admin.json"),
    )
    assert made.returncode == 0, made.stderr
    return file


def declaration(identifier: str) -> dict[str, object]:
    item = {"number": 1, "taxon": "Falco exemplaris", "term": "LIV", "quantity": "1", "unit": "number"}
    return {
        "reference": "C-1",
        "movement": "import",
        "exporter": {"name": "D", "country": "AE"},
        "importer": {"name": "C SARL", "country": "FR", "identifier": identifier},
        "export_country": "AE",
        "import_country": "FR",
        "items": [item],
    }


def test_party_added_at_a_terminal_uses_its_own_token(hub: RunningHub, tmp_path: Path) -> None:
    file = add_trader(hub, tmp_path, "FR-COUNTER-1")
    assert file.stat().st_mode & 0o777 == 0o600
    token = run_saola("token", "--hub", hub.url, "--credentials", file).stdout.strip()
    me = httpx2.get(
        f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=WAIT_SECONDS
    ).json()
    assert (me["name"], me["roles"]) == ("C SARL", ["trader"])


def test_declaration_checked_at_a_terminal_is_not_stored(hub: RunningHub, tmp_path: Path) -> None:
    credentials = add_trader(hub, tmp_path, "FR-COUNTER-2")
    file = tmp_path / "declaration.json"
    file.write_text(json.dumps(declaration("FR-COUNTER-2")))
    checked = run_saola("check", file, "--hub", hub.url, "--credentials", credentials)
    assert checked.returncode == 1
    shown = " ".join(checked.stdout.split())
    assert "no permit cited" in shown and "Cite the export permit" in shown
    assert "override" not in shown
    file.write_text(json.dumps(declaration("FR-COUNTER-2") | {"movement": "sideways"}))
    checked = run_saola("check", file, "--hub", hub.url, "--credentials", credentials)
    assert checked.returncode == 1
    assert "/movement" in checked.stdout + checked.stderr


def test_reference_lists_shown_at_a_terminal_name_effect_and_next_step(hub: RunningHub) -> None:
    arguments = ("lists", "--hub", hub.url, "--credentials", hub.home / "admin.json")
    shown = {one["list"]: one for one in json.loads(run_saola(*arguments, "--json").stdout)}
    assert shown.keys() == {"taxa", "suspensions", "quotas", "hs-codes"}
    assert shown.pop("hs-codes")["remedy"] is None
    assert all((one["remedy"] is None) == (one["state"] in {"loaded", "empty"}) for one in shown.values())
    table = " ".join(run_saola(*arguments).stdout.split())
    assert shown["taxa"]["effect"].split()[0] in table


def test_party_with_an_unknown_role_is_refused_in_plain_words(hub: RunningHub) -> None:
    made = run_saola(
        *("party", "add", "X", "--country", "FR", "--role", "king", "--hub", hub.url),
        *("--admin", hub.home / "admin.json"),
    )
    assert made.returncode == 1
    assert "/roles/0" in made.stderr
    assert "Traceback" not in made.stderr
