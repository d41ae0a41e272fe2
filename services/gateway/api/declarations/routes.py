"""The routes about declarations, one at a time; bulk/ has the one that takes many."""

from services.gateway.api.declarations import examples, handlers
from services.gateway.api.declarations.lodgement import lodge_declaration
from services.gateway.api.declarations.models import LodgedDeclaration
from services.gateway.api.declarations.submitted_content import (
    JOSE,
    read_declaration_content,
    read_declaration_receipt,
)
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
from services.gateway.api.routing.permissions import AUTHORITY, CUSTOMS, SHIPMENT_ROLES, TRADER
from services.gateway.api.routing.problems import CODE_PROBLEMS
from services.gateway.api.routing.route import (
    JSON,
    WCO_DECLARATION,
    WCO_RESPONSE,
    AsgiHandler,
    Media,
    RequestBody,
    Route,
    RouteResponse,
)
from services.gateway.api.routing.tags import DECLARATIONS
from shared.contracts.closed_sets import DeclarationStatus, Movement
from shared.contracts.declaration import Cancellation, Consent, Correction, Declaration, Override, Refusal, Release
from shared.contracts.views.declarations import Declarations, DeclarationView, Verdict

PATH = "/v1/declarations"
NEW_IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="New for each declaration, the same on repeats; 1 to 255 visible ASCII",
    required=True,
    problems=("idempotency-key-missing", "idempotency-key-invalid", "idempotency-key-reused"),
)
WAIT_FOR_CHECKS = HeaderParameter(name="Prefer", description="wait=N: wait up to N seconds (30 at most) for the checks")
STATUS = QueryParameter(
    name="status",
    description="Where it stands",
    schema=one_of(DeclarationStatus),
)
MOVEMENT = QueryParameter(name="movement", description="`import` or `export`", schema=one_of(Movement))
PERMIT_NUMBER = QueryParameter(name="permit_number", description="Number of a permit that is cited", schema=TEXT)
CITED_ISSUER = QueryParameter(
    name="issuer", description="Country that issued a permit that is cited", schema=COUNTRY_CODE
)
HOLDER = QueryParameter(name="holder", description="Identifier of the exporter or importer", schema=TEXT)
COUNTRY = QueryParameter(name="country", description="ISO 3166-1 alpha-2, of either side", schema=COUNTRY_CODE)
VERSION = QueryParameter(
    name="version",
    description="Which version's; the newest when it is not said",
    schema={"type": "integer", "minimum": 1},
)
SUBMITTED_JSON = Media(media_type=JSON, schema={"$ref": "#/components/schemas/Declaration"})
RECEIPT = Media(media_type=JOSE, schema={"type": "string"})
CURRENT_DECLARATION = RouteResponse(
    description="The declaration as it is now", model=DeclarationView, media=(WCO_RESPONSE,)
)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="lodge_declaration",
        tag=DECLARATIONS,
        summary="Lodge a declaration",
        description=(
            "Lodge a declaration; it is kept with its digest before this is answered, and checked moments after.\n\n"
            "The same Idempotency-Key with the same body is answered the same, with `Idempotency-Replayed: true`. With "
            "`Prefer: wait=N` (RFC 7240, up to 30 s) the answer waits for the checks: 200 and the whole declaration "
            "when they are done in time. `application/xml` is a customs message of the WCO Data Model, read as "
            "docs/wco.md says; with `Accept: application/xml` this and all other answers about declarations are a WCO "
            "`Response`."
        ),
        permission=TRADER,
        handler=AsgiHandler(lodge_declaration),
        headers=(NEW_IDEMPOTENCY_KEY, WAIT_FOR_CHECKS),
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(
                status=202,
                description="It is durable; Location says where it is followed",
                model=LodgedDeclaration,
                media=(WCO_RESPONSE,),
            ),
            RouteResponse(
                description="The whole declaration, checked in time",
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
        tag=DECLARATIONS,
        summary="List declarations",
        description="What permits has taken in, moments after the 202. `from` and `to` are days of receipt.",
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
            "Read a declaration: its state, what its checks found, what it uses, its history.\n\n"
            "Moments after it was lodged, or while its checks are away, its status is `received`."
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
        summary="Fetch the bytes as they were sent",
        description="Fetch the declaration's bytes exactly as they were sent, with the media type they came with.",
        permission=TRADER,
        handler=read_declaration_content,
        query=(VERSION,),
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
            "Fetch the receipt: a compact JWS over the digest of the exact bytes, the id, the party and the time.\n\n"
            "Signed with a key of `/.well-known/receipt-keys.json`, which keeps those that were rotated away. "
            "`saola verify-receipt` checks it without a network."
        ),
        permission=TRADER,
        handler=read_declaration_receipt,
        query=(VERSION,),
        responses=(RouteResponse(description="The signed receipt", media=(RECEIPT,)),),
        example=examples.READ_DECLARATION_RECEIPT,
    ),
    Route(
        method="PUT",
        path=PATH + "/{id}",
        operation_id="amend_declaration",
        tag=DECLARATIONS,
        summary="Amend a declaration",
        description="Before release. The whole declaration anew; its reservations are swapped in one step.",
        permission=TRADER,
        handler=handlers.amend_declaration,
        service="permits",
        headers=(REQUIRED_IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(description="The new version, checked anew", model=DeclarationView, media=(WCO_RESPONSE,)),
        ),
        problems=("still-received", "invalid-transition", "not-your-declaration"),
        example=examples.AMEND_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/validate",
        operation_id="validate_declaration",
        tag=DECLARATIONS,
        summary="Check a declaration, keep nothing",
        description=(
            "The same rules as the real thing. `valid` says whether it would be accepted, `status` where it would"
            " stand; what is not well formed is named in `errors`."
        ),
        permission=TRADER,
        handler=handlers.validate_declaration,
        service="permits",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Declaration, media=(WCO_DECLARATION,)),
        responses=(
            RouteResponse(
                description="What the rules would find: valid, findings, errors",
                model=Verdict,
                media=(WCO_RESPONSE,),
            ),
        ),
        example=examples.VALIDATE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/cancellation",
        operation_id="cancel_declaration",
        tag=DECLARATIONS,
        summary="Take a declaration back",
        description="What it had reserved is free again.",
        permission=TRADER,
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
            "Uses up what was reserved, by the actual quantities; of an export it is the endorsement (box 14)."
        ),
        permission=CUSTOMS,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Release, required=False),
        responses=(CURRENT_DECLARATION,),
        problems=("invalid-transition",),
        example=examples.RELEASE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/refusal",
        operation_id="refuse_declaration",
        tag=DECLARATIONS,
        summary="Refuse the goods",
        description="What was reserved is free again.",
        permission=CUSTOMS,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Refusal),
        responses=(CURRENT_DECLARATION,),
        problems=("invalid-transition",),
        example=examples.REFUSE_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/override",
        operation_id="override_finding",
        tag=DECLARATIONS,
        summary="Settle a finding",
        description="Under the officer's name, for a reason.",
        permission=CUSTOMS,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Override),
        responses=(CURRENT_DECLARATION,),
        problems=("invalid-transition",),
        example=examples.OVERRIDE_FINDING,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/correction",
        operation_id="correct_declaration",
        tag=DECLARATIONS,
        summary="Correct what was released",
        description="Up or down, with a reason; the ledger keeps both the old and the new entry.",
        permission=CUSTOMS,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Correction),
        responses=(CURRENT_DECLARATION,),
        problems=("invalid-transition",),
        example=examples.CORRECT_DECLARATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/consent",
        operation_id="give_consent",
        tag=DECLARATIONS,
        summary="Agree to more than the permit says",
        description="By the authority that issued the permit; customs then overrides the finding.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Consent),
        responses=(CURRENT_DECLARATION,),
        problems=("invalid-transition",),
        example=examples.GIVE_CONSENT,
    ),
)
