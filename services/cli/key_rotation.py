"""Rotates the keys that sign, step by step, while the services run and read them again."""

from pathlib import Path

from services.cli.console import Trouble, out
from services.cli.home import Home
from shared.signed_tokens import rotate_keys

TOKENS = ("gateway", "permits", "tokens")
"""Those whose signatures are short-lived; the key of webhooks goes its own way, for receivers hold its public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when everybody has read it: saola rotate use",
    "use": "The new key signs. In an hour, when the last token by the old one has ended: saola rotate drop",
    "drop": "The old key is gone: no token by it lets anybody in. Receipts by it can be checked for good.",
}
OF_WEBHOOKS = {
    "add": "Both keys sign each webhook. When every receiver has the new one (webhook-keys.json): use, then drop.",
    "use": "Both keys sign, the new one first. When no receiver goes by the old one any more: drop",
    "drop": "The old key is gone; receivers that know it alone refuse what comes.",
}


def rotate_home(home: Path, step: str) -> None:
    """Take a step with every key set of a home that signs tokens, outside and inside."""
    place = Home(home)
    for signer in TOKENS:
        _take(place.private_keys(signer), place.public_keys(signer), step)
    out.print(STEPS[step], markup=False)


def rotate_webhooks(home: Path, step: str) -> None:
    """Take a step with the key set of a home that signs webhooks."""
    place = Home(home)
    _take(place.private_keys("webhooks"), place.public_keys("webhooks"), step)
    out.print(OF_WEBHOOKS[step], markup=False)


def rotate_files(private: Path, public: Path, step: str) -> None:
    """Take a step with one key set."""
    _take(private, public, step)
    out.print(STEPS[step], markup=False)


def _take(private: Path, public: Path, step: str) -> None:
    if step not in STEPS:
        raise Trouble(f"A rotation has the steps {', '.join(STEPS)}; {step} is none.")
    try:
        kids = rotate_keys(private, public, step)
    except (OSError, ValueError, KeyError) as error:
        raise Trouble(f"This step cannot be taken: {error}.") from None
    out.print(f"{private.name}: {', '.join(kids)}", markup=False)
