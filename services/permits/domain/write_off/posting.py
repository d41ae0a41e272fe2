"""A use of a permit line as the ledger signs it: the entries, for which cause, by whom, on which day, and why."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.permits.domain.ledger.balances import EntryKind, LedgerEntry
from services.permits.domain.model.change_sets import DeclarationChange, Posting
from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.permits import PermitRecord, PermitsById
from shared.contracts.parties import Actor


@dataclass(frozen=True, kw_only=True)
class PostingContext:
    """Who signs ledger entries, for which cause, on which day, and why."""

    actor: Actor
    cause: str
    value_date: date
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LineUse:
    """The entries that one citation makes on its line; a box 14 endorsement makes them without a declaration."""

    permit: UUID
    line: str
    entries: tuple[LedgerEntry, ...]
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None


@dataclass(kw_only=True)
class LineUses:
    """The uses that one decision makes, gathered."""

    line_uses: list[LineUse] = field(default_factory=list)

    def add(self, citation: Citation, entries: tuple[LedgerEntry, ...], dead_on_arrival: int | None = None) -> None:
        """Add the entries of one citation."""
        self.line_uses.append(
            LineUse(
                permit=citation.permit,
                line=citation.line,
                entries=entries,
                declaration=citation.declaration,
                item=citation.item,
                dead_on_arrival=dead_on_arrival,
            )
        )


@dataclass(frozen=True, kw_only=True)
class UseResult:
    """The permits after a use of one of them, the ledger entries, and the declarations that gave way."""

    permits: PermitsById
    postings: tuple[Posting, ...]
    displaced: tuple[DeclarationChange, ...] = ()


def build_posting(permit: PermitRecord, use: LineUse, entry: LedgerEntry, context: PostingContext) -> Posting:
    """Write one entry with all that names it."""
    counts_dead = entry.kind in {
        EntryKind.CONSUME,
        EntryKind.ENDORSE,
        EntryKind.CORRECT,
        EntryKind.CROSS_BORDER,
        EntryKind.CORRECT_CROSSING,
    }
    return Posting(
        permit=permit.id,
        line=use.line,
        entry=entry,
        actor=context.actor,
        cause=context.cause,
        value_date=context.value_date,
        declaration=use.declaration,
        item=use.item,
        dead_on_arrival=use.dead_on_arrival if counts_dead else None,
        reason=context.reason,
    )
