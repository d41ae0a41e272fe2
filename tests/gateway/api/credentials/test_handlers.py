"""The fields of responses about credentials: a credential has those of its kind, and no others."""

from datetime import timedelta
from typing import Any

import pytest

from services.gateway.api.protocol import commands
from shared.database import now
from tests.gateway.conftest import RunningGateway

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "k-1"}
KINDS: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "secret": ({}, "client_secret", set()),
    "public_key": ({"public_key": KEY}, "kids", {"kids"}),
    "subject": ({"subject": "person-Ω"}, "subject", {"subject"}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_credential_has_the_fields_of_its_kind(hub: RunningGateway, kind: str) -> None:
    body, proof, listed = KINDS[kind]
    party, _ = await hub.party("trader")
    path = f"/v1/parties/{party['id']}/credentials"
    created = (await hub.http.post(path, json=body, headers=hub.admin)).json()
    assert set(created) == {"client_id", proof}
    found = (await hub.http.get(path, headers=hub.admin)).json()
    assert found["next_cursor"] is None
    shown = found["data"][0]
    assert set(shown) == {"client_id", "kind", "made_at", "last_used_at", "expires_at"} | listed
    assert (shown["client_id"], shown["kind"]) == (created["client_id"], kind)
    assert (shown["last_used_at"], shown["expires_at"]) == (None, None)


async def test_credential_shows_when_it_ends(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader")
    path, ends_at = f"/v1/parties/{party['id']}/credentials", "2999-01-01T00:00:00.000000Z"
    created = (await hub.http.post(path, json={"expires_at": "2999-01-01T01:00:00+01:00"}, headers=hub.admin)).json()
    assert created["expires_at"] == ends_at
    assert (await hub.http.get(path, headers=hub.admin)).json()["data"][0]["expires_at"] == ends_at


async def test_rotated_credential_has_the_replaced_credential(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader")
    path = f"/v1/parties/{party['id']}/credentials"
    old = (await hub.http.post(path, headers=hub.admin)).json()
    rotated = (await hub.http.post(f"{path}/{old['client_id']}/rotation", headers=hub.admin)).json()
    assert set(rotated) == {"client_id", "client_secret", "replaces"}
    assert set(rotated["replaces"]) == {"client_id", "ends_at"}
    assert rotated["replaces"]["client_id"] == old["client_id"]


async def test_credential_repeated_under_its_key_has_the_same_bytes(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader")
    path, headers = f"/v1/parties/{party['id']}/credentials", hub.admin | {"Idempotency-Key": "c-1"}
    first = await hub.http.post(path, headers=headers)
    again = await hub.http.post(path, headers=headers)
    assert (first.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.content == first.content


async def test_credential_request_repeated_after_its_end_returns_the_first_response(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, _ = await hub.party("trader")
    path, headers = f"/v1/parties/{party['id']}/credentials", hub.admin | {"Idempotency-Key": "c-2"}
    body = {"expires_at": (now() + timedelta(hours=1)).isoformat()}
    first = await hub.http.post(path, json=body, headers=headers)
    assert first.status_code == 201, first.text
    monkeypatch.setattr(commands, "now", lambda: now() + timedelta(hours=2))
    again = await hub.http.post(path, json=body, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await hub.http.post(path, json=body, headers=hub.admin | {"Idempotency-Key": "c-3"})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "in-the-past")
