"""What the shapes of all answers are made of: amounts, who did what when, pages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class ResponsePart(BaseModel):
    """Part of an answer as OpenAPI describes it; no answer is ever read by it: the gateway passes bytes on."""

    model_config = ConfigDict(defer_build=True)


Amount = Annotated[
    str,
    StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$"),
    Field(description="A decimal without exponent or trailing zeros", examples=["118", "0.25"]),
]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2")]


class HistoryActor(ResponsePart):
    """Who did it: a party in a role, or the hub's own rules; under a mandate, for whom."""

    party: UUID | None
    role: str
    for_: Annotated[UUID | None, Field(alias="for", description="The trader in whose name an agent acted")] = None


class HistoryEntry(ResponsePart):
    """One row of history: from which state to which, when, by whom, why."""

    from_: Annotated[str | None, Field(alias="from")]
    to: str
    at: datetime
    by: HistoryActor
    reason: str | None
    event: Annotated[str | None, Field(description="The type of event that told it, if one did")] = None
    sequence: Annotated[int | None, Field(description="Its number among the turns of this thing")] = None


class Page(ResponsePart):
    """A page of a list; each room says of what."""

    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last one")]


class Fault(ResponsePart):
    """A place of a body at fault."""

    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901)")]
    code: str
    detail: str
