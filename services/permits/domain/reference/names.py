"""Scientific names as they are compared: without authors, capitals, quotes, rank marks or doubled blanks."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from services.permits.domain.reference import authors

RANK_MARKS = frozenset({"spp", "sp", "subsp", "ssp", "var", "f", "fa", "cf", "aff", "hybrid", "hybrids"})
"""Words that say of what rank a name is, or how sure one is of it; the name is the same without them."""
GROUP_MARKS = frozenset({"spp", "sp"})
CROSS = "x"
MAX_WORDS = 9
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*\.?")


@lru_cache(10_000)
def key(name: str) -> str:
    """Answer what a name is found by: `CROCODYLUS  niloticus Laurenti, 1768` is `crocodylus niloticus`."""
    return " ".join(_words(name))


@lru_cache(10_000)
def candidate_keys(name: str) -> tuple[str, ...]:
    """Answer what a name may be found by, most exact first: itself, and each shorter part from its beginning.

    Where a name is written without capitals its author cannot be told from its parts: the longest that is known
    counts. The shorter parts are the species of a subspecies and the genus of a species.
    """
    words = _words(name)
    if CROSS in words:
        return (" ".join(words),)
    return tuple(" ".join(words[:count]) for count in range(len(words), 0, -1))


@lru_cache(10_000)
def hybrid_parents(name: str) -> tuple[str, ...]:
    """Answer the keys of a hybrid's parents, each with its genus; none for a name that is no hybrid's."""
    words = _words(name)
    if CROSS not in words or words[0] == CROSS or words[-1] == CROSS:
        return ()
    places = [-1, *(n for n, word in enumerate(words) if word == CROSS), len(words)]
    parts = [words[start + 1 : end] for start, end in pairwise(places)]
    genus = parts[0][0]
    return tuple(" ".join(part if len(part) > 1 or n == 0 else [genus, *part]) for n, part in enumerate(parts) if part)


def is_group(name: str) -> bool:
    """Say whether a name means all that belongs to it: one word, `Crocodylia spp.`."""
    return len(_words(name)) == 1


def parse_synonyms(text: str) -> Iterable[str]:
    """Read a list of synonyms with their authors: the commas within an author's part divide nothing."""
    for part in re.split(r"[;|\n]", text):
        for segment in _split_names(part):
            words = _words(segment)
            if len(words) > 1:
                yield " ".join(words)


def _split_names(text: str) -> list[str]:
    """Divide at the commas after which a new name begins: a capital, then a word without one."""
    found: list[str] = []
    for piece in re.split(r",(?![^(]*\))", text):
        if not found or re.match(r"\s*[\"'×]?\s*[A-Z][\w-]+ (?:\([A-Z]\w+\) )?[a-z×]", piece):
            found.append(piece)
        else:
            found[-1] += "," + piece
    return found


def _words(name: str) -> list[str]:
    """Take the words of the name itself, small: it ends where its author begins.

    A genus alone means all its species, so it is read as one only where nothing follows it but its author or `spp.`:
    whatever else follows makes it narrower, never wider.
    """
    text = re.sub(r"[\"'`´‘’“”«»]", "", name).replace("\u00a0", " ").replace("×", f" {CROSS} ")
    text = re.sub(r"^(\S+) \([A-Z][a-z]+\) (?=[a-z])", r"\1 ", " ".join(text.split()))  # a subgenus
    pieces = text.split()
    reader = _NameReader(has_mixed_case=not text.isupper() and not text.islower())
    while pieces and len(reader.words) < MAX_WORDS and reader.read_word(pieces):
        if pieces.pop(0).endswith((",", ";")):
            break
    if len(reader.words) < 2 and not reader.group and pieces and not authors.is_certain_author(pieces):
        more = re.findall(r"[^\W\d_]+", " ".join(pieces).casefold())
        reader.words += [word for word in more if word not in RANK_MARKS]
    return reader.words[:MAX_WORDS]


class _NameReader:
    """A name as it is read word by word; `has_mixed_case` says that capitals mean something in it."""

    def __init__(self, *, has_mixed_case: bool) -> None:
        self.has_mixed_case = has_mixed_case
        self.words: list[str] = []
        self.group = False
        """Whether it says itself that it means all: `spp.`."""
        self._depth = 0
        """How far the name is read: 0 at its beginning and behind a cross, 1 behind a genus."""
        self._last = ""

    def read_word(self, rest: list[str]) -> bool:
        """Take the next word; False where the name ends before it."""
        piece = rest[0]
        word = piece.rstrip(".,;").casefold()
        if piece.casefold() == CROSS:
            self._depth = 0
        elif self._is_mark(piece, word):
            self.group = self.group or word in GROUP_MARKS
            self._last = word
            return True
        elif (
            not _WORD.fullmatch(piece.rstrip(",;")) or piece.casefold() in authors.AUTHOR_WORDS or self._is_author(rest)
        ):
            return False
        else:
            self._depth += 2 if self.words[-1:] == [CROSS] and self.has_mixed_case and piece.islower() else 1
        self.words.append(word)
        self._last = piece
        return True

    def _is_mark(self, piece: str, word: str) -> bool:
        """Say whether a word tells a rank, or is the first parent's genus again: `Falco rusticolus × F. cherrug`."""
        if self.words[-1:] == [CROSS] and len(self.words) > 1 and len(word) == 1:
            return piece.endswith(".") and self.words[0].startswith(word)
        return word in RANK_MARKS and (len(word) > 1 or piece.islower() or not self.has_mixed_case)

    def _is_author(self, rest: list[str]) -> bool:
        """Say whether an author begins here; a word that may as well be part of the name is one."""
        if self._depth == 0 or self._last in RANK_MARKS - GROUP_MARKS:
            return False
        if self._depth == 1:
            return authors.is_certain_author(rest) if self.has_mixed_case else authors.is_known_author(rest)
        return authors.is_certain_author(rest) or (self.has_mixed_case and self._capital_begins_author(rest[0]))

    def _capital_begins_author(self, piece: str) -> bool:
        """Say whether a capital begins an author: so behind `niloticus` and `NILOTICUS`, not behind `Niloticus`."""
        is_uppercase = len(piece.rstrip(".,;")) > 1 and piece.isupper()
        return piece[0].isupper() and not is_uppercase and (self._last.islower() or self._last.isupper())


def normalize(taxon: str) -> str:
    """Write a scientific name for comparison: one blank between words, no capitals."""
    return " ".join(taxon.casefold().split())


def covers_by_name(permit_name: str, declared_name: str) -> bool:
    """Say whether a name on a permit covers a stated one: the same, or its genus (`Oxypora spp.`)."""
    permit_key, declared_key = normalize(permit_name), normalize(declared_name)
    if permit_key == declared_key:
        return True
    genus = permit_key.removesuffix(" spp.").removesuffix(" spp")
    return genus != permit_key and declared_key.split(" ")[0] == genus
