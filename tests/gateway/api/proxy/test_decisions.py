"""Decisions of an office about goods of a trader that it represents under a mandate."""

from typing import Any

import pytest
from aiohttp import web

from tests.days import today
from tests.gateway.api.bulk.test_routes import ndjson_lines, send_bulk
from tests.gateway.conftest import Body, RunningGateway
from tests.gateway.stub_service import ReceivedRequest

ONE = "019a0d5e-6a00-7c3e-8a11-0242ac120010"
CLIENT = {"name": "T", "country": "FR", "identifier": "fr-77"}
STRANGER = {"name": "S", "country": "FR", "identifier": "FR-78"}
FOREIGN = {"name": "F", "country": "ZA", "identifier": "FR-77"}
DECISIONS = [
    "declarations/{id}/release", "declarations/{id}/refusal", "declarations/{id}/override",
    "declarations/{id}/correction", "declarations/{id}/consent", "permits/{id}/endorsement", "permits/{id}/found",
    "permits/{id}/takeover", "permits/{id}/replacement", "permit-applications/{id}/query",
    "permit-applications/{id}/assessment", "permit-applications/{id}/grant", "permit-applications/{id}/refusal",
]  # fmt: skip


async def office_with_mandate(hub: RunningGateway) -> dict[str, str]:
    """Add an office that is an agent too, and its trader with the mandate. Return the office's header."""
    office, header = await hub.party("trader", "customs", "authority")
    _, trader = await hub.party("trader", identifiers={"EORI": "FR-77"})
    day = today().isoformat()
    granted = await hub.http.post(
        "/v1/mandates", json={"from": day, "until": day, "agent": office["id"]}, headers=trader
    )
    assert granted.status_code == 201, granted.text
    accepted = await hub.http.post(f"/v1/mandates/{granted.json()['id']}/acceptance", headers=header)
    assert accepted.status_code in {200, 404}, accepted.text
    return header


def respond_with(hub: RunningGateway, importer: Body) -> None:
    """Set the response of permits: a shipment of this importer to each request."""

    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        if received.path.startswith("/internal/"):
            return web.json_response([{"status": 201, "body": {}} for _ in received.json])
        return web.json_response({"exporter": FOREIGN, "importer": importer})

    hub.permits.respond = respond


@pytest.mark.parametrize("decision", DECISIONS)
async def test_office_decides_nothing_about_goods_of_a_trader_that_it_represents(
    hub: RunningGateway, decision: str
) -> None:
    header = await office_with_mandate(hub)
    path = f"/v1/{decision.format(id=ONE)}"
    for importer, status in ((CLIENT, 403), (STRANGER, 200)):
        respond_with(hub, importer)
        response = await hub.http.post(path, json={"reason": "x"}, headers=header)
        assert response.status_code == status, response.text
        assert len(hub.permits.requests_to(path)) == (status == 200)
    assert response.json()["importer"] == STRANGER


async def test_office_without_mandate_decides_without_a_further_request(hub: RunningGateway) -> None:
    _, header = await hub.party("customs")
    respond_with(hub, CLIENT)
    before = len(hub.permits.requests)
    response = await hub.http.post(f"/v1/declarations/{ONE}/release", json={}, headers=header)
    assert response.status_code == 200
    assert [one.method for one in hub.permits.requests[before:] if ONE in one.path] == ["POST"]


async def test_office_issues_no_permit_to_a_trader_that_it_represents(hub: RunningGateway) -> None:
    header = await office_with_mandate(hub)
    respond_with(hub, STRANGER)
    bodies: list[Any] = [{"importer": CLIENT, "exporter": FOREIGN}, {"importer": FOREIGN, "exporter": STRANGER}]
    statuses = [(await hub.http.post("/v1/permits", json=body, headers=header)).status_code for body in bodies]
    assert statuses == [403, 200]
    results = await send_bulk(hub, header, ndjson_lines(bodies), "/v1/permits/bulk")
    assert [(one["status_code"], one.get("code")) for one in results] == [(403, "conflict-of-interest"), (201, None)]
