"""Declarations: traders lodge and follow them, customs and authorities decide about them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

from saola_client.errors import NoResponse
from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, retry_delay, to_json


class Declarations(HubRequests):
    """The requests about single declarations."""

    def lodge(self, declaration: Body, *, key: str | None = None, wait: int = 0) -> JsonObject:
        """Lodge a declaration. With `wait` (seconds, up to 30) return it checked if the check ends in time."""
        return self._post("/v1/declarations", declaration, key, wait=wait)

    def lodge_bytes(self, body: bytes, media_type: str = JSON, *, key: str | None = None, wait: int = 0) -> JsonObject:
        """Lodge a declaration given as bytes, JSON or a customs message in XML; otherwise as `lodge`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid4())}
        headers |= {"Prefer": f"wait={wait}"} if wait else {}
        timeout_seconds = self._timeout_seconds + wait
        found: JsonObject = self._transport.send(
            "POST", "/v1/declarations", body=body, headers=headers, timeout_seconds=timeout_seconds
        ).json()
        return found

    def wait_until_checked(self, declaration_id: str, *, seconds: float = 60.0) -> JsonObject:
        """Wait until the hub has checked a declaration, and return it. Raise NoResponse after `seconds`."""
        deadline, tries = time.monotonic() + seconds, 0
        while (found := self.read_declaration(declaration_id))["status"] == "received":
            if time.monotonic() > deadline:
                raise NoResponse(
                    f"The hub has not checked declaration {declaration_id} within {seconds:g} s. Read it again later."
                )
            time.sleep(retry_delay(tries, None, 0.0))
            tries += 1
        return found

    def validate(self, body: bytes, media_type: str = JSON) -> JsonObject:
        """Return the result of a check without lodging the declaration: `valid`, `findings`, `errors`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid4())}
        found: JsonObject = self._transport.send("POST", "/v1/declarations/validate", body=body, headers=headers).json()
        return found

    def read_declaration(self, declaration_id: str) -> JsonObject:
        """Return a declaration with its status, findings, usage and history."""
        return self._get(f"/v1/declarations/{declaration_id}")

    def list_declarations(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Yield the declarations that the party may read, newest first.

        Filters are `status`, `movement`, `taxon`, `permit_number`, `reference` and others of the API.
        """
        return self._list_all("/v1/declarations", filters)

    def amend(self, declaration_id: str, declaration: Body, *, version: int, key: str | None = None) -> JsonObject:
        """Replace `version` by a new version. Raise Problem (412) if the declaration has another version by now."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"', "Idempotency-Key": key or str(uuid4())}
        return dict(
            self._transport.send(
                "PUT", f"/v1/declarations/{declaration_id}", body=to_json(declaration), headers=headers
            ).json()
        )

    def cancel(self, declaration_id: str, *, key: str | None = None) -> JsonObject:
        """Cancel a declaration (its trader)."""
        return self._post(f"/v1/declarations/{declaration_id}/cancellation", {}, key)

    def release(self, declaration_id: str, items: Sequence[Body] = (), *, key: str | None = None) -> JsonObject:
        """Release the goods (customs), with actual quantities where they differ: `number`, `quantity`."""
        return self._post(f"/v1/declarations/{declaration_id}/release", {"items": list(items)} if items else {}, key)

    def refuse(self, declaration_id: str, reason: str, *, key: str | None = None) -> JsonObject:
        """Refuse the goods (customs)."""
        return self._post(f"/v1/declarations/{declaration_id}/refusal", {"reason": reason}, key)

    def override(self, declaration_id: str, override: Body, *, key: str | None = None) -> JsonObject:
        """Override a finding (customs): `rule`, `item`, `reason`."""
        return self._post(f"/v1/declarations/{declaration_id}/override", override, key)

    def correct(self, declaration_id: str, items: Sequence[Body], reason: str, *, key: str | None = None) -> JsonObject:
        """Correct a release (customs)."""
        return self._post(
            f"/v1/declarations/{declaration_id}/correction", {"items": list(items), "reason": reason}, key
        )

    def give_consent(self, declaration_id: str, consent: Body, *, key: str | None = None) -> JsonObject:
        """Consent to more than the permit allows (authority): `item`, `quantity`."""
        return self._post(f"/v1/declarations/{declaration_id}/consent", consent, key)

    def read_content(self, declaration_id: str) -> bytes:
        """Return a declaration's bytes exactly as they were sent."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/content").content

    def read_receipt(self, declaration_id: str) -> str:
        """Return the signed receipt of a declaration: see `verify_receipt`."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/receipt").text
