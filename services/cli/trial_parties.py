"""The parties that a play on a hub needs: added by the administrator, each with credentials and a door of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saola_client import Hub


@dataclass(frozen=True)
class TrialParty:
    """One party and its door to the hub."""

    id: str
    name: str
    country: str
    hub: Hub
    identifier: str | None = None

    def as_trader(self) -> dict[str, str]:
        """Answer the party as exporter or importer is named on permits and declarations."""
        fields = {"name": self.name, "country": self.country}
        return fields | ({"identifier": self.identifier} if self.identifier else {})


def add_party(
    admin: Hub, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
) -> TrialParty:
    """Add a party to the hub and open its door."""
    party = admin.create_party(
        {"name": name, "country": country, "roles": list(roles), "identifiers": dict(identifiers or {})}
    )
    credentials = admin.create_credential(party["id"])
    party_hub = admin.with_credentials(credentials["client_id"], credentials["client_secret"])
    return TrialParty(party["id"], name, country, party_hub, next(iter((identifiers or {}).values()), None))
