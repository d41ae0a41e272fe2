"""The hub as a program sees it: one method for each thing that can be asked, bodies as the contract writes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from types import MappingProxyType, TracebackType
from typing import Any, Literal
from uuid import uuid4

from shared.client.bulk import load
from shared.client.keys import ClientKey
from shared.client.transport import JSON, Transport, to_json

Body = Mapping[str, Any]
Found = dict[str, Any]
NO_FILTERS: Mapping[str, str] = MappingProxyType({})


class Hub:
    """One party's door to the hub, open until closed; threads may share it.

    Every method raises Problem when the hub says no and NoAnswer when it does not answer within `patience` seconds.
    Each POST goes out under an Idempotency-Key, so asking again has one effect; name the key yourself, and keep it
    with your own record, where your program may die between asking and hearing.
    """

    def __init__(
        self, url: str, client_id: str, client_secret: str | ClientKey, *, seconds: float = 30.0, patience: float = 30.0
    ) -> None:
        self.url = url.rstrip("/")
        self._way = Transport(url, client_id, client_secret, seconds=seconds, patience=patience)
        self._seconds, self._patience = seconds, patience

    def __enter__(self) -> "Hub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._way.close()

    def beside(self, client_id: str, client_secret: str | ClientKey) -> "Hub":
        """Open another party's door over this one's connections; it closes with this one."""
        other = copy(self)
        other._way = self._way.beside(client_id, client_secret)
        return other

    def token(self) -> str:
        """Answer a valid access token, for other programs to send as `Authorization: Bearer …`."""
        return self._way.token()

    # Who

    def me(self) -> Found:
        """Answer the party these credentials are of."""
        return self._get("/v1/me")

    def create_party(self, party: Body, *, key: str | None = None) -> Found:
        """Add a party (admin): `name`, `country`, `roles`, `identifiers`, `grants`."""
        return self._post("/v1/parties", party, key)

    def create_credentials(self, party_id: str, credential: Body | None = None, *, key: str | None = None) -> Found:
        """Make `client_id` and `client_secret` for a party (admin), shown this once; or take its `public_key`."""
        return self._post(f"/v1/parties/{party_id}/credentials", credential or {}, key)

    def rotate_credentials(self, party_id: str, client_id: str, *, key: str | None = None) -> Found:
        """Make new credentials in the place of old ones, which work on for a day (admin)."""
        return self._post(f"/v1/parties/{party_id}/credentials/{client_id}/rotation", {}, key)

    def grant_mandate(self, mandate: Body, *, key: str | None = None) -> Found:
        """Let an agent declare for one: `agent`, `from`, `until`; the administrator names the `trader` too."""
        return self._post("/v1/mandates", mandate, key)

    def mandates(self) -> Iterator[Found]:
        """Answer the mandates one gave or was given, newest first."""
        return self._all("/v1/mandates", NO_FILTERS)

    def revoke_mandate(self, id: str, *, key: str | None = None) -> Found:
        """Take a mandate back."""
        return self._post(f"/v1/mandates/{id}/revocation", {}, key)

    # Declarations

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

    def amend(self, id: str, declaration: Body, *, version: int) -> Found:
        """Put a new version in the place of `version`; 412 when somebody was quicker."""
        headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
        found: Found = self._way.send(
            "PUT", f"/v1/declarations/{id}", body=to_json(declaration), headers=headers
        ).json()
        return found

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

    # Permits

    def issue_permit(self, permit: Body, *, key: str | None = None) -> Found:
        """Issue a permit (the authority of the issuing country)."""
        return self._post("/v1/permits", permit, key)

    def permit(self, id: str) -> Found:
        """Answer a permit with the balances of its lines."""
        return self._get(f"/v1/permits/{id}")

    def permits(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[Found]:
        """Answer the permits one may read, newest first: `number issuer status taxon holder`."""
        return self._all("/v1/permits", filters)

    def ledger(self, id: str) -> Found:
        """Answer every entry of a permit's ledger."""
        return self._get(f"/v1/permits/{id}/ledger")

    def endorse(self, id: str, endorsement: Body, *, key: str | None = None) -> Found:
        """Write box 14 (customs of the country of export): `lines`, `port`, `transport_document`, `endorsed_on`."""
        return self._post(f"/v1/permits/{id}/endorsement", endorsement, key)

    def revoke(self, id: str, reason: str, *, key: str | None = None) -> Found:
        """Revoke a permit (its authority)."""
        return self._post(f"/v1/permits/{id}/revocation", {"reason": reason}, key)

    def annual_report(self, year: int, side: str, country: str) -> str:
        """Answer a country's annual report as CSV; `side` is `export` or `import`."""
        query = [("year", str(year)), ("side", side), ("country", country)]
        return self._way.send("GET", "/v1/reports/annual", query=query).text

    # News

    def create_endpoint(
        self, url: str, event_types: Sequence[str] = ("*",), description: str | None = None, *, key: str | None = None
    ) -> Found:
        """Have news sent to an address; the answer holds its `secret`, shown this once: see `verify_webhook`."""
        body: Found = {"url": url, "event_types": list(event_types)}
        return self._post("/v1/webhook-endpoints", body | ({"description": description} if description else {}), key)

    def deliveries(self, endpoint_id: str, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[Found]:
        """Answer what was and is being sent to an endpoint, newest first."""
        return self._all(f"/v1/webhook-endpoints/{endpoint_id}/deliveries", filters)

    def events(self, after: str = "", types: Sequence[str] = (), *, limit: int = 50, wait: int = 0) -> Found:
        """Answer a page of the news after a cursor, oldest first; with `wait` (seconds) waits for some."""
        query = [("after", after)] if after else []
        query += [("types", ",".join(types))] if types else []
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self._get("/v1/events", [*query, ("limit", str(limit))], headers, wait)

    def acknowledge(self, event_id: str, outcome: str, message: str | None = None, *, key: str | None = None) -> Found:
        """Say what became of an event here: `accepted`, `with_warnings` or `not_readable`."""
        body = {"outcome": outcome} | ({"message": message} if message else {})
        return self._post(f"/v1/events/{event_id}/acknowledgement", body, key)

    # Many at once

    def load(self, kind: Literal["declarations", "permits"], lines: Iterable[bytes]) -> Iterator[Found]:
        """Lodge declarations or issue permits, one a line of NDJSON; answers what each was answered, in order.

        Each answer has `line`, `status_code` and the body, or the problem. The same lines again double nothing.
        """
        yield from load(
            self._way, f"/v1/{kind}/bulk", lines, key=None, seconds=self._seconds * 4, patience=self._patience
        )

    # Evidence

    def content(self, id: str) -> bytes:
        """Answer a declaration's bytes exactly as they were sent."""
        return self._way.send("GET", f"/v1/declarations/{id}/content").content

    def receipt(self, id: str) -> str:
        """Answer the signed receipt of a declaration; see `verify_receipt`."""
        return self._way.send("GET", f"/v1/declarations/{id}/receipt").text

    # How

    def _get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        wait: int = 0,
    ) -> Found:
        found: Found = self._way.send("GET", path, query=query, headers=headers, seconds=self._seconds + wait).json()
        return found

    def _post(self, path: str, body: Body, key: str | None, *, wait: int = 0) -> Found:
        headers = {"Content-Type": JSON, "Idempotency-Key": key or str(uuid4())}
        if wait:
            headers["Prefer"] = f"wait={wait}"
        answer = self._way.send("POST", path, body=to_json(body), headers=headers, seconds=self._seconds + wait)
        return answer.json() if answer.content else {}

    def _all(self, path: str, filters: Mapping[str, str]) -> Iterator[Found]:
        query, cursor = [("limit", "200"), *filters.items()], None
        while True:
            page = self._get(path, [*query, ("cursor", cursor)] if cursor else query)
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
