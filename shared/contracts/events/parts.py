"""Parts of the data of several event types."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.closed_sets import Movement, Source, Unit
from shared.contracts.fields import Country, Id, LineLetter, StoredNumber, Timestamp, WireModel
from shared.contracts.limits import NAME_LENGTH, NUMBER_LENGTH, TEXT_LENGTH

ShortString = Annotated[str, StringConstraints(max_length=NUMBER_LENGTH)]
"""A code, a reference or a number of another contract."""
NameString = Annotated[str, StringConstraints(max_length=NAME_LENGTH)]
"""A name of another contract."""
TextString = Annotated[str, StringConstraints(max_length=TEXT_LENGTH)]
"""A text of another contract."""
DecimalText = Annotated[
    str,
    StringConstraints(max_length=100, pattern=r"^-?[0-9]+(\.[0-9]+)?$"),
    Field(description="A decimal in a string, such as 118 or 0.25"),
]
OmittedCount = Annotated[
    int | None, Field(ge=1, description="Number of further ones that the event does not name; absent: none")
]


class EventData(WireModel):
    """The field that all data have: the sequence of the event for its subject."""

    sequence: Annotated[
        int, Field(ge=1, description="Rises by one with each event about the same subject, without gaps")
    ]


class PermitReference(WireModel):
    """A permit by its id, its issuer and its number."""

    permit_id: Annotated[Id, Field(description="Permit id")]
    issuer: Annotated[Country, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[StoredNumber, Field(description="Box 1: permit number")]


class IssuedLine(WireModel):
    """A line of a permit as the authority issued it: boxes 7 to 11."""

    line: Annotated[LineLetter, Field(description="Letter of the line")]
    taxon: Annotated[NameString, Field(description="Box 7: scientific name")]
    term: Annotated[ShortString, Field(description="Box 9: CITES trade term")]
    source: Annotated[Source, Field(description="Box 10: source of the specimens")]
    quantity: Annotated[DecimalText, Field(description="Box 11: granted quantity")]
    unit: Annotated[Unit, Field(description="Box 11: unit of the line")]


class UsedLine(WireModel):
    """The usage of a line and the quantity left on that side, in the line's unit."""

    line: Annotated[LineLetter, Field(description="Letter of the line")]
    taxon: Annotated[NameString, Field(description="Box 7: scientific name")]
    term: Annotated[ShortString, Field(description="Box 9: CITES trade term")]
    quantity: Annotated[DecimalText, Field(description="Used by the decision that caused this event")]
    unit: Annotated[Unit, Field(description="Unit of all quantities of the line")]
    has: Annotated[
        DecimalText, Field(description="All that the side has: granted at export, endorsed at import; with consents")
    ]
    reserved: Annotated[DecimalText, Field(description="Set aside for accepted declarations")]
    used: Annotated[DecimalText, Field(description="Used so far, this decision included")]
    left: Annotated[DecimalText, Field(description="Neither used nor reserved")]


class SecondUseAttempt(WireModel):
    """A line without enough quantity left when a declaration cited it."""

    line: Annotated[ShortString, Field(description="Letter of the permit line")]
    item: Annotated[int, Field(description="Number of the declaration's item")]
    asked: Annotated[DecimalText, Field(description="Quantity that the declaration states")]
    left: Annotated[DecimalText, Field(description="Quantity that the line had left")]
    unit: Annotated[ShortString, Field(description="Unit of both quantities")]
    declaration_id: Annotated[
        Id | None, Field(description="Declaration of this attempt; absent: the one that the event names")
    ] = None
    reference: Annotated[ShortString | None, Field(description="The trader's reference of that declaration")] = None
    at: Annotated[
        Timestamp | None, Field(description="Time of the attempt, if it is not that of all attempts of the event")
    ] = None


class CitedPermit(WireModel):
    """A permit that a declaration cites."""

    id: Annotated[Id, Field(description="Permit id")]
    issuer: Annotated[Country, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[StoredNumber, Field(description="Box 1: permit number")]


class Usage(WireModel):
    """The reserved and the consumed quantity of one line by a declaration, in the line's unit."""

    item: Annotated[int, Field(description="Number of the item")]
    permit: Annotated[CitedPermit, Field(description="The cited permit")]
    line: Annotated[ShortString, Field(description="Letter of the permit line")]
    reserved: Annotated[DecimalText, Field(description="Quantity set aside and not yet used")]
    consumed: Annotated[DecimalText, Field(description="Quantity used by the release")]
    unit: Annotated[ShortString, Field(description="Unit of the permit line")]


class CausingDeclaration(WireModel):
    """The declaration that caused an event about a permit."""

    declaration_id: Annotated[Id, Field(description="Declaration id")]
    reference: Annotated[ShortString, Field(description="The trader's own reference")]
    movement: Annotated[Movement, Field(description="`import` or `export`")]
