"""The data of events about a declaration."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.closed_sets import DeclarationStatus, Movement
from shared.contracts.events.parts import DecimalText, EventData, Usage
from shared.contracts.fields import Id
from shared.contracts.findings import Finding

Findings = Annotated[
    tuple[Finding, ...] | None, Field(strict=False, description="All that stands against it or is to be known")
]
Reason = Annotated[str | None, Field(description="Why, in the words of the one who did it")]
OfficerLine = Annotated[str | None, Field(description="The permit line the officer named")]
OfficerQuantity = Annotated[
    DecimalText | None, Field(description="The quantity the officer named, in the unit of that line")
]
Usages = Annotated[tuple[Usage, ...] | None, Field(strict=False, description="What it has of which permit line now")]


class DeclarationEventData(EventData):
    """Which declaration, and where it stands after what happened."""

    declaration_id: Id
    reference: Annotated[str, Field(description="The trader's own")]
    status: DeclarationStatus
    movement: Movement
    version: Annotated[int, Field(ge=1, description="Rises with each amendment")]
    reason: Reason = None


class DeclarationReceived(DeclarationEventData):
    """The hub has it; its check follows."""

    status: Literal[DeclarationStatus.RECEIVED]


class DeclarationAccepted(DeclarationEventData):
    """Its quantities are set aside; customs may release it."""

    status: Literal[DeclarationStatus.ACCEPTED]
    findings: Findings = None
    overridden: Annotated[str | None, Field(description="The rule whose finding an officer settled last")] = None
    item: Annotated[int | None, Field(description="The item whose finding that was")] = None
    line: OfficerLine = None
    quantity: OfficerQuantity = None


class DeclarationReferred(DeclarationEventData):
    """Findings wait for an officer, or a permit it relies on was withdrawn or endorsed for less."""

    status: Literal[DeclarationStatus.REFERRED]
    findings: Findings = None


class DeclarationRejected(DeclarationEventData):
    """Findings block it; it may be amended, or an officer may override them."""

    status: Literal[DeclarationStatus.REJECTED]
    findings: Findings = None


class DeclarationReleased(DeclarationEventData):
    """Its goods may go; their actual quantities are written off."""

    status: Literal[DeclarationStatus.RELEASED]
    usage: Usages = None


class DeclarationRefused(DeclarationEventData):
    """Its goods stay; what was set aside for it is free again."""

    status: Literal[DeclarationStatus.REFUSED]


class DeclarationCancelled(DeclarationEventData):
    """It counts no more; what was set aside for it is free again."""

    status: Literal[DeclarationStatus.CANCELLED]


class DeclarationAmended(DeclarationEventData):
    """A new version stands in the place of the old one; its check follows as an event of its own."""

    status: Literal[DeclarationStatus.RECEIVED]


class DeclarationOverridden(DeclarationEventData):
    """One finding is settled; the declaration stays where it is, for others stand."""

    overridden: Annotated[str, Field(description="The rule whose finding was settled")]
    item: int | None = None
    findings: Findings = None
    line: OfficerLine = None
    quantity: OfficerQuantity = None


class DeclarationConsented(DeclarationEventData):
    """For this item more may be used than the permit says."""

    item: int
    quantity: DecimalText
    unit: Annotated[str | None, Field(description="Of the quantity")] = None


class DeclarationCorrected(DeclarationEventData):
    """The quantities that were written off are other ones now."""

    status: Literal[DeclarationStatus.RELEASED]
    usage: Usages = None
