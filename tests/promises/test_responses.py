"""What the gateway returns is built from the models that OpenAPI describes, not from dicts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services.gateway.api as api

HERE = Path(api.__file__).parent


def dict_responses(source: str) -> Iterator[int]:
    """Return the lines that name a response class which writes any dict as JSON."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("JSONResponse"):
            yield node.lineno


def test_no_handler_of_the_gateway_returns_json_of_a_dict() -> None:
    modules = sorted(HERE.rglob("*.py"))
    assert len(modules) > 50
    found = [f"{path.relative_to(HERE)}:{line}" for path in modules for line in dict_responses(path.read_text())]
    assert found == [], "build the subject's model and return it with `render_view`"
