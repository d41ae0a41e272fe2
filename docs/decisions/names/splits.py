"""Third step: move definitions to the modules of their subjects, and mend every import of them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst
from edits import nodes
from libcst.metadata import Assignment, BaseAssignment, ImportAssignment, Scope
from moves import dotted, git, layer_of, own, packages
from source_file import WORD, File, outwards
from tables import module_of, moved_modules, path_of, rows, sources


@dataclass
class Block:
    """A definition that moves: its lines, and the imports it needs where it goes."""

    name: str
    start: int
    end: int
    target: str
    imports: set[str] = field(default_factory=set)


def plan() -> dict[str, dict[str, str]]:
    """Return, by module and name as both are now, the module to which a definition goes."""
    moved = moved_modules()
    names = {(row["module"], row["name"]): row["new"] for row in rows("symbols.csv")}
    goes: dict[str, dict[str, str]] = {}
    for row in rows("splits.csv"):
        module = module_of(row["today"])
        name = names.get((module, row["definition"]), row["definition"])
        goes.setdefault(moved.get(module, module), {})[name] = module_of(row["tomorrow"])
    return goes


class Splitting:
    """The moves of definitions in a whole checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.goes = plan()
        self.files = {
            (file := File(path, (root / path).read_text(encoding="utf-8"))).module: file for path in sources(root)
        }
        self.blocks = {
            module: self._blocks(self.files[module], names)
            for module, names in self.goes.items()
            if module in self.files
        }
        self.added: dict[str, set[str]] = {}
        """Import lines to add, by module."""
        self.pasted: dict[str, list[str]] = {}
        """The definitions that arrive, by module."""
        self.bound: dict[str, set[str]] = {}
        """Names that new imports bind, by module."""

    def _blocks(self, file: File, names: dict[str, str]) -> list[Block]:
        blocks = []
        body = list(file.tree.body)
        for at, node in enumerate(body):
            name = defined(node)
            if name in names:
                start = file.places[node].start.line
                if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
                    start = file.places[node.decorators[0]].start.line
                start -= sum(1 for line in reversed_comments(node))
                last = node
                if (
                    at + 1 < len(body)
                    and is_text(body[at + 1])
                    and not isinstance(node, cst.FunctionDef | cst.ClassDef)
                ):
                    last = body[at + 1]
                end = file.places[last].end.line
                end += 0 if file.places[last].end.column else -1
                blocks.append(
                    Block(name or "", file.source.starts[start - 1], file.source.starts[end], names[name or ""])
                )
        for name in names.keys() - {block.name for block in blocks}:
            sys.stderr.write(f"not found: {file.module}.{name}\n")
        return blocks

    def run(self) -> None:
        """Collect all edits and write the files."""
        for module, file in self.files.items():
            for node in nodes(file.tree):
                if isinstance(node, cst.ImportFrom):
                    self._import(module, file, node)
        for module, blocks in self.blocks.items():
            self._needs(self.files[module], blocks)
        for module, blocks in self.blocks.items():
            source = self.files[module].source
            for block in blocks:
                self.pasted.setdefault(block.target, []).append(source.cut(block.start, block.end))
                self.added.setdefault(block.target, set()).update(block.imports)
        self._write()

    def _owner(self, module: str, place: int) -> str:
        """Return the module in which the code at an offset of a file will be."""
        for block in self.blocks.get(module, ()):
            if block.start <= place < block.end:
                return block.target
        return module

    def _import(self, module: str, file: File, node: cst.ImportFrom) -> None:
        """Correct one import of names that moved, or of a module that gives access to them."""
        if isinstance(node.names, cst.ImportStar):
            return
        origin = dotted(node.module)
        scope = file.scope_of[node]
        groups: dict[str, list[str]] = {}
        for alias in node.names:
            name, bound = alias.evaluated_name, alias.evaluated_alias or alias.evaluated_name
            target = self.goes.get(origin, {}).get(name, origin)
            text = name if bound == name else f"{name} as {bound}"
            if target != module:
                groups.setdefault(target, []).append(text)
            if f"{origin}.{name}" in self.goes:
                self._through(module, file, node, scope, bound, f"{origin}.{name}")
        if list(groups) != [origin]:
            start, end = file.source.span(file.places[node])
            indent = "\n" + " " * file.places[node].start.column
            lines = [f"from {one} import {', '.join(names)}" for one, names in groups.items()]
            file.source.replace(start, end, indent.join(lines) or "pass")

    def _through(self, module: str, file: File, node: cst.ImportFrom, scope: Scope, bound: str, split: str) -> None:
        """Correct `module.name` if the name has left that module."""
        chosen: dict[str, str] = {}
        lines: list[str] = []
        for assignment in scope[bound]:
            if not isinstance(assignment, ImportAssignment) or assignment.node is not node:
                continue
            for access in assignment.references:
                parent = file.parents.get(access.node)
                name = used_name(file, access.node)
                target = self.goes[split].get(name) if name else None
                if target is None:
                    continue
                if not isinstance(parent, cst.Attribute):
                    place = file.source.span(file.places[access.node])
                    file.source.replace(*place, self._import_of(file, scope, assignment, target, chosen, lines))
                    continue
                start, end = file.source.span(file.places[parent])
                owner = self._owner(module, start)
                if owner == target:
                    file.source.replace(start, end, parent.attr.value)
                    continue
                self._import_of(file, scope, assignment, target, chosen, lines)
                if owner != module:
                    next(one for one in self.blocks[module] if one.start <= start < one.end).imports.add(
                        import_line(target, chosen[target])
                    )
                file.source.replace(start, end, f"{chosen[target]}.{name}")
        if lines:
            start, _ = file.source.span(file.places[node])
            indent = "\n" + " " * file.places[node].start.column
            file.source.insert(start, indent.join([*lines, ""]))

    def _import_of(
        self,
        file: File,
        scope: Scope,
        assignment: BaseAssignment,
        target: str,
        chosen: dict[str, str],
        lines: list[str],
    ) -> str:
        """Return the name by which a file calls a module, with its import line added where it is new."""
        if target not in chosen:
            chosen[target] = self._bound(file, scope, assignment, target)
            lines.append(import_line(target, chosen[target]))
        return chosen[target]

    def _bound(self, file: File, scope: Scope, assignment: BaseAssignment, target: str) -> str:
        """Return the name by which a file may call a module: one that it has already, or one that is free."""
        package, _, name = target.rpartition(".")
        for known in file.scopes:
            for one in known.assignments:
                if isinstance(one, ImportAssignment) and isinstance(one.node, cst.ImportFrom) and known is scope:
                    for alias in one.node.names if not isinstance(one.node.names, cst.ImportStar) else ():
                        bound = alias.evaluated_alias or alias.evaluated_name
                        if bound == one.name and dotted(one.node.module) == package and alias.evaluated_name == name:
                            return bound
        taken = name in own(scope)
        for access in assignment.references:
            for inner in (access.scope, *outwards(access.scope)):
                if inner is scope:
                    break
                taken |= name in own(inner)
        if not taken:
            return name
        bound = own(scope) | self.bound.setdefault(file.module, set())
        chosen = next(
            one for one in (f"{layer_of(target)}_{name}", f"{target.split('.')[-2]}_{name}") if one not in bound
        )
        self.bound[file.module].add(chosen)
        return chosen

    def _needs(self, file: File, blocks: list[Block]) -> None:
        """Compute which imports the moved and the remaining code need."""
        root = file.root()
        for assignment in root.assignments:
            places = [
                file.source.span(file.places[access.node])[0]
                for access in assignment.references
                if access.node in file.places
            ]
            places += [place for place, word in quoted_words(file) if word == assignment.name]
            home = self.goes[file.module].get(assignment.name, file.module)
            for place in places:
                owner = self._owner(file.module, place)
                line = None
                if isinstance(assignment, ImportAssignment) and isinstance(assignment.node, cst.ImportFrom):
                    line = self._import_line(assignment.node, assignment.name, owner) if owner != file.module else None
                elif isinstance(assignment, ImportAssignment):
                    line = file.tree.code_for_node(assignment.node) if owner != file.module else None
                elif isinstance(assignment, Assignment) and owner != home:
                    line = f"from {home} import {assignment.name}"
                if line is None:
                    continue
                if owner == file.module:
                    self.added.setdefault(file.module, set()).add(line)
                else:
                    next(one for one in blocks if one.start <= place < one.end).imports.add(line)

    def _import_line(self, node: cst.ImportFrom, bound: str, owner: str) -> str | None:
        assert not isinstance(node.names, cst.ImportStar)
        origin = dotted(node.module)
        for alias in node.names:
            if (alias.evaluated_alias or alias.evaluated_name) == bound:
                name = alias.evaluated_name
                target = self.goes.get(origin, {}).get(name, origin)
                if target == owner:
                    return None
                return f"from {target} import {name}" + (f" as {bound}" if bound != name else "")
        return None

    def _write(self) -> None:
        texts = {row["path"]: row["docstring"] for row in rows("new_modules.csv")}
        for module, file in self.files.items():
            text = file.source.result()
            text = with_imports(text, self.added.pop(module, set()))
            text = with_definitions(text, in_order(self.pasted.pop(module, [])))
            if module in self.goes and not has_definitions(text):
                git(self.root, "rm", "-q", "-f", file.source.path)
            elif text != file.source.text:
                (self.root / file.source.path).write_text(text, encoding="utf-8")
        for module, blocks in self.pasted.items():
            path = path_of(module, self.root)
            head = f'"""{texts[path]}"""\n'
            text = with_imports(head, self.added.pop(module, set()))
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(with_definitions(text, in_order(blocks)), encoding="utf-8")
            git(self.root, "add", path)
        packages(self.root)


def import_line(module: str, bound: str) -> str:
    """Return the statement that imports a module under a name."""
    package, _, name = module.rpartition(".")
    return f"from {package} import {name}" + ("" if bound == name else f" as {bound}")


def used_name(file: File, node: cst.CSTNode) -> str | None:
    """Return which name of a module is used, as `module.name` or in `monkeypatch.setattr(module, "name", …)`."""
    parent = file.parents.get(node)
    if isinstance(parent, cst.Attribute) and parent.value is node:
        return parent.attr.value
    call = file.parents.get(parent)
    if isinstance(call, cst.Call) and dotted(call.func).endswith("setattr") and len(call.args) > 1:
        name = call.args[1].value
        return str(name.evaluated_value) if isinstance(name, cst.SimpleString) else None
    return None


def defined(node: cst.CSTNode) -> str | None:
    """Return the name that a statement of a module defines."""
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        return node.name.value
    if isinstance(node, cst.SimpleStatementLine):
        first = node.body[0]
        if isinstance(first, cst.Assign) and isinstance(first.targets[0].target, cst.Name):
            return first.targets[0].target.value
        if isinstance(first, cst.AnnAssign) and isinstance(first.target, cst.Name):
            return first.target.value
    return None


def reversed_comments(node: cst.CSTNode) -> Iterator[cst.EmptyLine]:
    """Return the comment lines right above a statement, nearest first."""
    for line in reversed(getattr(node, "leading_lines", ())):
        if line.comment is None:
            return
        yield line


def is_text(node: cst.CSTNode) -> bool:
    """Return whether a statement is a text alone: the description of the assignment above it."""
    return (
        isinstance(node, cst.SimpleStatementLine)
        and isinstance(node.body[0], cst.Expr)
        and isinstance(node.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def quoted_words(file: File) -> Iterator[tuple[int, str]]:
    """Return the words of annotations that are written as strings, with their offsets."""
    for node in nodes(file.tree):
        if isinstance(node, cst.SimpleString) and file.is_annotation(node):
            start, end = file.source.span(file.places[node])
            for found in WORD.finditer(file.source.text[start:end]):
                yield start + found.start(), found[0]


def with_imports(text: str, lines: set[str]) -> str:
    """Return a module with import lines after its docstring."""
    if not lines:
        return text
    body = cst.parse_module(text).body
    wrapper = cst.metadata.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    places = wrapper.resolve(cst.metadata.PositionProvider)
    at = places[wrapper.module.body[0]].end.line if body and is_text(body[0]) else 0
    rows_ = text.splitlines(keepends=True)
    return "".join([*rows_[:at], "\n", *(f"{line}\n" for line in sorted(lines)), *rows_[at:]])


def in_order(blocks: list[str]) -> list[str]:
    """Return definitions in an order in which Python can run them; as they came, where it does not matter."""
    waiting = [(block, cst.parse_module(block).body[0]) for block in blocks]
    done: list[str] = []
    while waiting:
        names = {defined(node) for _, node in waiting}
        ready = next((one for one in waiting if not (used_at_import(one[1]) & (names - {defined(one[1])}))), waiting[0])
        waiting.remove(ready)
        done.append(ready[0])
    return done


def used_at_import(node: cst.CSTNode) -> set[str]:
    """Return the names that a definition uses when its module is imported: all but those in bodies of functions."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, cst.Name):
            found.add(one.value)
        waiting.extend(part for part in one.children if not (isinstance(one, cst.FunctionDef) and part is one.body))
    return found


def with_definitions(text: str, blocks: list[str]) -> str:
    """Return a module with more definitions: classes and values before its own ones, functions after them."""
    first, last = [], []
    for block in blocks:
        (last if isinstance(cst.parse_module(block).body[0], cst.FunctionDef) else first).append(block.rstrip() + "\n")
    arriving = {defined(cst.parse_module(block).body[0]) for block in first}
    module = cst.parse_module(text)
    wrapper = cst.metadata.MetadataWrapper(module, unsafe_skip_copy=True)
    places = wrapper.resolve(cst.metadata.PositionProvider)
    at = len(text.splitlines())
    for node in module.body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef) or used_at_import(node) & arriving:
            decorators = node.decorators if isinstance(node, cst.FunctionDef | cst.ClassDef) else ()
            start = places[decorators[0]] if decorators else places[node]
            at = start.start.line - 1 - sum(1 for _ in reversed_comments(node))
            break
    if at == len(text.splitlines()):
        return "\n\n".join([text, *(block.rstrip() + "\n" for block in blocks)])
    lines = text.splitlines(keepends=True)
    return "\n\n".join(["".join(lines[:at]), *first, "".join(lines[at:]), *last])


def has_definitions(text: str) -> bool:
    """Return whether a module holds more than its docstring and imports."""
    for node in cst.parse_module(text).body:
        if isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Import | cst.ImportFrom):
            continue
        if not is_text(node):
            return True
    return False


def split(root: Path) -> None:
    """Move the definitions that the table names. Run the linter's import fixes afterwards."""
    Splitting(root).run()
