"""Events: webhook endpoints, and the feed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, to_json


class Events(HubRequests):
    """The requests about endpoints, deliveries and events."""

    def create_webhook_endpoint(
        self, url: str, event_types: Sequence[str] = ("*",), description: str | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Add a webhook endpoint: the hub sends it the events of these types. `["*"]` means all types.

        The result has `secret`, shown only once. Store it: `verify_webhook` needs it.
        """
        body: JsonObject = {"url": url, "event_types": list(event_types)}
        return self._post("/v1/webhook-endpoints", body | ({"description": description} if description else {}), key)

    def list_webhook_endpoints(self) -> Iterator[JsonObject]:
        """Yield the party's endpoints, newest first."""
        return self._list_all("/v1/webhook-endpoints", NO_FILTERS)

    def update_webhook_endpoint(self, endpoint_id: str, change: Body, *, version: int) -> JsonObject:
        """Change the named fields of an endpoint; the others stay. `{"paused": False}` resumes it.

        Raise Problem 412 `version-stale` if the present version is not `version`.
        """
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        return dict(
            self._transport.send(
                "PATCH", f"/v1/webhook-endpoints/{endpoint_id}", body=to_json(change), headers=headers
            ).json()
        )

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint and its pending deliveries."""
        self._transport.send("DELETE", f"/v1/webhook-endpoints/{endpoint_id}")

    def rotate_webhook_endpoint_secret(self, endpoint_id: str, *, key: str | None = None) -> JsonObject:
        """Create a new `secret`, shown only once. For 24 hours the hub signs with the old and the new secret."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/rotate-secret", {}, key)

    def send_test_event(self, endpoint_id: str, *, key: str | None = None) -> JsonObject:
        """Send an `endpoint.test` event to the endpoint."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/test", {}, key)

    def replay_events(self, endpoint_id: str, since: datetime, *, key: str | None = None) -> JsonObject:
        """Send all events since a time again to the endpoint, with their old event ids. `since` needs a time zone."""
        return self._post(f"/v1/webhook-endpoints/{endpoint_id}/replay", {"since": since}, key)

    def retry_delivery(self, delivery_id: str, *, key: str | None = None) -> JsonObject:
        """Send one delivery again now, if the hub gave it up or waits for its next attempt."""
        return self._post(f"/v1/deliveries/{delivery_id}/retry", {}, key)

    def list_deliveries(self, endpoint_id: str, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Yield the deliveries to an endpoint with their attempts, newest first. Filter: `status`."""
        return self._list_all(f"/v1/webhook-endpoints/{endpoint_id}/deliveries", filters)

    def list_events(self, after: str = "", types: Sequence[str] = (), *, limit: int = 50, wait: int = 0) -> JsonObject:
        """Return one page of the events after a cursor, oldest first: `data` and `next_cursor`.

        Without a cursor the page begins with the oldest event of the feed. `types` may end in a wildcard:
        `["permit.*"]`. With `wait` (seconds, at most 30) the hub waits for an event if there is none yet.
        """
        query = [("after", after)] if after else []
        query += [("types", ",".join(types))] if types else []
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self._get("/v1/events", [*query, ("limit", str(limit))], headers, wait)

    def follow_events(
        self, after: str = "", types: Sequence[str] = (), *, wait: int = 20
    ) -> Iterator[tuple[JsonObject, str]]:
        """Yield each event after a cursor as it occurs, without an end, with the cursor to store after it.

        Handle the event first, then store the cursor. After a crash, continue with `after=` the stored cursor. Your
        program then receives each event at least once, and knows a repeated one by the event's `id`.

            for event, cursor in hub.follow_events(after=stored_cursor):
                handle(event)
                store(cursor)
        """
        while True:
            page = self.list_events(after, types, wait=wait)
            for position, event in enumerate(page["data"], start=1):
                yield event, page["next_cursor"] if position == len(page["data"]) else after
            after = page["next_cursor"]

    def acknowledge_event(
        self, event_id: str, outcome: str, message: str | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Report your own result for an event: `accepted`, `with_warnings` or `not_readable`."""
        body = {"outcome": outcome} | ({"message": message} if message else {})
        return self._post(f"/v1/events/{event_id}/acknowledgement", body, key)
