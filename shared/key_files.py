"""Key files: written once, rotated, and read again when they change."""

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, OctKey, OKPKey

from shared.durable_files import write_durably
from shared.limits import Limit, LimitSubject

ALGORITHM = "Ed25519"


MAX_KEYS = Limit(
    5,
    "keys",
    subject=LimitSubject.SERVICES,
    meaning="Keys of a key file",
    beyond="The process does not start.",
)

USE_SECONDS = Limit(
    60,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="The least time between `saola rotate add` and `saola rotate use`",
    beyond="An earlier step is refused: a service may not have read the new key.",
)
DROP_SECONDS = Limit(
    3_660,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="The least time between `saola rotate use` and `saola rotate drop`",
    beyond="An earlier step is refused: a token of the old key may still be valid.",
)
WAITS = {"use": USE_SECONDS, "drop": DROP_SECONDS}
PREVIOUS_STEPS = {"use": "add", "drop": "use"}
NEXT_STEPS = {"add": "use", "use": "drop", "drop": "add"}


RELOAD_SECONDS = 2.0
"""Seconds between two checks whether a key file has changed."""


class KeyFile:
    """A JSON Web Key Set in a file, read again when the file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checked_at = 0.0
        self._modified_ns = 0
        self._keys = self._read()

    @property
    def keys(self) -> KeySet:
        """The keys that the file contains now."""
        if time.monotonic() - self._checked_at > RELOAD_SECONDS:
            stamp = self.path.stat().st_mtime_ns
            if stamp != self._modified_ns:
                self._keys = self._read()
            self._checked_at = time.monotonic()
        return self._keys

    def _read(self) -> KeySet:
        self._modified_ns = self.path.stat().st_mtime_ns
        self._checked_at = time.monotonic()
        found = json.loads(self.path.read_text())
        self._retired: list[dict[str, Any]] = found.get("retired", [])
        return KeySet.import_key_set(found)

    def public_jwks(self) -> dict[str, Any]:
        """Return the public halves, as `/.well-known/jwks.json` publishes them."""
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self.keys.keys]}

    def public_jwks_with_retired(self) -> dict[str, Any]:
        """Return the public halves of present and dropped keys, for long-lived signatures such as those of receipts."""
        return {"keys": [*self.public_jwks()["keys"], *self._retired]}


def create_signing_keys(private: Path, public: Path) -> None:
    """Write a new key set if there is none, and its public halves if they differ: a full disk stops no start."""
    if not private.exists():
        key = OKPKey.generate_key("Ed25519", {"kid": secrets.token_hex(8)}, private=True)
        _write_json(private, {"keys": [key.as_dict(private=True)]})
    public_jwks = KeyFile(private).public_jwks()
    if not public.exists() or public.read_bytes() != _render_json(public_jwks):
        _write_json(public, public_jwks)


class RotationRefused(ValueError):
    """A step of a rotation is not possible now. `next_step` is possible instead; None if it is the same step, later."""

    def __init__(self, reason: str, next_step: str | None) -> None:
        super().__init__(reason)
        self.next_step = next_step


def check_rotation(private: Path, step: str, *, at: datetime) -> None:
    """Raise RotationRefused if a step of a rotation is not the next one, changes nothing, or is too early."""
    _check_step(private, json.loads(private.read_text()), step, at)


def _check_step(private: Path, content: dict[str, Any], step: str, at: datetime) -> None:
    """Compare a step with the last one. A file of an earlier version records none: its last change counts."""
    keys, last = len(content["keys"]), content.get("rotation", {})
    if step in WAITS and keys < 2:
        raise RotationRefused(f"there is no second key in {private}, so `{step}` has nothing to do", "add")
    if step not in WAITS:
        if last.get("step", "drop") != "drop":
            raise RotationRefused(
                f"the last step was `{last['step']}`: finish that rotation first", NEXT_STEPS[last["step"]]
            )
        if keys >= MAX_KEYS:
            raise RotationRefused(f"there are {keys} keys in {private}, and a service reads no more", "use")
        return
    expected, wait = PREVIOUS_STEPS[step], timedelta(seconds=WAITS[step])
    if last.get("step", expected) != expected:
        raise RotationRefused(
            f"the last step was `{last['step']}`, and `{step}` comes after `{expected}`", NEXT_STEPS[last["step"]]
        )
    recorded = last.get("at")
    last_at = datetime.fromisoformat(recorded) if recorded else datetime.fromtimestamp(private.stat().st_mtime, UTC)
    if at < last_at + wait:
        raise RotationRefused(
            f"it is too early. The step before it was at {last_at:%Y-%m-%d %H:%M:%S} UTC. "
            f"Wait until {last_at + wait:%Y-%m-%d %H:%M:%S} UTC",
            None,
        )


def rotate_keys(private: Path, public: Path, step: str, *, at: datetime) -> list[str]:
    """Rotate a key set by one step, and return the key ids in their new order.

    `add` adds a key that only verifies; `use` makes the last key sign; `drop` removes all keys except the first. The
    running services read the change within seconds. A dropped key signs nothing and verifies no token. Its public half
    stays in the private file (`retired`), for receipts. Raise RotationRefused as `check_rotation` does.
    """
    content = json.loads(private.read_text())
    _check_step(private, content, step, at)
    keys, retired = content["keys"], content.get("retired", [])
    if step == "add":
        keys.append(OKPKey.generate_key("Ed25519", {"kid": secrets.token_hex(8)}, private=True).as_dict(private=True))
        _write_json(public, {"keys": [*json.loads(public.read_text())["keys"], *_public_jwks(keys[-1:])]})
    elif step == "use":
        keys.insert(0, keys.pop())
    else:
        retired += _public_jwks(keys[1:])
        del keys[1:]
    rotation = {"step": step, "at": at.isoformat()}
    _write_json(private, {"keys": keys, "rotation": rotation} | ({"retired": retired} if retired else {}))
    _write_json(public, KeyFile(private).public_jwks())
    return [str(key["kid"]) for key in keys]


def _public_jwks(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = KeySet.import_key_set({"keys": keys})
    return [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in found.keys]


def create_encryption_keys(file: Path) -> None:
    """Write a new set of one 256-bit key for sealed secrets, unless the file exists."""
    if not file.exists():
        key = OctKey.generate_key(256, {"kid": secrets.token_hex(8)}, private=True)
        _write_json(file, {"keys": [key.as_dict(private=True)]})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_durably(path, _render_json(content))


def _render_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()
