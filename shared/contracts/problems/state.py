"""Problem codes about the state of a thing: what was asked is well-formed, and not possible now."""

from shared.contracts.problems.problem_code import (
    ProblemCode,
    administrator,
    authority,
    customs,
    operator,
    trader,
    you,
)

STATE_PROBLEMS = {
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
    "changed-meanwhile": ProblemCode(
        status=409,
        meaning="Another request changed the same thing at the same moment.",
        causes=(
            "Two officers or two systems work on the same declaration, permit or list.",
            "Your software sent the same command twice in parallel.",
        ),
        steps=(you("Read the thing again. If your change is still right, send it again."),),
        example="Another request changed it at the same moment. Read it again, then repeat your request.",
    ),
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
    "identifier-taken": ProblemCode(
        status=409,
        meaning="Another party of the country has this identifier.",
        causes=(
            "The organisation is registered already, perhaps under another name.",
            "The identifier has a typing error.",
        ),
        steps=(administrator("Look for the party that has the identifier. Correct it there, or use that party."),),
        example=(
            "Another party of FR has the identifier FR99988877700011, or one that differs only in capitals, blanks, "
            "dashes or slashes. Correct it, or use that party."
        ),
    ),
    "last-admin": ProblemCode(
        status=409,
        meaning="After this change no administrator could use the hub.",
        causes=("The credential, the party or the role is the last one that gives access to an administrator.",),
        steps=(you("Create a second administrator with a credential first, then repeat the change."),),
        example="After this change no administrator could use the hub. Create another administrator first.",
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
    "no-export-side": ProblemCode(
        status=409,
        meaning="This kind of permit has no export side to endorse.",
        causes=("The permit is of the importing country, such as an import permit.",),
        steps=(you("Endorse the export permit of the same shipment."),),
        example=(
            "Permit FR-2026-000017 is of kind import. It has no export side. Endorse the export permit of the shipment."
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
    "not-pending": ProblemCode(
        status=409,
        meaning="The webhook endpoint needs no verification now.",
        causes=("The endpoint is active already, or it is paused or disabled.",),
        steps=(
            you("Read the status of the endpoint. Only a `pending` endpoint needs verification."),
            you("Resume a paused or disabled endpoint: PATCH it with `paused` false."),
        ),
        example="The endpoint is active. Only a pending endpoint needs verification.",
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
    "permit-already-own": ProblemCode(
        status=409,
        meaning="The permit is one of your own: no other country registered it, or you have taken it over.",
        causes=("Your authority issued the permit.", "A colleague took the permit over."),
        steps=(you("Use the permit as it is: GET /v1/permits/{id} shows its history."),),
        example="Permit ZA-2026-000123 is already a permit of the authority of ZA. Use it as it is.",
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
    "too-many-acknowledgements": ProblemCode(
        status=409,
        meaning="Your party acknowledged this event too often with different results.",
        causes=("Your software acknowledges each delivery of the event with another result.",),
        steps=(you("Acknowledge an event once. The last result that the hub stored counts."),),
        example=("You acknowledged this event 10 times with different results. The last one counts: accepted."),
    ),
    "too-many-attempts": ProblemCode(
        status=409,
        meaning="The hub attempted this delivery so often that it does not repeat it.",
        causes=(
            "The delivery is a challenge: the hub sends it at most five times.",
            "Your software asks for the same delivery again and again.",
        ),
        steps=(
            you("Ask for a new challenge: POST /v1/webhook-endpoints/{id}/verification."),
            you("Read the event in the feed: GET /v1/events."),
        ),
        example="The hub attempted this delivery 200 times. Read the event in the feed: GET /v1/events.",
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
    "too-many-credentials": ProblemCode(
        status=409,
        meaning="The party has as many active credentials as the hub allows.",
        causes=("Credentials are created for each start of a system, and none is ended.",),
        steps=(administrator("End a credential that nobody uses: the list shows the last use of each."),),
        example=(
            "The party has 50 active credentials, the limit of the hub. End one that nobody uses: "
            "DELETE /v1/parties/{id}/credentials/{client_id}."
        ),
    ),
    "too-many-mandates": ProblemCode(
        status=409,
        meaning="The trader or the agent has as many mandates as the hub allows.",
        causes=("A mandate is granted for each declaration in place of one for many days.",),
        steps=(
            trader("Revoke a mandate that is not needed: POST /v1/mandates/{id}/revocation."),
            you("Grant one mandate for the whole period."),
        ),
        example=(
            "The trader has granted 200 mandates that have not ended, the limit of the hub. Revoke one that is not "
            "needed: POST /v1/mandates/{id}/revocation."
        ),
    ),
    "history-full": ProblemCode(
        status=409,
        meaning="The history is as long as the hub allows for this act.",
        causes=("Your software amends, corrects or queries the same thing again and again.",),
        steps=(
            trader("Cancel the declaration and lodge a new one."),
            customs("Release or refuse the declaration: decisions that end it are always possible."),
            authority("Decide the application."),
        ),
        example=(
            "The history has 500 entries, the limit of the hub for this act. Decide, cancel or withdraw it, and begin "
            "with a new one if that is needed."
        ),
    ),
    "too-many-endpoints": ProblemCode(
        status=409,
        meaning="Your party has as many webhook endpoints as the hub allows.",
        causes=("Your software creates an endpoint at each start, and deletes none.",),
        steps=(
            you("Delete an endpoint that you do not need: DELETE /v1/webhook-endpoints/{id}."),
            you("Change an endpoint in place of a new one: PATCH /v1/webhook-endpoints/{id}."),
        ),
        example=(
            "Your party has 50 webhook endpoints, the limit of the hub. Delete one that you do not need: "
            "DELETE /v1/webhook-endpoints/{id}."
        ),
    ),
    "rotated-too-often": ProblemCode(
        status=409,
        meaning="Five secrets of this endpoint are valid, and a sixth is not possible.",
        causes=("You rotated the secret four times within 24 hours.",),
        steps=(you("Wait until the oldest secret ends, 24 hours after its rotation. Then rotate again."),),
        example="5 secrets of the endpoint are valid. Wait until the oldest one ends, 24 hours after its rotation.",
    ),
    "not-rotated-so": ProblemCode(
        status=409,
        meaning="A credential of this kind is replaced in another way; `detail` names it.",
        causes=(
            "The request sends a key for a credential that has a secret, or no key for one that has keys.",
            "The credential is the subject of an external issuer, and that issuer rotates it.",
        ),
        steps=(
            you("Follow `detail`: send the new `public_key`, send no key, or end this credential and create another."),
        ),
        example="This credential has a public key. Send the new one as `public_key`.",
    ),
    "same-person": ProblemCode(
        status=409,
        meaning=(
            "The country requires two people, and the same person assessed the application, asked the applicant or "
            "proposed the permit, and issues it."
        ),
        causes=(
            "One person of the authority does both steps, perhaps with a rotated credential.",
            "Two people share one credential.",
        ),
        steps=(
            you("Ask a colleague to issue the permit with another credential."),
            administrator("Create a credential for each person of the authority."),
        ),
        example=(
            "ZA requires two people: a person who assessed the application, or asked the applicant, does not issue "
            "the permit. Ask a colleague to issue it."
        ),
    ),
    "second-person-missing": ProblemCode(
        status=409,
        meaning="The country requires two people for a permit, and nobody else has proposed this permit yet.",
        causes=(
            "The policy of the country requires two people, and you are the first one who sends this permit.",
            "The permit differs from the one that your colleague proposed, or that proposal is too old.",
        ),
        steps=(
            you("Ask a colleague to send the same permit to the same route with another credential."),
            you("For a permit that a trader asks for, let one person assess the application and another grant it."),
        ),
        example=(
            "ZA requires two people for a permit. The hub keeps yours as a proposal for 30 days and has issued "
            "nothing. Ask a colleague to send the same permit with another credential."
        ),
    ),
    "secret-not-kept": ProblemCode(
        status=409,
        meaning="The hub did this before, and cannot show its secret again.",
        causes=("You repeat a request that created a secret, and the hub rotated its own keys since.",),
        steps=(
            you("Do what `detail` says: create another credential, rotate the secret again, or replace the permit."),
        ),
        example="This was done, but its secret cannot be shown again. End the credential, and create another.",
    ),
    "subject-taken": ProblemCode(
        status=409,
        meaning="Another active credential has this subject of the external issuer.",
        causes=("The same external account is registered for two parties, or twice for one.",),
        steps=(you("End the other credential first, or name another subject."),),
        example="Another active credential has this subject. End that credential first, or name another subject.",
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
    "invalid-transition": ProblemCode(
        status=409,
        meaning="The present status does not allow this; `detail` names the acts that are possible.",
        causes=(
            "Another person or a rule changed the status since you read it.",
            "The status is final.",
            "Another role makes this transition.",
        ),
        steps=(you("Read the thing again. Do what `detail` names for your role, or nothing if the status is final."),),
        example=(
            "Declaration B-2026-0001 is rejected. Customs may override each open finding. The trader may cancel it or "
            "amend it."
        ),
    ),
    "version-stale": ProblemCode(
        status=412,
        meaning="The version that If-Match names is not the present one.",
        causes=("Another person or system changed it since you read it.",),
        steps=(you("Read it again, apply your change to the new version, and send its ETag in If-Match."),),
        example=(
            "If-Match names version 2. The present version is 3. Read it, then repeat your change with its ETag in "
            "If-Match."
        ),
    ),
    "version-missing": ProblemCode(
        status=428,
        meaning="This request needs the header If-Match with the version that it changes.",
        causes=("The header is missing. Without it you could overwrite the change of another person.",),
        steps=(you("Read the thing, and send its ETag in the header If-Match."),),
        example="The header If-Match is missing. Read the thing, and send its ETag in If-Match.",
    ),
}
