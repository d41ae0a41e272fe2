"""Who acts: a party with its roles, country, identifiers and grants, as the inside token carries it."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.closed_sets import ActorRole, Role
from shared.contracts.fields import Country, Day, Id, Name, ShortText, Timestamp, WireModel
from shared.contracts.webhooks import EventPattern


class Grant(WireModel):
    """What the admin lets a partner hear: events of these types that concern one of these countries."""

    countries: Annotated[tuple[Country, ...], Field(min_length=1, max_length=250, strict=False)]
    event_types: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=50, strict=False)]


class Party(WireModel):
    """One party, as the gateway knows it; a higher version is newer."""

    id: Id
    name: Name
    country: Country
    roles: Annotated[tuple[Role, ...], Field(strict=False)]
    identifiers: dict[str, str] = {}
    grants: Annotated[tuple[Grant, ...], Field(strict=False)] = ()
    disabled: bool = False
    version: int = 1

    @property
    def identifier_values(self) -> frozenset[str]:
        """The identifiers' values: what a declaration or a permit names the party by."""
        return frozenset(self.identifiers.values())


Identifiers = Annotated[
    dict[ShortText, ShortText], Field(max_length=20, description="Numbers by their kind, such as EORI")
]
Roles = Annotated[tuple[Role, ...], Field(min_length=1, max_length=5, strict=False)]


class NewGrant(Grant):
    """A grant as the admin states it: of types there are, or families of them."""

    event_types: Annotated[tuple[EventPattern, ...], Field(min_length=1, max_length=50, strict=False)]


Grants = Annotated[tuple[NewGrant, ...], Field(max_length=50, strict=False, description="What a partner may hear")]


class NewParty(WireModel):
    """A party as the admin adds it."""

    name: Name
    country: Country
    roles: Roles
    identifiers: Identifiers = {}
    grants: Grants = ()


class PartyChange(WireModel):
    """What is to be different about a party; what is not named stays, what is named is replaced whole."""

    name: Name | None = None
    country: Country | None = None
    roles: Roles | None = None
    identifiers: Identifiers | None = None
    grants: Grants | None = None
    disabled: bool | None = None


class NewCredential(WireModel):
    """How a client will prove itself: by a secret the hub makes when nothing is said, else by one of these."""

    public_key: Annotated[
        dict[str, Any] | str | None, Field(description="The public half of the client's key: a JWK, or PEM")
    ] = None
    jwks: Annotated[dict[str, Any] | None, Field(description="Several of them: a JSON Web Key Set")] = None
    subject: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
        Field(description="Who the client is in the tokens of the trusted outside issuer"),
    ] = None
    expires_at: Annotated[Timestamp | None, Field(description="When it ends, if nobody ends it before")] = None

    @model_validator(mode="after")
    def _proves_in_one_way(self) -> "NewCredential":
        if sum(given is not None for given in (self.public_key, self.jwks, self.subject)) > 1:
            raise PydanticCustomError("one_way_only", "Send one of public_key, jwks and subject, or none for a secret")
        return self


class CredentialRotation(WireModel):
    """A credential makes way for a new one of the same kind, and lives on for a while beside it."""

    overlap_hours: Annotated[int, Field(ge=0, le=720, description="How long the old one still works")] = 24
    public_key: Annotated[
        dict[str, Any] | str | None, Field(description="The new key, where the old credential has keys")
    ] = None
    jwks: Annotated[dict[str, Any] | None, Field(description="The new keys, where the old one has keys")] = None


class NewMandate(WireModel):
    """A trader lets an agent declare for it, from the first of these days to the last, in UTC."""

    agent: Annotated[Id, Field(description="Party id of the agent")]
    from_: Annotated[Day, Field(alias="from")]
    until: Day
    trader: Annotated[Id | None, Field(description="Party id of the trader; said by the administrator only")] = None

    @model_validator(mode="after")
    def _days_are_in_order(self) -> "NewMandate":
        if self.from_ > self.until:
            text = "A mandate ends on or after its first day"
            raise PydanticCustomError("days_not_in_order", text, {"at": ("until",)})
        return self


class RepresentedTrader(WireModel):
    """The trader in whose name a call is made under a mandate, and the numbers it is known by."""

    party: Id
    numbers: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Caller(WireModel):
    """Who stands behind a call inside the hub: a party, or one of the services when there is none."""

    service: str
    party: Party | None = None
    acts_for: RepresentedTrader | None = None
    client: Annotated[str, Field(description="The credential the party came with: one person, or one system")] = ""
    request_id: str = ""


class Actor(WireModel):
    """Who did a thing, when: what history rows and ledger entries are signed with."""

    party: Id | None = None
    role: Annotated[ActorRole, Field(description="trader, customs, authority, or rules where the hub itself decided")]
    at: Timestamp
