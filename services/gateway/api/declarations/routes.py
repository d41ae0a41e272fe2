"""The routes about declarations that permits answers, as one list."""

from services.gateway.api.openapi.document import XML
from services.gateway.api.proxy.proxy import Relayed
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

PAGE = ("limit", "cursor")
TURN = ("wrong-turn", "version-stale")
D = "/v1/declarations"
WHOLE = "The declaration as it is now"

STATED: tuple[Relayed, ...] = (
    Relayed(
        "PUT",
        D + "/{id}",
        "replace_declaration",
        "permits",
        "Amend a declaration",
        "The new version, checked anew",
        "Before release. The whole declaration anew; its reservations are swapped in one step.",
        takes=Declaration,
        reads=tuple(FORMATS),
        headers=("If-Match",),
        codes=("still-received", "wrong-turn", "version-missing", "version-stale", "not-your-declaration", *XML),
    ),
    Relayed(
        "POST",
        D + "/validate",
        "validate_declaration",
        "permits",
        "Check a declaration, keep nothing",
        "What the rules would find: valid, findings, errors",
        takes=Declaration,
        reads=tuple(FORMATS),
        codes=XML,
        description=(
            "The same rules as the real thing. `valid` says whether it would be accepted, `status` where it would "
            "stand; what is not well formed is named in `errors`."
        ),
    ),
)
"""What a trader states whole, in any format a declaration may come in."""

OWN_COMMANDS: tuple[Relayed, ...] = (
    Relayed(
        "POST",
        D + "/{id}/cancellation",
        "cancel_declaration",
        "permits",
        "Take a declaration back",
        WHOLE,
        "What it had reserved is free again.",
        takes=Cancellation,
        may_be_empty=True,
        headers=("If-Match",),
        codes=("still-received", *TURN),
    ),
)
"""Commands of the trader, who may send them before permits has the declaration."""


def _turn(
    verb: str, operation: str, summary: str, takes: type, description: str = "", *, may_be_empty: bool = False
) -> Relayed:
    return Relayed(
        "POST",
        f"{D}/{{id}}/{verb}",
        operation,
        "permits",
        summary,
        WHOLE,
        description,
        takes=takes,
        may_be_empty=may_be_empty,
        headers=("If-Match",),
        codes=TURN,
    )


DECLARATIONS: tuple[Relayed, ...] = (
    Relayed(
        "GET",
        D,
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
            *PAGE,
        ),
    ),
    _turn(
        "release",
        "release_declaration",
        "Release the goods",
        Release,
        "Uses up what was reserved, by the actual quantities; of an export it is the endorsement (box 14).",
        may_be_empty=True,
    ),
    _turn("refusal", "refuse_declaration", "Refuse the goods", Refusal, "What was reserved is free again."),
    _turn("override", "override_finding", "Settle a finding", Override, "Under the officer's name, for a reason."),
    _turn(
        "correction",
        "correct_declaration",
        "Correct what was released",
        Correction,
        description="Up or down, with a reason; the ledger keeps both the old and the new entry.",
    ),
    _turn(
        "consent",
        "consent_to_more",
        "Agree to more than the permit says",
        Consent,
        description="By the authority that issued the permit; customs then overrides the finding.",
    ),
)
