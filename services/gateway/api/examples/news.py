"""Examples about webhooks, deliveries and events."""

from services.gateway.api.examples.declarations import DECLARATION_ID
from services.gateway.api.examples.entry import Example
from services.gateway.api.examples.people import MOMENT

ENDPOINT_ID = "0190c0de-0000-7000-8000-00000000e4d1"
DELIVERY_ID = "0190c0de-0000-7000-8000-00000000de11"
EVENT_ID = "0190c0de-0000-5000-8000-00000000e7e4"
SENDS = {"url": "https://b.example/hooks", "event_types": ["declaration.*"], "description": "Our stock system"}
ENDPOINT = SENDS | {"id": ENDPOINT_ID, "status": "active", "paused": False, "version": 1}
SECRET = "whsec_C2FsYW9sYS1leGFtcGxlLXNlY3JldC0zMi1ieXRlcyE="  # noqa: S105
DELIVERY = {"id": DELIVERY_ID, "event_id": EVENT_ID, "status": "waiting", "attempts": 0, "due_at": MOMENT}
DATA = {"declaration_id": DECLARATION_ID, "reference": "B-2026-0001", "status": "released", "sequence": 3}
EVENT = {"id": EVENT_ID, "type": "declaration.released", "timestamp": MOMENT, "data": DATA}
EXAMPLES: dict[str, Example] = {
    "add_endpoint": Example(SENDS, ENDPOINT | {"secret": SECRET}),
    "list_endpoints": Example(answers={"data": [ENDPOINT], "next_cursor": None}),
    "read_endpoint": Example(answers=ENDPOINT),
    "change_endpoint": Example({"paused": True}, ENDPOINT | {"paused": True, "version": 2}),
    "end_endpoint": Example(),
    "rotate_endpoint_secret": Example(answers={"secret": SECRET}),
    "test_endpoint": Example(answers={"event_id": EVENT_ID, "delivery_id": DELIVERY_ID}),
    "replay_events": Example({"since": MOMENT}, {"deliveries": 12}),
    "list_deliveries": Example(answers={"data": [DELIVERY], "next_cursor": None}),
    "retry_delivery": Example(answers=DELIVERY),
    "pull_events": Example(answers={"data": [EVENT], "next_cursor": "42"}),
    "acknowledge_event": Example({"outcome": "accepted"}, {"outcome": "accepted", "message": None}),
}
