"""Access tokens: who gets one, and which ones are refused."""

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
from tests.gateway.conftest import RunningGateway, serve_gateway, wait_ready
from tests.waiting import wait_until

FORM = {"grant_type": "client_credentials"}


async def _create_credential(hub: RunningGateway, *roles: str) -> tuple[str, dict[str, str]]:
    new = {"name": "T", "country": "FR", "roles": list(roles or ("trader",))}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()
    given = await hub.http.post(f"/v1/parties/{party['id']}/credentials", headers=hub.admin)
    return party["id"], given.json()


async def _read_me(hub: RunningGateway, token: str) -> httpx2.Response:
    return await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_decode(token.split(".")[1]))
    return claims


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_token_by_basic_or_form_has_the_claims_of_rfc_9068(hub: RunningGateway) -> None:
    party_id, credential = await _create_credential(hub)
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
    assert (await _read_me(hub, token)).json()["id"] == party_id


async def test_token_is_verified_by_the_published_keys(hub: RunningGateway) -> None:
    _, credential = await _create_credential(hub)
    metadata = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == hub.url
    assert metadata["token_endpoint"] == f"{hub.url}/oauth2/token"
    keys = (await hub.http.get(metadata["jwks_uri"])).json()
    assert all("d" not in key for key in keys["keys"])
    token = jwt.decode(await hub.token(credential), KeySet.import_key_set(keys), algorithms=["Ed25519"])
    assert token.claims["client_id"] == credential["client_id"]


async def test_token_refusal_has_an_oauth_error_code(hub: RunningGateway, subtests: pytest.Subtests) -> None:
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


async def test_token_form_that_is_ambiguous_is_refused(hub: RunningGateway) -> None:
    _, credential = await _create_credential(hub)
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


async def test_secret_that_is_wrong_or_of_another_party_is_refused(hub: RunningGateway) -> None:
    _, own = await _create_credential(hub)
    _, other = await _create_credential(hub)
    for secret in (other["client_secret"], own["client_secret"] + "x", "", "é"):
        form = FORM | {"client_id": own["client_id"], "client_secret": secret}
        assert (await hub.http.post("/oauth2/token", data=form)).status_code == 401


def _unsigned(hub: RunningGateway, token: str) -> str:
    return ".".join((_encode({"alg": "none", "typ": "at+jwt"}), token.split(".")[1], ""))


def _signed_with_the_public_key_as_secret(hub: RunningGateway, token: str) -> str:
    [key] = KeyFile(hub.settings.token_keys).public_jwks()["keys"]
    head = _encode({"alg": "HS256", "typ": "at+jwt", "kid": key["kid"]})
    signed = f"{head}.{token.split('.')[1]}"
    secret = _decode(key["x"])
    return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _with_claims(typ: str = "at+jwt", **changes: Any) -> Callable[[RunningGateway, str], str]:
    def make(hub: RunningGateway, token: str) -> str:
        key = KeyFile(hub.settings.token_keys).keys.keys[0]
        claims = {name: value for name, value in (_claims(token) | changes).items() if value is not None}
        return jwt.encode({"alg": "Ed25519", "typ": typ, "kid": key.kid}, claims, key, algorithms=["Ed25519"])

    return make


def _signed_by_another_key(hub: RunningGateway, token: str) -> str:
    kid = str(KeyFile(hub.settings.token_keys).keys.keys[0].kid)
    key = OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)
    return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": kid}, _claims(token), key, algorithms=["Ed25519"])


def _internal_token(hub: RunningGateway, token: str) -> str:
    party = Party.model_validate({"id": _claims(token)["sub"], "name": "T", "country": "FR", "roles": ["trader"]})
    signer = InternalTokenSigner("gateway", KeyFile(hub.settings.signing_keys))
    return signer.sign(
        Caller(service="gateway", party=party), audience="permits", method="GET", path="/v1/me", at=now()
    )


def _changed_after_signing(hub: RunningGateway, token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{_encode(_claims(token) | {'sub': str(uuid4())})}.{signature}"


def _with_times(**seconds: int) -> Callable[[RunningGateway, str], str]:
    """Set times by the clock of the test, so many seconds from now: the module is imported long before."""

    def make(hub: RunningGateway, token: str) -> str:
        times: dict[str, Any] = {name: int(time.time()) + count for name, count in seconds.items()}
        return _with_claims(**times)(hub, token)

    return make


BAD: dict[str, Callable[[RunningGateway, str], str]] = {
    "expired": _with_times(iat=-7200, exp=-3600),
    "without an end": _with_claims(exp=None),
    "of the future": _with_times(iat=600, exp=4000),
    "unsigned": _unsigned,
    "signed with the public key as a password": _signed_with_the_public_key_as_secret,
    "for another audience": _with_claims(aud="permits"),
    "for several audiences": _with_claims(aud=["saola"]),
    "of another issuer": _with_claims(iss="https://elsewhere.example"),
    "of another type": _with_claims(typ="JWT"),
    "without a client": _with_claims(client_id=None),
    "of nobody": _with_claims(sub="nobody"),
    "of another party": _with_claims(sub=str(uuid4())),
    "of another key": _signed_by_another_key,
    "from inside the hub": _internal_token,
    "changed after signing": _changed_after_signing,
    "cut": lambda _, token: token[:-4],
    "too long": lambda _, token: token + "A" * 20_000,
    "no token": lambda *_: "not.a.token",
    "no JSON": lambda *_: "AAAA.AAAA.AAAA",
    "in Latin-1": lambda *_: "é.é.é",
}


async def test_token_that_is_not_valid_is_401(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    _, credential = await _create_credential(hub)
    token = await hub.token(credential)
    for name, make in BAD.items():
        with subtests.test(name):
            header = {b"Authorization": b"Bearer " + make(hub, token).encode("latin-1")}
            response = await hub.http.get("/v1/me", headers=header)
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
            assert response.headers["www-authenticate"] == 'Bearer realm="saola", error="invalid_token"'
    assert (await _read_me(hub, token)).status_code == 200


async def test_authorization_without_a_bearer_token_is_401(hub: RunningGateway) -> None:
    for header in ("Bearer", "Basic eDp5", "token", ""):
        assert (await hub.http.get("/v1/me", headers={"Authorization": header})).status_code == 401


async def test_token_that_is_cached_expires(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    _, credential = await _create_credential(hub)
    monkeypatch.setattr(access_tokens, "TOKEN_LIFETIME", access_tokens.TOKEN_LIFETIME / 3600 * 2)
    token = await hub.token(credential)
    assert (await _read_me(hub, token)).status_code == 200
    tokens_of_hub = hub.context.access_tokens
    with pytest.raises(InvalidToken, match="expired"):
        tokens_of_hub.verify(token, at=now() + access_tokens.TOKEN_LIFETIME)


async def test_token_cache_has_a_maximum_size(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_tokens, "MAX_CACHED", 3)
    _, credential = await _create_credential(hub)
    for _ in range(5):
        assert (await _read_me(hub, await hub.token(credential))).status_code == 200
    assert len(hub.context.access_tokens._cached) == 3


async def test_token_of_a_removed_key_is_refused(hub: RunningGateway, tmp_path: Path) -> None:
    _, credential = await _create_credential(hub)
    token = await hub.token(credential)
    assert (await _read_me(hub, token)).status_code == 200
    create_signing_keys(tmp_path / "fresh.json", tmp_path / "fresh.public.json")
    hub.settings.token_keys.write_text((tmp_path / "fresh.json").read_text())
    hub.context.access_tokens.keys._checked_at = 0.0
    assert (await _read_me(hub, token)).status_code == 401


async def test_party_that_is_disabled_is_refused_until_it_is_enabled(hub: RunningGateway) -> None:
    party_id, credential = await _create_credential(hub)
    token = await hub.token(credential)
    await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})
    assert (await _read_me(hub, token)).status_code == 401
    assert (await hub.http.post("/oauth2/token", data=FORM | credential)).status_code == 401
    await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": False}, headers=hub.admin | {"If-Match": "*"})
    assert (await _read_me(hub, token)).status_code == 200


async def test_credential_that_ended_is_refused_and_another_still_works(hub: RunningGateway) -> None:
    party_id, first = await _create_credential(hub)
    second = (await hub.http.post(f"/v1/parties/{party_id}/credentials", headers=hub.admin)).json()
    tokens = [await hub.token(first), await hub.token(second)]
    gone = await hub.http.delete(f"/v1/parties/{party_id}/credentials/{first['client_id']}", headers=hub.admin)
    assert gone.status_code == 204
    assert [(await _read_me(hub, token)).status_code for token in tokens] == [401, 200]
    assert (await hub.http.post("/oauth2/token", data=FORM | first)).status_code == 401
    listed = await hub.http.get(f"/v1/parties/{party_id}/credentials", headers=hub.admin)
    assert [row["client_id"] for row in listed.json()["data"]] == [second["client_id"]]
    again = await hub.http.delete(f"/v1/parties/{party_id}/credentials/{first['client_id']}", headers=hub.admin)
    assert again.status_code == 404


async def test_party_disabled_in_one_process_is_refused_in_another(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_directory, "REFRESH_SECONDS", 0.1)
    port = free_ports(1)[0]
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    async with (
        serve_gateway(replica),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as replica_http,
    ):
        await wait_ready(replica_http)
        party_id, credential = await _create_credential(hub)
        bearer = {"Authorization": f"Bearer {await hub.token(credential)}"}
        assert (await replica_http.get("/v1/me", headers=bearer)).status_code == 200
        await hub.http.patch(f"/v1/parties/{party_id}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})

        async def is_refused() -> bool:
            return (await replica_http.get("/v1/me", headers=bearer)).status_code == 401

        await wait_until(is_refused)


async def test_directory_that_is_stale_admits_nobody(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    _, credential = await _create_credential(hub)
    token = await hub.token(credential)
    monkeypatch.setattr(party_directory, "STALE_AFTER", -1.0)
    response = await _read_me(hub, token)
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    assert "retry-after" in response.headers
