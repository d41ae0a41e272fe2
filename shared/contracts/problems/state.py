"""Problem codes about the state of anything that has versions, transitions or a history."""

from shared.contracts.problems.problem_code import ProblemCode, authority, customs, trader, you

STATE_PROBLEMS = {
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
    "version-missing": ProblemCode(
        status=428,
        meaning="This request needs the header If-Match with the version that it changes.",
        causes=("The header is missing. Without it you could overwrite the change of another person.",),
        steps=(you("Read the thing, and send its ETag in the header If-Match."),),
        example="The header If-Match is missing. Read the thing, and send its ETag in If-Match.",
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
}
