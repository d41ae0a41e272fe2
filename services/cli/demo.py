"""`saola demo`: the main journey over HTTP, step by step, with a check of each promise."""

import csv
import io
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

from saola_client import Hub
from services.cli.console import CommandError, err, out
from services.cli.demo_parties import IMPORTER_FAILURES, DemoParties, Subscriber, create_parties
from services.cli.step_report import print_note, print_step, require_balance, require_result
from services.cli.webhook_receiver import WebhookReceiver
from shared.cites.events import EventType
from shared.contracts.closed_sets import PermitStatus

EVENT_TIMEOUT_SECONDS = 45.0
JsonObject = dict[str, Any]


def run_demo(admin: Hub, receive_at: str | None = None) -> None:
    """Play the whole journey on a hub. Raise CommandError at the first step whose result is not as promised.

    The demo receives webhooks on `receive_at`, an address of this machine: see `create_parties`.
    """
    began = time.monotonic()
    today = datetime.now(UTC).date()
    out.print(f"The main journey, played on {admin.url}", style="bold")
    with ExitStack() as stack:
        with err.status("Adding the parties…"):
            parties = create_parties(admin, today.year, stack, receive_at)
        describe_parties(parties)
        permit = issue(parties, today, stack)
        endorse(parties, permit, today)
        first = lodge(parties, permit)
        lodge_second_use(parties, permit)
        release(parties, permit, first)
        revoke(parties, permit)
        check_annual_reports(parties, today.year)
    out.print(f"\nEvery step went as promised, in {time.monotonic() - began:.1f} s.", style="bold green")


def describe_parties(parties: DemoParties) -> None:
    """Print the parties, and how they receive events."""
    print_note("A (Pty) Ltd exports from ZA, B SARL imports into FR")
    if isinstance(parties.importer_subscriber, WebhookReceiver):
        print_note("The issuer, B and French customs receive events by webhooks")
    else:
        print_note("This hub sends no webhooks to 127.0.0.1, so the issuer, B and French customs read the feed")
        print_note("For webhooks, set NOTIFICATIONS_ALLOWED_NETWORKS and --receive-at: see docs/deploy.md")


def issue(parties: DemoParties, today: date, stack: ExitStack) -> JsonObject:
    """Play step 1. When the stack closes, the permit is revoked, whatever step failed."""
    print_step(1, f"The wildlife authority of ZA issues export permit {parties.identifiers.permit_number}")
    permit = parties.authority.hub.issue_permit(build_permit(parties, today))
    stack.callback(end_permit, parties.authority.hub, permit["id"])
    require_result(
        f"{permit['number']} is {permit['status']}, valid until {permit['valid_until']}", permit["status"], "issued"
    )
    lines = lines_by_letter(permit)
    require_balance(
        "line A, 120 skins of Crocodylus niloticus (II, source R)", lines["A"]["balance"], {"granted": "120"}
    )
    require_balance("line B, 40 kg of its meat", lines["B"]["balance"], {"granted": "40"})
    return permit


def end_permit(authority: Hub, permit_id: str) -> None:
    """Revoke the permit if step 6 did not, so that nobody can cite it."""
    if authority.read_permit(permit_id)["status"] != PermitStatus.REVOKED:
        authority.revoke_permit(permit_id, "The demo ended before its step 6")


def endorse(parties: DemoParties, permit: JsonObject, today: date) -> None:
    """Play step 2."""
    print_step(2, "Customs of ZA endorses the quantities that really leave: 118 skins, 40 kg")
    endorsed = parties.export_customs.hub.endorse(
        permit["id"],
        {
            "lines": [{"line": "A", "quantity": "118"}, {"line": "B", "quantity": "40"}],
            "port": "Durban",
            "transport_document": "MAEU-123456",
            "endorsed_on": today.isoformat(),
        },
    )
    require_result(f"{permit['number']} is {endorsed['status']}", endorsed["status"], "endorsed")
    lines = lines_by_letter(endorsed)
    require_balance("line A", lines["A"]["balance"], {"granted": "120", "endorsed": "118"})
    require_balance("line B", lines["B"]["balance"], {"granted": "40", "endorsed": "40"})


def lodge(parties: DemoParties, permit: JsonObject) -> JsonObject:
    """Play step 3."""
    print_step(3, "B lodges an import declaration that cites the permit for 100 skins")
    began = time.monotonic()
    declared = parties.importer.hub.lodge(build_declaration(parties, "-1", "100"), wait=10)
    took = time.monotonic() - began
    require_result(f"It is {declared['status']} after {took * 1000:.0f} ms", declared["status"], "accepted")
    line = lines_by_letter(parties.importer.hub.read_permit(permit["id"]))["A"]
    expected = {"granted": "120", "endorsed": "118", "reserved": "100", "consumed": "0"}
    require_balance("line A", line["balance"], expected)
    return declared


def lodge_second_use(parties: DemoParties, permit: JsonObject) -> None:
    """Play step 4."""
    print_step(4, "A second declaration cites the same permit for 30 skins")
    second = parties.importer.hub.lodge(build_declaration(parties, "-2", "30"), wait=10)
    require_result(f"It is {second['status']}", second["status"], "rejected")
    blocks = [finding for finding in second["findings"] if finding["severity"] == "block"]
    for finding in blocks:
        print_note(f"{finding['rule']}: {finding['message']} {finding['remedy']}")
    require_result("A finding names the second use", any("second-use" in finding["rule"] for finding in blocks))
    require_result(
        "A finding names both quantities: 30 cited, 18 left", any(map(_names_requested_and_available, blocks))
    )
    cited = {(f["permit"]["number"], f["permit"]["line"]) for f in blocks if f["permit"]}
    require_result("Each finding names the permit line", cited, {(permit["number"], "A")})
    require_result(
        "The issuer receives permit.second_use_attempted",
        received_once(parties.issuer_subscriber, EventType.PERMIT_SECOND_USE_ATTEMPTED, permit),
    )


def _names_requested_and_available(finding: JsonObject) -> bool:
    return "18" in str(finding["expected"]).split() and "30" in str(finding["found"]).split()


def release(parties: DemoParties, permit: JsonObject, first: JsonObject) -> None:
    """Play step 5."""
    print_step(5, "Customs of FR reads the permit and releases the first declaration")
    parties.import_customs.hub.read_permit(permit["id"])
    released = parties.import_customs.hub.release(first["id"])
    require_result(f"It is {released['status']}", released["status"], "released")
    line = lines_by_letter(parties.importer.hub.read_permit(permit["id"]))["A"]
    require_balance("line A", line["balance"], {"endorsed": "118", "reserved": "0", "consumed": "100"})
    for recipient, receiver in (("The issuer", parties.issuer_subscriber), ("B", parties.importer_subscriber)):
        for event_type, subject in ((EventType.DECLARATION_RELEASED, first), (EventType.PERMIT_USED, permit)):
            require_result(
                f"{recipient} receives {event_type}, {receiver.description}",
                received_once(receiver, event_type, subject),
            )
    if isinstance(parties.importer_subscriber, WebhookReceiver):
        check_retries(parties.importer_subscriber)


def check_retries(receiver: WebhookReceiver) -> None:
    """Check that B's endpoint failed at first, and lost no event."""
    failed = receiver.failed_ids
    require_result(
        f"B's endpoint failed {len(failed)} times; the hub sent the same ids again", len(failed), IMPORTER_FAILURES
    )
    require_result(
        "B's endpoint received each failed event once", {receiver.received_counts[name] for name in failed}, {1}
    )


def revoke(parties: DemoParties, permit: JsonObject) -> None:
    """Play step 6."""
    print_step(6, "The authority revokes the permit")
    revoked = parties.authority.hub.revoke_permit(permit["id"], "The ranch's registration was withdrawn")
    require_result(f"{permit['number']} is {revoked['status']}", revoked["status"], "revoked")
    require_result(
        "B, who cited it, receives permit.revoked",
        received_once(parties.importer_subscriber, EventType.PERMIT_REVOKED, permit),
    )
    require_result(
        "French customs, who read it, receives the same event",
        received_once(parties.officer_subscriber, EventType.PERMIT_REVOKED, permit),
    )
    receivers = (parties.issuer_subscriber, parties.importer_subscriber, parties.officer_subscriber)
    require_result(
        "Every signature is valid, and no event came twice",
        [_has_no_forgery_or_duplicate(receiver) for receiver in receivers],
        [True] * 3,
    )


def _has_no_forgery_or_duplicate(receiver: Subscriber) -> bool:
    return receiver.forged_count == 0 and set(receiver.received_counts.values()) <= {1}


def check_annual_reports(parties: DemoParties, year: int) -> None:
    """Play step 7."""
    print_step(7, f"The hub writes the annual reports of {year}")
    exported = report_rows(parties, parties.authority.hub.read_annual_report(year, "export", "ZA"))
    require_result(
        "The exporter's report has SKI 118 and MEA 40 KIL", exported, [("MEA", "40", "KIL"), ("SKI", "118", "")]
    )
    imported = report_rows(parties, parties.import_authority.hub.read_annual_report(year, "import", "FR"))
    require_result("The importer's report has SKI 100", imported, [("SKI", "100", "")])


def report_rows(parties: DemoParties, text: str) -> list[tuple[str, str, str]]:
    """Return term, quantity and unit of the report's rows about the demo's permit."""
    rows = [
        row for row in csv.DictReader(io.StringIO(text)) if row["ExportPermit"] == parties.identifiers.permit_number
    ]
    return sorted((row["TermCode"], row["Quantity"], row["UnitCode"]) for row in rows)


def received_once(receiver: Subscriber, event_type: str, subject: JsonObject) -> bool:
    """Wait for an event about a declaration or a permit. Return whether it came exactly once. Raise CommandError."""
    field = "declaration_id" if event_type.startswith("declaration.") else "permit_id"
    with err.status(f"Waiting for {event_type}…"):
        if receiver.wait_for_event(event_type, field, subject["id"], seconds=EVENT_TIMEOUT_SECONDS) is None:
            raise CommandError(
                f"   ✗ {event_type} did not come within {EVENT_TIMEOUT_SECONDS:.0f} s. "
                "Check that the notifications worker of the hub runs."
            )
    return len(receiver.list_events(event_type, field, subject["id"])) == 1


def lines_by_letter(permit: JsonObject) -> dict[str, JsonObject]:
    """Return the lines of a permit by their names A, B, …"""
    return {line["line"]: line for line in permit["lines"]}


def build_permit(parties: DemoParties, today: date) -> JsonObject:
    """Return the permit of step 1."""
    line = {"taxon": "Crocodylus niloticus", "appendix": "II", "source": "R", "origin_country": "ZA"}
    return {
        "number": parties.identifiers.permit_number,
        "kind": "export",
        "issuer": "ZA",
        "issued_on": (today - timedelta(days=1)).isoformat(),
        "valid_until": (today + timedelta(days=150)).isoformat(),
        "exporter": parties.exporter.as_trader(),
        "importer": parties.importer.as_trader(),
        "export_country": "ZA",
        "import_country": "FR",
        "purpose": "T",
        "lines": [
            {"line": "A", "term": "SKI", "quantity": "120", "unit": "number", **line},
            {"line": "B", "term": "MEA", "quantity": "40", "unit": "kg", **line},
        ],
    }


def build_declaration(parties: DemoParties, suffix: str, quantity: str) -> JsonObject:
    """Return an import declaration of skins that cites line A."""
    item = {
        "number": 1,
        "hs_code": "410320",
        "description": "Crocodile skins, salted",
        "taxon": "Crocodylus niloticus",
        "term": "SKI",
        "quantity": quantity,
        "unit": "number",
        "source": "R",
        "purpose": "T",
        "origin_country": "ZA",
        "documents": [
            {
                "type": "C400",
                "number": parties.identifiers.permit_number,
                "issuer": "ZA",
                "line": "A",
                "use": "exhausts",
            }
        ],
    }
    return {
        "reference": parties.identifiers.reference + suffix,
        "movement": "import",
        "exporter": parties.exporter.as_trader(),
        "importer": parties.importer.as_trader(),
        "export_country": "ZA",
        "import_country": "FR",
        "customs_office": "FR002300",
        "transport_document": "MAEU-123456",
        "items": [item],
    }
