"""Passages of a Python file: docstrings, comments, messages and the names of tests."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.prose.passages import Kind, Passage

Function = ast.FunctionDef | ast.AsyncFunctionDef
SQL = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|LOCK|DO|SET|COMMENT|FROM|WHERE|ORDER|AND|OR|JOIN|VALUES"
    r"|ON|BEGIN|TRUNCATE|RETURNING|EXISTS|LEFT|CASE|VACUUM|ANALYZE|COPY|NOT|COALESCE|UNION|SECURITY|LANGUAGE|DECLARE)\b"
)
MIN_WORDS = 4
MAX_SEPARATORS = 5
"""A string with more semicolons or bars is a table."""
PRAGMA = re.compile(r"#\s*(?:noqa|type:|pragma|fmt:|!)")
SUBJECT_FIRST = {"property", "cached_property", "fixture", "computed_field", "validator", "rule"}
"""Decorators of functions that are values, rules or parts of a framework: their docstring begins with a subject."""


def passages(path: Path) -> Iterator[Passage]:
    """Yield the prose of a Python file. The strings of tests are data, except their docstrings."""
    source = path.read_text()
    tree = ast.parse(source)
    docstrings: set[ast.expr] = set()
    for node in ast.walk(tree):
        yield from _named(path, node, docstrings)
    yield from _comments(path, source)
    if not {"tests"} & set(path.parts):
        yield from _messages(path, tree, docstrings)


def _named(path: Path, node: ast.AST, docstrings: set[ast.expr]) -> Iterator[Passage]:
    if isinstance(node, Function) and node.name.startswith("test_") and path.name.startswith("test_"):
        yield Passage(path=path, line=node.lineno, kind=Kind.TEST_NAME, text=node.name)
    if isinstance(node, Function | ast.ClassDef | ast.Module):
        kind = Kind.FUNCTION if isinstance(node, Function) and _begins_with_verb(node) else Kind.DOCSTRING
        for at, expression in enumerate(node.body):
            match expression:
                case ast.Expr(value=ast.Constant(value=str(text)) as constant) if text.strip():
                    docstrings.add(constant)
                    yield Passage(
                        path=path,
                        line=constant.lineno,
                        kind=kind if at == 0 else Kind.DOCSTRING,
                        text=text,
                    )


def _begins_with_verb(function: Function) -> bool:
    if function.name.startswith("test_"):
        return False
    decorators = {name for one in function.decorator_list for name in _names(one)}
    return not decorators & SUBJECT_FIRST


def _names(expression: ast.expr) -> set[str]:
    return {
        n.attr if isinstance(n, ast.Attribute) else n.id
        for n in ast.walk(expression)
        if isinstance(n, ast.Attribute | ast.Name)
    }


def _comments(path: Path, source: str) -> Iterator[Passage]:
    """Yield comments; those on lines of their own that follow one another are one passage."""
    lines: list[str] = []
    begin = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or PRAGMA.match(token.string):
            continue
        row, text = token.start[0], re.sub(r"\s*# noqa.*", "", token.string.lstrip("#:! "))
        alone = token.line.lstrip().startswith("#")
        if lines and not (alone and row == last + 1):
            yield Passage(path=path, line=begin, kind=Kind.COMMENT, text="\n".join(lines))
            lines = []
        begin = begin if lines else row
        lines.append(text)
        last = row if alone else -1
    if lines:
        yield Passage(path=path, line=begin, kind=Kind.COMMENT, text="\n".join(lines))


def _messages(path: Path, tree: ast.Module, docstrings: set[ast.expr]) -> Iterator[Passage]:
    inside: set[ast.AST] = set(_split_strings(tree))
    for node in ast.walk(tree):
        if node in inside or node in docstrings:
            continue
        match node:
            case ast.JoinedStr(values=values):
                inside.update(one for value in values for one in ast.walk(value) if isinstance(value, ast.Constant))
                text = "".join(str(v.value) if isinstance(v, ast.Constant) else "`x`" for v in values)
            case ast.Constant(value=str(text)):
                pass
            case _:
                continue
        if _is_prose(text):
            yield Passage(path=path, line=node.lineno, kind=Kind.MESSAGE, text=text)


def _split_strings(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the strings that the code splits into words: they are lists."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"split", "splitlines"}:
            yield node.value


def _is_prose(text: str) -> bool:
    """Return whether a string is a sentence: some words in lower case, and no SQL, markup or table."""
    if max(text.count("|"), text.count(";")) > MAX_SEPARATORS:
        return False
    if SQL.match(text) or text.lstrip().startswith(("<", "{", "[", "http", "^", "(?")):
        return False
    plain = [word for word in text.split() if re.fullmatch(r"[a-z][a-z'-]*[,.;:]?", word)]
    return len(plain) >= MIN_WORDS
