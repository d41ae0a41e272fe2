"""The forms of requests that the client's parts share: a GET, a POST with a key, a complete list."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from saola_client.transport import JSON, Transport, to_json

Body = Mapping[str, Any]
JsonObject = dict[str, Any]
NO_FILTERS: Mapping[str, str] = MappingProxyType({})


class HubRequests:
    """One party's requests to the hub, with their time limits."""

    def __init__(self, transport: Transport, *, timeout_seconds: float, retry_seconds: float) -> None:
        self._transport = transport
        self._timeout_seconds, self._retry_seconds = timeout_seconds, retry_seconds

    def _get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        wait: int = 0,
    ) -> JsonObject:
        found: JsonObject = self._transport.send(
            "GET", path, query=query, headers=headers, timeout_seconds=self._timeout_seconds + wait
        ).json()
        return found

    def _post(self, path: str, body: Body, key: str | None, *, wait: int = 0) -> JsonObject:
        headers = {"Content-Type": JSON, "Idempotency-Key": key or str(uuid4())}
        if wait:
            headers["Prefer"] = f"wait={wait}"
        response = self._transport.send(
            "POST", path, body=to_json(body), headers=headers, timeout_seconds=self._timeout_seconds + wait
        )
        return response.json() if response.content else {}

    def _list_all(self, path: str, filters: Mapping[str, str]) -> Iterator[JsonObject]:
        query, cursor = [("limit", "200"), *filters.items()], None
        while True:
            page = self._get(path, [*query, ("cursor", cursor)] if cursor else query)
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
