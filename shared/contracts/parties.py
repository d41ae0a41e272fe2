"""Parties, credentials, mandates, and the caller that the internal token carries."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.closed_sets import ActorRole, Role
from shared.contracts.fields import (
    Country,
    Day,
    Id,
    IsoCountry,
    NameOfTrader,
    ShortText,
    Timestamp,
    WireModel,
    require_visible,
)
from shared.contracts.identifiers import identifier_keys
from shared.contracts.limits import COUNTRIES, EVENT_TYPES, GRANTS, IDENTIFIERS
from shared.contracts.webhooks import EventPattern


class Grant(WireModel):
    """Events that the administrator lets a partner receive: these types, about one of these countries."""

    countries: Annotated[
        tuple[Country, ...],
        Field(min_length=1, max_length=COUNTRIES, strict=False, description="Countries, ISO 3166-1 alpha-2"),
    ]
    event_types: Annotated[
        tuple[ShortText, ...],
        Field(
            min_length=1, max_length=EVENT_TYPES, strict=False, description="Event types, or families: `declaration.*`"
        ),
    ]


class Party(WireModel):
    """One party as the gateway stores it. A higher version is newer."""

    id: Annotated[Id, Field(description="Party id")]
    name: Annotated[str, Field(description="Name of the organisation, 1 to 200 characters")]
    country: Annotated[Country, Field(description="Country for which the party acts, ISO 3166-1 alpha-2")]
    roles: Annotated[tuple[Role, ...], Field(strict=False, description="Roles of the party")]
    identifiers: Annotated[dict[str, str], Field(description="Numbers of the party by their kind, such as EORI")] = {}
    grants: Annotated[tuple[Grant, ...], Field(strict=False, description="Events that a partner may receive")] = ()
    disabled: Annotated[bool, Field(description="True: the hub refuses every request of the party")] = False
    version: Annotated[int, Field(description="Rises with each change of the party")] = 1

    @property
    def identity(self) -> "Party":
        """The party without its grants. Only the copy in notifications needs them, and they may have 200 kB."""
        return self.model_copy(update={"grants": ()}) if self.grants else self

    @property
    def identifier_values(self) -> frozenset[str]:
        """The values of the identifiers, by which a declaration or a permit names the party."""
        return frozenset(self.identifiers.values())

    @property
    def identifier_keys(self) -> frozenset[str]:
        """The keys of the identifiers in the party's country, by which parties are compared."""
        return identifier_keys(self.country, self.identifiers.values())


Identifiers = Annotated[
    dict[ShortText, ShortText],
    Field(
        max_length=IDENTIFIERS, description="Numbers of the party by their kind, such as EORI; unique in its country"
    ),
]
Roles = Annotated[
    tuple[Role, ...], Field(min_length=1, max_length=5, strict=False, description="Roles of the party, 1 to 5")
]


class NewGrant(Grant):
    """A grant as the administrator states it: existing countries, existing event types or families of them."""

    countries: Annotated[
        tuple[IsoCountry, ...],
        Field(min_length=1, max_length=COUNTRIES, strict=False, description="Countries, ISO 3166-1 alpha-2"),
    ]
    event_types: Annotated[
        tuple[EventPattern, ...],
        Field(
            min_length=1, max_length=EVENT_TYPES, strict=False, description="Event types, or families: `declaration.*`"
        ),
    ]


Grants = Annotated[
    tuple[NewGrant, ...], Field(max_length=GRANTS, strict=False, description="Events that a partner may receive")
]


class NewParty(WireModel):
    """A party as the administrator creates it."""

    name: Annotated[NameOfTrader, Field(description="Name of the organisation, 1 to 200 characters")]
    country: Annotated[IsoCountry, Field(description="Country for which the party acts, ISO 3166-1 alpha-2")]
    roles: Roles
    identifiers: Identifiers = {}
    grants: Grants = ()


class PartyChange(WireModel):
    """A change of a party. A field that you leave out stays; a field that you send replaces the whole value."""

    name: Annotated[NameOfTrader | None, Field(description="Name of the organisation, 1 to 200 characters")] = None
    country: Annotated[IsoCountry | None, Field(description="Country for which the party acts, ISO 3166-1 alpha-2")] = (
        None
    )
    roles: Annotated[Roles | None, Field(description="All roles of the party")] = None
    identifiers: Annotated[Identifiers | None, Field(description="All identifiers of the party")] = None
    grants: Annotated[Grants | None, Field(description="All grants of the partner")] = None
    disabled: Annotated[bool | None, Field(description="True: the hub refuses every request of the party")] = None


class NewCredential(WireModel):
    """A new credential: a public key, or a subject of the external issuer. Without either, the hub creates a secret."""

    public_key: Annotated[
        dict[str, Any] | str | None,
        Field(description="The client's public key: a JWK, or PEM; P-256 (ES256) or Ed25519"),
    ] = None
    jwks: Annotated[dict[str, Any] | None, Field(description="Several public keys: a JSON Web Key Set (RFC 7517)")] = (
        None
    )
    subject: Annotated[
        Annotated[
            str,
            StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
            AfterValidator(require_visible),
        ]
        | None,
        Field(description="The client's `sub` in the tokens of the trusted external issuer"),
    ] = None
    expires_at: Annotated[
        Timestamp | None, Field(description="When the credential ends, unless the administrator ends it before")
    ] = None

    @model_validator(mode="after")
    def _proves_in_one_way(self) -> "NewCredential":
        if sum(given is not None for given in (self.public_key, self.jwks, self.subject)) > 1:
            raise PydanticCustomError(
                "one_way_only", "Expected one of `public_key`, `jwks` and `subject`, or none of them for a secret."
            )
        return self


class CredentialRotation(WireModel):
    """A new credential of the same kind in place of an old one. Both work during the overlap."""

    overlap_hours: Annotated[int, Field(ge=0, le=720, description="Hours for which the old credential still works")] = (
        24
    )
    public_key: Annotated[
        dict[str, Any] | str | None, Field(description="The new public key, if the old credential has keys")
    ] = None
    jwks: Annotated[dict[str, Any] | None, Field(description="The new public keys, if the old credential has keys")] = (
        None
    )


class NewMandate(WireModel):
    """A trader lets an agent declare for it, from the first day to the last day, in UTC."""

    agent: Annotated[Id, Field(description="Party id of the agent")]
    from_: Annotated[Day, Field(alias="from", description="First day of the mandate, in UTC")]
    until: Annotated[Day, Field(description="Last day of the mandate, in UTC")]
    trader: Annotated[Id | None, Field(description="Party id of the trader; only the administrator states it")] = None

    @model_validator(mode="after")
    def _days_are_in_order(self) -> "NewMandate":
        if self.from_ > self.until:
            text = "Expected the first day of the mandate or a later day."
            raise PydanticCustomError("days_not_in_order", text, {"at": ("until",)})
        return self


class RepresentedTrader(WireModel):
    """The trader for whom an agent calls under a mandate, and the identifiers of that trader in its country."""

    party: Id
    name: str
    country: Country
    numbers: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @property
    def identifier_values(self) -> frozenset[str]:
        """The values of the identifiers, by which a declaration or a permit names the trader."""
        return frozenset(self.numbers)

    @property
    def identifier_keys(self) -> frozenset[str]:
        """The keys of the identifiers in the trader's country, by which parties are compared."""
        return identifier_keys(self.country, self.numbers)


class Caller(WireModel):
    """The caller of a request between services: a party, or a service when there is no party."""

    service: str
    party: Party | None = None
    acts_for: RepresentedTrader | None = None
    client: Annotated[str, Field(description="The credential of the request")] = ""
    person: Annotated[str, Field(description="The person or the system: it stays when the credential is rotated")] = ""
    request_id: str = ""


class Actor(WireModel):
    """The actor, its role and the time. Each history row and ledger entry names its actor."""

    party: Annotated[Id | None, Field(description="Party id of the actor; null if the hub itself acted")] = None
    role: Annotated[ActorRole, Field(description="trader, customs, authority, or rules if the hub itself decided")]
    at: Annotated[Timestamp, Field(description="When, in UTC")]
