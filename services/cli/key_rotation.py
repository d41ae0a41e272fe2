"""`saola rotate`: rotates signing keys step by step, while the services run and reload them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.cli.console import CommandError, out
from services.cli.home import Home
from shared.key_files import check_rotation, rotate_keys

TOKEN_SIGNERS = ("gateway", "permits", "tokens")
"""The key sets with short-lived signatures. Webhook keys rotate separately, because receivers know the public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when every service has read it, run: saola rotate use",
    "use": "The new key signs. In 61 minutes, when the last token of the old key has expired, run: saola rotate drop",
    "drop": "The old key is removed: the hub refuses its tokens. Its receipts can still be verified.",
}
WEBHOOK_STEPS = {
    "add": (
        "Both keys sign each webhook. When every receiver has the new one (/.well-known/webhook-keys.json), run: "
        "saola rotate use --webhooks"
    ),
    "use": "Both keys sign, the new one first. When no receiver needs the old one, run: saola rotate drop --webhooks",
    "drop": "The old key is removed. Receivers that know only the old key refuse webhooks from now on.",
}


def rotate_home(home: Path, step: str, *, at: datetime) -> None:
    """Rotate every key set of a home that signs tokens, external and internal, by one step: all of them or none."""
    home_folder = Home(home)
    _rotate([(home_folder.private_keys(name), home_folder.public_keys(name)) for name in TOKEN_SIGNERS], step, at)
    out.print(STEPS[step], markup=False)


def rotate_webhooks(home: Path, step: str, *, at: datetime) -> None:
    """Rotate the key set of a home that signs webhooks by one step."""
    home_folder = Home(home)
    _rotate([(home_folder.private_keys("webhooks"), home_folder.public_keys("webhooks"))], step, at)
    out.print(WEBHOOK_STEPS[step], markup=False)


def rotate_files(private: Path, public: Path, step: str, *, at: datetime) -> None:
    """Rotate one key set by one step."""
    _rotate([(private, public)], step, at)
    out.print(STEPS[step], markup=False)


def _rotate(key_sets: Sequence[tuple[Path, Path]], step: str, at: datetime) -> None:
    if step not in STEPS:
        raise CommandError(f"The step is {step!r}. Expected: one of {', '.join(STEPS)}, in this order.")
    try:
        for private, _ in key_sets:
            check_rotation(private, step, at=at)
        for private, public in key_sets:
            out.print(f"{private.name}: {', '.join(rotate_keys(private, public, step, at=at))}", markup=False)
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(
            f"The step {step} is not possible: {error}. A rotation begins with: saola rotate add"
        ) from None
