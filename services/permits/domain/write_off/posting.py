"""A use of a permit line as the ledger signs it: the entries, for which cause, by whom, on which day, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.permits.domain.ledger.balances import Entry, Kind
from services.permits.domain.values import Citation, DeclarationChange, Filed, PermitOnFile, Posting
from shared.contracts.parties import Act

Permits = Mapping[UUID, PermitOnFile]
Others = Mapping[UUID, Filed]
"""Declarations that hold import reservations on a permit that is endorsed, by id."""


@dataclass(frozen=True)
class Signature:
    """Who signs ledger entries, for which cause, on which day, and why."""

    by: Act
    cause: str
    day: date
    reason: str | None = None


@dataclass(frozen=True)
class Use:
    """The entries that one citation makes on its line; a box 14 endorsement makes them without a declaration."""

    permit: UUID
    line: str
    entries: tuple[Entry, ...]
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None


@dataclass
class Uses:
    """The uses that one decision makes, gathered."""

    made: list[Use] = field(default_factory=list)

    def add(self, citation: Citation, entries: tuple[Entry, ...], dead: int | None = None) -> None:
        """Add the entries of one citation."""
        self.made.append(Use(citation.permit, citation.line, entries, citation.declaration, citation.item, dead))


@dataclass(frozen=True)
class Used:
    """The permits after a use of one of them, the ledger entries, and the declarations that gave way."""

    permits: Permits
    postings: tuple[Posting, ...]
    gave_way: tuple[DeclarationChange, ...] = ()


def posting_of(permit: PermitOnFile, one: Use, entry: Entry, sign: Signature) -> Posting:
    """Write one entry with all that names it."""
    dies = entry.kind in {Kind.CONSUME, Kind.ENDORSE, Kind.CORRECT, Kind.CROSS, Kind.RECROSS}
    return Posting(
        permit=permit.id,
        line=one.line,
        entry=entry,
        act=sign.by,
        cause=sign.cause,
        day=sign.day,
        declaration=one.declaration,
        item=one.item,
        dead_on_arrival=one.dead_on_arrival if dies else None,
        reason=sign.reason,
    )
