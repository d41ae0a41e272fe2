"""The models of responses about credentials."""

from datetime import datetime
from typing import Literal

from services.gateway.api.descriptions.response_parts import Page, ResponsePart


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
