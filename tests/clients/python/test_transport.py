"""The client against a small scripted server: the requests that it repeats, and those that it does not."""

import json
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import Any

import pytest

from saola_client import Hub, HubError, NoResponse, Problem
from saola_client.transport import retry_delay, to_json

PROBLEM = {
    "status": 409,
    "code": "invalid-transition",
    "title": "Conflict",
    "detail": "It is released.",
    "request_id": "r-1",
}


class ScriptedServer:
    """Sends the next response of its script, or 200 `{}`. None in the script closes the connection instead."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str], Any] | None] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.tokens = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def do_PUT(self) -> None:
                self._respond()

            def do_PATCH(self) -> None:
                self._respond()

            def _respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/oauth2/token":
                    outer.tokens += 1
                    self._send(200, {}, {"access_token": f"token-{outer.tokens}", "expires_in": 3600})
                    return
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                scripted = outer.script.pop(0) if outer.script else (200, {}, {})
                if scripted is None:
                    self.close_connection = True
                else:
                    self._send(*scripted)

            def _send(self, status: int, headers: dict[str, str], body: Any) -> None:
                lines = body if isinstance(body, list) else [body]
                content = b"\n".join(json.dumps(line).encode() for line in lines)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Yield a server without a script."""
    scripted = ScriptedServer()
    yield scripted
    scripted.server.shutdown()
    scripted.server.server_close()


@pytest.fixture
def hub(server: ScriptedServer) -> Iterator[Hub]:
    """Yield a client of the scripted server."""
    with Hub(server.url, "id", "secret", retry_seconds=5.0) as opened:
        yield opened


def idempotency_keys(server: ScriptedServer) -> set[str]:
    """Return the idempotency keys that the server received."""
    return {headers["idempotency-key"] for headers in request_headers(server)}


def request_headers(server: ScriptedServer) -> list[dict[str, str]]:
    """Return the headers of each received request, with names in lower case."""
    return [{name.lower(): value for name, value in headers.items()} for _, _, headers, _ in server.requests]


def test_access_token_serves_several_requests(server: ScriptedServer, hub: Hub) -> None:
    hub.me()
    hub.me()
    assert server.tokens == 1
    assert {headers["authorization"] for headers in request_headers(server)} == {"Bearer token-1"}


def test_access_token_that_is_refused_is_renewed_and_request_repeated_once(server: ScriptedServer, hub: Hub) -> None:
    server.script = [(401, {}, {"code": "unauthenticated"})]
    hub.release("d-1")
    assert server.tokens == 2
    assert len(idempotency_keys(server)) == 1
    server.script = [(401, {}, {})] * 2
    with pytest.raises(Problem) as refused:
        hub.me()
    assert refused.value.status == 401


def test_post_after_lost_response_is_repeated_with_same_key_and_bytes(server: ScriptedServer, hub: Hub) -> None:
    server.script = [None, None, (200, {}, {"status": "released"})]
    assert hub.release("d-1", [{"number": 1, "quantity": Decimal("0.250")}])["status"] == "released"
    assert len(server.requests) == 3
    assert len(idempotency_keys(server)) == 1
    assert len({body for *_, body in server.requests}) == 1


@pytest.mark.parametrize("status", [429, 502, 503])
def test_request_is_repeated_after_retry_after(server: ScriptedServer, hub: Hub, status: int) -> None:
    server.script = [(status, {"Retry-After": "0"}, {}), (200, {}, {"id": "p"})]
    assert hub.me() == {"id": "p"}


def test_request_after_failure_without_retry_after_is_not_repeated(server: ScriptedServer, hub: Hub) -> None:
    server.script = [(500, {}, {"code": "internal-error"})]
    with pytest.raises(Problem, match="500 internal-error"):
        hub.me()
    assert len(server.requests) == 1


def test_amendment_after_lost_response_is_repeated_with_same_key(server: ScriptedServer, hub: Hub) -> None:
    server.script = [None, (200, {}, {"version": 2})]
    assert hub.amend("d-1", {}, version=1)["version"] == 2
    assert len(server.requests) == 2
    assert len(idempotency_keys(server)) == 1


def test_change_without_idempotency_key_is_not_repeated(server: ScriptedServer, hub: Hub) -> None:
    server.script = [None]
    with pytest.raises(NoResponse):
        hub.update_party("p-1", {"disabled": True}, version=1)
    assert len(server.requests) == 1


def test_retry_after_may_be_a_date(server: ScriptedServer, hub: Hub) -> None:
    server.script = [(503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, {}), (200, {}, {"id": "p"})]
    assert hub.me() == {"id": "p"}
    server.script = [(503, {"Retry-After": "soon"}, {"code": "service-unavailable"})]
    with pytest.raises(Problem, match="503"):
        hub.me()


def test_declaration_is_read_until_it_is_checked(server: ScriptedServer, hub: Hub) -> None:
    server.script = [(200, {}, {"status": status}) for status in ("received", "received", "accepted")]
    assert hub.wait_until_checked("d-1")["status"] == "accepted"
    server.script = [(200, {}, {"status": "received"})] * 9
    with pytest.raises(NoResponse, match=r"has not checked declaration d-1 within 0\.1 s\. Read it again later\."):
        hub.wait_until_checked("d-1", seconds=0.1)


def test_followed_events_carry_the_cursor_to_continue_from(server: ScriptedServer, hub: Hub) -> None:
    server.script = [
        (200, {}, {"data": [{"id": "1"}, {"id": "2"}], "next_cursor": "a"}),
        (200, {}, {"data": [], "next_cursor": "a"}),
        (200, {}, {"data": [{"id": "3"}], "next_cursor": "b"}),
    ]
    followed = [(event["id"], cursor) for event, cursor in islice(hub.follow_events("0", ["permit.*"]), 3)]
    assert followed == [("1", "0"), ("2", "a"), ("3", "b")]
    assert [path.partition("after=")[2][:1] for _, path, _, _ in server.requests] == ["0", "a", "a"]


def test_bulk_lines_are_sent_in_blocks_and_repeated_if_lost_or_unavailable(server: ScriptedServer, hub: Hub) -> None:
    stored = {"status_code": 202}
    first = [stored] * 999 + [{"status_code": 503, "code": "overloaded"}]
    server.script = [None, (200, {}, first), (200, {}, [stored]), (200, {}, [stored] * 500)]
    drawn: list[int] = []

    def declarations() -> Iterator[dict[str, int]]:
        for number in range(1500):
            drawn.append(number)
            yield {"reference": number}

    responses = hub.send_bulk("declarations", declarations())
    assert next(responses) == {"status_code": 202, "line": 1}
    assert len(drawn) == 1000, "no more is read than is sent"
    assert [response["line"] for response in responses] == list(range(2, 1501))
    assert [body.count(b"\n") for *_, body in server.requests] == [1000, 1000, 1, 500]
    assert server.requests[2][3] == b'{"reference": 999}\n'


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://hub", "http://", "http://[", "http://hub:port"])
def test_hub_address_that_is_wrong_is_refused_with_the_expected_form(url: str) -> None:
    with pytest.raises(HubError, match=r"Expected: http://host:port or https://host\."):
        Hub(url, "id", "secret")


def _read_message_without_response(url: str) -> str:
    with Hub(url, "id", "secret", retry_seconds=0.0) as hub, pytest.raises(NoResponse) as lost:
        hub.me()
    return str(lost.value)


def test_hub_at_a_port_without_a_server_is_reported_as_not_running() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert _read_message_without_response(url) == (
        f"The hub at {url} does not respond: no program listens on this port. Check the address and that the hub runs."
    )


def test_hub_with_an_unknown_host_name_is_reported_with_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    message = _read_message_without_response("http://hub.invalid:8000")
    assert message.endswith("does not respond: the host name hub.invalid is unknown. Check the address.")


def test_hub_without_tls_at_an_https_address_is_reported_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        message = _read_message_without_response(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
    assert message.endswith("the port does not accept https. Check the address: a hub without TLS has http://.")


def test_requests_are_repeated_for_a_limited_time(server: ScriptedServer) -> None:
    with Hub(server.url, "id", "secret", retry_seconds=0.5) as hub:
        hub.access_token()
        server.script = [None] * 100
        with pytest.raises(NoResponse, match=r"the connection ended \(\w+\)\. Check the address") as lost:
            hub.me()
        assert "saola up" not in str(lost.value) and "--hub" not in str(lost.value)
        server.script = [(503, {"Retry-After": "60"}, {"code": "service-unavailable"})]
        with pytest.raises(Problem) as away:
            hub.me()
    assert away.value.retry_after == 60


def test_problem_document_is_raised_with_its_fields(server: ScriptedServer, hub: Hub) -> None:
    fault = {"pointer": "/items/0", "code": "missing", "detail": "Say which."}
    page = "https://hub.example/problems/invalid-transition"
    server.script = [(409, {}, PROBLEM | {"errors": [fault], "type": page})]
    with pytest.raises(Problem) as refused:
        hub.release("d-1")
    assert (refused.value.status, refused.value.code, refused.value.request_id) == (409, "invalid-transition", "r-1")
    assert refused.value.page == page
    assert str(refused.value) == "409 invalid-transition: It is released.\n  /items/0: Say which."


@pytest.mark.parametrize("body", ["text", [1], None])
def test_refusal_without_problem_document_is_raised_as_problem(server: ScriptedServer, hub: Hub, body: Any) -> None:
    server.script = [(404, {}, body)]
    with pytest.raises(Problem, match="404 http-404"):
        hub.me()


def test_list_is_read_to_its_end(server: ScriptedServer, hub: Hub) -> None:
    server.script = [
        (200, {}, {"data": [{"id": 1}, {"id": 2}], "next_cursor": "c"}),
        (200, {}, {"data": [{"id": 3}], "next_cursor": None}),
    ]
    assert [permit["id"] for permit in hub.list_permits({"issuer": "ZA"})] == [1, 2, 3]
    assert [path for _, path, _, _ in server.requests] == [
        "/v1/permits?limit=200&issuer=ZA",
        "/v1/permits?limit=200&issuer=ZA&cursor=c",
    ]


def test_parties_share_connections_and_not_tokens(server: ScriptedServer, hub: Hub) -> None:
    hub.me()
    hub.with_credentials("other", "secret").me()
    assert server.tokens == 2
    assert {headers["authorization"] for headers in request_headers(server)} == {"Bearer token-1", "Bearer token-2"}


def test_idempotency_key_of_the_caller_is_sent(server: ScriptedServer, hub: Hub) -> None:
    hub.lodge({"reference": "B-1"}, key="mine", wait=5)
    headers = request_headers(server)[0]
    assert (headers["idempotency-key"], headers["prefer"]) == ("mine", "wait=5")


def test_quantities_keep_their_digits_and_times_need_a_zone() -> None:
    from datetime import date, datetime

    assert to_json({"q": Decimal("1.2345678901234567890"), "d": date(2026, 3, 1)}) == (
        b'{"q": "1.2345678901234567890", "d": "2026-03-01"}'
    )
    with pytest.raises(HubError):
        to_json({"at": datetime(2026, 3, 1)})
    with pytest.raises(ValueError, match="JSON"):
        to_json({"q": float("nan")})


def test_retry_delay_grows_and_follows_retry_after() -> None:
    assert [retry_delay(n, None, 0.0) for n in (0, 1, 2, 50)] == [0.1, 0.2, 0.4, 3.0]
    assert retry_delay(3, 2.0, 1.0) == 2.5
