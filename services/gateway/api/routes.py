"""Every route of the public API, and the bodies its OpenAPI names."""

from fastapi import FastAPI

from services.gateway.api.applications.routes import APPLICANT_ROUTES, APPLICATION_ROUTES, APPLY_ROUTE
from services.gateway.api.applications.trader_commands import add_application_routes
from services.gateway.api.auth.oauth import add_token_routes
from services.gateway.api.bulk.routes import add_bulk_routes
from services.gateway.api.declarations.amend_and_validate import add_amend_and_validate_routes
from services.gateway.api.declarations.lodge import add_lodge_route
from services.gateway.api.declarations.read_and_cancel import add_declaration_routes
from services.gateway.api.declarations.routes import CONTENT_ROUTES, DECLARATION_ROUTES, TRADER_COMMAND_ROUTES
from services.gateway.api.declarations.submitted_content import add_submitted_content_routes
from services.gateway.api.events.routes import EVENT_ROUTES
from services.gateway.api.mandates.routes import add_mandate_routes
from services.gateway.api.openapi.document import describe_api
from services.gateway.api.openapi.pages import add_pages
from services.gateway.api.parties.credentials import add_credential_routes
from services.gateway.api.parties.routes import add_party_routes
from services.gateway.api.permits.routes import PERMIT_ROUTES
from services.gateway.api.proxy.proxy import add_proxied_routes, forward
from services.gateway.api.proxy.streaming import stream_reply
from services.gateway.api.proxy.uploads import upload
from services.gateway.api.reference.routes import LOAD_ROUTES, REFERENCE_ROUTES
from services.gateway.api.reports.routes import REPORT_ROUTES
from shared.contracts.declaration import Declaration
from shared.contracts.parties import CredentialRotation, NewCredential, NewMandate, NewParty, Party, PartyChange


def add_routes(app: FastAPI) -> None:
    """Serve them all, and describe them."""
    add_lodge_route(app)
    add_bulk_routes(app)
    add_token_routes(app)
    add_party_routes(app)
    add_credential_routes(app)
    add_mandate_routes(app)
    add_declaration_routes(app)
    add_amend_and_validate_routes(app)
    add_application_routes(app)
    add_submitted_content_routes(app)
    proxied = (*DECLARATION_ROUTES, *REFERENCE_ROUTES, *PERMIT_ROUTES, *APPLICATION_ROUTES, *EVENT_ROUTES)
    add_proxied_routes(app, LOAD_ROUTES, upload)
    add_proxied_routes(app, proxied, forward)
    add_proxied_routes(app, REPORT_ROUTES, stream_reply)
    bodies = [
        route.request_model
        for route in (*TRADER_COMMAND_ROUTES, *CONTENT_ROUTES, APPLY_ROUTE, *APPLICANT_ROUTES, *proxied)
        if route.request_model is not None
    ]
    add_pages(app)
    describe_api(
        [Declaration, NewParty, Party, PartyChange, NewCredential, CredentialRotation, NewMandate, *bodies], app
    )
