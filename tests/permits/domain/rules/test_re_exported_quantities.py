"""Re-exported quantities against what came in: which goods are compared, and which bound counts."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import ReExportedGoods
from services.permits.domain.rules.re_exported_quantities import find_excess
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import TAXON, facts
from tests.permits.rule_scenarios import facts_with_synonym, permit_with_lines
from tests.permits.sample_data import line

OTHER = "Alius notus"


def came_in(*stated: dict[str, Any], **balance: Any) -> PermitRecord:
    """Return a permit of origin whose lines have this balance, or were granted only."""
    one = permit_with_lines(*stated)
    for letter, held in one.lines.items():
        amounts: dict[str, Any] = {name: n if n is True else Decimal(n) for name, n in balance.items()}
        one = one.with_balance(letter, Balance(granted=held.content.quantity, **amounts))
    return one


def goods(quantity: str, unit: str = "number", term: str = "SKI", taxon: str = TAXON) -> ReExportedGoods:
    """Return a quantity of skins of the taxon."""
    return ReExportedGoods(taxon=taxon, term=term, unit=unit, quantity=Decimal(quantity))


@pytest.mark.parametrize(("balance", "bound", "basis"), [
    ({}, "100", "granted"),
    ({"endorsed": 90}, "90", "endorsed at export"),
    ({"endorsed": 0}, "0", "endorsed at export"),
    ({"endorsed": 90, "import_consumed": 40}, "40", "released at import"),
    ({"endorsed": 90, "import_closed": True}, "0", "released at import"),
    ({"endorsed": 90, "import_reserved": 40}, "90", "endorsed at export"),
])  # fmt: skip
def test_bound_is_what_the_hub_knows_best_of_the_line(balance: dict[str, Any], bound: str, basis: str) -> None:
    origin = came_in(line("A", "100", taxon=TAXON), **balance)
    assert find_excess(origin, goods(bound), (), facts(), FIXED_DAY) is None
    excess = find_excess(origin, replace(goods(bound), quantity=Decimal(bound) + 1), (), facts(), FIXED_DAY)
    assert excess is not None
    assert (excess.expected, excess.found) == (f"at most {bound} number ({basis})", f"{Decimal(bound) + 1} number")


@pytest.mark.parametrize(("origin", "own", "other", "total"), [
    ({}, goods("60"), goods("60"), "120 number"),
    ({}, goods("60"), goods("30", "pair"), "120 number"),
    ({}, goods("30", "pair"), goods("60"), "60 pair"),
    ({}, goods("101"), goods("60", "kg"), "101 number"),
    ({}, goods("101"), goods("60", term="SKP"), "101 number"),
    ({}, goods("101"), goods("60", taxon=OTHER), "101 number"),
    ({"unit": "kg"}, goods("60", "kg"), goods("60000", "g", term="SKP"), "120 kg"),
    ({"unit": "kg"}, goods("60000", "g"), goods("60", "kg"), "120000 g"),
    ({"unit": "kg"}, goods("101", "kg"), goods("60", "kg", term="LIV"), "101 kg"),
    ({"taxon": "Inventus spp."}, goods("60"), goods("60", taxon="Inventus alter"), "120 number"),
])  # fmt: skip
def test_goods_count_together_if_taxon_term_and_unit_can_be_compared(
    origin: dict[str, Any], own: ReExportedGoods, other: ReExportedGoods, total: str
) -> None:
    previous = came_in(line("A", "100", **{"taxon": TAXON, **origin}))
    excess = find_excess(previous, own, (other,), facts(), FIXED_DAY)
    assert excess is not None
    assert excess.found == total


@pytest.mark.parametrize("own", [goods("900", "kg"), goods("900", term="SKP"), goods("900", taxon=OTHER)])
def test_goods_that_no_line_can_be_compared_with_have_no_excess(own: ReExportedGoods) -> None:
    assert find_excess(came_in(line("A", "100", taxon=TAXON)), own, (), facts(), FIXED_DAY) is None


def test_synonym_of_the_taxon_counts() -> None:
    previous, known = came_in(line("A", "100", taxon=TAXON)), facts_with_synonym(OTHER)
    assert find_excess(previous, goods("60"), (goods("60", taxon=OTHER),), known, FIXED_DAY) is not None


def test_goods_that_may_have_come_in_under_another_line_do_not_count() -> None:
    previous = came_in(line("A", "100", taxon=TAXON), line("B", "100", taxon="Inventus alter"))
    wide = goods("60", taxon="Inventus spp.")
    assert find_excess(previous, goods("60"), (wide,), facts(), FIXED_DAY) is None
    assert find_excess(previous, wide, (goods("60"), goods("60", taxon="Inventus alter")), facts(), FIXED_DAY) is None
    assert find_excess(previous, wide, (goods("90"), goods("60", taxon="Inventus alter")), facts(), FIXED_DAY)
