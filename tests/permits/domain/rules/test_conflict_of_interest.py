"""A party that is both an office and a trader decides nothing about its own goods."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions import applications
from services.permits.actions.declarations import transitions
from services.permits.actions.permits import endorse, issue, issue_batch, take_over, withdraw
from services.permits.actions.permits.issue_batch import IssueRequest
from services.permits.domain.rules.conflict_of_interest import require_goods_of_others
from services.permits.domain.rules.requirements import goods_are_verified
from services.permits.domain.rules.whole_declaration import own_party_is_identified
from shared.contracts.application import Assessment, GrantDecision, Question, Reply
from shared.contracts.declaration import Consent, Correction, Override, Refusal, Release
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement, Loss, Recovery, Revocation, Takeover
from shared.problems import NotAllowed, ProblemError
from tests.permits.declaration_steps import accepted_declaration
from tests.permits.sample_applications import application_content, officer, submit_application
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_FR, SEALER, A, B, command, issue_permit, permit_content
from tests.superuser import write_as_superuser

BOX_14 = Endorsement.model_validate({"lines": [{"line": "A", "quantity": "1"}]})
BOTH_FR = Party.model_validate(B.model_dump() | {"roles": ("trader", "customs")})
BOTH_ZA = Party.model_validate(A.model_dump() | {"roles": ("trader", "customs", "authority")})
Act = Callable[[], Awaitable[Any]]


async def check_refused(*acts: Act) -> None:
    """Check that each act is refused as a conflict of interest."""
    for number, act in enumerate(acts):
        with pytest.raises(NotAllowed) as refused:
            await act()
        assert refused.value.code == "conflict-of-interest", number


def override_of(rule: str) -> Override:
    """Return an override of a rule."""
    return Override(rule=rule, item=1, reason="Seen")


async def test_customs_decides_no_declaration_of_its_own_goods(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    declaration_id = UUID(found["id"])
    correction = Correction.model_validate({"items": [{"number": 1, "quantity": "99"}], "reason": "Counted"})
    await check_refused(
        lambda: transitions.refuse(permits_db, declaration_id, BOTH_FR, Refusal(reason="no"), command()),
        lambda: transitions.override(permits_db, declaration_id, BOTH_FR, override_of("CITES-IV-kind"), command()),
        lambda: transitions.override(
            permits_db, declaration_id, BOTH_FR, override_of(own_party_is_identified.name), command()
        ),
        lambda: transitions.override(
            permits_db, declaration_id, BOTH_FR, override_of(goods_are_verified.name), command()
        ),
        lambda: transitions.release(permits_db, declaration_id, BOTH_FR, Release(), command()),
    )
    await transitions.release(permits_db, declaration_id, CUSTOMS_FR, Release(), command())
    await check_refused(lambda: transitions.correct(permits_db, declaration_id, BOTH_FR, correction, command()))


async def test_agent_decides_no_declaration_that_it_lodged(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    lodged = UUID(found["id"])
    agent = CUSTOMS_FR.model_copy(update={"id": B.id})
    await check_refused(lambda: transitions.release(permits_db, lodged, agent, Release(), command()))


async def test_authority_consents_to_nothing_for_its_own_goods(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    wanted = Consent.model_validate({"item": 1, "quantity": "1"})
    await check_refused(
        lambda: transitions.consent(permits_db, UUID(found["id"]), BOTH_ZA, wanted, command()),
    )
    await transitions.consent(permits_db, UUID(found["id"]), AUTHORITY_ZA, wanted, command())


async def test_authority_issues_no_permit_to_itself(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await withdraw.report_lost(permits_db, permit_id, BOTH_ZA, Loss(), command())
    await check_refused(
        lambda: issue.issue(permits_db, BOTH_ZA, permit_content(), command(), sealer=SEALER),
        lambda: withdraw.replace(permits_db, permit_id, BOTH_ZA, permit_content(), command(), sealer=SEALER),
        lambda: withdraw.report_found(permits_db, permit_id, BOTH_ZA, Recovery(), command()),
        lambda: take_over.take_over(permits_db, permit_id, BOTH_ZA, Takeover(), command()),
        lambda: endorse.endorse(permits_db, permit_id, BOTH_ZA, BOX_14, command()),
    )
    [result] = await issue_batch.issue_permits(
        permits_db, BOTH_ZA, [IssueRequest(command(), permit_content())], sealer=SEALER
    )
    assert isinstance(result, ProblemError) and result.code == "conflict-of-interest"
    await withdraw.revoke(permits_db, permit_id, BOTH_ZA, Revocation(reason="Returned"), command())


async def test_authority_replaces_no_permit_of_its_own_by_one_of_others(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    others = permit_content(exporter={"name": "C", "country": "ZA", "identifier": "ZA7"})
    await check_refused(lambda: withdraw.replace(permits_db, permit_id, BOTH_ZA, others, command(), sealer=SEALER))


async def test_authority_decides_no_application_of_its_own(permits_db: AsyncEngine) -> None:
    application_id = await submit_application(permits_db)
    self_decider = officer(party=BOTH_ZA)
    good = Assessment.model_validate({"recommendation": "grant"})
    await check_refused(
        lambda: applications.query(permits_db, application_id, self_decider, Question(message="Farm?"), command()),
        lambda: applications.assess(permits_db, application_id, self_decider, good, command()),
        lambda: applications.grant(permits_db, application_id, self_decider, GrantDecision(), command(), sealer=SEALER),
        lambda: applications.refuse(permits_db, application_id, self_decider, Refusal(reason="no"), command()),
    )
    await applications.grant(permits_db, application_id, officer(), GrantDecision(), command(), sealer=SEALER)


async def test_agent_answers_no_query_of_its_own(server: Server, permits_db: AsyncEngine) -> None:
    applicant = A.model_copy(update={"identifiers": {"EORI": "ZA1234567"}})
    application_id = await submit_application(permits_db, application_content(), by=applicant)
    asking = officer(party=AUTHORITY_ZA)
    await applications.query(permits_db, application_id, asking, Question(message="Farm?"), command())
    answers = applicant.model_copy(update={"id": AUTHORITY_ZA.id})
    await write_as_superuser(server, permits_db, "UPDATE applications SET party_id = $1", AUTHORITY_ZA.id)
    await check_refused(
        lambda: applications.reply(permits_db, application_id, answers, Reply(message="017"), command())
    )
    await applications.reply(permits_db, application_id, applicant, Reply(message="017"), command())


@pytest.mark.parametrize(("name", "country", "is_own"), [
    (BOTH_ZA.name.upper(), "ZA", True), (BOTH_ZA.name, "NA", False), ("Another trader", "ZA", False),
])  # fmt: skip
def test_side_without_identifier_is_own_if_name_and_country_are(name: str, country: str, is_own: bool) -> None:
    content = permit_content(exporter={"name": name, "country": country})
    if is_own:
        with pytest.raises(NotAllowed):
            require_goods_of_others(content, BOTH_ZA)
    else:
        require_goods_of_others(content, BOTH_ZA)
    require_goods_of_others(content, BOTH_ZA.model_copy(update={"roles": ("authority",)}))
