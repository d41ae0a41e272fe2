"""Every route of permits requires a token, and a role has exactly the permissions of the table."""

from uuid import uuid4

from fastapi import FastAPI

from tests.permits.internal_client import ADMIN, InternalClient
from tests.permits.sample_data import AUTHORITY_FR, CUSTOMS_FR, B, party

INTERNAL = (
    ("POST", "/internal/declarations"),
    ("GET", "/internal/declarations/{id}/versions"),
    ("GET", "/internal/declaration-ids"),
    ("GET", "/internal/declaration-ids/groups"),
    ("POST", "/internal/known-declarations"),
    ("GET", "/internal/amendment-ids"),
    ("GET", "/internal/amendment-ids/groups"),
    ("POST", "/internal/known-amendments"),
    ("GET", "/internal/party-versions"),
    ("POST", "/internal/parties"),
    ("POST", "/internal/permits"),
)
"""The internal routes. The document of the API does not list them."""
PARTNER = party("partner", "FR")


def list_operations(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and path of every route."""
    app.openapi_schema = None
    listed = [(m.upper(), path) for path, methods in app.openapi()["paths"].items() for m in methods]
    return [*listed, *INTERNAL]


async def test_route_without_a_token_responds_401(internal_client: InternalClient) -> None:
    seen = list_operations(internal_client.app)
    assert len(seen) > 15
    for method, path in seen:
        response = await internal_client.http.request(method, path.format(id=uuid4(), which="rules", country="FR"))
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), path


async def test_header_that_claims_a_party_is_ignored(internal_client: InternalClient) -> None:
    claims = {"X-Party": str(B.id), "X-Roles": "admin", "Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    assert (await internal_client.http.get("/v1/declarations", headers=claims)).status_code == 401


ROLES = {"trader": B, "customs": CUSTOMS_FR, "authority": AUTHORITY_FR, "partner": PARTNER, "admin": ADMIN}

EVERYBODY = {"trader", "customs", "authority"}

ALLOWED: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/declarations"): EVERYBODY,
    ("GET", "/v1/declarations/{id}"): EVERYBODY,
    ("POST", "/v1/declarations/validate"): {"trader", "customs"},
    ("PUT", "/v1/declarations/{id}"): {"trader", "customs"},
    ("POST", "/v1/declarations/{id}/cancellation"): {"trader", "customs"},
    ("POST", "/v1/declarations/{id}/release"): {"customs"},
    ("POST", "/v1/declarations/{id}/refusal"): {"customs"},
    ("POST", "/v1/declarations/{id}/override"): {"customs"},
    ("POST", "/v1/declarations/{id}/correction"): {"customs"},
    ("POST", "/v1/declarations/{id}/consent"): {"authority"},
    ("POST", "/v1/permits"): {"authority"},
    ("GET", "/v1/permits"): EVERYBODY,
    ("GET", "/v1/permits/{id}"): EVERYBODY,
    ("GET", "/v1/permits/{id}/ledger"): EVERYBODY,
    ("POST", "/v1/permits/{id}/endorsement"): {"customs"},
    ("POST", "/v1/permits/{id}/revocation"): {"authority"},
    ("POST", "/v1/permits/{id}/replacement"): {"authority"},
    ("POST", "/v1/permits/{id}/loss"): {"authority"},
    ("POST", "/v1/permits/{id}/found"): {"authority"},
    ("POST", "/v1/permits/{id}/takeover"): {"authority"},
    ("POST", "/v1/permit-applications"): {"trader"},
    ("GET", "/v1/permit-applications"): {"trader", "authority"},
    ("GET", "/v1/permit-applications/{id}"): {"trader", "authority"},
    ("POST", "/v1/permit-applications/{id}/query"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/answer"): {"trader"},
    ("POST", "/v1/permit-applications/{id}/withdrawal"): {"trader"},
    ("POST", "/v1/permit-applications/{id}/assessment"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/grant"): {"authority"},
    ("POST", "/v1/permit-applications/{id}/refusal"): {"authority"},
    ("GET", "/v1/reports/annual"): {"authority"},
    ("GET", "/v1/reports/mirror"): {"authority"},
    ("GET", "/v1/reference/{which}"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/lists"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/taxa"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/suspensions"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/quotas"): {*EVERYBODY, "partner", "admin"},
    ("GET", "/v1/reference/hs-codes"): {*EVERYBODY, "partner", "admin"},
    ("PUT", "/v1/reference/{which}"): {"admin"},
    ("PUT", "/v1/reference/suspensions"): {"admin"},
    ("GET", "/v1/policies/{country}"): {*EVERYBODY, "partner", "admin"},
    ("PUT", "/v1/policies/{country}"): {"admin"},
    ("POST", "/internal/declarations"): set(),
    ("GET", "/internal/declarations/{id}/versions"): set(),
    ("GET", "/internal/declaration-ids"): set(),
    ("GET", "/internal/declaration-ids/groups"): set(),
    ("POST", "/internal/known-declarations"): set(),
    ("GET", "/internal/amendment-ids"): set(),
    ("GET", "/internal/amendment-ids/groups"): set(),
    ("POST", "/internal/known-amendments"): set(),
    ("GET", "/internal/party-versions"): set(),
    ("POST", "/internal/parties"): set(),
    ("POST", "/internal/permits"): {"authority"},
}


async def test_role_has_exactly_the_permissions_of_the_table(internal_client: InternalClient) -> None:
    for operation in list_operations(internal_client.app):
        for role, who in ROLES.items():
            response = await internal_client(
                operation[0], operation[1].format(id=uuid4(), which="rules", country="FR"), who
            )
            assert (response.status_code != 403) == (role in ALLOWED[operation]), (operation, role, response.text)
