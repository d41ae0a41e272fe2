"""The rotation of keys, step by step while requests flow: none is refused, and in the end the old key signs nothing."""

import base64
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from saola_client import BadReceipt, Hub, verify_receipt
from services.cli.console import CommandError, shorten_path
from services.cli.home import Home
from services.cli.key_rotation import TOKEN_SIGNERS, rotate_files, rotate_home, rotate_webhooks
from shared.database import now
from shared.key_files import MAX_KEYS, KeyFile, RotationRefused, create_signing_keys, rotate_keys
from shared.signed_tokens import ACCESS_TOKEN_TYPE, RECEIPT_TYPE, InvalidToken, sign_token, verify_token
from tests.hub import RunningHub, run_saola, running_hub
from tests.journeys.hub_parties import PartyAccess, declaration
from tests.power_cut import volatile_disk
from tests.waiting import WAIT_SECONDS

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=2)
"""Longer than the wait before any step."""


def _kid(token: str) -> str:
    part = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["kid"])


def test_key_rotation_refuses_no_request(tmp_path: Path) -> None:
    with running_hub() as hub, hub.admin() as admin:
        before = admin.access_token()
        receipt = tmp_path / "receipt.jws"
        receipt.write_text(_lodge_for_receipt(admin))
        pair = admin.create_credential(admin.me()["id"])
        responses: list[int] = []
        stop = threading.Event()
        flow = threading.Thread(target=_send_requests, args=(hub, pair, responses, stop), daemon=True)
        flow.start()
        for step in ("add", "use"):
            done = run_saola("rotate", step, "--home", hub.home)
            assert done.returncode == 0, done.stderr
            _move_last_step_back(hub)
            time.sleep(2.5)
        assert len(_published_kids(hub)) == 2
        admin._transport._discard_token(f"Bearer {before}")
        after = admin.access_token()
        assert _kid(after) != _kid(before)
        for token in (before, after):
            assert _read_own_party(hub, token).status_code == 200
        stop.set()
        flow.join()
        assert len(responses) > 20
        assert set(responses) == {200}, "a service refused an internal or external token"
        assert run_saola("rotate", "drop", "--home", hub.home).returncode == 0
        time.sleep(2.5)
        refused = _read_own_party(hub, before)
        assert refused.status_code == 401
        assert _published_kids(hub) == [_kid(after)]
        refused_step = run_saola("rotate", "drop", "--home", hub.home)
        assert refused_step.returncode == 1, "the last key stays"
        assert "The step drop is not possible" in refused_step.stderr
        assert f"The next step is: saola rotate add --home {shorten_path(hub.home)}" in refused_step.stderr
        good = run_saola("verify-receipt", receipt, "--hub", hub.url)
        assert good.returncode == 0, good.stderr
        _rotate_webhooks(hub)


def _lodge_for_receipt(admin: Hub) -> str:
    """Lodge a declaration of a new trader and return its receipt."""
    party = {"name": "B", "country": "FR", "roles": ["trader"], "identifiers": {"EORI": "FR-ROTATED"}}
    pair = admin.create_credential(admin.create_party(party)["id"])
    with Hub(admin.url, pair["client_id"], pair["client_secret"]) as trader:
        stated = declaration(PartyAccess("", {}, "ZA-1"), PartyAccess("", {}, "FR-ROTATED"), "ZA-0")
        return trader.read_receipt(trader.lodge(stated)["id"])


def _move_last_step_back(hub: RunningHub) -> None:
    """Make the last step of each rotation two hours older."""
    for file in (hub.home / "keys").glob("*.private.json"):
        content = json.loads(file.read_text())
        if "rotation" in content:
            content["rotation"]["at"] = (now() - timedelta(hours=2)).isoformat()
            file.with_suffix(".test").write_text(json.dumps(content))
            file.with_suffix(".test").replace(file)


def _rotate_webhooks(hub: RunningHub) -> None:
    counts = []
    for step in ("add", "use", "drop"):
        assert run_saola("rotate", step, "--webhooks", "--home", hub.home).returncode == 0
        _move_last_step_back(hub)
        time.sleep(2.5)
        counts.append(len(httpx2.get(f"{hub.url}/.well-known/webhook-keys.json", timeout=WAIT_SECONDS).json()["keys"]))
    assert counts == [2, 2, 1]


def _send_requests(hub: RunningHub, pair: dict[str, Any], responses: list[int], stop: threading.Event) -> None:
    """Request new tokens and use them for requests that permits answers, until `stop` is set."""
    form = {"grant_type": "client_credentials", "client_id": pair["client_id"], "client_secret": pair["client_secret"]}
    with httpx2.Client(base_url=hub.url, timeout=WAIT_SECONDS) as http:
        while not stop.wait(0.05):
            given = http.post("/oauth2/token", data=form)
            responses.append(given.status_code)
            header = {"Authorization": f"Bearer {given.json()['access_token']}"}
            responses.append(http.get("/v1/reference/terms", headers=header).status_code)


def _read_own_party(hub: RunningHub, token: str) -> httpx2.Response:
    return httpx2.get(f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_SECONDS)


def _published_kids(hub: RunningHub) -> list[str]:
    return [key["kid"] for key in httpx2.get(f"{hub.url}/.well-known/jwks.json", timeout=WAIT_SECONDS).json()["keys"]]


def test_rotation_step_without_effect_is_refused(tmp_path: Any) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    for step in ("use", "drop"):
        with pytest.raises(RotationRefused, match=rf"there is no second key in .*, so `{step}` has nothing to do"):
            rotate_keys(private, public, step, at=AT)
    first, second = rotate_keys(private, public, "add", at=AT)
    assert rotate_keys(private, public, "use", at=AT + HOURS) == [second, first]
    assert rotate_keys(private, public, "drop", at=AT + 2 * HOURS) == [second]
    assert [key["kid"] for key in json.loads(public.read_text())["keys"]] == [second]


@pytest.mark.parametrize(("step", "seconds"), [("use", 60), ("drop", 3_660)])
def test_rotation_step_is_refused_until_its_wait_is_over(tmp_path: Path, step: str, seconds: int) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    rotate_keys(private, public, "add", at=AT)
    began = AT
    if step == "drop":
        began = AT + HOURS
        rotate_keys(private, public, "use", at=began)
    before = private.read_bytes(), public.read_bytes()
    for early in (timedelta(), timedelta(seconds=seconds - 1), -HOURS):
        with pytest.raises(ValueError, match=r"too early.* Wait until 2026-") as refused:
            rotate_keys(private, public, step, at=began + early)
        assert f"{began + timedelta(seconds=seconds):%H:%M:%S} UTC" in str(refused.value)
    assert (private.read_bytes(), public.read_bytes()) == before
    rotate_keys(private, public, step, at=began + timedelta(seconds=seconds))


def test_rotation_steps_are_refused_in_another_order(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    rotate_keys(private, public, "add", at=AT)
    with pytest.raises(ValueError, match="the last step was `add`, and `drop` comes after `use`"):
        rotate_keys(private, public, "drop", at=AT + 2 * HOURS)
    rotate_keys(private, public, "use", at=AT + HOURS)
    with pytest.raises(ValueError, match="the last step was `use`, and `use` comes after `add`"):
        rotate_keys(private, public, "use", at=AT + 3 * HOURS)


def test_rotation_that_an_earlier_version_began_waits_from_the_change_of_the_file(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    rotate_keys(private, public, "add", at=AT)
    content = json.loads(private.read_text())
    del content["rotation"]
    private.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="too early"):
        rotate_keys(private, public, "use", at=now())
    rotate_keys(private, public, "use", at=now() + HOURS)


@pytest.mark.parametrize(
    ("done", "step", "following"),
    [
        ([], "use", "add"),
        ([], "drop", "add"),
        (["add"], "add", "use"),
        (["add"], "drop", "use"),
        (["add", "use"], "add", "drop"),
        (["add", "use"], "use", "drop"),
    ],
)
def test_rotation_step_that_is_refused_names_the_next_one(
    tmp_path: Path, done: list[str], step: str, following: str
) -> None:
    home = Home(tmp_path)
    home.create()
    files = home.private_keys("webhooks"), home.public_keys("webhooks")
    for number, name in enumerate(done):
        rotate_files(*files, name, at=AT + number * HOURS)
    with pytest.raises(CommandError) as refused:
        rotate_webhooks(tmp_path, step, at=AT + 9 * HOURS)
    folder = shorten_path(tmp_path)
    assert str(refused.value).endswith(f". The next step is: saola rotate {following} --webhooks --home {folder}")
    with pytest.raises(CommandError) as refused:
        rotate_files(*files, step, at=AT + 9 * HOURS)
    named = f"--private {files[0]} --public {files[1]}"
    assert str(refused.value).endswith(f". The next step is: saola rotate {following} {named}")


def test_rotation_step_that_is_too_early_names_only_its_time(tmp_path: Path) -> None:
    Home(tmp_path).create()
    rotate_webhooks(tmp_path, "add", at=AT)
    with pytest.raises(CommandError, match=r"Wait until 2026-11-01 12:01:00 UTC\.$"):
        rotate_webhooks(tmp_path, "use", at=AT)


def test_rotation_names_the_command_of_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Home(tmp_path).create()
    rotate_home(tmp_path, "add", at=AT)
    rotate_webhooks(tmp_path, "add", at=AT)
    folder = shorten_path(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("run: ")[2] for line in lines if "run: " in line] == [
        f"saola rotate use --home {folder}",
        f"saola rotate use --webhooks --home {folder}",
    ]


def test_rotation_of_a_full_key_set_is_refused(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    content = json.loads(private.read_text())
    private.write_text(json.dumps({"keys": content["keys"] * MAX_KEYS}))
    with pytest.raises(RotationRefused, match="there are 5 keys in"):
        rotate_keys(private, public, "add", at=AT)


def test_rotation_without_a_key_set_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"webhooks\.private\.json: No such file or directory\. Check the options"):
        rotate_webhooks(tmp_path, "add", at=AT)
    Home(tmp_path).create()
    for content in ("", "{}"):
        Home(tmp_path).private_keys("webhooks").write_text(content)
        with pytest.raises(CommandError, match=r"webhooks\.private\.json is no key set\. Restore it"):
            rotate_webhooks(tmp_path, "add", at=AT)


def test_rotation_of_a_home_changes_all_key_sets_or_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    for signer in TOKEN_SIGNERS:
        begun_at = AT + HOURS if signer == "tokens" else AT
        rotate_keys(home.private_keys(signer), home.public_keys(signer), "add", at=begun_at)
    before = {signer: home.private_keys(signer).read_bytes() for signer in TOKEN_SIGNERS}
    with pytest.raises(CommandError, match="The step use is not possible: it is too early"):
        rotate_home(tmp_path, "use", at=AT + HOURS)
    assert {signer: home.private_keys(signer).read_bytes() for signer in TOKEN_SIGNERS} == before
    rotate_home(tmp_path, "use", at=AT + 2 * HOURS)


@pytest.mark.parametrize("steps", [("add",), ("add", "use")])
def test_rotation_that_is_not_finished_refuses_a_new_key(tmp_path: Path, steps: tuple[str, ...]) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    for number, step in enumerate(steps):
        rotate_keys(private, public, step, at=AT + number * HOURS)
    before = private.read_bytes()
    with pytest.raises(ValueError, match=f"the last step was `{steps[-1]}`: finish that rotation first"):
        rotate_keys(private, public, "add", at=AT + 9 * HOURS)
    assert private.read_bytes() == before


def test_receipts_of_dropped_key_stay_valid_and_tokens_do_not(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    keys, at = KeyFile(private), now()
    claims = {"iss": "hub", "aud": "saola", "iat": int(at.timestamp()), "exp": int(at.timestamp()) + 60}
    receipt, token = (
        sign_token(keys, typ=RECEIPT_TYPE, claims=claims),
        sign_token(keys, typ=ACCESS_TOKEN_TYPE, claims=claims),
    )
    for number, step in enumerate(("add", "use", "drop", "add", "use", "drop")):
        rotate_keys(private, public, step, at=AT + number * HOURS)
    after = KeyFile(private)
    assert verify_receipt(receipt, after.public_jwks_with_retired())["iss"] == "hub"
    assert len(after.public_jwks_with_retired()["keys"]) == 3 and len(after.public_jwks()["keys"]) == 1
    assert not any("d" in key for key in after.public_jwks_with_retired()["keys"])
    with pytest.raises(BadReceipt):
        verify_receipt(receipt, after.public_jwks())
    with pytest.raises(InvalidToken):
        verify_token(token, after, typ=ACCESS_TOKEN_TYPE, issuer="hub", audience="saola", at=at)


def test_key_sets_after_power_cut_sign_and_verify_at_any_moment(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    with volatile_disk() as disk:
        create_signing_keys(private, public)
        for number, step in enumerate(("add", "use", "drop")):
            rotate_keys(private, public, step, at=AT + number * HOURS)
    for moment in disk.moments[5:]:  # at the moments before, the home has no keys yet
        published = [_kids(content) for content in moment[public]]
        for content in moment[private]:
            assert all(_kids(content)[0] in kids for kids in published), "a service refuses the key that signs"
    assert [*disk.moments[-1].values()] == [{private.read_bytes()}, {public.read_bytes()}]


def test_start_without_missing_keys_writes_nothing(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    with volatile_disk() as disk:
        create_signing_keys(private, public)
        assert disk.moments == []
        public.write_text('{"keys": []}')
        create_signing_keys(private, public)
    assert _kids(public.read_bytes()) == _kids(private.read_bytes())


def _kids(content: bytes | None) -> list[str]:
    return [key["kid"] for key in json.loads(content or b"")["keys"]]
