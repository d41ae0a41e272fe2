"""Each problem code is in the one table of codes, with its status and its meaning."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic_core._pydantic_core import list_all_errors

from shared.contracts.faults import FAULT_CODES
from shared.contracts.problems.catalogue import PROBLEM_CODES, PROBLEM_GROUPS, STATUS_TITLES
from tests.prose.passages import Kind, Passage
from tests.prose.rules import faults as prose_faults

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "shared" / "contracts" / "problems"
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
    assert not missing, f"add these to shared/contracts/problems, each with all parts of an entry: {missing}"


@pytest.fixture(params=PROBLEM_CODES)
def code(request: pytest.FixtureRequest) -> str:
    """Return each code of the catalogue."""
    found: str = request.param
    return found


def test_problem_code_has_an_entry_with_all_parts(code: str) -> None:
    entry = PROBLEM_CODES[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert 400 <= entry.status < 600
    assert entry.causes and entry.steps
    for text in (entry.meaning, *entry.causes, *(step.action for step in entry.steps), entry.example):
        assert text.endswith((".", "…")) and len(text) > 15, text


def test_problem_code_names_only_fault_codes_of_the_catalogues(code: str) -> None:
    entry = PROBLEM_CODES[code]
    named = {*entry.fault_codes, *(fault.code for fault in entry.example_faults)} - {""}
    assert named <= FAULT_CODES.keys() | PROBLEM_CODES.keys()
    assert {fault.code for fault in entry.example_faults} - {""} <= {code, *entry.fault_codes}


def test_problem_code_is_in_one_group_of_the_list() -> None:
    grouped = [code for codes in PROBLEM_GROUPS.values() for code in codes]
    assert sorted(grouped) == sorted(PROBLEM_CODES)


def test_problem_texts_are_plain_prose(code: str) -> None:
    entry = PROBLEM_CODES[code]
    texts = (entry.meaning, *entry.causes, *(step.action for step in entry.steps), entry.example)
    faults = [
        (text, fault)
        for text in texts
        for fault in prose_faults(Passage(path=CATALOGUE, line=1, kind=Kind.MESSAGE, text=text))
    ]
    assert not faults


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
    assert {entry.status for entry in PROBLEM_CODES.values()} <= STATUS_TITLES.keys()
