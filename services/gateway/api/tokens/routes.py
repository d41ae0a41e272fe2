"""The token endpoint (RFC 6749, 4.4), its metadata (RFC 8414) and its keys (RFC 7517)."""

from services.gateway.api.routing.parameters import IF_NONE_MATCH
from services.gateway.api.routing.permissions import PUBLIC
from services.gateway.api.routing.route import NOT_MODIFIED, Limits, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import ACCESS
from services.gateway.api.tokens import examples, handlers
from services.gateway.api.tokens.models import TOKEN_FORM, PublicKeys, ServerMetadata, Token, TokenRefusal

DOCUMENT = "The document"

ROUTES = (
    Route(
        method="POST",
        path="/oauth2/token",
        operation_id="create_token",
        tag=ACCESS,
        summary="Get an access token",
        description=(
            "A client gets an access token by its credentials. The token is valid for one hour.\n\n"
            "The client authenticates in one of three ways: by HTTP Basic, by `client_id` and `client_secret` in the "
            "form, or by `client_assertion` (`private_key_jwt`, RFC 7523).\n\n"
            "An assertion is a JWT, signed by the client's key with ES256 or Ed25519. `iss` and `sub` are the client "
            "id, `aud` is the issuer. It is at most 5 minutes old, and each `jti` is used once."
        ),
        permission=PUBLIC,
        handler=handlers.create_token,
        request=RequestBody(media=(TOKEN_FORM,)),
        responses=(
            RouteResponse(description="The token. Send it as `Authorization: Bearer …`", model=Token),
            RouteResponse(
                status=400,
                description="RFC 6749, 5.2: invalid_request, unsupported_grant_type, invalid_scope",
                model=TokenRefusal,
            ),
            RouteResponse(status=401, description="RFC 6749, 5.2: invalid_client", model=TokenRefusal),
        ),
        problems=("body-too-large", "body-too-slow", "database-unavailable", "out-of-space", "too-many-sign-ins"),
        example=examples.CREATE_TOKEN,
        limits=Limits(body_bytes=16_384),
    ),
    Route(
        method="GET",
        path="/.well-known/oauth-authorization-server",
        operation_id="read_server_metadata",
        tag=ACCESS,
        summary="Read the metadata of the token endpoint",
        description="The document says where and how clients get tokens (RFC 8414).",
        permission=PUBLIC,
        handler=handlers.read_server_metadata,
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description=DOCUMENT, model=ServerMetadata), NOT_MODIFIED),
        example=examples.READ_SERVER_METADATA,
    ),
    Route(
        method="GET",
        path="/.well-known/jwks.json",
        operation_id="read_token_keys",
        tag=ACCESS,
        summary="Read the public keys of access tokens",
        description="The document has the public keys of access tokens (RFC 7517).",
        permission=PUBLIC,
        handler=handlers.read_token_keys,
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys), NOT_MODIFIED),
        example=examples.READ_TOKEN_KEYS,
    ),
    Route(
        method="GET",
        path="/.well-known/receipt-keys.json",
        operation_id="read_receipt_keys",
        tag=ACCESS,
        summary="Read the public keys of receipts",
        description=(
            "The document has the public keys of all receipts (RFC 7517), retired keys included.\n\nThey verify "
            "only receipts: the hub accepts no access token with a retired key."
        ),
        permission=PUBLIC,
        handler=handlers.read_receipt_keys,
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys), NOT_MODIFIED),
        example=examples.READ_RECEIPT_KEYS,
    ),
    Route(
        method="GET",
        path="/.well-known/webhook-keys.json",
        operation_id="read_webhook_keys",
        tag=ACCESS,
        summary="Read the public keys of webhooks",
        description="The document has the Ed25519 keys of webhook signatures (RFC 7517): `v1a` of Standard Webhooks.",
        permission=PUBLIC,
        handler=handlers.read_webhook_keys,
        service="notifications",
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys), NOT_MODIFIED),
        example=examples.READ_WEBHOOK_KEYS,
    ),
)
