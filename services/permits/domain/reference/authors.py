"""Authors of taxon names, as written after the name: `Laurenti, 1768`, `Duméril & Bibron, 1851`, `(Mill.) L.f.`."""

import re
from collections.abc import Sequence

CONJUNCTIONS = frozenset({"&", "et", "and", "ex", "in"})
PARTICLES = frozenset({"de", "von", "van", "der", "den", "du", "la", "le"})
AUTHOR_WORDS = CONJUNCTIONS | PARTICLES
"""Words that occur among authors and never in the name of a taxon."""
KNOWN_AUTHORS = frozenset(
    "l l.f linn linnaeus linné dc mill lam jacq willd roxb benth lindl hook sw juss thunb haw salm-dyck lour rchb "
    "kunth cav vahl pers spreng schltr poir nutt torr engelm ait r.br".split()
)
"""Authors that their name alone identifies: no species has such a name."""
_SON_MARKS = frozenset({"f", "fil"})
_YEAR = re.compile(r"[(\[]?(?:1[789]|20)\d\d[a-z]?[)\].,;]*")
_INITIALS = re.compile(r"[(\[]?(?:[^\W\d_]\.-?)+")

_LETTERS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def strip_punctuation(piece: str) -> str:
    """Return a word in lower case, without brackets and punctuation around it."""
    return piece.strip("()[].,;").casefold()


def is_known_author(pieces: Sequence[str]) -> bool:
    """Return whether these words begin with a known author and contain nothing but authors and a year."""
    if strip_punctuation(pieces[0]) not in KNOWN_AUTHORS:
        return False
    return (
        len(pieces) == 1
        or strip_punctuation(pieces[1]) in CONJUNCTIONS | _SON_MARKS
        or bool(_YEAR.fullmatch(pieces[1]))
    )


def is_certain_author(pieces: Sequence[str]) -> bool:
    """Return whether these words certainly are authors: a known author, or persons followed by a year.

    A capital alone is not enough: `Crocodylus Niloticus` is a species. After a comma only a year may follow, because
    `Niloticus` in `Niloticus, Laurenti, 1768` is not an author.
    """
    if is_known_author(pieces):
        return True
    person = ended = False
    for piece in pieces:
        if _YEAR.fullmatch(piece):
            return person
        if ended:
            return False
        if strip_punctuation(piece) in {*CONJUNCTIONS, "al"}:
            person = strip_punctuation(piece) == "al"
        elif not person and piece.lstrip("([")[:1].isupper() and not _INITIALS.fullmatch(piece):
            person, ended = True, piece.endswith(",")
        elif person or not (strip_punctuation(piece) in PARTICLES or _INITIALS.fullmatch(piece)):
            return False
    return False


def is_same_author(words: str, author: str) -> bool:
    """Return whether the words after a name all occur in the author of the listing. `words` are in lower case."""
    known_words = set(_LETTERS.findall(author.casefold()))
    return bool(known_words) and set(words.split()) <= known_words
