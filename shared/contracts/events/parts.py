"""What the data of several types of event is made of."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.closed_sets import Movement, Source, Unit
from shared.contracts.fields import Country, Id, LineLetter, ShortText, WireModel

DecimalText = Annotated[
    str, StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$"), Field(description="A decimal in a string: 118, 0.25")
]


class EventData(WireModel):
    """What all data says: the number of the event among those about the same thing."""

    sequence: Annotated[int, Field(ge=1, description="Rises by one with each event about the same subject")]


class PermitReference(WireModel):
    """A permit by its id, and by what is printed on it."""

    permit_id: Id
    issuer: Country
    number: ShortText


class IssuedLine(WireModel):
    """A line of a permit as it was issued: boxes 7 to 11."""

    line: LineLetter
    taxon: str
    term: str
    source: Source
    quantity: DecimalText
    unit: Unit


class UsedLine(WireModel):
    """What was used of a line and what is left of it on that side, in the line's unit."""

    line: LineLetter
    taxon: str
    term: str
    quantity: Annotated[DecimalText, Field(description="Used by this very act")]
    unit: Unit
    has: Annotated[DecimalText, Field(description="All there is to use: granted at export, endorsed at import")]
    reserved: Annotated[DecimalText, Field(description="Set aside for declarations that were accepted")]
    used: Annotated[DecimalText, Field(description="Used so far, this act included")]
    left: Annotated[DecimalText, Field(description="Neither used nor set aside")]


class SecondUseAttempt(WireModel):
    """A line that was in use or used when a declaration cited it."""

    line: str
    item: Annotated[int, Field(description="Number of the declaration's item")]
    asked: DecimalText
    left: DecimalText
    unit: str


class CitedPermit(WireModel):
    """A permit that a declaration cites."""

    id: Id
    issuer: Country
    number: ShortText


class Usage(WireModel):
    """What a declaration has reserved and consumed of one line, in the line's unit."""

    item: int
    permit: CitedPermit
    line: str
    reserved: DecimalText
    consumed: DecimalText
    unit: str


class CausingDeclaration(WireModel):
    """The declaration behind an event about a permit."""

    declaration_id: Id
    reference: str
    movement: Movement
