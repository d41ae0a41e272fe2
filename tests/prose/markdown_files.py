"""Passages of a Markdown file: paragraphs, headings, list items and cells of tables; code blocks are not prose."""

from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.prose.passages import Kind, Passage

PARSER = MarkdownIt("commonmark").enable("table")


def passages(path: Path) -> Iterator[Passage]:
    """Yield the prose of a Markdown file, one passage for each block."""
    line = 1
    for token in PARSER.parse(path.read_text()):
        if token.map is not None:
            line = token.map[0] + 1
        if token.type == "inline" and (text := _text(token).strip()):
            yield Passage(path=path, line=line, kind=Kind.DOCUMENT, text=text)


def _text(block: Token) -> str:
    return "".join(map(_piece, block.children or []))


def _piece(child: Token) -> str:
    """Return the words of a part of a block: a backquoted placeholder for code, nothing for marks and addresses."""
    match child.type:
        case "text":
            return child.content
        case "code_inline":
            return "`x`"
        case "softbreak" | "hardbreak":
            return "\n"
        case _:
            return ""
