"""A full history refuses acts that can be repeated without end. Decisions stay possible."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.domain.declarations import amend, consent, correct
from services.permits.domain.lifecycle import MAX_AMENDED_HISTORY, MAX_HISTORY
from shared.contracts.declaration import Consent, Correction, Release
from shared.problems import Conflict
from tests.permits.declaration_steps import accepted_declaration, build_model, run_command
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_FR, B, declaration, item, permit_content


async def test_declaration_with_a_full_history_is_not_amended_but_released(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = await accepted_declaration(permits_db, "118")
    monkeypatch.setattr(amend, "MAX_AMENDED_HISTORY", len(found["history"]))
    again = declaration(item(permit_content(), "110"), reference=found["reference"])
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.amend, found, B, again)
    assert refused.value.code == "history-full"
    one_more = build_model(Consent, item=1, quantity="5")
    after = await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, one_more)
    assert after["history"][-1]["event"] == "declaration.consented", "no trader fills the history of the officers"
    monkeypatch.setattr(consent, "MAX_HISTORY", len(after["history"]))
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, one_more)
    assert refused.value.code == "history-full"
    released = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert released["status"] == "released"
    monkeypatch.setattr(correct, "MAX_HISTORY", len(released["history"]))
    recount = build_model(Correction, items=[{"number": 1, "quantity": "117"}], reason="recounted")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, recount)
    assert refused.value.code == "history-full"


def test_limit_of_traders_leaves_room_for_officers() -> None:
    assert MAX_AMENDED_HISTORY <= MAX_HISTORY // 2
