"""The routes about applications for permits that permits answers, as one list."""

from services.gateway.api.proxy.proxy import Relayed
from shared.contracts.application import Application, Assessment, Granting, Question, Reply, Withdrawal
from shared.contracts.declaration import Refusal
from shared.contracts.problems import PAPER

A = "/v1/permit-applications"
WHOLE = "The application as it is now"
TURN = ("wrong-turn", "version-stale")


def _turn(
    verb: str,
    operation: str,
    summary: str,
    takes: type,
    description: str,
    *,
    may_be_empty: bool = False,
    codes: tuple[str, ...] = (),
) -> Relayed:
    return Relayed(
        "POST",
        f"{A}/{{id}}/{verb}",
        operation,
        "permits",
        summary,
        WHOLE,
        description,
        takes=takes,
        may_be_empty=may_be_empty,
        headers=("If-Match",),
        codes=(*TURN, *codes),
    )


APPLYING = Relayed(
    "POST",
    A,
    "apply_for_permit",
    "permits",
    "Apply for a permit",
    "The application",
    "By a trader named as exporter or importer, or by an agent that holds its mandate: a permit without its number "
    "and dates, which the authority gives.",
    status=201,
    takes=Application,
    codes=("not-your-application", *PAPER),
)
APPLICATIONS: tuple[Relayed, ...] = (
    Relayed(
        "GET",
        A,
        "list_applications",
        "permits",
        "List applications",
        "A page, newest first",
        "A trader's own; of an authority those made to its country. Each says how many days it has been open.",
        query=("status", "kind", "issuer", "reference", "taxon", "applicant", "from", "to", "limit", "cursor"),
    ),
    Relayed(
        "GET",
        A + "/{id}",
        "read_application",
        "permits",
        "Read an application",
        "The application with its history and its days open",
        "By its applicant, and by the authority of the country that is asked.",
    ),
    _turn("query", "query_application", "Ask the applicant", Question, "The application waits for the answer."),
    _turn(
        "assessment",
        "assess_application",
        "Say what you found",
        Assessment,
        "Heard and read by the authority alone. Where the country's policy asks for two people, another one grants.",
    ),
    _turn(
        "grant",
        "grant_application",
        "Grant an application",
        Granting,
        "Issues the permit in the same step: `permit` names it, with its token, shown this once. An empty body grants "
        "all that was asked; where `lines` are named, those alone are granted, each with as much as was asked or less.",
        may_be_empty=True,
        codes=("permit-number-taken", "assessment-missing", "same-person", "no-such-line", "more-than-asked", *PAPER),
    ),
    _turn(
        "refusal", "refuse_application", "Refuse an application", Refusal, "For a reason, which the applicant reads."
    ),
)
APPLICANTS: tuple[Relayed, ...] = (
    _turn(
        "answer",
        "answer_application",
        "Answer the authority",
        Reply,
        "The application is the authority's again.",
        codes=("not-your-application",),
    ),
    _turn(
        "withdrawal",
        "withdraw_application",
        "Take an application back",
        Withdrawal,
        "By the applicant or its agent, as long as it is not decided.",
        may_be_empty=True,
        codes=("not-your-application",),
    ),
)
"""Turns of the trader, or of an agent under its mandate."""
