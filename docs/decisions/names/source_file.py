"""One source file: its tree, its scopes, and which binding a name means."""

import re
from collections.abc import Iterator
from typing import Any

import libcst as cst
from edits import Source, parse
from libcst.metadata import (
    Access,
    BaseAssignment,
    ClassScope,
    FunctionScope,
    GlobalScope,
    ParentNodeProvider,
    PositionProvider,
    Scope,
    ScopeProvider,
)
from moves import dotted, own
from tables import module_of

GENERIC = frozenset("Annotated Awaitable Callable Iterator dict frozenset list set tuple type".split())
WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


class File:
    """One file with its tree, its scopes and what was found about them."""

    def __init__(self, path: str, text: str) -> None:
        self.source = Source(path, text)
        self.module = module_of(path)
        wrapper = parse(text)
        self.tree = wrapper.module
        self.places: Any = wrapper.resolve(PositionProvider)
        self.parents: Any = wrapper.resolve(ParentNodeProvider)
        self.scope_of: Any = wrapper.resolve(ScopeProvider)
        self.scopes = list(dict.fromkeys(scope for scope in self.scope_of.values() if scope is not None))
        self.inner: dict[Scope, list[Scope]] = {}
        for scope in self.scopes:
            for outer in outwards(scope):
                self.inner.setdefault(outer, []).append(scope)
        self.visible: dict[str, str] = {}
        """Names of the module's own scope that get another one, imported ones too."""
        self.local: dict[Scope, dict[str, str]] = {}

    def root(self) -> Scope:
        """Return the module's own scope."""
        return next(scope for scope in self.scopes if isinstance(scope, GlobalScope))

    def is_annotation(self, node: cst.CSTNode) -> bool:
        """Return whether a string is a type, or a part of one."""
        parent = self.parents.get(node)
        while parent is not None and not isinstance(parent, cst.BaseCompoundStatement):
            if isinstance(parent, cst.Annotation):
                return True
            if isinstance(parent, cst.Subscript):
                return dotted(parent.value) in GENERIC
            if isinstance(parent, cst.Call):
                return dotted(parent.func) in {"cast", "TypeVar"}
            if isinstance(parent, cst.Assign):
                return dotted(parent.targets[0].target) == "__all__"
            parent = self.parents.get(parent)
        return False


def outwards(scope: Scope) -> Iterator[Scope]:
    """Return the scopes around one, nearest first."""
    while scope is not scope.parent and not isinstance(scope, GlobalScope):
        scope = scope.parent
        yield scope


def qualified(scope: Scope) -> str:
    """Return the qualified name of a function's or class's scope in its module, empty for the module itself."""
    names = []
    for one in (scope, *outwards(scope)):
        if isinstance(one, FunctionScope | ClassScope) and one.name:
            names.append(one.name)
    return ".".join(reversed(names))


def uses(assignment: BaseAssignment) -> Iterator[Access]:
    """Return the uses of a name where it is bound, without those that a nearer binding of the same name takes.

    The scopes of libcst give `x |= y` in a function to an `x` of the module as well.
    """
    for access in assignment.references:
        if not bound_between(assignment.scope, access.scope, assignment.name):
            yield access


def bound_between(outer: Scope, inner: Scope, name: str) -> bool:
    """Return whether a scope below `outer`, down to `inner`, binds a name that code in `inner` sees."""
    for scope in (inner, *outwards(inner)):
        if scope is outer:
            return False
        if (scope is inner or not isinstance(scope, ClassScope)) and name in own(scope):
            return True
    return False


def token(assignment: BaseAssignment) -> cst.CSTNode | None:
    """Return the node that spells the name where it is bound."""
    node = getattr(assignment, "node", None)
    if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Param):
        return node.name
    return node if isinstance(node, cst.Name) else None
