"""The bodies of the token endpoint, and of the documents that clients find it and check its tokens by."""

from typing import Annotated, Literal

from pydantic import Field

from services.gateway.api.descriptions.response_parts import ResponsePart
from services.gateway.api.routing.route import Media

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_FORM = Media(
    media_type=FORM,
    schema={
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "const": "client_credentials"},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string", "format": "password"},
            "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
            "client_assertion": {"type": "string"},
        },
    },
)


class Token(ResponsePart):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds")]


class TokenRefusal(ResponsePart):
    """Why no token is given (RFC 6749, 5.2)."""

    error: Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]
    error_description: str


class ServerMetadata(ResponsePart):
    """Where and how tokens are asked for (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    service_documentation: str


class PublicKey(ResponsePart):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


class PublicKeys(ResponsePart):
    """A JSON Web Key Set."""

    keys: tuple[PublicKey, ...]
