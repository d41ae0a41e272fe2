"""The data of events about a declaration."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.closed_sets import DeclarationStatus, Movement
from shared.contracts.events.parts import (
    DecimalText,
    EventData,
    OmittedCount,
    ShortString,
    TextString,
    Usage,
)
from shared.contracts.fields import Id
from shared.contracts.findings import FindingCounts, RuleCount
from shared.contracts.limits import EVENT_ENTRIES

Counts = Annotated[
    FindingCounts | None,
    Field(description="Number of stored open findings of each severity; `findings-omitted` in `rules`: there are more"),
]
Rules = Annotated[
    tuple[RuleCount, ...] | None,
    Field(max_length=200, strict=False, description="Rules with open findings, and their number"),
]
Reason = Annotated[TextString | None, Field(description="The actor's reason")]
OfficerLine = Annotated[ShortString | None, Field(description="Permit line that the officer chose")]
OfficerQuantity = Annotated[
    DecimalText | None, Field(description="Quantity that the officer stated, in the unit of that line")
]
Usages = Annotated[
    tuple[Usage, ...] | None,
    Field(
        max_length=EVENT_ENTRIES, strict=False, description=f"Usage of the first {EVENT_ENTRIES} cited permit lines now"
    ),
]


class DeclarationEventData(EventData):
    """The declaration and its status after the event."""

    declaration_id: Annotated[Id, Field(description="Declaration id")]
    reference: Annotated[ShortString, Field(description="The trader's own reference")]
    status: Annotated[DeclarationStatus, Field(description="Status after the event")]
    movement: Annotated[Movement, Field(description="`import` or `export`")]
    version: Annotated[int, Field(ge=1, description="Rises with each amendment")]
    reason: Reason = None


class DeclarationReceived(DeclarationEventData):
    """The check follows."""

    status: Annotated[Literal[DeclarationStatus.RECEIVED], Field(description="Status after the event")]


class DeclarationAccepted(DeclarationEventData):
    """Its quantities are reserved. Customs may release it."""

    status: Annotated[Literal[DeclarationStatus.ACCEPTED], Field(description="Status after the event")]
    finding_counts: Counts = None
    rules: Rules = None
    overridden: Annotated[ShortString | None, Field(description="Rule whose finding an officer settled last")] = None
    item: Annotated[int | None, Field(description="Number of the item of that finding")] = None
    line: OfficerLine = None
    quantity: OfficerQuantity = None


class DeclarationReferred(DeclarationEventData):
    """The check found something, or a cited permit was withdrawn or endorsed for less."""

    status: Annotated[Literal[DeclarationStatus.REFERRED], Field(description="Status after the event")]
    finding_counts: Counts = None
    rules: Rules = None


class DeclarationRejected(DeclarationEventData):
    """The trader may amend it, or an officer may override its findings."""

    status: Annotated[Literal[DeclarationStatus.REJECTED], Field(description="Status after the event")]
    finding_counts: Counts = None
    rules: Rules = None


class DeclarationReleased(DeclarationEventData):
    """The hub writes off the actual quantities."""

    status: Annotated[Literal[DeclarationStatus.RELEASED], Field(description="Status after the event")]
    usage: Usages = None
    usage_omitted: OmittedCount = None


class DeclarationRefused(DeclarationEventData):
    """The hub returns its reservations."""

    status: Annotated[Literal[DeclarationStatus.REFUSED], Field(description="Status after the event")]


class DeclarationCancelled(DeclarationEventData):
    """The hub returns its reservations."""

    status: Annotated[Literal[DeclarationStatus.CANCELLED], Field(description="Status after the event")]


class DeclarationAmended(DeclarationEventData):
    """The result of its check is an event of its own."""

    status: Annotated[Literal[DeclarationStatus.RECEIVED], Field(description="Status after the event")]


class DeclarationOverridden(DeclarationEventData):
    """The status does not change."""

    overridden: Annotated[ShortString, Field(description="Rule whose finding was settled")]
    item: Annotated[int | None, Field(description="Number of the item of that finding")] = None
    finding_counts: Counts = None
    rules: Rules = None
    line: OfficerLine = None
    quantity: OfficerQuantity = None


class DeclarationConsented(DeclarationEventData):
    """The item may use this quantity in addition to the permit."""

    item: Annotated[int, Field(description="Number of the item")]
    quantity: Annotated[DecimalText, Field(description="Quantity that the item may use in addition to the permit")]
    unit: Annotated[ShortString | None, Field(description="Unit of the quantity; if left out, the declared unit")] = (
        None
    )


class DeclarationCorrected(DeclarationEventData):
    """The hub changed the written-off quantities."""

    status: Annotated[Literal[DeclarationStatus.RELEASED], Field(description="Status after the event")]
    usage: Usages = None
    usage_omitted: OmittedCount = None
