"""The parties of a demo or replay: the administrator adds them with their credentials, and ends them afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from saola_client import Hub

JsonObject = dict[str, Any]


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
    return _open_as_party(admin, _create_party(admin, name, country, roles, identifiers or {}))


def _create_party(
    admin: Hub, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str]
) -> JsonObject:
    new = {"name": name, "country": country, "roles": list(roles), "identifiers": dict(identifiers)}
    return admin.create_party(new)


def _open_as_party(admin: Hub, party: JsonObject) -> TrialParty:
    credentials = admin.create_credential(party["id"])
    party_hub = admin.with_credentials(credentials["client_id"], credentials["client_secret"])
    identifier = next(iter(party["identifiers"].values()), None)
    return TrialParty(party["id"], party["name"], party["country"], party_hub, identifier)


class AddParty(Protocol):
    """A function that adds a party to a hub, as `add_party` does."""

    def __call__(
        self, name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
    ) -> TrialParty:
        """Add a party with credentials. Return it with the hub opened as this party."""


@contextmanager
def trial_parties(admin: Hub) -> Iterator[AddParty]:
    """Yield a function that adds parties to a hub. End these parties after the block, also after an error.

    The function may run in several threads. If one party cannot be ended, the others still are.
    """
    with ExitStack() as stack:

        def add(
            name: str, country: str, roles: Sequence[str], identifiers: Mapping[str, str] | None = None
        ) -> TrialParty:
            party = _create_party(admin, name, country, roles, identifiers or {})
            stack.callback(end_party, admin, party["id"])
            return _open_as_party(admin, party)

        yield add


def end_party(admin: Hub, party_id: str) -> None:
    """Disable a party, and end its office: the disabled authority of a country would still decide for that country."""
    version = admin.read_party(party_id)["version"]
    admin.update_party(party_id, {"roles": ["trader"], "disabled": True}, version=version)
