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
