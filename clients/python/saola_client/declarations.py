"""Declarations: lodged and followed by traders, worked by customs and authorities; what proves them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

from saola_client.errors import NoAnswer
from saola_client.requests import NO_FILTERS, Asking, Body, Found
from saola_client.transport import JSON, pause, to_json


class Declarations(Asking):
    """What is done with declarations, one at a time."""

    def declare(self, declaration: Body, *, key: str | None = None, wait: int = 0) -> Found:
        """Lodge a declaration; with `wait` (seconds, up to 30) answers it whole if its checks end in time."""
        return self._post("/v1/declarations", declaration, key, wait=wait)

    def lodge(self, body: bytes, media_type: str = JSON, *, key: str | None = None, wait: int = 0) -> Found:
        """Lodge a declaration by its bytes, JSON or a customs message in XML; else as `declare`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid4())}
        headers |= {"Prefer": f"wait={wait}"} if wait else {}
        seconds = self._seconds + wait
        found: Found = self._way.send("POST", "/v1/declarations", body=body, headers=headers, seconds=seconds).json()
        return found

    def wait(self, id: str, *, seconds: float = 60.0) -> Found:
        """Wait until a declaration's checks are done and answer it whole; raises NoAnswer when they are not in time."""
        ends, tries = time.monotonic() + seconds, 0
        while (found := self.declaration(id))["status"] == "received":
            if time.monotonic() > ends:
                raise NoAnswer(f"The checks of {id} were not done within {seconds:g} s; ask again later.")
            time.sleep(pause(tries, None, 0.0))
            tries += 1
        return found

    def validate(self, body: bytes, media_type: str = JSON) -> Found:
        """Ask what the hub would find in a declaration, nothing kept: `valid`, `findings`, `errors`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid4())}
        found: Found = self._way.send("POST", "/v1/declarations/validate", body=body, headers=headers).json()
        return found

    def declaration(self, id: str) -> Found:
        """Answer a declaration with its status, findings, usage and history."""
        return self._get(f"/v1/declarations/{id}")

    def declarations(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[Found]:
        """Answer the declarations one may read, newest first: `status movement taxon permit_number reference …`."""
        return self._all("/v1/declarations", filters)

    def amend(self, id: str, declaration: Body, *, version: int, key: str | None = None) -> Found:
        """Put a new version in the place of `version`; 412 when somebody was quicker."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"', "Idempotency-Key": key or str(uuid4())}
        return dict(self._way.send("PUT", f"/v1/declarations/{id}", body=to_json(declaration), headers=headers).json())

    def cancel(self, id: str, *, key: str | None = None) -> Found:
        """Take a declaration back (its trader)."""
        return self._post(f"/v1/declarations/{id}/cancellation", {}, key)

    def release(self, id: str, items: Sequence[Body] = (), *, key: str | None = None) -> Found:
        """Let the goods go (customs), with the actual quantities where they differ: `number`, `quantity`."""
        return self._post(f"/v1/declarations/{id}/release", {"items": list(items)} if items else {}, key)

    def refuse(self, id: str, reason: str, *, key: str | None = None) -> Found:
        """Refuse the goods (customs)."""
        return self._post(f"/v1/declarations/{id}/refusal", {"reason": reason}, key)

    def override(self, id: str, override: Body, *, key: str | None = None) -> Found:
        """Settle a finding (customs): `rule`, `item`, `reason`."""
        return self._post(f"/v1/declarations/{id}/override", override, key)

    def correct(self, id: str, items: Sequence[Body], reason: str, *, key: str | None = None) -> Found:
        """Correct what was released (customs)."""
        return self._post(f"/v1/declarations/{id}/correction", {"items": list(items), "reason": reason}, key)

    def consent(self, id: str, consent: Body, *, key: str | None = None) -> Found:
        """Agree to more than the permit says (authority): `item`, `quantity`."""
        return self._post(f"/v1/declarations/{id}/consent", consent, key)

    def content(self, id: str) -> bytes:
        """Answer a declaration's bytes exactly as they were sent."""
        return self._way.send("GET", f"/v1/declarations/{id}/content").content

    def receipt(self, id: str) -> str:
        """Answer the signed receipt of a declaration; see `verify_receipt`."""
        return self._way.send("GET", f"/v1/declarations/{id}/receipt").text
