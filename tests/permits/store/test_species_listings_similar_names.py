"""Similar names of the listing, which the hub suggests for a name that no listing has."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store.species_listings import SUGGESTED_NAMES, load_listings
from tests.permits.sample_data import declaration, item, lodge_declaration, permit_content


@pytest.mark.parametrize(("unknown", "similar"), [
    ("Crocodilus nilotikus", "Crocodylus niloticus"), ("Loxodonte africana", "Loxodonta africana"),
    ("Vicugnia vicugna", "Vicugna vicugna"), ("Zzzz nusquam", None),
])  # fmt: skip
async def test_unknown_name_gets_a_similar_name_of_the_listing(
    permits_db: AsyncEngine, unknown: str, similar: str | None
) -> None:
    async with permits_db.connect() as conn:
        found = await load_listings(conn, [unknown], suggest_for=[unknown])
        assert found.similar_names == ({} if similar is None else {unknown: similar})
        assert found.suggestion(unknown) == ("" if similar is None else f" Did you mean {similar}?")
        assert (await load_listings(conn, [unknown])).similar_names == {}


async def test_suggestions_of_one_batch_are_limited(permits_db: AsyncEngine) -> None:
    unknown = [f"Loxodonte africana{letter}" for letter in "abcdefghijklmn"]
    async with permits_db.connect() as conn:
        found = await load_listings(conn, unknown, suggest_for=unknown)
    assert len(found.similar_names) == SUGGESTED_NAMES


async def test_goods_of_a_misspelt_name_without_a_document_have_a_suggestion(permits_db: AsyncEngine) -> None:
    misspelt = item(permit_content(), taxon="Vicugnia vicugna") | {"documents": []}
    found = await lodge_declaration(permits_db, declaration(misspelt))
    [unverified] = [one for one in found["findings"] if one["rule"] == "unverified"]
    assert "Vicugna vicugna, a similar name" in unverified["message"]
