"""A finding shows the remedy for its reader, in every response about a declaration."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.declarations.validate import validate
from services.permits.domain.rules.catalogue import find_remedy
from services.permits.domain.rules.goods import term_agrees, term_is_not_neighbouring
from shared.contracts.closed_sets import ActorRole, DeclarationPart, DeclarationStatus
from shared.contracts.declaration import Override
from shared.contracts.parties import Party
from shared.database import now
from tests.permits.declaration_steps import REFUSAL, build_model, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

RULE = term_is_not_neighbouring
NEIGHBOURING_TERM = {"term": "SKP"}


async def _referred_declaration(db: AsyncEngine) -> dict[str, Any]:
    """Lodge a declaration with a neighbouring term."""
    permit = permit_content(line())
    await endorse_permit(db, await issue_permit(db, permit), A="118")
    found = await lodge_declaration(db, declaration(item(permit, "100", **NEIGHBOURING_TERM)))
    assert found["status"] == "referred"
    return found


@pytest.mark.parametrize(
    ("reader", "remedy"),
    [
        pytest.param(B, RULE.remedy, id="trader"),
        pytest.param(CUSTOMS_FR, RULE.officer_remedy, id="customs"),
        pytest.param(AUTHORITY_ZA, RULE.officer_remedy, id="authority"),
    ],
)
async def test_finding_read_shows_the_remedy_of_its_reader(permits_db: AsyncEngine, reader: Party, remedy: str) -> None:
    lodged = await _referred_declaration(permits_db)
    shown = await read.read_declaration(permits_db, UUID(lodged["id"]), reader)
    expand = frozenset({DeclarationPart.FINDINGS})
    page = await as_json(read.list_declarations(permits_db, reader, {}, expand=expand, limit=1, before=None))
    [listed] = page["data"]
    assert [one.remedy for one in shown.findings] == [one["remedy"] for one in listed["findings"]] == [remedy]
    assert [one.message for one in shown.findings] == [one["message"] for one in lodged["findings"]]


async def test_finding_validated_shows_the_remedy_of_the_trader(permits_db: AsyncEngine) -> None:
    permit = permit_content(line())
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    stated = declaration(item(permit, "100", **NEIGHBOURING_TERM))
    verdict = await validate(permits_db, stated, B, uuid4(), now())
    assert [(one.rule, one.remedy) for one in verdict.findings] == [(RULE.name, RULE.remedy)]


async def test_finding_of_a_command_shows_the_remedy_of_its_actor(permits_db: AsyncEngine) -> None:
    permit = permit_content(line())
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    stated = item(permit, "100", **NEIGHBOURING_TERM, source="W")
    lodged = await lodge_declaration(permits_db, declaration(stated))
    decision = build_model(Override, rule=RULE.name, item=1, reason="The skin is in pieces")
    overridden = await run_command(permits_db, transitions.override, lodged, CUSTOMS_FR, decision)
    remedies = {one["rule"]: one["remedy"] for one in overridden["findings"]}
    source = "CITES-box-10-source"
    assert remedies == {RULE.name: None, source: find_remedy(source, ActorRole.CUSTOMS)}


async def test_finding_of_a_refused_declaration_shows_no_remedy(permits_db: AsyncEngine) -> None:
    lodged = await _referred_declaration(permits_db)
    refused = await run_command(permits_db, transitions.refuse, lodged, CUSTOMS_FR, REFUSAL)
    assert refused["status"] == DeclarationStatus.REFUSED
    assert [one["remedy"] for one in refused["findings"]] == [None]


async def test_finding_of_a_rejected_declaration_shows_its_trader_no_act_of_an_officer(permits_db: AsyncEngine) -> None:
    permit = permit_content(line())
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    lodged = await lodge_declaration(permits_db, declaration(item(permit, "100", term="LIV")))
    shown = await read.read_declaration(permits_db, UUID(lodged["id"]), B)
    [finding] = shown.findings
    assert (finding.rule, finding.remedy) == (term_agrees.name, term_agrees.remedy)
    assert "override" not in f"{finding.message} {finding.remedy}"
