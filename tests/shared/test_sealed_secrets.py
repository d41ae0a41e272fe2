"""A sealed secret belongs to one id. Each key of the key set opens the secrets that this key sealed."""

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
def test_secret_sealed_with_a_key_is_opened_with_it(tmp_path: Path, kind: str) -> None:
    sealer, owner_id = SecretSealer(KeyFile(make_keys(tmp_path / "keys.json", kind))), uuid4()
    sealed = sealer.seal(SECRET, bound_to=owner_id)
    assert SECRET not in sealed
    assert sealer.seal(SECRET, bound_to=owner_id) != sealed, "a nonce is used once"
    assert sealer.open(sealed, bound_to=owner_id) == SECRET


@pytest.mark.parametrize("kind", ["signing", "encryption"])
def test_secret_after_rotation_is_opened_only_if_its_key_is_kept(tmp_path: Path, kind: str) -> None:
    old, new = (make_keys(tmp_path / name, kind) for name in ("old.json", "new.json"))
    owner_id = uuid4()
    sealed = SecretSealer(KeyFile(old)).seal(SECRET, bound_to=owner_id)
    both = {"keys": [*json.loads(new.read_text())["keys"], *json.loads(old.read_text())["keys"]]}
    (tmp_path / "both.json").write_text(json.dumps(both))
    rotated = SecretSealer(KeyFile(tmp_path / "both.json"))
    assert rotated.open(sealed, bound_to=owner_id) == SECRET
    assert SecretSealer(KeyFile(new)).open(rotated.seal(SECRET, bound_to=owner_id), bound_to=owner_id) == SECRET
    with pytest.raises(UnreadableSecret):
        SecretSealer(KeyFile(new)).open(sealed, bound_to=owner_id)


def test_secret_of_another_id_or_never_sealed_is_unreadable(tmp_path: Path) -> None:
    sealer = SecretSealer(KeyFile(make_keys(tmp_path / "keys.json", "encryption")))
    sealed = sealer.seal(SECRET, bound_to=uuid4())
    for text in (sealed, sealed[:-8] + "AAAAAAA=", SECRET, "sealed:"):
        with pytest.raises(UnreadableSecret):
            sealer.open(text, bound_to=uuid4())
