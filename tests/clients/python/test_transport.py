"""The client against a small server that does as it is told: what is asked again, and what is not."""

import json
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


class Scripted:
    """Answers what its script says next, or 200 `{}`; None in the script drops the connection unanswered."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str], Any] | None] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
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
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_PUT(self) -> None:
                self._answer()

            def do_PATCH(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/oauth2/token":
                    outer.tokens += 1
                    self._send(200, {}, {"access_token": f"token-{outer.tokens}", "expires_in": 3600})
                    return
                outer.asked.append((self.command, self.path, dict(self.headers), body))
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
def server() -> Iterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.server.shutdown()
    scripted.server.server_close()


@pytest.fixture
def hub(server: Scripted) -> Iterator[Hub]:
    with Hub(server.url, "id", "secret", retry_seconds=5.0) as opened:
        yield opened


def keys(server: Scripted) -> set[str]:
    return {headers["idempotency-key"] for _, _, headers, _ in lower(server)}


def lower(server: Scripted) -> list[tuple[str, str, dict[str, str], bytes]]:
    return [(m, p, {k.lower(): v for k, v in h.items()}, b) for m, p, h, b in server.asked]


def test_one_token_serves_many_calls(server: Scripted, hub: Hub) -> None:
    hub.me()
    hub.me()
    assert server.tokens == 1
    assert {h["authorization"] for _, _, h, _ in lower(server)} == {"Bearer token-1"}


def test_a_token_that_is_refused_is_fetched_anew_and_the_call_made_again_once(server: Scripted, hub: Hub) -> None:
    server.script = [(401, {}, {"code": "unauthenticated"})]
    hub.release("d-1")
    assert server.tokens == 2
    assert len(keys(server)) == 1
    server.script = [(401, {}, {})] * 2
    with pytest.raises(Problem) as refused:
        hub.me()
    assert refused.value.status == 401


def test_a_post_whose_answer_was_lost_is_asked_again_under_the_same_key_with_the_same_bytes(
    server: Scripted, hub: Hub
) -> None:
    server.script = [None, None, (200, {}, {"status": "released"})]
    assert hub.release("d-1", [{"number": 1, "quantity": Decimal("0.250")}])["status"] == "released"
    assert len(server.asked) == 3
    assert len(keys(server)) == 1
    assert len({body for *_, body in server.asked}) == 1


@pytest.mark.parametrize("status", [429, 502, 503])
def test_what_is_away_for_a_while_is_asked_again_when_it_said(server: Scripted, hub: Hub, status: int) -> None:
    server.script = [(status, {"Retry-After": "0"}, {}), (200, {}, {"id": "p"})]
    assert hub.me() == {"id": "p"}


def test_a_failure_that_names_no_time_is_not_asked_again(server: Scripted, hub: Hub) -> None:
    server.script = [(500, {}, {"code": "internal-error"})]
    with pytest.raises(Problem, match="500 internal-error"):
        hub.me()
    assert len(server.asked) == 1


def test_a_version_whose_answer_was_lost_is_put_again_under_the_same_key(server: Scripted, hub: Hub) -> None:
    server.script = [None, (200, {}, {"version": 2})]
    assert hub.amend("d-1", {}, version=1)["version"] == 2
    assert len(server.asked) == 2
    assert len(keys(server)) == 1


def test_a_change_that_no_key_protects_is_not_asked_again(server: Scripted, hub: Hub) -> None:
    server.script = [None]
    with pytest.raises(NoResponse):
        hub.update_party("p-1", {"disabled": True}, version=1)
    assert len(server.asked) == 1


def test_a_time_to_come_back_may_be_a_date(server: Scripted, hub: Hub) -> None:
    server.script = [(503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, {}), (200, {}, {"id": "p"})]
    assert hub.me() == {"id": "p"}
    server.script = [(503, {"Retry-After": "soon"}, {"code": "service-unavailable"})]
    with pytest.raises(Problem, match="503"):
        hub.me()


def test_a_declaration_is_waited_for_until_its_checks_are_done(server: Scripted, hub: Hub) -> None:
    server.script = [(200, {}, {"status": status}) for status in ("received", "received", "accepted")]
    assert hub.wait_until_checked("d-1")["status"] == "accepted"
    server.script = [(200, {}, {"status": "received"})] * 9
    with pytest.raises(NoResponse, match="ask again later"):
        hub.wait_until_checked("d-1", seconds=0.1)


def test_a_feed_tells_with_each_event_where_to_go_on_so_that_none_is_missed(server: Scripted, hub: Hub) -> None:
    server.script = [
        (200, {}, {"data": [{"id": "1"}, {"id": "2"}], "next_cursor": "a"}),
        (200, {}, {"data": [], "next_cursor": "a"}),
        (200, {}, {"data": [{"id": "3"}], "next_cursor": "b"}),
    ]
    told = [(event["id"], cursor) for event, cursor in islice(hub.follow_events("0", ["permit.*"]), 3)]
    assert told == [("1", "0"), ("2", "a"), ("3", "b")]
    assert [path.partition("after=")[2][:1] for _, path, _, _ in server.asked] == ["0", "a", "a"]


def test_many_are_sent_a_block_at_a_time_and_what_was_put_off_or_lost_is_sent_again(server: Scripted, hub: Hub) -> None:
    taken = {"status_code": 202}
    first = [taken] * 999 + [{"status_code": 503, "code": "overloaded"}]
    server.script = [None, (200, {}, first), (200, {}, [taken]), (200, {}, [taken] * 500)]
    drawn: list[int] = []

    def things() -> Iterator[dict[str, int]]:
        for number in range(1500):
            drawn.append(number)
            yield {"reference": number}

    responses = hub.send_bulk("declarations", things())
    assert next(responses) == {"status_code": 202, "line": 1}
    assert len(drawn) == 1000, "no more is read than is sent"
    assert [response["line"] for response in responses] == list(range(2, 1501))
    assert [body.count(b"\n") for *_, body in server.asked] == [1000, 1000, 1, 500]
    assert server.asked[2][3] == b'{"reference": 999}\n'


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://hub", "http://", "http://[", "http://hub:port"])
def test_what_is_no_address_of_a_hub_is_said_at_once(url: str) -> None:
    with pytest.raises(HubError, match="is written http"):
        Hub(url, "id", "secret")


def test_patience_ends(server: Scripted) -> None:
    with Hub(server.url, "id", "secret", retry_seconds=0.5) as hub:
        hub.access_token()
        server.script = [None] * 100
        with pytest.raises(NoResponse, match="saola up"):
            hub.me()
        server.script = [(503, {"Retry-After": "60"}, {"code": "service-unavailable"})]
        with pytest.raises(Problem) as away:
            hub.me()
    assert away.value.retry_after == 60


def test_a_refusal_is_raised_with_all_it_says(server: Scripted, hub: Hub) -> None:
    fault = {"pointer": "/items/0", "code": "missing", "detail": "Say which."}
    server.script = [(409, {}, PROBLEM | {"errors": [fault]})]
    with pytest.raises(Problem) as refused:
        hub.release("d-1")
    assert (refused.value.status, refused.value.code, refused.value.request_id) == (409, "invalid-transition", "r-1")
    assert str(refused.value) == "409 invalid-transition: It is released.\n  /items/0: Say which."


@pytest.mark.parametrize("body", ["text", [1], None])
def test_a_refusal_that_is_no_problem_document_is_raised_all_the_same(server: Scripted, hub: Hub, body: Any) -> None:
    server.script = [(404, {}, body)]
    with pytest.raises(Problem, match="404 http-404"):
        hub.me()


def test_a_list_is_read_to_its_end(server: Scripted, hub: Hub) -> None:
    server.script = [
        (200, {}, {"data": [{"id": 1}, {"id": 2}], "next_cursor": "c"}),
        (200, {}, {"data": [{"id": 3}], "next_cursor": None}),
    ]
    assert [permit["id"] for permit in hub.list_permits({"issuer": "ZA"})] == [1, 2, 3]
    assert [path for _, path, _, _ in server.asked] == [
        "/v1/permits?limit=200&issuer=ZA",
        "/v1/permits?limit=200&issuer=ZA&cursor=c",
    ]


def test_parties_beside_each_other_share_connections_and_not_tokens(server: Scripted, hub: Hub) -> None:
    hub.me()
    hub.with_credentials("other", "secret").me()
    assert server.tokens == 2
    assert {h["authorization"] for _, _, h, _ in lower(server)} == {"Bearer token-1", "Bearer token-2"}


def test_a_caller_may_name_the_key(server: Scripted, hub: Hub) -> None:
    hub.lodge({"reference": "B-1"}, key="mine", wait=5)
    (_, _, headers, _) = lower(server)[0]
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


def test_the_pause_grows_and_keeps_to_what_was_told() -> None:
    assert [retry_delay(n, None, 0.0) for n in (0, 1, 2, 50)] == [0.1, 0.2, 0.4, 3.0]
    assert retry_delay(3, 2.0, 1.0) == 2.5
