"""The largest declaration that the hub accepts: customs, partners and the trader receive its events."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from saola_client import Hub
from services.cli.trial_parties import TrialParty, add_party
from services.cli.webhook_receiver import WebhookReceiver
from services.permits.domain.rules.check_limits import STORED_FINDINGS
from shared.contracts.limits import COUNTRIES, EVENT_DATA_BYTES, GRANTS, ITEMS
from tests.hub import RunningHub
from tests.waiting import block_until


@pytest.fixture(scope="module")
def admin(hub: RunningHub) -> Iterator[Hub]:
    """Yield the hub as its administrator."""
    with hub.admin() as admin:
        yield admin


def _wide_declaration(importer: TrialParty) -> dict[str, Any]:
    """Return a declaration of as many items as the hub accepts, each with a permit that does not exist."""
    goods = {"hs_code": "410320", "quantity": "1", "unit": "number", "description": "é" * 300}
    return {
        "reference": secrets.token_hex(8),
        "movement": "import",
        "exporter": {"name": "A", "country": "AE"},
        "importer": importer.as_trader(),
        "export_country": "AE",
        "import_country": "GB",
        "items": [
            {"number": n, **goods, "documents": [{"number": f"AE-{n:050}", "issuer": "AE"}]}
            for n in range(1, ITEMS + 1)
        ],
    }


def test_event_of_the_largest_declaration_reaches_customs_by_feed_and_webhook(admin: Hub) -> None:
    mark = secrets.token_hex(4).upper()
    importer = add_party(admin, f"Importer {mark}", "GB", ["trader"], {"EORI": f"GB{mark}"})
    customs = add_party(admin, f"Customs {mark}", "GB", ["customs"])
    with WebhookReceiver() as receiver:
        endpoint = customs.hub.create_webhook_endpoint(receiver.url, ["declaration.rejected"])
        receiver.set_secret(endpoint["secret"])
        lodged = importer.hub.lodge(_wide_declaration(importer), key=secrets.token_hex(8))

        def received() -> dict[str, Any] | None:
            events = [one for one in receiver.events if one["data"].get("declaration_id") == lodged["id"]]
            return events[0] if events else None

        event = block_until(received, seconds=60.0)
    assert event is not None
    assert event["data"]["finding_counts"] == {"block": STORED_FINDINGS, "refer": 1, "note": 0}
    assert event["data"]["rules"] == [
        {"rule": "CITES-VI.1-permit-known", "severity": "block", "count": STORED_FINDINGS},
        {"rule": "findings-omitted", "severity": "refer", "count": 1},
    ]
    assert len(json.dumps(event["data"])) < EVENT_DATA_BYTES
    assert event in _feed(customs.hub)


def _feed(hub: Hub) -> list[dict[str, Any]]:
    """Return the events of the feed."""
    events: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(1_000):
        page = hub.list_events(cursor, limit=200)
        events += page["data"]
        if not page["data"]:
            return events
        cursor = page["next_cursor"]
    raise AssertionError("the feed has no end")


def test_partner_with_the_most_grants_reads_its_events(admin: Hub) -> None:
    grant = {"countries": ["FR"] * COUNTRIES, "event_types": ["permit.second_use_attempted"]}
    party = admin.create_party({"name": "Port", "country": "GB", "roles": ["partner"], "grants": [grant] * GRANTS})
    credential = admin.create_credential(party["id"])
    partner = admin.with_credentials(credential["client_id"], credential["client_secret"])
    assert partner.list_events("")["data"] == []
