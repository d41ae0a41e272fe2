"""A receiver of webhooks for the demo. It verifies and records each webhook, and fails as often as the demo wants."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from saola_client import BadWebhook, verify_webhook
from services.cli.console import CommandError
from shared.cites.events import EventType

LOOPBACK = "127.0.0.1"
VERIFICATION_EVENT = EventType.ENDPOINT_VERIFICATION


class WebhookReceiver:
    """Listens on a free port of an address of this machine, and responds 503 to the first `failures` events.

    It listens from its creation until the block ends. It raises CommandError if this machine lacks the address.
    """

    description = "by a signed webhook, once"

    def __init__(self, failures: int = 0, *, address: str = LOOPBACK) -> None:
        self.events: list[dict[str, Any]] = []
        self.received_counts: Counter[str] = Counter()
        self.failed_ids: list[str] = []
        self.forged_count = 0
        self._failures_left = failures
        self._secret = ""
        self._secret_set = threading.Event()
        self._lock = threading.Lock()
        self._address = address
        self._server = _start_server(address, _create_handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> "WebhookReceiver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The URL to which the hub sends webhooks."""
        return f"http://{self._address}:{self._server.server_address[1]}/hooks"

    def set_secret(self, secret: str) -> None:
        """Set the secret from the response that created the endpoint. Webhooks that arrive earlier wait for it."""
        self._secret = secret
        self._secret_set.set()

    def receive(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the response to one webhook: status and body."""
        self._secret_set.wait(10)
        try:
            event = verify_webhook(headers, body, self._secret)
        except BadWebhook:
            self.forged_count += 1
            return 400, b""
        if event["type"] == VERIFICATION_EVENT:
            return 200, json.dumps({"challenge": event["data"]["challenge"]}).encode()
        with self._lock:
            webhook_id = {key.lower(): value for key, value in headers.items()}["webhook-id"]
            if self._failures_left > 0:
                self._failures_left -= 1
                self.failed_ids.append(webhook_id)
                return 503, b""
            self.received_counts[webhook_id] += 1
            self.events.append(event)
        return 200, b""

    def list_events(self, event_type: str, field: str, value: str) -> list[dict[str, Any]]:
        """Return the events of one type whose data have `value` in `field`, in the order of their arrival."""
        with self._lock:
            return [e for e in self.events if e["type"] == event_type and e["data"].get(field) == value]

    def wait_for_event(
        self, event_type: str, field: str, value: str, *, seconds: float = 30.0
    ) -> dict[str, Any] | None:
        """Wait for such an event, and return it; None if it does not come in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.list_events(event_type, field, value):
                return found[0]
            time.sleep(0.01)
        return None


def _start_server(address: str, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((address, 0), handler)
    except OSError as error:
        raise CommandError(
            f"The demo cannot listen on {address}: {error.strerror or error}. Name an IPv4 address of this machine "
            "that the hub can reach with --receive-at; `ip -4 address` lists them."
        ) from error


def _create_handler(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, answer = receiver.receive(dict(self.headers), body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
            """Log nothing, because the demo reports the results."""

    return Handler
