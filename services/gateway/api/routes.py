"""Every route of the public API, collected from its subjects."""

from services.gateway.api.applications.routes import ROUTES as APPLICATION_ROUTES
from services.gateway.api.bulk.routes import ROUTES as BULK_ROUTES
from services.gateway.api.credentials.routes import ROUTES as CREDENTIAL_ROUTES
from services.gateway.api.declarations.routes import ROUTES as DECLARATION_ROUTES
from services.gateway.api.events.routes import ROUTES as EVENT_ROUTES
from services.gateway.api.mandates.routes import ROUTES as MANDATE_ROUTES
from services.gateway.api.parties.routes import ROUTES as PARTY_ROUTES
from services.gateway.api.permits.routes import ROUTES as PERMIT_ROUTES
from services.gateway.api.policies.routes import ROUTES as POLICY_ROUTES
from services.gateway.api.problems.routes import ROUTES as PROBLEM_ROUTES
from services.gateway.api.reference.routes import ROUTES as REFERENCE_ROUTES
from services.gateway.api.reports.routes import ROUTES as REPORT_ROUTES
from services.gateway.api.routing.route import Route
from services.gateway.api.tokens.routes import ROUTES as TOKEN_ROUTES

ROUTES: tuple[Route, ...] = (
    *TOKEN_ROUTES,
    *PARTY_ROUTES,
    *CREDENTIAL_ROUTES,
    *MANDATE_ROUTES,
    *DECLARATION_ROUTES,
    *PERMIT_ROUTES,
    *BULK_ROUTES,
    *APPLICATION_ROUTES,
    *REFERENCE_ROUTES,
    *POLICY_ROUTES,
    *REPORT_ROUTES,
    *EVENT_ROUTES,
    *PROBLEM_ROUTES,
)
