"""Problem codes about the state of a declaration."""

from shared.contracts.problems.problem_code import ProblemCode, authority, customs, operator, trader, you

DECLARATION_STATE_PROBLEMS = {
    "content-lost": ProblemCode(
        status=404,
        meaning="The hub has the declaration and its check, but no longer the bytes that you sent.",
        causes=("The operator restored a backup of the gateway that is older than the declaration.",),
        steps=(
            you(
                "Lodge the same bytes again under the same reference: POST /v1/declarations. The response names the "
                "same declaration, and the hub has the bytes and the receipt again."
            ),
        ),
        example=(
            "The hub lost the bytes of this version when its operator restored a backup. It keeps the declaration and "
            "its check. Lodge the same bytes again under the same reference, and the hub stores them under this id."
        ),
    ),
    "nothing-written-off": ProblemCode(
        status=409,
        meaning="The declaration is a transit, which uses no permit line.",
        causes=("The request corrects a quantity of a transit, or consents to more than the permit.",),
        steps=(
            customs("Refuse the goods if they may not pass: POST /v1/declarations/{id}/refusal."),
            trader("Amend the declaration before customs decides it."),
        ),
        example=(
            "Declaration B-2026-0001 is a transit, so the hub writes nothing off. No quantity of a permit can be "
            "corrected or exceeded. Refuse the goods if they may not pass."
        ),
    ),
    "known-by-now": ProblemCode(
        status=409,
        meaning="The permit that was unknown at the check is on the hub now, so its finding cannot be overridden.",
        causes=("The issuer registered the permit after the hub checked the declaration.",),
        steps=(trader("Send the declaration as a new version (PUT). The hub checks it against the permit."),),
        example=(
            "The permit ZA ZA-2026-000123 is on the hub now, so this finding cannot be overridden. The trader sends a "
            "new version (PUT), and the hub checks it against the permit."
        ),
    ),
    "more-than-reserved": ProblemCode(
        status=409,
        meaning="The release exceeds the quantity that is reserved for the declaration.",
        causes=("More arrived or left than the declaration stated.",),
        steps=(
            you("Compare the quantity with `usage` of the declaration. Release what is reserved, or refuse the goods."),
            authority("Give consent to the excess: POST /v1/declarations/{id}/consent."),
            trader("Amend the declaration before its release."),
        ),
        example=(
            "For item 1 customs may release 100 number. More needs the consent of the authority that issued the "
            "permit, or an amendment by the trader."
        ),
    ),
    "no-such-finding": ProblemCode(
        status=409,
        meaning="The declaration has no open finding of this rule.",
        causes=(
            "The rule id is misspelt, or the finding is about another item.",
            "Another officer has overridden it, or a new check no longer found it.",
            "The finding is a note, and a note needs no override.",
        ),
        steps=(you("Read the declaration and its open findings. Override one that `detail` lists."),),
        example="No finding of one-line-meant is open here. Open are: CITES-III.3(c). Override one of those.",
    ),
    "not-checked": ProblemCode(
        status=409,
        meaning="The hub could not check this declaration, so it cannot be accepted.",
        causes=(
            "A part of the declaration cannot be read.",
            "The declaration is too large to check, or has more findings than the hub stores.",
            "The check failed for a reason that the hub recorded in its log.",
        ),
        steps=(
            trader("Send the declaration as a new version (PUT). Send several smaller ones if it is too large."),
            customs("Refuse the goods, if no new version comes."),
            operator("Read the alarm in the log of the permits service, and repair its cause."),
        ),
        example="The declaration still cannot be checked. The trader sends a new version (PUT), or customs refuses it.",
    ),
    "reference-taken": ProblemCode(
        status=409,
        meaning="Another declaration of this trader has this reference.",
        causes=(
            "You sent the declaration before, under another Idempotency-Key.",
            "Two systems of the trader give the same references.",
        ),
        steps=(
            you("Look for the other declaration: GET /v1/declarations?reference=…. Amend it with PUT."),
            you("Choose a new reference, if this is another shipment."),
        ),
        example=(
            "B-0001 is the reference of another declaration of this trader. Find it: GET "
            "/v1/declarations?reference=B-0001. Amend it, or choose a new reference."
        ),
    ),
    "still-received": ProblemCode(
        status=409,
        meaning="The hub has not checked the declaration yet, so nothing can be done with it.",
        causes=(
            "The declaration is a moment old.",
            "The permits service is not available; the hub checks the declaration when it is.",
        ),
        steps=(you("Wait until the status is no longer `received`, then repeat the request."),),
        example="The hub has not checked the declaration yet. Repeat the request in a moment.",
    ),
}
