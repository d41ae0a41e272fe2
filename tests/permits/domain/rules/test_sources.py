"""Sources of animals, of plants and of the sea: a declared source that the taxon cannot have is referred."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.sample_data import declaration, item, lodge_declaration, permit_content

RULE = "CITES-Conf-12.3-source"


@pytest.mark.parametrize(("taxon", "source", "found"), [
    ("Aloe ferox", "C", True), ("Aloe ferox", "R", True), ("Aloe ferox", "F", True), ("Aloe ferox", "A", False),
    ("Aloe ferox", "D", False), ("Aloe ferox", "W", False), ("Crocodylus niloticus", "A", True),
    ("Crocodylus niloticus", "Y", True), ("Crocodylus niloticus", "C", False), ("Crocodylus niloticus", "D", False),
    ("Nemo nusquam", "A", False), ("Nemo nusquam", "X", False), ("Isurus paucus", "X", False),
    ("Chelonia mydas", "X", False), ("Ursus arctos", "X", True), ("Crocodylus niloticus", "X", True),
    ("Aloe ferox", "X", True),
])  # fmt: skip
async def test_source_that_the_taxon_cannot_have_is_referred(
    permits_db: AsyncEngine, taxon: str, source: str, found: bool
) -> None:
    declared = await lodge_declaration(
        permits_db, declaration(item(permit_content(), taxon=taxon, source=source, documents=[]))
    )
    findings = [(f["severity"], f["pointer"]) for f in declared["findings"] if f["rule"] == RULE]
    assert findings == ([("refer", "/items/0/source")] if found else [])


@pytest.mark.parametrize("underlying_source", ["C", "X"])
async def test_underlying_source_that_the_taxon_cannot_have_is_referred(
    permits_db: AsyncEngine, underlying_source: str
) -> None:
    taxon = "Aloe ferox"
    stated = item(permit_content(), taxon=taxon, source="I", underlying_source=underlying_source, documents=[])
    declared = await lodge_declaration(permits_db, declaration(stated))
    assert [f["pointer"] for f in declared["findings"] if f["rule"] == RULE] == ["/items/0/underlying_source"]
