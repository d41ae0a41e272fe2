"""Commands to permits: invalid content is refused with its place, and validation agrees with lodging."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.limits import NORMALIZED_BYTES
from tests.permits.internal_client import InternalClient, issue_by_http, lodge_by_http
from tests.permits.sample_data import AUTHORITY_ZA, OTHER_TRADER, B, declaration, item, permit_content

Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(("change", "pointer", "code"), [
    (lambda p: p.update(colour="red"), "/colour", "unknown-field"),
    (lambda p: p["lines"][0].update(quantity="-1"), "/lines/0/quantity", "not-positive"),
    (lambda p: p["lines"][0].update(quantity="9" * 39), "/lines/0/quantity", "too-many-digits"),
    (lambda p: p["lines"][0].update(term="XXX"), "/lines/0/term", "unknown-term"),
    (lambda p: p["lines"][0].update(unit="sack"), "/lines/0/unit", "unknown-unit"),
    (lambda p: p["lines"][0].update(source="I"), "/lines/0/underlying_source", "underlying-source-missing"),
    (lambda p: p.update(issued_on="1 March"), "/issued_on", "not-a-day"),
    (lambda p: p.update(issued_on="9999-12-31", valid_until="9999-12-31"), "/issued_on", "not-a-day"),
    (lambda p: p.update(export_country="QQ"), "/export_country", "unknown-country"),
    (lambda p: p.update(issued_on="2026-03-01", valid_until="2026-09-02"), "/valid_until", "validity-too-long"),
    (lambda p: p.update(issued_on="2026-03-01", valid_until="2026-02-01"), "/valid_until", "validity-before-issue"),
    (lambda p: p["lines"].append(dict(p["lines"][0])), "/lines/1/line", "line-letter-twice"),
    *((lambda p, taxon=taxon: p["lines"][0].update(taxon=taxon), "/lines/0/taxon", "taxon-nameless")
      for taxon in (".", "-", "123", "×", "x", "spp.", " sp. ", "Spp")),
    (lambda p: p["lines"][0].update(taxon=" "), "/lines/0/taxon", "blank"),
    (lambda p: p["lines"][0].update(taxon="\t"), "/lines/0/taxon", "forbidden-character"),
    (lambda p: p.update(number="Z\u0410-1"), "/number", "look-alike-characters"),
    (lambda p: p["exporter"].update(name="x\x00"), "/exporter/name", "invalid-format"),
])  # fmt: skip
async def test_permit_with_an_invalid_value_is_refused_with_its_place(
    internal_client: InternalClient, change: Change, pointer: str, code: str
) -> None:
    body = json.loads(permit_content().model_dump_json(exclude_none=True))
    change(body)
    response = await internal_client("POST", "/v1/permits", AUTHORITY_ZA, json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "request_id", "errors"} <= response.json().keys()
    assert (pointer, code) in {(fault["pointer"], fault["code"]) for fault in response.json()["errors"]}


async def test_amendment_without_the_current_version_is_refused(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    stated = declaration(item(permit["terms"], "1"))
    declaration_id = await lodge_by_http(internal_client, stated)
    body = json.loads(stated.model_dump_json(exclude_none=True))
    for headers, status in (({}, 428), ({"If-Match": '"7"'}, 412), ({"If-Match": '"1"'}, 200)):
        response = await internal_client("PUT", f"/v1/declarations/{declaration_id}", B, json=body, headers=headers)
        assert response.status_code == status, response.text
    assert response.json()["version"] == 2


async def test_declaration_as_large_as_its_normalized_form_may_be_is_read_by_every_route(
    internal_client: InternalClient,
) -> None:
    permit = await issue_by_http(internal_client)
    stated = declaration(item(permit["terms"], "1"))
    text = stated.model_dump_json(exclude_none=True)
    largest = text + " " * (NORMALIZED_BYTES - len(text))
    for content, status in ((largest, 200), (largest + " ", 413)):
        headers = {"Content-Type": "application/json"}
        response = await internal_client("POST", "/v1/declarations/validate", B, content=content, headers=headers)
        assert response.status_code == status, response.text
    declaration_id = await lodge_by_http(internal_client, stated)
    for content, status in ((largest + " ", 413), (largest, 200)):
        headers = {"Content-Type": "application/json", "If-Match": '"1"'}
        response = await internal_client(
            "PUT", f"/v1/declarations/{declaration_id}", B, content=content, headers=headers
        )
        assert response.status_code == status, response.text


async def test_validation_gives_the_findings_of_lodging_and_stores_nothing(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    good = json.loads(declaration(item(permit["terms"], "1")).model_dump_json(exclude_none=True))
    verdict = (await internal_client("POST", "/v1/declarations/validate", B, json=good)).json()
    assert (verdict["valid"], [f["rule"] for f in verdict["findings"]]) == (False, ["CITES-box-14-endorsement"])
    verdict = (await internal_client("POST", "/v1/declarations/validate", B, json={**good, "colour": 1})).json()
    assert (verdict["valid"], [e["pointer"] for e in verdict["errors"]]) == (False, ["/colour"])
    verdict = (await internal_client("POST", "/v1/declarations/validate", OTHER_TRADER, json=good)).json()
    assert verdict["errors"][0]["code"] == "not-your-declaration"
    assert (await internal_client("GET", "/v1/declarations", B)).json()["data"] == []
