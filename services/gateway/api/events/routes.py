"""The routes about webhooks, deliveries and events that notifications answers, as one list."""

from services.gateway.api.proxy.proxy import ProxiedRoute
from shared.contracts.webhooks import Acknowledgement, EndpointChange, NewEndpoint, Replay

PAGE_PARAMETERS = ("limit", "cursor")
ENDPOINTS_PATH = "/v1/webhook-endpoints"

EVENT_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "POST",
        ENDPOINTS_PATH,
        "add_endpoint",
        "notifications",
        "Add a webhook endpoint",
        "The endpoint, its secret shown once",
        status=201,
        request_model=NewEndpoint,
        description=(
            "Deliveries are signed by the Standard Webhooks specification; the endpoint may have to prove itself first."
        ),
    ),
    ProxiedRoute(
        "GET",
        ENDPOINTS_PATH,
        "list_endpoints",
        "notifications",
        "List webhook endpoints",
        "A page",
        query=PAGE_PARAMETERS,
        description="Those of one's own party, newest first, without their secrets.",
    ),
    ProxiedRoute(
        "GET",
        ENDPOINTS_PATH + "/{id}",
        "read_endpoint",
        "notifications",
        "Read a webhook endpoint",
        "The endpoint",
        description="Its address, what it hears, and whether it is paused or disabled; never its secret.",
    ),
    ProxiedRoute(
        "PATCH",
        ENDPOINTS_PATH + "/{id}",
        "change_endpoint",
        "notifications",
        "Change, pause or resume a webhook endpoint",
        "The endpoint",
        request_model=EndpointChange,
        headers=("If-Match",),
        problem_codes=("version-missing", "version-stale"),
        description="What is named is changed; what is not named stays. A resumed endpoint gets what waited.",
    ),
    ProxiedRoute(
        "DELETE",
        ENDPOINTS_PATH + "/{id}",
        "end_endpoint",
        "notifications",
        "End a webhook endpoint",
        "It is gone",
        status=204,
        description="Nothing more is sent there, what waits included.",
    ),
    ProxiedRoute(
        "POST",
        ENDPOINTS_PATH + "/{id}/rotate-secret",
        "rotate_endpoint_secret",
        "notifications",
        "Make a new secret",
        "The new secret; old and new both sign for 24 h",
        description=(
            "For 24 hours both the old and the new secret sign, so that the receiver can change over at leisure."
        ),
    ),
    ProxiedRoute(
        "POST",
        ENDPOINTS_PATH + "/{id}/verification",
        "verify_endpoint",
        "notifications",
        "Send a pending endpoint its challenge again",
        "The ids of the event and of the delivery, which is on its way",
        status=202,
        problem_codes=("not-pending",),
        description=(
            'A pending endpoint is sent an `endpoint.verification` event, signed, and answers 2xx with `{"challenge": '
            '"…"}`, the one it was sent. Till then its letters wait. One is sent when it is made; this sends another.'
        ),
    ),
    ProxiedRoute(
        "POST",
        ENDPOINTS_PATH + "/{id}/test",
        "test_endpoint",
        "notifications",
        "Send a test event",
        "The ids of the event and of the delivery, which is on its way",
        status=202,
        description="An `endpoint.test` event goes to this endpoint alone, signed as every other.",
    ),
    ProxiedRoute(
        "POST",
        ENDPOINTS_PATH + "/{id}/replay",
        "replay_events",
        "notifications",
        "Send again what a span of time holds, of some types or what was given up",
        "How many are on their way",
        status=202,
        request_model=Replay,
        description="Each keeps its message id, so a receiver that keeps ids sees what it has had.",
    ),
    ProxiedRoute(
        "GET",
        ENDPOINTS_PATH + "/{id}/deliveries",
        "list_deliveries",
        "notifications",
        "List deliveries to an endpoint",
        "A page, newest first",
        query=("status", *PAGE_PARAMETERS),
        description="What was sent, what waits and what was given up, with the outcome of the last try.",
    ),
    ProxiedRoute(
        "POST",
        "/v1/deliveries/{id}/retry",
        "retry_delivery",
        "notifications",
        "Send a delivery again",
        "The delivery, due now",
        status=202,
        description="One that was given up, or that waits for its next try.",
    ),
    ProxiedRoute(
        "GET",
        "/v1/events",
        "pull_events",
        "notifications",
        "Pull events",
        "Events, oldest first; next_cursor is never null",
        query=("after", "types", "limit"),
        headers=("Prefer",),
        description=(
            "The same events that webhooks carry, for those who would rather ask. A cursor never skips an event; "
            "with `Prefer: wait=N` the answer waits for one."
        ),
    ),
    ProxiedRoute(
        "POST",
        "/v1/events/{id}/acknowledgement",
        "acknowledge_event",
        "notifications",
        "Say how an event was received",
        "The acknowledgement",
        request_model=Acknowledgement,
        description="Kept with the delivery, and told to the sender of the thing the event is about.",
    ),
)
