"""Documents of types that cite no permit, such as an invoice with the number of a permit."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    OTHER_TRADER,
    balance,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)

RULE = "document-type"


@pytest.mark.parametrize("document_type", ["N935", "N705", "C644", "9023"])
@pytest.mark.parametrize("issuer", ["ZA", None])
async def test_invoice_with_the_number_of_a_permit_is_not_taken_for_it(
    permits_db: AsyncEngine, document_type: str, issuer: str | None
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    goods = item(permit, document={"type": document_type, "issuer": issuer})
    found = await lodge_declaration(permits_db, declaration(goods))
    assert (found["status"], found["usage"]) == ("rejected", [])
    assert severities(found)["CITES-IV-export-document"] == "block"
    [note] = [one for one in found["findings"] if one["rule"] == RULE]
    assert note["found"] == f"{document_type} {permit.number}, the number of permit ZA {permit.number}"
    assert note["message"].endswith("; note: cite the permit as C400.")
    assert (await balance(permits_db, permit_id))["reserved"] == "0"
    async with permits_db.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM permit_watchers"))).scalar_one() == 0


async def test_note_about_another_type_does_not_name_a_permit_of_others(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    stranger = {"name": OTHER_TRADER.name, "country": "FR", "identifier": "FR00000000000000"}
    stated = declaration(item(permit, document={"type": "N935"}), importer=stranger)
    found = await lodge_declaration(permits_db, stated, OTHER_TRADER)
    [note] = [one for one in found["findings"] if one["rule"] == RULE]
    assert note["found"] == f"N935 {permit.number}"


async def test_invoice_with_a_permit_has_no_finding(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    goods: dict[str, Any] = item(permit)
    goods["documents"] = [{"type": "N935", "number": "INV-1"}, *goods["documents"], {"type": "c405", "number": "X-9"}]
    found = await lodge_declaration(permits_db, declaration(goods))
    assert severities(found) == {"CITES-VI.1-permit-known": "block"}, "a type in lower case is the same type"
    goods["documents"].pop()
    found = await lodge_declaration(permits_db, declaration(goods))
    assert (found["status"], severities(found)) == ("accepted", {})
