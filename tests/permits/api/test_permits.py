"""Permits over HTTP: a permit from issue to report, access of parties, lists and reports by the contract."""

import asyncio
from typing import Any

from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.fields import format_timestamp
from shared.database import now
from shared.reconciliation import store_mended, store_status
from shared.reconciliation_state import Mended
from tests.days import FIXED_NOON
from tests.permits.internal_client import InternalClient, issue_by_http, lodge_by_http
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    OTHER_TRADER,
    A,
    B,
    declaration,
    item,
    line,
    party,
)
from tests.waiting import WAIT_SECONDS


async def test_permit_from_issue_to_report_over_http(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client, line(), line("B", "40", term="MEA", unit="kg"))
    assert permit["lines"][0]["balance"] | {"consented": 0} == {
        "granted": "120", "endorsed": "0", "consented": 0, "reserved": "0", "consumed": "0", "available": "120",
        "closed": False,
    }  # fmt: skip
    box_14 = {"lines": [{"line": "A", "quantity": 118}, {"line": "B", "quantity": "40"}], "port": "Durban"}
    response = await internal_client("POST", f"/v1/permits/{permit['id']}/endorsement", CUSTOMS_ZA, json=box_14)
    assert (response.status_code, response.json()["status"]) == (200, "endorsed")
    declaration_id = await lodge_by_http(internal_client, declaration(item(permit["terms"], "100")))
    read = await internal_client("GET", f"/v1/declarations/{declaration_id}", B)
    assert (read.json()["status"], read.headers["ETag"]) == ("accepted", '"1"')
    response = await internal_client("POST", f"/v1/declarations/{declaration_id}/release", CUSTOMS_FR)
    assert (response.status_code, response.json()["status"]) == (200, "released")
    for side, country, who, rows in (
        ("export", "ZA", AUTHORITY_ZA, {("SKI", "118", ""), ("MEA", "40", "KIL")}),
        ("import", "FR", AUTHORITY_FR, {("SKI", "100", "")}),
    ):
        query = {"year": str(now().year), "side": side, "country": country}
        report = await internal_client("GET", "/v1/reports/annual", who, params=query)
        assert report.headers["content-type"].startswith("text/csv")
        names, *found = [row.split(",") for row in report.text.split("\r\n") if row]
        place = [names.index(name) for name in ("TermCode", "Quantity", "UnitCode")]
        assert {tuple(row[n] for n in place) for row in found} == rows
        assert ("ImportPermit" in names) == (side == "import")
    foreign = {"year": "2026", "side": "export", "country": "ZA"}
    assert (await internal_client("GET", "/v1/reports/annual", AUTHORITY_FR, params=foreign)).status_code == 404


async def test_report_columns_are_those_of_the_guidelines(internal_client: InternalClient) -> None:
    export = "Appendix,SpeciesName,TermCode,Quantity,UnitCode,TradingPartner,CountryOfOrigin,ExportPermit,"
    rest = "OriginPermit,IFSPermit,PurposeCode,SourceCode,Year\r\n"
    for side, names in (
        ("export", export + rest),
        ("import", export.replace("ExportP", "ImportPermit,ExportP") + rest),
    ):
        query = {"year": "2026", "side": side, "country": "FR"}
        assert (await internal_client("GET", "/v1/reports/annual", AUTHORITY_FR, params=query)).text == "\ufeff" + names


async def test_party_without_a_part_in_a_trade_gets_not_found(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    declaration_id = await lodge_by_http(internal_client, declaration(item(permit["terms"], "100")))
    for who in (OTHER_TRADER, party("customs", "DE"), party("authority", "DE")):
        assert (await internal_client("GET", f"/v1/declarations/{declaration_id}", who)).status_code == 404
        assert (await internal_client("GET", f"/v1/permits/{permit['id']}", who)).status_code == 404
        assert (await internal_client("GET", f"/v1/permits/{permit['id']}/ledger", who)).status_code == 404
        assert (await internal_client("GET", "/v1/declarations", who)).json()["data"] == []
        assert (await internal_client("GET", "/v1/permits", who)).json()["data"] == []
    for who in (A, B, CUSTOMS_FR, CUSTOMS_ZA, AUTHORITY_FR, AUTHORITY_ZA):
        assert (await internal_client("GET", f"/v1/permits/{permit['id']}", who)).status_code == 200
    assert (await internal_client("GET", f"/v1/declarations/{declaration_id}", A)).status_code == 404, (
        "the exporter did not lodge it"
    )


async def test_decision_without_a_body_is_refused_for_its_missing_reason(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    declaration_id = await lodge_by_http(internal_client, declaration(item(permit["terms"], "100")))
    for path, who in (
        (f"/v1/declarations/{declaration_id}/refusal", CUSTOMS_FR),
        (f"/v1/permits/{permit['id']}/revocation", AUTHORITY_ZA),
    ):
        response = await internal_client("POST", path, who)
        assert (response.status_code, response.json()["code"]) == (422, "invalid-body"), response.text
        assert "/reason" in {fault["pointer"] for fault in response.json()["errors"]}
    response = await internal_client("POST", f"/v1/declarations/{declaration_id}/refusal", CUSTOMS_FR, content=b"{}")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type"), (
        "a body needs a Content-Type"
    )


async def test_lists_are_filtered_and_paged_newest_first(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    ids = [await lodge_by_http(internal_client, declaration(item(permit["terms"], "1"))) for _ in range(5)]
    first = (await internal_client("GET", "/v1/declarations", B, params={"limit": 3})).json()
    rest = (
        await internal_client("GET", "/v1/declarations", B, params={"limit": 3, "cursor": first["next_cursor"]})
    ).json()
    assert [one["id"] for one in (*first["data"], *rest["data"])] == ids[::-1]
    assert rest["next_cursor"] is None
    number = permit["number"]
    for filters, count in (
        ({"permit_number": number}, 5), ({"permit_number": "other"}, 0), ({"taxon": "Crocodylus niloticus"}, 5),
        ({"status": "referred"}, 1), ({"status": "rejected"}, 4), ({"movement": "export"}, 0), ({"country": "ZA"}, 5),
        ({"from": "2020-01-01", "to": "2020-01-02"}, 0), ({"from": "2020-01-01"}, 5),
    ):  # fmt: skip
        assert len((await internal_client("GET", "/v1/declarations", B, params=filters)).json()["data"]) == count, (
            filters
        )
    for filters, count in (
        ({"number": number}, 1), ({"issuer": "FR"}, 0), ({"status": "issued"}, 1), ({"status": "expired"}, 0),
        ({"taxon": "crocodylus niloticus"}, 1), ({"holder": "ZA1234567"}, 1),
    ):  # fmt: skip
        assert len((await internal_client("GET", "/v1/permits", B, params=filters)).json()["data"]) == count, filters
    for path, query in (("/v1/declarations", {"colour": "red"}), ("/v1/permits", {"limit": 201}),
                        ("/v1/declarations", {"status": "gone"}), ("/v1/permits", {"cursor": "x"}),
                        ("/v1/declarations", {"taxon": "\x00"}), ("/v1/permits", {"number": "\x00"}),
                        ("/v1/declarations", {"to": "9999-12-31"}), ("/v1/declarations", {"from": "x"})):  # fmt: skip
        response = await internal_client("GET", path, B, params=query)
        assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


async def test_permit_after_its_last_day_reads_as_expired(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client, issued_on="2024-01-01", valid_until="2024-06-30")
    assert (await internal_client("GET", f"/v1/permits/{permit['id']}", B)).json()["status"] == "expired"
    assert len((await internal_client("GET", "/v1/permits", B, params={"status": "expired"})).json()["data"]) == 1
    assert (await internal_client("GET", "/v1/permits", B, params={"status": "issued"})).json()["data"] == []


async def test_reference_tables_have_rows_and_rules_have_remedies(internal_client: InternalClient) -> None:
    for which in ("purposes", "sources", "terms", "units", "event-types", "rules"):
        assert len((await internal_client("GET", f"/v1/reference/{which}", B)).json()["data"]) > 8
    rules = (await internal_client("GET", "/v1/reference/rules", B)).json()["data"]
    assert {"rule", "severity", "sentence", "remedy", "officer_remedy"} == rules[0].keys()
    assert all(rule["sentence"].endswith((".", ").")) for rule in rules)
    remedies = ("remedy", "officer_remedy")
    assert all((rule[name] is None) == (rule["severity"] == "note") for rule in rules for name in remedies)


async def test_reference_table_is_returned_whole_or_by_page(internal_client: InternalClient) -> None:
    for which, by in (("terms", "code"), ("rules", "rule")):
        path = f"/v1/reference/{which}"
        whole = (await internal_client("GET", path, B)).json()
        assert whole["next_cursor"] is None
        found: list[Any] = []
        asked: dict[str, Any] = {"limit": 7}
        async with asyncio.timeout(WAIT_SECONDS):
            while len(found) < len(whole["data"]):
                page = (await internal_client("GET", path, B, params=asked)).json()
                found += page["data"]
                asked["cursor"] = page["next_cursor"]
                assert page["next_cursor"] in {None, page["data"][-1][by]} and len(page["data"]) in {7, len(found) % 7}
        assert found == whole["data"] and asked["cursor"] is None
        for query in ({"limit": "0"}, {"limit": "201"}, {"cursor": "nothing"}):
            response = await internal_client("GET", path, B, params=query)
            assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter"), query


async def test_metrics_count_checks_and_waiting_events(internal_client: InternalClient) -> None:
    metrics = (await internal_client.http.get("/metrics")).text
    assert "saola_news_waiting 0.0" in metrics and "saola_checks" in metrics and "saola_database_up 1.0" in metrics


async def test_health_routes_respond_alive_and_ready(internal_client: InternalClient) -> None:
    assert (await internal_client.http.get("/healthz")).json() == {"status": "alive"}
    assert (await internal_client.http.get("/readyz")).json() == {"status": "ready", "reconciliations": []}


async def test_readiness_and_metrics_show_the_reconciliation_of_events(internal_client: InternalClient) -> None:
    engine = internal_client.app.state.context.engine
    await store_status(engine, "events", ReconciliationStatus.DONE, compared_at=FIXED_NOON)
    await store_mended(engine, "events", Mended(sent_again=3))
    (state,) = (await internal_client.http.get("/readyz")).json()["reconciliations"]
    assert state == {
        "messages": "events",
        "status": "done",
        "compared_at": format_timestamp(FIXED_NOON),
        "sent_again": 3,
        "adopted": 0,
        "lost": 0,
    }
    metrics = (await internal_client.http.get("/metrics")).text
    assert 'saola_reconciliation_sent_again{messages="events"} 3.0' in metrics
