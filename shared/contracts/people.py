"""Who acts: a party with its roles, country, identifiers and grants, as the inside token carries it."""

from typing import Annotated

from pydantic import Field

from shared.contracts.words import Country, Id, Moment, Name, Role, Token, Wire


class Grant(Wire):
    """What the admin lets a partner hear: events of these types that concern one of these countries."""

    countries: Annotated[tuple[Country, ...], Field(min_length=1, max_length=250, strict=False)]
    event_types: Annotated[tuple[Token, ...], Field(min_length=1, max_length=50, strict=False)]


class Party(Wire):
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
    def numbers(self) -> frozenset[str]:
        """The identifiers' values: what a declaration or a permit names the party by."""
        return frozenset(self.identifiers.values())


Identifiers = Annotated[dict[Token, Token], Field(max_length=20, description="Numbers by their kind, such as EORI")]
Roles = Annotated[tuple[Role, ...], Field(min_length=1, max_length=5, strict=False)]
Grants = Annotated[tuple[Grant, ...], Field(max_length=50, strict=False, description="What a partner may hear")]


class NewParty(Wire):
    """A party as the admin adds it."""

    name: Name
    country: Country
    roles: Roles
    identifiers: Identifiers = {}
    grants: Grants = ()


class PartyChange(Wire):
    """What is to be different about a party; what is not named stays, what is named is replaced whole."""

    name: Name | None = None
    country: Country | None = None
    roles: Roles | None = None
    identifiers: Identifiers | None = None
    grants: Grants | None = None
    disabled: bool | None = None


class Caller(Wire):
    """Who stands behind a call inside the hub: a party, or one of the services when there is none."""

    service: str
    party: Party | None = None
    request_id: str = ""


class Act(Wire):
    """Who did a thing, when: what history rows and ledger entries are signed with."""

    party: Id | None
    role: Annotated[str, Field(description="trader, customs, authority, or rules where the hub itself decided")]
    at: Moment
