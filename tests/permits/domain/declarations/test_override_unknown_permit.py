"""A document that was not known when it was cited, and came into the registry since, is written off like any other."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.domain.rules.whole_declaration import permit_is_known
from shared.contracts.declaration import Cancellation, Override
from shared.problems import Conflict
from tests.permits.sample_data import (
    CUSTOMS_FR,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)

SEEN = Override(rule=permit_is_known.name, reason="seen on paper")


async def test_it_is_not_waved_through_but_checked_as_a_new_version(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    document = declaration(item(permit, "100"))
    found = await lodge_declaration(permits_db, document)
    assert found["status"] == "rejected"
    declaration_id, mine = UUID(found["id"]), await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, mine, A="118")
    with pytest.raises(Conflict) as no:
        await transitions.override(permits_db, declaration_id, CUSTOMS_FR, SEEN, command())
    assert no.value.code == "known-by-now" and permit.number in no.value.detail
    await transitions.amend(permits_db, declaration_id, B, document, command())
    assert (await balance(permits_db, mine))["reserved"] == "100"


async def test_what_is_over_is_over_whatever_is_known_by_now(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    declaration_id = UUID((await lodge_declaration(permits_db, declaration(item(permit, "100"))))["id"])
    await transitions.cancel(permits_db, declaration_id, B, Cancellation(), command())
    await issue_permit(permits_db, permit)
    with pytest.raises(Conflict) as no:
        await transitions.override(permits_db, declaration_id, CUSTOMS_FR, SEEN, command())
    assert no.value.code == "invalid-transition"


async def test_one_that_is_still_not_known_is_the_officers_to_decide(permits_db: AsyncEngine) -> None:
    one, other = permit_content(), permit_content()
    declaration_id = UUID(
        (await lodge_declaration(permits_db, declaration(item(one, "10"), item(other, "10", 2))))["id"]
    )
    await issue_permit(permits_db, other)
    with pytest.raises(Conflict, match="known here by now"):
        await transitions.override(permits_db, declaration_id, CUSTOMS_FR, SEEN, command())
    first, asked = Override(rule=permit_is_known.name, item=1, reason="seen on paper"), command()
    kept = await transitions.override(permits_db, declaration_id, CUSTOMS_FR, first, asked)
    await issue_permit(permits_db, one)
    again = await transitions.override(permits_db, declaration_id, CUSTOMS_FR, first, asked)
    assert again.replayed and again.body == kept.body, "what was answered once is answered again"
