"""Closure and use of consents: the examples of both modules, row by row."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain.ledger.balances import (
    Balance,
    EntryKind,
    LedgerEntry,
    is_closed,
    post,
    used,
)
from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.write_off import closure, consents
from services.permits.domain.write_off.closure import RunningBalances
from services.permits.domain.write_off.consents import consent_entries, with_consent_used
from services.permits.domain.write_off.reservations import post_to_line
from shared.contracts.closed_sets import DocumentUse, PermitStatus, Side
from shared.contracts.quantities import format_quantity
from tests.permits.domain.docstring_tables import table_rows
from tests.permits.domain.in_memory_registry import usage_totals
from tests.permits.sample_data import line, permit_content

PERMIT_ID = UUID(int=1)
OTHER_QUANTITY = Decimal(80)


def _permit() -> PermitRecord:
    """Return a permit of one line of 100."""
    content = permit_content(line("A", "100"))
    lines = {"A": PermitLineRecord(content=content.lines[0], balance=Balance(granted=Decimal(100)))}
    return PermitRecord(id=PERMIT_ID, content=content, status=PermitStatus.ISSUED, lines=lines)


def _citation(side: Side, use: DocumentUse, item: int = 1) -> Citation:
    """Return a citation of line A without a reservation."""
    return Citation(declaration=UUID(int=item), item=item, permit=PERMIT_ID, line="A", side=side, use=use)


def _entry(side: Side, kind: EntryKind, quantity: Decimal) -> LedgerEntry:
    """Return a ledger entry."""
    return LedgerEntry(side=side, kind=kind, quantity=quantity)


def _texts(entries: tuple[LedgerEntry, ...]) -> str:
    """Return entries as the tables write them."""
    return ", ".join(f"{entry.kind.name} {format_quantity(entry.quantity)}" for entry in entries)


def test_closure_example_of_the_docstring_closes_the_line_in_the_same_rows() -> None:
    permit, citations = _permit(), list[Citation]()
    for decision, used_quantity, closed in table_rows(closure):
        quantity = Decimal(decision.split()[-1])
        if decision.startswith("release"):
            use = DocumentUse.PART if "part use" in decision else DocumentUse.EXHAUSTS
            citation = replace(_citation(Side.EXPORT, use, len(citations) + 1), reserved=quantity)
            permit = post_to_line(permit, "A", _entry(Side.EXPORT, EntryKind.RESERVE, quantity))
            entries = RunningBalances({PERMIT_ID: permit}).release_entries(citation, quantity)
        else:
            citation = citations.pop()
            quantity += citation.used
            entries = RunningBalances({PERMIT_ID: permit}).correction_entries(citation, quantity)
        citations.append(replace(citation, reserved=Decimal(0), used=quantity))
        permit = post_to_line(permit, "A", *entries).with_usage_totals(usage_totals(tuple(citations)))
        balance = permit.lines["A"].balance
        found = [format_quantity(used(balance, Side.EXPORT)), "yes" if is_closed(balance, Side.EXPORT) else "no"]
        assert found == [used_quantity, closed], decision


def test_consent_example_of_the_docstring_has_the_entries_of_each_row() -> None:
    reserve_row, release_row = table_rows(consents)
    other = _entry(Side.IMPORT, EntryKind.RESERVE, OTHER_QUANTITY)
    permit = post_to_line(_permit(), "A", other)
    item = replace(_citation(Side.IMPORT, DocumentUse.PART), consented=Decimal(30))
    used_entries = consent_entries(item, permit.lines["A"].balance, Decimal(40))
    entries = (*used_entries, _entry(Side.IMPORT, EntryKind.RESERVE, Decimal(40)))
    item = replace(with_consent_used(item, entries), reserved=Decimal(40))
    assert [_texts(entries), format_quantity(item.consent_used)] == reserve_row[1:]
    permit = post_to_line(permit, "A", *entries)
    entries = RunningBalances({PERMIT_ID: permit}).release_entries(item, Decimal(25))
    item = with_consent_used(item, entries)
    assert [_texts(entries), format_quantity(item.consent_used)] == release_row[1:]
    post(permit.lines["A"].balance, entries)
