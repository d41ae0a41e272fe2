"""Who named a taxon, as it stands behind its name: `Laurenti, 1768`, `Duméril & Bibron, 1851`, `(Mill.) L.f.`."""

import re
from collections.abc import Sequence

CONJUNCTIONS = frozenset({"&", "et", "and", "ex", "in"})
PARTICLES = frozenset({"de", "von", "van", "der", "den", "du", "la", "le"})
AUTHOR_WORDS = CONJUNCTIONS | PARTICLES
"""Words of an author's part that no name has."""
KNOWN_AUTHORS = frozenset(
    "l l.f linn linnaeus linné dc mill lam jacq willd roxb benth lindl hook sw juss thunb haw salm-dyck lour rchb "
    "kunth cav vahl pers spreng schltr poir nutt torr engelm ait r.br".split()
)
"""Authors that are told by their name alone: no species is called so."""
_SON_MARKS = frozenset({"f", "fil"})
_YEAR = re.compile(r"[(\[]?(?:1[789]|20)\d\d[a-z]?[)\].,;]*")
_INITIALS = re.compile(r"[(\[]?(?:[^\W\d_]\.-?)+")

_LETTERS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def strip_punctuation(piece: str) -> str:
    """Write a word small, without what surrounds it."""
    return piece.strip("()[].,;").casefold()


def is_known_author(pieces: Sequence[str]) -> bool:
    """Say whether these words begin with an author whom everybody knows, and are no more than an author's part."""
    if strip_punctuation(pieces[0]) not in KNOWN_AUTHORS:
        return False
    return (
        len(pieces) == 1
        or strip_punctuation(pieces[1]) in CONJUNCTIONS | _SON_MARKS
        or bool(_YEAR.fullmatch(pieces[1]))
    )


def is_certain_author(pieces: Sequence[str]) -> bool:
    """Say whether these words are certainly an author's: of one whom everybody knows, or people and then a year.

    A capital alone says nothing: `Crocodylus Niloticus` is a species. Behind a comma only the year follows, for
    `Niloticus, Laurenti, 1768` is not three words of an author.
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
    """Say whether words behind a name are of the author whom the listing has beside it."""
    known_words = set(_LETTERS.findall(author.casefold()))
    return bool(known_words) and set(words.split()) <= known_words
