"""News: sent to endpoints, or pulled from the feed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, to_json


class Events(HubRequests):
    """Endpoints, deliveries, events."""

    def create_webhook_endpoint(
        self, url: str, event_types: Sequence[str] = ("*",), description: str | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Have news sent to an address; the answer holds its `secret`, shown this once: see `verify_webhook`."""
        body: JsonObject = {"url": url, "event_types": list(event_types)}
        return self._post("/v1/webhook-endpoints", body | ({"description": description} if description else {}), key)

    def list_webhook_endpoints(self) -> Iterator[JsonObject]:
        """Answer one's endpoints, newest first."""
        return self._list_all("/v1/webhook-endpoints", NO_FILTERS)

    def update_webhook_endpoint(self, endpoint_id: str, change: Body, *, version: int) -> JsonObject:
        """Change what is named of an endpoint; `{"paused": False}` wakes it. 412 when somebody was quicker."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        return dict(
            self._transport.send(
                "PATCH", f"/v1/webhook-endpoints/{endpoint_id}", body=to_json(change), headers=headers
            ).json()
        )

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint, and with it what is still to be sent there."""
        self._transport.send("DELETE", f"/v1/webhook-endpoints/{endpoint_id}")

    def rotate_webhook_endpoint_secret(self, endpoint_id: str, *, key: str | None = None) -> JsonObject:
        """Make a new `secret`; for 24 hours the old one signs beside it."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/rotate-secret", {}, key)

    def send_test_event(self, endpoint_id: str, *, key: str | None = None) -> JsonObject:
        """Have an `endpoint.test` event sent there."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/test", {}, key)

    def replay_events(self, endpoint_id: str, since: datetime, *, key: str | None = None) -> JsonObject:
        """Have everything since a moment sent there again, under the same event ids."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/replay", {"since": since}, key)

    def retry_delivery(self, delivery_id: str, *, key: str | None = None) -> JsonObject:
        """Have one delivery sent again now."""
        return self._post(f"/v1/deliveries/{delivery_id}/retry", {}, key)

    def list_deliveries(self, endpoint_id: str, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Answer what was and is being sent to an endpoint, newest first."""
        return self._list_all(f"/v1/webhook-endpoints/{endpoint_id}/deliveries", filters)

    def list_events(self, after: str = "", types: Sequence[str] = (), *, limit: int = 50, wait: int = 0) -> JsonObject:
        """Answer a page of the news after a cursor, oldest first; with `wait` (seconds) waits for some."""
        query = [("after", after)] if after else []
        query += [("types", ",".join(types))] if types else []
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self._get("/v1/events", [*query, ("limit", str(limit))], headers, wait)

    def follow_events(
        self, after: str = "", types: Sequence[str] = (), *, wait: int = 20
    ) -> Iterator[tuple[JsonObject, str]]:
        """Answer events after a cursor as they come, for ever, each with the cursor to keep once it was handled.

        Who dies in between and begins again at the cursor it kept hears each event at least once; the event's `id`
        says which it has had already.
        """
        while True:
            page = self.list_events(after, types, wait=wait)
            for position, event in enumerate(page["data"], start=1):
                yield event, page["next_cursor"] if position == len(page["data"]) else after
            after = page["next_cursor"]

    def acknowledge_event(
        self, event_id: str, outcome: str, message: str | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Say what became of an event here: `accepted`, `with_warnings` or `not_readable`."""
        body = {"outcome": outcome} | ({"message": message} if message else {})
        return self._post(f"/v1/events/{event_id}/acknowledgement", body, key)
