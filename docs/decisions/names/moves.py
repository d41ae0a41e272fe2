"""First step: move the files with `git mv`, and mend every import and every path that names one."""

import builtins
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import libcst as cst
from edits import Source, nodes, parse
from libcst.metadata import CodeRange, ImportAssignment, PositionProvider, Scope, ScopeProvider
from tables import CLIENT, moved_modules, moves, sources, tracked

TEXTS = (".md", ".toml", ".yml", ".yaml", ".sh", ".cfg", ".ini", ".txt", "Makefile", "Dockerfile", ".ci/run", ".mako")


def move(root: Path) -> None:
    """Move every file that the table names and that exists, and mend what refers to it."""
    before = {path: (root / path).read_text(encoding="utf-8") for path in sources(root)}
    modules = moved_modules()
    words = text_names(modules)
    after = {path: imports_mended(Source(path, text), modules, words) for path, text in before.items()}
    for path in tracked(root):
        if path.endswith(TEXTS) and not path.startswith("docs/decisions/names/") and path != "CHANGELOG.md":
            text = (root / path).read_text(encoding="utf-8")
            new = words.sub(lambda found: words_of(modules)[found[0]], text)
            if new != text:
                (root / path).write_text(new, encoding="utf-8")
    goes = {old: new for old, new in moves().items() if (root / old).is_file()}
    for path, text in after.items():
        (root / path).write_text(text, encoding="utf-8")
    for old, new in goes.items():
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        git(root, "mv", old, new + ".moving")
    for new in goes.values():
        git(root, "mv", new + ".moving", new)
    packages(root)


def git(root: Path, *words: str) -> None:
    """Run one git command in the checkout."""
    subprocess.run(["git", *words], cwd=root, check=True)  # noqa: S603, S607


def packages(root: Path) -> None:
    """Write the missing `__init__.py` of new folders, and remove those that stand alone in a folder."""
    folders = {Path(path).parent for path in sources(root)}
    wanted = {folder for one in folders for folder in (one, *one.parents) if str(folder) != "."}
    for folder in sorted(wanted):
        init = root / folder / "__init__.py"
        if (
            not init.exists()
            and f"{folder}/" != CLIENT
            and str(folder) != "clients"
            and folder.parts[0] != "migrations"
        ):
            init.touch()
            git(root, "add", str(folder / "__init__.py"))
    for folder in sorted(wanted, reverse=True):
        left = [one for one in (root / folder).iterdir() if one.name != "__pycache__"]
        if [one.name for one in left] == ["__init__.py"] and not left[0].read_text(encoding="utf-8").strip():
            git(root, "rm", "-q", "-f", str(folder / "__init__.py"))


def words_of(modules: Mapping[str, str]) -> dict[str, str]:
    """Return what every dotted name and every path becomes."""
    paths = dict(moves())
    return {
        **modules,
        **paths,
        **{
            old.removesuffix("/__init__.py"): new.removesuffix("/__init__.py")
            for old, new in paths.items()
            if old.endswith("/__init__.py")
        },
    }


def text_names(modules: Mapping[str, str]) -> re.Pattern[str]:
    """Return a pattern that finds, in any text, a dotted module name or a path that the tables move."""
    names = sorted(words_of(modules), key=len, reverse=True)
    return re.compile(r"(?<![\w./-])(?:" + "|".join(map(re.escape, names)) + r")(?![\w/])")


def imports_mended(source: Source, modules: Mapping[str, str], words: re.Pattern[str]) -> str:
    """Return the text of a file with its imports, and what they bind, following the moved modules."""
    wrapper = parse(source.text)
    places = wrapper.resolve(PositionProvider)
    scopes = wrapper.resolve(ScopeProvider)
    names = words_of(modules)
    found = list(nodes(wrapper.module))
    planned = planned_names((node for node in found if isinstance(node, cst.ImportFrom)), modules)
    for node in found:
        if isinstance(node, cst.ImportFrom):
            scope = scopes[node]
            assert scope is not None
            mend_import(node, scope, modules, planned, source, places)
        elif isinstance(node, cst.SimpleString | cst.FormattedStringText | cst.Comment):
            start, end = source.span(places[node])
            text = source.text[start:end]
            new = words.sub(lambda found: names[found[0]], text)
            if new != text:
                source.replace(start, end, new)
    return source.result()


def planned_names(imports: Iterable[cst.ImportFrom], modules: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the moved modules that a file imports, by the last part of their new names."""
    planned: dict[str, set[str]] = {}
    for node in imports:
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                new = modules.get(f"{dotted(node.module)}.{alias.evaluated_name}")
                if new is not None and alias.asname is None:
                    planned.setdefault(new.rpartition(".")[2], set()).add(new)
    return planned


def mend_import(
    node: cst.ImportFrom,
    scope: Scope,
    modules: Mapping[str, str],
    planned: Mapping[str, set[str]],
    source: Source,
    places: Mapping[cst.CSTNode, CodeRange],
) -> None:
    """Collect the edits of one from-import and of the names that it binds."""
    module = dotted(node.module)
    if isinstance(node.names, cst.ImportStar):
        return
    groups: dict[str, list[str]] = {}
    for alias in node.names:
        name = alias.evaluated_name
        full = f"{module}.{name}"
        if full in modules:
            new_module, _, new_name = modules[full].rpartition(".")
        else:
            new_module, new_name = modules.get(module, module), name
        bound = alias.evaluated_alias or name
        if bound == name != new_name:
            bound = bound_name(name, modules[full], scope, node, planned)
            for assignment in scope[name]:
                if isinstance(assignment, ImportAssignment) and assignment.node is node:
                    for access in assignment.references:
                        if access.node in places:
                            source.rename(places[access.node], name, bound)
        groups.setdefault(new_module, []).append(new_name if bound == new_name else f"{new_name} as {bound}")
    if list(groups) == [module] and all(" as " not in one or one in source.text for one in groups[module]):
        names = [
            f"{one.evaluated_name} as {one.evaluated_alias}" if one.evaluated_alias else one.evaluated_name
            for one in node.names
        ]
        if names == groups[module]:
            return
    indent = "\n" + " " * places[node].start.column
    lines = [f"from {one} import {', '.join(names)}" for one, names in groups.items()]
    source.replace(*source.span(places[node]), indent.join(lines))


def dotted(node: cst.BaseExpression | None) -> str:
    """Return a dotted name as text."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def bound_name(old: str, module: str, scope: Scope, node: cst.ImportFrom, planned: Mapping[str, set[str]]) -> str:
    """Return the name that an import binds: the module's own, with its package or layer before it if that is taken."""
    name = module.rpartition(".")[2]
    package = module.split(".")[-2]
    others = planned[name] - {module}
    if others and all(other.split(".")[-2] != package for other in others):
        return f"{package}_{name}"
    taken = bool(others) or hasattr(builtins, name)
    taken |= any(getattr(one, "node", None) is not node for one in scope[name]) if name in own(scope) else False
    for assignment in scope[old]:
        for access in assignment.references:
            inner = access.scope
            while inner is not scope and inner is not inner.parent:
                taken |= name in own(inner)
                inner = inner.parent
    return f"{layer_of(module)}_{name}" if taken else name


def own(scope: Scope) -> set[str]:
    """Return the names that a scope binds itself."""
    return {assignment.name for assignment in scope.assignments}


def layer_of(module: str) -> str:
    """Return the word that tells two modules of one name apart: the layer of a service, or the root."""
    parts = module.split(".")
    return parts[2] if parts[0] == "services" and len(parts) > 3 else parts[-2]
