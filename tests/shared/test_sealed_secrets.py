"""Secrets are sealed for one thing, and opened by every key of the set."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys
from shared.sealed_secrets import SecretSealer, UnreadableSecret

SECRET = "whsec_Löwe 豹"


def make_keys(path: Path, kind: str) -> Path:
    if kind == "signing":
        create_signing_keys(path, path.with_suffix(".public"))
    else:
        create_encryption_keys(path)
    return path


@pytest.mark.parametrize("kind", ["signing", "encryption"])
def test_secret_is_opened_with_the_key_that_sealed_it(tmp_path: Path, kind: str) -> None:
    sealer, thing_id = SecretSealer(KeyFile(make_keys(tmp_path / "keys.json", kind))), uuid4()
    sealed = sealer.seal(SECRET, bound_to=thing_id)
    assert SECRET not in sealed
    assert sealer.seal(SECRET, bound_to=thing_id) != sealed, "a nonce is used once"
    assert sealer.open(sealed, bound_to=thing_id) == SECRET


@pytest.mark.parametrize("kind", ["signing", "encryption"])
def test_secret_is_opened_after_a_rotation_that_keeps_its_key_and_not_after_one_that_drops_it(
    tmp_path: Path, kind: str
) -> None:
    old, new = (make_keys(tmp_path / name, kind) for name in ("old.json", "new.json"))
    thing_id = uuid4()
    sealed = SecretSealer(KeyFile(old)).seal(SECRET, bound_to=thing_id)
    both = {"keys": [*json.loads(new.read_text())["keys"], *json.loads(old.read_text())["keys"]]}
    (tmp_path / "both.json").write_text(json.dumps(both))
    rotated = SecretSealer(KeyFile(tmp_path / "both.json"))
    assert rotated.open(sealed, bound_to=thing_id) == SECRET
    assert SecretSealer(KeyFile(new)).open(rotated.seal(SECRET, bound_to=thing_id), bound_to=thing_id) == SECRET
    with pytest.raises(UnreadableSecret):
        SecretSealer(KeyFile(new)).open(sealed, bound_to=thing_id)


def test_secret_is_unreadable_for_another_thing_or_when_it_was_never_sealed(tmp_path: Path) -> None:
    sealer = SecretSealer(KeyFile(make_keys(tmp_path / "keys.json", "encryption")))
    sealed = sealer.seal(SECRET, bound_to=uuid4())
    for text in (sealed, sealed[:-8] + "AAAAAAA=", SECRET, "sealed:"):
        with pytest.raises(UnreadableSecret):
            sealer.open(text, bound_to=uuid4())
