"""The routes about declarations that permits answers, as one list."""

from services.gateway.api.descriptions.operations import XML_PROBLEMS
from services.gateway.api.proxy.proxy import ProxiedRoute
from services.gateway.formats.declaration_formats import FORMATS
from shared.contracts.declaration import (
    Cancellation,
    Consent,
    Correction,
    Declaration,
    Override,
    Refusal,
    Release,
)

PAGE_PARAMETERS = ("limit", "cursor")
TRANSITION_PROBLEMS = ("invalid-transition", "version-stale")
PATH = "/v1/declarations"
CURRENT_DECLARATION = "The declaration as it is now"

CONTENT_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "PUT",
        PATH + "/{id}",
        "replace_declaration",
        "permits",
        "Amend a declaration",
        "The new version, checked anew",
        "Before release. The whole declaration anew; its reservations are swapped in one step.",
        request_model=Declaration,
        request_media_types=tuple(FORMATS),
        headers=("If-Match",),
        problem_codes=(
            "still-received",
            "invalid-transition",
            "version-missing",
            "version-stale",
            "not-your-declaration",
            *XML_PROBLEMS,
        ),
    ),
    ProxiedRoute(
        "POST",
        PATH + "/validate",
        "validate_declaration",
        "permits",
        "Check a declaration, keep nothing",
        "What the rules would find: valid, findings, errors",
        request_model=Declaration,
        request_media_types=tuple(FORMATS),
        problem_codes=XML_PROBLEMS,
        description=(
            "The same rules as the real thing. `valid` says whether it would be accepted, `status` where it would "
            "stand; what is not well formed is named in `errors`."
        ),
    ),
)
"""What a trader states whole, in any format a declaration may come in."""

TRADER_COMMAND_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "POST",
        PATH + "/{id}/cancellation",
        "cancel_declaration",
        "permits",
        "Take a declaration back",
        CURRENT_DECLARATION,
        "What it had reserved is free again.",
        request_model=Cancellation,
        body_optional=True,
        headers=("If-Match",),
        problem_codes=("still-received", *TRANSITION_PROBLEMS),
    ),
)
"""Commands of the trader, who may send them before permits has the declaration."""


def _transition_route(
    verb: str, operation: str, summary: str, request_model: type, description: str = "", *, body_optional: bool = False
) -> ProxiedRoute:
    return ProxiedRoute(
        "POST",
        f"{PATH}/{{id}}/{verb}",
        operation,
        "permits",
        summary,
        CURRENT_DECLARATION,
        description,
        request_model=request_model,
        body_optional=body_optional,
        headers=("If-Match",),
        problem_codes=TRANSITION_PROBLEMS,
    )


DECLARATION_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "GET",
        PATH,
        "list_declarations",
        "permits",
        "List declarations",
        "A page, newest first",
        "What permits has taken in, moments after the 202. `from` and `to` are days of receipt.",
        query=(
            "status",
            "movement",
            "taxon",
            "permit_number",
            "issuer",
            "holder",
            "reference",
            "country",
            "from",
            "to",
            *PAGE_PARAMETERS,
        ),
    ),
    _transition_route(
        "release",
        "release_declaration",
        "Release the goods",
        Release,
        "Uses up what was reserved, by the actual quantities; of an export it is the endorsement (box 14).",
        body_optional=True,
    ),
    _transition_route("refusal", "refuse_declaration", "Refuse the goods", Refusal, "What was reserved is free again."),
    _transition_route(
        "override", "override_finding", "Settle a finding", Override, "Under the officer's name, for a reason."
    ),
    _transition_route(
        "correction",
        "correct_declaration",
        "Correct what was released",
        Correction,
        description="Up or down, with a reason; the ledger keeps both the old and the new entry.",
    ),
    _transition_route(
        "consent",
        "consent_to_more",
        "Agree to more than the permit says",
        Consent,
        description="By the authority that issued the permit; customs then overrides the finding.",
    ),
)
