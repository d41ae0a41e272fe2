"""An exporter, an importer and their officers on a hub, with their permits and declarations."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from saola_client import Hub
from services.cli.trial_parties import TrialParty, add_party

LINE_LETTERS = "ABCDEFGHIJ"
GOODS = {"taxon": "Falco exemplaris", "term": "LIV", "unit": "number", "source": "C", "origin_country": "AE"}


@dataclass(kw_only=True)
class TradeParties:
    """The exporter, the importer, the authority that issues permits, and the customs office that endorses them.

    If `transport_document` is set, all permits and declarations belong to that one shipment, and each declaration uses
    a permit line in part.
    """

    authority: TrialParty
    export_customs: TrialParty
    exporter: TrialParty
    importer: TrialParty
    transport_document: str | None = None

    def issue_permits(self, count: int, *, lines: int) -> list[dict[str, Any]]:
        """Issue and endorse `count` permits of `lines` lines, with 100 specimens per line."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self.issue_permit(100, lines=lines), range(count)))

    def issue_permit(self, quantity: int, *, lines: int = 1) -> dict[str, Any]:
        """Issue and endorse a permit with `quantity` specimens per line."""
        permit = self.authority.hub.issue_permit(self.build_permit(quantity, lines=lines))
        endorsed = [{"line": line["line"], "quantity": str(quantity)} for line in permit["lines"]]
        return self.export_customs.hub.endorse(permit["id"], {"lines": endorsed, **self._transport_fields()})

    def build_permit(self, quantity: int, *, lines: int = 1) -> dict[str, Any]:
        """Build a permit as the authority issues it."""
        today = datetime.now(UTC).date()
        granted = [{"line": line_letter, "quantity": str(quantity)} for line_letter in LINE_LETTERS[:lines]]
        return {
            "number": f"AE-{secrets.token_hex(6)}",
            "kind": "export",
            "issuer": "AE",
            "issued_on": (today - timedelta(days=2)).isoformat(),
            "valid_until": (today + timedelta(days=100)).isoformat(),
            "exporter": self.exporter.as_trader(),
            "importer": self.importer.as_trader(),
            "export_country": "AE",
            "import_country": "GB",
            "purpose": "T",
            "lines": [{**GOODS, **line, "appendix": "II", "description": line["line"]} for line in granted],
        }

    def build_declaration(
        self, permit: dict[str, Any], *, quantity: int = 10, use: str | None = None
    ) -> dict[str, Any]:
        """Build a declaration with one item per line of a permit, each of `quantity` specimens."""
        use = use or ("part" if self.transport_document else "exhausts")
        cited = {"number": permit["number"], "issuer": "AE", "use": use}
        goods = {**GOODS, "hs_code": "010631", "purpose": "T", "quantity": str(quantity)}
        return {
            "reference": secrets.token_hex(8),
            "movement": "import",
            "exporter": self.exporter.as_trader(),
            "importer": self.importer.as_trader(),
            "export_country": "AE",
            "import_country": "GB",
            **self._transport_fields(),
            "items": [
                {"number": number, **goods, "documents": [{**cited, "line": line["line"]}]}
                for number, line in enumerate(permit["lines"], 1)
            ],
        }

    def _transport_fields(self) -> dict[str, str]:
        return {"transport_document": self.transport_document} if self.transport_document else {}


def create_parties(admin: Hub, suffix: str = "BENCH", *, transport_document: str | None = None) -> TradeParties:
    """Add the parties to a hub. Their identifiers end in `suffix`."""
    return TradeParties(
        authority=add_party(admin, "Authority", "AE", ["authority"]),
        export_customs=add_party(admin, "Customs of AE", "AE", ["customs"]),
        exporter=add_party(admin, "Exporter", "AE", ["trader"], {"EORI": f"AE-{suffix}"}),
        importer=add_party(admin, "Importer", "GB", ["trader"], {"EORI": f"GB-{suffix}"}),
        transport_document=transport_document,
    )
