"""The names of logged events are plain, and no call writes an error in a form that may contain request data."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVELS = {"debug", "info", "warning", "error", "critical"}
EVENT_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
OUTCOMES = (
    "completed|created|disconnected|ended|failed|found|ignored|interrupted|lost|rechecked|refused|resolved|started"
    "|timed_out|unavailable|unverified|waiting"
)
"""The words that end the name of an event: what became of its subject."""
LINE_FIELDS = {"timestamp", "level", "service", "event", "request_id", "logger", "traceback"}
"""Fields that the writer of lines fills itself."""


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Return every call of a logger's method, and where it is."""
    for folder in ("services", "shared"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                    made = node.func.value
                    if isinstance(made, ast.Call) and getattr(made.func, "id", "") == "logger":
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_event_names_say_what_became_of_a_subject() -> None:
    names = {place: node.args[0] for place, node in _log_calls()}
    assert len(names) > 25
    for place, name in names.items():
        assert isinstance(name, ast.Constant) and isinstance(name.value, str), place
        assert EVENT_NAME.fullmatch(name.value), f"{place}: {name.value}"
        assert re.search(f"(^|[._])({OUTCOMES})$", name.value), f"{place}: {name.value}"


def test_log_calls_pass_errors_themselves_and_no_field_of_the_line() -> None:
    for place, node in _log_calls():
        for field in node.keywords:
            text = ast.unparse(field.value)
            assert "repr(" not in text, f"{place}: pass the error itself, which is written without what was sent"
            assert field.arg not in LINE_FIELDS, f"{place}: {field.arg} is written by the log itself"


def test_events_that_want_attention_are_logged() -> None:
    logged = {ast.literal_eval(node.args[0]) for _, node in _log_calls()}
    table = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8").partition("## Events that want attention")[2]
    documented = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", table))
    assert len(documented) > 10
    assert documented <= logged
