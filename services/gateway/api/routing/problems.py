"""The problem codes of a route: those that follow from its declaration, and those that it names."""

from services.gateway.api.routing.route import CSV, XML, Route
from shared.strict_json import OWN_PROBLEM_CODES

EXAMPLE_HUB = "https://hub.example"
"""The public URL of the hub in examples."""
COMMON_PROBLEMS = ("too-many-requests",)
"""Problems of every route: of a party with a token, or of an address without one."""
CALLER_PROBLEMS = (
    "unauthenticated",
    "role-not-allowed",
    "invalid-parameter",
    "header-twice",
    "database-unavailable",
    "out-of-space",
)
"""Problems of every route that requires a token."""
BODY_PROBLEMS = ("malformed-json", "body-too-large", "body-too-slow", "unsupported-media-type", "invalid-body")
CODE_PROBLEMS = tuple(sorted(OWN_PROBLEM_CODES))
"""Problems of bodies with codes and quantities, which permits parses."""
XML_PROBLEMS = ("malformed-xml", "doctype-not-allowed")
FILE_PROBLEMS = ("body-too-large", "body-too-slow", "unsupported-media-type", "columns-missing", "nothing-taken")


def list_problem_codes(route: Route) -> tuple[str, ...]:
    """Return the code of every problem that a route may return, each once."""
    codes = [*COMMON_PROBLEMS, *(CALLER_PROBLEMS if route.permission is not None else ())]
    codes += route.problems
    codes += [code for header in route.headers for code in header.problems]
    if route.service is not None:
        codes += ("service-unavailable", "response-too-large")
    if "{" in route.path:
        codes += ("invalid-parameter", "not-found")
    if route.request is not None:
        codes += BODY_PROBLEMS if route.request.model is not None else ()
        codes += CODE_PROBLEMS if route.request.model is not None and route.service == "permits" else ()
        codes += XML_PROBLEMS if any(media.media_type == XML for media in route.request.media) else ()
        codes += FILE_PROBLEMS if any(media.media_type == CSV for media in route.request.media) else ()
    return tuple(dict.fromkeys(codes))
