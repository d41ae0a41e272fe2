"""An event as CloudEvents 1.0 has it in binary mode over HTTP: attributes in headers, its data alone as the body."""

import json
from urllib.parse import quote

from services.notifications.domain.delivery_request import DeliveryRequest
from shared.contracts.fields import format_timestamp

SOURCE = "/v1/events"
"""Where the hub tells its events: a URI reference, with which `ce-id` is unique (CloudEvents 1.0, source)."""
_UNESCAPED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


def render_cloud_event(request: DeliveryRequest) -> tuple[dict[str, str], bytes]:
    """Write a letter's attributes as headers and its data as the body, the same bytes each time it is sent.

    The place in the subject's order is the sequence extension; `Integer` says that it begins at 1 and has no gaps.
    """
    data = json.loads(request.body)["data"]
    time_header = {"ce-time": format_timestamp(request.occurred_at)} if request.occurred_at else {}
    attributes = {
        "ce-specversion": "1.0",
        "ce-id": str(request.event_id),
        "ce-source": SOURCE,
        "ce-type": request.event_type,
        "ce-subject": quote(request.subject, safe=_UNESCAPED),
        "ce-sequence": str(data["sequence"]),
        "ce-sequencetype": "Integer",
    }
    return attributes | time_header, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
