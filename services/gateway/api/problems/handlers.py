"""The pages of problem codes: HTML for people, JSON for programs that ask for it."""

from collections.abc import Callable
from functools import lru_cache

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.problems.descriptions import describe_problem, list_problems
from services.gateway.api.problems.pages import CONTENT_SECURITY_POLICY, render_list_page, render_problem_page
from services.gateway.api.protocol.content_negotiation import prefers_json
from services.gateway.api.protocol.documents import public_document
from services.gateway.api.routing.route import JSON, Route
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.problems import NotFound
from shared.request_context import current_public_url

VARY = {"Vary": "Accept"}
PAGE_HEADERS = VARY | {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer"}
LIFETIME_SECONDS = 3600


async def list_problem_codes(request: Request, route: Route) -> Response:
    """Return all problem codes."""
    public_url = current_public_url()
    return _render(request, lambda: list_problems(public_url), lambda: _list_page(public_url))


async def read_problem_code(request: Request, route: Route) -> Response:
    """Return the page of a problem code. Raise NotFound for a code that the catalogue does not have."""
    code, public_url = str(request.path_params["code"]), current_public_url()
    if code not in PROBLEM_CODES:
        raise NotFound("The hub has no problem code of this name. GET /problems lists all codes.")
    return _render(request, lambda: describe_problem(code, public_url), lambda: _problem_page(code, public_url))


def _render(request: Request, make_view: Callable[[], BaseModel], make_page: Callable[[], str]) -> Response:
    if prefers_json(request.headers.get("accept", "")):
        content, media_type, headers = make_view().model_dump_json(), JSON, VARY
    else:
        content, media_type, headers = make_page(), "text/html", PAGE_HEADERS
    return public_document(request, content.encode(), media_type=media_type, seconds=LIFETIME_SECONDS, headers=headers)


# A hub has one public URL: each page is rendered once per process.
@lru_cache(maxsize=len(PROBLEM_CODES))
def _problem_page(code: str, public_url: str) -> str:
    return render_problem_page(describe_problem(code, public_url))


@lru_cache(maxsize=1)
def _list_page(public_url: str) -> str:
    return render_list_page(list_problems(public_url))
