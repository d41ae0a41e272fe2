"""The shapes of what is answered about people: coming in, parties, credentials, mandates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.api.descriptions.response_parts import Page, ResponsePart, ResponseShape
from shared.contracts import parties


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


class PartyView(parties.Party):
    """A party as it is now; its version is its ETag."""

    model_config = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)


class Parties(Page):
    """A page of parties, newest first."""

    data: tuple[PartyView, ...]


class CreatedCredential(ResponsePart):
    """A credential as it is given: its secret is shown this once; or the names of its keys, or its subject."""

    client_id: str
    client_secret: str | None = None
    kids: tuple[str, ...] = ()
    subject: str | None = None
    expires_at: datetime | None = None


class ReplacedCredential(ResponsePart):
    """The credential that made way, and until when it works."""

    client_id: str
    ends_at: datetime


class RotatedCredential(CreatedCredential):
    """The new credential, in the place of another."""

    replaces: ReplacedCredential


class Credential(ResponsePart):
    """A living credential; its secret is kept nowhere."""

    client_id: str
    kind: Literal["secret", "public_key", "subject"]
    kids: tuple[str, ...] = ()
    subject: str | None = None
    made_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class Credentials(Page):
    """The living credentials of a party, newest first."""

    data: tuple[Credential, ...]


class Mandate(ResponsePart):
    """A mandate as it is today."""

    id: UUID
    trader: UUID
    agent: UUID
    from_: Annotated[date, Field(alias="from")]
    until: Annotated[date, Field(description="The last day, included")]
    status: Literal["to come", "living", "over", "revoked"]
    granted_at: datetime
    granted_by: UUID
    revoked_at: datetime | None
    revoked_by: UUID | None


class Mandates(Page):
    """A page of mandates, newest first."""

    data: tuple[Mandate, ...]


RESPONSES: dict[str, ResponseShape] = {
    "ask_token": Token,
    "ask_token 400": TokenRefusal,
    "ask_token 401": TokenRefusal,
    "read_server_metadata": ServerMetadata,
    "read_token_keys": PublicKeys,
    "read_receipt_keys": PublicKeys,
    "read_webhook_keys": PublicKeys,
    **dict.fromkeys(("read_me", "add_party", "read_party", "change_party"), PartyView),
    "list_parties": Parties,
    "give_credential": CreatedCredential,
    "rotate_credential": RotatedCredential,
    "list_credentials": Credentials,
    **dict.fromkeys(("grant_mandate", "read_mandate", "revoke_mandate"), Mandate),
    "list_mandates": Mandates,
}
