"""Each kind of permit: the fewest fields that are valid, and one code for each fault."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.permits.domain.permits.validation import VALIDITY_MONTHS, add_months
from shared.cites.codes import PERMIT_KINDS
from tests.days import today
from tests.journeys.party_client import PartyClient, wait_for_events

Body = dict[str, Any]
SIDES = {"import": "IS", "introduction_from_the_sea": "IS"}
LINES: dict[str, Body] = {
    "re_export": {"origin_country": "TD", "origin_permit": "TD-1", "origin_date": "2020-01-01"},
    "pre_convention": {"source": "O", "underlying_source": "W", "acquired_on": "1970-01-01"},
    "introduction_from_the_sea": {"taxon": "Hippocampus kuda", "source": "X"},
    "certificate_of_origin": {"appendix": "III"},
    "captive_bred": {"source": "C"},
    "travelling_exhibition": {"source": "C"},
    "musical_instrument": {"term": "CAR"},
    "sample_collection": {"term": "SKI"},
    "phytosanitary": {"source": "A"},
}
PURPOSES = {"travelling_exhibition": "Q", "personal_ownership": "P", "musical_instrument": "P"}
NEEDS: dict[str, tuple[str, str, str]] = {
    "re_export": ("origin_permit", "origin-permit-missing", "/lines/0/origin_permit"),
    "pre_convention": ("acquired_on", "acquisition-date-missing", "/lines/0/acquired_on"),
}
"""The fields that only some kinds require, each with the code and the place of its fault."""


def permit_body(kind: str, days: int = 1, **more: Any) -> Body:
    goods = {"line": "A", "taxon": "Inventa exemplaris", "appendix": "II", "source": "W", "term": "LIV"}
    goods |= {"quantity": "3", "unit": "number"}
    carnet = {"carnet": {"number": "ATA-1", "valid_until": "2999-01-01"}} if kind == "sample_collection" else {}
    return {
        "number": secrets.token_hex(8), "kind": kind, "issuer": SIDES.get(kind, "BT"), "issued_on": str(today()),
        "valid_until": str(today() + timedelta(days=days)), "exporter": {"name": "E", "country": "BT"},
        "importer": {"name": "I", "country": "IS"}, "export_country": "BT", "import_country": "IS",
        "purpose": PURPOSES.get(kind, "T"), "lines": [goods | LINES.get(kind, {})], **carnet, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def offices(add_party: Callable[..., list[PartyClient]]) -> dict[str, PartyClient]:
    """The authorities of both countries."""
    return {country: add_party("authority", country)[0] for country in ("BT", "IS")}


def issue(offices: dict[str, PartyClient], body: Body, **headers: str) -> httpx2.Response:
    return offices[body["issuer"]]("POST", "/v1/permits", body, **headers)


def refused(response: httpx2.Response) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    assert response.json()["code"] == response.json()["errors"][0]["code"]
    return [(fault["code"], fault["pointer"]) for fault in response.json()["errors"]]


@pytest.mark.parametrize("kind", PERMIT_KINDS)
def test_permit_of_each_kind_with_only_required_fields_is_issued(offices: dict[str, PartyClient], kind: str) -> None:
    stated = permit_body(kind)
    made = issue(offices, stated)
    assert made.status_code == 201, made.text
    read = offices[stated["issuer"]]("GET", made.headers["Location"]).json()
    many = kind in {"travelling_exhibition", "musical_instrument", "personal_ownership", "sample_collection"}
    assert (read["kind"], read["status"], read["use"]) == (
        kind, "issued", "many_crossings" if many else "single_shipment",
    )  # fmt: skip
    assert (read["retrospective"], "continuation" in read) == (False, many)
    marked = issue(offices, permit_body(kind, retrospective=True))
    assert marked.json()["retrospective"] is True


@pytest.mark.parametrize("kind", PERMIT_KINDS)
def test_permit_valid_longer_than_its_kind_allows_is_refused(offices: dict[str, PartyClient], kind: str) -> None:
    months = VALIDITY_MONTHS.get(kind)
    last = add_months(today(), months or 120)
    assert issue(offices, permit_body(kind, valid_until=str(last))).status_code == 201
    before = permit_body(kind, valid_until=str(today() - timedelta(days=1)))
    assert refused(issue(offices, before)) == [("validity-before-issue", "/valid_until")]
    if months is not None:
        beyond = permit_body(kind, valid_until=str(last + timedelta(days=1)))
        assert refused(issue(offices, beyond)) == [("validity-too-long", "/valid_until")]


@pytest.mark.parametrize("kind", PERMIT_KINDS)
def test_permit_without_a_field_of_its_kind_is_refused_with_a_code(offices: dict[str, PartyClient], kind: str) -> None:
    field, code, place = NEEDS.get(kind, ("purpose", "required", "/purpose"))
    stated = permit_body(kind)
    stated.pop(field, None)
    stated["lines"][0].pop(field, None)
    response = issue(offices, stated)
    assert response.status_code == 422
    assert (code, place) in [(fault["code"], fault["pointer"]) for fault in response.json()["errors"]], response.text


def lines(*changes: Body) -> Body:
    [goods] = permit_body("export")["lines"]
    return {"lines": [goods | {"line": chr(65 + n)} | change for n, change in enumerate(changes)]}


CROC = {"taxon": "Crocodylus niloticus"}


@pytest.mark.parametrize(("changes", "code", "place"), [
    ({"issuer": "IS"}, "issuer-not-of-export-country", "/issuer"),
    ({"carnet": {"number": "A", "valid_until": "2999-01-01"}}, "carnet-out-of-place", "/carnet"),
    (lines({"source": "I"}), "underlying-source-missing", "/lines/0/underlying_source"),
    (lines(CROC | {"source": "A"}), "source-not-of-kingdom", "/lines/0/source"),
    (lines({"taxon": "Aloe ferox", "source": "R"}), "source-not-of-kingdom", "/lines/0/source"),
    (lines({"taxon": "Aloe ferox", "source": "I", "underlying_source": "C"}), "source-not-of-kingdom",
     "/lines/0/underlying_source"),
    (lines({"quantity": "0.5"}), "quantity-not-whole", "/lines/0/quantity"),
    (lines({}, {}), "lines-overlap", "/lines/1"),
    (lines({"taxon": "Crocodylia spp."}, CROC), "lines-overlap", "/lines/1"),
    (lines({"taxon": "Vicugna vicugna"}, {"taxon": "LAMA VICUGNA (Molina, 1782)"}), "lines-overlap", "/lines/1"),
    (lines({"quota_used": "5"}), "quota-incomplete", "/lines/0/annual_quota"),
    (lines({"quota_used": "2", "annual_quota": "9"}), "quota-used-too-low", "/lines/0/quota_used"),
    (lines({"quota_used": "10", "annual_quota": "9"}), "quota-exceeded", "/lines/0/quota_used"),
    (lines({"acquired_on": "2999-01-01"}), "date-after-issue", "/lines/0/acquired_on"),
])  # fmt: skip
def test_permit_with_a_fault_is_refused_with_code_and_place(
    offices: dict[str, PartyClient], changes: Body, code: str, place: str
) -> None:
    assert refused(issue(offices, permit_body("export") | changes)) == [(code, place)]


def test_permit_issued_in_the_future_is_refused(offices: dict[str, PartyClient]) -> None:
    later = permit_body("export", days=9, issued_on=str(today() + timedelta(days=2)))
    assert refused(issue(offices, later)) == [("issued-in-the-future", "/issued_on")]


@pytest.mark.parametrize(("changes", "code"), [
    ({"source": "Q"}, "unknown-source"), ({"term": "XYZ"}, "unknown-term"), ({"unit": "bushel"}, "unknown-unit"),
    ({"appendix": "IV"}, "unknown-appendix"), ({"origin_country": "QQ"}, "unknown-country"),
    ({"quantity": "9" * 39}, "too-many-digits"), ({"quantity": "0"}, "invalid-body"),
    ({"quantity": "-1"}, "invalid-body"), ({"term": "XYZ", "unit": "bushel"}, "invalid-body"),
])  # fmt: skip
def test_permit_with_an_unknown_code_is_refused_with_the_field(
    offices: dict[str, PartyClient], changes: Body, code: str
) -> None:
    response = issue(offices, permit_body("export") | lines(changes))
    faults = response.json()["errors"]
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert {fault["pointer"] for fault in faults} == {f"/lines/0/{name}" for name in changes}
    assert code == "invalid-body" or [fault["code"] for fault in faults] == [code]


def quota_file(amount: int) -> bytes:
    year = today().year
    row = f"{year}-01-01,{year}-12-31,Rarissima una,BT,{amount}"
    return f"start_date,end_date,taxon_name,iso_code2,quota\n{row}\n".encode()


def test_quota_requested_by_two_issuers_at_once_is_not_exceeded(
    offices: dict[str, PartyClient], admin_access: PartyClient
) -> None:
    load = admin_access.send("PUT", "/v1/reference/quotas", quota_file(100))
    assert (load.status_code, load.json()["taken"]) == (200, 1), load.text

    def tries(_: int) -> httpx2.Response:
        return issue(offices, permit_body("export") | lines({"taxon": "Rarissima una", "quantity": "30"}))

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(tries, range(8)))
    assert sorted(response.status_code for response in responses) == [201] * 3 + [422] * 5
    no = next(response.json() for response in responses if response.status_code == 422)
    assert (no["code"], no["errors"][0]["pointer"]) == ("quota-exceeded", "/lines/0/quantity")
    last = issue(offices, permit_body("export") | lines({"taxon": "Rarissima una", "quantity": "11"})).json()
    assert "10 number are left" in last["detail"]
    [one] = admin_access("GET", "/v1/reference/quotas?country=BT").json()["data"]
    assert (one["quota"], one["taken"], one["left"]) == ("100", "90", "10")
    told = [event["type"] for event in wait_for_events(offices["BT"], "quota.*", 1)]
    assert told == ["quota.near"]


def test_permit_past_its_last_day_causes_an_event_for_its_parties(add_party: Callable[..., list[PartyClient]]) -> None:
    number = secrets.token_hex(6)
    [holder], [authority] = add_party("trader", "BT", number), add_party("authority", "BT")
    day = today()
    ends = {"permit.expiring": day + timedelta(days=30), "permit.expired": day - timedelta(days=9)}
    mine: Body = {"exporter": {"name": "E", "country": "BT", "identifier": number}}
    mine["issued_on"] = str(day - timedelta(days=30))
    ids = {}
    for kind, last in ends.items():
        made = authority("POST", "/v1/permits", permit_body("export", valid_until=str(last), **mine))
        assert made.status_code == 201, made.text
        ids[made.json()["id"]] = kind
    authority("POST", "/v1/permits", permit_body("export", valid_until=str(day + timedelta(days=33)), **mine))
    told = wait_for_events(holder, "permit.expiring,permit.expired", 2)
    assert {event["data"]["permit_id"]: event["type"] for event in told} == ids
    assert {event["data"]["status"] for event in told} == {"issued", "expired"}
    past = holder("GET", "/v1/permits?status=expired").json()["data"]
    assert [one["id"] for one in past] == [event_id for event_id, kind in ids.items() if kind == "permit.expired"]
