"""The data of events about a declaration."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.events.parts import About, Figure, Usage
from shared.contracts.fields import Id, Movement
from shared.contracts.findings import Finding

Status = Literal["received", "accepted", "referred", "rejected", "released", "refused", "cancelled"]
Findings = Annotated[
    tuple[Finding, ...] | None, Field(strict=False, description="All that stands against it or is to be known")
]
Reason = Annotated[str | None, Field(description="Why, in the words of the one who did it")]
Line = Annotated[str | None, Field(description="The permit line the officer named")]
Said = Annotated[Figure | None, Field(description="The quantity the officer named, in the unit of that line")]
Usages = Annotated[tuple[Usage, ...] | None, Field(strict=False, description="What it has of which permit line now")]


class AboutDeclaration(About):
    """Which declaration, and where it stands after what happened."""

    declaration_id: Id
    reference: Annotated[str, Field(description="The trader's own")]
    status: Status
    movement: Movement
    version: Annotated[int, Field(ge=1, description="Rises with each amendment")]
    reason: Reason = None


class DeclarationReceived(AboutDeclaration):
    """The hub has it; its check follows."""

    status: Literal["received"]


class DeclarationAccepted(AboutDeclaration):
    """Its quantities are set aside; customs may release it."""

    status: Literal["accepted"]
    findings: Findings = None
    overridden: Annotated[str | None, Field(description="The rule whose finding an officer settled last")] = None
    item: Annotated[int | None, Field(description="The item whose finding that was")] = None
    line: Line = None
    quantity: Said = None


class DeclarationReferred(AboutDeclaration):
    """Findings wait for an officer, or a permit it relies on was withdrawn or endorsed for less."""

    status: Literal["referred"]
    findings: Findings = None


class DeclarationRejected(AboutDeclaration):
    """Findings block it; it may be amended, or an officer may override them."""

    status: Literal["rejected"]
    findings: Findings = None


class DeclarationReleased(AboutDeclaration):
    """Its goods may go; their actual quantities are written off."""

    status: Literal["released"]
    usage: Usages = None


class DeclarationRefused(AboutDeclaration):
    """Its goods stay; what was set aside for it is free again."""

    status: Literal["refused"]


class DeclarationCancelled(AboutDeclaration):
    """It counts no more; what was set aside for it is free again."""

    status: Literal["cancelled"]


class DeclarationAmended(AboutDeclaration):
    """A new version stands in the place of the old one; its check follows as an event of its own."""

    status: Literal["received"]


class DeclarationOverridden(AboutDeclaration):
    """One finding is settled; the declaration stays where it is, for others stand."""

    overridden: Annotated[str, Field(description="The rule whose finding was settled")]
    item: int | None = None
    findings: Findings = None
    line: Line = None
    quantity: Said = None


class DeclarationConsented(AboutDeclaration):
    """For this item more may be used than the permit says."""

    item: int
    quantity: Figure
    unit: Annotated[str | None, Field(description="Of the quantity")] = None


class DeclarationCorrected(AboutDeclaration):
    """The quantities that were written off are other ones now."""

    status: Literal["released"]
    usage: Usages = None
