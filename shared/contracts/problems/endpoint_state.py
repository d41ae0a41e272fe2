"""Problem codes about the state of a webhook endpoint and of its deliveries."""

from shared.contracts.problems.problem_code import ProblemCode, you

ENDPOINT_STATE_PROBLEMS = {
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
    "rotated-too-often": ProblemCode(
        status=409,
        meaning="Five secrets of this endpoint are valid, and a sixth is not possible.",
        causes=("You rotated the secret four times within 24 hours.",),
        steps=(you("Wait until the oldest secret ends, 24 hours after its rotation. Then rotate again."),),
        example="5 secrets of the endpoint are valid. Wait until the oldest one ends, 24 hours after its rotation.",
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
}
