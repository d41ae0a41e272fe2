"""Parties and credentials, which the administrator manages, and mandates of traders and agents."""

from collections.abc import Iterator

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, to_json


class Parties(HubRequests):
    """The requests about parties, credentials and mandates."""

    def me(self) -> JsonObject:
        """Return the party to which these credentials belong."""
        return self._get("/v1/me")

    def create_party(self, party: Body, *, key: str | None = None) -> JsonObject:
        """Add a party (admin): `name`, `country`, `roles`, `identifiers`, `grants`."""
        return self._post("/v1/parties", party, key)

    def list_parties(self) -> Iterator[JsonObject]:
        """Yield all parties, newest first, with the disabled ones (admin)."""
        return self._list_all("/v1/parties", NO_FILTERS)

    def read_party(self, party_id: str) -> JsonObject:
        """Return a party (admin)."""
        return self._get(f"/v1/parties/{party_id}")

    def update_party(self, party_id: str, change: Body, *, version: int) -> JsonObject:
        """Change a party (admin). `{"disabled": True}` ends all its access.

        Raise Problem (412) if the party has another version by now.
        """
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        return dict(
            self._transport.send("PATCH", f"/v1/parties/{party_id}", body=to_json(change), headers=headers).json()
        )

    def create_credential(self, party_id: str, credential: Body | None = None, *, key: str | None = None) -> JsonObject:
        """Create `client_id` and `client_secret` of a party (admin), shown this once; or register its `public_key`."""
        return self._post(f"/v1/parties/{party_id}/credentials", credential or {}, key)

    def rotate_credential(
        self, party_id: str, client_id: str, rotation: Body | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Replace credentials by new ones (admin). The old ones stay valid for `overlap_hours`, by default 24."""
        return self._post(f"/v1/parties/{party_id}/credentials/{client_id}/rotation", rotation or {}, key)

    def list_credentials(self, party_id: str) -> Iterator[JsonObject]:
        """Yield a party's valid credentials, newest first: kind, last use and expiry, never a secret (admin)."""
        return self._list_all(f"/v1/parties/{party_id}/credentials", NO_FILTERS)

    def delete_credential(self, party_id: str, client_id: str) -> None:
        """Disable credentials (admin): all services refuse their tokens within a minute."""
        self._transport.send("DELETE", f"/v1/parties/{party_id}/credentials/{client_id}")

    def create_mandate(self, mandate: Body, *, key: str | None = None) -> JsonObject:
        """Create a mandate for an agent: `agent`, `from`, `until`. The administrator names the `trader` too."""
        return self._post("/v1/mandates", mandate, key)

    def list_mandates(self) -> Iterator[JsonObject]:
        """Yield the mandates of the party as trader or agent, newest first."""
        return self._list_all("/v1/mandates", NO_FILTERS)

    def revoke_mandate(self, mandate_id: str, *, key: str | None = None) -> JsonObject:
        """Revoke a mandate."""
        return self._post(f"/v1/mandates/{mandate_id}/revocation", {}, key)
