"""Permits over HTTP: every route guarded, roles kept apart, bodies refused by name, answers as the contract says."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from services.permits.main import make
from services.permits.settings import Settings
from shared.contracts.people import Caller, Party
from shared.database import now
from shared.identity import InsideSigner, KeyFile, make_keys
from tests.conftest import Clone
from tests.permits.people import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    STRANGER,
    A,
    B,
    declaration,
    item,
    letter,
    line,
    party,
    terms,
)

ADMIN, PARTNER = party("admin", "FR"), party("partner", "FR")


class Inside:
    """Calls the service as the gateway would, in a party's name."""

    def __init__(self, app: FastAPI, http: httpx2.AsyncClient, signer: InsideSigner) -> None:
        self.app, self.http, self.signer = app, http, signer

    async def __call__(self, method: str, path: str, who: Party | None, **more: Any) -> httpx2.Response:
        token = self.signer.token(Caller(service="gateway", party=who), audience="permits", at=now())
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        if method in {"POST", "PUT"}:
            headers.setdefault("Command-Id", str(uuid4()))
        return await self.http.request(method, path, headers=headers, **more)


@pytest.fixture
async def inside(clone: Clone, tmp_path: Path) -> AsyncIterator[Inside]:
    """The permits app on a database of its own, and the gateway's keys."""
    private, public = tmp_path / "gateway.json", tmp_path / "gateway.pub.json"
    make_keys(private, public)
    settings = Settings(
        database_url=await clone("permits"),
        gateway_keys=public,
        signing_keys=private,
        notifications_url="http://127.0.0.1:9",
    )
    app = make(settings)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://permits") as http:
            yield Inside(app, http, InsideSigner("gateway", KeyFile(private)))


def operations(app: FastAPI) -> list[tuple[str, str]]:
    app.openapi_schema = None
    listed = [(m.upper(), path) for path, methods in app.openapi()["paths"].items() for m in methods]
    return [*listed, ("POST", "/inside/declarations"), ("POST", "/inside/parties"), ("POST", "/inside/permits")]


async def test_every_route_without_a_token_is_401(inside: Inside) -> None:
    seen = operations(inside.app)
    assert len(seen) > 15
    for method, path in seen:
        answer = await inside.http.request(method, path.format(id=uuid4(), which="rules", country="FR"))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path


async def test_a_header_that_claims_a_party_counts_for_nothing(inside: Inside) -> None:
    claims = {"X-Party": str(B.id), "X-Roles": "admin", "Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    assert (await inside.http.get("/v1/declarations", headers=claims)).status_code == 401


ROLES = {"trader": B, "customs": CUSTOMS_FR, "authority": AUTHORITY_FR, "partner": PARTNER, "admin": ADMIN}
EVERYBODY = {"trader", "customs", "authority"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/declarations"): EVERYBODY,
    ("GET", "/v1/declarations/{id}"): EVERYBODY,
    ("POST", "/v1/declarations/validate"): {"trader"},
    ("PUT", "/v1/declarations/{id}"): {"trader"},
    ("POST", "/v1/declarations/{id}/cancellation"): {"trader"},
    ("POST", "/v1/declarations/{id}/release"): {"customs"},
    ("POST", "/v1/declarations/{id}/refusal"): {"customs"},
    ("POST", "/v1/declarations/{id}/override"): {"customs"},
    ("POST", "/v1/declarations/{id}/correction"): {"customs"},
    ("POST", "/v1/declarations/{id}/consent"): {"authority"},
    ("POST", "/v1/permits"): {"authority"},
    ("GET", "/v1/permits"): EVERYBODY,
    ("GET", "/v1/permits/{id}"): EVERYBODY,
    ("GET", "/v1/permits/{id}/ledger"): EVERYBODY,
    ("POST", "/v1/permits/{id}/endorsement"): {"customs"},
    ("POST", "/v1/permits/{id}/revocation"): {"authority"},
    ("POST", "/v1/permits/{id}/replacement"): {"authority"},
    ("POST", "/v1/permits/{id}/loss"): {"authority"},
    ("POST", "/v1/permits/{id}/found"): {"authority"},
    ("POST", "/v1/permit-applications"): {"trader"},
    ("GET", "/v1/permit-applications"): {"trader", "authority"},
    ("GET", "/v1/permit-applications/{id}"): {"trader", "authority"},
    ("POST", "/v1/permit-applications/{id}/query"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/answer"): {"trader"},
    ("POST", "/v1/permit-applications/{id}/withdrawal"): {"trader"},
    ("POST", "/v1/permit-applications/{id}/assessment"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/grant"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/refusal"): {"authority"},
    ("GET", "/v1/reports/annual"): {"authority"},
    ("GET", "/v1/reports/mirror"): {"authority"},
    ("GET", "/v1/reference/{which}"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/taxa"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/suspensions"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/quotas"): {*EVERYBODY, "partner", "admin"},
    ("PUT", "/v1/reference/{which}"): {"admin"},
    ("GET", "/v1/policies/{country}"): {*EVERYBODY, "partner", "admin"},
    ("PUT", "/v1/policies/{country}"): {"admin"},
    ("POST", "/inside/declarations"): set(),
    ("POST", "/inside/parties"): set(),
    ("POST", "/inside/permits"): {"authority"},
}


async def test_every_role_may_do_what_the_table_says_and_no_more(inside: Inside) -> None:
    for operation in operations(inside.app):
        for role, who in ROLES.items():
            answer = await inside(operation[0], operation[1].format(id=uuid4(), which="rules", country="FR"), who)
            assert (answer.status_code != 403) == (role in ALLOWED[operation]), (operation, role, answer.text)


async def issue(inside: Inside, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    permit = terms(*lines, **more)
    answer = await inside(
        "POST", "/v1/permits", AUTHORITY_ZA, json=json.loads(permit.model_dump_json(exclude_none=True))
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/permits/{answer.json()['id']}"
    return {**answer.json(), "terms": permit}


async def lodge(inside: Inside, stated: Any) -> str:
    sent = letter(stated)
    batch = {"letters": [json.loads(sent.model_dump_json())]}
    answer = await inside("POST", "/inside/declarations", None, json=batch)
    assert answer.json() == {"answers": [{"id": str(sent.id), "outcome": "taken", "reason": None}]}
    return str(sent.id)


async def test_the_journey_of_one_permit(inside: Inside) -> None:
    permit = await issue(inside, line(), line("B", "40", term="MEA", unit="kg"))
    assert permit["lines"][0]["balance"] | {"consented": 0} == {
        "granted": "120", "endorsed": None, "consented": 0, "reserved": "0", "consumed": "0", "available": "120",
        "closed": False,
    }  # fmt: skip
    box_14 = {"lines": [{"line": "A", "quantity": 118}, {"line": "B", "quantity": "40"}], "port": "Durban"}
    answer = await inside("POST", f"/v1/permits/{permit['id']}/endorsement", CUSTOMS_ZA, json=box_14)
    assert (answer.status_code, answer.json()["status"]) == (200, "endorsed")
    id = await lodge(inside, declaration(item(permit["terms"], "100")))
    read = await inside("GET", f"/v1/declarations/{id}", B)
    assert (read.json()["status"], read.headers["ETag"]) == ("accepted", '"1"')
    answer = await inside("POST", f"/v1/declarations/{id}/release", CUSTOMS_FR)
    assert (answer.status_code, answer.json()["status"]) == (200, "released")
    for side, country, who, rows in (
        ("export", "ZA", AUTHORITY_ZA, {("SKI", "118", ""), ("MEA", "40", "KIL")}),
        ("import", "FR", AUTHORITY_FR, {("SKI", "100", "")}),
    ):
        query = {"year": str(now().year), "side": side, "country": country}
        report = await inside("GET", "/v1/reports/annual", who, params=query)
        assert report.headers["content-type"].startswith("text/csv")
        names, *found = [row.split(",") for row in report.text.split("\r\n") if row]
        place = [names.index(name) for name in ("TermCode", "Quantity", "UnitCode")]
        assert {tuple(row[n] for n in place) for row in found} == rows
        assert ("ImportPermit" in names) == (side == "import")
    foreign = {"year": "2026", "side": "export", "country": "ZA"}
    assert (await inside("GET", "/v1/reports/annual", AUTHORITY_FR, params=foreign)).status_code == 404


async def test_the_columns_of_the_reports_are_those_of_the_guidelines(inside: Inside) -> None:
    export = "Appendix,SpeciesName,TermCode,Quantity,UnitCode,TradingPartner,CountryOfOrigin,ExportPermit,"
    rest = "OriginPermit,IFSPermit,PurposeCode,SourceCode,Year\r\n"
    for side, names in (
        ("export", export + rest),
        ("import", export.replace("ExportP", "ImportPermit,ExportP") + rest),
    ):
        query = {"year": "2026", "side": side, "country": "FR"}
        assert (await inside("GET", "/v1/reports/annual", AUTHORITY_FR, params=query)).text == names


async def test_one_party_never_sees_anothers_data(inside: Inside) -> None:
    permit = await issue(inside)
    id = await lodge(inside, declaration(item(permit["terms"], "100")))
    for who in (STRANGER, party("customs", "DE"), party("authority", "DE")):
        assert (await inside("GET", f"/v1/declarations/{id}", who)).status_code == 404
        assert (await inside("GET", f"/v1/permits/{permit['id']}", who)).status_code == 404
        assert (await inside("GET", f"/v1/permits/{permit['id']}/ledger", who)).status_code == 404
        assert (await inside("GET", "/v1/declarations", who)).json()["data"] == []
        assert (await inside("GET", "/v1/permits", who)).json()["data"] == []
    for who in (A, B, CUSTOMS_FR, CUSTOMS_ZA, AUTHORITY_FR, AUTHORITY_ZA):
        assert (await inside("GET", f"/v1/permits/{permit['id']}", who)).status_code == 200
    assert (await inside("GET", f"/v1/declarations/{id}", A)).status_code == 404, "the exporter did not lodge it"


async def test_lists_filter_and_page_newest_first(inside: Inside) -> None:
    permit = await issue(inside)
    ids = [await lodge(inside, declaration(item(permit["terms"], "1"))) for _ in range(5)]
    first = (await inside("GET", "/v1/declarations", B, params={"limit": 3})).json()
    rest = (await inside("GET", "/v1/declarations", B, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in (*first["data"], *rest["data"])] == ids[::-1]
    assert rest["next_cursor"] is None
    number = permit["number"]
    for filters, count in (
        ({"permit_number": number}, 5), ({"permit_number": "other"}, 0), ({"taxon": "Crocodylus niloticus"}, 5),
        ({"status": "referred"}, 1), ({"status": "rejected"}, 4), ({"movement": "export"}, 0), ({"country": "ZA"}, 5),
        ({"from": "2020-01-01", "to": "2020-01-02"}, 0), ({"from": "2020-01-01"}, 5),
    ):  # fmt: skip
        assert len((await inside("GET", "/v1/declarations", B, params=filters)).json()["data"]) == count, filters
    for filters, count in (
        ({"number": number}, 1), ({"issuer": "FR"}, 0), ({"status": "issued"}, 1), ({"status": "expired"}, 0),
        ({"taxon": "crocodylus niloticus"}, 1), ({"holder": "ZA1234567"}, 1),
    ):  # fmt: skip
        assert len((await inside("GET", "/v1/permits", B, params=filters)).json()["data"]) == count, filters
    for path, query in (("/v1/declarations", {"colour": "red"}), ("/v1/permits", {"limit": 201}),
                        ("/v1/declarations", {"status": "gone"}), ("/v1/permits", {"cursor": "x"}),
                        ("/v1/declarations", {"taxon": "\x00"}), ("/v1/permits", {"number": "\x00"}),
                        ("/v1/declarations", {"to": "9999-12-31"}), ("/v1/declarations", {"from": "x"})):  # fmt: skip
        answer = await inside("GET", path, B, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")


async def test_an_expired_permit_reads_so_from_its_dates(inside: Inside) -> None:
    permit = await issue(inside, issued_on="2024-01-01", valid_until="2024-06-30")
    assert (await inside("GET", f"/v1/permits/{permit['id']}", B)).json()["status"] == "expired"
    assert len((await inside("GET", "/v1/permits", B, params={"status": "expired"})).json()["data"]) == 1
    assert (await inside("GET", "/v1/permits", B, params={"status": "issued"})).json()["data"] == []


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(("change", "pointer", "code"), [
    (lambda p: p.update(colour="red"), "/colour", "extra-forbidden"),
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
    (lambda p: p["exporter"].update(name="x\x00"), "/exporter/name", "string-pattern-mismatch"),
])  # fmt: skip
async def test_a_bad_permit_is_refused_and_its_place_named(
    inside: Inside, change: Change, pointer: str, code: str
) -> None:
    body = json.loads(terms().model_dump_json(exclude_none=True))
    change(body)
    answer = await inside("POST", "/v1/permits", AUTHORITY_ZA, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "request_id", "errors"} <= answer.json().keys()
    assert (pointer, code) in {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


async def test_an_amendment_needs_the_version_it_amends(inside: Inside) -> None:
    permit = await issue(inside)
    stated = declaration(item(permit["terms"], "1"))
    id = await lodge(inside, stated)
    body = json.loads(stated.model_dump_json(exclude_none=True))
    for headers, status in (({}, 428), ({"If-Match": '"7"'}, 412), ({"If-Match": '"1"'}, 200)):
        answer = await inside("PUT", f"/v1/declarations/{id}", B, json=body, headers=headers)
        assert answer.status_code == status, answer.text
    assert answer.json()["version"] == 2


async def test_validating_says_what_filing_would_and_keeps_nothing(inside: Inside) -> None:
    permit = await issue(inside)
    good = json.loads(declaration(item(permit["terms"], "1")).model_dump_json(exclude_none=True))
    told = (await inside("POST", "/v1/declarations/validate", B, json=good)).json()
    assert (told["valid"], [f["rule"] for f in told["findings"]]) == (False, ["CITES-box-14-endorsement"])
    told = (await inside("POST", "/v1/declarations/validate", B, json={**good, "colour": 1})).json()
    assert (told["valid"], [e["pointer"] for e in told["errors"]]) == (False, ["/colour"])
    told = (await inside("POST", "/v1/declarations/validate", STRANGER, json=good)).json()
    assert told["errors"][0]["code"] == "not-your-declaration"
    assert (await inside("GET", "/v1/declarations", B)).json()["data"] == []


async def test_the_reference_tables_are_there(inside: Inside) -> None:
    for which in ("purposes", "sources", "terms", "units", "event-types", "rules"):
        assert len((await inside("GET", f"/v1/reference/{which}", B)).json()["data"]) > 8
    rules = (await inside("GET", "/v1/reference/rules", B)).json()["data"]
    assert {"rule", "severity", "sentence"} == rules[0].keys()
    assert all(rule["sentence"].endswith((".", ").")) for rule in rules)


async def test_figures_count_checks_and_what_waits_to_be_told(inside: Inside) -> None:
    told = (await inside.http.get("/metrics")).text
    assert "saola_news_waiting 0.0" in told and "saola_checks" in told and "saola_database_up 1.0" in told


async def test_health_says_alive_and_ready(inside: Inside) -> None:
    assert (await inside.http.get("/healthz")).json() == {"status": "alive"}
    assert (await inside.http.get("/readyz")).json() == {"status": "ready"}
