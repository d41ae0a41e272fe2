"""The routes about webhooks, deliveries and events that notifications answers, as one list."""

from services.gateway.api.relay import Relayed
from shared.contracts.webhooks import Acknowledgement, EndpointChange, NewEndpoint, Replay

PAGE = ("limit", "cursor")
W = "/v1/webhook-endpoints"

NEWS: tuple[Relayed, ...] = (
    Relayed(
        "POST",
        W,
        "add_endpoint",
        "notifications",
        "Add a webhook endpoint",
        "The endpoint, its secret shown once",
        status=201,
        takes=NewEndpoint,
    ),
    Relayed("GET", W, "list_endpoints", "notifications", "List webhook endpoints", "A page", query=PAGE),
    Relayed("GET", W + "/{id}", "read_endpoint", "notifications", "Read a webhook endpoint", "The endpoint"),
    Relayed(
        "PATCH",
        W + "/{id}",
        "change_endpoint",
        "notifications",
        "Change, pause or resume a webhook endpoint",
        "The endpoint",
        takes=EndpointChange,
        headers=("If-Match",),
        codes=("version-missing", "version-stale"),
    ),
    Relayed("DELETE", W + "/{id}", "end_endpoint", "notifications", "End a webhook endpoint", "It is gone", status=204),
    Relayed(
        "POST",
        W + "/{id}/rotate-secret",
        "rotate_endpoint_secret",
        "notifications",
        "Make a new secret",
        "The new secret; old and new both sign for 24 h",
    ),
    Relayed(
        "POST",
        W + "/{id}/test",
        "test_endpoint",
        "notifications",
        "Send a test event",
        "The ids of the event and of the delivery, which is on its way",
        status=202,
    ),
    Relayed(
        "POST",
        W + "/{id}/replay",
        "replay_events",
        "notifications",
        "Send everything again since a moment",
        "How many are on their way",
        status=202,
        takes=Replay,
    ),
    Relayed(
        "GET",
        W + "/{id}/deliveries",
        "list_deliveries",
        "notifications",
        "List deliveries to an endpoint",
        "A page, newest first",
        query=("status", *PAGE),
    ),
    Relayed(
        "POST",
        "/v1/deliveries/{id}/retry",
        "retry_delivery",
        "notifications",
        "Send a delivery again",
        "The delivery, due now",
        status=202,
    ),
    Relayed(
        "GET",
        "/v1/events",
        "pull_events",
        "notifications",
        "Pull events",
        "Events, oldest first; next_cursor is never null",
        query=("after", "types", "limit"),
        headers=("Prefer",),
    ),
    Relayed(
        "POST",
        "/v1/events/{id}/acknowledgement",
        "acknowledge_event",
        "notifications",
        "Say how an event was received",
        "The acknowledgement",
        takes=Acknowledgement,
    ),
)
