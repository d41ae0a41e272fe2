"""The logs of a whole hub: every line of every process is JSON, a request id finds its lines, and nothing is secret."""

import json
import secrets
from typing import Any

from tests.gateway.conftest import declaration
from tests.hub import RunningHub, running_hub
from tests.journeys.hub_parties import open_hub_parties
from tests.waiting import block_until

TRACE = secrets.token_hex(16)
PROCESSES = {"gateway", "permits", "permits-worker", "notifications", "notifications-worker"}


def _lines(hub: RunningHub, process: str) -> list[dict[str, Any]]:
    text = (hub.home / "logs" / f"{process}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def _wait_for_lines(hub: RunningHub, process: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the lines that have these fields; a line is written a moment after the answer."""
    return block_until(lambda: [line for line in _lines(hub, process) if fields.items() <= line.items()])


def test_hub_logs_one_json_line_for_each_request_in_every_service_and_no_secret() -> None:
    with running_hub() as hub:
        parties = open_hub_parties(hub)
        secret = f"SECRET-{secrets.token_hex(6)}"
        trader = parties.party("trader", number="FR99988877700011")
        customs = parties.party("customs")
        lodged = parties.post(trader, "/v1/declarations", declaration(secret), headers={"Prefer": "wait=20"})
        path = f"/v1/declarations/{lodged['id']}"
        trace = {"traceparent": f"00-{TRACE}-{secrets.token_hex(8)}-01"}
        cancelled = parties.request(trader, "POST", f"{path}/cancellation", headers=trace)
        assert cancelled.status_code == 200, cancelled.text
        refused = parties.request(customs, "POST", f"{path}/release", headers=trace).json()
        assert refused["code"] == "invalid-transition"
        feed = parties.request(trader, "GET", f"/v1/events?after=no-such-{secret}", headers=trace)
        for bad in (f"/v1/me?token={secret}", f"/v1/permits?number={secret}"):
            parties.http.get(bad, headers={"Authorization": f"Bearer {secret}"})

        # A refusal's request id finds its line in both services that the request reached, in one trace.
        for process in ("gateway", "permits"):
            (line,) = _wait_for_lines(hub, process, request_id=refused["request_id"], event="request.completed")
            assert (line["method"], line["route"]) == ("POST", "/v1/declarations/{id}/release")
            assert (line["status"], line["code"], line["party"]) == (409, "invalid-transition", customs.id)
            assert line["traceparent"].split("-")[1] == TRACE and line["traceparent"].endswith("-01")
        for process in ("gateway", "notifications"):
            (line,) = _wait_for_lines(hub, process, request_id=feed.headers["x-request-id"])
            assert (line["route"], line["party"]) == ("/v1/events", trader.id)
        # Batches are requests of their own.
        for process, route in (("permits", "/internal/declarations"), ("notifications", "/internal/news")):
            line = _wait_for_lines(hub, process, route=route, status=200)[0]
            assert len(line["request_id"]) == 32 and "party" not in line and len(line["traceparent"]) == 55

        killed = hub.kill("permits")
        hub.wait_until_restarted("permits", killed)
        tokens = [party.bearer["Authorization"].removeprefix("Bearer ") for party in (trader, customs, parties.admin)]
        admin_secret = json.loads((hub.home / "admin.json").read_text())["client_secret"]
        parties.http.close()
        hub.stop()

        for process in PROCESSES:
            lines = _lines(hub, process)
            assert lines and {line["service"] for line in lines} == {process}
            assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)
            assert not [line for line in lines if line.get("level") == "debug"]
        files = sorted((hub.home / "logs").glob("*.log"))
        assert {file.stem for file in files} >= PROCESSES
        assert all(isinstance(line, dict) for file in files for line in _lines(hub, file.stem))
        text = "".join(file.read_text() for file in files)
        assert not [word for word in (secret, admin_secret, *tokens) if word in text]
        assert lodged["items"][0]["taxon"] not in text
