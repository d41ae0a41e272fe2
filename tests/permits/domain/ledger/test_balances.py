"""Ledger of one line: examples and random entries. No side is overdrawn, and entries add up to the balance."""

from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.permits.domain.ledger import balances
from services.permits.domain.ledger.balances import (
    Balance,
    EntryKind,
    LedgerEntry,
    Overdrawn,
    apply_entry,
    available,
    committed,
    consumption_entry,
    permit_amount,
    post,
    recompute,
    remaining,
    reserved,
    total_amount,
    used,
)
from services.permits.domain.units import convert, is_convertible
from shared.contracts.closed_sets import Side
from shared.contracts.quantities import EXACT, format_quantity
from tests.permits.domain.docstring_tables import table_rows

QUANTITIES = st.decimals(min_value="0.001", max_value="500", places=3) | st.sampled_from(
    [Decimal("0." + "0" * 30 + "1"), Decimal("12345678901234567890123456789012345678")]
)


def entry(side: Side, kind: EntryKind, quantity: str, **more: bool) -> LedgerEntry:
    """Return a ledger entry with this quantity."""
    return LedgerEntry(side=side, kind=kind, quantity=Decimal(quantity), **more)


def test_balance_example_of_the_docstring_has_the_quantities_of_each_row() -> None:
    balance = Balance(granted=Decimal(0))
    for side_name, texts, *quantities in table_rows(balances):
        side = Side(side_name)
        words = [] if texts == "none" else [text.split() for text in texts.split(", ")]
        balance = post(balance, [entry(side, EntryKind[kind], quantity) for kind, quantity in words])
        found = (permit_amount(balance, side), reserved(balance, side), used(balance, side), remaining(balance, side))
        assert [format_quantity(one) for one in found] == quantities, texts


def test_posting_beyond_what_is_left_raises_overdrawn() -> None:
    balance = post(Balance(granted=Decimal(120)), [entry(Side.IMPORT, EntryKind.RESERVE, "100")])
    with pytest.raises(Overdrawn) as over:
        post(balance, [entry(Side.IMPORT, EntryKind.RESERVE, "30")])
    assert (over.value.requested, over.value.remaining_quantity) == (Decimal(30), Decimal(20))


def test_import_side_after_an_endorsement_has_the_endorsed_quantity() -> None:
    balance = post(Balance(granted=Decimal(120)), [entry(Side.EXPORT, EntryKind.ENDORSE, "118")])
    assert total_amount(balance, Side.IMPORT) == 118
    assert available(balance, Side.EXPORT) == 2
    with pytest.raises(Overdrawn):
        post(balance, [entry(Side.IMPORT, EntryKind.RESERVE, "119")])


def test_closed_side_has_nothing_available() -> None:
    balance = post(Balance(granted=Decimal(120)), [entry(Side.IMPORT, EntryKind.CONSUME, "100", closes=True)])
    assert available(balance, Side.IMPORT) == 0
    assert remaining(balance, Side.IMPORT) == 20
    opened = post(balance, [entry(Side.IMPORT, EntryKind.CORRECT, "-100", opens=True)])
    assert available(opened, Side.IMPORT) == 120


def test_consent_adds_to_one_side_only_while_it_is_used() -> None:
    balance = post(Balance(granted=Decimal(10)), [entry(Side.IMPORT, EntryKind.CONSENT, "5")])
    assert balance == Balance(granted=Decimal(10))
    balance = post(balance, [entry(Side.IMPORT, EntryKind.CONSENT_USED, "5")])
    assert post(balance, [entry(Side.IMPORT, EntryKind.CONSENT_RETURNED, "5")]) == Balance(granted=Decimal(10))
    assert [total_amount(balance, Side.IMPORT), total_amount(balance, Side.EXPORT)] == [Decimal(15), Decimal(10)]


def test_sums_of_long_quantities_do_not_round() -> None:
    long = Decimal("1234567890123456789012345.0000000000001")
    balance = post(
        Balance(granted=EXACT.add(long, long)), [LedgerEntry(side=Side.IMPORT, kind=EntryKind.RESERVE, quantity=long)]
    )
    assert format_quantity(remaining(balance, Side.IMPORT)) == "1234567890123456789012345.0000000000001"


@pytest.mark.parametrize(
    ("quantity", "unit", "into", "expected"),
    [("1.5", "kg", "g", "1500"), ("3", "pair", "number", "6"), ("1", "l", "cm3", "1000"), ("250", "mg", "g", "0.25"),
     ("1", "t", "mg", "1000000000"), ("2", "m2", "cm2", "20000"), ("7", "number", "pair", "3.5")],
)  # fmt: skip
def test_units_convert_exactly_within_their_dimension(quantity: str, unit: str, into: str, expected: str) -> None:
    assert format_quantity(convert(Decimal(quantity), unit, into)) == expected


@pytest.mark.parametrize(("unit", "into"), [("m3", "kg"), ("number", "kg"), ("m", "m2"), ("pair", "g")])
def test_units_of_two_dimensions_have_no_exact_conversion(unit: str, into: str) -> None:
    assert not is_convertible(unit, into)


class LineMachine(RuleBasedStateMachine):
    """Random reservations, uses, endorsements, corrections and consents of one line."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = [LedgerEntry(side=Side.EXPORT, kind=EntryKind.GRANT, quantity=Decimal(500))]
        self.balance = recompute(self.entries)
        self.open: dict[Side, list[Decimal]] = {Side.EXPORT: [], Side.IMPORT: []}
        self.used: dict[Side, list[Decimal]] = {Side.EXPORT: [], Side.IMPORT: []}

    def attempt(self, *entries: LedgerEntry) -> bool:
        """Post entries and return True, or return False if they overdraw the line."""
        try:
            self.balance = post(self.balance, entries)
        except Overdrawn:
            return False
        self.entries += entries
        return True

    @rule(side=st.sampled_from(Side), quantity=QUANTITIES)
    def reserve(self, side: Side, quantity: Decimal) -> None:
        left = remaining(self.balance, side)
        done = self.attempt(LedgerEntry(side=side, kind=EntryKind.RESERVE, quantity=quantity))
        assert done == (quantity <= left)
        if done:
            self.open[side].append(quantity)

    @precondition(lambda self: any(self.open.values()))
    @rule(data=st.data())
    def return_reservation(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from([s for s in Side if self.open[s]]))
        assert self.attempt(LedgerEntry(side=side, kind=EntryKind.RETURN, quantity=self.open[side].pop()))

    @precondition(lambda self: any(self.open.values()))
    @rule(data=st.data(), share=st.sampled_from(["1", "0.5", "0"]))
    def use(self, data: st.DataObject, share: str) -> None:
        side = data.draw(st.sampled_from([s for s in Side if self.open[s]]))
        reserved_quantity = self.open[side][-1]
        actual = EXACT.multiply(reserved_quantity, Decimal(share))
        entries = (
            LedgerEntry(side=side, kind=EntryKind.RETURN, quantity=reserved_quantity),
            consumption_entry(side, actual, closes=False),
        )
        if self.attempt(*entries):
            self.open[side].pop()
            self.used[side].append(actual)
        else:
            assert side is Side.EXPORT, "a reservation at import can always be consumed"

    @rule(quantity=QUANTITIES)
    def endorse(self, quantity: Decimal) -> None:
        if self.attempt(LedgerEntry(side=Side.EXPORT, kind=EntryKind.ENDORSE, quantity=quantity)):
            self.used[Side.EXPORT].append(quantity)

    @precondition(lambda self: any(self.used.values()))
    @rule(data=st.data(), delta=st.decimals(min_value=-200, max_value=200, places=3))
    def correct(self, data: st.DataObject, delta: Decimal) -> None:
        side = data.draw(st.sampled_from([s for s in Side if self.used[s]]))
        self.attempt(LedgerEntry(side=side, kind=EntryKind.CORRECT, quantity=delta))

    @rule(side=st.sampled_from(Side), quantity=QUANTITIES)
    def consent(self, side: Side, quantity: Decimal) -> None:
        assert self.attempt(
            LedgerEntry(side=side, kind=EntryKind.CONSENT, quantity=quantity),
            LedgerEntry(side=side, kind=EntryKind.CONSENT_USED, quantity=quantity),
        )

    @invariant()
    def no_side_is_overdrawn(self) -> None:
        for side in Side:
            assert committed(self.balance, side) <= total_amount(self.balance, side)
            assert reserved(self.balance, side) >= 0
            assert used(self.balance, side) >= 0

    @invariant()
    def entries_add_up_to_the_balance(self) -> None:
        assert recompute(self.entries) == self.balance

    @invariant()
    def reserved_quantity_is_the_sum_of_open_reservations(self) -> None:
        for side in Side:
            total = Decimal(0)
            for quantity in self.open[side]:
                total = EXACT.add(total, quantity)
            assert reserved(self.balance, side) == total


LineMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLine = LineMachine.TestCase


def test_applied_entry_changes_one_side_only() -> None:
    before = Balance(granted=Decimal(10), endorsed=Decimal(8))
    after = apply_entry(before, entry(Side.IMPORT, EntryKind.CONSUME, "3"))
    assert (after.endorsed, after.import_consumed) == (Decimal(8), Decimal(3))
