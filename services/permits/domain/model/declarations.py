"""A declaration as the hub stores it, and the citations of its items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.contracts.closed_sets import ActorRole, DeclarationStatus, Side
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Citation:
    """An item's reference to a permit line, with its reserved and used quantities in the line's unit.

    `line` is empty if no line was found. Several items of one declaration may cite one line.
    `consented` is the authority's consent for this item; `consent_used` is its part in `reserved` and `used`.
    `counted_elsewhere` is the quantity that this item claims of the count of the declaration `counted_by`.
    `dead_on_arrival` is None if customs stated no number.
    """

    declaration: UUID
    item: int
    permit: UUID
    line: str
    side: Side
    use: str
    unit: str = ""
    requested: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    used_on: date | None = None
    transport_document: str | None = None
    lodged_at: datetime | None = None
    consented: Decimal = Decimal(0)
    consent_used: Decimal = Decimal(0)
    counted_elsewhere: Decimal = Decimal(0)
    counted_by: UUID | None = None
    dead_on_arrival: int | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the citation has a reservation."""
        return self.reserved > 0


@dataclass(frozen=True, kw_only=True)
class DeclarationRecord:
    """A declaration with its content, parties, status, findings and citations.

    `party` lodged it for `trader`, which may be the same party. `trader_name` and `trader_country` are those of the
    hub's register of parties when this version was lodged. `digest` identifies the received bytes.

    `officers` are the persons of customs who lodged and amended it for a traveller; None if its trader or an agent
    lodged it. The customs party is then `party` and `trader`. A traveller is in no register, so name and country are
    those that customs states.
    """

    id: UUID
    party: UUID
    trader: UUID
    trader_name: str
    trader_country: str
    received_at: datetime
    digest: str
    content: NormalizedDeclaration
    status: DeclarationStatus
    version: int = 1
    sequence: int = 0
    findings: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()
    officers: tuple[str, ...] | None = None
    shares_reference: bool = False
    """Whether an older declaration of the trader has the same reference, which only a restore can cause."""

    @property
    def is_for_traveller(self) -> bool:
        """Return whether customs lodged it for a traveller."""
        return self.officers is not None

    @property
    def declarant_role(self) -> ActorRole:
        """The role in which its party lodges, amends and cancels it."""
        return ActorRole.CUSTOMS if self.is_for_traveller else ActorRole.TRADER


ReservingDeclarations = Mapping[UUID, DeclarationRecord]
"""Declarations with import reservations on a permit that is endorsed, by id."""
