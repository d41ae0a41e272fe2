"""Quantities in the unit of a line: trophies and their parts, sides of skins, shoes and pairs, sets of piano keys."""

from decimal import Decimal
from typing import Any

import pytest

from services.permits.domain.rules.line_quantities import WholeCounts, counts_wholes, to_line_quantity
from shared.contracts.permit import PermitLine
from shared.database import new_id
from tests.permits.sample_data import line


def _line(term: str, quantity: str = "1", unit: str = "number") -> PermitLine:
    return PermitLine.model_validate(line(term=term, quantity=quantity, unit=unit))


def _uses(granted: PermitLine, *goods: tuple[str, str, str]) -> list[str]:
    """Return what each item, by term, quantity and unit, uses of a line."""
    counts, permit = WholeCounts(), new_id()
    assert all(counts_wholes(granted, term) for term, _, _ in goods)
    return [str(counts.add(permit, granted, term, quantity=Decimal(amount), unit=unit)) for term, amount, unit in goods]


@pytest.mark.parametrize(("goods", "used"), [
    ([("SKU", "1", "number"), ("SKI", "1", "number")], ["1", "0"]),
    ([("SKI", "1", "number"), ("SKU", "1", "number"), ("HOR", "2", "number"), ("FOO", "4", "number")], list("1000")),
    ([("SKU", "2", "number"), ("SKI", "1", "number")], ["2", "0"]),
    ([("SKU", "1", "number"), ("SKU", "1", "number")], ["1", "1"]),
    ([("SKI", "1", "number"), ("SKU", "3", "number")], ["1", "2"]),
    ([("TUS", "2", "number")], ["1"]), ([("TUS", "1", "pair")], ["1"]), ([("TUS", "3", "number")], ["2"]),
    ([("HOR", "1", "number"), ("HOR", "1", "pair")], ["1", "1"]),
    ([("BON", "3", "kg"), ("SKU", "1", "number")], ["1", "0"]),
    ([("SKU", "1", "number"), ("BON", "3", "kg")], ["1", "0"]),
    ([("TEE", "30", "number"), ("HAI", "5", "g")], ["1", "0"]),
    ([("TRO", "2", "number"), ("SKU", "1", "number")], ["2", "0"]), ([("TRO", "1", "kg")], ["None"]),
    ([("SKU", "0", "number"), ("SKI", "1", "number")], ["0", "1"]),
])  # fmt: skip
def test_parts_of_one_animal_are_one_trophy(goods: list[tuple[str, str, str]], used: list[str]) -> None:
    assert _uses(_line("TRO"), *goods) == used


def test_parts_under_two_lines_are_counted_apart() -> None:
    counts, permit = WholeCounts(), new_id()
    other = PermitLine.model_validate(line("B", "1", term="TRO"))
    added = [
        counts.add(key, granted, "SKU", quantity=Decimal(1), unit="number")
        for key, granted in ((permit, _line("TRO")), (permit, other), (new_id(), other))
    ]
    assert added == [1, 1, 1]


@pytest.mark.parametrize(("granted", "term", "quantity", "unit", "expected"), [
    (("SKI", "5"), "SID", "4", "number", "2"), (("SKI", "5"), "SID", "3", "number", "2"),
    (("SKI", "5"), "SKI", "3", "number", "3"), (("SID", "5"), "SKI", "2", "number", "4"),
    (("KEY", "52"), "PKY", "1", "number", "52"), (("PKY", "1"), "KEY", "52", "number", "1"),
    (("SHO", "1"), "LPS", "2", "number", "1"), (("SHO", "1"), "SHO", "1", "pair", "1"),
    (("SHO", "1", "pair"), "SHO", "2", "number", "1"), (("LPS", "1", "pair"), "LPS", "2", "number", "1"),
    (("LPS", "1"), "SHO", "1", "pair", "1"), (("LPS", "2"), "SHO", "1", "pair", "2"),
    (("LPS", "1"), "SHO", "1", "number", "1"), (("SHO", "1"), "SHO", "2", "number", "2"),
    (("SHO", "2"), "LPS", "5", "number", "3"), (("LPS", "1"), "LPS", "1", "pair", "2"),
    (("SKI", "5"), "SKI", "2", "m", None), (("SKI", "5"), "SID", "2", "kg", None),
    (("TRO", "5"), "LIV", "2", "number", "2"), (("TRO", "5", "kg"), "SKU", "2", "number", None),
    (("MEA", "5", "kg"), "MEA", "2000", "g", "2"), (("SKI", "5"), None, "2", "number", "2"),
])  # fmt: skip
def test_quantity_of_an_item_is_stated_in_the_unit_of_its_line(
    granted: tuple[Any, ...], term: str | None, quantity: str, unit: str, expected: str | None
) -> None:
    found = to_line_quantity(_line(*granted), term, Decimal(quantity), unit)
    assert found == (None if expected is None else Decimal(expected))
