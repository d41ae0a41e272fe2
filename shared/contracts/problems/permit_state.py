"""Problem codes about the state of a permit or of an application for one."""

from shared.contracts.problems.problem_code import ProblemCode, administrator, authority, trader, you

PERMIT_STATE_PROBLEMS = {
    "assessment-missing": ProblemCode(
        status=409,
        meaning="The country requires an assessment by a first person before a second one issues the permit.",
        causes=("Nobody assessed this application yet, and the policy of the country requires two people.",),
        steps=(
            you("Ask a colleague to assess the application: POST /v1/permit-applications/{id}/assessment."),
            you("Issue the permit with another credential than the one that assessed it."),
        ),
        example=(
            "ZA requires two people: one assesses the application, another issues the permit. Nobody has assessed it "
            "yet. Ask a colleague to do so."
        ),
    ),
    "endorsement-exceeds-permit": ProblemCode(
        status=409,
        meaning="The endorsement exceeds the quantity that the permit grants.",
        causes=(
            "More left than the permit line grants, or earlier endorsements used a part of it.",
            "The quantity is in another unit than the permit line.",
        ),
        steps=(
            you("Compare the quantity with `export_balance` of the permit line, and correct it."),
            authority("Give consent to the excess, or replace the permit."),
        ),
        example=(
            "At most 2 number more may leave on line A of permit ZA-2026-000123. Customs endorsed 118. The authority "
            "of ZA may consent to more for an item of a declaration."
        ),
    ),
    "no-export-side": ProblemCode(
        status=409,
        meaning="This kind of permit has no export side to endorse.",
        causes=("The permit is of the importing country, such as an import permit.",),
        steps=(you("Endorse the export permit of the same shipment."),),
        example=(
            "Permit FR-2026-000017 is of kind import. It has no export side. Endorse the export permit of the shipment."
        ),
    ),
    "not-enough-left": ProblemCode(
        status=409,
        meaning="The permit line has less left than this needs.",
        causes=(
            "Other declarations have reserved or used a part of the line.",
            "The endorsement states less than the permit grants.",
        ),
        steps=(
            you("Compare the quantity with `balance` of the permit line."),
            authority("Give consent to the excess: POST /v1/declarations/{id}/consent."),
        ),
        example=(
            "Line A of permit ZA-2026-000123 has 18 number left, and 30 are needed. More needs the consent of the "
            "authority that issued it."
        ),
    ),
    "permit-already-own": ProblemCode(
        status=409,
        meaning="The permit is one of your own: no other country registered it, or you have taken it over.",
        causes=("Your authority issued the permit.", "A colleague took the permit over."),
        steps=(you("Use the permit as it is: GET /v1/permits/{id} shows its history."),),
        example="Permit ZA-2026-000123 is already a permit of the authority of ZA. Use it as it is.",
    ),
    "permit-number-registered": ProblemCode(
        status=409,
        meaning="Another country registered a permit under this number before the issuer's authority joined the hub.",
        causes=(
            "It is your permit: the other country registered what the trader presented.",
            "It is not your permit: the number is false, or the other country mistyped it.",
        ),
        steps=(
            you("Take over the permit, if it is yours: POST /v1/permits/{id}/takeover."),
            you("Put your permit in its place, if it is not: POST /v1/permits/{id}/replacement, with the same number."),
        ),
        example=(
            "The authority of FR registered permit ZA-2026-000123 before yours joined. If it is yours, take it over: "
            "POST /v1/permits/019a0d5e-6a00-7c3e-8a11-0242ac120003/takeover. Else put yours in its place: POST "
            "/v1/permits/019a0d5e-6a00-7c3e-8a11-0242ac120003/replacement."
        ),
    ),
    "permit-number-taken": ProblemCode(
        status=409,
        meaning="The issuer has a permit of this number on the hub.",
        causes=(
            "The permit is registered already, perhaps by another authority.",
            "The number has a typing error, or the same number was given twice.",
        ),
        steps=(you("Look for the permit: GET /v1/permits?number=…&issuer=…. Use it, or send another number."),),
        example=(
            "ZA has a permit ZA-2026-000123 on the hub. A number is unique per issuer. Use that permit or another "
            "number."
        ),
    ),
    "permit-withdrawn": ProblemCode(
        status=409,
        meaning="A permit that the declaration cites is revoked, replaced or lost.",
        causes=("The authority withdrew the permit after the hub accepted the declaration.",),
        steps=(
            trader("Send a new version (PUT) that cites a valid permit."),
            you("Override that finding with a reason, or refuse the goods."),
        ),
        example=(
            "Permit ZA ZA-2026-000123 is revoked. Override that finding, refuse the goods, or wait for a new version "
            "by the trader that cites another permit."
        ),
    ),
    "same-person": ProblemCode(
        status=409,
        meaning=(
            "The country requires two people, and the same person assessed the application, asked the applicant or "
            "proposed the permit or its takeover, and now decides. Or the same person of customs lodged a declaration "
            "for a traveller, and now decides it."
        ),
        causes=(
            "One person of the office does both steps, perhaps with a rotated credential.",
            "Two people share one credential.",
        ),
        steps=(
            you("Ask a colleague to send the same request with another credential."),
            administrator("Create a credential for each person of the office."),
        ),
        example=(
            "ZA requires two people: a person who assessed the application, or asked the applicant, does not issue "
            "the permit. Ask a colleague to issue it."
        ),
    ),
    "second-person-missing": ProblemCode(
        status=409,
        meaning="The country requires two people for a permit, and nobody else has proposed this act yet.",
        causes=(
            "The policy of the country requires two people, and you are the first one who sends this request.",
            "The request differs from the one that your colleague proposed, or that proposal is too old.",
        ),
        steps=(
            you("Ask a colleague to send the same request to the same route with another credential."),
            you("For a permit that a trader asks for, let one person assess the application and another grant it."),
        ),
        example=(
            "ZA requires two people for a permit. The hub keeps your request as a proposal for 30 days and has changed "
            "no permit. Ask a colleague to send the same request with another credential."
        ),
    ),
    "too-many-applications": ProblemCode(
        status=409,
        meaning="As many applications of the trader wait for a decision as the hub allows.",
        causes=("Your software applies for the same permits again and again.",),
        steps=(
            you("Withdraw an application that you do not need: POST /v1/permit-applications/{id}/withdrawal."),
            authority("Decide the applications that wait."),
        ),
        example=(
            "1000 applications of the trader wait for a decision, the limit of the hub. Withdraw one that you do not "
            "need: POST /v1/permit-applications/{id}/withdrawal."
        ),
    ),
}
