"""Rotates the keys that sign, step by step, while the services run and read them again."""

from pathlib import Path

from services.cli.console import CommandError, out
from services.cli.home import Home
from shared.key_files import rotate_keys

TOKEN_SIGNERS = ("gateway", "permits", "tokens")
"""Those whose signatures are short-lived; the key of webhooks goes its own way, for receivers hold its public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when everybody has read it: saola rotate use",
    "use": "The new key signs. In an hour, when the last token by the old one has ended: saola rotate drop",
    "drop": "The old key is gone: no token by it lets anybody in. Receipts by it can be checked for good.",
}
WEBHOOK_STEPS = {
    "add": "Both keys sign each webhook. When every receiver has the new one (webhook-keys.json): use, then drop.",
    "use": "Both keys sign, the new one first. When no receiver goes by the old one any more: drop",
    "drop": "The old key is gone; receivers that know it alone refuse what comes.",
}


def rotate_home(home: Path, step: str) -> None:
    """Take a step with every key set of a home that signs tokens, outside and inside."""
    home_folder = Home(home)
    for signer in TOKEN_SIGNERS:
        _rotate_key_set(home_folder.private_keys(signer), home_folder.public_keys(signer), step)
    out.print(STEPS[step], markup=False)


def rotate_webhooks(home: Path, step: str) -> None:
    """Take a step with the key set of a home that signs webhooks."""
    home_folder = Home(home)
    _rotate_key_set(home_folder.private_keys("webhooks"), home_folder.public_keys("webhooks"), step)
    out.print(WEBHOOK_STEPS[step], markup=False)


def rotate_files(private: Path, public: Path, step: str) -> None:
    """Take a step with one key set."""
    _rotate_key_set(private, public, step)
    out.print(STEPS[step], markup=False)


def _rotate_key_set(private: Path, public: Path, step: str) -> None:
    if step not in STEPS:
        raise CommandError(f"A rotation has the steps {', '.join(STEPS)}; {step} is none.")
    try:
        kids = rotate_keys(private, public, step)
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(f"This step cannot be taken: {error}.") from None
    out.print(f"{private.name}: {', '.join(kids)}", markup=False)
