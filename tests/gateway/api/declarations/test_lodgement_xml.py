"""Customs messages over HTTP: stored exactly, sent in normalized form, attacks refused with a clear 4xx."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import text

from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.customs_messages import V2, V3, customs_message, document_xml, goods_item_xml

XML = {"content_type": "application/xml"}
DTD = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]>"""
BOMB = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


def _message_without_prolog() -> bytes:
    return customs_message("L-1").partition(b"?>")[2]


ATTACKS: dict[str, tuple[bytes, str]] = {
    "a DOCTYPE": (b"<!DOCTYPE MetaData>" + _message_without_prolog(), "doctype-not-allowed"),
    "a DOCTYPE behind a comment": (
        b"<?xml version='1.0'?><!-- x --> <!DOCTYPE a>" + _message_without_prolog(),
        "doctype-not-allowed",
    ),
    "an entity of a file": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _message_without_prolog().replace(b"L-1", b"&x;"),
        "doctype-not-allowed",
    ),
    "an external DTD": (
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">' + _message_without_prolog(),
        "doctype-not-allowed",
    ),
    "a parameter entity": (
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;]>' + _message_without_prolog(),
        "doctype-not-allowed",
    ),
    "a billion laughs": (DTD % BOMB + _message_without_prolog().replace(b"L-1", b"&l9;"), "doctype-not-allowed"),
    "a quadratic blow-up": (
        b'<!DOCTYPE a [<!ENTITY a "'
        + b"a" * 50_000
        + b'">]>'
        + _message_without_prolog().replace(b"L-1", b"&a;" * 10_000),
        "doctype-not-allowed",
    ),
    "an entity of nobody": (_message_without_prolog().replace(b"L-1", b"&x;"), "malformed-xml"),
    "XInclude": (
        _message_without_prolog().replace(
            b"L-1", b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
        ),
        "malformed-xml",
    ),
    "100,000 levels": (b"<a>" * 100_000 + b"</a>" * 100_000, "malformed-xml"),
    "33 levels": (b"<MetaData>" + b"<a>" * 33 + b"</a>" * 33 + b"</MetaData>", "malformed-xml"),
    "UTF-16": (_message_without_prolog().decode().encode("utf-16"), "malformed-xml"),
    "UTF-16 without a mark": (_message_without_prolog().decode().encode("utf-16-le"), "malformed-xml"),
    "UTF-32": (_message_without_prolog().decode().encode("utf-32"), "malformed-xml"),
    "UTF-7": (b"<?xml version='1.0' encoding='UTF-7'?>" + _message_without_prolog(), "malformed-xml"),
    "an EBCDIC": (b'<?xml version="1.0" encoding="cp037"?>'.decode().encode("cp037") + b"x", "malformed-xml"),
    "not UTF-8": (_message_without_prolog().replace(b"L-1", b"\xff\xfe"), "malformed-xml"),
    "NUL": (_message_without_prolog().replace(b"L-1", b"\x00"), "malformed-xml"),
    "a control character": (_message_without_prolog().replace(b"L-1", b"&#1;"), "malformed-xml"),
    "cut": (_message_without_prolog()[:-20], "malformed-xml"),
    "two roots": (_message_without_prolog() + b"<a/>", "malformed-xml"),
    "nothing": (b"", "malformed-xml"),
    "JSON": (json.dumps(declaration()).encode(), "malformed-xml"),
    "an attribute twice": (
        _message_without_prolog().replace(b"<Declaration>", b'<Declaration a="1" a="2">'),
        "malformed-xml",
    ),
    "a reference twice": (
        _message_without_prolog().replace(
            b"<TypeCode>IMA", b"<FunctionalReferenceID>X</FunctionalReferenceID><TypeCode>IMA"
        ),
        "malformed-xml",
    ),
    "a foreign namespace": (
        _message_without_prolog().replace(b"<Declaration>", b'<Declaration xmlns="urn:evil">'),
        "malformed-xml",
    ),
}


async def _count_submissions(hub: RunningGateway) -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one())


@pytest.fixture
async def nothing_is_stored(hub: RunningGateway) -> AsyncIterator[None]:
    yield
    assert await _count_submissions(hub) == 0
    assert hub.permits.requests_to("/internal/declarations") == []


@pytest.mark.usefixtures("nothing_is_stored")
async def test_xml_attack_is_refused_with_a_clear_problem(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    trader = await hub.trader()
    for name, (body, code) in ATTACKS.items():
        with subtests.test(name):
            async with asyncio.timeout(5):
                response = await hub.lodge(trader, body, **XML)
            assert (response.status_code, response.json()["code"]) == (400, code), response.text
            assert "passwd" not in response.text and "root:" not in response.text
            assert "XML_PARSE" not in response.text and "<string>" not in response.text, (
                "the remedy, not the parser's internals"
            )


@pytest.mark.usefixtures("nothing_is_stored")
async def test_xml_of_two_megabytes_is_413(hub: RunningGateway) -> None:
    response = await hub.lodge(await hub.trader(), customs_message("L") + b" " * 2_000_000, **XML)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


@pytest.mark.usefixtures("nothing_is_stored")
async def test_xml_quantity_that_is_no_number_is_422_with_its_pointer(
    hub: RunningGateway, subtests: pytest.Subtests
) -> None:
    trader = await hub.trader()
    for quantity in ("NaN", "1e400", "-1", "0", "9" * 39, "ten", "1,5", "٣"):
        with subtests.test(quantity):
            response = await hub.lodge(trader, customs_message("L", goods_item_xml(document_xml(off=quantity))), **XML)
            assert (response.status_code, response.json()["code"]) == (422, "invalid-body"), response.text
            assert response.json()["errors"][0]["pointer"] == "/items/0/quantity"


async def test_xml_message_is_stored_exactly_and_sent_in_normalized_form(hub: RunningGateway) -> None:
    trader = await hub.trader()
    body = customs_message("LRN-1", namespaces=V2)
    lodged = await hub.lodge(trader, body, **XML)
    assert lodged.status_code == 202, lodged.text
    assert lodged.json()["reference"] == "LRN-1"
    [received] = await hub.permits.wait_for_requests("/internal/declarations")
    [message] = received.json["letters"]
    assert message["digest"] == lodged.json()["digest"]
    assert message["declaration"]["items"][0]["documents"] == [
        {"type": "C400", "number": "ZA-2026-000123", "use": "exhausts"}
    ]
    content = await hub.http.get(lodged.json()["links"]["content"], headers=trader)
    assert (content.content, content.headers["content-type"]) == (body, "application/xml")
    assert content.headers["content-digest"] == lodged.json()["digest"]


async def test_xml_message_without_permits_is_readable_in_normalized_form(alone: RunningGateway) -> None:
    trader = await alone.trader()
    lodged = await alone.lodge(trader, customs_message("LRN-2", namespaces=V3), **XML)
    found = (await alone.http.get(lodged.headers["location"], headers=trader)).json()
    assert (found["status"], found["reference"], found["items"][0]["quantity"]) == ("received", "LRN-2", "100")


async def test_idempotency_key_with_another_xml_message_is_refused(hub: RunningGateway) -> None:
    trader = await hub.trader()
    first = await hub.lodge(trader, customs_message("L-1"), idempotency_key="k1", **XML)
    same = await hub.lodge(trader, customs_message("L-1"), idempotency_key="k1", **XML)
    other = await hub.lodge(trader, customs_message("L-1") + b"\n", idempotency_key="k1", **XML)
    taken = await hub.lodge(trader, customs_message("L-1"), **XML)
    assert (same.content, same.headers["idempotency-replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (taken.status_code, taken.json()["code"]) == (409, "reference-taken")
    assert await _count_submissions(hub) == 1


async def test_xml_message_for_another_party_is_refused(hub: RunningGateway) -> None:
    response = await hub.lodge(await hub.trader(), customs_message("L", importer="FR5"), **XML)
    assert (response.status_code, response.json()["code"]) == (403, "not-your-declaration")


async def test_receipt_is_signed_over_the_bytes_with_a_published_key(hub: RunningGateway) -> None:
    party, trader = await hub.party("trader", identifiers={"EORI": "FR99988877700011"})
    lodged = (await hub.lodge(trader, customs_message("L-1"), **XML)).json()
    response = await hub.http.get(lodged["links"]["receipt"], headers=trader)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/jose")
    published = (await hub.http.get("/.well-known/jwks.json")).json()
    signed = jws.deserialize_compact(response.text, KeySet.import_key_set(published), algorithms=["Ed25519"])
    claims = json.loads(signed.payload)
    for name in ("id", "reference", "received_at", "digest"):
        assert claims[name] == lodged[name]
    assert (claims["party"], claims["version"]) == (party["id"], 1)
    again = await hub.http.get(lodged["links"]["receipt"], headers=trader)
    assert again.text == response.text
    as_token = await hub.http.get("/v1/me", headers={"Authorization": f"Bearer {response.text}"})
    assert as_token.status_code == 401


async def test_receipt_and_content_of_another_party_are_404(hub: RunningGateway) -> None:
    trader = await hub.trader()
    _, other = await hub.party("trader", identifiers={"EORI": "FR2"})
    links = (await hub.lodge(trader, declaration())).json()["links"]
    for name in ("content", "receipt"):
        assert (await hub.http.get(links[name], headers=other)).status_code == 404
        assert (await hub.http.get(links[name] + "?version=2", headers=trader)).status_code == 404
        assert (await hub.http.get(links[name] + "?version=x", headers=trader)).status_code == 400
