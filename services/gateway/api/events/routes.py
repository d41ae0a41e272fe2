"""The routes about webhook endpoints, deliveries and events."""

from services.gateway.api.events import examples, models
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
from services.gateway.api.routing.route import NO_BODIES, Link, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import DELIVERIES, EVENTS, WEBHOOK_ENDPOINTS
from shared.contracts.closed_sets import DeliveryStatus
from shared.contracts.views import webhooks as views
from shared.contracts.webhooks import Acknowledgement, EndpointChange, NewEndpoint, Replay

ENDPOINTS_PATH = "/v1/webhook-endpoints"
STATUS = QueryParameter(name="status", description="Where it stands", schema=one_of(DeliveryStatus))
AFTER = QueryParameter(
    name="after",
    description="Where to go on: `next_cursor` of the page before; empty is the beginning",
    schema={"type": "string"},
)
TYPES = QueryParameter(
    name="types",
    description="Types of event, or families such as `declaration.*`, with commas",
    schema={"type": "string"},
)
WAIT_FOR_EVENTS = HeaderParameter(
    name="Prefer", description="wait=N: wait up to N seconds (30 at most) for something to answer with"
)
FIRST_LISTED = {"id": "$response.body#/data/0/id"}

ROUTES = (
    Route(
        method="POST",
        path=ENDPOINTS_PATH,
        operation_id="create_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Add a webhook endpoint",
        description=(
            "Deliveries are signed by the Standard Webhooks specification; the endpoint may have to prove itself first."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewEndpoint),
        responses=(
            RouteResponse(status=201, description="The endpoint, its secret shown once", model=views.CreatedEndpoint),
        ),
        example=examples.CREATE_WEBHOOK_ENDPOINT,
        creates=True,
    ),
    Route(
        method="GET",
        path=ENDPOINTS_PATH,
        operation_id="list_webhook_endpoints",
        tag=WEBHOOK_ENDPOINTS,
        summary="List webhook endpoints",
        description="Those of one's own party, newest first, without their secrets.",
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
        description="Its address, what it hears, and whether it is paused or disabled; never its secret.",
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
        description="What is named is changed; what is not named stays. A resumed endpoint gets what waited.",
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
        description="Nothing more is sent there, what waits included.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        responses=(RouteResponse(status=204, description="It is gone"),),
        example=NO_BODIES,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/rotate-secret",
        operation_id="rotate_webhook_endpoint_secret",
        tag=WEBHOOK_ENDPOINTS,
        summary="Make a new secret",
        description=(
            "For 24 hours both the old and the new secret sign, so that the receiver can change over at leisure."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(RouteResponse(description="The new secret; old and new both sign for 24 h", model=views.NewSecret),),
        example=examples.ROTATE_WEBHOOK_ENDPOINT_SECRET,
    ),
    Route(
        method="POST",
        path=ENDPOINTS_PATH + "/{id}/verification",
        operation_id="verify_webhook_endpoint",
        tag=WEBHOOK_ENDPOINTS,
        summary="Send a pending endpoint its challenge again",
        description=(
            "A pending endpoint is sent an `endpoint.verification` event, signed, and answers 2xx with "
            '`{"challenge": "…"}`, the one it was sent. Till then its letters wait. One is sent when it is made; '
            "this sends another."
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
        description="An `endpoint.test` event goes to this endpoint alone, signed as every other.",
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
        tag=WEBHOOK_ENDPOINTS,
        summary="Send again what a span of time holds, of some types or what was given up",
        description="Each keeps its message id, so a receiver that keeps ids sees what it has had.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Replay),
        responses=(RouteResponse(status=202, description="How many are on their way", model=views.ReplayResult),),
        example=examples.REPLAY_EVENTS,
    ),
    Route(
        method="GET",
        path=ENDPOINTS_PATH + "/{id}/deliveries",
        operation_id="list_deliveries",
        tag=WEBHOOK_ENDPOINTS,
        summary="List deliveries to an endpoint",
        description="What was sent, what waits and what was given up, with the outcome of the last try.",
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
        description="One that was given up, or that waits for its next try.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        responses=(RouteResponse(status=202, description="The delivery, due now", model=views.DeliveryView),),
        example=examples.RETRY_DELIVERY,
    ),
    Route(
        method="GET",
        path="/v1/events",
        operation_id="list_events",
        tag=EVENTS,
        summary="List events",
        description=(
            "The same events that webhooks carry, for those who would rather ask. A cursor never skips an event; "
            "with `Prefer: wait=N` the answer waits for one."
        ),
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        query=(AFTER, TYPES, LIMIT),
        headers=(WAIT_FOR_EVENTS,),
        responses=(RouteResponse(description="Events, oldest first; next_cursor is never null", model=models.Events),),
        example=examples.LIST_EVENTS,
        links=(Link(operation_id="acknowledge_event", parameters=FIRST_LISTED),),
    ),
    Route(
        method="POST",
        path="/v1/events/{id}/acknowledgement",
        operation_id="acknowledge_event",
        tag=EVENTS,
        summary="Say how an event was received",
        description="Kept with the delivery, and told to the sender of the thing the event is about.",
        permission=SUBSCRIBER_ROLES,
        handler=forward,
        service="notifications",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Acknowledgement),
        responses=(RouteResponse(description="The acknowledgement", model=views.StoredAcknowledgement),),
        example=examples.ACKNOWLEDGE_EVENT,
    ),
)
