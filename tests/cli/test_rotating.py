"""Keys are rotated step by step while requests flow: nobody is refused, and in the end the old key signs nothing."""

import base64
import json
import threading
import time
from typing import Any

import httpx2
import pytest

from shared.identity import make_keys, rotate_keys
from tests.hub import RunningHub, running_hub, saola


def _kid(token: str) -> str:
    part = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["kid"])


def test_requests_flow_through_a_whole_rotation() -> None:
    with running_hub() as hub, hub.admin() as admin:
        before = admin.token()
        pair = admin.create_credentials(admin.me()["id"])
        answers: list[int] = []
        stop = threading.Event()
        flow = threading.Thread(target=_ask, args=(hub, pair, answers, stop))
        flow.start()
        for step in ("add", "use"):
            done = saola("rotate", step, "--home", hub.home)
            assert done.returncode == 0, done.stderr
            time.sleep(2.5)
        assert len(_published(hub)) == 2
        admin._way._forget(f"Bearer {before}")
        after = admin.token()
        assert _kid(after) != _kid(before)
        for token in (before, after):
            assert httpx2.get(f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        stop.set()
        flow.join()
        assert len(answers) > 20
        assert set(answers) == {200}, "inside and outside, nobody noticed"
        assert saola("rotate", "drop", "--home", hub.home).returncode == 0
        time.sleep(2.5)
        refused = httpx2.get(f"{hub.url}/v1/me", headers={"Authorization": f"Bearer {before}"})
        assert refused.status_code == 401
        assert _published(hub) == [_kid(after)]
        assert saola("rotate", "drop", "--home", hub.home).returncode == 1, "the last key stays"


def _ask(hub: RunningHub, pair: dict[str, Any], answers: list[int], stop: threading.Event) -> None:
    """Ask for new tokens, and through them both services behind the gateway."""
    form = {"grant_type": "client_credentials", "client_id": pair["client_id"], "client_secret": pair["client_secret"]}
    with httpx2.Client(base_url=hub.url) as http:
        while not stop.is_set():
            given = http.post("/oauth2/token", data=form)
            answers.append(given.status_code)
            header = {"Authorization": f"Bearer {given.json()['access_token']}"}
            answers.append(http.get("/v1/reference/terms", headers=header).status_code)
            time.sleep(0.05)


def _published(hub: RunningHub) -> list[str]:
    return [key["kid"] for key in httpx2.get(f"{hub.url}/.well-known/jwks.json").json()["keys"]]


def test_a_step_that_would_change_nothing_is_refused(tmp_path: Any) -> None:
    private, public = tmp_path / "private.json", tmp_path / "public.json"
    make_keys(private, public)
    for step in ("use", "drop", "turn"):
        with pytest.raises(ValueError, match="nothing to do"):
            rotate_keys(private, public, step)
    first, second = rotate_keys(private, public, "add")
    assert rotate_keys(private, public, "use") == [second, first]
    assert rotate_keys(private, public, "drop") == [second]
    assert [key["kid"] for key in json.loads(public.read_text())["keys"]] == [second]
