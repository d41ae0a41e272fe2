"""All changes that one command makes, written together or not at all."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.permits.domain.ledger.balances import LedgerEntry
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import ApplicationEvent, DeclarationEvent, PermitEvent
from services.permits.domain.model.permits import PermitRecord
from shared.contracts.parties import Actor


@dataclass(frozen=True, kw_only=True)
class Posting:
    """An entry of the ledger with all that names it: line, declaration, item, who, when, why."""

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
    """A declaration as it is to be written, and the moves that led there."""

    declaration: DeclarationRecord
    events: tuple[DeclarationEvent, ...]


@dataclass(frozen=True, kw_only=True)
class PermitChange:
    """A permit as it is to be written, and the moves that led there.

    Without moves only balances changed, and its version stands: who read the permit may still act on what was read.
    `changed_lines` are those whose balance changed, all of them where it is not said.
    """

    permit: PermitRecord
    events: tuple[PermitEvent, ...] = ()
    changed_lines: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ApplicationChange:
    """An application as it is to be written, and the moves that led there."""

    application: ApplicationRecord
    events: tuple[ApplicationEvent, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """All that one decision writes: declarations, permits, ledger entries, applications, together or not at all."""

    declarations: tuple[DeclarationChange, ...] = ()
    permits: tuple[PermitChange, ...] = ()
    postings: tuple[Posting, ...] = ()
    applications: tuple[ApplicationChange, ...] = ()
