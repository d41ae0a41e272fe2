"""The bodies of the token endpoint, and of the documents that clients find it and check its tokens by."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.api.routing.route import Media
from shared.contracts.fields import WireModel

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


class Token(WireModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds")]


class TokenError(StrEnum):
    """Why a request for a token is refused, by its code in RFC 6749, 5.2."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"


class TokenRefusal(WireModel):
    """Why no token is given (RFC 6749, 5.2)."""

    error: TokenError
    error_description: str


class ServerMetadata(WireModel):
    """Where and how tokens are asked for (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    service_documentation: str


class PublicKey(WireModel):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


class PublicKeys(WireModel):
    """A JSON Web Key Set."""

    keys: tuple[PublicKey, ...]
