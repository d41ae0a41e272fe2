"""What couriers carry between the services: letters out, one answer a letter back.

A batch is one POST; a letter that is bad is answered alone and harms none of its neighbours.
"""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.closed_sets import MessageOutcome, Role
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.fields import Country, Id, ShortText, Timestamp, WireModel
from shared.contracts.parties import Party


class SubmissionEnvelope(WireModel):
    """A declaration that was answered 202, on its way from the gateway to permits: who lodged what, and when."""

    id: Id
    received_at: Timestamp
    digest: str
    party: Party
    trader: Annotated[Id, Field(description="Party id of the trader it is declared for")]
    unverified: Annotated[str | None, Field(description="Why it could not be checked, when all tries failed")] = None


class SubmissionMessage(SubmissionEnvelope):
    """A submission whose declaration is still to be read: one that cannot be is filed all the same."""

    declaration: Annotated[dict[str, Any], Field(description="The normalized form")]


class SubmissionBatch(WireModel):
    """Letters from the gateway to permits."""

    letters: Annotated[tuple[SubmissionMessage, ...], Field(strict=False)]


class ValidSubmission(SubmissionEnvelope):
    """A submission whose declaration is as the contract says, as it is but for accidents."""

    declaration: NormalizedDeclaration


class ValidSubmissionBatch(WireModel):
    """Letters from the gateway to permits that are all sound, and so are read in one pass."""

    letters: Annotated[tuple[ValidSubmission, ...], Field(strict=False)]


class PartyBatch(WireModel):
    """Changed parties, carried into the copies that permits and notifications keep."""

    parties: Annotated[tuple[Party, ...], Field(strict=False)]


class RoleInCountry(WireModel):
    """Every party with this role in this country."""

    role: Role
    country: Country


class Sender(WireModel):
    """Who sent the thing an event is about: told how those who heard of it received it."""

    parties: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()


class Audience(WireModel):
    """Who may hear of an event, worked out by permits when the event is written, and by what they may choose it."""

    parties: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    identifiers: Annotated[tuple[str, ...], Field(strict=False)] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()
    countries: Annotated[tuple[Country, ...], Field(strict=False, description="Matched with partners' grants")] = ()
    permits: Annotated[tuple[str, ...], Field(strict=False, description="Permits it concerns: ids, ISSUER/NUMBER")] = ()
    taxa: Annotated[tuple[str, ...], Field(strict=False, description="Scientific names it concerns")] = ()
    sender: Sender | None = None


class EventMessage(WireModel):
    """One event about one subject, numbered without gaps for that subject."""

    id: Id
    type: ShortText
    subject: Annotated[str, Field(description="declaration:<id>, permit:<id>, application:<id> or quota:<id>")]
    sequence: Annotated[int, Field(ge=1)]
    at: Timestamp
    data: dict[str, Any]
    audience: Audience


class MessageResult(WireModel):
    """What became of one letter: taken in (now or before), or why not."""

    id: Id
    outcome: MessageOutcome
    reason: str | None = None


class MessageResults(WireModel):
    """One answer a letter, in any order."""

    answers: Annotated[tuple[MessageResult, ...], Field(strict=False)]
