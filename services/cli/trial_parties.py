"""The parties of a demo or replay: the administrator adds them with their credentials, and ends them afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

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


class AddParty(Protocol):
    """A function that adds a party to a hub, as `add_party` does."""

    def __call__(
        self, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
    ) -> TrialParty:
        """Add a party with credentials. Return it with the hub opened as this party."""


@contextmanager
def trial_parties(admin: Hub) -> Iterator[AddParty]:
    """Yield a function that adds parties to a hub. End these parties after the block, also after an error."""
    added: list[TrialParty] = []

    def add(name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None) -> TrialParty:
        added.append(add_party(admin, name, country, roles, identifiers))
        return added[-1]

    try:
        yield add
    finally:
        for party in reversed(added):
            end_party(admin, party.id)


def end_party(admin: Hub, party_id: str) -> None:
    """Disable a party, and end its office: the disabled authority of a country would still decide for that country."""
    version = admin.read_party(party_id)["version"]
    admin.update_party(party_id, {"roles": ["trader"], "disabled": True}, version=version)
