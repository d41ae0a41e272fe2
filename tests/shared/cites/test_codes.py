"""Each table of codes names every value of its closed set, and no other."""

from collections.abc import Mapping

import pytest

from shared.cites.codes import IMPORT_SIDE_KINDS, MULTIPLE_CROSSING_KINDS, PERMIT_KINDS, PURPOSES, SOURCES
from shared.cites.units import UNITS
from shared.contracts.closed_sets import ClosedSet, PermitKind, Purpose, Source, Unit


@pytest.mark.parametrize(
    ("table", "closed_set"), [(PERMIT_KINDS, PermitKind), (PURPOSES, Purpose), (SOURCES, Source), (UNITS, Unit)]
)
def test_table_has_each_value_of_its_closed_set(table: Mapping[str, object], closed_set: type[ClosedSet]) -> None:
    assert set(table) == set(closed_set)


def test_groups_of_permit_kinds_have_known_kinds() -> None:
    assert set(PermitKind) >= IMPORT_SIDE_KINDS | MULTIPLE_CROSSING_KINDS
