"""What a rule is asked about: one item, the permit it cites, the line that was found; and what a rule answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain.ledger.balances import Side
from services.permits.domain.reference.facts import NOTHING, Facts
from services.permits.domain.rules.remedies import message
from services.permits.domain.values import Line, PermitOnFile
from shared.cites.codes import IMPORT_SIDE_ONLY
from shared.contracts.declaration import Declaration, Document, Item
from shared.contracts.findings import CitedLine, Finding, Severity


@dataclass(frozen=True)
class Case:
    """One document that one item cites, with the permit it means; `days` are the first and last day of receipt.

    Receipt is a moment; in a country of several zones it falls on up to two days. A document is in force when either
    is within its dates. `asked` is the item's quantity in the line's unit, where it converts. On `day`, that of receipt
    in UTC, the listing and the lists in `facts` are asked.
    """

    declaration: Declaration
    index: int
    item: Item
    place: int
    document: Document
    side: Side
    days: tuple[date, date]
    permit: PermitOnFile
    lines: tuple[Line, ...] = ()
    asked: Decimal | None = None
    day: date = date.min
    facts: Facts = NOTHING
    counter: UUID | None = None
    """The declaration that is said to have counted this use already."""
    beside: frozenset[str] = frozenset()
    """The transport documents endorsed on the other documents that the item cites."""

    @property
    def never_endorsed(self) -> bool:
        """Say whether the document is of the country of import, where nothing is endorsed at export."""
        return self.permit.terms.kind in IMPORT_SIDE_ONLY

    @property
    def endorsed(self) -> frozenset[str]:
        """The transport documents that are endorsed on the document; on those beside it, where it never is endorsed."""
        return self.beside if self.never_endorsed else self.permit.transport_documents

    @property
    def line(self) -> Line:
        """The line that was found; rules about lines are asked only when there is one."""
        return self.lines[0]

    def at(self, field: str) -> str:
        """Write the JSON Pointer of a field of the item."""
        return f"/items/{self.index}/{field}"

    def cites(self, field: str) -> str:
        """Write the JSON Pointer of a field of the cited document."""
        return f"/items/{self.index}/documents/{self.place}/{field}"


@dataclass(frozen=True)
class Difference:
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
    differs: Callable[[Case], Difference | None]

    @property
    def sentence(self) -> str:
        """The one sentence that officer, error and documentation read."""
        return " ".join((self.differs.__doc__ or "").strip().split("\n\n")[0].split())


def ask(rules: tuple[Rule, ...], case: Case) -> list[Finding]:
    """Put a case to each rule in turn and gather what they find."""
    found = []
    for rule in rules:
        difference = rule.differs(case)
        if difference is not None:
            found.append(finding(rule, case, difference))
    return found


def finding(rule: Rule, case: Case, difference: Difference) -> Finding:
    """Write a finding from a rule and the difference it saw."""
    line = case.lines[0].terms.line if case.lines else case.document.line
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        pointer=difference.pointer,
        permit=CitedLine(issuer=case.permit.terms.issuer, number=case.permit.terms.number, line=line),
        expected=difference.expected,
        found=difference.found,
        message=message(
            rule.sentence, rule.name, rule.severity, difference.expected, difference.found, difference.note
        ),
    )
