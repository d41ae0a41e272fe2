"""Permits and applications for them: issued, endorsed, revoked, reported."""

from collections.abc import Iterator, Mapping
from typing import Literal

from saola_client.requests import NO_FILTERS, Body, HubRequests, JsonObject

ApplicationStep = Literal["query", "answer", "withdrawal", "assessment", "grant", "refusal"]


class Permits(HubRequests):
    """The requests about permits and applications."""

    def issue_permit(self, permit: Body, *, key: str | None = None) -> JsonObject:
        """Issue a permit (the authority of the issuing country). The result has `token`, shown only once."""
        return self._post("/v1/permits", permit, key)

    def read_permit(self, permit_id: str) -> JsonObject:
        """Return a permit with the balances of its lines."""
        return self._get(f"/v1/permits/{permit_id}")

    def list_permits(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Yield the permits that you can read, newest first, from all pages.

        Filters: `number`, `issuer`, `status`, `taxon`, `holder`, `from`, `to`.
        """
        return self._list_all("/v1/permits", filters)

    def read_ledger(self, permit_id: str) -> JsonObject:
        """Return the entries of a permit's ledger: `data`, and `next_cursor` if there are more."""
        return self._get(f"/v1/permits/{permit_id}/ledger")

    def endorse(self, permit_id: str, endorsement: Body, *, key: str | None = None) -> JsonObject:
        """Endorse a permit at export, box 14 (customs of the country of export).

        `endorsement` has `lines`: the quantity of each line that left. It may have `port`, `transport_document` and
        `endorsed_on`; the default day is today.
        """
        return self._post(f"/v1/permits/{permit_id}/endorsement", endorsement, key)

    def revoke_permit(self, permit_id: str, reason: str, *, key: str | None = None) -> JsonObject:
        """Revoke a permit (its authority). The hub refers accepted declarations that cite it."""
        return self._post(f"/v1/permits/{permit_id}/revocation", {"reason": reason}, key)

    def replace_permit(self, permit_id: str, permit: Body, *, key: str | None = None) -> JsonObject:
        """Issue a new permit that replaces this one (its authority). `replaced_by` of the result names it."""
        return self._post(f"/v1/permits/{permit_id}/replacement", permit, key)

    def report_permit_lost(self, permit_id: str, *, key: str | None = None) -> JsonObject:
        """Report a permit lost (its authority). It covers nothing until it is found."""
        return self._post(f"/v1/permits/{permit_id}/loss", {}, key)

    def report_permit_found(self, permit_id: str, *, key: str | None = None) -> JsonObject:
        """Report a lost permit found (its authority). It is valid again, with its earlier balances."""
        return self._post(f"/v1/permits/{permit_id}/found", {}, key)

    def take_over_permit(self, permit_id: str, *, key: str | None = None) -> JsonObject:
        """Transfer a permit that another country registered to the authority of its issuer, which calls this."""
        return self._post(f"/v1/permits/{permit_id}/takeover", {}, key)

    def apply_for_permit(self, application: Body, *, key: str | None = None) -> JsonObject:
        """Apply for a permit (trader or its agent). The authority of the issuing country decides."""
        return self._post("/v1/permit-applications", application, key)

    def read_application(self, application_id: str) -> JsonObject:
        """Return an application with its history."""
        return self._get(f"/v1/permit-applications/{application_id}")

    def list_applications(self, filters: Mapping[str, str] = NO_FILTERS) -> Iterator[JsonObject]:
        """Yield the applications that you can read, newest first, from all pages.

        Filters: `status`, `kind`, `issuer`, `reference`, `taxon`, `applicant`, `from`, `to`.
        """
        return self._list_all("/v1/permit-applications", filters)

    def perform_application_step(
        self, application_id: str, step: ApplicationStep, body: Body | None = None, *, key: str | None = None
    ) -> JsonObject:
        """Send one step of an application: `answer` and `withdrawal` (trader), the other steps (authority)."""
        return self._post(f"/v1/permit-applications/{application_id}/{step}", body or {}, key)

    def read_annual_report(self, year: int, side: str, country: str) -> str:
        """Return the annual report of a country as CSV text (its authority). `side` is `export` or `import`.

        The text is without the byte order mark that the hub sends for spreadsheets.
        """
        query = [("year", str(year)), ("side", side), ("country", country)]
        return self._transport.send("GET", "/v1/reports/annual", query=query).text.removeprefix("\ufeff")
