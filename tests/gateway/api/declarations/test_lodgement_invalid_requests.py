"""Bad input: each gets its own clear refusal, never a 5xx, and nothing is written or carried."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.gateway.conftest import RunningGateway, declaration


def _with(**item: Any) -> bytes:
    made = declaration()
    made["items"][0] |= item
    return json.dumps(made).encode()


def _raw(quantity: str) -> bytes:
    return _with(quantity="@").replace(b'"@"', quantity.encode())


def _nested(levels: int) -> bytes:
    return _with(description="@").replace(b'"@"', b"[" * levels + b"]" * levels)


def _without(name: str) -> bytes:
    return json.dumps({key: value for key, value in declaration().items() if key != name}).encode()


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"reference: B-1",
    "cut": json.dumps(declaration()).encode()[:-1],
    "two values": json.dumps(declaration()).encode() + b"{}",
    "NaN": _raw("NaN"),
    "infinity": _raw("-Infinity"),
    "a duplicate key": json.dumps(declaration()).encode()[:-1] + b',"reference":"B-2"}',
    "a duplicate key deep inside": _with().replace(b'"term"', b'"unit": "kg", "term"'),
    "33 levels": _nested(30),
    "100,000 levels": b"[" * 100_000,
    "not UTF-8": _with(description="@").replace(b"@", b"\xff\xfe"),
    "UTF-16": json.dumps(declaration()).encode("utf-16"),
    "half a surrogate": _with(description="@").replace(b"@", b"\\ud800"),
    "a control character": _with(description="@").replace(b"@", b"\x01"),
    "a comment": b"/* x */" + json.dumps(declaration()).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(declaration()).encode(),
}
PARSERS = re.compile(r"[Tt]uple|dictionary|pattern|instance of|valid integer|Extra inputs|Input should")
"""What only the parser's makers would understand."""
INVALID: dict[str, tuple[bytes, str]] = {
    "not an object": (b"[]", ""),
    "null": (b"null", ""),
    "1e400": (_raw("1e400"), "/items/0/quantity"),
    "39 digits": (_raw("1" * 39), "/items/0/quantity"),
    "negative": (_with(quantity="-1"), "/items/0/quantity"),
    "zero": (_with(quantity="0"), "/items/0/quantity"),
    "a quantity in words": (_with(quantity="ten"), "/items/0/quantity"),
    "a boolean quantity": (_with(quantity=True), "/items/0/quantity"),
    "a number as a string": (_with(number="7"), "/items/0/number"),
    "an unknown field": (json.dumps(declaration(colour="red")).encode(), "/colour"),
    "an unknown field inside": (_with(colour="red"), "/items/0/colour"),
    "repairs, which only the hub makes": (
        json.dumps(declaration(repairs=[{"pointer": "/items/0/taxon", "source": "my word"}])).encode(),
        "/repairs",
    ),
    "NUL": (_with(description="a\x00b"), "/items/0/description"),
    "NUL in the reference": (json.dumps(declaration("B\x001")).encode(), "/reference"),
    "no reference": (_without("reference"), "/reference"),
    "null for items": (json.dumps(declaration(items=None)).encode(), "/items"),
    "too many items": (json.dumps(declaration(items=declaration()["items"] * 501)).encode(), "/items"),
    "a blank reference": (json.dumps(declaration(" ")).encode(), "/reference"),
    "a long reference": (json.dumps(declaration("x" * 65)).encode(), "/reference"),
    "a country in small letters": (json.dumps(declaration(import_country="fr")).encode(), "/import_country"),
    "a movement nobody knows": (json.dumps(declaration(movement="transit")).encode(), "/movement"),
    "an HS code in letters": (_with(hs_code="skins"), "/items/0/hs_code"),
    "a blank taxon": (_with(taxon=" "), "/items/0/taxon"),
    "a taxon without a letter": (_with(taxon="12.3 ×"), "/items/0/taxon"),
    "no items": (json.dumps(declaration(items=[])).encode(), "/items"),
    "two items of one number": (json.dumps(declaration(items=declaration()["items"] * 2)).encode(), "/items/1/number"),
    "an unknown term": (_with(term="XXX"), "/items/0/term"),
    "an unknown unit": (_with(unit="stone"), "/items/0/unit"),
    "32 levels": (_nested(29), "/items/0/description"),
}


@pytest.fixture
async def nothing_was_kept(hub: RunningGateway) -> AsyncIterator[None]:
    yield
    async with hub.context.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one() == 0
    assert hub.permits.requests_to("/internal/declarations") == []


@pytest.mark.usefixtures("nothing_was_kept")
async def test_what_is_not_strict_json_is_400(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    trader = await hub.trader()
    for name, body in MALFORMED.items():
        with subtests.test(name):
            response = await hub.lodge(trader, body)
            assert (response.status_code, response.json()["code"]) == (400, "malformed-json"), response.text


@pytest.mark.usefixtures("nothing_was_kept")
async def test_what_is_not_as_the_contract_says_is_422_and_names_the_place(
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
            assert not PARSERS.search(" ".join(fault["detail"] for fault in response.json()["errors"])), response.text


@pytest.mark.usefixtures("nothing_was_kept")
async def test_a_body_that_does_not_say_it_is_json_is_415(hub: RunningGateway) -> None:
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
async def test_a_body_that_says_it_is_coded_is_415(hub: RunningGateway, path: str) -> None:
    kind = "application/x-ndjson" if path.endswith("bulk") else "application/json"
    headers = await hub.trader() | {"Idempotency-Key": "k", "Content-Type": kind, "Content-Encoding": "gzip"}
    response = await hub.http.post(path, content=json.dumps(declaration()), headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.usefixtures("nothing_was_kept")
async def test_two_megabytes_are_413_whether_plain_or_chunked(hub: RunningGateway) -> None:
    trader = await hub.trader() | {"Content-Type": "application/json"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65_536

    contents: tuple[bytes | AsyncIterator[bytes], ...] = (b" " * 2_097_152, pieces())
    for number, content in enumerate(contents):
        keyed = trader | {"Idempotency-Key": f"k{number}"}
        response = await hub.http.post("/v1/declarations", content=content, headers=keyed)
        assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


async def test_who_asks_whether_to_send_two_megabytes_is_told_before_sending_them(hub: RunningGateway) -> None:
    request_headers = {**await hub.trader(), "Content-Type": "application/json", "Idempotency-Key": "k", "Host": "x"}
    request_headers |= {"Expect": "100-continue", "Content-Length": "2097152"}
    head = "".join(f"{name}: {value}\r\n" for name, value in request_headers.items())
    for route in ("/v1/declarations", "/v1/declarations/validate"):
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
        writer.write(f"POST {route} HTTP/1.1\r\n{head}\r\n".encode())
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def test_a_megabyte_is_taken_whole(hub: RunningGateway) -> None:
    made = json.dumps(declaration()).encode()
    body = made + b" " * (1_048_576 - len(made))
    assert (await hub.lodge(await hub.trader(), body)).status_code == 202
    [asked] = await hub.permits.wait_for_requests("/internal/declarations")
    assert body in asked.body


@pytest.mark.usefixtures("nothing_was_kept")
async def test_the_first_thing_wrong_is_told_first(hub: RunningGateway) -> None:
    """Token, role, key, content type, size, JSON, contract, ownership: in this order."""
    trader, (_, officer) = await hub.trader(), await hub.party("customs")
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


@pytest.mark.usefixtures("nothing_was_kept")
async def test_who_is_not_the_one_that_declares_is_refused(hub: RunningGateway) -> None:
    trader = await hub.trader()
    mine, other = declaration()["importer"], declaration()["exporter"]
    for changes in (
        {"movement": "export"},
        {"importer": other},
        {"importer": mine | {"identifier": None}},
        {"importer": mine | {"identifier": "fr99988877700011"}},
        {"trader": "01a200e4-a932-723d-849a-2dcd407eac9e"},
    ):
        response = await hub.lodge(trader, declaration(**changes))
        assert (response.status_code, response.json()["code"]) == (403, "not-your-declaration"), changes


async def test_an_exporter_declares_its_exports(hub: RunningGateway) -> None:
    party, exporter = await hub.party("trader", identifiers={"ZA": "ZA1234567"})
    assert (await hub.lodge(exporter, declaration(movement="export"))).status_code == 202
    assert (await hub.lodge(exporter, declaration(movement="export", trader=party["id"]))).status_code == 202
    assert (await hub.lodge(exporter, declaration())).status_code == 403


async def test_a_decimal_of_25_digits_is_kept_to_the_last(hub: RunningGateway) -> None:
    trader = await hub.trader()
    exact = "1234567890123456.123456789"
    lodged = await hub.lodge(trader, _raw(exact))
    assert lodged.status_code == 202
    [asked] = await hub.permits.wait_for_requests("/internal/declarations")
    message = json.loads(asked.body, parse_float=Decimal)["letters"][0]
    assert message["declaration"]["items"][0]["quantity"] == Decimal(exact)


async def test_a_parameter_nobody_knows_is_400(hub: RunningGateway) -> None:
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
