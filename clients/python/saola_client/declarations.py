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
        """Lodge a declaration (trader or its agent). Return its `id` and `status`.

        With `wait` (seconds, at most 30) the hub responds after the checks, with the complete declaration. If the
        checks take longer, the status is `received`: see `wait_until_checked`. Name a `key` that you store with your
        own record: the same key and the same body never lodge a second declaration.
        """
        return self._post("/v1/declarations", declaration, key, wait=wait)

    def lodge_bytes(self, body: bytes, media_type: str = JSON, *, key: str | None = None, wait: int = 0) -> JsonObject:
        """Lodge a declaration from its exact bytes: JSON, or a customs message (`application/xml`). See `lodge`."""
        headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid4())}
        headers |= {"Prefer": f"wait={wait}"} if wait else {}
        timeout_seconds = self._timeout_seconds + wait
        found: JsonObject = self._transport.send(
            "POST", "/v1/declarations", body=body, headers=headers, timeout_seconds=timeout_seconds
        ).json()
        return found

    def wait_until_checked(self, declaration_id: str, *, seconds: float = 60.0) -> JsonObject:
        """Wait for the checks of a declaration. Return the complete declaration.

        Raise NoResponse if the checks take longer than `seconds`.
        """
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
        """Check a declaration without storing it. Return `valid`, `status`, `findings` and `errors`.

        `valid` is true if the hub would accept the declaration. `errors` lists the places that break the contract.
        """
        headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid4())}
        found: JsonObject = self._transport.send("POST", "/v1/declarations/validate", body=body, headers=headers).json()
        return found

    def read_declaration(self, declaration_id: str) -> JsonObject:
        """Return a declaration with its status, findings, usage and history."""
        return self._get(f"/v1/declarations/{declaration_id}")

    def list_declarations(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Yield summaries of the declarations that you can read, newest first, from all pages.

        With the filter `expand`, each summary also has these parts: `{"expand": "findings,history,items,usage"}`.
        Filters: `status`, `movement`, `taxon`, `permit_number`, `issuer`, `holder`, `reference`, `country`, and the
        days of receipt `from` and `to`.
        """
        return self._list_all("/v1/declarations", filters)

    def amend(self, declaration_id: str, declaration: Body, *, version: int, key: str | None = None) -> JsonObject:
        """Replace a declaration by a new version, before its release (trader or its agent). Return it after its checks.

        `declaration` is complete; `version` is the version that it replaces. Raise Problem 412 `version-stale` if the
        present version is another one.
        """
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"', "Idempotency-Key": key or str(uuid4())}
        return dict(
            self._transport.send(
                "PUT", f"/v1/declarations/{declaration_id}", body=to_json(declaration), headers=headers
            ).json()
        )

    def cancel(self, declaration_id: str, *, key: str | None = None) -> JsonObject:
        """Cancel a declaration before its release (trader or its agent). The hub returns its reservations."""
        return self._post(f"/v1/declarations/{declaration_id}/cancellation", {}, key)

    def release(self, declaration_id: str, items: Sequence[Body] = (), *, key: str | None = None) -> JsonObject:
        """Release the goods (customs).

        `items` lists only the items whose actual quantity differs from the declared one: `number`, `quantity`.
        """
        return self._post(f"/v1/declarations/{declaration_id}/release", {"items": list(items)} if items else {}, key)

    def refuse(self, declaration_id: str, reason: str, *, key: str | None = None) -> JsonObject:
        """Refuse the goods (customs). The trader can read `reason`. The hub returns the reservations."""
        return self._post(f"/v1/declarations/{declaration_id}/refusal", {"reason": reason}, key)

    def override(self, declaration_id: str, override: Body, *, key: str | None = None) -> JsonObject:
        """Override a finding (customs).

        `override` has `rule` and `reason`. It may have `item`; without it, the override settles the finding of every
        item.
        """
        return self._post(f"/v1/declarations/{declaration_id}/override", override, key)

    def correct(self, declaration_id: str, items: Sequence[Body], reason: str, *, key: str | None = None) -> JsonObject:
        """Correct the released quantities of items (customs): `number`, `quantity`. The trader can read `reason`."""
        return self._post(
            f"/v1/declarations/{declaration_id}/correction", {"items": list(items), "reason": reason}, key
        )

    def give_consent(self, declaration_id: str, consent: Body, *, key: str | None = None) -> JsonObject:
        """Consent that one item exceeds the permit (the authority that issued the permit).

        `consent` has `item` and `quantity`: the quantity that the item may use in addition to the permit.
        """
        return self._post(f"/v1/declarations/{declaration_id}/consent", consent, key)

    def read_content(self, declaration_id: str) -> bytes:
        """Return the exact bytes of a declaration, as its trader sent them (trader or its agent)."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/content").content

    def read_receipt(self, declaration_id: str) -> str:
        """Return the signed receipt of a declaration (trader or its agent). See `verify_receipt`."""
        return self._transport.send("GET", f"/v1/declarations/{declaration_id}/receipt").text
