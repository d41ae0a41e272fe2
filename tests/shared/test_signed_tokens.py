"""Internal tokens: one sender, one audience, valid for one minute; keys rotate without a restart."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared import key_files
from shared.contracts.closed_sets import Role
from shared.contracts.limits import COUNTRIES, EVENT_TYPES, GRANTS, IDENTIFIERS, NAME_LENGTH, NUMBER_LENGTH
from shared.contracts.parties import Caller, Grant, Party, RepresentedTrader
from shared.database import now
from shared.key_files import KeyFile, create_signing_keys
from shared.signed_tokens import (
    ACCESS_TOKEN_TYPE,
    INTERNAL_TOKEN_TYPE,
    InternalTokenSigner,
    InternalTokenVerifier,
    InvalidToken,
    sign_token,
)

REQUEST = {"method": "PUT", "path": "/v1/declarations/1"}
WRONG_CLAIMS = [
    {"aud": ["permits"]},
    {"aud": "x"},
    {"iss": "x"},
    {"exp": "soon"},
    {"iat": None},
    {"method": "GET"},
    {"method": None},
    {"path": "/v1/declarations/2"},
    {"path": "/v1/declarations/1/"},
    {"path": None},
]


def create_key_files(folder: Path, name: str) -> tuple[KeyFile, KeyFile]:
    """Create a key set. Return its private and its public file."""
    create_signing_keys(folder / f"{name}.json", folder / f"{name}.pub.json")
    return KeyFile(folder / f"{name}.json"), KeyFile(folder / f"{name}.pub.json")


def test_internal_token_of_the_largest_caller_is_accepted(tmp_path: Path) -> None:
    wide = "\N{OLD ITALIC LETTER A}"  # four bytes each
    numbers = {f"{n:02}{wide * (NUMBER_LENGTH - 2)}": f"{n:02}{wide * (NUMBER_LENGTH - 2)}" for n in range(IDENTIFIERS)}
    grant = Grant(countries=("FR",) * COUNTRIES, event_types=("permit.second_use_attempted",) * EVENT_TYPES)
    party = Party(
        id=uuid4(),
        name=wide * NAME_LENGTH,
        country="FR",
        roles=tuple(Role)[:5],
        identifiers=numbers,
        grants=(grant,) * GRANTS,
    )
    represented = RepresentedTrader(
        party=uuid4(), name=wide * NAME_LENGTH, country="FR", numbers=tuple(numbers.values())
    )
    caller = Caller(
        service="gateway", party=party.identity, acts_for=represented, client="c" * 64, request_id="r" * 200
    )
    private, public = create_key_files(tmp_path, "gateway")
    token = InternalTokenSigner("gateway", private).sign(caller, audience="permits", **REQUEST, at=now())
    assert InternalTokenVerifier("permits", {"gateway": public}).verify(token, **REQUEST, at=now()) == caller
    assert party.identity == party.model_copy(update={"grants": ()})


def test_internal_token_is_accepted_by_its_audience_for_one_minute(tmp_path: Path) -> None:
    private, public = create_key_files(tmp_path, "gateway")
    token = InternalTokenSigner("gateway", private).sign(
        Caller(service="gateway"), audience="permits", **REQUEST, at=now()
    )
    reader = InternalTokenVerifier("permits", {"gateway": public})
    assert reader.verify(token, **REQUEST, at=now()).service == "gateway"
    with pytest.raises(InvalidToken, match="audience"):
        InternalTokenVerifier("notifications", {"gateway": public}).verify(token, **REQUEST, at=now())
    with pytest.raises(InvalidToken, match="expired"):
        reader.verify(token, **REQUEST, at=now() + timedelta(seconds=61))
    with pytest.raises(InvalidToken, match="future"):
        reader.verify(token, **REQUEST, at=now() - timedelta(minutes=5))


def test_internal_token_in_name_of_another_service_is_refused(tmp_path: Path) -> None:
    gateway, gateway_public = create_key_files(tmp_path, "gateway")
    permits, permits_public = create_key_files(tmp_path, "permits")
    reader = InternalTokenVerifier("notifications", {"gateway": gateway_public, "permits": permits_public})
    wrong_key = InternalTokenSigner("gateway", permits).sign(
        Caller(service="gateway"), audience="notifications", **REQUEST, at=now()
    )
    with pytest.raises(InvalidToken):
        reader.verify(wrong_key, **REQUEST, at=now())
    wrong_caller = InternalTokenSigner("permits", permits).sign(
        Caller(service="gateway"), audience="notifications", **REQUEST, at=now()
    )
    with pytest.raises(InvalidToken, match="another service"):
        reader.verify(wrong_caller, **REQUEST, at=now())
    assert gateway.keys.keys[0].kid != permits.keys.keys[0].kid


@pytest.mark.parametrize("change", WRONG_CLAIMS)
def test_internal_token_with_wrong_claim_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    private, public = create_key_files(tmp_path, "gateway")
    at = int(now().timestamp())
    caller = Caller(service="gateway").model_dump(mode="json")
    claims = {"iss": "gateway", "aud": "permits", "iat": at, "exp": at + 60, "caller": caller, **REQUEST, **change}
    with pytest.raises(InvalidToken):
        InternalTokenVerifier("permits", {"gateway": public}).verify(
            sign_token(private, typ=INTERNAL_TOKEN_TYPE, claims=claims), **REQUEST, at=now()
        )


def test_access_token_is_refused_as_internal_token(tmp_path: Path) -> None:
    private, public = create_key_files(tmp_path, "gateway")
    at = int(now().timestamp())
    claims = {"iss": "gateway", "aud": "permits", "iat": at, "exp": at + 60, "caller": {"service": "gateway"}}
    with pytest.raises(InvalidToken, match="type"):
        InternalTokenVerifier("permits", {"gateway": public}).verify(
            sign_token(private, typ=ACCESS_TOKEN_TYPE, claims=claims), **REQUEST, at=now()
        )


def test_keys_that_rotate_are_reloaded_without_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_files, "RELOAD_SECONDS", 0.0)
    private, public = create_key_files(tmp_path, "gateway")
    reader, signer = InternalTokenVerifier("permits", {"gateway": public}), InternalTokenSigner("gateway", private)
    old = signer.sign(Caller(service="gateway"), audience="permits", **REQUEST, at=now())
    create_signing_keys(tmp_path / "next.json", tmp_path / "next.pub.json")
    for kind in ("", ".pub"):
        present = json.loads((tmp_path / f"gateway{kind}.json").read_text())["keys"]
        fresh = json.loads((tmp_path / f"next{kind}.json").read_text())["keys"]
        (tmp_path / f"gateway{kind}.json").write_text(json.dumps({"keys": [*fresh, *present]}))
    new = signer.sign(Caller(service="gateway"), audience="permits", **REQUEST, at=now())
    assert old.split(".")[0] != new.split(".")[0]
    assert all(reader.verify(token, **REQUEST, at=now()).service == "gateway" for token in (old, new))


def test_private_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    private, _ = create_key_files(tmp_path, "gateway")
    assert private.path.stat().st_mode & 0o777 == 0o600
    assert all("d" not in key for key in private.public_jwks()["keys"])
