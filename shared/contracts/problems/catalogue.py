"""The catalogue of problem codes. The statuses, OpenAPI, the reference page and the pages of the hub come from it.

A new kind of refusal adds its code to the module of its group. A published code keeps its meaning.
"""

from http import HTTPStatus

from shared.contracts.problems.caller import CALLER_PROBLEMS
from shared.contracts.problems.content import CONTENT_PROBLEMS
from shared.contracts.problems.declaration_state import DECLARATION_STATE_PROBLEMS
from shared.contracts.problems.endpoint_state import ENDPOINT_STATE_PROBLEMS
from shared.contracts.problems.party_state import PARTY_STATE_PROBLEMS
from shared.contracts.problems.permit import PERMIT_PROBLEMS
from shared.contracts.problems.permit_state import PERMIT_STATE_PROBLEMS
from shared.contracts.problems.problem_code import ProblemCode
from shared.contracts.problems.request import REQUEST_PROBLEMS
from shared.contracts.problems.server import SERVER_PROBLEMS
from shared.contracts.problems.state import STATE_PROBLEMS

STATUS_TITLES: dict[int, str] = {
    **{status.value: status.phrase for status in HTTPStatus if status >= 400},
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""The title of a problem: the phrase of its status (RFC 9110, section 15); Python 3.11 has older ones for four."""
PERMIT_PROBLEM_CODES = tuple(PERMIT_PROBLEMS)
"""Codes of a permit that breaks the rules of its kind."""
PROBLEM_CODES: dict[str, ProblemCode] = {
    **REQUEST_PROBLEMS,
    **CALLER_PROBLEMS,
    **DECLARATION_STATE_PROBLEMS,
    **PERMIT_STATE_PROBLEMS,
    **PARTY_STATE_PROBLEMS,
    **ENDPOINT_STATE_PROBLEMS,
    **STATE_PROBLEMS,
    **CONTENT_PROBLEMS,
    **PERMIT_PROBLEMS,
    **SERVER_PROBLEMS,
}
PROBLEM_GROUPS: dict[str, tuple[str, ...]] = {
    "Requests that the hub cannot read": tuple(REQUEST_PROBLEMS),
    "The caller": tuple(CALLER_PROBLEMS),
    "The state of a declaration": tuple(DECLARATION_STATE_PROBLEMS),
    "The state of a permit or an application": tuple(PERMIT_STATE_PROBLEMS),
    "The state of a party": tuple(PARTY_STATE_PROBLEMS),
    "The state of a webhook endpoint": tuple(ENDPOINT_STATE_PROBLEMS),
    "Versions and transitions": tuple(STATE_PROBLEMS),
    "The content of a request": tuple(CONTENT_PROBLEMS),
    "Permits that break the rules of their kind": PERMIT_PROBLEM_CODES,
    "Failures of the hub": tuple(SERVER_PROBLEMS),
}
"""The codes by the heading under which people find them."""
