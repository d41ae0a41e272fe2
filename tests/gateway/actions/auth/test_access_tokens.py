"""Access tokens: who is given one, and which are refused."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from services.cli.ports import free_ports
from services.gateway.actions.auth import access_tokens, party_directory
from shared.contracts.parties import Caller, Party
from shared.database import now
from shared.key_files import KeyFile, create_signing_keys
from shared.signed_tokens import InternalTokenSigner, InvalidToken
from tests.gateway.conftest import RunningGateway, serve_gateway

FORM = {"grant_type": "client_credentials"}


async def _credential(hub: RunningGateway, *roles: str) -> tuple[str, dict[str, str]]:
    new = {"name": "T", "country": "FR", "roles": list(roles or ("trader",))}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()
    given = await hub.http.post(f"/v1/parties/{party['id']}/credentials", headers=hub.admin)
    return party["id"], given.json()


async def _me(hub: RunningGateway, token: str) -> httpx2.Response:
    return await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_decode(token.split(".")[1]))
    return claims


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_a_token_is_given_by_basic_and_by_post_and_says_what_rfc_9068_asks(hub: RunningGateway) -> None:
    party_id, credential = await _credential(hub)
    basic = await hub.http.post("/oauth2/token", data=FORM, auth=(credential["client_id"], credential["client_secret"]))
    post = await hub.http.post("/oauth2/token", data=FORM | credential)
    for response in (basic, post):
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert (response.json()["token_type"], response.json()["expires_in"]) == ("Bearer", 3600)
    token = basic.json()["access_token"]
    head, claims = json.loads(_decode(token.split(".")[0])), _claims(token)
    assert (head["typ"], head["alg"]) == ("at+jwt", "Ed25519")
    assert claims["iss"] == hub.url
    assert (claims["aud"], claims["sub"], claims["client_id"]) == ("saola", party_id, credential["client_id"])
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"] != _claims(post.json()["access_token"])["jti"]
    assert (await _me(hub, token)).json()["id"] == party_id


async def test_what_is_published_verifies_a_token(hub: RunningGateway) -> None:
    _, credential = await _credential(hub)
    metadata = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == hub.url
    assert metadata["token_endpoint"] == f"{hub.url}/oauth2/token"
    keys = (await hub.http.get(metadata["jwks_uri"])).json()
    assert all("d" not in key for key in keys["keys"])
    token = jwt.decode(await hub.token(credential), KeySet.import_key_set(keys), algorithms=["Ed25519"])
    assert token.claims["client_id"] == credential["client_id"]


async def test_a_refusal_is_in_the_words_of_oauth(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    nobody = {"client_id": "nobody", "client_secret": "nothing"}
    for form, status, error in (
        ({"x": "y"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        (FORM | nobody, 401, "invalid_client"),
        (FORM | nobody | {"client_id": "no\x00body"}, 401, "invalid_client"),
        (FORM, 401, "invalid_client"),
        (FORM | {"scope": "everything"}, 400, "invalid_scope"),
    ):
        with subtests.test(str(form)):
            response = await hub.http.post("/oauth2/token", data=form)
            assert (response.status_code, response.json()["error"]) == (status, error)
            assert response.headers["cache-control"] == "no-store"
            assert ("www-authenticate" in response.headers) == (status == 401)


async def test_a_form_that_is_ambiguous_is_refused(hub: RunningGateway) -> None:
    _, credential = await _credential(hub)
    auth = (credential["client_id"], credential["client_secret"])
    twice = "grant_type=client_credentials&grant_type=client_credentials"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    responses = [
        await hub.http.post("/oauth2/token", data=FORM | credential, auth=auth),
        await hub.http.post("/oauth2/token", content=twice, headers=form, auth=auth),
        await hub.http.post("/oauth2/token", json=FORM, auth=auth),
        await hub.http.post("/oauth2/token", data=FORM | {"client_id": "another"}, auth=auth),
    ]
    assert [(response.status_code, response.json()["error"]) for response in responses] == [
        (400, "invalid_request")
    ] * 4


async def test_a_wrong_secret_and_another_partys_are_refused(hub: RunningGateway) -> None:
    _, mine = await _credential(hub)
    _, other = await _credential(hub)
    for secret in (other["client_secret"], mine["client_secret"] + "x", "", "é"):
        form = FORM | {"client_id": mine["client_id"], "client_secret": secret}
        assert (await hub.http.post("/oauth2/token", data=form)).status_code == 401


def _none(hub: RunningGateway, token: str) -> str:
    return ".".join((_encode({"alg": "none", "typ": "at+jwt"}), token.split(".")[1], ""))


def _hmac_with_the_public_key(hub: RunningGateway, token: str) -> str:
    [key] = KeyFile(hub.settings.token_keys).public_jwks()["keys"]
    head = _encode({"alg": "HS256", "typ": "at+jwt", "kid": key["kid"]})
    signed = f"{head}.{token.split('.')[1]}"
    secret = _decode(key["x"])
    return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _with(typ: str = "at+jwt", **changes: Any) -> Callable[[RunningGateway, str], str]:
    def make(hub: RunningGateway, token: str) -> str:
        key = KeyFile(hub.settings.token_keys).keys.keys[0]
        claims = {name: value for name, value in (_claims(token) | changes).items() if value is not None}
        return jwt.encode({"alg": "Ed25519", "typ": typ, "kid": key.kid}, claims, key, algorithms=["Ed25519"])

    return make


def _by_another_key(hub: RunningGateway, token: str) -> str:
    kid = str(KeyFile(hub.settings.token_keys).keys.keys[0].kid)
    key = OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)
    return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": kid}, _claims(token), key, algorithms=["Ed25519"])


def _inside_token(hub: RunningGateway, token: str) -> str:
    party = Party.model_validate({"id": _claims(token)["sub"], "name": "T", "country": "FR", "roles": ["trader"]})
    signer = InternalTokenSigner("gateway", KeyFile(hub.settings.signing_keys))
    return signer.sign(Caller(service="gateway", party=party), audience="permits", at=now())


def _changed_after_signing(hub: RunningGateway, token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{_encode(_claims(token) | {'sub': str(uuid4())})}.{signature}"


BAD: dict[str, Callable[[RunningGateway, str], str]] = {
    "expired": _with(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
    "without an end": _with(exp=None),
    "of the future": _with(iat=int(time.time()) + 600, exp=int(time.time()) + 4000),
    "unsigned": _none,
    "signed with the public key as a password": _hmac_with_the_public_key,
    "for another audience": _with(aud="permits"),
    "for several audiences": _with(aud=["saola"]),
    "of another issuer": _with(iss="https://elsewhere.example"),
    "of another type": _with(typ="JWT"),
    "without a client": _with(client_id=None),
    "of nobody": _with(sub="nobody"),
    "of another party": _with(sub=str(uuid4())),
    "of another key": _by_another_key,
    "from inside the hub": _inside_token,
    "changed after signing": _changed_after_signing,
    "cut": lambda _, token: token[:-4],
    "too long": lambda _, token: token + "A" * 20_000,
    "no token": lambda *_: "not.a.token",
    "no JSON": lambda *_: "AAAA.AAAA.AAAA",
    "in Latin-1": lambda *_: "é.é.é",
}


async def test_a_bad_token_is_nobody(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    _, credential = await _credential(hub)
    token = await hub.token(credential)
    for name, make in BAD.items():
        with subtests.test(name):
            header = {b"Authorization": b"Bearer " + make(hub, token).encode("latin-1")}
            response = await hub.http.get("/v1/me", headers=header)
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
            assert response.headers["www-authenticate"] == 'Bearer realm="saola", error="invalid_token"'
    assert (await _me(hub, token)).status_code == 200


async def test_what_is_no_bearer_token_is_nobody(hub: RunningGateway) -> None:
    for header in ("Bearer", "Basic eDp5", "token", ""):
        assert (await hub.http.get("/v1/me", headers={"Authorization": header})).status_code == 401


async def test_a_token_that_was_read_before_still_ends(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    _, credential = await _credential(hub)
    monkeypatch.setattr(access_tokens, "TOKEN_LIFETIME", access_tokens.TOKEN_LIFETIME / 3600 * 2)
    token = await hub.token(credential)
    assert (await _me(hub, token)).status_code == 200
    later = hub.context.access_tokens
    with pytest.raises(InvalidToken, match="expired"):
        later.verify(token, at=now() + access_tokens.TOKEN_LIFETIME)


async def test_what_is_remembered_of_tokens_is_bounded(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_tokens, "MAX_CACHED", 3)
    _, credential = await _credential(hub)
    for _ in range(5):
        assert (await _me(hub, await hub.token(credential))).status_code == 200
    assert len(hub.context.access_tokens._cached) == 3


async def test_a_rotated_away_key_takes_its_tokens_with_it(hub: RunningGateway, tmp_path: Path) -> None:
    _, credential = await _credential(hub)
    token = await hub.token(credential)
    assert (await _me(hub, token)).status_code == 200
    create_signing_keys(tmp_path / "fresh.json", tmp_path / "fresh.public.json")
    hub.settings.token_keys.write_text((tmp_path / "fresh.json").read_text())
    hub.context.access_tokens.keys._checked_at = 0.0
    assert (await _me(hub, token)).status_code == 401


async def test_a_disabled_party_stops_and_may_come_back(hub: RunningGateway) -> None:
    party_id, credential = await _credential(hub)
    token = await hub.token(credential)
    await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})
    assert (await _me(hub, token)).status_code == 401
    assert (await hub.http.post("/oauth2/token", data=FORM | credential)).status_code == 401
    await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": False}, headers=hub.admin | {"If-Match": "*"})
    assert (await _me(hub, token)).status_code == 200


async def test_an_ended_credential_stops_and_its_sister_does_not(hub: RunningGateway) -> None:
    party_id, first = await _credential(hub)
    second = (await hub.http.post(f"/v1/parties/{party_id}/credentials", headers=hub.admin)).json()
    tokens = [await hub.token(first), await hub.token(second)]
    gone = await hub.http.delete(f"/v1/parties/{party_id}/credentials/{first['client_id']}", headers=hub.admin)
    assert gone.status_code == 204
    assert [(await _me(hub, token)).status_code for token in tokens] == [401, 200]
    assert (await hub.http.post("/oauth2/token", data=FORM | first)).status_code == 401
    listed = await hub.http.get(f"/v1/parties/{party_id}/credentials", headers=hub.admin)
    assert [row["client_id"] for row in listed.json()["data"]] == [second["client_id"]]
    again = await hub.http.delete(f"/v1/parties/{party_id}/credentials/{first['client_id']}", headers=hub.admin)
    assert again.status_code == 404


async def test_what_one_process_changes_another_learns(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(party_directory, "REFRESH_SECONDS", 0.1)
    port = free_ports(1)[0]
    sister = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    async with serve_gateway(sister), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as there:
        while (await there.get("/readyz")).status_code != 200:
            pass
        party_id, credential = await _credential(hub)
        bearer = {"Authorization": f"Bearer {await hub.token(credential)}"}
        assert (await there.get("/v1/me", headers=bearer)).status_code == 200
        await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})
        while (await there.get("/v1/me", headers=bearer)).status_code == 200:
            pass
        assert (await there.get("/v1/me", headers=bearer)).status_code == 401


async def test_nobody_is_let_in_on_knowledge_that_is_too_old(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, credential = await _credential(hub)
    token = await hub.token(credential)
    monkeypatch.setattr(party_directory, "STALE_AFTER", -1.0)
    response = await _me(hub, token)
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    assert "retry-after" in response.headers
