"""Each problem code is in the one table of codes, with its status and its meaning."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic_core._pydantic_core import list_all_errors

from shared.contracts.faults import FAULT_CODES
from shared.contracts.problems import PROBLEM_CODES, STATUS_TITLES

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"Conflict", "Invalid", "NotAllowed", "ProblemError", "Unavailable"}


CODE_ARGUMENTS = dict.fromkeys(REFUSALS, 0) | {"problem_response": 1}
"""The place of the code among the arguments of what refuses a request."""
FAULT_CODE_ARGUMENTS = {"Fault": 1, "_invalid": 1, "PydanticCustomError": 0}
"""The place of the code among the arguments of what names one place at fault."""


def _codes(code_arguments: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Return every code that is written down in a call of these names, and the file."""
    for folder in ("services", "shared", "clients"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                place = code_arguments.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
                for value in () if place is None else node.args[place : place + 1]:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value, str(file.relative_to(ROOT))


def test_problem_code_in_the_code_is_in_the_table() -> None:
    used = dict(_codes(CODE_ARGUMENTS))
    assert len(used) > 50
    missing = {code: file for code, file in used.items() if code not in PROBLEM_CODES}
    assert not missing, f"add these to shared/contracts/problems.py, each with its status and a sentence: {missing}"


def test_problem_code_of_the_table_has_a_status_and_a_sentence() -> None:
    for code, (status, sentence) in PROBLEM_CODES.items():
        assert code == code.lower() and " " not in code
        assert 400 <= status < 600
        assert sentence.endswith(".") and len(sentence) > 15


def test_fault_code_in_the_code_is_in_a_catalogue() -> None:
    used = {code.replace("_", "-"): file for code, file in _codes(FAULT_CODE_ARGUMENTS)}
    assert len(used) > 40
    missing = {code: file for code, file in used.items() if code not in FAULT_CODES and code not in PROBLEM_CODES}
    assert not missing, f"add these to shared/contracts/faults.py, each with a sentence: {missing}"


def test_fault_codes_are_kebab_case_and_no_problem_codes_of_other_meaning() -> None:
    for code, sentence in FAULT_CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert sentence.endswith(".") and len(sentence) > 15


def test_fault_codes_of_the_hub_are_not_types_of_pydantic() -> None:
    own = {code for code, _ in _codes({"PydanticCustomError": 0})}
    assert own and own.isdisjoint(error["type"] for error in list_all_errors())


def test_problem_title_of_each_status_is_the_phrase_of_rfc_9110() -> None:
    assert {status: STATUS_TITLES[status] for status in (400, 401, 403, 404, 405, 408, 409, 412)} == {
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed",
    }  # fmt: skip
    assert {status: STATUS_TITLES[status] for status in (413, 415, 422, 428, 429, 431, 500, 503)} == {
        413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content",
        428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
        500: "Internal Server Error", 503: "Service Unavailable",
    }  # fmt: skip
    assert {status for status, _ in PROBLEM_CODES.values()} <= STATUS_TITLES.keys()
