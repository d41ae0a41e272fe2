"""Declarations: lodged and followed by traders, worked by customs and authorities; what proves them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

from saola_client.errors import NoResponse
from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject
from saola_client.transport import JSON, retry_delay, to_json


class Declarations(HubRequests):
    """What is done with declarations, one at a time."""

    def lodge(self, declaration: Body, *, key: str | None = None, wait: int = 0) -> JsonObject:
        """Lodge a declaration; with `wait` (seconds, up to 30) answers it whole if its checks end in time."""
        return self._post("/v1/declarations", declaration, key, wait=wait)

    def lodge_bytes(self, body: bytes, media_type: str = JSON, *, key: str | None = None, wait: int = 0) -> JsonObject:
        """Lodge a declaration by its bytes, JSON or a customs message in XML; else as `lodge`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid4())}
        headers |= {"Prefer": f"wait={wait}"} if wait else {}
        timeout_seconds = self._timeout_seconds + wait
        found: JsonObject = self._transport.send(
            "POST", "/v1/declarations", body=body, headers=headers, timeout_seconds=timeout_seconds
        ).json()
        return found

    def wait_until_checked(self, declaration_id: str, *, seconds: float = 60.0) -> JsonObject:
        """Wait until a declaration's checks are done and answer it whole; raises NoResponse when they are not in
        time."""
        deadline, tries = time.monotonic() + seconds, 0
        while (found := self.read_declaration(declaration_id))["status"] == "received":
            if time.monotonic() > deadline:
                raise NoResponse(f"The checks of {declaration_id} were not done within {seconds:g} s; ask again later.")
            time.sleep(retry_delay(tries, None, 0.0))
            tries += 1
        return found

    def validate(self, body: bytes, media_type: str = JSON) -> JsonObject:
        """Ask what the hub would find in a declaration, nothing kept: `valid`, `findings`, `errors`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid4())}
        found: JsonObject = self._transport.send("POST", "/v1/declarations/validate", body=body, headers=headers).json()
        return found

    def read_declaration(self, declaration_id: str) -> JsonObject:
        """Answer a declaration with its status, findings, usage and history."""
        return self._get(f"/v1/declarations/{declaration_id}")

    def list_declarations(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Answer the declarations one may read, newest first: `status movement taxon permit_number reference …`."""
        return self._list_all("/v1/declarations", filters)

    def amend(self, declaration_id: str, declaration: Body, *, version: int, key: str | None = None) -> JsonObject:
        """Put a new version in the place of `version`; 412 when somebody was quicker."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"', "Idempotency-Key": key or str(uuid4())}
        return dict(
            self._transport.send(
                "PUT", f"/v1/declarations/{declaration_id}", body=to_json(declaration), headers=headers
            ).json()
        )

    def cancel(self, declaration_id: str, *, key: str | None = None) -> JsonObject:
        """Take a declaration back (its trader)."""
        return self._post(f"/v1/declarations/{declaration_id}/cancellation", {}, key)

    def release(self, declaration_id: str, items: Sequence[Body] = (), *, key: str | None = None) -> JsonObject:
        """Let the goods go (customs), with the actual quantities where they differ: `number`, `quantity`."""
        return self._post(f"/v1/declarations/{declaration_id}/release", {"items": list(items)} if items else {}, key)

    def refuse(self, declaration_id: str, reason: str, *, key: str | None = None) -> JsonObject:
        """Refuse the goods (customs)."""
        return self._post(f"/v1/declarations/{declaration_id}/refusal", {"reason": reason}, key)

    def override(self, declaration_id: str, override: Body, *, key: str | None = None) -> JsonObject:
        """Settle a finding (customs): `rule`, `item`, `reason`."""
        return self._post(f"/v1/declarations/{declaration_id}/override", override, key)

    def correct(self, declaration_id: str, items: Sequence[Body], reason: str, *, key: str | None = None) -> JsonObject:
        """Correct what was released (customs)."""
        return self._post(
            f"/v1/declarations/{declaration_id}/correction", {"items": list(items), "reason": reason}, key
        )

    def give_consent(self, declaration_id: str, consent: Body, *, key: str | None = None) -> JsonObject:
        """Agree to more than the permit says (authority): `item`, `quantity`."""
        return self._post(f"/v1/declarations/{declaration_id}/consent", consent, key)

    def read_content(self, declaration_id: str) -> bytes:
        """Answer a declaration's bytes exactly as they were sent."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/content").content

    def read_receipt(self, declaration_id: str) -> str:
        """Answer the signed receipt of a declaration; see `verify_receipt`."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/receipt").text
