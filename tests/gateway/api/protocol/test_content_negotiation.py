"""Responses as a WCO Response if Accept prefers XML: function codes, errors and their pointers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from lxml import etree

from services.gateway.api.protocol.content_negotiation import prefers_xml
from services.gateway.formats import wco_response
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.customs_messages import customs_message, document_xml, goods_item_xml
from tests.gateway.stub_service import ReceivedRequest, default_response

ACCEPT_XML = {"accept": "application/xml"}
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def _texts(body: bytes, path: str) -> list[str | None]:
    return [found.text for found in etree.fromstring(body).iterfind(path)]


def _pointers(body: bytes, error: int = 0) -> list[dict[str, str | None]]:
    found = etree.fromstring(body).findall("Response/Error")[error]
    return [{step.tag: step.text for step in pointer} for pointer in found.iterfind("Pointer")]


async def test_xml_receipt_is_registered_and_the_same_when_repeated(hub: RunningGateway) -> None:
    trader = await hub.trader()
    responses = [
        await hub.lodge(
            trader, customs_message("LRN-1"), idempotency_key="k", content_type="application/xml", **ACCEPT_XML
        )
        for _ in range(2)
    ]
    response = responses[0]
    assert (response.status_code, response.headers["content-type"]) == (202, "application/xml")
    assert responses[1].content == response.content
    assert _texts(response.content, "WCOTypeName") == ["RES"]
    assert _texts(response.content, "Response/FunctionCode") == ["02"]
    assert _texts(response.content, "Response/Declaration/FunctionalReferenceID") == ["LRN-1"]
    declaration_id = response.headers["location"].rpartition("/")[2]
    assert _texts(response.content, "Response/Declaration/ID") == [declaration_id]
    assert etree.fromstring(response.content).find("Response/IssueDateTime/DateTimeString").get("formatCode") == "304"  # type: ignore[union-attr]


async def test_xml_problem_has_the_customs_pointers_of_its_place(hub: RunningGateway) -> None:
    trader = await hub.trader()
    bad = customs_message("L", goods_item_xml(), goods_item_xml(document_xml(unit="ZZZ"), number=2))
    response = await hub.lodge(trader, bad, content_type="application/xml", **ACCEPT_XML)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/xml")
    assert _texts(response.content, "Response/FunctionCode") == ["03"]
    assert _texts(response.content, "Response/Error/ValidationCode") == ["unknown-unit"]
    assert _pointers(response.content) == [
        {"DocumentSectionCode": "42A"},
        {"DocumentSectionCode": "67A"},
        {"SequenceNumeric": "2", "DocumentSectionCode": "68A"},
        {"DocumentSectionCode": "02A"},
    ]


async def test_problems_are_returned_in_xml(hub: RunningGateway) -> None:
    trader = await hub.trader()
    key = {"Idempotency-Key": "k", "Accept": "application/xml"}
    refused = [
        (await hub.http.post("/v1/declarations", headers=key), 401, "unauthenticated"),
        (await hub.http.post("/v1/declarations", headers=trader | key), 415, "unsupported-media-type"),
        (
            await hub.lodge(trader, b"<!DOCTYPE a><a/>", content_type="application/xml", **ACCEPT_XML),
            400,
            "doctype-not-allowed",
        ),
        (await hub.http.get("/v1/declarations/x", headers=trader | key), 404, "not-found"),
    ]
    for response, status, code in refused:
        assert response.status_code == status
        assert _texts(response.content, "Response/Error/ValidationCode") == [code]


async def test_declaration_in_xml_has_its_findings(hub: RunningGateway) -> None:
    trader = await hub.trader()
    declaration_id = (await hub.lodge(trader, declaration())).json()["id"]
    finding = {
        "rule": "CITES-box-11-quantity",
        "severity": "block",
        "message": "Too much & more.",
        "remedy": "State less.",
        "overridden": False,
    }
    note = {
        "rule": "stated-in-full",
        "severity": "note",
        "message": "Taken.",
        "remedy": None,
        "pointer": "/items/0/taxon",
    }
    whole = {
        "id": declaration_id,
        "reference": "B-1",
        "version": 3,
        "status": "rejected",
        "findings": [finding | {"pointer": "/items/0/documents/1/number"}, note],
        "history": [{"at": "2026-03-01T09:30:00.000000Z", "reason": None}],
    }

    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.method == "GET":
            return web.json_response(whole, headers={"ETag": '"3"'})
        return await default_response(received)

    hub.permits.respond = response
    found = await hub.http.get(f"/v1/declarations/{declaration_id}", headers=trader | {"Accept": "application/xml"})
    assert (found.status_code, found.headers["etag"]) == (200, '"3"')
    assert _texts(found.content, "Response/FunctionCode") == ["03"]
    assert _texts(found.content, "Response/Error/Description") == ["Too much & more. State less."]
    assert _pointers(found.content)[-1] == {"SequenceNumeric": "2", "DocumentSectionCode": "02A", "TagID": "D005"}
    assert _texts(found.content, "Response/AdditionalInformation/StatementCode") == ["stated-in-full"]
    assert _texts(found.content, "Response/Declaration/RejectionDateTime/DateTimeString") == ["20260301093000Z"]
    assert _texts(found.content, "Response/Declaration/VersionID") == ["3"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("received", "02"),
        ("accepted", "01"),
        ("referred", "05"),
        ("rejected", "03"),
        ("released", "08"),
        ("refused", "03"),
        ("cancelled", "10"),
    ],
)
def test_status_has_its_function_code(status: str, code: str) -> None:
    content: Mapping[str, Any] = {"id": "x", "reference": "R", "status": status, "findings": [], "history": []}
    assert _texts(wco_response.render(content, status=200, at=AT), "Response/FunctionCode") == [code]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/xml", True),
        ("text/xml", True),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("application/xml;q=0.9, application/json;q=0.5", True),
        ("application/json, application/xml;q=0.9", False),
        ("application/xml;q=0", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
    ],
)
def test_accept_header_decides_between_xml_and_json(accept: str, wanted: bool) -> None:
    assert prefers_xml(accept) is wanted


async def test_submitted_content_is_returned_unchanged_despite_accept(hub: RunningGateway) -> None:
    trader, sent = await hub.trader(), json.dumps(declaration()).encode()
    place = (await hub.lodge(trader, sent)).headers["location"] + "/content"
    response = await hub.http.get(place, headers=trader | {"Accept": "application/xml"})
    assert (response.status_code, response.headers["content-type"], response.content) == (200, "application/json", sent)


async def test_response_without_accept_is_json(hub: RunningGateway) -> None:
    response = await hub.lodge(await hub.trader(), customs_message("L-9"), content_type="application/xml")
    assert json.loads(response.content)["reference"] == "L-9"
