"""Rotates the keys that sign, step by step, while the services run and read them again."""

from pathlib import Path

from services.cli.console import Trouble, out
from services.cli.home import Home
from shared.identity import rotate_keys

ROTATED = ("gateway", "permits", "tokens")
"""Those whose signatures are short-lived; the key of webhooks is kept, for receivers may hold its public half."""
STEPS = {
    "add": "The new key verifies. In a minute, when everybody has read it: saola rotate use",
    "use": "The new key signs. In an hour, when the last token by the old one has ended: saola rotate drop",
    "drop": "The old key is gone; what it signed is refused.",
}


def rotate_home(home: Path, step: str) -> None:
    """Take a step with every key set of a home that signs tokens, outside and inside."""
    place = Home(home)
    for signer in ROTATED:
        _take(place.private_keys(signer), place.public_keys(signer), step)
    out.print(STEPS[step], markup=False)


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
