"""Every route of the public API, and the bodies its OpenAPI names."""

from fastapi import FastAPI

from services.gateway.api.applications.routes import APPLICANTS, APPLICATIONS, APPLYING
from services.gateway.api.applications.trader_commands import add_application_routes
from services.gateway.api.auth.oauth import add_token_routes
from services.gateway.api.bulk.routes import add_bulk_routes
from services.gateway.api.declarations.amend_and_validate import add_stating_routes
from services.gateway.api.declarations.lodge import add_lodging_route
from services.gateway.api.declarations.read_and_cancel import add_declaration_routes
from services.gateway.api.declarations.routes import DECLARATIONS, OWN_COMMANDS, STATED
from services.gateway.api.declarations.submitted_content import add_kept_routes
from services.gateway.api.events.routes import NEWS
from services.gateway.api.mandates.routes import add_mandate_routes
from services.gateway.api.openapi.document import described_by
from services.gateway.api.openapi.pages import add_pages
from services.gateway.api.parties.credentials import add_credential_routes
from services.gateway.api.parties.routes import add_party_routes
from services.gateway.api.permits.routes import PERMITS
from services.gateway.api.proxy.proxy import add_relayed, relay
from services.gateway.api.proxy.streaming import flow
from services.gateway.api.proxy.uploads import upload
from services.gateway.api.reference.routes import LAW, LOADS
from services.gateway.api.reports.routes import REPORTS
from shared.contracts.declaration import Declaration
from shared.contracts.parties import NewCredential, NewMandate, NewParty, Party, PartyChange, Rotation


def add_routes(app: FastAPI) -> None:
    """Serve them all, and describe them."""
    add_lodging_route(app)
    add_bulk_routes(app)
    add_token_routes(app)
    add_party_routes(app)
    add_credential_routes(app)
    add_mandate_routes(app)
    add_declaration_routes(app)
    add_stating_routes(app)
    add_application_routes(app)
    add_kept_routes(app)
    relayed = (*DECLARATIONS, *LAW, *PERMITS, *APPLICATIONS, *NEWS)
    add_relayed(app, LOADS, upload)
    add_relayed(app, relayed, relay)
    add_relayed(app, REPORTS, flow)
    bodies = [
        route.takes for route in (*OWN_COMMANDS, *STATED, APPLYING, *APPLICANTS, *relayed) if route.takes is not None
    ]
    add_pages(app)
    described_by([Declaration, NewParty, Party, PartyChange, NewCredential, Rotation, NewMandate, *bodies], app)
