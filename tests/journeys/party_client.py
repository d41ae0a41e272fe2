"""A client with one credential, for journeys that compare whole responses."""

from typing import Any

import httpx2

from saola_client import Hub
from tests.hub import RunningHub
from tests.waiting import WAIT_SECONDS, block_until


class PartyClient:
    """One credential's way into the hub, with the answers as they come."""

    def __init__(self, hub: RunningHub, way: Hub) -> None:
        self._url, self._way = hub.url, way

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        request_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {self._way.access_token()}"}
        return httpx2.request(
            method,
            self._url + path,
            json=body,
            headers={**bearer, **request_headers},
            trust_env=False,
            timeout=WAIT_SECONDS,
        )

    def send(self, method: str, path: str, file: bytes) -> httpx2.Response:
        """Send a file of CSV."""
        headers = {"Authorization": f"Bearer {self._way.access_token()}", "Content-Type": "text/csv"}
        return httpx2.request(method, self._url + path, content=file, headers=headers, trust_env=False, timeout=120)


def wait_for_events(client: PartyClient, types: str, many: int) -> list[dict[str, Any]]:
    """Wait until the feed has as many events as expected."""
    found: list[dict[str, Any]] = []

    def are_enough() -> bool:
        found[:] = client("GET", f"/v1/events?types={types}").json()["data"]
        return len(found) >= many

    block_until(are_enough)
    return found
