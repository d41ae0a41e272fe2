"""The fast derivation of ids has the same result as UUID version 5 (RFC 9562, 5.5)."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shared.database import derived_id


@given(st.uuids(), st.text(max_size=60).filter(lambda name: name.isprintable()))
def test_derived_id_of_any_name_equals_uuid5(space: UUID, name: str) -> None:
    assert derived_id(space, name) == uuid5(space, name)
