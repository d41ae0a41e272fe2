"""The types that mypy knows and a syntax tree does not: the owner of an attribute, and the function of a call."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mypy import build, nodes, patterns
from mypy import types as mypy_types
from mypy.config_parser import parse_config_file
from mypy.find_sources import create_source_list
from mypy.options import Options

CROSS_REFERENCES = frozenset(
    "node info type unanalyzed_type analyzed definition type_guard names original_def overload method_types "
    "method_type special_alias".split()
)
"""Attributes of a node that lead to another place, not to a part of it."""
PARTS = (
    nodes.Statement,
    nodes.Expression,
    nodes.FuncItem,
    nodes.Argument,
    nodes.OverloadedFuncDef,
    nodes.Decorator,
    patterns.Pattern,
)


@dataclass(frozen=True)
class Mention:
    """An attribute or a call as mypy places it, and the full names that it may mean.

    `keywords` are those of a call; `fields` the attributes that these may name where a class is called.
    """

    line: int
    column: int
    name: str
    meanings: frozenset[str]
    keywords: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()


class TypeIndex:
    """The attributes and the calls of a checkout, by file: an attribute where its name ends, a call where it begins.

    Columns are right in lines of ASCII alone; elsewhere only their order is (`Source.matched`).
    """

    def __init__(self, root: Path, folders: list[str]) -> None:
        options = Options()
        parse_config_file(options, lambda: None, str(root / "pyproject.toml"), sys.stdout, sys.stderr)
        options.incremental = False
        options.export_types = True
        options.preserve_asts = True
        options.packages = []
        result = build.build(create_source_list(folders, options), options)
        if result.errors:
            raise SystemExit("mypy must pass before names can be resolved:\n" + "\n".join(result.errors[:20]))
        self._types = result.types
        self.members: dict[str, list[Mention]] = {}
        self.calls: dict[str, list[Mention]] = {}
        self.overrides: dict[str, set[str]] = {}
        """The attributes of base classes that an attribute of a class overrides."""
        for file in result.files.values():
            path = Path(file.path)
            if path.is_absolute():
                path = path.relative_to(root) if path.is_relative_to(root) else path
            if path.parts[0] in folders or str(path).startswith(tuple(folders)):
                self._read(str(path), file)

    def _read(self, path: str, file: nodes.MypyFile) -> None:
        members = self.members.setdefault(path, [])
        calls = self.calls.setdefault(path, [])
        for node in below(file):
            if isinstance(node, nodes.ClassDef):
                for base in node.info.mro[1:]:
                    for name in node.info.names.keys() & base.names.keys():
                        self.overrides.setdefault(f"{node.info.fullname}.{name}", set()).add(f"{base.fullname}.{name}")
            elif isinstance(node, nodes.MemberExpr) and node.end_line is not None and node.end_column is not None:
                owners = self._owners(node.expr, node.name)
                members.append(Mention(node.end_line, node.end_column, node.name, frozenset(owners)))
            elif isinstance(node, nodes.CallExpr) and node.end_line is not None:
                keywords = tuple(name for name in node.arg_names if name is not None)
                targets = [self._targets(node, name) for name in keywords]
                functions = frozenset(one for found, _ in targets for one in found)
                fields = frozenset(one for _, found in targets for one in found)
                if keywords:
                    calls.append(Mention(node.line, node.column, "", functions, keywords, fields))

    def _owners(self, expression: nodes.Expression, name: str) -> set[str]:
        return {
            f"{owner.fullname}.{name}"
            for info in infos(self._types.get(expression))
            if (owner := info.get_containing_type_info(name)) is not None
        }

    def _targets(self, call: nodes.CallExpr, keyword: str) -> tuple[set[str], set[str]]:
        """Return the functions a keyword argument may belong to, and the fields it may be."""
        callee = call.callee
        if isinstance(callee, nodes.RefExpr) and callee.fullname == "functools.partial" and call.args:
            callee = call.args[0]
        functions = {callee.fullname} if isinstance(callee, nodes.RefExpr) and callee.fullname else set()
        fields: set[str] = set()
        kind = mypy_types.get_proper_type(self._types.get(callee))
        candidates = [kind, *kind.items] if isinstance(kind, mypy_types.Overloaded | mypy_types.UnionType) else [kind]
        for one in map(mypy_types.get_proper_type, candidates):
            if not isinstance(one, mypy_types.FunctionLike):
                continue
            if one.is_type_obj():
                owner = one.type_object().get_containing_type_info(keyword)
                if owner is not None:
                    fields.add(f"{owner.fullname}.{keyword}")
            if isinstance(one, mypy_types.CallableType) and one.definition is not None:
                functions.add(one.definition.fullname)
        name = callee.fullname if isinstance(callee, nodes.RefExpr) else None
        replaces = name in {"dataclasses.replace", "copy.replace"} and call.args
        target = call.args[0] if replaces else callee.expr if isinstance(callee, nodes.MemberExpr) else None
        if replaces or (isinstance(callee, nodes.MemberExpr) and callee.name == "_replace"):
            assert target is not None
            fields |= self._owners(target, keyword)
        return functions, fields


def infos(found: Any) -> Iterator[nodes.TypeInfo]:
    """Return the classes whose attributes an expression of this type has."""
    kind = mypy_types.get_proper_type(found)
    if isinstance(kind, mypy_types.Instance):
        yield kind.type
    elif isinstance(kind, mypy_types.UnionType):
        for item in kind.items:
            yield from infos(item)
    elif isinstance(kind, mypy_types.TypeType):
        yield from infos(kind.item)
    elif isinstance(kind, mypy_types.TypeVarType):
        yield from infos(kind.upper_bound)
        for value in kind.values:
            yield from infos(value)
    elif isinstance(kind, mypy_types.TupleType):
        yield kind.partial_fallback.type
    elif isinstance(kind, mypy_types.LiteralType):
        yield kind.fallback.type
    elif isinstance(kind, mypy_types.FunctionLike) and kind.is_type_obj():
        yield kind.type_object()


def below(file: nodes.MypyFile) -> Iterator[Any]:
    """Return every part of a module's syntax tree."""
    seen: set[int] = set()
    waiting = list(parts(file.defs))
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        for kind in type(node).__mro__:
            for name in getattr(kind, "__mypyc_attrs__", ()):
                if name not in CROSS_REFERENCES and not name.startswith("__"):
                    waiting.extend(parts(getattr(node, name, None)))


def parts(value: Any) -> Iterator[Any]:
    """Return the nodes in an attribute of a node."""
    if isinstance(value, PARTS):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from parts(one)
