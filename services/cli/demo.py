"""`saola demo`: the main journey over HTTP, step by step, each promise checked where it is made."""

import csv
import io
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

from saola_client import Hub
from services.cli.console import Trouble, err, out
from services.cli.demo_parties import B_FAILS, Cast, Listener, assemble
from services.cli.step_report import figures, promise, step, tell
from services.cli.webhook_receiver import Receiver

HEARD_SECONDS = 45.0
Found = dict[str, Any]


def play(admin: Hub, receive_at: str | None = None) -> None:
    """Play the whole journey on a hub; raises Trouble at the first step that is not as promised.

    Webhooks are received on `receive_at`, an address of this machine: see `assemble`.
    """
    began = time.monotonic()
    today = datetime.now(UTC).date()
    out.print(f"The main journey, played on {admin.url}", style="bold")
    with ExitStack() as stack:
        with err.status("Adding the parties…"):
            cast = assemble(admin, today.year, stack, receive_at)
        introduce(cast)
        permit = issue(cast, today)
        endorse(cast, permit, today)
        first = declare(cast, permit)
        refuse_second_use(cast, permit)
        release(cast, permit, first)
        revoke(cast, permit)
        report(cast, today.year)
    out.print(f"\nThe journey went as promised, in {time.monotonic() - began:.1f} s.", style="bold green")


def introduce(cast: Cast) -> None:
    """Tell who plays, and how they hear the news."""
    tell("A (Pty) Ltd exports from ZA, B SARL imports into FR")
    if isinstance(cast.importer_hears, Receiver):
        tell("the issuer, B and French customs have webhooks")
    else:
        tell("this hub sends no webhooks to 127.0.0.1, so the issuer, B and French customs pull the same events")
        tell("to play the webhooks too: NOTIFICATIONS_ALLOWED_NETWORKS and --receive-at, see docs/deploy.md")


def issue(cast: Cast, today: date) -> Found:
    """Play step 1."""
    step(1, f"The wildlife authority of ZA issues export permit {cast.names.permit}")
    permit = cast.authority.hub.issue_permit(permit_of(cast, today))
    promise(
        f"{permit['number']} is {permit['status']}, valid until {permit['valid_until']}", permit["status"], "issued"
    )
    lines = lines_of(permit)
    figures("line A, 120 skins of Crocodylus niloticus (II, source R)", lines["A"]["balance"], {"granted": "120"})
    figures("line B, 40 kg of its meat", lines["B"]["balance"], {"granted": "40"})
    return permit


def endorse(cast: Cast, permit: Found, today: date) -> None:
    """Play step 2."""
    step(2, "Customs endorses it at export with what really leaves: 118 skins, 40 kg")
    endorsed = cast.export_customs.hub.endorse(
        permit["id"],
        {
            "lines": [{"line": "A", "quantity": "118"}, {"line": "B", "quantity": "40"}],
            "port": "Durban",
            "transport_document": "MAEU-123456",
            "endorsed_on": today.isoformat(),
        },
    )
    promise(f"{permit['number']} is {endorsed['status']}", endorsed["status"], "endorsed")
    lines = lines_of(endorsed)
    figures("line A", lines["A"]["balance"], {"granted": "120", "endorsed": "118"})
    figures("line B", lines["B"]["balance"], {"granted": "40", "endorsed": "40"})


def declare(cast: Cast, permit: Found) -> Found:
    """Play step 3."""
    step(3, "B lodges an import declaration that cites the permit for 100 skins")
    began = time.monotonic()
    declared = cast.importer.hub.declare(declaration_of(cast, "-1", "100"), wait=10)
    took = time.monotonic() - began
    promise(f"it is {declared['status']} after {took * 1000:.0f} ms", declared["status"], "accepted")
    line = lines_of(cast.importer.hub.permit(permit["id"]))["A"]
    wanted = {"granted": "120", "endorsed": "118", "reserved": "100", "consumed": "0"}
    figures("line A", line["balance"], wanted)
    return declared


def refuse_second_use(cast: Cast, permit: Found) -> None:
    """Play step 4."""
    step(4, "A second declaration cites the same permit for 30 skins")
    second = cast.importer.hub.declare(declaration_of(cast, "-2", "30"), wait=10)
    promise(f"it is {second['status']}", second["status"], "rejected")
    blocks = [finding for finding in second["findings"] if finding["severity"] == "block"]
    for finding in blocks:
        about = finding["permit"] or {}
        tell(f"{finding['rule']}: {finding['message']} ({about.get('number')} line {about.get('line')})")
    promise("the second use is named", any("second-use" in finding["rule"] for finding in blocks))
    promise("the quantity is named, 30 asked and 18 left", any(map(_thirty_of_eighteen, blocks)))
    cited = {(f["permit"]["number"], f["permit"]["line"]) for f in blocks if f["permit"]}
    promise("the permit line is named", cited, {(permit["number"], "A")})
    promise(
        "the issuer hears permit.second_use_attempted",
        heard(cast.issuer_hears, "permit.second_use_attempted", permit),
    )


def _thirty_of_eighteen(finding: Found) -> bool:
    return "18" in str(finding["expected"]).split() and "30" in str(finding["found"]).split()


def release(cast: Cast, permit: Found, first: Found) -> None:
    """Play step 5."""
    step(5, "Customs of FR looks at the permit and releases the first declaration")
    cast.import_customs.hub.permit(permit["id"])
    released = cast.import_customs.hub.release(first["id"])
    promise(f"it is {released['status']}", released["status"], "released")
    line = lines_of(cast.importer.hub.permit(permit["id"]))["A"]
    figures("line A", line["balance"], {"endorsed": "118", "reserved": "0", "consumed": "100"})
    for who, receiver in (("the issuer", cast.issuer_hears), ("B", cast.importer_hears)):
        for kind, subject in (("declaration.released", first), ("permit.used", permit)):
            promise(f"{who} hears {kind}, {receiver.how}", heard(receiver, kind, subject))
    if isinstance(cast.importer_hears, Receiver):
        retried(cast.importer_hears)


def retried(receiver: Receiver) -> None:
    """Play B's trouble: its endpoint failed, and lost nothing by it."""
    failed = receiver.turned_away
    promise(f"B's endpoint failed the first {len(failed)} times; the same ids came again", len(failed), B_FAILS)
    promise("each letter that failed was taken once", {receiver.taken[name] for name in failed}, {1})


def revoke(cast: Cast, permit: Found) -> None:
    """Play step 6."""
    step(6, "The authority revokes the permit")
    revoked = cast.authority.hub.revoke(permit["id"], "The ranch's registration was withdrawn")
    promise(f"{permit['number']} is {revoked['status']}", revoked["status"], "revoked")
    promise("B, who cited it, hears permit.revoked", heard(cast.importer_hears, "permit.revoked", permit))
    promise("French customs, who looked at it, hears it too", heard(cast.officer_hears, "permit.revoked", permit))
    receivers = (cast.issuer_hears, cast.importer_hears, cast.officer_hears)
    promise("no signature failed and nothing came twice", [_spotless(receiver) for receiver in receivers], [True] * 3)


def _spotless(receiver: Listener) -> bool:
    return receiver.forged == 0 and set(receiver.taken.values()) <= {1}


def report(cast: Cast, year: int) -> None:
    """Play step 7."""
    step(7, f"The annual reports of {year} write themselves")
    left = rows_of(cast, cast.authority.hub.annual_report(year, "export", "ZA"))
    promise("the exporter's has SKI 118 and MEA 40 KIL", left, [("MEA", "40", "KIL"), ("SKI", "118", "")])
    arrived = rows_of(cast, cast.import_authority.hub.annual_report(year, "import", "FR"))
    promise("the importer's has SKI 100", arrived, [("SKI", "100", "")])


def rows_of(cast: Cast, text: str) -> list[tuple[str, str, str]]:
    """Answer term, quantity and unit of the report's rows that are about the play's permit."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["ExportPermit"] == cast.names.permit]
    return sorted((row["TermCode"], row["Quantity"], row["UnitCode"]) for row in rows)


def heard(receiver: Listener, kind: str, subject: Found) -> bool:
    """Wait for an event about a declaration or a permit; say whether it came, and once."""
    key = "declaration_id" if kind.startswith("declaration.") else "permit_id"
    with err.status(f"Waiting for {kind}…"):
        if receiver.wait_for(kind, key, subject["id"], seconds=HEARD_SECONDS) is None:
            raise Trouble(f"   ✗ {kind} did not come within {HEARD_SECONDS:.0f} s")
    return len(receiver.about(kind, key, subject["id"])) == 1


def lines_of(permit: Found) -> dict[str, Found]:
    """Answer the lines of a permit by their letters."""
    return {line["line"]: line for line in permit["lines"]}


def permit_of(cast: Cast, today: date) -> Found:
    """Write the permit of step 1."""
    line = {"taxon": "Crocodylus niloticus", "appendix": "II", "source": "R", "origin_country": "ZA"}
    return {
        "number": cast.names.permit,
        "kind": "export",
        "issuer": "ZA",
        "issued_on": (today - timedelta(days=1)).isoformat(),
        "valid_until": (today + timedelta(days=150)).isoformat(),
        "exporter": cast.exporter.trader(),
        "importer": cast.importer.trader(),
        "export_country": "ZA",
        "import_country": "FR",
        "purpose": "T",
        "lines": [
            {"line": "A", "term": "SKI", "quantity": "120", "unit": "number", **line},
            {"line": "B", "term": "MEA", "quantity": "40", "unit": "kg", **line},
        ],
    }


def declaration_of(cast: Cast, ending: str, quantity: str) -> Found:
    """Write an import declaration of skins that cites line A."""
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
        "documents": [{"type": "C400", "number": cast.names.permit, "issuer": "ZA", "line": "A", "use": "exhausts"}],
    }
    return {
        "reference": cast.names.reference + ending,
        "movement": "import",
        "exporter": cast.exporter.trader(),
        "importer": cast.importer.trader(),
        "export_country": "ZA",
        "import_country": "FR",
        "customs_office": "FR002300",
        "transport_document": "MAEU-123456",
        "items": [item],
    }
