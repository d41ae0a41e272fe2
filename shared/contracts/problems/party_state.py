"""Problem codes about the state of a party, its credentials and its mandates."""

from shared.contracts.problems.problem_code import ProblemCode, administrator, trader, you

PARTY_STATE_PROBLEMS = {
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
}
