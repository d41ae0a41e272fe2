"""Postings of uses: ledger entries with their cause, actor, value date and reason."""

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
    """The actor, cause, value date and reason of the postings of one decision."""

    actor: Actor
    cause: str
    value_date: date
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LineUse:
    """The entries of one citation on its line. An endorsement of box 14 has entries without a declaration."""

    permit: UUID
    line: str
    entries: tuple[LedgerEntry, ...]
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None
    pointer: str | None = None
    """The place of the quantity in the body of the request, where it has one."""


@dataclass(kw_only=True)
class LineUses:
    """The line uses of one decision, in the order of its citations."""

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
    """The permits after a use of one of them, the postings, and the changes of the displaced declarations."""

    permits: PermitsById
    postings: tuple[Posting, ...]
    displaced: tuple[DeclarationChange, ...] = ()


def build_posting(permit: PermitRecord, use: LineUse, entry: LedgerEntry, context: PostingContext) -> Posting:
    """Return the posting of one entry. Only entries of a use or its correction have the number of dead animals."""
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
