"""A file of permits, one per line: valid lines are issued, and each invalid line has its own problem."""

import json
from collections.abc import Iterator

import pytest

from tests.hub import RunningHub
from tests.journeys.hub_parties import HubParties, open_hub_parties, permit

NDJSON = {"Content-Type": "application/x-ndjson"}
KEY = {"Idempotency-Key": "file-1"}
TOLD = (
    (201, None),
    (400, "malformed-json"),
    (400, "malformed-json"),
    (400, "malformed-json"),
    (201, None),
    (409, "permit-number-taken"),
    (422, "taxon-nameless"),
    (201, None),
    (400, "malformed-json"),
)


@pytest.fixture(scope="module")
def hub_parties(tried_hub: RunningHub) -> Iterator[HubParties]:
    hub_parties = open_hub_parties(tried_hub)
    yield hub_parties
    hub_parties.http.close()


def test_bulk_issue_sent_twice_issues_each_valid_line_once(hub_parties: HubParties) -> None:
    exporter = hub_parties.party("trader", country="ZA", number="ZA-FILE")
    importer = hub_parties.party("trader", number="FR-FILE")
    authority = hub_parties.party("authority", country="ZA")
    first, last = permit(exporter, importer), permit(exporter, importer)
    nameless = permit(exporter, importer)
    nameless["lines"][0]["taxon"] = "spp."
    whole = json.dumps(first)
    sent = [whole, "", " \t", f"{whole},{whole}", whole, json.dumps(first | {"purpose": "Z"}), json.dumps(nameless)]
    body = "\n".join([*sent, json.dumps(last), "", ""])
    told = []
    for _ in range(2):
        response = hub_parties.request(authority, "POST", "/v1/permits/bulk", body.encode(), NDJSON | KEY, expect=200)
        told.append([json.loads(line) for line in response.text.splitlines()])
    for lines in told:
        assert tuple((one["status_code"], one.get("code")) for one in lines) == TOLD
    assert told[0][6]["errors"][0] == {
        "pointer": "/lines/0/taxon",
        "code": "taxon-nameless",
        "detail": "Expected a scientific name: a species, or a genus or family with all its species.",
    }
    assert told[0][0]["id"] == told[0][4]["id"] == told[1][0]["id"] and told[1][7]["replayed"]
