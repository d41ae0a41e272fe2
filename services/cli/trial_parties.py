"""The parties that a play on a hub needs: added by the administrator, each with credentials and a door of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saola_client import Hub


@dataclass(frozen=True)
class Member:
    """One party and its door to the hub."""

    id: str
    name: str
    country: str
    hub: Hub
    identifier: str | None = None

    def trader(self) -> dict[str, str]:
        """Answer the party as exporter or importer is named on permits and declarations."""
        named = {"name": self.name, "country": self.country}
        return named | ({"identifier": self.identifier} if self.identifier else {})


def join(
    admin: Hub, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
) -> Member:
    """Add a party to the hub and open its door."""
    made = admin.create_party(
        {"name": name, "country": country, "roles": list(roles), "identifiers": dict(identifiers or {})}
    )
    pair = admin.create_credentials(made["id"])
    door = admin.beside(pair["client_id"], pair["client_secret"])
    return Member(made["id"], name, country, door, next(iter((identifiers or {}).values()), None))
