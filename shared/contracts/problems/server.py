"""Problem codes of the hub's own failures: nothing is wrong with the request."""

from shared.contracts.problems.problem_code import ProblemCode, operator, you

REPEAT = "Repeat the request after the seconds in the header Retry-After, under the same Idempotency-Key."

SERVER_PROBLEMS = {
    "internal-error": ProblemCode(
        status=500,
        meaning="The hub failed in a way that it did not foresee, and does not confirm the request.",
        causes=("The software of the hub has a fault.",),
        steps=(
            you("Repeat the request once under the same Idempotency-Key."),
            you("Send the `request_id` to the operator, if it fails again."),
            operator("Look for the request id in the logs, and report the fault."),
        ),
        example=(
            "The hub failed in a way that it did not foresee, and does not confirm this request. Send the request id "
            "to the operator of the hub."
        ),
    ),
    "database-unavailable": ProblemCode(
        status=503,
        meaning="The database of a service is not available now. The hub does not confirm the request.",
        causes=(
            "The database restarts or is overloaded.",
            "The connection ended before the database confirmed the request. The hub may have stored it.",
        ),
        steps=(
            you(REPEAT),
            operator("Check the database, if this lasts longer than a minute."),
        ),
        example=(
            "The database is not available now. Repeat the request in a few seconds. With the same Idempotency-Key it "
            "counts once."
        ),
    ),
    "not-ready": ProblemCode(
        status=503,
        meaning="The service is alive, and cannot do its work yet.",
        causes=(
            "Its database is not available, or its migrations have not run.",
            "The service has just started and still loads its lists.",
        ),
        steps=(operator("Wait until /readyz is 200. If it stays 503, repair what `detail` names."),),
        example="The first listing of species is not loaded yet. The permits service loads it now.",
    ),
    "out-of-space": ProblemCode(
        status=503,
        meaning="A disk of the hub is full. The hub does not confirm the request.",
        causes=("The database, its log or other files fill the disk.",),
        steps=(
            you(REPEAT),
            operator("Free space on the disk of the database. The hub continues without a restart."),
        ),
        example="The disk of the hub is full. Repeat the request later. With the same Idempotency-Key it counts once.",
    ),
    "overloaded": ProblemCode(
        status=503,
        meaning=(
            "Too many declarations wait to be stored, or too many bulk requests are under way. The hub accepts no more "
            "at this moment."
        ),
        causes=("Many clients lodge at the same time, or the database is slow.",),
        steps=(
            you(REPEAT),
            operator("Give the hub more resources, if this occurs often."),
        ),
        example="Too many declarations wait to be stored. Repeat the request in 2 s.",
    ),
    "report-too-slow": ProblemCode(
        status=503,
        meaning="The database does not read the rows of a report within the time limit.",
        causes=("The database is overloaded.", "The report has many more rows than the database can sort in time."),
        steps=(
            you("Repeat the request after the seconds in the header Retry-After."),
            operator("Check the load of the permits database, and its statistics, if this occurs again."),
        ),
        example=(
            "The database did not read the report within 50 s. Repeat the request in 60 s. If it fails again, tell the "
            "operator of the hub."
        ),
    ),
    "reports-busy": ProblemCode(
        status=503,
        meaning="Your country already reads a report, or the hub writes as many reports at the same time as it can.",
        causes=(
            "Another officer of your country reads an annual or mirror report at this moment.",
            "Officers of several countries read reports at this moment.",
        ),
        steps=(you("Repeat the request after the seconds in the header Retry-After."),),
        example="The hub writes 3 reports now, the most at the same time. Repeat the request in 10 s.",
    ),
    "validations-busy": ProblemCode(
        status=503,
        meaning="The hub validates large declarations one at a time, and others came first.",
        causes=("Many validations of declarations with many documents arrived at the same time.",),
        steps=(you("Repeat the request after the seconds in the header Retry-After, or lodge the declaration."),),
        example="The hub validates other large declarations now, one at a time. Repeat the request in 5 s.",
    ),
    "response-too-large": ProblemCode(
        status=500,
        meaning="The response of a service of the hub is longer than the gateway reads.",
        causes=("One resource has more content than the hub foresees.",),
        steps=(
            you("Ask for less: fewer entries by `limit`, or no `expand`."),
            operator("Look for the request id in the logs, and report the fault."),
        ),
        example=(
            "The response of the permits service is longer than 8388608 bytes. Ask for less: fewer entries by `limit`, "
            "or no `expand`. If that is not possible, tell the operator of the hub."
        ),
    ),
    "service-unavailable": ProblemCode(
        status=503,
        meaning="A service of the hub that this request needs is not available now.",
        causes=("The service restarts or is overloaded.", "The network inside the hub is interrupted."),
        steps=(
            you(REPEAT),
            operator("Check the service that `detail` names, if this lasts longer than a minute."),
        ),
        example="The permits service is not available now. Repeat the request in a few seconds.",
    ),
}
