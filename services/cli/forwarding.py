"""Forwards events to an address of this machine, in the form of the hub's webhooks: same bytes, signed, in order."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from saola_client.webhooks import sign_webhook
from services.cli.console import CommandError

RETRY_DELAYS = (1.0, 5.0)
"""Seconds between the attempts at an event whose response is not 2xx. After the last attempt it is skipped."""
RECONNECT_SECONDS = 1.0
"""Seconds between two attempts to connect while no program listens at the address."""
TIMEOUT_SECONDS = 15.0
"""Seconds to wait for a response, as for the hub's own webhooks."""


class Forwarder:
    """Forwards events to one address. `report` shows a message to the user. Raises CommandError for a wrong URL."""

    def __init__(self, url: str, secret: str, report: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CommandError(f"--forward is {url!r}. Expected: a complete URL, such as http://127.0.0.1:3000/hooks")
        self._url, self._secret, self._report = url, secret, report
        self._http = httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def forward(self, event: dict[str, Any]) -> str:
        """Forward an event, and return the result in a few words. Wait while no program listens at the address."""
        body = render_webhook_body(event)
        for wait in (*RETRY_DELAYS, None):
            began = time.monotonic()
            response = self._post(event["id"], body)
            result = f"→ {response.status_code} in {(time.monotonic() - began) * 1000:.0f} ms"
            if response.is_success or wait is None:
                return result if response.is_success else f"{result}, skipped"
            self._report(f"{result}; repeated in {wait:.0f} s")
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
                    self._report(f"{self._url} does not respond ({type(error).__name__}). Waiting until it does.")
                waiting = True
                time.sleep(RECONNECT_SECONDS)


def render_webhook_body(event: dict[str, Any]) -> bytes:
    """Render an event as the bytes of its webhook."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
