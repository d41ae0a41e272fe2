"""Second step: rename functions, classes, attributes, parameters and local variables, each in its own module."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import libcst as cst
from edits import nodes
from libcst.metadata import (
    Assignment,
    BaseAssignment,
    ClassScope,
    ComprehensionScope,
    FunctionScope,
    GlobalScope,
    ImportAssignment,
    Scope,
)
from moves import dotted, own
from source_file import WORD, File, bound_between, outwards, qualified, token, uses
from tables import moved_modules, rows, sources
from type_index import Mention, TypeIndex

LOCAL = "<local>."
"""A row of the table whose name begins so renames a parameter or local variable in every function of its modules."""
QUOTED = re.compile(r"`([A-Za-z_][\w.]*)`")


@dataclass
class Names:
    """The rows of the table, in the modules as they are called now."""

    symbols: dict[str, str] = field(default_factory=dict)
    locals: list[tuple[str, str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    today: dict[str, str] = field(default_factory=dict)
    """The name that a module had before the moves."""

    def find(self, module: str, name: str) -> str | None:
        """Return the new name of a definition, None where it keeps its own."""
        full = f"{module}.{name}"
        if full in self.symbols:
            self.used.add(full)
        return self.symbols.get(full)

    def find_local(self, module: str, name: str) -> str | None:
        """Return the new name of a local variable by the rules for whole packages; the longest pattern wins."""
        today = self.today.get(module, module)
        found = [(len(glob), new) for glob, old, new in self.locals if old == name and fnmatchcase(today, glob)]
        return max(found)[1] if found else None


def read_names() -> Names:
    """Return the table, with every module's name of today replaced by its name after the moves."""
    moved = moved_modules()
    names = Names(today={new: old for old, new in moved.items()})
    for row in rows("symbols.csv"):
        if row["name"].startswith(LOCAL):
            names.locals.append((row["module"], row["name"].removeprefix(LOCAL), row["new"]))
        else:
            names.symbols[f"{moved.get(row['module'], row['module'])}.{row['name']}"] = row["new"]
    return names


class Renaming:
    """The rename of a whole checkout: first every definition, then every use."""

    def __init__(self, root: Path) -> None:
        self.names = read_names()
        paths = sources(root)
        folders = sorted({path.split("/")[0] for path in paths if not path.startswith(("docs", "clients"))})
        if any(path.startswith("clients/") for path in paths):
            folders.append("clients/python/saola_client")
        self.index = TypeIndex(root, folders)
        self.files = [File(path, (root / path).read_text(encoding="utf-8")) for path in paths]
        self.modules = {file.module for file in self.files}
        self.exported = self._exported()
        self.parameters: dict[str, dict[str, str]] = {}
        self.members = self._members()
        self.refused: list[str] = []

    def _exported(self) -> dict[str, str]:
        """Return the new name of everything that a module can give to an importer, re-exports included."""
        exported = dict(self.names.symbols)
        imports = [
            (file.module, dotted(node.module), alias.evaluated_name)
            for file in self.files
            for node in nodes(file.tree)
            if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar)
            for alias in node.names
            if alias.asname is None
        ]
        known = -1
        while known != len(exported):
            known = len(exported)
            for module, origin, name in imports:
                new = exported.get(f"{origin}.{name}")
                if new is not None:
                    exported.setdefault(f"{module}.{name}", new)
        return exported

    def _members(self) -> dict[str, str]:
        """Return the new names of attributes, those of overriding classes included."""
        members = dict(self.names.symbols)
        for name, bases in self.index.overrides.items():
            for base in bases:
                if base in members:
                    members.setdefault(name, members[base])
        return members

    def run(self) -> None:
        """Collect the edits of every file."""
        for file in self.files:
            for scope in file.scopes:
                self._definitions(file, scope)
        for file in self.files:
            self._uses(file)

    def _definitions(self, file: File, scope: Scope) -> None:
        prefix = qualified(scope)
        function = isinstance(scope, FunctionScope | ComprehensionScope)
        by_name: dict[str, list[BaseAssignment]] = {}
        for assignment in scope.assignments:
            by_name.setdefault(assignment.name, []).append(assignment)
        planned: dict[str, str] = {}
        for name, assignments in by_name.items():
            if any(isinstance(one, ImportAssignment) for one in assignments):
                continue
            full = f"{prefix}.{name}" if prefix else name
            new = self.names.find(file.module, full)
            if new is None and isinstance(scope, ClassScope):
                new = self.members.get(f"{file.module}.{full}")
            if new is None and function:
                new = self.names.find_local(file.module, name)
            if new is not None and new != name:
                planned[name] = new
        for name, new in planned.items():
            clash = self._clash(file, scope, by_name[name], new, planned)
            if clash:
                line = file.places[token(by_name[name][0])].start.line if token(by_name[name][0]) else 0
                self.refused.append(f"{file.source.path}:{line}: {prefix or '-'}: {name} → {new}: {clash}")
                continue
            for assignment in by_name[name]:
                self._rename(file, assignment, name, new)
            file.local.setdefault(scope, {})[name] = new
            if isinstance(scope, GlobalScope):
                file.visible[name] = new
            if isinstance(scope, FunctionScope) and any(
                isinstance(getattr(one, "node", None), cst.Param) for one in by_name[name]
            ):
                self.parameters.setdefault(f"{file.module}.{prefix}", {})[name] = new

    def _clash(
        self, file: File, scope: Scope, assignments: list[BaseAssignment], new: str, planned: dict[str, str]
    ) -> str | None:
        """Return why a name cannot be given in a scope, None where it can."""
        if new in {one.name for one in scope.assignments} and new not in planned:
            return "bound here already"
        if list(planned.values()).count(new) > 1:
            return "two become one"
        if isinstance(scope, ClassScope):
            return None
        if any(bound_between(scope, access.scope, new) for one in assignments for access in one.references):
            return "bound in a scope between"
        if not isinstance(scope, GlobalScope):
            for inner in (scope, *file.inner.get(scope, ())):
                for access in inner.accesses:
                    if isinstance(access.node, cst.Name) and access.node.value == new:
                        if any(one.scope in (scope, *file.inner.get(scope, ())) for one in access.referents):
                            continue
                        return "means something outside"
        return None

    def _rename(self, file: File, assignment: BaseAssignment, name: str, new: str) -> None:
        place = token(assignment)
        if place is not None:
            file.source.rename(file.places[place], name, new)
        for access in uses(assignment):
            if isinstance(access.node, cst.Name) and access.node in file.places:
                file.source.rename(file.places[access.node], name, new)

    def _uses(self, file: File) -> None:
        attributes: dict[str, list[cst.Attribute]] = {}
        calls: dict[tuple[str, ...], list[cst.Call]] = {}
        for node in nodes(file.tree):
            if isinstance(node, cst.ImportFrom):
                self._import(file, node)
            elif isinstance(node, cst.Attribute):
                attributes.setdefault(node.attr.value, []).append(node)
            elif isinstance(node, cst.Call):
                keywords = tuple(one.keyword.value for one in node.args if one.keyword is not None)
                if keywords:
                    calls.setdefault(keywords, []).append(node)
            elif isinstance(node, cst.NameItem):
                new = file.visible.get(dotted(node.name))
                if new is not None:
                    file.source.rename(file.places[node.name], dotted(node.name), new)
        self._attributes(file, attributes)
        self._calls(file, calls)
        for node in nodes(file.tree):
            if isinstance(node, cst.Name):
                self._name(file, node)
            elif isinstance(node, cst.SimpleString):
                self._string(file, node)
            elif isinstance(node, cst.Comment):
                self._quoted(file, node, file.visible)

    def _attributes(self, file: File, found: dict[str, list[cst.Attribute]]) -> None:
        mentions: dict[str, list[tuple[int, int, Mention]]] = {}
        for one in self.index.members.get(file.source.path, ()):
            mentions.setdefault(one.name, []).append((one.line, one.column, one))
        for name, attributes in found.items():
            places = {node: (file.places[node].end.line, file.places[node].end.column) for node in attributes}
            known = file.source.matched(places.values(), mentions.get(name, ()))
            for node, place in places.items():
                if place in known:
                    self._attribute(file, node, known[place].meanings)

    def _calls(self, file: File, found: dict[tuple[str, ...], list[cst.Call]]) -> None:
        mentions: dict[tuple[str, ...], list[tuple[int, int, Mention]]] = {}
        for one in self.index.calls.get(file.source.path, ()):
            mentions.setdefault(one.keywords, []).append((one.line, one.column, one))
        for keywords, calls in found.items():
            places = {node: (file.places[node].start.line, file.places[node].start.column) for node in calls}
            known = file.source.matched(places.values(), mentions.get(keywords, ()))
            for node, place in places.items():
                self._call(file, node, known.get(place))

    def _name(self, file: File, node: cst.Name) -> None:
        """Rename a name by the scope that binds it, where the scopes of libcst overlook the use.

        They do for a name before its `:=`, and for one in the condition of a nested comprehension.
        """
        parent = file.parents.get(node)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            return
        spelled = cst.Param | cst.Arg | cst.FunctionDef | cst.ClassDef | cst.ImportAlias | cst.AsName
        if isinstance(parent, spelled) and node not in (
            getattr(parent, "value", None),
            getattr(parent, "default", None),
        ):
            return
        scope = file.scope_of.get(node)
        for one in (scope, *outwards(scope)) if scope is not None else ():
            if isinstance(one, ClassScope) and one is not scope:
                continue
            if node.value in own(one):
                new = file.visible if isinstance(one, GlobalScope) else file.local.get(one, {})
                if node.value in new:
                    file.source.rename(file.places[node], node.value, new[node.value])
                return

    def _import(self, file: File, node: cst.ImportFrom) -> None:
        module = dotted(node.module)
        scope = file.scope_of[node]
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            name = alias.evaluated_name
            bound = alias.evaluated_alias or name
            full = f"{module}.{name}"
            references = [
                access
                for one in scope[bound]
                if isinstance(one, ImportAssignment) and one.node is node
                for access in uses(one)
                if access.node in file.places
            ]
            if full in self.modules:
                for access in references:
                    self._through_module(file, access.node, full)
                    self._set_by_name(file, access.node, full)
            new = self.exported.get(full)
            if new is None:
                continue
            if alias.asname is None and any(one.name == new for one in scope.assignments) and new not in file.visible:
                line = file.places[node].start.line
                self.refused.append(f"{file.source.path}:{line}: import {name} → {new}: bound here already")
            file.source.rename(file.places[alias.name], name, new)
            if alias.asname is None:
                if isinstance(scope, GlobalScope):
                    file.visible[name] = new
                for access in references:
                    file.source.rename(file.places[access.node], name, new)

    def _through_module(self, file: File, node: cst.CSTNode, module: str) -> None:
        parent = file.parents.get(node)
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            return
        full = f"{module}.{parent.attr.value}"
        if full in self.modules:
            self._through_module(file, parent, full)
        elif full in self.exported:
            file.source.rename(file.places[parent.attr], parent.attr.value, self.exported[full])

    def _set_by_name(self, file: File, node: cst.CSTNode, module: str) -> None:
        """Rename the string in `monkeypatch.setattr(module, "NAME", …)`."""
        call = file.parents.get(file.parents.get(node))
        if isinstance(call, cst.Call) and dotted(call.func).endswith("setattr") and call.args[0].value is node:
            name = call.args[1].value
            if isinstance(name, cst.SimpleString):
                new = self.exported.get(f"{module}.{name.evaluated_value}")
                if new is not None:
                    file.source.rename(file.places[name], name.value, f'"{new}"')

    def _attribute(self, file: File, node: cst.Attribute, owners: Iterable[str]) -> None:
        new = {self.members.get(owner, node.attr.value) for owner in owners}
        if len(new) > 1:
            line = file.places[node].start.line
            self.refused.append(f"{file.source.path}:{line}: .{node.attr.value} means several: {sorted(owners)}")
        elif new and (name := new.pop()) != node.attr.value:
            file.source.rename(file.places[node.attr], node.attr.value, name)

    def _call(self, file: File, node: cst.Call, known: Mention | None) -> None:
        functions = set(known.meanings) if known else set()
        fields = known.fields if known else frozenset()
        if isinstance(node.func, cst.Name):
            for one in file.scope_of[node][node.func.value]:
                if isinstance(one, Assignment) and isinstance(one.node, cst.FunctionDef):
                    functions.add(".".join(filter(None, (file.module, qualified(one.scope), one.name))))
        for argument in node.args:
            if argument.keyword is None:
                continue
            name = argument.keyword.value
            found = {self.parameters[one][name] for one in functions if name in self.parameters.get(one, {})}
            found |= {self.members[one] for one in fields if one in self.members and one.endswith(f".{name}")}
            if len(found) > 1:
                line = file.places[node].start.line
                self.refused.append(f"{file.source.path}:{line}: {name}= may become {found}")
            elif found:
                file.source.rename(file.places[argument.keyword], name, found.pop())

    def _string(self, file: File, node: cst.SimpleString) -> None:
        parent = file.parents.get(node)
        if isinstance(parent, cst.Expr):
            known = dict(file.visible)
            scope = file.scope_of.get(parent) or file.root()
            for outer in reversed((scope, *outwards(scope))):
                known.update(file.local.get(outer, {}))
            around = file.parents.get(file.parents.get(file.parents.get(parent)))
            if isinstance(around, cst.FunctionDef | cst.ClassDef):
                for inner, found in file.local.items():
                    if getattr(inner, "node", None) is around:
                        known.update(found)
            self._quoted(file, node, known)
            return
        start, end = file.source.span(file.places[node])
        text = file.source.text[start:end]
        module, _, name = text.strip("\"'").rpartition(".")
        if f"{module}.{name}" in self.exported and module in self.modules:
            file.source.replace(start, end, text.replace(name, self.exported[f"{module}.{name}"]))
        elif file.is_annotation(node):
            new = WORD.sub(lambda found: file.visible.get(found[0], found[0]), text)
            if new != text:
                file.source.replace(start, end, new)

    def _quoted(self, file: File, node: cst.CSTNode, known: dict[str, str]) -> None:
        start, end = file.source.span(file.places[node])
        text = file.source.text[start:end]

        def renamed(found: re.Match[str]) -> str:
            first, *rest = found[1].split(".")
            return "`" + ".".join((known.get(first, first), *rest)) + "`"

        new = QUOTED.sub(renamed, text)
        if new != text:
            file.source.replace(start, end, new)


def rename(root: Path) -> None:
    """Rename everything that the table names, and report what was refused and which rows found nothing."""
    renaming = Renaming(root)
    renaming.run()
    for file in renaming.files:
        new = file.source.result()
        if new != file.source.text:
            (root / file.source.path).write_text(new, encoding="utf-8")
    for line in renaming.refused:
        sys.stderr.write(f"refused: {line}\n")
    for name in sorted(renaming.names.symbols.keys() - renaming.names.used):
        if not any(name in one.meanings for found in renaming.index.members.values() for one in found):
            sys.stderr.write(f"not found: {name}\n")
