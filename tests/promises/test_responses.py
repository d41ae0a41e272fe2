"""The gateway and permits build responses from the models that OpenAPI describes, not from dicts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services.gateway.api as api
import services.permits.actions as permits_actions

HERE = Path(api.__file__).parent
PERMITS_ACTIONS = Path(permits_actions.__file__).parent


def dict_responses(source: str) -> Iterator[int]:
    """Return the lines that name a response class which writes any dict as JSON."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("JSONResponse"):
            yield node.lineno


def test_handler_of_the_gateway_returns_no_json_of_a_dict() -> None:
    modules = sorted(HERE.rglob("*.py"))
    assert len(modules) > 50
    found = [f"{path.relative_to(HERE)}:{line}" for path in modules for line in dict_responses(path.read_text())]
    assert found == [], "build the subject's model and return it with `render_view`"


def dict_results(source: str) -> Iterator[str]:
    """Return the names of the public functions that return a dict of fields, or JSON that is made of one."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            returned = "" if node.returns is None else ast.unparse(node.returns)
            writes_json = any(
                isinstance(part, ast.Call) and ast.unparse(part.func) == "json.dumps" for part in ast.walk(node)
            )
            names_fields = any(name in returned for name in ("dict[str, Any]", "dict[str, object]"))
            if writes_json or (names_fields and not node.name.startswith("_")):
                yield node.name


def test_action_of_permits_returns_no_dict_of_fields() -> None:
    modules = sorted(PERMITS_ACTIONS.rglob("*.py"))
    assert len(modules) > 30
    found = {
        f"{path.relative_to(PERMITS_ACTIONS)}:{name}" for path in modules for name in dict_results(path.read_text())
    }
    assert found == set(), "build the subject's model of `shared.contracts.views`"
