"""Search of permits and declarations by number, issuer, taxon and taxa below, holder, status and dates."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read
from services.permits.actions.permits import read as permits_read
from tests.days import today
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


async def find_permits(db: AsyncEngine, who: Any = AUTHORITY_ZA, **filters: str) -> list[str]:
    """Return the numbers of the permits that pass filters."""
    at = datetime.now(UTC)
    page = await as_json(permits_read.list_permits(db, who, filters, limit=50, before=None, at=at))
    return [one["number"] for one in page["data"]]


async def find_declarations(db: AsyncEngine, who: Any = CUSTOMS_FR, **filters: str) -> list[str]:
    """Return the references of the declarations that pass filters."""
    page = await as_json(read.list_declarations(db, who, filters, limit=50, before=None))
    return [one["reference"] for one in page["data"]]


@pytest.mark.parametrize(
    "asked",
    ["Crocodylus niloticus", "crocodylus NILOTICUS", "Crocodylus niloticus Laurenti, 1768", "Crocodylus",
     "Crocodylus spp.", "Crocodylidae", "Crocodylia spp.", "Reptilia"],
)  # fmt: skip
async def test_search_for_a_taxon_finds_it_and_the_taxa_below(permits_db: AsyncEngine, asked: str) -> None:
    permit, other = permit_content(), permit_content(line(taxon="Falco exemplaris"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    await issue_permit(permits_db, other)
    await lodge_declaration(permits_db, declaration(item(permit, "1"), reference="croc"))
    await lodge_declaration(permits_db, declaration(item(other, "1", taxon="Falco exemplaris"), reference="falcon"))
    assert await find_permits(permits_db, taxon=asked) == [permit.number]
    assert await find_declarations(permits_db, taxon=asked) == ["croc"]


async def test_search_for_a_synonym_finds_the_taxon(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(taxon="Lama vicugna"))
    await issue_permit(permits_db, permit)
    for asked in ("Vicugna vicugna", "Lama vicugna", "Lama"):
        assert await find_permits(permits_db, taxon=asked) == [permit.number]
    assert await find_permits(permits_db, taxon="Lama glama") == await find_permits(permits_db, taxon="!") == []


async def test_permits_are_found_by_each_filter(permits_db: AsyncEngine) -> None:
    old, new = permit_content(issued_on=today() - timedelta(days=90)), permit_content()
    for permit in (old, new):
        await issue_permit(permits_db, permit)
    day = (today() - timedelta(days=60)).isoformat()
    assert await find_permits(permits_db, number=old.number, issuer="ZA") == [old.number]
    assert await find_permits(permits_db, holder="FR99988877700011") == [new.number, old.number]
    assert await find_permits(permits_db, **{"from": day}) == [new.number]
    assert await find_permits(permits_db, to=day) == [old.number]
    assert await find_permits(permits_db, status="issued", issuer="ZA") == [new.number, old.number]
    assert await find_permits(permits_db, status="endorsed") == await find_permits(permits_db, issuer="FR") == []


async def test_declarations_are_found_by_each_filter(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100"), reference="one"))
    await lodge_declaration(permits_db, declaration(item(permit_content(), "1"), reference="two"))
    today, tomorrow = (datetime.now(UTC).date() + timedelta(days=n) for n in (0, 1))
    assert await find_declarations(permits_db, permit_number=permit.number) == ["one"]
    assert (
        await find_declarations(permits_db, issuer="ZA")
        == await find_declarations(permits_db, holder="ZA1234567")
        == ["two", "one"]
    )
    assert await find_declarations(permits_db, status="rejected") == ["two"]
    assert await find_declarations(permits_db, **{"from": today.isoformat(), "to": today.isoformat()}) == ["two", "one"]
    assert (
        await find_declarations(permits_db, **{"from": tomorrow.isoformat()})
        == await find_declarations(permits_db, issuer="FR")
        == []
    )
    assert await find_declarations(permits_db, AUTHORITY_FR, holder="nobody") == []


async def test_permit_is_found_by_its_number_written_otherwise(permits_db: AsyncEngine) -> None:
    permit = permit_content(number="ZA/2026 00077")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    cited = declaration(item(permit, "100", document={"number": "za-2026–00077"}), reference="Ref 1/2")
    lodged = await lodge_declaration(permits_db, cited)
    assert (lodged["status"], lodged["items"][0]["documents"][0]["number"]) == ("accepted", "za-2026–00077")
    assert await find_permits(permits_db, number="ＺＡ-2026--00077") == ["ZA/2026 00077"]
    assert await find_permits(permits_db, number="ZA-2026-OOO77") == []
    assert await find_declarations(permits_db, permit_number="ZA 2026 00077") == ["Ref 1/2"]
    assert await find_declarations(permits_db, reference="REF-1-2") == ["Ref 1/2"]
    assert await find_declarations(permits_db, reference="REF-1-3") == []


async def test_page_after_new_permits_continues_after_the_cursor(permits_db: AsyncEngine) -> None:
    numbers = []
    for _ in range(5):
        permit = permit_content()
        await issue_permit(permits_db, permit)
        numbers.append(permit.number)
    at = datetime.now(UTC)
    first = await as_json(permits_read.list_permits(permits_db, AUTHORITY_ZA, {}, limit=2, before=None, at=at))
    await issue_permit(permits_db, permit_content())
    cursor = UUID(first["next_cursor"])
    rest = await as_json(permits_read.list_permits(permits_db, AUTHORITY_ZA, {}, limit=9, before=cursor, at=at))
    assert [one["number"] for one in (*first["data"], *rest["data"])] == numbers[::-1]
