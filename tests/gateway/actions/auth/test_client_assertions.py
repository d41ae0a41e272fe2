"""Client assertions (`private_key_jwt`): a client proves itself by its own key, and every attack is nobody."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from saola_client import ClientKey
from saola_client import Hub as Client
from services.gateway.actions.auth.access_tokens import AccessTokens
from shared.key_files import KeyFile
from tests.gateway.conftest import Body, RunningGateway

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = OKPKey | ECKey
ALGORITHM = {"Ed25519": "Ed25519", "P-256": "ES256"}


async def _client(hub: RunningGateway, key: Key, **more: Any) -> tuple[str, str]:
    """Give a new trader a credential with this key; answers its party and client id."""
    new = {"name": "K", "country": "FR", "roles": ["trader"]}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()["id"]
    body = {"public_key": key.as_dict(private=False)} | more
    given = await hub.http.post(f"/v1/parties/{party}/credentials", json=body, headers=hub.admin)
    assert given.status_code == 201, given.text
    assert "client_secret" not in given.json()
    return party, given.json()["client_id"]


def claims_of(hub: RunningGateway, client_id: str, **changes: Any) -> Body:
    at = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": hub.url, "iat": at, "exp": at + 60, "jti": uuid4().hex}
    return {name: value for name, value in (claims | changes).items() if value is not None}


def sign_assertion(key: Key, claims: Body, **head: Any) -> str:
    algorithm = ALGORITHM[str(key.curve_name)]
    return jwt.encode({"alg": algorithm, **head}, claims, key, algorithms=[algorithm])


async def _ask(hub: RunningGateway, assertion: str, **more: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return await hub.http.post("/oauth2/token", data=form | more)


@pytest.mark.parametrize("curve", ["Ed25519", "P-256"])
async def test_a_client_comes_in_by_its_own_key(hub: RunningGateway, curve: str) -> None:
    key: Key = OKPKey.generate_key("Ed25519") if curve == "Ed25519" else ECKey.generate_key("P-256")
    party, client = await _client(hub, key)
    for head in ({}, {"kid": key.thumbprint()}, {"typ": "JWT"}, {"typ": "client-authentication+jwt"}):
        response = await _ask(hub, sign_assertion(key, claims_of(hub, client), **head))
        assert response.status_code == 200, response.text
    me = await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert me.json()["id"] == party
    assert (await _ask(hub, sign_assertion(key, claims_of(hub, client, iat=None)), client_id=client)).status_code == 200
    metadata = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    assert "private_key_jwt" in metadata["token_endpoint_auth_methods_supported"]
    assert metadata["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "Ed25519"]


def _unsigned(hub: RunningGateway, key: Key, client: str) -> str:
    return ".".join((_part({"alg": "none"}), _part(claims_of(hub, client)), ""))


def _with_the_public_key(hub: RunningGateway, key: Key, client: str) -> str:
    text = f"{_part({'alg': 'HS256'})}.{_part(claims_of(hub, client))}"
    secret = base64.urlsafe_b64decode(str(key.as_dict(private=False)["x"]) + "==")
    return f"{text}.{_part(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _headed(key: Key, claims: Body, **head: Any) -> str:
    """Sign with a header that the library would not write."""
    text = f"{_part({'alg': 'Ed25519', **head})}.{_part(claims)}"
    private = key.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return f"{text}.{_part(private.sign(text.encode()))}"


def _said(**changes: Any) -> Callable[[RunningGateway, Key, str], str]:
    return lambda hub, key, client: sign_assertion(key, claims_of(hub, client, **changes))


def _by_rsa(hub: RunningGateway, key: Key, client: str) -> str:
    return jwt.encode({"alg": "RS256"}, claims_of(hub, client), RSAKey.generate_key(2048), algorithms=["RS256"])


def _deprecated_name(hub: RunningGateway, key: Key, client: str) -> str:
    with warnings.catch_warnings(action="ignore"):
        return jwt.encode({"alg": "EdDSA"}, claims_of(hub, client), key, algorithms=["EdDSA"])


def _an_access_token(hub: RunningGateway, key: Key, client: str) -> str:
    access: AccessTokens = hub.context.access_tokens
    return access.issue(uuid4(), client, at=datetime.now(UTC))


def _typed_as_a_token(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client), typ="at+jwt")


def _to_the_endpoint(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client, aud=f"{hub.url}/oauth2/token"))


def _in_a_list(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client, aud=[hub.url]))


def _signed_by_the_hub(hub: RunningGateway, key: Key, client: str) -> str:
    mine = KeyFile(hub.settings.token_keys).keys.keys[0]
    assert isinstance(mine, OKPKey)
    return sign_assertion(mine, claims_of(hub, client))


NOW = int(time.time())
BAD: dict[str, Callable[[RunningGateway, Key, str], str]] = {
    "unsigned": _unsigned,
    "signed with the public key as a password": _with_the_public_key,
    "signed by RSA": _by_rsa,
    "signed by EdDSA, the deprecated name": _deprecated_name,
    "for another audience": _said(aud="https://elsewhere.example"),
    "for the token endpoint": _to_the_endpoint,
    "for our issuer, in a list": _in_a_list,
    "without an audience": _said(aud=None),
    "expired": _said(iat=NOW - 200, exp=NOW - 100),
    "older than five minutes": _said(iat=NOW - 400, exp=NOW + 4000),
    "without an age, and long": _said(iat=None, exp=NOW + 4000),
    "of the future": _said(iat=NOW + 600, exp=NOW + 700),
    "not yet valid": _said(nbf=NOW + 600),
    "without an end": _said(exp=None),
    "with an end in words": _said(exp="tomorrow"),
    "without an issuer": _said(iss=None),
    "of another issuer": _said(iss="another"),
    "about another client": _said(sub="another"),
    "without a jti": _said(jti=None),
    "with an empty jti": _said(jti=""),
    "with a jti in numbers": _said(jti=7),
    "with a jti no text can hold": lambda hub, key, client: _headed(key, claims_of(hub, client, jti="\ud800")),
    "with a list for a kid": lambda hub, key, client: _headed(key, claims_of(hub, client), kid=["a"]),
    "with an object for a kid": lambda hub, key, client: _headed(key, claims_of(hub, client), kid={}),
    "with a list for a type": lambda hub, key, client: _headed(key, claims_of(hub, client), typ=["JWT"]),
    "by another key": lambda hub, _, client: sign_assertion(OKPKey.generate_key("Ed25519"), claims_of(hub, client)),
    "by another key of the same name": lambda hub, key, client: sign_assertion(
        OKPKey.generate_key("Ed25519"), claims_of(hub, client), kid=key.thumbprint()
    ),
    "by the hub's own key": _signed_by_the_hub,
    "an access token": _an_access_token,
    "typed as an access token": _typed_as_a_token,
    "no JWT": lambda *_: "no.jwt.here",
    "empty": lambda *_: "",
    "too long": lambda hub, key, client: sign_assertion(key, claims_of(hub, client, more="x" * 9_000)),
    "with a list for claims": lambda hub, key, client: f"{_part({'alg': 'Ed25519'})}.{_part([1])}.AAAA",
    "with a list for a head": lambda hub, key, client: f"{_part([1])}.{_part(claims_of(hub, client))}.AAAA",
}


async def test_every_attack_is_nobody(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    key = OKPKey.generate_key("Ed25519")
    _, client = await _client(hub, key)
    for name, make in BAD.items():
        with subtests.test(name):
            response = await _ask(hub, make(hub, key, client))
            assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), response.text
    assert (await _ask(hub, sign_assertion(key, claims_of(hub, client)))).status_code == 200


async def test_an_assertion_counts_once_however_many_come_at_once(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    _, client = await _client(hub, key)
    assertion = sign_assertion(key, claims_of(hub, client, jti="once"))
    responses = await asyncio.gather(*(_ask(hub, assertion) for _ in range(8)))
    assert sorted(response.status_code for response in responses) == [200] + [401] * 7
    again = sign_assertion(key, claims_of(hub, client, jti="once", exp=int(time.time()) + 120))
    assert (await _ask(hub, again)).status_code == 401
    _, other = await _client(hub, key)
    assert (await _ask(hub, sign_assertion(key, claims_of(hub, other, jti="once")))).status_code == 200


async def test_one_way_of_proving_oneself_and_no_other(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    _, client = await _client(hub, key)
    assertion = sign_assertion(key, claims_of(hub, client))
    responses = [
        await _ask(hub, assertion, client_secret="x"),
        await _ask(hub, assertion, client_id="another"),
        await _ask(hub, assertion, client_assertion_type="other"),
    ]
    assert [(a.status_code, a.json()["error"]) for a in responses] == [(400, "invalid_request")] * 3
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": ""}
    assert (await hub.http.post("/oauth2/token", data=form)).status_code == 401
    assert (await _ask(hub, assertion)).status_code == 200, "what was refused spent nothing"


async def test_keys_come_as_jwk_set_or_pem_and_are_named(hub: RunningGateway) -> None:
    first, second = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")
    jwks = {"keys": [first.as_dict(private=False) | {"kid": "one"}, second.as_dict(private=False)]}
    party = (
        await hub.http.post("/v1/parties", json={"name": "K", "country": "FR", "roles": ["trader"]}, headers=hub.admin)
    ).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    given = (await hub.http.post(path, json={"jwks": jwks}, headers=hub.admin)).json()
    assert given["kids"] == ["one", second.thumbprint()]
    for key, kid in ((first, "one"), (second, second.thumbprint())):
        assert (await _ask(hub, sign_assertion(key, claims_of(hub, given["client_id"]), kid=kid))).status_code == 200
    assert (await _ask(hub, sign_assertion(first, claims_of(hub, given["client_id"]), kid="two"))).status_code == 401
    pem = await hub.http.post(path, json={"public_key": second.as_pem(private=False).decode()}, headers=hub.admin)
    assert (await _ask(hub, sign_assertion(second, claims_of(hub, pem.json()["client_id"])))).status_code == 200
    listed = (await hub.http.get(path, headers=hub.admin)).json()["data"]
    assert [(row["kind"], row["last_used_at"] is not None) for row in listed] == [("public_key", True)] * 2


UNFIT: dict[str, Any] = {
    "a private key": {"public_key": OKPKey.generate_key("Ed25519").as_dict(private=True)},
    "a private PEM": {"public_key": ECKey.generate_key("P-256").as_pem(private=True).decode()},
    "an RSA key": {"public_key": RSAKey.generate_key(2048).as_dict(private=False)},
    "another curve": {"public_key": ECKey.generate_key("P-384").as_dict(private=False)},
    "an RSA PEM": {"public_key": RSAKey.generate_key(2048).as_pem(private=False).decode()},
    "no key": {"public_key": {"kty": "OKP"}},
    "a broken point": {"public_key": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}},
    "words": {"public_key": "secret"},
    "an empty set": {"jwks": {"keys": []}},
    "no set": {"jwks": {}},
    "six keys": {"jwks": {"keys": [OKPKey.generate_key("Ed25519").as_dict(private=False) for _ in range(6)]}},
    "both": {"jwks": {"keys": []}, "public_key": "x"},
    "a symmetric key": {"public_key": {"kty": "oct", "k": "c2VjcmV0"}},
}


async def test_a_key_that_cannot_be_used_is_named(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    for name, body in UNFIT.items():
        with subtests.test(name):
            response = await hub.http.post(f"/v1/parties/{me}/credentials", json=body, headers=hub.admin)
            assert response.status_code == 422, response.text
            assert response.json()["code"] in {"private-key-sent", "public-key-unfit", "invalid-body"}


async def test_a_credential_ends_when_it_was_said_to(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    ends = datetime.now(UTC) + timedelta(seconds=2)
    _, client = await _client(hub, key, expires_at=ends.isoformat())
    token = (await _ask(hub, sign_assertion(key, claims_of(hub, client)))).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert (await hub.http.get("/v1/me", headers=header)).status_code == 200
    while datetime.now(UTC) <= ends:
        await asyncio.sleep(0.1)
    assert (await hub.http.get("/v1/me", headers=header)).status_code == 401
    assert (await _ask(hub, sign_assertion(key, claims_of(hub, client)))).status_code == 401
    past = {"expires_at": "2020-01-01T00:00:00Z"}
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    assert (await hub.http.post(f"/v1/parties/{me}/credentials", json=past, headers=hub.admin)).status_code == 422


async def test_the_client_library_comes_in_by_its_own_key(hub: RunningGateway) -> None:
    key = ClientKey.generate()
    party = (
        await hub.http.post("/v1/parties", json={"name": "L", "country": "FR", "roles": ["trader"]}, headers=hub.admin)
    ).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    client = (await hub.http.post(path, json={"public_key": key.public}, headers=hub.admin)).json()["client_id"]

    def me() -> str:
        with Client(hub.url, client, ClientKey(json.dumps(key.private))) as door:
            return str(door.me()["id"])

    assert await asyncio.to_thread(me) == party
