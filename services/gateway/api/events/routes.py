"""The routes about webhook endpoints, deliveries and events."""

from services.gateway.api.events import examples, models
from services.gateway.api.events.handlers import list_events
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import (
    IDEMPOTENCY_KEY,
    LIMIT,
    PAGE,
    REQUIRED_IF_MATCH,
    HeaderParameter,
    QueryParameter,
    one_of,
)
from services.gateway.api.routing.permissions import SUBSCRIBER_ROLES
from services.gateway.api.routing.route import (
    LIST_COST,
    NO_BODIES,
    REPORT_COST,
    Link,
    RequestBody,
    Route,
    RouteResponse,
)
from services.gateway.api.routing.tags import DELIVERIES, EVENTS, WEBHOOK_ENDPOINTS
from shared.contracts.closed_sets import DeliveryStatus
from shared.contracts.views import webhooks as views
from shared.contracts.webhooks import Acknowledgement, EndpointChange, NewEndpoint, Replay

ENDPOINTS_PATH = "/v1/webhook-endpoints"
STATUS = QueryParameter(name="status", description="Status of the delivery", schema=one_of(DeliveryStatus))
AFTER = QueryParameter(
    name="after",
    description="`next_cursor` of the previous page; empty: the beginning",
    schema={"type": "string"},
)
TYPES = QueryParameter(
    name="types",
    description="Event types, or families such as `declaration.*`, separated by commas",
    schema={"type": "string"},
)
WAIT_FOR_EVENTS = HeaderParameter(name="Prefer", description="`wait=N`: wait up to N seconds (maximum 30) for an event")
FIRST_LISTED = {"id": "$response.body#/data/0/id"}

ROUTES = (
    Route(
        method="POST",
        path=ENDPOINTS_PATH,
        operation_id="create_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Add a webhook endpoint",
        description=(
            "You add an endpoint of your party. The hub sends events to its URL, signed by the Standard Webhooks "
            "specification. The response shows the secret once.\n\n"
            "If the hub requires verification, the status is `pending` until the endpoint returns the challenge of "
            "`endpoint.verification`."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewEndpoint),
        responses=(
            RouteResponse(
                status=201, description="The endpoint with its secret, shown once", model=views.CreatedEndpoint
            ),
        ),
        problems=("too-many-endpoints",),
        example=examples.CREATE_WEBHOOK_ENDPOINT,
        creates=True,
    ),
    Route(
        method="GET",
        path=ENDPOINTS_PATH,
        operation_id="list_webhook_endpoints",
        tag=WEBHOOK_ENDPOINTS,
        summary="List webhook endpoints",
        description="You list the endpoints of your party, newest first, without their secrets.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        query=PAGE,
        responses=(RouteResponse(description="A page", model=views.Endpoints),),
        example=examples.LIST_WEBHOOK_ENDPOINTS,
    ),
    Route(
        method="GET",
        path=ENDPOINTS_PATH + "/{id}",
        operation_id="read_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Read a webhook endpoint",
        description="You read an endpoint of your party: URL, event types, filters and status, never the secret.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        responses=(RouteResponse(description="The endpoint", model=views.EndpointView),),
        example=examples.READ_WEBHOOK_ENDPOINT,
    ),
    Route(
        method="PATCH",
        path=ENDPOINTS_PATH + "/{id}",
        operation_id="update_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Change, pause or resume a webhook endpoint",
        description=(
            "You change an endpoint of your party. A field that you leave out stays. A resumed endpoint receives the "
            "waiting deliveries, in order."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(REQUIRED_IF_MATCH,),
        request=RequestBody(model=EndpointChange),
        responses=(RouteResponse(description="The endpoint", model=views.EndpointView),),
        example=examples.UPDATE_WEBHOOK_ENDPOINT,
    ),
    Route(
        method="DELETE",
        path=ENDPOINTS_PATH + "/{id}",
        operation_id="delete_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Delete a webhook endpoint",
        description=(
            "You delete an endpoint of your party. The hub sends nothing more to it and drops its waiting deliveries."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        responses=(RouteResponse(status=204, description="The endpoint is deleted"),),
        example=NO_BODIES,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/rotate-secret",
        operation_id="rotate_webhook_endpoint_secret",
        tag=WEBHOOK_ENDPOINTS,
        summary="Rotate the secret",
        description=(
            "The hub creates a new secret, shown once. For 24 hours it signs with both the old and the new secret, so "
            "that the receiver can change over."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(RouteResponse(description="The new secret; both sign for 24 hours", model=views.NewSecret),),
        problems=("rotated-too-often",),
        example=examples.ROTATE_WEBHOOK_ENDPOINT_SECRET,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/verification",
        operation_id="verify_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Send the challenge again",
        description=(
            "The hub sends a signed `endpoint.verification` event when you create an endpoint. This route sends "
            'another one. The endpoint replies with 2xx and `{"challenge": "…"}` with the same challenge. Until then '
            "its deliveries wait."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(
            RouteResponse(
                status=202,
                description="The ids of the event and of the delivery, which is on its way",
                model=views.SentEvent,
            ),
        ),
        problems=("not-pending",),
        example=examples.VERIFY_WEBHOOK_ENDPOINT,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/test",
        operation_id="test_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Send a test event",
        description="The hub sends an `endpoint.test` event only to this endpoint, signed like every other.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(
            RouteResponse(
                status=202,
                description="The ids of the event and of the delivery, which is on its way",
                model=views.SentEvent,
            ),
        ),
        example=examples.TEST_WEBHOOK_ENDPOINT,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/replay",
        operation_id="replay_events",
        cost=REPORT_COST,
        tag=WEBHOOK_ENDPOINTS,
        summary="Replay events",
        description=(
            "The hub sends the events of a period again, of all types, of some types, or only those that it gave up. "
            "Each has its old event id, so a receiver that stores ids recognizes repetitions."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Replay),
        responses=(RouteResponse(status=202, description="The number of deliveries", model=views.ReplayResult),),
        example=examples.REPLAY_EVENTS,
    ),
    Route(
        method="GET",
        path=ENDPOINTS_PATH + "/{id}/deliveries",
        operation_id="list_deliveries",
        cost=LIST_COST,
        tag=WEBHOOK_ENDPOINTS,
        summary="List deliveries to an endpoint",
        description="You list the deliveries to an endpoint of your party, with status and newest attempts.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        query=(STATUS, *PAGE),
        responses=(RouteResponse(description="A page, newest first", model=views.Deliveries),),
        example=examples.LIST_DELIVERIES,
        links=(Link(operation_id="retry_delivery", parameters=FIRST_LISTED),),
    ),
    Route(
        method="POST",
        path="/v1/deliveries/{id}/retry",
        operation_id="retry_delivery",
        tag=DELIVERIES,
        summary="Send a delivery again",
        description="The hub sends the delivery now: one that it gave up, or one that waits for its next attempt.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(RouteResponse(status=202, description="The delivery, due now", model=views.DeliveryView),),
        problems=("too-many-attempts",),
        example=examples.RETRY_DELIVERY,
    ),
    Route(
        method="GET",
        path="/v1/events",
        operation_id="list_events",
        tag=EVENTS,
        summary="List events",
        description=(
            "You fetch the events that webhooks send, oldest first, of the last 30 days. A cursor never skips an "
            "event. With `Prefer: wait=N` the response waits for the next event. A party may have a few such requests "
            "at once."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=list_events,
        service="notifications",
        query=(AFTER, TYPES, LIMIT),
        headers=(WAIT_FOR_EVENTS,),
        responses=(RouteResponse(description="Events, oldest first; next_cursor is never null", model=models.Events),),
        problems=("too-many-waits",),
        example=examples.LIST_EVENTS,
        links=(Link(operation_id="acknowledge_event", parameters=FIRST_LISTED),),
    ),
    Route(
        method="POST",
        path="/v1/events/{id}/acknowledgement",
        operation_id="acknowledge_event",
        tag=EVENTS,
        summary="Acknowledge an event",
        description=(
            "The receiver states its own result for an event. The hub stores it with the delivery. The sender of the "
            "declaration, permit or application receives `event.acknowledged`."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Acknowledgement),
        responses=(RouteResponse(description="The acknowledgement", model=views.StoredAcknowledgement),),
        problems=("too-many-acknowledgements",),
        example=examples.ACKNOWLEDGE_EVENT,
    ),
)
