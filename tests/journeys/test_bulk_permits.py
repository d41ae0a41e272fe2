"""A file of permits as it is exported from somewhere: its bad lines are told one by one, and its good ones issued."""

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
def world(tried_hub: RunningHub) -> Iterator[HubParties]:
    world = open_hub_parties(tried_hub)
    yield world
    world.http.close()


def test_a_file_of_permits_is_issued_line_by_line_and_again_is_the_same(world: HubParties) -> None:
    exporter = world.party("trader", country="ZA", number="ZA-FILE")
    importer = world.party("trader", number="FR-FILE")
    authority = world.party("authority", country="ZA")
    first, last = permit(exporter, importer), permit(exporter, importer)
    nameless = permit(exporter, importer)
    nameless["lines"][0]["taxon"] = "spp."
    whole = json.dumps(first)
    sent = [whole, "", " \t", f"{whole},{whole}", whole, json.dumps(first | {"purpose": "Z"}), json.dumps(nameless)]
    body = "\n".join([*sent, json.dumps(last), "", ""])
    told = []
    for _ in range(2):
        response = world.request(authority, "POST", "/v1/permits/bulk", body.encode(), NDJSON | KEY, expect=200)
        told.append([json.loads(line) for line in response.text.splitlines()])
    for lines in told:
        assert tuple((one["status_code"], one.get("code")) for one in lines) == TOLD
    assert told[0][6]["errors"][0] == {
        "pointer": "/lines/0/taxon",
        "code": "taxon-nameless",
        "detail": "A taxon has a name: a species, or a genus or a family for all its species",
    }
    assert told[0][0]["id"] == told[0][4]["id"] == told[1][0]["id"] and told[1][7]["replayed"]
