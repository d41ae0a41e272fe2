"""All changes that one command makes, written in one transaction."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.permits.domain.ledger.balances import LedgerEntry
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import ApplicationEvent, DeclarationEvent, PermitEvent
from services.permits.domain.model.issue_notes import NO_NOTES, IssueNotes
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import Attempt
from shared.contracts.parties import Actor


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A ledger entry with its actor, cause, value date and reason, and the declaration and item that it belongs to."""

    permit: UUID
    line: str
    entry: LedgerEntry
    actor: Actor
    cause: str
    value_date: date
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class DeclarationChange:
    """A declaration to write, and the events that describe the change."""

    declaration: DeclarationRecord
    events: tuple[DeclarationEvent, ...]


@dataclass(frozen=True, kw_only=True)
class PermitChange:
    """A permit to write, and the events that describe the change.

    Without events only balances changed. The version then stays, so a client's precondition on it still matches.
    `changed_lines` are the lines whose balances changed; None means all lines. `attempts` are the second uses that the
    only event counts. `notes` are those of a new permit. Only the response to its issue has them.
    """

    permit: PermitRecord
    events: tuple[PermitEvent, ...] = ()
    changed_lines: tuple[str, ...] | None = None
    attempts: tuple[Attempt, ...] = ()
    notes: IssueNotes = NO_NOTES


@dataclass(frozen=True, kw_only=True)
class ApplicationChange:
    """An application to write, and the events that describe the change."""

    application: ApplicationRecord
    events: tuple[ApplicationEvent, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """All declarations, permits, postings and applications that one command writes."""

    declarations: tuple[DeclarationChange, ...] = ()
    permits: tuple[PermitChange, ...] = ()
    postings: tuple[Posting, ...] = ()
    applications: tuple[ApplicationChange, ...] = ()
