"""Scientific names as they are compared: without authors, capitals, quotes, rank marks or doubled blanks."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

RANK_MARKS = frozenset({"spp", "sp", "subsp", "ssp", "var", "f", "fa", "cf", "aff", "hybrid", "hybrids"})
"""Words that say of what rank a name is, or how sure one is of it; the name is the same without them."""
CROSS = "x"
MOST_WORDS = 9
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*\.?")
_AUTHORS = frozenset({"&", "et", "and", "in", "ex", "de", "von", "van", "der", "du", "la"})


@lru_cache(10_000)
def key(name: str) -> str:
    """Answer what a name is found by: `CROCODYLUS  niloticus Laurenti, 1768` is `crocodylus niloticus`."""
    return " ".join(_words(name))


@lru_cache(10_000)
def keys(name: str) -> tuple[str, ...]:
    """Answer what a name may be found by, most exact first: itself, and each shorter part from its beginning.

    Where a name is written without capitals its author cannot be told from its parts: the longest that is known
    counts. The shorter parts are the species of a subspecies and the genus of a species.
    """
    words = _words(name)
    if CROSS in words:
        return (" ".join(words),)
    return tuple(" ".join(words[:count]) for count in range(len(words), 0, -1))


@lru_cache(10_000)
def parents(name: str) -> tuple[str, ...]:
    """Answer the keys of a hybrid's parents, each with its genus; none for a name that is no hybrid's."""
    words = _words(name)
    if CROSS not in words or words[0] == CROSS or words[-1] == CROSS:
        return ()
    places = [-1, *(n for n, word in enumerate(words) if word == CROSS), len(words)]
    parts = [words[here + 1 : there] for here, there in pairwise(places)]
    genus = parts[0][0]
    return tuple(" ".join(part if len(part) > 1 or n == 0 else [genus, *part]) for n, part in enumerate(parts) if part)


def is_group(name: str) -> bool:
    """Say whether a name means all that belongs to it: one word, `Crocodylia spp.`."""
    return len(_words(name)) == 1


def synonyms(text: str) -> Iterable[str]:
    """Read a list of synonyms with their authors: the commas within an author's part divide nothing."""
    for part in re.split(r"[;|\n]", text):
        for segment in _segments(part):
            words = _words(segment)
            if len(words) > 1:
                yield " ".join(words)


def _segments(text: str) -> list[str]:
    """Divide at the commas after which a new name begins: a capital, then a word without one."""
    found: list[str] = []
    for piece in re.split(r",(?![^(]*\))", text):
        if not found or re.match(r"\s*[\"'×]?\s*[A-Z][\w-]+ (?:\([A-Z]\w+\) )?[a-z×]", piece):
            found.append(piece)
        else:
            found[-1] += "," + piece
    return found


def _words(name: str) -> list[str]:
    """Take the words of the name itself, small: it ends where its author begins."""
    text = re.sub(r"[\"'`´‘’“”«»]", "", name).replace("\u00a0", " ").replace("×", f" {CROSS} ")
    text = re.sub(r"^(\S+) \([A-Z][a-z]+\) (?=[a-z])", r"\1 ", " ".join(text.split()))  # a subgenus
    pieces = text.split()
    told = bool(pieces) and not text.isupper() and not text.islower()
    shouted = bool(pieces) and len(pieces[0]) > 1 and pieces[0].isupper()
    found: list[str] = []
    for piece in pieces:
        if not _belongs(piece, found, told=told and not (shouted and piece.isupper())):
            break
        word = piece.rstrip(".,;").casefold()
        if word and word not in RANK_MARKS:
            found.append(word)
        if piece.endswith((",", ";")) or len(found) == MOST_WORDS:
            break
    return found


def _belongs(piece: str, before: list[str], *, told: bool) -> bool:
    if piece.casefold() == CROSS:
        return True
    if not _WORD.fullmatch(piece.rstrip(",;")) or piece.casefold() in _AUTHORS:
        return False
    first = not before or before[-1] == CROSS
    return first or not told or not piece[0].isupper()
