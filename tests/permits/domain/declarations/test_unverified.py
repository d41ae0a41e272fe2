"""Unverified declarations: the override of an officer starts the check that was not possible at receipt."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, transitions
from services.permits.domain.declarations import unverified as domain
from shared.contracts.declaration import NormalizedDeclaration, Override
from shared.contracts.messages import SubmissionMessage
from shared.problems import Conflict
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    CUSTOMS_FR,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    permit_content,
    submission_message,
)

OVER = build_model(Override, rule="unverified", reason="the goods are here")


async def lodge_failing(db: AsyncEngine, form: NormalizedDeclaration) -> dict[str, Any]:
    """Lodge a declaration whose check failed repeatedly."""
    return await lodge_submission(db, submission_message(form).model_copy(update={"unverified": "it broke"}))


async def lodge_submission(db: AsyncEngine, sent: SubmissionMessage) -> dict[str, Any]:
    """Lodge a submission and return the id of its declaration."""
    await lodge_batch.lodge_declarations(db, [sent], command().at)
    return {"id": str(sent.id)}


async def test_override_of_an_unverified_declaration_checks_it_and_reserves(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await run_command(
        permits_db, transitions.override, await lodge_failing(permits_db, declaration(item(permit))), CUSTOMS_FR, OVER
    )
    assert (found["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "100")
    [whole] = found["findings"]
    assert (whole["rule"], whole["pointer"], whole["override"]["reason"]) == ("unverified", "", "the goods are here")
    last = found["history"][-1]
    assert (last["by"]["role"], last["overridden"], last["reason"]) == ("customs", "unverified", "the goods are here")
    await check_balances(permits_db)


async def test_findings_of_the_check_of_an_unverified_declaration_stay_open(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    for quantity, source, status, reserved in (("5000", "R", "rejected", "0"), ("50", "W", "referred", "50")):
        form = declaration(item(permit, quantity, source=source))
        item_1 = OVER.model_copy(update={"item": 1})
        found = await run_command(
            permits_db, transitions.override, await lodge_failing(permits_db, form), CUSTOMS_FR, item_1
        )
        assert (found["status"], (await balance(permits_db, permit_id))["reserved"]) == (status, reserved)
        assert [f["overridden"] for f in found["findings"]] == [True, False]
    last = build_model(Override, rule="CITES-box-10-source", reason="ranch confirmed")
    assert (await run_command(permits_db, transitions.override, found, CUSTOMS_FR, last))["status"] == "accepted"
    await check_balances(permits_db)


async def test_override_of_an_unreadable_or_failing_declaration_is_refused(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    form = declaration(item(permit))
    sent = submission_message(form)
    garbled = sent.model_copy(update={"declaration": {**sent.declaration, "items": [{"number": 1, "quantity": "x"}]}})
    unread = await lodge_submission(permits_db, garbled)
    breaks = await lodge_failing(permits_db, declaration(item(permit)))
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.override, unread, CUSTOMS_FR, OVER)
    assert (refused.value.code, "cannot read a part" in refused.value.detail) == ("not-checked", True)
    with monkeypatch.context() as broken_rule:
        broken_rule.setattr(domain, "check", None)
        with pytest.raises(Conflict) as refused:
            await run_command(permits_db, transitions.override, breaks, CUSTOMS_FR, OVER)
    assert (refused.value.code, "new version" in refused.value.detail) == ("not-checked", True)
    assert (await run_command(permits_db, transitions.override, breaks, CUSTOMS_FR, OVER))["status"] == "accepted"
    again = declaration(item(permit, "5000"), reference=form.reference)
    assert (await run_command(permits_db, transitions.amend, unread, B, again))["status"] == "rejected"
