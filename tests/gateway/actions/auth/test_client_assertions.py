"""Client assertions (`private_key_jwt`): a client authenticates by its own key; invalid assertions are refused."""

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
from services.gateway.actions.auth import sign_ins
from services.gateway.actions.auth.access_tokens import AccessTokens
from shared.key_files import KeyFile
from tests.gateway.conftest import Body, RunningGateway
from tests.waiting import wait_until

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = OKPKey | ECKey
ALGORITHM = {"Ed25519": "Ed25519", "P-256": "ES256"}


async def _create_client(hub: RunningGateway, key: Key, **more: Any) -> tuple[str, str]:
    """Create a trader with a credential of this key. Return its party id and its client id."""
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


async def _request_token(hub: RunningGateway, assertion: str, **more: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return await hub.http.post("/oauth2/token", data=form | more)


@pytest.mark.parametrize("curve", ["Ed25519", "P-256"])
async def test_client_gets_a_token_by_its_own_key(hub: RunningGateway, curve: str) -> None:
    key: Key = OKPKey.generate_key("Ed25519") if curve == "Ed25519" else ECKey.generate_key("P-256")
    party, client = await _create_client(hub, key)
    for head in ({}, {"kid": key.thumbprint()}, {"typ": "JWT"}, {"typ": "client-authentication+jwt"}):
        response = await _request_token(hub, sign_assertion(key, claims_of(hub, client), **head))
        assert response.status_code == 200, response.text
    me = await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert me.json()["id"] == party
    assert (
        await _request_token(hub, sign_assertion(key, claims_of(hub, client, iat=None)), client_id=client)
    ).status_code == 200
    metadata = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    assert "private_key_jwt" in metadata["token_endpoint_auth_methods_supported"]
    assert metadata["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "Ed25519"]


def _unsigned(hub: RunningGateway, key: Key, client: str) -> str:
    return ".".join((_part({"alg": "none"}), _part(claims_of(hub, client)), ""))


def _signed_with_the_public_key_as_secret(hub: RunningGateway, key: Key, client: str) -> str:
    text = f"{_part({'alg': 'HS256'})}.{_part(claims_of(hub, client))}"
    secret = base64.urlsafe_b64decode(str(key.as_dict(private=False)["x"]) + "==")
    return f"{text}.{_part(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sign_with_header(key: Key, claims: Body, **head: Any) -> str:
    """Sign with a header that the library refuses to write."""
    text = f"{_part({'alg': 'Ed25519', **head})}.{_part(claims)}"
    private = key.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return f"{text}.{_part(private.sign(text.encode()))}"


def _with_claims(**changes: Any) -> Callable[[RunningGateway, Key, str], str]:
    return lambda hub, key, client: sign_assertion(key, claims_of(hub, client, **changes))


def _signed_by_rsa(hub: RunningGateway, key: Key, client: str) -> str:
    return jwt.encode({"alg": "RS256"}, claims_of(hub, client), RSAKey.generate_key(2048), algorithms=["RS256"])


def _signed_with_deprecated_name(hub: RunningGateway, key: Key, client: str) -> str:
    with warnings.catch_warnings(action="ignore"):
        return jwt.encode({"alg": "EdDSA"}, claims_of(hub, client), key, algorithms=["EdDSA"])


def _access_token(hub: RunningGateway, key: Key, client: str) -> str:
    access: AccessTokens = hub.context.access_tokens
    return access.issue(uuid4(), client, at=datetime.now(UTC))


def _with_type_of_access_token(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client), typ="at+jwt")


def _for_the_token_endpoint(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client, aud=f"{hub.url}/oauth2/token"))


def _with_audience_list(hub: RunningGateway, key: Key, client: str) -> str:
    return sign_assertion(key, claims_of(hub, client, aud=[hub.url]))


def _signed_by_the_hub(hub: RunningGateway, key: Key, client: str) -> str:
    hub_key = KeyFile(hub.settings.token_keys).keys.keys[0]
    assert isinstance(hub_key, OKPKey)
    return sign_assertion(hub_key, claims_of(hub, client))


def _with_times(**seconds: int | None) -> Callable[[RunningGateway, Key, str], str]:
    """Set times by the clock of the test, so many seconds from now: the module is imported long before."""

    def make(hub: RunningGateway, key: Key, client: str) -> str:
        at = int(time.time())
        times = {name: None if count is None else at + count for name, count in seconds.items()}
        return sign_assertion(key, claims_of(hub, client, **times))

    return make


BAD: dict[str, Callable[[RunningGateway, Key, str], str]] = {
    "unsigned": _unsigned,
    "signed with the public key as a password": _signed_with_the_public_key_as_secret,
    "signed by RSA": _signed_by_rsa,
    "signed by EdDSA, the deprecated name": _signed_with_deprecated_name,
    "for another audience": _with_claims(aud="https://elsewhere.example"),
    "for the token endpoint": _for_the_token_endpoint,
    "for our issuer, in a list": _with_audience_list,
    "without an audience": _with_claims(aud=None),
    "expired": _with_times(iat=-200, exp=-100),
    "older than five minutes": _with_times(iat=-400, exp=4000),
    "without an age, and long": _with_times(iat=None, exp=4000),
    "of the future": _with_times(iat=600, exp=700),
    "not yet valid": _with_times(nbf=600),
    "without an end": _with_claims(exp=None),
    "with an end in words": _with_claims(exp="tomorrow"),
    "without an issuer": _with_claims(iss=None),
    "of another issuer": _with_claims(iss="another"),
    "about another client": _with_claims(sub="another"),
    "without a jti": _with_claims(jti=None),
    "with an empty jti": _with_claims(jti=""),
    "with a jti in numbers": _with_claims(jti=7),
    "with a jti no text can hold": lambda hub, key, client: _sign_with_header(
        key, claims_of(hub, client, jti="\ud800")
    ),
    "with a list for a kid": lambda hub, key, client: _sign_with_header(key, claims_of(hub, client), kid=["a"]),
    "with an object for a kid": lambda hub, key, client: _sign_with_header(key, claims_of(hub, client), kid={}),
    "with a list for a type": lambda hub, key, client: _sign_with_header(key, claims_of(hub, client), typ=["JWT"]),
    "by another key": lambda hub, _, client: sign_assertion(OKPKey.generate_key("Ed25519"), claims_of(hub, client)),
    "by another key of the same name": lambda hub, key, client: sign_assertion(
        OKPKey.generate_key("Ed25519"), claims_of(hub, client), kid=key.thumbprint()
    ),
    "by the hub's own key": _signed_by_the_hub,
    "an access token": _access_token,
    "typed as an access token": _with_type_of_access_token,
    "no JWT": lambda *_: "no.jwt.here",
    "empty": lambda *_: "",
    "too long": lambda hub, key, client: sign_assertion(key, claims_of(hub, client, more="x" * 9_000)),
    "with a list for claims": lambda hub, key, client: f"{_part({'alg': 'Ed25519'})}.{_part([1])}.AAAA",
    "with a list for a head": lambda hub, key, client: f"{_part([1])}.{_part(claims_of(hub, client))}.AAAA",
}


async def test_assertion_that_is_not_valid_is_refused(
    hub: RunningGateway, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "FREE_FAILURES", 1_000)
    key = OKPKey.generate_key("Ed25519")
    _, client = await _create_client(hub, key)
    for name, make in BAD.items():
        with subtests.test(name):
            response = await _request_token(hub, make(hub, key, client))
            assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), response.text
    assert (await _request_token(hub, sign_assertion(key, claims_of(hub, client)))).status_code == 200


async def test_assertion_sent_several_times_at_once_is_accepted_once(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    _, client = await _create_client(hub, key)
    assertion = sign_assertion(key, claims_of(hub, client, jti="once"))
    responses = await asyncio.gather(*(_request_token(hub, assertion) for _ in range(5)))
    assert sorted(response.status_code for response in responses) == [200] + [401] * 4
    again = sign_assertion(key, claims_of(hub, client, jti="once", exp=int(time.time()) + 120))
    assert (await _request_token(hub, again)).status_code == 401
    _, other = await _create_client(hub, key)
    assert (await _request_token(hub, sign_assertion(key, claims_of(hub, other, jti="once")))).status_code == 200


async def test_client_with_two_ways_of_authentication_is_refused(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    _, client = await _create_client(hub, key)
    assertion = sign_assertion(key, claims_of(hub, client))
    responses = [
        await _request_token(hub, assertion, client_secret="x"),
        await _request_token(hub, assertion, client_id="another"),
        await _request_token(hub, assertion, client_assertion_type="other"),
    ]
    assert [(a.status_code, a.json()["error"]) for a in responses] == [(400, "invalid_request")] * 3
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": ""}
    assert (await hub.http.post("/oauth2/token", data=form)).status_code == 401
    assert (await _request_token(hub, assertion)).status_code == 200, "a refused request does not use the assertion"


async def test_keys_as_jwk_set_or_pem_have_key_ids(hub: RunningGateway) -> None:
    first, second = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")
    jwks = {"keys": [first.as_dict(private=False) | {"kid": "one"}, second.as_dict(private=False)]}
    party = (
        await hub.http.post("/v1/parties", json={"name": "K", "country": "FR", "roles": ["trader"]}, headers=hub.admin)
    ).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    given = (await hub.http.post(path, json={"jwks": jwks}, headers=hub.admin)).json()
    assert given["kids"] == ["one", second.thumbprint()]
    for key, kid in ((first, "one"), (second, second.thumbprint())):
        assert (
            await _request_token(hub, sign_assertion(key, claims_of(hub, given["client_id"]), kid=kid))
        ).status_code == 200
    assert (
        await _request_token(hub, sign_assertion(first, claims_of(hub, given["client_id"]), kid="two"))
    ).status_code == 401
    pem = await hub.http.post(path, json={"public_key": second.as_pem(private=False).decode()}, headers=hub.admin)
    assert (
        await _request_token(hub, sign_assertion(second, claims_of(hub, pem.json()["client_id"])))
    ).status_code == 200
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


async def test_key_that_cannot_be_used_is_refused(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    for name, body in UNFIT.items():
        with subtests.test(name):
            response = await hub.http.post(f"/v1/parties/{me}/credentials", json=body, headers=hub.admin)
            assert response.status_code == 422, response.text
            assert response.json()["code"] in {"private-key-sent", "public-key-unfit", "invalid-body"}


async def test_credential_with_an_end_is_refused_after_it(hub: RunningGateway) -> None:
    key = OKPKey.generate_key("Ed25519")
    ends = datetime.now(UTC) + timedelta(seconds=2)
    _, client = await _create_client(hub, key, expires_at=ends.isoformat())
    token = (await _request_token(hub, sign_assertion(key, claims_of(hub, client)))).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert (await hub.http.get("/v1/me", headers=header)).status_code == 200
    await wait_until(lambda: datetime.now(UTC) > ends)
    assert (await hub.http.get("/v1/me", headers=header)).status_code == 401
    assert (await _request_token(hub, sign_assertion(key, claims_of(hub, client)))).status_code == 401
    past = {"expires_at": "2020-01-01T00:00:00Z"}
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    assert (await hub.http.post(f"/v1/parties/{me}/credentials", json=past, headers=hub.admin)).status_code == 422


async def test_client_library_gets_a_token_by_its_own_key(hub: RunningGateway) -> None:
    key = ClientKey.generate()
    party = (
        await hub.http.post("/v1/parties", json={"name": "L", "country": "FR", "roles": ["trader"]}, headers=hub.admin)
    ).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    client = (await hub.http.post(path, json={"public_key": key.public}, headers=hub.admin)).json()["client_id"]

    def me() -> str:
        with Client(hub.url, client, ClientKey(json.dumps(key.private))) as http_client:
            return str(http_client.me()["id"])

    assert await asyncio.to_thread(me) == party


@pytest.mark.parametrize("kid", ["\x00", "a\nb", "", 7, None])
async def test_key_with_an_unusable_kid_is_named_by_its_thumbprint(hub: RunningGateway, kid: object) -> None:
    key = OKPKey.generate_key("Ed25519")
    party, _ = await hub.party("trader")
    body = {"public_key": key.as_dict(private=False) | {"kid": kid}, "subject": None, "jwks": None}
    created = await hub.http.post(f"/v1/parties/{party['id']}/credentials", json=body, headers=hub.admin)
    assert created.status_code == 201, created.text
    assert created.json()["kids"] == [key.thumbprint()]


async def test_assertion_with_deep_nesting_is_401(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    """Nobody needs a credential to send it."""
    deep, header, claims = _encode(b"[" * 4000), _encode(b'{"alg":"ES256"}'), _encode(b'{"sub":"x"}')
    for place, assertion in {"claims": f"{header}.{deep}.c2ln", "header": f"{deep}.{claims}.c2ln"}.items():
        with subtests.test(place):
            response = await _request_token(hub, assertion)
            assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_access_token_with_deep_nesting_is_401(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    deep, header, claims = _encode(b"[" * 4000), _encode(b'{"alg":"Ed25519"}'), _encode(b'{"sub":"x"}')
    for place, token in {"claims": f"{header}.{deep}.c2ln", "header": f"{deep}.{claims}.c2ln"}.items():
        with subtests.test(place):
            response = await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == 401, response.text


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")
