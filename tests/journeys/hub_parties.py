"""Parties of every role on a real hub, with their tokens. Each response is compared with OpenAPI."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2

from saola_client import Hub
from tests.days import today
from tests.hub import RunningHub
from tests.openapi_responses import DocumentedResponses

Body = dict[str, Any]
JSON = "application/json"
TRADER_NAMES = {"ZA": "A (Pty) Ltd", "FR": "B SARL"}


@dataclass
class PartyAccess:
    """A party, and the header that authenticates it."""

    id: str
    bearer: dict[str, str]
    number: str = ""


@dataclass
class HubParties:
    """The hub, its parties, and the faults found in its responses."""

    hub: RunningHub
    http: httpx2.Client
    answers: DocumentedResponses
    admin: PartyAccess
    compared_operations: set[str] = field(default_factory=set)
    """Operations of which a successful response was compared."""
    response_faults: list[str] = field(default_factory=list)

    def request(
        self,
        who: PartyAccess | None,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        expect: int | None = None,
    ) -> httpx2.Response:
        """Send a request as a party, and compare the response with OpenAPI."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {"Content-Type": JSON} if sent is not None else {}
        keyed = {"Idempotency-Key": secrets.token_hex(8)} if method == "POST" and path != "/oauth2/token" else {}
        given = {**kind, **keyed, **(who.bearer if who else {}), **(headers or {})}
        response = self.http.request(method, path, content=sent, headers=given)
        self._compare(method, response)
        assert expect is None or response.status_code == expect, (
            f"{method} {path}: {response.status_code} {response.text}"
        )
        return response

    def _compare(self, method: str, response: httpx2.Response) -> None:
        operation = self.answers.operation_id(method, response.request.url.path)
        kind = response.headers.get("content-type", "")
        found = self.answers.response_faults(operation, response.status_code, kind, response.content)
        self.response_faults += [f"{operation} {response.status_code} {flaw[:500]}" for flaw in found]
        if response.is_success:
            self.compared_operations.add(operation)

    def get(self, who: PartyAccess | None, path: str) -> Any:
        """Read a resource that exists."""
        return self.request(who, "GET", path, expect=200).json()

    def post(self, who: PartyAccess, path: str, body: Any = None, **how: Any) -> Any:
        """Send a command that the hub accepts."""
        response = self.request(who, "POST", path, body, **how)
        assert response.is_success, f"POST {path}: {response.status_code} {response.text}"
        return response.json() if response.content else {}

    def party(self, *roles: str, country: str = "FR", number: str = "") -> PartyAccess:
        """Add a party with a credential. A trader with an identifier has the name that permits state."""
        name = TRADER_NAMES[country] if number and country in TRADER_NAMES else f"{'+'.join(roles)} of {country}"
        new = {"name": name, "country": country, "roles": list(roles)}
        made = self.post(self.admin, "/v1/parties", new | ({"identifiers": {"EORI": number}} if number else {}))
        pair = self.post(self.admin, f"/v1/parties/{made['id']}/credentials")
        return PartyAccess(made["id"], self._bearer(pair), number)

    def another_person(self, who: PartyAccess) -> PartyAccess:
        """Add a credential for another person of a party."""
        pair = self.post(self.admin, f"/v1/parties/{who.id}/credentials")
        return PartyAccess(who.id, self._bearer(pair), who.number)

    def _bearer(self, pair: Mapping[str, str]) -> dict[str, str]:
        form = f"grant_type=client_credentials&client_id={pair['client_id']}&client_secret={pair['client_secret']}"
        how = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self.request(None, "POST", "/oauth2/token", form.encode(), how, expect=200)
        return {"Authorization": f"Bearer {response.json()['access_token']}"}


def open_hub_parties(hub: RunningHub) -> HubParties:
    """Return the administrator's access to a running hub."""
    http = httpx2.Client(base_url=hub.url, timeout=60, trust_env=False)
    responses = DocumentedResponses(http.get("/openapi.json").json())
    with hub.admin() as client:
        me = client.me()
        return HubParties(
            hub, http, responses, PartyAccess(me["id"], {"Authorization": f"Bearer {client.access_token()}"})
        )


def open_client(hub: RunningHub, pair: Mapping[str, str]) -> Hub:
    """Return a client with the credential of a party."""
    return Hub(hub.url, pair["client_id"], pair["client_secret"])


def trader(name: str, country: str, who: PartyAccess) -> Body:
    """Return a party as the exporter or importer of a permit or declaration."""
    return {"name": name, "country": country, "identifier": who.number}


def permit(exporter: PartyAccess, importer: PartyAccess, number: str | None = None, **changes: Any) -> Body:
    """Return a valid export permit of ZA for 120 skins."""
    line = {"line": "A", "taxon": "Crocodylus niloticus", "appendix": "II", "source": "R", "term": "SKI"}
    made: Body = {
        "number": number or f"ZA-{secrets.token_hex(5).upper()}",
        "kind": "export",
        "issuer": "ZA",
        "issued_on": str(today() - timedelta(days=1)),
        "valid_until": str(today() + timedelta(days=150)),
        "exporter": trader("A (Pty) Ltd", "ZA", exporter),
        "importer": trader("B SARL", "FR", importer),
        "export_country": "ZA",
        "import_country": "FR",
        "purpose": "T",
        "lines": [line | {"quantity": "120", "unit": "number", "origin_country": "ZA"}],
    }
    return made | changes


def application(exporter: PartyAccess, importer: PartyAccess) -> Body:
    """Return an application for the same permit."""
    asked = permit(exporter, importer)
    return {name: value for name, value in asked.items() if name not in {"number", "issued_on", "valid_until"}}


def declaration(
    exporter: PartyAccess, importer: PartyAccess, number: str, quantity: str = "100", **changes: Any
) -> Body:
    """Return a valid import declaration that cites a permit."""
    item = {"number": 1, "taxon": "Crocodylus niloticus", "term": "SKI", "quantity": quantity, "unit": "number"}
    made: Body = {
        "reference": f"B-{secrets.token_hex(5)}",
        "movement": "import",
        "exporter": trader("A (Pty) Ltd", "ZA", exporter),
        "importer": trader("B SARL", "FR", importer),
        "export_country": "ZA",
        "import_country": "FR",
        "items": [
            item
            | {"source": "R", "purpose": "T", "origin_country": "ZA"}
            | {"documents": [{"type": "C400", "number": number, "issuer": "ZA", "line": "A"}]}
        ],
    }
    return made | changes
