"""A declaration as it is kept and the citations of its items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.contracts.closed_sets import DeclarationStatus, Side
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Citation:
    """An item of a declaration that cites a permit line, and what it has reserved and used of it, in the line's unit.

    `line` is empty where no line was found. Several items of one declaration may cite one line. `consented` is what
    the authority agreed to beyond the permit for this item, `consent_used` what of that is in what it has reserved
    and used; `counted_elsewhere` is what this item claims that the declaration `counted_by` has counted already.
    `dead_on_arrival` is None where customs did not say.
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
        """Say whether a reservation stands."""
        return self.reserved > 0


@dataclass(frozen=True, kw_only=True)
class DeclarationRecord:
    """A declaration on file: what was stated, by whom, when, and where it stands."""

    id: UUID
    party: UUID
    trader: UUID
    received_at: datetime
    digest: str
    content: NormalizedDeclaration
    status: DeclarationStatus
    version: int = 1
    sequence: int = 0
    findings: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()


ReservingDeclarations = Mapping[UUID, DeclarationRecord]
"""Declarations that hold import reservations on a permit that is endorsed, by id."""
