"""The models of responses about credentials."""

from typing import Annotated

from pydantic import Field

from services.gateway.actions.party_lookup import CredentialKind
from shared.contracts.fields import Timestamp, WireModel
from shared.contracts.views.pages import Page

OMITTED_IF_EMPTY = Field(exclude_if=lambda value: not value)


class CreatedCredential(WireModel):
    """A new credential: its secret, shown once, or the ids of its keys, or its subject."""

    client_id: Annotated[str, Field(description="Client id for the token endpoint")]
    client_secret: Annotated[str | None, OMITTED_IF_EMPTY, Field(description="Secret, shown once")] = None
    kids: Annotated[tuple[str, ...], OMITTED_IF_EMPTY, Field(description="Ids of the public keys")] = ()
    subject: Annotated[
        str | None, OMITTED_IF_EMPTY, Field(description="`sub` in the tokens of the external issuer")
    ] = None
    expires_at: Annotated[
        Timestamp | None, OMITTED_IF_EMPTY, Field(description="When the credential ends, RFC 3339 in UTC")
    ] = None


class ReplacedCredential(WireModel):
    """The old credential and its end."""

    client_id: Annotated[str, Field(description="Client id of the old credential")]
    ends_at: Annotated[Timestamp, Field(description="When it ends, RFC 3339 in UTC")]


class RotatedCredential(CreatedCredential):
    """The new credential, and the one that it replaces."""

    replaces: ReplacedCredential


class Credential(WireModel):
    """An active credential. The hub does not store its secret, only a digest."""

    client_id: Annotated[str, Field(description="Client id for the token endpoint")]
    kind: CredentialKind
    kids: Annotated[tuple[str, ...], OMITTED_IF_EMPTY, Field(description="Ids of the public keys")] = ()
    subject: Annotated[
        str | None, OMITTED_IF_EMPTY, Field(description="`sub` in the tokens of the external issuer")
    ] = None
    made_at: Annotated[Timestamp, Field(description="When it was created, RFC 3339 in UTC")]
    last_used_at: Annotated[Timestamp | None, Field(description="When it was last used; null: never")]
    expires_at: Annotated[Timestamp | None, Field(description="When it ends; null: it has no end")]


class Credentials(Page):
    """The active credentials of a party, newest first."""

    data: Annotated[tuple[Credential, ...], Field(description="Credentials, newest first")]
