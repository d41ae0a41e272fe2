"""Describes problem codes from the catalogue, with the addresses of one hub."""

from services.gateway.api.problems.models import (
    ProblemDescription,
    ProblemFaultCode,
    ProblemStep,
    ProblemSummaries,
    ProblemSummary,
)
from shared.contracts.faults import FAULT_CODES
from shared.contracts.problems.catalogue import PROBLEM_CODES, PROBLEM_GROUPS, STATUS_TITLES
from shared.contracts.problems.problem_code import ProblemCode
from shared.problem_responses import problem_example, problem_type


def describe_problem(code: str, public_url: str) -> ProblemDescription:
    """Return the description of a code of the catalogue."""
    entry = PROBLEM_CODES[code]
    return ProblemDescription(
        code=code,
        type=problem_type(code, public_url),
        title=STATUS_TITLES[entry.status],
        status=entry.status,
        meaning=entry.meaning,
        causes=entry.causes,
        steps=tuple(ProblemStep(by=step.responsible, action=step.action) for step in entry.steps),
        errors=tuple(
            ProblemFaultCode(code=fault_code, meaning=_fault_meaning(fault_code))
            for fault_code in list_fault_codes(code, entry)
        ),
        example=problem_example(code, public_url),
    )


def list_problems(public_url: str) -> ProblemSummaries:
    """Return all codes of the catalogue, in the order of its groups."""
    return ProblemSummaries(
        data=tuple(
            ProblemSummary(
                code=code,
                type=problem_type(code, public_url),
                title=STATUS_TITLES[PROBLEM_CODES[code].status],
                status=PROBLEM_CODES[code].status,
                meaning=PROBLEM_CODES[code].meaning,
            )
            for codes in PROBLEM_GROUPS.values()
            for code in codes
        ),
        next_cursor=None,
    )


def list_fault_codes(code: str, entry: ProblemCode) -> tuple[str, ...]:
    """Return the codes that a place in `errors` of a problem may have: its own code first, where a place has it."""
    own = (code,) if any(fault.code in {"", code} for fault in entry.example_faults) else ()
    return tuple(dict.fromkeys((*own, *entry.fault_codes)))


def _fault_meaning(code: str) -> str:
    return FAULT_CODES[code] if code in FAULT_CODES else PROBLEM_CODES[code].meaning
