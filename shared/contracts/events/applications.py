"""The data of events about an application for a permit."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.events.parts import About
from shared.contracts.fields import Country, Id, Token
from shared.contracts.permit import Kind

Status = Literal["submitted", "queried", "granted", "refused", "withdrawn"]


class AboutApplication(About):
    """Which application, to which country's authority, and where it stands after what happened."""

    application_id: Id
    reference: Annotated[str | None, Field(description="The applicant's own")] = None
    status: Status
    issuer: Country
    kind: Kind
    reason: Annotated[str | None, Field(description="The question, the answer or the grounds")] = None


class ApplicationSubmitted(AboutApplication):
    """The authority of the issuing country has it before it."""


class ApplicationAssessed(AboutApplication):
    """Its applicant does not hear of this. Where the country's policy asks for two people, another one issues."""

    recommendation: Literal["grant", "refuse"]


class ApplicationQueried(AboutApplication):
    """It waits for the trader's answer."""


class ApplicationAnswered(AboutApplication):
    """The authority has it before it again."""


class ApplicationGranted(AboutApplication):
    """The permit is issued; an event of its own tells of it."""

    permit_id: Id
    number: Token


class ApplicationRefused(AboutApplication):
    """No permit comes of it."""


class ApplicationWithdrawn(AboutApplication):
    """The trader wants it no more."""
