"""Who comes in and as whom: the administrator's parties and credentials, everybody's mandates."""

from collections.abc import Iterator

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, to_json


class Parties(HubRequests):
    """Parties, credentials, mandates."""

    def me(self) -> JsonObject:
        """Answer the party these credentials are of."""
        return self._get("/v1/me")

    def create_party(self, party: Body, *, key: str | None = None) -> JsonObject:
        """Add a party (admin): `name`, `country`, `roles`, `identifiers`, `grants`."""
        return self._post("/v1/parties", party, key)

    def list_parties(self) -> Iterator[JsonObject]:
        """Answer all parties, newest first, the disabled ones among them (admin)."""
        return self._list_all("/v1/parties", NO_FILTERS)

    def read_party(self, party_id: str) -> JsonObject:
        """Answer a party as it is now (admin)."""
        return self._get(f"/v1/parties/{party_id}")

    def update_party(self, party_id: str, change: Body, *, version: int) -> JsonObject:
        """Change a party (admin); 412 when somebody was quicker. `{"disabled": True}` ends all it may do."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        return dict(
            self._transport.send("PATCH", f"/v1/parties/{party_id}", body=to_json(change), headers=headers).json()
        )

    def create_credential(self, party_id: str, credential: Body | None = None, *, key: str | None = None) -> JsonObject:
        """Make `client_id` and `client_secret` for a party (admin), shown this once; or take its `public_key`."""
        return self._post(f"/v1/parties/{party_id}/credentials", credential or {}, key)

    def rotate_credential(
        self, party_id: str, client_id: str, rotation: Body | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Make new credentials in the place of old ones, which work on for `overlap_hours`, else a day (admin)."""
        return self._post(f"/v1/parties/{party_id}/credentials/{client_id}/rotation", rotation or {}, key)

    def list_credentials(self, party_id: str) -> Iterator[JsonObject]:
        """Answer a party's living credentials, newest first: kind, last use and end, never a secret (admin)."""
        return self._list_all(f"/v1/parties/{party_id}/credentials", NO_FILTERS)

    def delete_credential(self, party_id: str, client_id: str) -> None:
        """End credentials (admin): tokens they were given are refused within a minute everywhere."""
        self._transport.send("DELETE", f"/v1/parties/{party_id}/credentials/{client_id}")

    def create_mandate(self, mandate: Body, *, key: str | None = None) -> JsonObject:
        """Let an agent declare for one: `agent`, `from`, `until`; the administrator names the `trader` too."""
        return self._post("/v1/mandates", mandate, key)

    def list_mandates(self) -> Iterator[JsonObject]:
        """Answer the mandates one gave or was given, newest first."""
        return self._list_all("/v1/mandates", NO_FILTERS)

    def revoke_mandate(self, mandate_id: str, *, key: str | None = None) -> JsonObject:
        """Take a mandate back."""
        return self._post(f"/v1/mandates/{mandate_id}/revocation", {}, key)
