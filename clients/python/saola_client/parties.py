"""Requests about parties and credentials (administrator), and about mandates (trader or administrator)."""

from collections.abc import Iterator

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, to_json


class Parties(HubRequests):
    """The requests about parties, credentials and mandates."""

    def me(self) -> JsonObject:
        """Return your own party: roles, country, identifiers and grants."""
        return self._get("/v1/me")

    def create_party(self, party: Body, *, key: str | None = None) -> JsonObject:
        """Add a party (admin): `name`, `country`, `roles`, `identifiers`, `grants`."""
        return self._post("/v1/parties", party, key)

    def list_parties(self) -> Iterator[JsonObject]:
        """Yield all parties, newest first, with the disabled ones (admin)."""
        return self._list_all("/v1/parties", NO_FILTERS)

    def read_party(self, party_id: str) -> JsonObject:
        """Return a party with its present `version` (admin)."""
        return self._get(f"/v1/parties/{party_id}")

    def update_party(self, party_id: str, change: Body, *, version: int) -> JsonObject:
        """Change the named fields of a party (admin). Each one replaces the whole value.

        With `{"disabled": True}` the hub refuses all requests of the party within one minute. Raises Problem 412
        `version-stale` if the present version is not `version`.
        """
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        return dict(
            self._transport.send("PATCH", f"/v1/parties/{party_id}", body=to_json(change), headers=headers).json()
        )

    def create_credential(self, party_id: str, credential: Body | None = None, *, key: str | None = None) -> JsonObject:
        """Create a credential of a party (admin). Return its `client_id`.

        Without `credential` the result also has `client_secret`, shown only once. With `{"public_key": …}` the client
        authenticates by its own key: see ClientKey.
        """
        return self._post(f"/v1/parties/{party_id}/credentials", credential or {}, key)

    def rotate_credential(
        self, party_id: str, client_id: str, rotation: Body | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Replace a credential (admin). The old one works for `overlap_hours` more, 24 if left out."""
        return self._post(f"/v1/parties/{party_id}/credentials/{client_id}/rotation", rotation or {}, key)

    def list_credentials(self, party_id: str) -> Iterator[JsonObject]:
        """Yield the active credentials of a party, newest first: kind, last use and end, never a secret (admin)."""
        return self._list_all(f"/v1/parties/{party_id}/credentials", NO_FILTERS)

    def delete_credential(self, party_id: str, client_id: str) -> None:
        """End a credential (admin). Within one minute the hub refuses all its tokens."""
        self._transport.send("DELETE", f"/v1/parties/{party_id}/credentials/{client_id}")

    def create_mandate(self, mandate: Body, *, key: str | None = None) -> JsonObject:
        """Grant a mandate: an agent may then declare for the trader (trader or admin).

        `mandate` has `agent` (a party id) and the first and last day `from` and `until`, in UTC. The administrator
        also states `trader`.
        """
        return self._post("/v1/mandates", mandate, key)

    def list_mandates(self) -> Iterator[JsonObject]:
        """Yield the mandates that your party granted or received, newest first."""
        return self._list_all("/v1/mandates", NO_FILTERS)

    def accept_mandate(self, mandate_id: str, *, key: str | None = None) -> JsonObject:
        """Accept a mandate that a trader offers your party (its agent)."""
        return self._post(f"/v1/mandates/{mandate_id}/acceptance", {}, key)

    def revoke_mandate(self, mandate_id: str, *, key: str | None = None) -> JsonObject:
        """Revoke a mandate (its trader or admin). Declarations that the agent has lodged stay valid."""
        return self._post(f"/v1/mandates/{mandate_id}/revocation", {}, key)
