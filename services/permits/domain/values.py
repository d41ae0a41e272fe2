"""The things that change: a permit with its lines, a declaration on file with what it cites, and their moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import Balance, LedgerEntry, Side
from services.permits.domain.lifecycle import ApplicationStatus, PermitStatus, Status
from services.permits.domain.replace_field import replace_field
from shared.cites.codes import MULTIPLE_CROSSING_KINDS
from shared.contracts.application import Application
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding
from shared.contracts.parties import Actor
from shared.contracts.permit import Permit, PermitLine


@dataclass(frozen=True)
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


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """What the uses of one kind, of one shipment, hold of a side of a line together, in the line's unit.

    Those that stand open reserve, those that were released have used. A line that a thousand declarations use in part
    has a thousand citations and two of these: rules ask these.
    """

    line: str
    side: Side
    use: str
    transport_document: str | None
    is_open: bool
    reserved: Decimal
    used: Decimal


@dataclass(frozen=True)
class PermitLineRecord:
    """One line of a permit, with its balance."""

    content: PermitLine
    balance: Balance

    def with_balance(self, balance: Balance) -> "PermitLineRecord":
        """Answer the line with another balance."""
        return replace_field(self, "balance", balance)


@dataclass(frozen=True)
class PermitRecord:
    """A permit as the registry holds it.

    `token_digest` is the SHA-256 of its own secret, by which a stranger may read it; `notice_level` says how far its
    end was told of. `usage_totals` sums up every standing and past use of the lines that the decision at hand is
    about; `citations` are those citations themselves, as far as it asks for them one by one.
    """

    id: UUID
    content: Permit
    status: PermitStatus
    lines: dict[str, PermitLineRecord]
    sequence: int = 0
    version: int = 1
    endorsed: bool = False
    transport_documents: frozenset[str] = frozenset()
    registered_by: UUID | None = None
    registering_country: str | None = None
    usage_totals: tuple[UsageTotal, ...] = ()
    token_digest: bytes | None = None
    replaces: UUID | None = None
    replaced_by: UUID | None = None
    notice_level: int = 0
    citations: tuple[Citation, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a permit is cited by: its issuer and number."""
        return self.content.issuer, self.content.number

    def with_balance(self, line_letter: str, balance: Balance) -> "PermitRecord":
        """Answer the permit with another balance of one of its lines."""
        return replace_field(self, "lines", {**self.lines, line_letter: self.lines[line_letter].with_balance(balance)})

    def with_usage_totals(self, usage_totals: tuple[UsageTotal, ...]) -> "PermitRecord":
        """Answer the permit with other uses held of its lines."""
        return replace_field(self, "usage_totals", usage_totals)

    @property
    def is_for_many_crossings(self) -> bool:
        """Say whether its goods cross many borders and come back, so that no use closes or uses up a line."""
        return self.content.kind in MULTIPLE_CROSSING_KINDS


@dataclass(frozen=True)
class CitedPermits:
    """The permits that declarations cite, by issuer and number; of some of them every use is asked for by itself.

    Of those in `lines` only these lines are cited, so it need not be worked out what is held of the others.
    """

    keys: frozenset[tuple[str, str]]
    with_all_citations: frozenset[tuple[str, str]] = frozenset()
    lines: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class DeclarationRecord:
    """A declaration on file: what was stated, by whom, when, and where it stands."""

    id: UUID
    party: UUID
    trader: UUID
    received_at: datetime
    digest: str
    content: NormalizedDeclaration
    status: Status
    version: int = 1
    sequence: int = 0
    findings: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class DomainEvent:
    """One turn of a declaration or a permit: what its history row and its news are written from.

    A move that keeps the state tells of something else that changed. `payload` is told in its news, `detail` stands in
    its history as well. `also_notify` are parties who hear of it besides those who may read the thing.
    """

    from_status: str | None
    to_status: str
    actor: Actor
    event_type: str
    reason: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    also_notify: frozenset[UUID] = frozenset()
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class DeclarationChange:
    """A declaration as it is to be written, and the moves that led there."""

    declaration: DeclarationRecord
    events: tuple[DomainEvent, ...]


@dataclass(frozen=True)
class PermitChange:
    """A permit as it is to be written, and the moves that led there.

    Without moves only balances changed, and its version stands: who read the permit may still act on what was read.
    `changed_lines` are those whose balance changed, all of them where it is not said.
    """

    permit: PermitRecord
    events: tuple[DomainEvent, ...] = ()
    changed_lines: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ApplicationRecord:
    """An application on file: what was asked, by whom and in whose name, where it stands, who assessed it, and the
    permit it led to."""

    id: UUID
    party: UUID
    trader: UUID
    content: Application
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

    application: ApplicationRecord
    events: tuple[DomainEvent, ...]


@dataclass(frozen=True)
class ChangeSet:
    """All that one decision writes: declarations, permits, ledger entries, applications, together or not at all."""

    declarations: tuple[DeclarationChange, ...] = ()
    permits: tuple[PermitChange, ...] = ()
    postings: tuple[Posting, ...] = ()
    applications: tuple[ApplicationChange, ...] = ()
