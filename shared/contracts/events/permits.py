"""The data of events about a permit."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.closed_sets import Movement, PermitKind, PermitStatus, Side
from shared.contracts.events.parts import (
    CausingDeclaration,
    EventData,
    IssuedLine,
    PermitReference,
    SecondUseAttempt,
    UsedLine,
)
from shared.contracts.fields import Day, Id

UsedLines = Annotated[tuple[UsedLine, ...], Field(strict=False)]


class PermitEventData(EventData, PermitReference):
    """Which permit, and where it stands after what happened."""

    status: PermitStatus
    reason: Annotated[str | None, Field(description="Why, in the words of the one who did it")] = None


class PermitIssued(PermitEventData):
    """It may be cited from now on."""

    kind: PermitKind
    valid_until: Day
    lines: Annotated[tuple[IssuedLine, ...], Field(strict=False)]
    replaces: Annotated[PermitReference | None, Field(description="The permit in whose place it stands")] = None


class PermitEndorsed(PermitEventData):
    """What really left, line by line (box 14). By customs at the counter, or by the release of an export declaration,
    which is then named."""

    lines: UsedLines
    endorsed_on: Day | None = None
    port: str | None = None
    transport_document: str | None = None
    declaration_id: Id | None = None
    reference: str | None = None
    movement: Movement | None = None
    side: Literal[Side.EXPORT] | None = None


class PermitUsed(PermitEventData, CausingDeclaration):
    """What really arrived by a declaration, line by line, and what is left; a correction tells it anew."""

    side: Literal[Side.IMPORT]
    lines: UsedLines


class PermitExhausted(PermitEventData):
    """All its lines are closed; the declaration that closed the last one is named, if it was one."""

    declaration_id: Id | None = None
    reference: str | None = None
    movement: Movement | None = None


class PermitRevoked(PermitEventData):
    """It covers nothing any more; declarations accepted on it are referred."""


class PermitReplaced(PermitEventData):
    """It covers nothing any more; another one does."""

    replaced_by: PermitReference


class PermitLost(PermitEventData):
    """It covers nothing until it is found."""


class PermitFound(PermitEventData):
    """It stands again where its lines say."""


class PermitExpiring(PermitEventData):
    """Its last day is near and something is left on it."""

    valid_until: Day
    days_left: Annotated[int, Field(ge=0, description="Whole days after today, its last day included")]


class PermitExpired(PermitEventData):
    """Its last day is over where it was issued."""

    valid_until: Day
    days_left: Literal[0] | None = None


class PermitSecondUseAttempted(PermitEventData, CausingDeclaration):
    """Somebody declared on what is in use or used already; nothing was taken from it."""

    attempts: Annotated[tuple[SecondUseAttempt, ...], Field(strict=False)]
