"""What couriers carry between the services: letters out, one answer a letter back.

A batch is one POST; a letter that is bad is answered alone and harms none of its neighbours.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.contracts.declaration import InsideDeclaration
from shared.contracts.fields import Country, Id, Moment, Role, Token, Wire
from shared.contracts.parties import Party


class Submission(Wire):
    """A declaration that was answered 202, on its way from the gateway to permits: who lodged what, and when."""

    id: Id
    received_at: Moment
    digest: str
    party: Party
    trader: Annotated[Id, Field(description="Party id of the trader it is declared for")]
    unverified: Annotated[str | None, Field(description="Why it could not be checked, when all tries failed")] = None


class SubmissionLetter(Submission):
    """A submission whose declaration is still to be read: one that cannot be is filed all the same."""

    declaration: Annotated[dict[str, Any], Field(description="The inside form")]


class SubmissionBatch(Wire):
    """Letters from the gateway to permits."""

    letters: Annotated[tuple[SubmissionLetter, ...], Field(strict=False)]


class SoundSubmission(Submission):
    """A submission whose declaration is as the contract says, as it is but for accidents."""

    declaration: InsideDeclaration


class SoundBatch(Wire):
    """Letters from the gateway to permits that are all sound, and so are read in one pass."""

    letters: Annotated[tuple[SoundSubmission, ...], Field(strict=False)]


class PartyBatch(Wire):
    """Changed parties, carried into the copies that permits and notifications keep."""

    parties: Annotated[tuple[Party, ...], Field(strict=False)]


class RoleInCountry(Wire):
    """Every party with this role in this country."""

    role: Role
    country: Country


class Sender(Wire):
    """Who sent the thing an event is about: told how those who heard of it received it."""

    parties: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()


class Audience(Wire):
    """Who may hear of an event, worked out by permits when the event is written, and by what they may choose it."""

    parties: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    identifiers: Annotated[tuple[str, ...], Field(strict=False)] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()
    countries: Annotated[tuple[Country, ...], Field(strict=False, description="Matched with partners' grants")] = ()
    permits: Annotated[tuple[str, ...], Field(strict=False, description="Permits it concerns: ids, ISSUER/NUMBER")] = ()
    taxa: Annotated[tuple[str, ...], Field(strict=False, description="Scientific names it concerns")] = ()
    sender: Sender | None = None


class News(Wire):
    """One event about one subject, numbered without gaps for that subject."""

    id: Id
    type: Token
    subject: Annotated[str, Field(description="declaration:<id>, permit:<id>, application:<id> or quota:<id>")]
    sequence: Annotated[int, Field(ge=1)]
    at: Moment
    data: dict[str, Any]
    audience: Audience


class Answer(Wire):
    """What became of one letter: taken in (now or before), or why not."""

    id: Id
    outcome: Literal["taken", "refused"]
    reason: str | None = None


class Answers(Wire):
    """One answer a letter, in any order."""

    answers: Annotated[tuple[Answer, ...], Field(strict=False)]
