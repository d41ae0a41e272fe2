"""A passage is one piece of prose of the repository, with its place and its kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """The rules differ by kind: only a function's docstring begins with a verb."""

    FUNCTION = "docstring of a function"
    DOCSTRING = "docstring"
    COMMENT = "comment"
    MESSAGE = "message"
    TEST_NAME = "test name"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Prose at a line of a file; code in it is between backquotes."""

    path: Path
    line: int
    kind: Kind
    text: str


CODE = re.compile(r"``.+?``|`[^`]+`", re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.!?])[)\"'”’]*(?:\s+)(?=[\"'“(‘]*[A-Z0-9`])|\n\s*\n|\n\s*(?:[-*|]|\d+\.)\s")
ABBREVIATIONS = re.compile(r"\b(Art|Arts|Conf|Res|No|vol|cf|e\.g|i\.e|sp|spp|ssp|var|etc|approx|vs|Nr|St)\.(?=\s)")
WORD = re.compile(r"[^\W_][\w'’.,:/@+&%-]*|`")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text. Each piece of code becomes a single backquote, so that it counts as one word."""
    plain = ABBREVIATIONS.sub(r"\1", CODE.sub("`", text))
    for sentence in SENTENCE_END.split(plain):
        if stripped := " ".join(sentence.split()):
            yield stripped


def words(sentence: str) -> list[str]:
    """Return the words of a sentence; punctuation alone is no word."""
    return WORD.findall(sentence)
