"""The parties of a demo or replay: the administrator adds them, each with its own credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saola_client import Hub


@dataclass(frozen=True)
class TrialParty:
    """One party, and the hub opened with its credentials."""

    id: str
    name: str
    country: str
    hub: Hub
    identifier: str | None = None

    def as_trader(self) -> dict[str, str]:
        """Return the party as the exporter or importer of a permit or declaration."""
        fields = {"name": self.name, "country": self.country}
        return fields | ({"identifier": self.identifier} if self.identifier else {})


def add_party(
    admin: Hub, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
) -> TrialParty:
    """Add a party with credentials to the hub. Return it with the hub opened as this party."""
    party = admin.create_party(
        {"name": name, "country": country, "roles": list(roles), "identifiers": dict(identifiers or {})}
    )
    credentials = admin.create_credential(party["id"])
    party_hub = admin.with_credentials(credentials["client_id"], credentials["client_secret"])
    return TrialParty(party["id"], name, country, party_hub, next(iter((identifiers or {}).values()), None))
