"""The token endpoint (RFC 6749, 4.4), and what clients find it and check its tokens by (RFC 8414, RFC 7517)."""

from services.gateway.api.routing.permissions import PUBLIC
from services.gateway.api.routing.route import Limits, RequestBody, Route, RouteResponse
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
        summary="Ask for an access token",
        description=(
            "Ask for an access token by client credentials, an hour long.\n\n"
            "The client authenticates in one way: by HTTP Basic, by `client_id` and `client_secret` in the form, or "
            "by `client_assertion` (`private_key_jwt`, RFC 7523): a JWT signed by its key with ES256 or Ed25519, "
            "`iss` and `sub` its client id, `aud` our issuer alone, at most 5 minutes old, each `jti` once."
        ),
        permission=PUBLIC,
        handler=handlers.create_token,
        request=RequestBody(media=(TOKEN_FORM,)),
        responses=(
            RouteResponse(description="The token; send it as Authorization: Bearer …", model=Token),
            RouteResponse(
                status=400,
                description="RFC 6749, 5.2: invalid_request, unsupported_grant_type, invalid_scope",
                model=TokenRefusal,
            ),
            RouteResponse(status=401, description="RFC 6749, 5.2: invalid_client", model=TokenRefusal),
        ),
        problems=("body-too-large", "body-too-slow", "database-unavailable"),
        example=examples.CREATE_TOKEN,
        limits=Limits(body_bytes=16_384),
    ),
    Route(
        method="GET",
        path="/.well-known/oauth-authorization-server",
        operation_id="read_server_metadata",
        tag=ACCESS,
        summary="Where and how to ask for tokens",
        description="Say where and how tokens are asked for (RFC 8414).",
        permission=PUBLIC,
        handler=handlers.read_server_metadata,
        responses=(RouteResponse(description=DOCUMENT, model=ServerMetadata),),
        example=examples.READ_SERVER_METADATA,
    ),
    Route(
        method="GET",
        path="/.well-known/jwks.json",
        operation_id="read_token_keys",
        tag=ACCESS,
        summary="The public keys of access tokens",
        description="Publish the public keys that access tokens are signed with (RFC 7517).",
        permission=PUBLIC,
        handler=handlers.read_token_keys,
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys),),
        example=examples.READ_TOKEN_KEYS,
    ),
    Route(
        method="GET",
        path="/.well-known/receipt-keys.json",
        operation_id="read_receipt_keys",
        tag=ACCESS,
        summary="The public keys of receipts, old ones too",
        description=(
            "Publish the public keys that receipts were ever signed with (RFC 7517), those dropped in a rotation "
            "too.\n\nThey verify receipts and nothing else: no token signed by a dropped key lets anybody in."
        ),
        permission=PUBLIC,
        handler=handlers.read_receipt_keys,
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys),),
        example=examples.READ_RECEIPT_KEYS,
    ),
    Route(
        method="GET",
        path="/.well-known/webhook-keys.json",
        operation_id="read_webhook_keys",
        tag=ACCESS,
        summary="The public keys of webhooks",
        description=("Publish the keys that webhooks are signed with (RFC 7517): Ed25519, `v1a` of Standard Webhooks."),
        permission=PUBLIC,
        handler=handlers.read_webhook_keys,
        service="notifications",
        responses=(RouteResponse(description=DOCUMENT, model=PublicKeys),),
        example=examples.READ_WEBHOOK_KEYS,
    ),
)
