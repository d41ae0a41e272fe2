"""The client of the notifications service, which receives the events of permits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic_core import to_json

from shared.contracts.fields import format_timestamp
from shared.contracts.messages import MessageResults
from shared.contracts.parties import Caller
from shared.dispatcher import OutboxMessage, ReceiverError
from shared.request_context import current_request_id
from shared.service_client import ServiceClient, ServiceUnreachable
from shared.strict_json import parse_json, validate


class NotificationsClient:
    """Sends events to notifications."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def send_events(self, messages: Sequence[OutboxMessage]) -> Mapping[UUID, bool]:
        """Send a batch of events. Return for each id whether notifications stored it.

        Raise ServiceUnreachable (503), ReceiverError (any other status).
        """
        reply = await self._service.call(
            "POST",
            "/internal/news",
            caller=Caller(service="permits", request_id=current_request_id()),
            body=f'{{"letters":[{",".join(render_event_message(message) for message in messages)}]}}'.encode(),
            headers={"Content-Type": "application/json"},
        )
        if reply.status == 503:
            raise ServiceUnreachable("notifications answered 503")
        if reply.status != 200:
            raise ReceiverError(f"notifications answered {reply.status}")
        results = validate(MessageResults, parse_json(reply.body))
        return {result.id: result.outcome == "taken" for result in results.answers}


def render_event_message(message: OutboxMessage) -> str:
    """Render an outbox message (contract `EventMessage`). Its data and audience are stored as JSON and copied."""
    envelope = {name: message[name] for name in ("id", "type", "subject", "sequence")}
    envelope["at"] = format_timestamp(message["at"])
    return f'{to_json(envelope).decode()[:-1]},"data":{message["data"]},"audience":{message["audience"]}}}'
