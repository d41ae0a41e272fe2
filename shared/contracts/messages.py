"""The messages between the services: batches of outbox messages, and one result per message.

A batch is one POST. A bad message gets its own result and never fails the rest of the batch.
"""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.closed_sets import MessageOutcome, Role
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.fields import Country, Day, Id, ShortText, Timestamp, WireModel
from shared.contracts.parties import Party, RepresentedTrader


class SubmissionEnvelope(WireModel):
    """A submission on its way from the gateway to permits: who lodged it, for whom, and when."""

    id: Id
    received_at: Timestamp
    digest: str
    party: Party
    trader: Annotated[Id, Field(description="Party id of the trader for whom the declaration is lodged")]
    represented: Annotated[
        RepresentedTrader | None, Field(description="That trader, if an agent lodged the declaration")
    ] = None
    officer: Annotated[
        str | None,
        Field(
            description="The person of customs who lodged it for a traveller; null if a trader or an agent lodged it"
        ),
    ] = None
    unverified: Annotated[
        str | None, Field(description="Why permits could not check it, after all attempts failed")
    ] = None


class SubmissionMessage(SubmissionEnvelope):
    """A submission whose declaration permits has not parsed yet. Permits stores it even if it cannot parse it."""

    declaration: Annotated[dict[str, Any], Field(description="The normalized declaration")]


class SubmissionBatch(WireModel):
    """Submissions from the gateway to permits."""

    letters: Annotated[tuple[SubmissionMessage, ...], Field(strict=False)]


class ValidSubmission(SubmissionEnvelope):
    """A submission whose declaration passes the contract."""

    declaration: NormalizedDeclaration


class ValidSubmissionBatch(WireModel):
    """Submissions from the gateway to permits that all pass the contract, so permits parses them in one pass."""

    letters: Annotated[tuple[ValidSubmission, ...], Field(strict=False)]


class PartyBatch(WireModel):
    """Changed parties, for the copies that permits and notifications store."""

    parties: Annotated[tuple[Party, ...], Field(strict=False)]


class MandateCopy(WireModel):
    """A mandate for the copies of permits and notifications: who declares for whom, and on which days.

    A higher revision is newer. `active` is false for a mandate that is offered or revoked.
    """

    id: Id
    trader: Id
    agent: Id
    first_day: Day
    last_day: Day
    active: bool
    revision: int


class MandateBatch(WireModel):
    """Mandates, for the copies that permits and notifications store."""

    mandates: Annotated[tuple[MandateCopy, ...], Field(strict=False)]


class RoleInCountry(WireModel):
    """Every party with this role in this country."""

    role: Role
    country: Country


class AgentOfTrader(WireModel):
    """An agent that receives an event for a trader. Its right ends with its mandate."""

    agent: Id
    trader: Id


class Sender(WireModel):
    """The sender of a declaration, permit or application. It learns how the receivers of its events received them."""

    parties: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    agents: Annotated[
        tuple[AgentOfTrader, ...], Field(strict=False, description="Agents that learn it while their mandate is valid")
    ] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()


class Audience(WireModel):
    """The parties that may receive an event, and the values that filters match. Permits computes it with the event."""

    parties: Annotated[tuple[Id, ...], Field(strict=False, description="Parties in their own right")] = ()
    agents: Annotated[
        tuple[AgentOfTrader, ...], Field(strict=False, description="Agents whose mandate is valid when it happens")
    ] = ()
    identifiers: Annotated[tuple[str, ...], Field(strict=False, description="Keys of identifiers: `FR:fr123`")] = ()
    offices: Annotated[tuple[RoleInCountry, ...], Field(strict=False)] = ()
    countries: Annotated[
        tuple[Country, ...], Field(strict=False, description="Countries that the grants of partners match")
    ] = ()
    permits: Annotated[
        tuple[str, ...], Field(strict=False, description="Permits that the event concerns: ids, ISSUER/NUMBER")
    ] = ()
    taxa: Annotated[tuple[str, ...], Field(strict=False, description="Scientific names that the event concerns")] = ()
    sender: Sender | None = None


class EventMessage(WireModel):
    """One event about one subject, with a gapless sequence per subject."""

    id: Id
    type: ShortText
    subject: Annotated[str, Field(description="declaration:<id>, permit:<id>, application:<id> or quota:<id>")]
    sequence: Annotated[int, Field(ge=1)]
    at: Timestamp
    data: dict[str, Any]
    audience: Audience


SEQUENCE_TAKEN = "this sequence of the subject is another event"
"""The reason of a refused event. Permits lost the other event in a restore, and publishes this one after it."""


class MessageResult(WireModel):
    """The result for one message: stored (now or before), or the reason why not."""

    id: Id
    outcome: MessageOutcome
    reason: str | None = None


class MessageResults(WireModel):
    """One result per message, in any order."""

    answers: Annotated[tuple[MessageResult, ...], Field(strict=False)]


class AmendedVersion(WireModel):
    """A version of a declaration that an amendment made, as permits stores it.

    `command` is null for an amendment of an earlier release of the hub, which stored no command.
    """

    version: Annotated[int, Field(ge=2)]
    command: Annotated[Id | None, Field(description="Command id of the gateway")]
    digest: Annotated[str, Field(description="Digest of the submitted bytes, as in `Content-Digest`")]


class AmendedVersions(WireModel):
    """The amended versions of one declaration, oldest first."""

    versions: Annotated[tuple[AmendedVersion, ...], Field(strict=False)]


class FeedProgress(WireModel):
    """How far the feed has come: its position, and the parties that have an event since the position before."""

    position: Annotated[int, Field(ge=0)]
    parties: Annotated[tuple[Id, ...] | None, Field(strict=False, description="null: any party may have an event")]
