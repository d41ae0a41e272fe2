"""The administrator loads reference data as a stream and changes policies. Parties look names up."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from services.cli.trial_parties import TrialParty, add_party
from tests.days import today
from tests.hub import RunningHub
from tests.permits.reference_files import index_csv, report_counts, taxon_row
from tests.waiting import block_until

R = "/v1/reference"
CSV = {"Content-Type": "text/csv"}


class Caller:
    """A party's plain HTTP."""

    def __init__(self, hub: RunningHub, token: str) -> None:
        self._http = httpx2.Client(
            base_url=hub.url, headers={"Authorization": f"Bearer {token}"}, timeout=120, trust_env=False
        )

    def __call__(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self._http.request(method, path, **more)


@pytest.fixture
def admin(hub: RunningHub) -> Caller:
    """The administrator."""
    return Caller(hub, hub.admin().access_token())


@pytest.fixture
def trader(hub: RunningHub) -> TrialParty:
    """A trader of its own."""
    return add_party(hub.admin(), "D SARL", "FR", ["trader"], {"EORI": f"FR-REFERENCE-{time.time_ns()}"})


def rows(count: int) -> list[dict[str, str]]:
    messages = "abcdefghijklmnopqrstuvwxyz"
    return [
        taxon_row(n, f"Portans sp{messages[n // 676]}{messages[n // 26 % 26]}{messages[n % 26]}") for n in range(count)
    ]


def in_pieces(content: str) -> Iterator[bytes]:
    whole = content.encode()
    for start in range(0, len(whole), 50_000):
        yield whole[start : start + 50_000]


def test_species_index_loaded_twice_counts_only_the_changes(admin: Caller, trader: TrialParty, hub: RunningHub) -> None:
    taxa = rows(8000)
    content = index_csv(taxa)
    assert len(content) > 1_048_576, "more than other bodies may have"
    first = admin("PUT", f"{R}/taxa", content=in_pieces(content), headers=CSV)
    assert (first.status_code, report_counts(first.json())) == (200, {"taken": 8000, "added": 8000}), first.text
    again = admin("PUT", f"{R}/taxa", content=in_pieces(content), headers=CSV).json()
    assert report_counts(again) == {"taken": 8000, "unchanged": 8000}
    assert again["version"] == first.json()["version"]
    taxa[3]["CurrentListing"] = "I"
    other = admin(
        "PUT", f"{R}/taxa", content=index_csv(taxa[:-1]), params={"from": today().isoformat()}, headers=CSV
    ).json()
    assert report_counts(other) == {"taken": 7999, "unchanged": 7998, "changed": 1}
    assert taxa[-1]["FullName"] in [kept["name"] for kept in other["kept_facts"]]
    asks = Caller(hub, trader.hub.access_token())
    found = asks("GET", f"{R}/taxa", params={"name": taxa[3]["FullName"].upper(), "on": today().isoformat()}).json()
    assert [(one["taxon"], one["appendix"]) for one in found["data"]] == [(taxa[3]["FullName"], "I")]
    assert found["next_cursor"] is None
    begun = asks("GET", f"{R}/taxa", params={"name": "porta", "limit": "5"}).json()["data"]
    assert len(begun) == 5 and all(one["taxon"].startswith("Portans") for one in begun)


def test_reference_load_of_a_bad_file_or_by_another_role_is_refused(
    admin: Caller, trader: TrialParty, hub: RunningHub
) -> None:
    refused = admin("PUT", f"{R}/suspensions", content="a,b\n1,2\n" * 200_000, headers=CSV)
    assert (refused.status_code, refused.json()["code"]) == (422, "columns-missing")
    assert {fault["pointer"] for fault in refused.json()["errors"]} >= {"/iso_code2", "/taxon_name"}
    as_json = admin("PUT", f"{R}/quotas", json={})
    assert (as_json.status_code, as_json.json()["code"]) == (415, "unsupported-media-type")
    bad_day = admin("PUT", f"{R}/taxa", content=index_csv(rows(1)), params={"from": "tomorrow"}, headers=CSV)
    assert bad_day.status_code == 400
    for which in ("taxa", "suspensions", "quotas", "hs-codes"):
        tried = Caller(hub, trader.hub.access_token())("PUT", f"{R}/{which}", content="x", headers=CSV)
        assert (tried.status_code, tried.json()["code"]) == (403, "role-not-allowed")


PUBLIC_COLUMNS = (
    "start_date,end_date,taxon_name,taxon_concept_id,rank,iso_code2,unit,term,source,purpose,Applies_to_import,notes,"
    "internal notes"
)


@pytest.mark.parametrize(("asked", "reading", "rejected"), [
    ({}, "exempt", "T"),
    ({"purposes_and_sources": "exempt"}, "exempt", "T"),
    ({"purposes_and_sources": "covered"}, "covered", "H"),
])  # fmt: skip
def test_suspension_of_all_countries_blocks_the_purposes_that_the_file_means(
    admin: Caller, trader: TrialParty, asked: dict[str, str], reading: str, rejected: str
) -> None:
    rows = "26/11/2015,,Moschus,,GENUS,ALL,ALL,ALL,ALL,H; P,,,\n12/08/2014,,Ovis,,GENUS,ALL,ALL,ALL,ALL,H,,,\n"
    try:
        report = admin("PUT", f"{R}/suspensions", content=f"{PUBLIC_COLUMNS}\n{rows}", headers=CSV, params=asked)
        assert report.status_code == 200, report.text
        assert (report.json()["refusals"], report.json()["purposes_and_sources"]) == ([], reading)
        party = {"name": trader.name, "country": "FR", "identifier": trader.identifier}
        blocked = set()
        for purpose in ("H", "T"):
            declared = trader.hub.lodge(
                {
                    "reference": f"musk {reading} {purpose} {len(asked)}", "movement": "import",
                    "exporter": {"name": "A", "country": "RU"}, "importer": party,
                    "export_country": "RU", "import_country": "FR",
                    "items": [{
                        "number": 1, "taxon": "Moschus moschiferus", "term": "TRO", "quantity": "1", "unit": "number",
                        "purpose": purpose, "source": "W", "origin_country": "RU",
                    }],
                },
                wait=20,
            )  # fmt: skip
            if "CITES-Conf-14.3-suspension" in {one["rule"] for one in declared["findings"]}:
                blocked.add(purpose)
        assert blocked == {rejected}
    finally:
        admin("PUT", f"{R}/suspensions", content=f"{PUBLIC_COLUMNS}\n", headers=CSV)


def test_reading_of_codes_is_a_parameter_of_suspensions_only(admin: Caller) -> None:
    for which, asked in (("quotas", "exempt"), ("taxa", "covered"), ("suspensions", "both")):
        tried = admin("PUT", f"{R}/{which}", content="x", headers=CSV, params={"purposes_and_sources": asked})
        assert tried.status_code == 400, (which, tried.text)


def test_declaration_with_an_unlisted_name_is_checked_again_after_a_load(admin: Caller, trader: TrialParty) -> None:
    name = f"Exspectans {time.time_ns() % 10**9}".translate(str.maketrans("0123456789", "abcdefghij"))
    party = {"name": trader.name, "country": "FR", "identifier": trader.identifier}
    declared = trader.hub.lodge(
        {
            "reference": name, "movement": "import", "exporter": {"name": "A", "country": "ZA"}, "importer": party,
            "export_country": "ZA", "import_country": "FR",
            "items": [{"number": 1, "taxon": name, "term": "LIV", "quantity": "1", "unit": "number"}],
        },
        wait=20,
    )  # fmt: skip
    assert (declared["status"], [f["rule"] for f in declared["findings"] if f["severity"] != "note"]) == (
        "referred",
        ["unverified"],
    )
    admin("PUT", f"{R}/taxa", content=index_csv([*rows(10), taxon_row(9000, name, "NC")]), headers=CSV)
    block_until(lambda: trader.hub.read_declaration(declared["id"])["status"] != "referred", seconds=60)
    assert trader.hub.read_declaration(declared["id"])["status"] == "accepted"


def test_policy_read_by_each_role_is_changed_by_the_administrator_only(
    admin: Caller, trader: TrialParty, hub: RunningHub
) -> None:
    read = Caller(hub, trader.hub.access_token())("GET", "/v1/policies/SM")
    assert (read.status_code, read.json()["import_permit_for_appendix_ii"]) == (200, False)
    stated = {"import_permit_for_appendix_ii": True}
    changed = admin("PUT", "/v1/policies/SM", json=stated, headers={"If-Match": read.headers["etag"]})
    assert (changed.status_code, changed.json()["import_permit_for_appendix_ii"]) == (200, True)
    assert admin("PUT", "/v1/policies/SM", json=stated, headers={"If-Match": '"0"'}).status_code == 412
