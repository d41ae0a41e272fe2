"""Examples about webhooks, deliveries and events."""

from services.gateway.api.declarations.examples import DECLARATION_ID
from services.gateway.api.parties.examples import MOMENT
from services.gateway.api.routing.route import Example
from shared.cites.events import EventType

ENDPOINT_ID = "0190c0de-0000-7000-8000-00000000e4d1"
DELIVERY_ID = "0190c0de-0000-7000-8000-00000000de11"
EVENT_ID = "0190c0de-0000-5000-8000-00000000e7e4"
ENDPOINT_CONTENT = {
    "url": "https://b.example/hooks",
    "event_types": ["declaration.*"],
    "description": "Our stock system",
}
FILTERS = {"countries": ["FR"], "permits": [], "taxa": ["Crocodylus"]}
ENDPOINT = ENDPOINT_CONTENT | {
    "id": ENDPOINT_ID,
    "filters": FILTERS,
    "headers": {},
    "rate_limit": 50,
    "format": "standard",
    "status": "active",
    "paused": False,
    "verify": False,
    "rests_until": None,
    "reason": None,
    "public_keys": ["whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="],
    "created_at": MOMENT,
    "version": 1,
}
SECRET = "whsec_C2FsYW9sYS1leGFtcGxlLXNlY3JldC0zMi1ieXRlcyE="  # noqa: S105
ATTEMPT = {"at": MOMENT, "duration_ms": 41, "status": 503, "reason": "answered 503", "answer": "not yet"}
DELIVERY = {
    "id": DELIVERY_ID,
    "event_id": EVENT_ID,
    "type": EventType.DECLARATION_RELEASED.value,
    "subject": f"declaration:{DECLARATION_ID}",
    "status": "pending",
    "created_at": MOMENT,
    "settled_at": None,
    "next_attempt_at": MOMENT,
    "attempts": [ATTEMPT],
    "acknowledgement": None,
}
DATA = {"declaration_id": DECLARATION_ID, "reference": "B-2026-0001", "status": "released", "sequence": 3}
EVENT = {"id": EVENT_ID, "type": EventType.DECLARATION_RELEASED.value, "timestamp": MOMENT, "data": DATA}
CREATE_WEBHOOK_ENDPOINT = Example(
    request=ENDPOINT_CONTENT | {"filters": FILTERS, "rate_limit": 50}, response=ENDPOINT | {"secret": SECRET}
)
LIST_WEBHOOK_ENDPOINTS = Example(response={"data": [ENDPOINT], "next_cursor": None})
READ_WEBHOOK_ENDPOINT = Example(response=ENDPOINT)
UPDATE_WEBHOOK_ENDPOINT = Example(request={"paused": True}, response=ENDPOINT | {"paused": True, "version": 2})
ROTATE_WEBHOOK_ENDPOINT_SECRET = Example(
    response={"id": ENDPOINT_ID, "secret": SECRET, "old_secret_ends_at": "2026-11-23T08:00:00Z"}
)
VERIFY_WEBHOOK_ENDPOINT = Example(response={"event_id": EVENT_ID, "delivery_id": DELIVERY_ID})
TEST_WEBHOOK_ENDPOINT = Example(response={"event_id": EVENT_ID, "delivery_id": DELIVERY_ID})
REPLAY_EVENTS = Example(
    request={"since": MOMENT, "types": ["declaration.*"]}, response={"since": MOMENT, "until": MOMENT, "deliveries": 12}
)
LIST_DELIVERIES = Example(response={"data": [DELIVERY], "next_cursor": None})
RETRY_DELIVERY = Example(response=DELIVERY)
LIST_EVENTS = Example(response={"data": [EVENT], "next_cursor": "42"})
ACKNOWLEDGE_EVENT = Example(
    request={"outcome": "accepted"},
    response={"event_id": EVENT_ID, "outcome": "accepted", "message": None, "at": MOMENT},
)
