"""Hands events on to an address of this machine, as the hub's webhooks would come: same bytes, signed, in order."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from saola_client.webhooks import sign_webhook
from services.cli.console import CommandError

RETRY_DELAYS = (1.0, 5.0)
"""Seconds between the tries at an event that was answered, but not 2xx; after the last it is passed over."""
RECONNECT_SECONDS = 1.0
"""Seconds between two looks whether somebody listens there again."""
TIMEOUT_SECONDS = 15.0
"""As long as the hub's own webhooks wait for an answer."""


class Forwarder:
    """The way to one address; `report` says what a person should see."""

    def __init__(self, url: str, secret: str, report: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CommandError(f"{url} is no address to forward to. Write it whole: http://127.0.0.1:3000/hooks")
        self._url, self._secret, self._report = url, secret, report
        self._http = httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def forward(self, event: dict[str, Any]) -> str:
        """Hand an event on; answers what became of it in a few words. Waits while nobody listens there."""
        body = render_webhook_body(event)
        for wait in (*RETRY_DELAYS, None):
            began = time.monotonic()
            response = self._post(event["id"], body)
            result = f"→ {response.status_code} in {(time.monotonic() - began) * 1000:.0f} ms"
            if response.is_success or wait is None:
                return result if response.is_success else f"{result}, passed over"
            self._report(f"{result}; again in {wait:.0f} s")
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _post(self, event_id: str, body: bytes) -> httpx2.Response:
        waiting = False
        while True:
            headers = {"Content-Type": "application/json", **sign_webhook(event_id, body, self._secret, at=time.time())}
            try:
                return self._http.post(self._url, content=body, headers=headers)
            except httpx2.TransportError as error:
                if not waiting:
                    self._report(f"No answer from {self._url} ({type(error).__name__}); waiting until there is one.")
                waiting = True
                time.sleep(RECONNECT_SECONDS)


def render_webhook_body(event: dict[str, Any]) -> bytes:
    """Answer the very bytes that a webhook with this event would have."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
