"""Sources of animals and of plants: a declared source of the other kingdom is referred."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.sample_data import declaration, item, lodge_declaration, permit_content

RULE = "CITES-Conf-12.3-source"


@pytest.mark.parametrize(("taxon", "source", "found"), [
    ("Aloe ferox", "C", True), ("Aloe ferox", "R", True), ("Aloe ferox", "F", True), ("Aloe ferox", "A", False),
    ("Aloe ferox", "D", False), ("Aloe ferox", "W", False), ("Crocodylus niloticus", "A", True),
    ("Crocodylus niloticus", "Y", True), ("Crocodylus niloticus", "C", False), ("Crocodylus niloticus", "D", False),
    ("Nemo nusquam", "A", False),
])  # fmt: skip
async def test_source_of_the_other_kingdom_is_referred(
    permits_db: AsyncEngine, taxon: str, source: str, found: bool
) -> None:
    declared = await lodge_declaration(
        permits_db, declaration(item(permit_content(), taxon=taxon, source=source, documents=[]))
    )
    findings = [(f["severity"], f["pointer"]) for f in declared["findings"] if f["rule"] == RULE]
    assert findings == ([("refer", "/items/0/source")] if found else [])


async def test_underlying_source_of_the_other_kingdom_is_referred(permits_db: AsyncEngine) -> None:
    stated = item(permit_content(), taxon="Aloe ferox", source="I", underlying_source="C", documents=[])
    declared = await lodge_declaration(permits_db, declaration(stated))
    assert [f["pointer"] for f in declared["findings"] if f["rule"] == RULE] == ["/items/0/underlying_source"]
