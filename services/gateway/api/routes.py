"""Every route of the public API, and the bodies its OpenAPI names."""

from fastapi import FastAPI

from services.gateway.api.applications import add_application_routes
from services.gateway.api.bulk import add_bulk_routes
from services.gateway.api.credentials import add_credential_routes
from services.gateway.api.declarations import add_declaration_routes
from services.gateway.api.flowing import flow
from services.gateway.api.kept import add_kept_routes
from services.gateway.api.lodging import add_lodging_route
from services.gateway.api.mandates import add_mandate_routes
from services.gateway.api.openapi import described_by
from services.gateway.api.pages import add_pages
from services.gateway.api.parties import add_party_routes
from services.gateway.api.relay import add_relayed, relay
from services.gateway.api.relayed_applications import APPLICANTS, APPLICATIONS, APPLYING
from services.gateway.api.relayed_declarations import DECLARATIONS, OWN_COMMANDS, STATED
from services.gateway.api.relayed_law import LAW, LOADS
from services.gateway.api.relayed_news import NEWS
from services.gateway.api.relayed_permits import PERMITS
from services.gateway.api.relayed_reports import REPORTS
from services.gateway.api.stating import add_stating_routes
from services.gateway.api.tokens import add_token_routes
from services.gateway.api.uploads import upload
from shared.contracts.declaration import Declaration
from shared.contracts.people import NewCredential, NewMandate, NewParty, Party, PartyChange, Rotation


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
