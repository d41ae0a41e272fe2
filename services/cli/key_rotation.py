"""`saola rotate`: rotates signing keys step by step, while the services run and reload them."""

from pathlib import Path

from services.cli.console import CommandError, out
from services.cli.home import Home
from shared.key_files import rotate_keys

TOKEN_SIGNERS = ("gateway", "permits", "tokens")
"""The key sets with short-lived signatures. Webhook keys rotate separately, because receivers know the public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when every service has read it, run: saola rotate use",
    "use": "The new key signs. In an hour, when the last token of the old key has expired, run: saola rotate drop",
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


def rotate_home(home: Path, step: str) -> None:
    """Rotate every key set of a home that signs tokens, external and internal, by one step."""
    home_folder = Home(home)
    for signer in TOKEN_SIGNERS:
        _rotate_key_set(home_folder.private_keys(signer), home_folder.public_keys(signer), step)
    out.print(STEPS[step], markup=False)


def rotate_webhooks(home: Path, step: str) -> None:
    """Rotate the key set of a home that signs webhooks by one step."""
    home_folder = Home(home)
    _rotate_key_set(home_folder.private_keys("webhooks"), home_folder.public_keys("webhooks"), step)
    out.print(WEBHOOK_STEPS[step], markup=False)


def rotate_files(private: Path, public: Path, step: str) -> None:
    """Rotate one key set by one step."""
    _rotate_key_set(private, public, step)
    out.print(STEPS[step], markup=False)


def _rotate_key_set(private: Path, public: Path, step: str) -> None:
    if step not in STEPS:
        raise CommandError(f"The step is {step!r}. Expected: one of {', '.join(STEPS)}, in this order.")
    try:
        kids = rotate_keys(private, public, step)
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(
            f"The step {step} is not possible: {error}. Begin a rotation with: saola rotate add"
        ) from None
    out.print(f"{private.name}: {', '.join(kids)}", markup=False)
