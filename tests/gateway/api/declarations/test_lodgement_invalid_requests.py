"""Invalid requests: each has a clear 4xx problem, and nothing is stored or sent."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.gateway.conftest import RunningGateway, declaration


def _declaration_with(**item: Any) -> bytes:
    made = declaration()
    made["items"][0] |= item
    return json.dumps(made).encode()


def _declaration_with_quantity(quantity: str) -> bytes:
    return _declaration_with(quantity="@").replace(b'"@"', quantity.encode())


def _nested_declaration(levels: int) -> bytes:
    return _declaration_with(description="@").replace(b'"@"', b"[" * levels + b"]" * levels)


def _declaration_without(name: str) -> bytes:
    return json.dumps({key: value for key, value in declaration().items() if key != name}).encode()


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"reference: B-1",
    "cut": json.dumps(declaration()).encode()[:-1],
    "two values": json.dumps(declaration()).encode() + b"{}",
    "NaN": _declaration_with_quantity("NaN"),
    "infinity": _declaration_with_quantity("-Infinity"),
    "a duplicate key": json.dumps(declaration()).encode()[:-1] + b',"reference":"B-2"}',
    "a duplicate key deep inside": _declaration_with().replace(b'"term"', b'"unit": "kg", "term"'),
    "33 levels": _nested_declaration(30),
    "100,000 levels": b"[" * 100_000,
    "not UTF-8": _declaration_with(description="@").replace(b"@", b"\xff\xfe"),
    "UTF-16": json.dumps(declaration()).encode("utf-16"),
    "half a surrogate": _declaration_with(description="@").replace(b"@", b"\\ud800"),
    "a control character": _declaration_with(description="@").replace(b"@", b"\x01"),
    "a comment": b"/* x */" + json.dumps(declaration()).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(declaration()).encode(),
}
PARSER_WORDS = re.compile(r"[Tt]uple|dictionary|pattern|instance of|valid integer|Extra inputs|Input should")
"""Words of the parser that no trader would understand."""
INVALID: dict[str, tuple[bytes, str]] = {
    "not an object": (b"[]", ""),
    "null": (b"null", ""),
    "1e400": (_declaration_with_quantity("1e400"), "/items/0/quantity"),
    "39 digits": (_declaration_with_quantity("1" * 39), "/items/0/quantity"),
    "negative": (_declaration_with(quantity="-1"), "/items/0/quantity"),
    "zero": (_declaration_with(quantity="0"), "/items/0/quantity"),
    "a quantity in words": (_declaration_with(quantity="ten"), "/items/0/quantity"),
    "a boolean quantity": (_declaration_with(quantity=True), "/items/0/quantity"),
    "a number as a string": (_declaration_with(number="7"), "/items/0/number"),
    "an unknown field": (json.dumps(declaration(colour="red")).encode(), "/colour"),
    "an unknown field inside": (_declaration_with(colour="red"), "/items/0/colour"),
    "repairs, which only the hub makes": (
        json.dumps(declaration(repairs=[{"pointer": "/items/0/taxon", "source": "my word"}])).encode(),
        "/repairs",
    ),
    "NUL": (_declaration_with(description="a\x00b"), "/items/0/description"),
    "NUL in the reference": (json.dumps(declaration("B\x001")).encode(), "/reference"),
    "no reference": (_declaration_without("reference"), "/reference"),
    "null for items": (json.dumps(declaration(items=None)).encode(), "/items"),
    "too many items": (json.dumps(declaration(items=declaration()["items"] * 501)).encode(), "/items"),
    "a blank reference": (json.dumps(declaration(" ")).encode(), "/reference"),
    "a long reference": (json.dumps(declaration("x" * 65)).encode(), "/reference"),
    "a country in small letters": (json.dumps(declaration(import_country="fr")).encode(), "/import_country"),
    "a movement nobody knows": (json.dumps(declaration(movement="sideways")).encode(), "/movement"),
    "an HS code in letters": (_declaration_with(hs_code="skins"), "/items/0/hs_code"),
    "a blank taxon": (_declaration_with(taxon=" "), "/items/0/taxon"),
    "a taxon without a letter": (_declaration_with(taxon="12.3 ×"), "/items/0/taxon"),
    "no items": (json.dumps(declaration(items=[])).encode(), "/items"),
    "two items of one number": (json.dumps(declaration(items=declaration()["items"] * 2)).encode(), "/items/1/number"),
    "an unknown term": (_declaration_with(term="XXX"), "/items/0/term"),
    "an unknown unit": (_declaration_with(unit="stone"), "/items/0/unit"),
    "32 levels": (_nested_declaration(29), "/items/0/description"),
}


@pytest.fixture
async def nothing_is_stored(hub: RunningGateway) -> AsyncIterator[None]:
    yield
    async with hub.context.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one() == 0
    assert hub.permits.requests_to("/internal/declarations") == []


@pytest.mark.usefixtures("nothing_is_stored")
async def test_body_that_is_not_strict_json_is_400(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    trader = await hub.trader()
    for name, body in MALFORMED.items():
        with subtests.test(name):
            response = await hub.lodge(trader, body)
            assert (response.status_code, response.json()["code"]) == (400, "malformed-json"), response.text


@pytest.mark.usefixtures("nothing_is_stored")
async def test_body_that_breaks_the_contract_is_422_with_pointers(
    hub: RunningGateway, subtests: pytest.Subtests
) -> None:
    trader = await hub.trader()
    for name, (body, pointer) in INVALID.items():
        with subtests.test(name):
            response = await hub.lodge(trader, body)
            faults = response.json()["errors"]
            assert response.status_code == 422, response.text
            assert response.json()["code"] in {"invalid-body", faults[0]["code"]}, response.text
            assert pointer in {fault["pointer"] for fault in faults}
            assert not PARSER_WORDS.search(" ".join(fault["detail"] for fault in response.json()["errors"])), (
                response.text
            )


@pytest.mark.usefixtures("nothing_is_stored")
async def test_body_of_another_media_type_is_415(hub: RunningGateway) -> None:
    trader = await hub.trader()
    for kind in (
        "text/plain",
        "",
        "text/xml",
        "application/xml; charset=utf-16",
        "application/json; charset=utf-16",
        "application/jsonx",
    ):
        response = await hub.lodge(trader, declaration(), content_type=kind)
        assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type"), kind
        assert "application/json, application/xml" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/declarations", "/v1/declarations/validate", "/v1/declarations/bulk"])
async def test_body_with_a_content_encoding_is_415(hub: RunningGateway, path: str) -> None:
    kind = "application/x-ndjson" if path.endswith("bulk") else "application/json"
    headers = await hub.trader() | {"Idempotency-Key": "k", "Content-Type": kind, "Content-Encoding": "gzip"}
    response = await hub.http.post(path, content=json.dumps(declaration()), headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.usefixtures("nothing_is_stored")
async def test_body_of_two_megabytes_is_413_plain_or_chunked(hub: RunningGateway) -> None:
    trader = await hub.trader() | {"Content-Type": "application/json"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65_536

    contents: tuple[bytes | AsyncIterator[bytes], ...] = (b" " * 2_097_152, pieces())
    for number, content in enumerate(contents):
        keyed = trader | {"Idempotency-Key": f"k{number}"}
        response = await hub.http.post("/v1/declarations", content=content, headers=keyed)
        assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


async def test_expect_100_continue_with_two_megabytes_is_413_before_the_body(hub: RunningGateway) -> None:
    request_headers = {**await hub.trader(), "Content-Type": "application/json", "Idempotency-Key": "k", "Host": "x"}
    request_headers |= {"Expect": "100-continue", "Content-Length": "2097152"}
    head = "".join(f"{name}: {value}\r\n" for name, value in request_headers.items())
    for route in ("/v1/declarations", "/v1/declarations/validate"):
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
        writer.write(f"POST {route} HTTP/1.1\r\n{head}\r\n".encode())
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def test_body_of_one_megabyte_is_accepted(hub: RunningGateway) -> None:
    made = json.dumps(declaration()).encode()
    body = made + b" " * (1_048_576 - len(made))
    assert (await hub.lodge(await hub.trader(), body)).status_code == 202
    [received] = await hub.permits.wait_for_requests("/internal/declarations")
    assert body in received.body


@pytest.mark.usefixtures("nothing_is_stored")
async def test_faults_are_reported_in_a_fixed_order(hub: RunningGateway) -> None:
    """Token, role, key, content type, size, JSON, contract, representation: in this order."""
    trader, (_, officer) = await hub.trader(), await hub.party("authority")
    foreign = json.dumps(declaration(importer={"name": "X", "country": "FR"})).encode()
    wrong = {"Content-Type": "text/plain"}
    json_ = {"Content-Type": "application/json"}
    key = {"Idempotency-Key": "k"}
    large = b"[" * 2_000_000
    steps: list[tuple[dict[str, str], bytes, int, str]] = [
        (wrong, large, 401, "unauthenticated"),
        (officer | wrong, large, 403, "role-not-allowed"),
        (trader | wrong, large, 400, "idempotency-key-missing"),
        (trader | wrong | {"Idempotency-Key": "ä"}, large, 400, "idempotency-key-invalid"),
        (trader | wrong | key, large, 415, "unsupported-media-type"),
        (trader | json_ | key, large, 413, "body-too-large"),
        (trader | json_ | key, large[:1000], 400, "malformed-json"),
        (trader | json_ | key, foreign.replace(b"import", b"smuggle"), 422, "invalid-body"),
        (trader | json_ | key, foreign, 403, "not-your-declaration"),
    ]
    for headers, body, status, code in steps:
        sent = {name.encode(): value.encode() for name, value in headers.items()}
        response = await hub.http.post("/v1/declarations", content=body, headers=sent)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.usefixtures("nothing_is_stored")
async def test_declaration_for_another_party_is_refused(hub: RunningGateway) -> None:
    trader = await hub.trader()
    mine, other = declaration()["importer"], declaration()["exporter"]
    own_id = (await hub.http.get("/v1/me", headers=trader)).json()["id"]
    for changes, pointer, words in (
        ({"movement": "export"}, "/exporter/identifier", "At export the exporter declares."),
        ({"importer": other}, "/importer/identifier", "At import the importer declares."),
        ({"importer": mine | {"identifier": None}}, "/importer/identifier", "The importer has no identifier."),
        ({"importer": mine | {"identifier": "FR9998887770001I"}}, "/importer/identifier", "Found: FR9998887770001I."),
        ({"importer": mine | {"identifier": "X1"}, "trader": own_id}, "/importer/identifier", "Found: X1."),
        ({"trader": "01a200e4-a932-723d-849a-2dcd407eac9e"}, "/trader", "you have no mandate of it today"),
    ):
        response = await hub.lodge(trader, declaration(**changes))
        problem = response.json()
        assert (response.status_code, problem["code"]) == (403, "not-your-declaration"), changes
        assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [(pointer, problem["code"])]
        assert words in problem["detail"] == problem["errors"][0]["detail"]


async def test_exporter_declares_its_own_exports(hub: RunningGateway) -> None:
    party, exporter = await hub.party("trader", identifiers={"ZA": "ZA1234567"})
    assert (await hub.lodge(exporter, declaration(movement="export"))).status_code == 202
    assert (await hub.lodge(exporter, declaration(movement="export", trader=party["id"]))).status_code == 202
    assert (await hub.lodge(exporter, declaration())).status_code == 403


async def test_quantity_of_25_digits_keeps_every_digit(hub: RunningGateway) -> None:
    trader = await hub.trader()
    exact = "1234567890123456.123456789"
    lodged = await hub.lodge(trader, _declaration_with_quantity(exact))
    assert lodged.status_code == 202
    [received] = await hub.permits.wait_for_requests("/internal/declarations")
    message = json.loads(received.body, parse_float=Decimal)["letters"][0]
    assert message["declaration"]["items"][0]["quantity"] == Decimal(exact)


async def test_parameter_that_is_unknown_or_repeated_is_400(hub: RunningGateway) -> None:
    trader = await hub.trader() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await hub.http.post("/v1/declarations?dry_run=true", json=declaration(), headers=trader)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    listed = await hub.http.get("/v1/declarations?referense=B", headers=trader)
    assert (listed.status_code, listed.json()["errors"][0]["pointer"]) == (400, "/query/referense")
    twice = await hub.http.get("/v1/declarations?country=FR&country=DE", headers=trader)
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (400, "parameter-twice")
    assert hub.permits.requests_to("/v1/declarations") == []
    async with hub.context.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one() == 0
