"""What a rule is asked about: one item, the permit it cites, the line that was found; and what a rule answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.rules.remedies import finding_message
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Declaration, Document, Item
from shared.contracts.findings import CitedLine, Finding, Severity


@dataclass(frozen=True)
class CitationContext:
    """One document that one item cites, with the permit it means; `days` are the first and last day of receipt.

    Receipt is a moment; in a country of several zones it falls on up to two days. A document is in force when either
    is within its dates. `requested` is the item's quantity in the line's unit, where it converts. On `day`, that of
    receipt in UTC, the listing and the lists in `facts` are asked.
    """

    declaration: Declaration
    item_index: int
    item: Item
    document_index: int
    document: Document
    side: Side
    days: tuple[date, date]
    permit: PermitRecord
    lines: tuple[PermitLineRecord, ...] = ()
    requested: Decimal | None = None
    day: date = date.min
    facts: Facts = NO_FACTS
    counting_declaration: UUID | None = None
    """The declaration that is said to have counted this use already."""
    endorsed_on_other_documents: frozenset[str] = frozenset()
    """The transport documents endorsed on the other documents that the item cites."""

    @property
    def is_never_endorsed(self) -> bool:
        """Say whether the document is of the country of import, where nothing is endorsed at export."""
        return self.permit.content.kind in IMPORT_SIDE_KINDS

    @property
    def endorsed_transport_documents(self) -> frozenset[str]:
        """The transport documents that are endorsed on the document; on those beside it, where it never is endorsed."""
        return self.endorsed_on_other_documents if self.is_never_endorsed else self.permit.transport_documents

    @property
    def line(self) -> PermitLineRecord:
        """The line that was found; rules about lines are asked only when there is one."""
        return self.lines[0]

    def pointer(self, field: str) -> str:
        """Write the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    def document_pointer(self, field: str) -> str:
        """Write the JSON Pointer of a field of the cited document."""
        return f"/items/{self.item_index}/documents/{self.document_index}/{field}"


@dataclass(frozen=True)
class Discrepancy:
    """What a rule saw: the place, what was expected there and what was found; a note helps who decides."""

    pointer: str
    expected: str | None = None
    found: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule's official name, its gravity, and the function whose docstring's first sentence is its message."""

    name: str
    severity: Severity
    find_discrepancy: Callable[[CitationContext], Discrepancy | None]

    @property
    def sentence(self) -> str:
        """The one sentence that officer, error and documentation read."""
        return " ".join((self.find_discrepancy.__doc__ or "").strip().split("\n\n")[0].split())


def evaluate(rules: tuple[Rule, ...], context: CitationContext) -> list[Finding]:
    """Put a case to each rule in turn and gather what they find."""
    found = []
    for rule in rules:
        discrepancy = rule.find_discrepancy(context)
        if discrepancy is not None:
            found.append(build_finding(rule, context, discrepancy))
    return found


def build_finding(rule: Rule, context: CitationContext, discrepancy: Discrepancy) -> Finding:
    """Write a finding from a rule and the difference it saw."""
    line = context.lines[0].content.line if context.lines else context.document.line
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        pointer=discrepancy.pointer,
        permit=CitedLine(issuer=context.permit.content.issuer, number=context.permit.content.number, line=line),
        expected=discrepancy.expected,
        found=discrepancy.found,
        message=finding_message(
            rule.sentence, rule.name, rule.severity, discrepancy.expected, discrepancy.found, discrepancy.note
        ),
    )
