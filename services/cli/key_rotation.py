"""`saola rotate`: rotates signing keys step by step, while the services run and reload them."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from services.cli.console import CommandError, out, saola_command, shorten_path
from services.cli.home import Home
from shared.key_files import NEXT_STEPS, RotationRefused, check_rotation, rotate_keys

TOKEN_SIGNERS = ("gateway", "permits", "tokens")
"""The key sets with short-lived signatures. Webhook keys rotate separately, because receivers know the public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when every service has read it, run: {next}",
    "use": "The new key signs. In 61 minutes, when the last token of the old key has expired, run: {next}",
    "drop": "The old key is removed: the hub refuses its tokens. Its receipts can still be verified.",
}
WEBHOOK_STEPS = {
    "add": (
        "Both keys sign each webhook. When every receiver has the new one (/.well-known/webhook-keys.json), run: {next}"
    ),
    "use": "Both keys sign, the new one first. When no receiver needs the old one, run: {next}",
    "drop": "The old key is removed. Receivers that know only the old key refuse webhooks from now on.",
}


def rotate_home(home: Path, step: str, *, at: datetime) -> None:
    """Rotate every key set of a home that signs tokens, external and internal, by one step: all of them or none."""
    home_folder = Home(home)
    key_sets = [(home_folder.private_keys(name), home_folder.public_keys(name)) for name in TOKEN_SIGNERS]
    _rotate(key_sets, step, ("--home", shorten_path(home)), at=at)
    _print_next(STEPS, step, ("--home", shorten_path(home)))


def rotate_webhooks(home: Path, step: str, *, at: datetime) -> None:
    """Rotate the key set of a home that signs webhooks by one step."""
    home_folder, options = Home(home), ("--webhooks", "--home", shorten_path(home))
    _rotate([(home_folder.private_keys("webhooks"), home_folder.public_keys("webhooks"))], step, options, at=at)
    _print_next(WEBHOOK_STEPS, step, options)


def rotate_files(private: Path, public: Path, step: str, *, at: datetime) -> None:
    """Rotate one key set by one step."""
    options = ("--private", str(private), "--public", str(public))
    _rotate([(private, public)], step, options, at=at)
    _print_next(STEPS, step, options)


def _rotate(key_sets: Sequence[tuple[Path, Path]], step: str, options: Sequence[str], *, at: datetime) -> None:
    if step not in STEPS:
        raise CommandError(f"The step is {step!r}. Expected: one of {', '.join(STEPS)}, in this order.")
    try:
        for private, _ in key_sets:
            check_rotation(private, step, at=at)
        for private, public in key_sets:
            out.print(f"{private.name}: {', '.join(rotate_keys(private, public, step, at=at))}", markup=False)
    except RotationRefused as refusal:
        following = f" The next step is: {_command(refusal.next_step, options)}" if refusal.next_step else ""
        raise CommandError(f"The step {step} is not possible: {refusal}.{following}") from None
    except OSError as error:
        raise CommandError(
            f"The step {step} is not possible: {error.filename}: {error.strerror}. Check the options: "
            f"{_command(step, options)}"
        ) from None
    except (ValueError, KeyError):
        names = " or ".join(str(private) for private, _ in key_sets)
        raise CommandError(
            f"The step {step} is not possible: {names} is no key set. Restore it from a backup."
        ) from None


def _print_next(sentences: Mapping[str, str], step: str, options: Sequence[str]) -> None:
    out.print(sentences[step].format(next=_command(NEXT_STEPS[step], options)), markup=False)


def _command(step: str, options: Sequence[str]) -> str:
    """Return the command of a step, to be typed for the same key sets."""
    return f"{saola_command()} rotate {shlex.join([step, *options])}"
