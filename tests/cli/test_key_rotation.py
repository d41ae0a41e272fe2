"""The rotation of keys, step by step while requests flow: none is refused, and in the end the old key signs nothing."""

import base64
import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from saola_client import BadReceipt, Hub, verify_receipt
from shared.database import now
from shared.key_files import KeyFile, create_signing_keys, rotate_keys
from shared.signed_tokens import ACCESS_TOKEN_TYPE, RECEIPT_TYPE, InvalidToken, sign_token, verify_token
from tests.hub import RunningHub, run_saola, running_hub
from tests.journeys.hub_parties import PartyAccess, declaration
from tests.power_cut import volatile_disk


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
            time.sleep(2.5)
        assert len(_published_kids(hub)) == 2
        admin._transport._discard_token(f"Bearer {before}")
        after = admin.access_token()
        assert _kid(after) != _kid(before)
        for token in (before, after):
            assert httpx2.get(f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        stop.set()
        flow.join()
        assert len(responses) > 20
        assert set(responses) == {200}, "a service refused an internal or external token"
        assert run_saola("rotate", "drop", "--home", hub.home).returncode == 0
        time.sleep(2.5)
        refused = httpx2.get(f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {before}"})
        assert refused.status_code == 401
        assert _published_kids(hub) == [_kid(after)]
        refused_step = run_saola("rotate", "drop", "--home", hub.home)
        assert refused_step.returncode == 1, "the last key stays"
        assert "The step drop is not possible" in refused_step.stderr
        assert "Begin a rotation with: saola rotate add" in refused_step.stderr
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


def _rotate_webhooks(hub: RunningHub) -> None:
    counts = []
    for step in ("add", "use", "drop"):
        assert run_saola("rotate", step, "--webhooks", "--home", hub.home).returncode == 0
        time.sleep(2.5)
        counts.append(len(httpx2.get(f"{hub.url}/.well-known/webhook-keys.json").json()["keys"]))
    assert counts == [2, 2, 1]


def _send_requests(hub: RunningHub, pair: dict[str, Any], responses: list[int], stop: threading.Event) -> None:
    """Request new tokens and use them for requests that permits answers, until `stop` is set."""
    form = {"grant_type": "client_credentials", "client_id": pair["client_id"], "client_secret": pair["client_secret"]}
    with httpx2.Client(base_url=hub.url) as http:
        while not stop.wait(0.05):
            given = http.post("/oauth2/token", data=form)
            responses.append(given.status_code)
            header = {"Authorization": f"Bearer {given.json()['access_token']}"}
            responses.append(http.get("/v1/reference/terms", headers=header).status_code)


def _published_kids(hub: RunningHub) -> list[str]:
    return [key["kid"] for key in httpx2.get(f"{hub.url}/.well-known/jwks.json").json()["keys"]]


def test_rotation_step_without_effect_is_refused(tmp_path: Any) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    for step in ("use", "drop", "turn"):
        with pytest.raises(ValueError, match="nothing to do"):
            rotate_keys(private, public, step)
    first, second = rotate_keys(private, public, "add")
    assert rotate_keys(private, public, "use") == [second, first]
    assert rotate_keys(private, public, "drop") == [second]
    assert [key["kid"] for key in json.loads(public.read_text())["keys"]] == [second]


def test_receipts_of_dropped_key_stay_valid_and_tokens_do_not(tmp_path: Path) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    create_signing_keys(private, public)
    keys, at = KeyFile(private), now()
    claims = {"iss": "hub", "aud": "saola", "iat": int(at.timestamp()), "exp": int(at.timestamp()) + 60}
    receipt, token = (
        sign_token(keys, typ=RECEIPT_TYPE, claims=claims),
        sign_token(keys, typ=ACCESS_TOKEN_TYPE, claims=claims),
    )
    for step in ("add", "use", "drop", "add", "use", "drop"):
        rotate_keys(private, public, step)
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
        for step in ("add", "use", "drop"):
            rotate_keys(private, public, step)
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
