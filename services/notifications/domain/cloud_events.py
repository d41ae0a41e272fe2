"""An event in binary mode of CloudEvents 1.0 over HTTP: attributes in headers, the data alone as the body."""

import json
from urllib.parse import quote

from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.withdrawals import event_subject
from shared.contracts.fields import format_timestamp

SOURCE = "/v1/events"
"""The source of the hub's events: a URI reference that makes `ce-id` unique (CloudEvents 1.0, source)."""
_UNESCAPED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


def render_cloud_event(request: DeliveryRequest) -> tuple[dict[str, str], bytes]:
    """Render an event's attributes as headers and its data as the body, with the same bytes at each attempt.

    The event's sequence is the sequence extension; `Integer` means that it begins at 1 and has no gaps.
    """
    data = json.loads(request.body)["data"]
    time_header = {"ce-time": format_timestamp(request.occurred_at)} if request.occurred_at else {}
    attributes = {
        "ce-specversion": "1.0",
        "ce-id": str(request.event_id),
        "ce-source": SOURCE,
        "ce-type": request.event_type,
        "ce-subject": quote(event_subject(request.subject), safe=_UNESCAPED),
        "ce-sequence": str(data["sequence"]),
        "ce-sequencetype": "Integer",
    }
    return attributes | time_header, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
