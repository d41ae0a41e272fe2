"""A partner's own little server for the demo: verifies each webhook, notes it, and fails when it is told to."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from saola_client import BadWebhook, verify_webhook
from services.cli.console import Trouble

HERE = "127.0.0.1"
VERIFICATION = "endpoint.verification"


class Receiver:
    """Listens on a free port of one of this machine's addresses; `failing` letters are answered 503 first.

    It listens from its making to its closing. Raises Trouble when the address is none of this machine's.
    """

    how = "signed, once"

    def __init__(self, failing: int = 0, *, at: str = HERE) -> None:
        self.events: list[dict[str, Any]] = []
        self.taken: Counter[str] = Counter()
        self.turned_away: list[str] = []
        self.forged = 0
        self._failing = failing
        self._secret = ""
        self._armed = threading.Event()
        self._lock = threading.Lock()
        self._at = at
        self._server = _listening(at, _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the hub is to send."""
        return f"http://{self._at}:{self._server.server_address[1]}/hooks"

    def know(self, secret: str) -> None:
        """Take the secret that the endpoint's creation answered; letters that come before it wait for it."""
        self._secret = secret
        self._armed.set()

    def receive(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer one letter: status and body."""
        self._armed.wait(10)
        try:
            event = verify_webhook(headers, body, self._secret)
        except BadWebhook:
            self.forged += 1
            return 400, b""
        if event["type"] == VERIFICATION:
            return 200, json.dumps({"challenge": event["data"]["challenge"]}).encode()
        with self._lock:
            name = {key.lower(): value for key, value in headers.items()}["webhook-id"]
            if self._failing > 0:
                self._failing -= 1
                self.turned_away.append(name)
                return 503, b""
            self.taken[name] += 1
            self.events.append(event)
        return 200, b""

    def about(self, kind: str, key: str, value: str) -> list[dict[str, Any]]:
        """Answer the events of one type whose data say `value` under `key`, in the order of their coming."""
        with self._lock:
            return [e for e in self.events if e["type"] == kind and e["data"].get(key) == value]

    def wait_for(self, kind: str, key: str, value: str, *, seconds: float = 30.0) -> dict[str, Any] | None:
        """Wait for such an event; answers None when it did not come in time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if found := self.about(kind, key, value):
                return found[0]
            time.sleep(0.01)
        return None


def _listening(at: str, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((at, 0), handler)
    except OSError as error:
        raise Trouble(
            f"Cannot listen on {at}: {error.strerror or error}. Name an IPv4 address of this machine that the hub can "
            "send to; `ip -4 address` lists them."
        ) from error


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, answer = receiver.receive(dict(self.headers), body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the play tells what matters."""

    return Handler
