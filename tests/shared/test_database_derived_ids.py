"""Ids are derived from names as the standard says, whatever is faster."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shared.database import derived_id


@given(st.uuids(), st.text(max_size=60).filter(lambda name: name.isprintable()))
def test_a_derived_id_is_version_5_to_the_bit(space: UUID, name: str) -> None:
    assert derived_id(space, name) == uuid5(space, name)
