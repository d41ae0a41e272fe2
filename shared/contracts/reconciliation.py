"""The reconciliation of two services: which ids each of them stores, in groups first, then one by one.

A service that sends messages compares the ids that it settled with the ids that the receiver stores. They differ after
a restore of backups of different age.
"""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.fields import Id, Timestamp, WireModel


class IdGroup(WireModel):
    """The ids that begin with the same hexadecimal digits: their number, and a digest of them all."""

    prefix: str
    count: Annotated[int, Field(ge=1)]
    digest: Annotated[int, Field(description="Exclusive or of the last 48 bits of each id")]


class IdGroups(WireModel):
    """The groups of a set of ids."""

    groups: Annotated[tuple[IdGroup, ...], Field(strict=False)]


class IdList(WireModel):
    """The ids of one group."""

    ids: Annotated[tuple[Id, ...], Field(strict=False)]


class KnownDeclaration(WireModel):
    """A declaration of permits that the gateway does not have: enough to keep its id, its reference and its receipt."""

    id: Id
    party: Id
    trader: Id
    reference: str
    received_at: Timestamp
    version: Annotated[int, Field(ge=1)]
    digest: Annotated[str | None, Field(description="Digest of the bytes as lodged; null if it was amended")]


class KnownAmendment(WireModel):
    """An amendment of permits that the gateway does not have."""

    command: Id
    declaration: Id
    party: Annotated[Id, Field(description="Party that lodged the declaration")]
    version: Annotated[int, Field(ge=2)]
    digest: Annotated[str, Field(description="Digest of the bytes of the amendment")]


class KnownAmendments(WireModel):
    """Amendments of permits, by command."""

    amendments: Annotated[tuple[KnownAmendment, ...], Field(strict=False)]


class KnownDeclarations(WireModel):
    """Declarations of permits, by id."""

    declarations: Annotated[tuple[KnownDeclaration, ...], Field(strict=False)]


class PartyVersion(WireModel):
    """The version of a party in the copy of a service."""

    id: Id
    version: Annotated[int, Field(ge=1)]


class PartyVersions(WireModel):
    """The versions of one page of parties, in the order of their ids."""

    parties: Annotated[tuple[PartyVersion, ...], Field(strict=False)]


class SubjectSequence(WireModel):
    """The sequence up to which notifications stores the events of a subject without a gap."""

    subject: str
    last_sequence: Annotated[int, Field(ge=0)]


class SubjectSequences(WireModel):
    """The sequences of subjects. A subject without an event is left out."""

    subjects: Annotated[tuple[SubjectSequence, ...], Field(strict=False)]


class KnownEvent(WireModel):
    """An event of notifications that permits does not have."""

    id: Id
    type: str
    subject: str
    sequence: Annotated[int, Field(ge=1)]


class KnownEvents(WireModel):
    """Events of notifications by id, and the last sequences of their subjects."""

    events: Annotated[tuple[KnownEvent, ...], Field(strict=False)]
    subjects: Annotated[tuple[SubjectSequence, ...], Field(strict=False)]


class SubjectList(WireModel):
    """Subjects of events."""

    subjects: Annotated[tuple[str, ...], Field(strict=False)]


class ReconciliationState(WireModel):
    """The state of one reconciliation, with its counts since the beginning."""

    messages: Annotated[str, Field(description="submissions, parties, mandates or events")]
    status: ReconciliationStatus
    compared_at: Annotated[Timestamp | None, Field(description="End of the last comparison")]
    sent_again: Annotated[int, Field(ge=0, description="Messages that the receiver had lost")]
    adopted: Annotated[int, Field(ge=0, description="Messages that the service took over from the receiver")]
    lost: Annotated[int, Field(ge=0, description="Messages that it cannot mend")]


class LostMessage(WireModel):
    """A declaration, party, mandate or event that a reconciliation cannot mend."""

    messages: str
    loss: Annotated[str, Field(description="Code of the kind of loss")]
    id: Id
    reason: Annotated[str, Field(description="The loss and the next step")]
    detail: str | None
    found_at: Timestamp
