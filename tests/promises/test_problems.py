"""Every refusal's code stands in the one table of codes, which gives its status and its meaning."""

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.contracts.problems import PROBLEM_CODES

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"Conflict", "Invalid", "NotAllowed", "ProblemError", "Unavailable"}


def _codes() -> Iterator[tuple[str, str]]:
    """Answer every code that is written down where something is refused, and the file."""
    for folder in ("services", "shared", "clients"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                given = node.args[1:2] if name == "problem_response" else node.args[:1] if name in REFUSALS else []
                for value in given:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value, str(file.relative_to(ROOT))


def test_every_code_is_in_the_table() -> None:
    used = dict(_codes())
    assert len(used) > 50
    missing = {code: file for code, file in used.items() if code not in PROBLEM_CODES}
    assert not missing, f"add these to shared/contracts/problems.py, each with its status and a sentence: {missing}"


def test_every_code_has_a_status_of_refusal_and_a_sentence() -> None:
    for code, (status, sentence) in PROBLEM_CODES.items():
        assert code == code.lower() and " " not in code
        assert 400 <= status < 600
        assert sentence.endswith(".") and len(sentence) > 15
