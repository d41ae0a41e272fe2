"""The parties of the bench on a hub, and as many issued and endorsed permits as are asked for."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.cli.members import Member, join
from shared.client import Hub

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True)
class People:
    """Exporter, importer, and who writes and endorses permits."""

    authority: Member
    customs: Member
    exporter: Member
    importer: Member

    def permits(self, count: int, *, lines: int) -> list[dict[str, Any]]:
        """Issue and endorse permits of so many lines, 100 specimens a line."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self._permit(lines), range(count)))

    def _permit(self, lines: int) -> dict[str, Any]:
        today = datetime.now(UTC).date()
        line = {"taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV", "unit": "number"}
        permit = self.authority.hub.issue_permit(
            {
                "number": f"AE-{secrets.token_hex(6)}",
                "kind": "export",
                "issuer": "AE",
                "issued_on": (today - timedelta(days=2)).isoformat(),
                "valid_until": (today + timedelta(days=100)).isoformat(),
                "exporter": self.exporter.trader(),
                "importer": self.importer.trader(),
                "export_country": "AE",
                "import_country": "GB",
                "purpose": "T",
                "lines": [
                    {**line, "line": letter, "quantity": "100", "description": letter} for letter in LETTERS[:lines]
                ],
            }
        )
        endorsed = [{"line": letter, "quantity": "100"} for letter in LETTERS[:lines]]
        return self.customs.hub.endorse(permit["id"], {"lines": endorsed})

    def declaration(self, permit: dict[str, Any]) -> dict[str, Any]:
        """Write a declaration that cites every line of a permit, one item a line."""
        goods = {"taxon": "Falco exemplaris", "term": "LIV", "quantity": "10", "unit": "number"}
        codes = {"hs_code": "010631", "source": "C", "purpose": "T", "origin_country": "AE"}
        return {
            "reference": secrets.token_hex(8),
            "movement": "import",
            "exporter": self.exporter.trader(),
            "importer": self.importer.trader(),
            "export_country": "AE",
            "import_country": "GB",
            "items": [
                {
                    "number": number,
                    **goods,
                    **codes,
                    "documents": [{"number": permit["number"], "issuer": "AE", "line": line["line"]}],
                }
                for number, line in enumerate(permit["lines"], 1)
            ],
        }


def settle_in(admin: Hub) -> People:
    """Add the parties."""
    return People(
        authority=join(admin, "Authority", "AE", ["authority"]),
        customs=join(admin, "Customs", "AE", ["customs"]),
        exporter=join(admin, "Exporter", "AE", ["trader"], {"EORI": "AE-BENCH"}),
        importer=join(admin, "Importer", "GB", ["trader"], {"EORI": "GB-BENCH"}),
    )
