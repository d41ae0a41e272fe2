"""The routes about the credentials of a party."""

from services.gateway.api.credentials import examples, handlers
from services.gateway.api.credentials.models import CreatedCredential, Credentials, RotatedCredential
from services.gateway.api.routing.parameters import IDEMPOTENCY_KEY, PAGE
from services.gateway.api.routing.permissions import ADMIN
from services.gateway.api.routing.route import NO_BODIES, Link, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import ACCESS
from shared.contracts.parties import CredentialRotation, NewCredential

PATH = "/v1/parties/{id}/credentials"
KEY_PROBLEMS = ("secret-not-kept", "public-key-unfit", "private-key-sent")
THIS_CREDENTIAL = {"id": "$request.path.id", "client_id": "$response.body#/client_id"}

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="create_credential",
        tag=ACCESS,
        summary="Create a credential",
        description=(
            "The administrator creates a credential of a party. Without a body it is a secret, shown once. With "
            "`public_key` or `jwks` the client authenticates by `private_key_jwt`.\n\nA party may have several active "
            "credentials. If the hub trusts an external issuer, `subject` assigns a subject of its tokens to the party."
        ),
        permission=ADMIN,
        handler=handlers.create_credential,
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewCredential, required=False),
        responses=(RouteResponse(status=201, description="The new credential", model=CreatedCredential),),
        problems=(*KEY_PROBLEMS, "subject-taken", "too-many-credentials"),
        example=examples.CREATE_CREDENTIAL,
        links=(
            Link(operation_id="rotate_credential", parameters=THIS_CREDENTIAL),
            Link(operation_id="delete_credential", parameters=THIS_CREDENTIAL),
        ),
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_credentials",
        tag=ACCESS,
        summary="List credentials",
        description=(
            "The administrator lists the active credentials of a party, newest first: kind, last use and end, never "
            "the secret."
        ),
        permission=ADMIN,
        handler=handlers.list_credentials,
        query=PAGE,
        responses=(RouteResponse(description="A page, newest first", model=Credentials),),
        example=examples.LIST_CREDENTIALS,
    ),
    Route(
        method="POST",
        path=PATH + "/{client_id}/rotation",
        operation_id="rotate_credential",
        tag=ACCESS,
        summary="Rotate a credential",
        description=(
            "The administrator replaces a credential. The old one works for `overlap_hours` more (default: 24).\n\n"
            "The new one has the same kind: a secret, shown once, or the public key that you send."
        ),
        permission=ADMIN,
        handler=handlers.rotate_credential,
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=CredentialRotation, required=False),
        responses=(RouteResponse(status=201, description="The new credential", model=RotatedCredential),),
        problems=("too-many-credentials", *KEY_PROBLEMS, "not-rotated-so", "last-admin"),
        example=examples.ROTATE_CREDENTIAL,
    ),
    Route(
        method="DELETE",
        path=PATH + "/{client_id}",
        operation_id="delete_credential",
        tag=ACCESS,
        summary="End a credential",
        description="The administrator ends a credential. Within one minute the hub refuses all its tokens.",
        permission=ADMIN,
        handler=handlers.delete_credential,
        responses=(RouteResponse(status=204, description="The credential has ended"),),
        problems=("last-admin",),
        example=NO_BODIES,
    ),
)
