"""What the gateway returns is built from the models that OpenAPI describes, not from dicts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services.gateway.api as api

HERE = Path(api.__file__).parent


def dict_responses(source: str) -> Iterator[int]:
    """Return the lines on which a response is made of a dict that is written there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("JSONResponse"):
            contents = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "content")]
            if any(isinstance(part, ast.Dict | ast.DictComp) for content in contents for part in ast.walk(content)):
                yield node.lineno


def test_no_handler_of_the_gateway_returns_json_of_a_dict() -> None:
    modules = sorted(HERE.rglob("*.py"))
    assert len(modules) > 50
    found = [f"{path.relative_to(HERE)}:{line}" for path in modules for line in dict_responses(path.read_text())]
    assert found == [], "build the subject's model and return it with `render_view`"
