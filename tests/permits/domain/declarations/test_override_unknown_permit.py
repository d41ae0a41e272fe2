"""Override of the finding that a permit is unknown, when the permit is registered after the check."""

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


async def test_override_of_a_permit_registered_since_the_check_needs_a_new_version(permits_db: AsyncEngine) -> None:
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


async def test_override_of_a_cancelled_declaration_is_refused(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    declaration_id = UUID((await lodge_declaration(permits_db, declaration(item(permit, "100"))))["id"])
    await transitions.cancel(permits_db, declaration_id, B, Cancellation(), command())
    await issue_permit(permits_db, permit)
    with pytest.raises(Conflict) as no:
        await transitions.override(permits_db, declaration_id, CUSTOMS_FR, SEEN, command())
    assert no.value.code == "invalid-transition"


async def test_override_of_a_permit_that_is_still_unknown_is_allowed(permits_db: AsyncEngine) -> None:
    one, other = permit_content(), permit_content()
    declaration_id = UUID(
        (await lodge_declaration(permits_db, declaration(item(one, "10"), item(other, "10", 2))))["id"]
    )
    await issue_permit(permits_db, other)
    with pytest.raises(Conflict, match="is on the hub now"):
        await transitions.override(permits_db, declaration_id, CUSTOMS_FR, SEEN, command())
    first, asked = Override(rule=permit_is_known.name, item=1, reason="seen on paper"), command()
    kept = await transitions.override(permits_db, declaration_id, CUSTOMS_FR, first, asked)
    await issue_permit(permits_db, one)
    again = await transitions.override(permits_db, declaration_id, CUSTOMS_FR, first, asked)
    assert again.replayed and again.body == kept.body, "a repeated command has the stored response"
