"""The data of events about a permit."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.closed_sets import Movement, PermitKind, PermitStatus, Side
from shared.contracts.events.parts import (
    CausingDeclaration,
    EventData,
    IssuedLine,
    NameString,
    OmittedCount,
    PermitReference,
    SecondUseAttempt,
    ShortString,
    TextString,
    UsedLine,
)
from shared.contracts.fields import Country, Day, Id, Timestamp
from shared.contracts.limits import EVENT_ENTRIES

UsedLines = Annotated[
    tuple[UsedLine, ...],
    Field(
        max_length=EVENT_ENTRIES,
        strict=False,
        description=f"The first {EVENT_ENTRIES} lines, with what was used and what is left",
    ),
]


class PermitEventData(EventData, PermitReference):
    """The permit and its status after the event."""

    status: Annotated[PermitStatus, Field(description="Status after the event")]
    reason: Annotated[TextString | None, Field(description="The actor's reason")] = None


class PermitIssued(PermitEventData):
    """Declarations may cite the permit from now on."""

    kind: Annotated[PermitKind, Field(description="Kind of the permit")]
    valid_until: Annotated[Day, Field(description="Box 2: last valid day, in the issuer's time zone")]
    lines: Annotated[
        tuple[IssuedLine, ...],
        Field(max_length=EVENT_ENTRIES, strict=False, description=f"The first {EVENT_ENTRIES} lines of the permit"),
    ]
    lines_omitted: OmittedCount = None
    replaces: Annotated[PermitReference | None, Field(description="The permit that this one replaces")] = None


class PermitEndorsed(PermitEventData):
    """The data state the quantities per line (box 14).

    If the release of an export declaration caused it, they name that declaration.
    """

    lines: UsedLines
    lines_omitted: OmittedCount = None
    endorsed_on: Annotated[Day | None, Field(description="Box 14: day of the endorsement")] = None
    port: Annotated[NameString | None, Field(description="Box 14: port of exportation")] = None
    transport_document: Annotated[
        ShortString | None, Field(description="Box 15: number of the bill of lading or air waybill")
    ] = None
    declaration_id: Annotated[Id | None, Field(description="Id of the export declaration")] = None
    reference: Annotated[ShortString | None, Field(description="The trader's reference of that declaration")] = None
    movement: Annotated[Movement | None, Field(description="`import` or `export`")] = None
    side: Annotated[Literal[Side.EXPORT] | None, Field(description="`export` if a declaration caused it")] = None


class PermitUsed(PermitEventData, CausingDeclaration):
    """The data state the quantities per line. A correction sends a further event."""

    side: Annotated[Literal[Side.IMPORT], Field(description="Side of the permit line")]
    lines: UsedLines
    lines_omitted: OmittedCount = None


class PermitExhausted(PermitEventData):
    """If a declaration closed the last line, the data name it."""

    declaration_id: Annotated[Id | None, Field(description="Id of the declaration")] = None
    reference: Annotated[ShortString | None, Field(description="The trader's reference of that declaration")] = None
    movement: Annotated[Movement | None, Field(description="`import` or `export`")] = None


class PermitRevoked(PermitEventData):
    """The permit covers nothing any more. Accepted declarations that cite it are referred."""


class PermitReplaced(PermitEventData):
    """The old permit covers nothing any more. `replaced_by` names the new one."""

    replaced_by: Annotated[PermitReference, Field(description="The permit that replaces this one")]


class PermitLost(PermitEventData):
    """The permit covers nothing until it is found."""


class PermitFound(PermitEventData):
    """Declarations may use it again."""


class PermitTakenOver(PermitEventData):
    """The authority of the issuer decides about the permit from now on. Its balances, reservations and uses stay."""

    taken_over_from: Annotated[Country, Field(description="Country that had registered the permit")]


class PermitExpiring(PermitEventData):
    """The permit has quantity left."""

    valid_until: Annotated[Day, Field(description="Box 2: last valid day, in the issuer's time zone")]
    days_left: Annotated[int, Field(ge=0, description="Days after today, the last valid day included")]


class PermitExpired(PermitEventData):
    """The issuer's time zone decides."""

    valid_until: Annotated[Day, Field(description="Box 2: last valid day, in the issuer's time zone")]
    days_left: Annotated[Literal[0] | None, Field(description="Always 0")] = None


class PermitSecondUseAttempted(PermitEventData):
    """The hub reserved nothing and used nothing. The first attempt of a trader on a line causes the event at once.

    The hub counts further attempts for an hour, and then sends one event about them. While attempts go on, the time
    doubles, up to a day. Attempts that the hub finds together are one event too. Offices receive every field. For
    holders, `declaration_id` and `reference` are null and `attempts` is empty, because the declaration may be that of
    another trader.
    """

    declaration_id: Annotated[
        Id | None, Field(description="Id of the declaration of the first attempt in `attempts`; null for holders")
    ]
    reference: Annotated[
        ShortString | None, Field(description="The trader's reference of that declaration; null for holders")
    ]
    movement: Annotated[Movement, Field(description="`import` or `export`")]
    attempt_count: Annotated[int, Field(ge=1, description="Number of attempts, those that the event omits included")]
    first_attempt_at: Annotated[Timestamp | None, Field(description="Time of the first of these attempts")] = None
    last_attempt_at: Annotated[Timestamp | None, Field(description="Time of the last of these attempts")] = None
    attempts: Annotated[
        tuple[SecondUseAttempt, ...],
        Field(
            max_length=EVENT_ENTRIES,
            strict=False,
            description=f"At most {EVENT_ENTRIES} cited lines, the oldest first; empty for holders",
        ),
    ]
    attempts_omitted: OmittedCount = None
