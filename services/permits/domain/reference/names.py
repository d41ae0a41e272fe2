"""Keys of scientific names for comparison: without authors, capitals, quotation marks, rank marks or extra spaces."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from services.permits.domain.reference import authors
from shared.limits import Limit, LimitSubject

RANK_MARKS = frozenset({"spp", "sp", "subsp", "ssp", "var", "f", "fa", "cf", "aff", "hybrid", "hybrids"})
"""Words that state the rank or the certainty of a name. The name means the same without them."""
GROUP_MARKS = frozenset({"spp", "sp"})
HYBRID_MARKS = frozenset({"hybrid", "hybrids"})
"""Words that mark a hybrid without the name of its other parent: `Felis catus hybrid`."""
CROSS = "x"
MAX_WORDS = Limit(
    9,
    "words",
    subject=LimitSubject.REFERENCE,
    meaning="Words of a scientific name",
    beyond="The name is not found.",
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*\.?")


@lru_cache(10_000)
def key(name: str) -> str:
    """Return the key of a name: that of `CROCODYLUS  niloticus Laurenti, 1768` is `crocodylus niloticus`."""
    return " ".join(_words(name))


@lru_cache(10_000)
def candidate_keys(name: str) -> tuple[str, ...]:
    """Return the keys that may match a name, the most exact first: the whole name, then each shorter beginning.

    A shorter beginning is the species of a subspecies or the genus of a species. In a name without capitals, the
    author looks like a part of the name, so the longest beginning that the listing has is the name.
    """
    words = _words(name)
    if CROSS in words:
        return (" ".join(words),)
    return tuple(" ".join(words[:count]) for count in range(len(words), 0, -1))


@lru_cache(10_000)
def hybrid_parents(name: str) -> tuple[str, ...]:
    """Return the keys of a hybrid's parents, each with its genus; empty if the name is not of a hybrid."""
    words = _words(name)
    if CROSS not in words or words[0] == CROSS or words[-1] == CROSS:
        return ()
    places = [-1, *(n for n, word in enumerate(words) if word == CROSS), len(words)]
    parts = [words[start + 1 : end] for start, end in pairwise(places)]
    genus = parts[0][0]
    return tuple(" ".join(part if len(part) > 1 or n == 0 else [genus, *part]) for n, part in enumerate(parts) if part)


@lru_cache(10_000)
def is_hybrid(name: str) -> bool:
    """Return whether a name is of a hybrid: it has a cross, or the word `hybrid`."""
    return CROSS in _words(name) or has_unnamed_parent(name)


@lru_cache(10_000)
def has_unnamed_parent(name: str) -> bool:
    """Return whether a name marks a hybrid and names only one of its parents, or only their genus."""
    return CROSS not in _words(name) and not HYBRID_MARKS.isdisjoint(re.findall(r"[a-z]+", name.casefold()))


def is_group(name: str) -> bool:
    """Return whether a name means a higher taxon with all its species: its key is one word (`Crocodylia spp.`)."""
    return len(_words(name)) == 1


def parse_synonyms(text: str) -> Iterable[str]:
    """Yield the keys of a list of synonyms. A comma between authors does not separate two names."""
    for part in re.split(r"[;|\n]", text):
        for segment in _split_names(part):
            words = _words(segment)
            if len(words) > 1:
                yield " ".join(words)


def _split_names(text: str) -> list[str]:
    """Return the parts of a text between commas that a new name follows: a capital, then a word without one."""
    found: list[str] = []
    for piece in re.split(r",(?![^(]*\))", text):
        if not found or re.match(r"\s*[\"'×]?\s*[A-Z][\w-]+ (?:\([A-Z]\w+\) )?[a-z×]", piece):
            found.append(piece)
        else:
            found[-1] += "," + piece
    return found


def _words(name: str) -> list[str]:
    """Return the words of the name itself in lower case, up to its author.

    A genus alone means all its species. It is read so only if nothing but an author or `spp.` follows it.
    Any other words after it stay part of the name, so that the name never covers too much.
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
    """A name that is read word by word. `has_mixed_case` means that its capitals carry information."""

    def __init__(self, *, has_mixed_case: bool) -> None:
        self.has_mixed_case = has_mixed_case
        self.words: list[str] = []
        self.group = False
        """Whether the name contains `spp.` or `sp.` and so means all its species."""
        self._depth = 0
        """How far the name is read: 0 at its beginning and after a cross, 1 after a genus."""
        self._last = ""

    def read_word(self, rest: list[str]) -> bool:
        """Read the next word and return True; return False if the name ends before it."""
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
        """Return whether a word is a rank mark, or the first parent's genus again (`Falco rusticolus × F. cherrug`)."""
        if self.words[-1:] == [CROSS] and len(self.words) > 1 and len(word) == 1:
            return piece.endswith(".") and self.words[0].startswith(word)
        return word in RANK_MARKS and (len(word) > 1 or piece.islower() or not self.has_mixed_case)

    def _is_author(self, rest: list[str]) -> bool:
        """Return whether an author begins here. A word that may be part of the name is part of the name."""
        if self._depth == 0 or self._last in RANK_MARKS - GROUP_MARKS:
            return False
        if self._depth == 1:
            return authors.is_certain_author(rest) if self.has_mixed_case else authors.is_known_author(rest)
        return authors.is_certain_author(rest) or (self.has_mixed_case and self._capital_begins_author(rest[0]))

    def _capital_begins_author(self, piece: str) -> bool:
        """Return whether a capital begins an author: after `niloticus` and `NILOTICUS`, but not after `Niloticus`."""
        is_uppercase = len(piece.rstrip(".,;")) > 1 and piece.isupper()
        return piece[0].isupper() and not is_uppercase and (self._last.islower() or self._last.isupper())


def normalize(taxon: str) -> str:
    """Return a scientific name in lower case with one space between words."""
    return " ".join(taxon.casefold().split())


def covers_by_name(permit_name: str, declared_name: str) -> bool:
    """Return whether a name on a permit covers a declared one by its words: the same, or its genus (`Oxypora spp.`)."""
    permit_key, declared_key = normalize(permit_name), normalize(declared_name)
    if permit_key == declared_key:
        return True
    genus = permit_key.removesuffix(" spp.").removesuffix(" spp")
    return genus != permit_key and declared_key.split(" ")[0] == genus
