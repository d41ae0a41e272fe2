"""The routes about applications for permits that permits answers, as one list."""

from services.gateway.api.proxy.proxy import ProxiedRoute
from shared.contracts.application import Application, Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.declaration import Refusal
from shared.contracts.problems import PERMIT_PROBLEM_CODES

PATH = "/v1/permit-applications"
CURRENT_APPLICATION = "The application as it is now"
TRANSITION_PROBLEMS = ("invalid-transition", "version-stale")


def _transition_route(
    verb: str,
    operation: str,
    summary: str,
    request_model: type,
    description: str,
    *,
    body_optional: bool = False,
    problem_codes: tuple[str, ...] = (),
) -> ProxiedRoute:
    return ProxiedRoute(
        "POST",
        f"{PATH}/{{id}}/{verb}",
        operation,
        "permits",
        summary,
        CURRENT_APPLICATION,
        description,
        request_model=request_model,
        body_optional=body_optional,
        headers=("If-Match",),
        problem_codes=(*TRANSITION_PROBLEMS, *problem_codes),
    )


APPLY_ROUTE = ProxiedRoute(
    "POST",
    PATH,
    "apply_for_permit",
    "permits",
    "Apply for a permit",
    "The application",
    "By a trader named as exporter or importer, or by an agent that holds its mandate: a permit without its number "
    "and dates, which the authority gives.",
    status=201,
    request_model=Application,
    problem_codes=("not-your-application", *PERMIT_PROBLEM_CODES),
)
APPLICATION_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "GET",
        PATH,
        "list_applications",
        "permits",
        "List applications",
        "A page, newest first",
        "A trader's own; of an authority those made to its country. Each says how many days it has been open.",
        query=("status", "kind", "issuer", "reference", "taxon", "applicant", "from", "to", "limit", "cursor"),
    ),
    ProxiedRoute(
        "GET",
        PATH + "/{id}",
        "read_application",
        "permits",
        "Read an application",
        "The application with its history and its days open",
        "By its applicant, and by the authority of the country that is asked.",
    ),
    _transition_route(
        "query", "query_application", "Ask the applicant", Question, "The application waits for the answer."
    ),
    _transition_route(
        "assessment",
        "assess_application",
        "Say what you found",
        Assessment,
        "Heard and read by the authority alone. Where the country's policy asks for two people, another one grants.",
    ),
    _transition_route(
        "grant",
        "grant_application",
        "Grant an application",
        GrantDecision,
        "Issues the permit in the same step: `permit` names it, with its token, shown this once. An empty body grants "
        "all that was asked; where `lines` are named, those alone are granted, each with as much as was asked or less.",
        body_optional=True,
        problem_codes=(
            "permit-number-taken",
            "assessment-missing",
            "same-person",
            "no-such-line",
            "more-than-asked",
            *PERMIT_PROBLEM_CODES,
        ),
    ),
    _transition_route(
        "refusal", "refuse_application", "Refuse an application", Refusal, "For a reason, which the applicant reads."
    ),
)
APPLICANT_ROUTES: tuple[ProxiedRoute, ...] = (
    _transition_route(
        "answer",
        "answer_application",
        "Answer the authority",
        Reply,
        "The application is the authority's again.",
        problem_codes=("not-your-application",),
    ),
    _transition_route(
        "withdrawal",
        "withdraw_application",
        "Take an application back",
        Withdrawal,
        "By the applicant or its agent, as long as it is not decided.",
        body_optional=True,
        problem_codes=("not-your-application",),
    ),
)
"""Turns of the trader, or of an agent under its mandate."""
