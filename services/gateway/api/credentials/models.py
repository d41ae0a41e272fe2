"""The models of responses about credentials."""

from typing import Annotated

from pydantic import Field

from services.gateway.actions.party_lookup import CredentialKind
from shared.contracts.fields import Timestamp, WireModel
from shared.contracts.views.pages import Page

OMITTED_IF_EMPTY = Field(exclude_if=lambda value: not value)


class CreatedCredential(WireModel):
    """A credential as it is given: its secret is shown this once; or the names of its keys, or its subject."""

    client_id: str
    client_secret: Annotated[str | None, OMITTED_IF_EMPTY] = None
    kids: Annotated[tuple[str, ...], OMITTED_IF_EMPTY] = ()
    subject: Annotated[str | None, OMITTED_IF_EMPTY] = None
    expires_at: Annotated[Timestamp | None, OMITTED_IF_EMPTY] = None


class ReplacedCredential(WireModel):
    """The credential that made way, and until when it works."""

    client_id: str
    ends_at: Timestamp


class RotatedCredential(CreatedCredential):
    """The new credential, in the place of another."""

    replaces: ReplacedCredential


class Credential(WireModel):
    """A living credential; its secret is kept nowhere."""

    client_id: str
    kind: CredentialKind
    kids: Annotated[tuple[str, ...], OMITTED_IF_EMPTY] = ()
    subject: Annotated[str | None, OMITTED_IF_EMPTY] = None
    made_at: Timestamp
    last_used_at: Timestamp | None
    expires_at: Timestamp | None


class Credentials(Page):
    """The living credentials of a party, newest first."""

    data: tuple[Credential, ...]
