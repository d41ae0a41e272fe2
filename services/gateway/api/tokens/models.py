"""The bodies of the token endpoint, of its metadata and of its keys."""

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
            "grant_type": {"type": "string", "const": "client_credentials", "description": "The only grant type"},
            "client_id": {"type": "string", "description": "Client id of the credential"},
            "client_secret": {"type": "string", "format": "password", "description": "Secret of the credential"},
            "client_assertion_type": {
                "type": "string",
                "const": ASSERTION_TYPE,
                "description": "Required with `client_assertion`",
            },
            "client_assertion": {"type": "string", "description": "JWT, signed with the client's key"},
        },
    },
)


class Token(WireModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: Annotated[str, Field(description="JWT of type at+jwt (RFC 9068)")]
    token_type: Annotated[Literal["Bearer"], Field(description="Scheme of the Authorization header")]
    expires_in: Annotated[int, Field(description="Lifetime in seconds")]


class TokenError(StrEnum):
    """The error code of a refused token request (RFC 6749, 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"


class TokenRefusal(WireModel):
    """The refusal of a token request (RFC 6749, 5.2)."""

    error: TokenError
    error_description: Annotated[str, Field(description="The reason in words")]


class ServerMetadata(WireModel):
    """The metadata of the token endpoint (RFC 8414)."""

    issuer: Annotated[str, Field(description="The issuer: `iss` of access tokens, `aud` of client assertions")]
    token_endpoint: Annotated[str, Field(description="URL of the token endpoint")]
    jwks_uri: Annotated[str, Field(description="URL of the public keys of access tokens")]
    grant_types_supported: Annotated[tuple[str, ...], Field(description="Values of `grant_type`")]
    response_types_supported: Annotated[tuple[str, ...], Field(description="Empty: there is no authorization endpoint")]
    token_endpoint_auth_methods_supported: Annotated[
        tuple[str, ...], Field(description="Ways in which a client authenticates")
    ]
    token_endpoint_auth_signing_alg_values_supported: Annotated[
        tuple[str, ...], Field(description="Signature algorithms of client assertions")
    ]
    service_documentation: Annotated[str, Field(description="URL of the API's page for people")]


class PublicKey(WireModel):
    """A public key (RFC 7517, RFC 8037)."""

    kty: Annotated[str, Field(description="Key type: OKP")]
    crv: Annotated[str, Field(description="Curve: Ed25519")]
    x: Annotated[str, Field(description="Public key, base64url")]
    kid: Annotated[str, Field(description="Key id, as in the header of a signature")]
    alg: Annotated[str, Field(description="Signature algorithm")]
    use: Annotated[str, Field(description="Use of the key: sig")]


class PublicKeys(WireModel):
    """A JSON Web Key Set."""

    keys: Annotated[tuple[PublicKey, ...], Field(description="The public keys")]
