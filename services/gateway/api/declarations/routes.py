"""The routes for one declaration. bulk/ has the route for many."""

from services.gateway.api.declarations import examples, handlers
from services.gateway.api.declarations.lodgement import lodge_declaration
from services.gateway.api.declarations.models import LodgedDeclaration
from services.gateway.api.declarations.submitted_content import (
    JOSE,
    read_declaration_content,
    read_declaration_receipt,
)
from services.gateway.api.proxy.decisions import decide
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import (
    COUNTRY_CODE,
    FIRST_DAY,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    LAST_DAY,
    PAGE,
    REFERENCE,
    REQUIRED_IF_MATCH,
    TAXON,
    TEXT,
    HeaderParameter,
    QueryParameter,
    one_of,
)
from services.gateway.api.routing.permissions import AUTHORITY, CUSTOMS, DECLARANTS, SHIPMENT_ROLES
from services.gateway.api.routing.problems import CODE_PROBLEMS
from services.gateway.api.routing.route import (
    JSON,
    LIST_COST,
    WCO_DECLARATION,
    WCO_RESPONSE,
    AsgiHandler,
    Media,
    RequestBody,
    Route,
    RouteResponse,
)
from services.gateway.api.routing.tags import DECLARATIONS
from shared.contracts.closed_sets import DeclarationPart, DeclarationStatus, Movement
from shared.contracts.declaration import Cancellation, Consent, Correction, Declaration, Override, Refusal, Release
from shared.contracts.views.declarations import Declarations, DeclarationView, Verdict

PATH = "/v1/declarations"
NEW_IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="New for each declaration, the same for each repetition; 1 to 255 visible ASCII characters",
    required=True,
    problems=("idempotency-key-missing", "idempotency-key-invalid", "idempotency-key-reused"),
)
WAIT_FOR_CHECKS = HeaderParameter(
    name="Prefer", description="`wait=N`: wait up to N seconds (maximum 30) for the check"
)
_PARTS = "|".join(DeclarationPart)
STATUS = QueryParameter(
    name="status",
    description="Status of the declaration",
    schema=one_of(DeclarationStatus),
)
EXPAND = QueryParameter(
    name="expand",
    description="Parts that each row gets, separated by commas: `findings`, `history`, `items`, `usage`",
    schema={"type": "string", "pattern": f"^({_PARTS})(,({_PARTS}))*$"},
)
MOVEMENT = QueryParameter(name="movement", description="`import` or `export`", schema=one_of(Movement))
PERMIT_NUMBER = QueryParameter(name="permit_number", description="Number of a cited permit", schema=TEXT)
CITED_ISSUER = QueryParameter(
    name="issuer", description="Country that issued a cited permit, ISO 3166-1 alpha-2", schema=COUNTRY_CODE
)
HOLDER = QueryParameter(name="holder", description="Identifier of the exporter or importer", schema=TEXT)
COUNTRY = QueryParameter(
    name="country", description="Country of export or import, ISO 3166-1 alpha-2", schema=COUNTRY_CODE
)
VERSION = QueryParameter(
    name="version",
    description="Version number; if left out, the newest version",
    schema={"type": "integer", "minimum": 1},
)
SUBMITTED_JSON = Media(media_type=JSON, schema={"$ref": "#/components/schemas/Declaration"})
RECEIPT = Media(media_type=JOSE, schema={"type": "string"})
CURRENT_DECLARATION = RouteResponse(description="The current declaration", model=DeclarationView, media=(WCO_RESPONSE,))

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="lodge_declaration",
        tag=DECLARATIONS,
        summary="Lodge a declaration",
        description=(
            "A trader or its agent lodges a declaration. Customs of the deciding country lodges for a traveller, "
            "who has no identifier. The hub stores the declaration before the response, and checks it moments "
            "later. The party that lodged it then receives `declaration.accepted`, `declaration.referred` or "
            "`declaration.rejected`.\n\n"
            "A repetition with the same Idempotency-Key and the same body has the same response, with "
            "`Idempotency-Replayed: true`.\n\n"
            "With `Prefer: wait=N` (RFC 7240, maximum 30 s) the response waits for the check. It is 200 with the "
            "declaration in full if the check ends in time, else 202.\n\n"
            "`application/xml` is a customs message of the WCO Data Model; docs/wco.md lists its fields. With "
            "`Accept: application/xml` all responses about declarations are a WCO `Response`."
        ),
        permission=DECLARANTS,
        handler=AsgiHandler(lodge_declaration),
        headers=(NEW_IDEMPOTENCY_KEY, WAIT_FOR_CHECKS),
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(
                status=202,
                description="The declaration is durable. `Location` is its URL",
                model=LodgedDeclaration,
                media=(WCO_RESPONSE,),
            ),
            RouteResponse(
                description="The declaration in full, checked in time",
                model=DeclarationView,
                media=(WCO_RESPONSE,),
            ),
        ),
        problems=(*CODE_PROBLEMS, "not-your-declaration", "reference-taken", "overloaded"),
        example=examples.LODGE_DECLARATION,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_declarations",
        cost=LIST_COST,
        tag=DECLARATIONS,
        summary="List declarations",
        description=(
            "You list the declarations that you can read, as summaries. `expand` adds parts to each row. A page ends "
            "at 1 MiB of rows; then `next_cursor` comes earlier. A declaration is in the list moments after its 202. "
            "`from` and `to` are days of receipt."
        ),
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        query=(
            STATUS,
            MOVEMENT,
            TAXON,
            PERMIT_NUMBER,
            CITED_ISSUER,
            HOLDER,
            REFERENCE,
            COUNTRY,
            FIRST_DAY,
            LAST_DAY,
            EXPAND,
            *PAGE,
        ),
        responses=(RouteResponse(description="A page, newest first", model=Declarations),),
        example=examples.LIST_DECLARATIONS,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}",
        operation_id="read_declaration",
        tag=DECLARATIONS,
        summary="Read a declaration",
        description=(
            "Its trader, its agent, and customs and authorities of both countries can read it. The response has its "
            "status, findings, usage and history. For all others it is 404.\n\n"
            "Until the check, its status is `received`."
        ),
        permission=SHIPMENT_ROLES,
        handler=handlers.read_declaration,
        service="permits",
        responses=(CURRENT_DECLARATION,),
        example=examples.READ_DECLARATION,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}/content",
        operation_id="read_declaration_content",
        tag=DECLARATIONS,
        summary="Fetch the submitted bytes",
        description="The party that lodged it, and its trader, can fetch the exact bytes, with their media type.",
        permission=DECLARANTS,
        handler=read_declaration_content,
        query=(VERSION,),
        problems=("content-lost", "service-unavailable"),
        responses=(RouteResponse(description="The bytes", media=(SUBMITTED_JSON, WCO_DECLARATION)),),
        example=examples.READ_DECLARATION_CONTENT,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}/receipt",
        operation_id="read_declaration_receipt",
        tag=DECLARATIONS,
        summary="Fetch the signed receipt",
        description=(
            "The party that lodged it, and its trader, can fetch the receipt. It is a compact JWS over the digest "
            "of the exact bytes, the id, the party and the time.\n\n"
            "`/.well-known/receipt-keys.json` has the public keys, retired ones included. `saola verify-receipt` "
            "verifies a receipt without a network."
        ),
        permission=DECLARANTS,
        handler=read_declaration_receipt,
        query=(VERSION,),
        problems=("content-lost", "service-unavailable"),
        responses=(RouteResponse(description="The signed receipt", media=(RECEIPT,)),),
        example=examples.READ_DECLARATION_RECEIPT,
    ),
    Route(
        method="PUT",
        path=PATH + "/{id}",
        operation_id="amend_declaration",
        tag=DECLARATIONS,
        summary="Amend a declaration",
        description=(
            "The trader, its agent, or customs for a traveller sends a complete new version before the release. "
            "The hub checks it at once and replaces the reservations in the same transaction.\n\n"
            "The hub returns 409 `still-received` before the first check, and 409 `invalid-transition` after the "
            "release or the refusal. After the release only customs can change it, by a correction."
        ),
        permission=DECLARANTS,
        handler=handlers.amend_declaration,
        service="permits",
        headers=(REQUIRED_IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(description="The new version, checked", model=DeclarationView, media=(WCO_RESPONSE,)),
        ),
        problems=("history-full", "still-received", "invalid-transition", "not-your-declaration"),
        example=examples.AMEND_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/validate",
        operation_id="validate_declaration",
        tag=DECLARATIONS,
        summary="Check a declaration without storing it",
        description=(
            "A trader, its agent, or customs for a traveller checks a declaration by the same rules as a lodged one. "
            "The hub stores nothing and reserves nothing. `valid` is true if the hub would accept it; `status` is its "
            "result. `errors` lists the places that do not match the contract."
        ),
        permission=DECLARANTS,
        handler=handlers.validate_declaration,
        service="permits",
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(
                description="The result: valid, findings, errors",
                model=Verdict,
                media=(WCO_RESPONSE,),
            ),
        ),
        problems=("validations-busy",),
        example=examples.VALIDATE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/cancellation",
        operation_id="cancel_declaration",
        tag=DECLARATIONS,
        summary="Cancel a declaration",
        description=(
            "The trader, its agent, or customs for a traveller cancels before the release. The hub returns all "
            "reservations."
        ),
        permission=DECLARANTS,
        handler=handlers.cancel_declaration,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Cancellation, required=False),
        responses=(CURRENT_DECLARATION,),
        problems=("still-received", "invalid-transition"),
        example=examples.CANCEL_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/release",
        operation_id="release_declaration",
        tag=DECLARATIONS,
        summary="Release the goods",
        description=(
            "Customs of the declaring side releases the goods. The hub writes off the actual quantities and returns "
            "the rest of the reservations. The release of an export is also the endorsement (box 14). Trader and "
            "authorities receive `declaration.released`."
        ),
        permission=CUSTOMS,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Release, required=False),
        responses=(CURRENT_DECLARATION,),
        problems=("conflict-of-interest", "invalid-transition", "same-person"),
        example=examples.RELEASE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/refusal",
        operation_id="refuse_declaration",
        tag=DECLARATIONS,
        summary="Refuse the goods",
        description="Customs of the declaring side refuses the goods. The hub returns all reservations.",
        permission=CUSTOMS,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Refusal),
        responses=(CURRENT_DECLARATION,),
        problems=("conflict-of-interest", "invalid-transition", "same-person"),
        example=examples.REFUSE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/override",
        operation_id="override_finding",
        tag=DECLARATIONS,
        summary="Settle a finding",
        description=(
            "Customs of the declaring side settles a finding and states a reason. The history names the actor. When "
            "the last open finding is settled, the hub reserves the quantities and accepts the declaration."
        ),
        permission=CUSTOMS,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Override),
        responses=(CURRENT_DECLARATION,),
        problems=("conflict-of-interest", "invalid-transition", "same-person"),
        example=examples.OVERRIDE_FINDING,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/correction",
        operation_id="correct_declaration",
        tag=DECLARATIONS,
        summary="Correct released quantities",
        description=(
            "Customs corrects a released declaration, up or down, with a reason. The ledger has the old and the new "
            "entry."
        ),
        permission=CUSTOMS,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Correction),
        responses=(CURRENT_DECLARATION,),
        problems=(
            "nothing-written-off",
            "conflict-of-interest",
            "history-full",
            "invalid-transition",
            "same-person",
        ),
        example=examples.CORRECT_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/consent",
        operation_id="give_consent",
        tag=DECLARATIONS,
        summary="Consent to exceed the permit",
        description="The authority that issued the permit consents for one item. Customs then overrides the finding.",
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Consent),
        responses=(CURRENT_DECLARATION,),
        problems=(
            "nothing-written-off",
            "conflict-of-interest",
            "history-full",
            "invalid-transition",
        ),
        example=examples.GIVE_CONSENT,
    ),
)
