"""Many permits in one request: sent together, each with its own result."""

import json
from typing import Any

import pytest
from aiohttp import web

from tests.gateway.api.bulk.test_routes import ndjson_lines, send_bulk
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, problem_response


async def test_permits_of_a_bulk_request_are_sent_in_batches_with_own_commands(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.path != "/internal/permits":
            return web.json_response({})
        made = [
            {"status": 201, "body": {"number": one["body"]["number"]}, "replayed": False}
            if one["body"].get("number")
            else {"status": 422, "body": {"code": "invalid-body", "status": 422}, "replayed": False}
            for one in received.json
        ]
        return web.json_response(made)

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    sent: list[Any] = [{"issuer": "ZA", "number": f"ZA-{number}"} for number in range(450)]
    sent[7] = b"{nonsense"
    sent[8] = {"issuer": "ZA"}
    sent[9] = {"idempotency_key": "k-9", "permit": {"issuer": "ZA", "number": "ZA-9"}}
    results = await send_bulk(hub, authority, ndjson_lines(sent), "/v1/permits/bulk")
    assert [one["line"] for one in results] == list(range(1, 451))
    assert [one["status_code"] for one in results] == [201] * 7 + [400, 422] + [201] * 441
    assert [one["number"] for one in results if "number" in one][7:9] == ["ZA-9", "ZA-10"]
    calls = hub.permits.requests_to("/internal/permits")
    assert all(len(call.json) <= 200 for call in calls)
    named = [one["command_id"] for call in calls for one in call.json]
    assert len(set(named)) == 449
    await send_bulk(hub, authority, ndjson_lines(sent[:3]), "/v1/permits/bulk")
    again = hub.permits.requests_to("/internal/permits")[-1]
    assert [one["command_id"] for one in again.json] == named[:3]
    assert calls[0].caller.party is not None and calls[0].caller.party.roles == ("authority",)


async def test_line_that_is_no_permit_fails_no_other_line(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.path != "/internal/permits":
            return web.json_response({})
        return web.json_response([{"status": 201, "body": {"number": one["body"]["number"]}} for one in received.json])

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    good = json.dumps({"issuer": "ZA", "number": "1"}).encode()
    bad = [b"", b"  \t", b"\r", good + b"," + good, good + b"],[1", b"]", b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"]
    for line in bad:
        results = await send_bulk(hub, authority, good + b"\n" + line + b"\n" + good + b"\n\n", "/v1/permits/bulk")
        assert [(one["status_code"], one.get("code")) for one in results] == [
            (201, None), (400, "malformed-json"), (201, None), (400, "malformed-json"),
        ], line  # fmt: skip


async def test_permit_that_permits_cannot_handle_fails_no_other_permit(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.path != "/internal/permits":
            return web.json_response({})
        numbers = [one["body"]["number"] for one in received.json]
        if "13" in numbers:
            return problem_response(500, "internal-error")
        return web.json_response([{"status": 201, "body": {"number": number}} for number in numbers])

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    sent = [{"issuer": "ZA", "number": str(number)} for number in range(40)]
    results = await send_bulk(hub, authority, ndjson_lines(sent), "/v1/permits/bulk")
    assert [one["status_code"] for one in results] == [503 if number == 13 else 201 for number in range(40)]
    assert [one.get("number") for one in results] == [None if n == 13 else str(n) for n in range(40)]


async def test_permits_whose_responses_are_too_large_together_are_read_in_smaller_batches(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.path != "/internal/permits":
            return web.json_response({})
        made = [{"status": 201, "body": {"number": one["body"]["number"], "x": "x" * 100}} for one in received.json]
        return web.json_response(made)

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    sent = [{"issuer": "ZA", "number": str(number)} for number in range(40)]
    monkeypatch.setattr("shared.service_client.RESPONSE_BYTES", 1_500)
    results = await send_bulk(hub, authority, ndjson_lines(sent), "/v1/permits/bulk")
    assert [(one["status_code"], one.get("number")) for one in results] == [(201, str(n)) for n in range(40)]
    commands = [[one["command_id"] for one in call.json] for call in hub.permits.requests_to("/internal/permits")]
    assert len(commands[0]) == 40
    assert len({command for batch in commands for command in batch}) == 40


async def test_permits_of_a_bulk_request_are_sent_in_requests_that_permits_reads(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        made = [{"status": 201, "body": {"number": one["body"]["number"]}} for one in received.json]
        return web.json_response(made if received.path == "/internal/permits" else {})

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    monkeypatch.setattr("shared.message_batches.MESSAGE_BATCH_BYTES", 2_000)
    sent = [{"issuer": "ZA", "number": str(number)} for number in range(40)]
    results = await send_bulk(hub, authority, ndjson_lines(sent), "/v1/permits/bulk")
    assert [one["number"] for one in results] == [str(n) for n in range(40)]
    assert all(len(call.body) <= 2_000 for call in hub.permits.requests_to("/internal/permits"))


async def test_line_key_derives_from_the_content_of_the_permit(hub: RunningGateway) -> None:
    """Another permit of the same number is another command. The same line is the same command."""

    async def response(received: ReceivedRequest) -> web.StreamResponse:
        made = [{"status": 201, "body": {"command": one["command_id"]}} for one in received.json]
        return web.json_response(made if received.path == "/internal/permits" else {})

    hub.permits.respond = response
    _, authority = await hub.party("authority", country="ZA")
    lines = [b'{"issuer":"ZA","number":"1","purpose":"T"}', b'{"issuer":"ZA","number":"1","purpose":"Z"}']
    for header in ({}, {"Idempotency-Key": "load-1"}):
        first, other = await send_bulk(hub, authority, ndjson_lines(lines), "/v1/permits/bulk", **header)
        [again] = await send_bulk(hub, authority, lines[0].replace(b":", b": "), "/v1/permits/bulk", **header)
        assert first["command"] == again["command"] != other["command"]


async def test_line_without_permits_is_503(alone: RunningGateway) -> None:
    _, authority = await alone.party("authority", country="ZA")
    results = await send_bulk(alone, authority, ndjson_lines([{"issuer": "ZA", "number": "1"}]), "/v1/permits/bulk")
    assert [(one["line"], one["status_code"], one["code"]) for one in results] == [(1, 503, "service-unavailable")]
