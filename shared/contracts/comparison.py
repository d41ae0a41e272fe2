"""The keys by which numbers, references, identifiers and names are compared. The hub shows the text as it was written.

A key is in NFKC and case folded, without the characters that no reader sees. `KE/2026 001`, `ke-2026--001` and the full
width `ＫＥ－２０２６－００１` have one key. ASCII letters and digits are never merged: `O` is not `0`.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode 17 (DerivedCoreProperties.txt)."""
_BRAILLE_BLANK = "\u2800"
_DRAWN_AS_NOTHING = str.maketrans(dict.fromkeys("\u2800\U0001d159\U00013441\U00013442", " "))
"""Symbols that fonts draw as nothing: of Braille, of music and of hieroglyphs."""
NO_CONTENT = "-"
"""The key of a text that has separators only, or nothing. It names nothing."""
_DASHES = "".join(c for c in map(chr, range(0x11000)) if category(c) == "Pd") + "˗⁃−➖"
"""The dashes of Unicode (category Pd), and those that it counts as modifiers, mathematical signs and symbols."""
_SLASHES = "/\\⁄∕╱⟋⧸∖⟍⧵⧹"
SEPARATORS = frozenset(_DASHES + _SLASHES + _BRAILLE_BLANK)
"""The characters that count as a blank in the key of a number, with the blanks themselves."""
_TO_BLANK = str.maketrans(dict.fromkeys(SEPARATORS, " "))
_NAME_MARKS = ".,;'\"‘’‚‛“”„‟«»‹›`´"
_NAME_TO_BLANK = str.maketrans(dict.fromkeys(_DASHES + _BRAILLE_BLANK + _NAME_MARKS, " "))


@lru_cache(10_000)
def comparison_key(text: str) -> str:
    """Return the key of a number, reference or identifier: every run of blanks, dashes and slashes is one `-`.

    The key has none at its ends. A text of separators only has the key `-`, because no key is empty.
    """
    folded = text.lower() if text.isascii() else _fold(text)
    return "-".join(folded.translate(_TO_BLANK).split()) or NO_CONTENT


def name_key(name: str) -> str:
    """Return the key of the name of a person or firm: every run of blanks, dashes, stops and quotes is one blank.

    `Müller & Söhne, S.A.` and `MÜLLER  & SÖHNE S. A.` have one key. Accents and `&` tell names apart. A name of such
    marks only has itself as its key. The key of a name that shows nothing may be empty, and matches no other.
    """
    folded = name.lower() if name.isascii() else _fold(name)
    return " ".join(folded.translate(_NAME_TO_BLANK).split()) or folded


def is_blank(text: str) -> bool:
    """Return whether a reader sees nothing of a text."""
    return not _INVISIBLE.sub("", text).translate(_DRAWN_AS_NOTHING).strip()


def _fold(text: str) -> str:
    """Return a text in NFKC and case folded, without invisible characters (Unicode 17, section 3.13, NFKC_Casefold)."""
    visible = _INVISIBLE.sub("", normalize("NFKD", text))
    return normalize("NFKC", visible.casefold())
