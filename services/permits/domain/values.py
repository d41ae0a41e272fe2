"""The things that change: a permit with its lines, a declaration on file with what it cites, and their moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import Balance, Entry, Side
from services.permits.domain.lifecycle import ApplicationStatus, PermitStatus, Status
from services.permits.domain.replace_field import altered
from shared.cites.codes import MANY_CROSSINGS
from shared.contracts.application import Application
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.findings import Finding
from shared.contracts.parties import Act
from shared.contracts.permit import Permit, PermitLine


@dataclass(frozen=True)
class Citation:
    """An item of a declaration that cites a permit line, and what it has reserved and used of it, in the line's unit.

    `line` is empty where no line was found. Several items of one declaration may cite one line. `consented` is what the
    authority agreed to beyond the permit for this item, `drawn` what of that is in what it has reserved and used;
    `counted` is what this item claims that the declaration `counted_by` has counted already. `dead_on_arrival` is None
    where customs did not say.
    """

    declaration: UUID
    item: int
    permit: UUID
    line: str
    side: Side
    use: str
    unit: str = ""
    asked: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    used_on: date | None = None
    transport_document: str | None = None
    lodged_at: datetime | None = None
    consented: Decimal = Decimal(0)
    drawn: Decimal = Decimal(0)
    counted: Decimal = Decimal(0)
    counted_by: UUID | None = None
    dead_on_arrival: int | None = None

    @property
    def open(self) -> bool:
        """Say whether a reservation stands."""
        return self.reserved > 0


@dataclass(frozen=True, slots=True)
class Holding:
    """What the uses of one kind, of one shipment, hold of a side of a line together, in the line's unit.

    Those that stand open reserve, those that were released have used. A line that a thousand declarations use in part
    has a thousand citations and two of these: rules ask these.
    """

    line: str
    side: Side
    use: str
    transport_document: str | None
    open: bool
    reserved: Decimal
    used: Decimal


@dataclass(frozen=True)
class Line:
    """One line of a permit, with its balance."""

    terms: PermitLine
    balance: Balance

    def at(self, balance: Balance) -> "Line":
        """Answer the line with another balance."""
        return altered(self, "balance", balance)


@dataclass(frozen=True)
class PermitOnFile:
    """A permit as the registry holds it.

    `token` is the SHA-256 of its own secret, by which a stranger may read it; `told` says how far its end was told of.
    `held` sums up every standing and past use of the lines that the decision at hand is about; `uses` are those
    citations themselves, as far as it asks for them one by one.
    """

    id: UUID
    terms: Permit
    status: PermitStatus
    lines: dict[str, Line]
    sequence: int = 0
    version: int = 1
    endorsed: bool = False
    transport_documents: frozenset[str] = frozenset()
    registered_by: UUID | None = None
    registering_country: str | None = None
    held: tuple[Holding, ...] = ()
    token: bytes | None = None
    replaces: UUID | None = None
    replaced_by: UUID | None = None
    told: int = 0
    uses: tuple[Citation, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a permit is cited by: its issuer and number."""
        return self.terms.issuer, self.terms.number

    def with_balance(self, letter: str, balance: Balance) -> "PermitOnFile":
        """Answer the permit with another balance of one of its lines."""
        return altered(self, "lines", {**self.lines, letter: self.lines[letter].at(balance)})

    def holding(self, held: tuple[Holding, ...]) -> "PermitOnFile":
        """Answer the permit with other uses held of its lines."""
        return altered(self, "held", held)

    @property
    def many_crossings(self) -> bool:
        """Say whether its goods cross many borders and come back, so that no use closes or uses up a line."""
        return self.terms.kind in MANY_CROSSINGS


@dataclass(frozen=True)
class Wanted:
    """The permits that declarations cite, by issuer and number; of some of them every use is asked for by itself.

    Of those in `lines` only these lines are cited, so it need not be worked out what is held of the others.
    """

    keys: frozenset[tuple[str, str]]
    one_by_one: frozenset[tuple[str, str]] = frozenset()
    lines: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Filed:
    """A declaration on file: what was stated, by whom, when, and where it stands."""

    id: UUID
    party: UUID
    trader: UUID
    received_at: datetime
    digest: str
    document: InsideDeclaration
    status: Status
    version: int = 1
    sequence: int = 0
    findings: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Move:
    """One turn of a declaration or a permit: what its history row and its news are written from.

    A move that keeps the state tells of something else that changed. `extra` is told in its news, `detail` stands in
    its history as well. `heard_by` are parties who hear of it besides those who may read the thing.
    """

    before: str | None
    after: str
    act: Act
    event: str
    reason: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    heard_by: frozenset[UUID] = frozenset()
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Posting:
    """An entry of the ledger with all that names it: line, declaration, item, who, when, why."""

    permit: UUID
    line: str
    entry: Entry
    act: Act
    cause: str
    day: date
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class DeclarationChange:
    """A declaration as it is to be written, and the moves that led there."""

    filed: Filed
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class PermitChange:
    """A permit as it is to be written, and the moves that led there.

    Without moves only balances changed, and its version stands: who read the permit may still act on what was read.
    `lines` are those whose balance changed, all of them where it is not said.
    """

    permit: PermitOnFile
    moves: tuple[Move, ...] = ()
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ApplicationOnFile:
    """An application on file: what was asked, by whom and in whose name, where it stands, who assessed it, and the
    permit it led to."""

    id: UUID
    party: UUID
    trader: UUID
    document: Application
    status: ApplicationStatus
    submitted_at: datetime
    decided_at: datetime | None = None
    permit: UUID | None = None
    assessment: dict[str, Any] | None = None
    sequence: int = 0
    version: int = 1


@dataclass(frozen=True)
class ApplicationChange:
    """An application as it is to be written, and the moves that led there."""

    application: ApplicationOnFile
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Outcome:
    """All that one decision writes: declarations, permits, ledger entries, applications, together or not at all."""

    declarations: tuple[DeclarationChange, ...] = ()
    permits: tuple[PermitChange, ...] = ()
    postings: tuple[Posting, ...] = ()
    applications: tuple[ApplicationChange, ...] = ()
