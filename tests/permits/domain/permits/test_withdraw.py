"""Withdrawal of permits: each transition from each status, its events, and the declarations that cite the permit."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read as declarations_read
from services.permits.actions.declarations import transitions
from services.permits.actions.permits import read as permits_read
from services.permits.actions.permits import withdraw
from services.permits.domain.lifecycle import PERMIT_TRANSITIONS
from shared.conditional_requests import VersionCondition
from shared.contracts.closed_sets import ActorRole, PermitStatus
from shared.contracts.declaration import Release
from shared.contracts.permit import Loss, Recovery, Revocation
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, Invalid, NotFound
from tests.days import today
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    SEALER,
    A,
    B,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

NO = Revocation(reason="forged")


async def revoke_permit(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    """Revoke a permit as the authority of ZA."""
    return await withdraw.revoke(db, permit_id, AUTHORITY_ZA, NO, command())


async def replace_permit(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    """Replace a permit by another one as the authority of ZA."""
    return await withdraw.replace(db, permit_id, AUTHORITY_ZA, permit_content(), command(), sealer=SEALER)


async def lose_permit(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    """Report a permit as lost as the authority of ZA."""
    return await withdraw.report_lost(db, permit_id, AUTHORITY_ZA, Loss(reason="in the post"), command())


async def find_permit(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    """Report a permit as found as the authority of ZA."""
    return await withdraw.report_found(db, permit_id, AUTHORITY_ZA, Recovery(), command())


async def permit_in_status(db: AsyncEngine, from_status: PermitStatus) -> UUID:
    """Return the id of a permit in this status."""
    over = {"issued_on": today() - timedelta(days=100), "valid_until": today() - timedelta(days=9)}
    permit = permit_content(**(over if from_status is PermitStatus.EXPIRED else {}))
    permit_id = await issue_permit(db, permit)
    if from_status in {PermitStatus.ENDORSED, PermitStatus.EXHAUSTED}:
        await endorse_permit(db, permit_id, A="118")
    if from_status is PermitStatus.EXHAUSTED:
        stated = await lodge_declaration(db, declaration(item(permit, "100")))
        await transitions.release(db, UUID(stated["id"]), CUSTOMS_FR, Release(), command())
    reach = {PermitStatus.REVOKED: revoke_permit, PermitStatus.REPLACED: replace_permit, PermitStatus.LOST: lose_permit}
    if from_status in reach:
        await reach[from_status](db, permit_id)
    assert (await as_json(permits_read.read_permit(db, permit_id, A, now())))["status"] == from_status
    return permit_id


Transition = Callable[[AsyncEngine, UUID], Awaitable[StoredResponse]]
BY_AUTHORITY: dict[Transition, tuple[PermitStatus, ...]] = {
    revoke_permit: (PermitStatus.REVOKED,),
    replace_permit: (PermitStatus.REPLACED,),
    lose_permit: (PermitStatus.LOST,),
    find_permit: (PermitStatus.ISSUED, PermitStatus.ENDORSED),
}


@pytest.mark.parametrize("from_status", PermitStatus)
@pytest.mark.parametrize("act", BY_AUTHORITY)
async def test_transition_by_the_authority_follows_the_table_in_each_status(
    permits_db: AsyncEngine, from_status: PermitStatus, act: Transition
) -> None:
    permit_id = await permit_in_status(permits_db, from_status)
    allowed = [
        to_status
        for to_status in BY_AUTHORITY[act]
        if ActorRole.AUTHORITY in PERMIT_TRANSITIONS.get(from_status, {}).get(to_status, frozenset())
    ]
    if not allowed:
        with pytest.raises(Conflict, match=f"is {from_status}") as caught:
            await act(permits_db, permit_id)
        assert caught.value.code == "invalid-transition"
    else:
        assert json.loads((await act(permits_db, permit_id)).body)["status"] in allowed
    status = (await as_json(permits_read.read_permit(permits_db, permit_id, A, now())))["status"]
    assert status in (allowed or [from_status])


@pytest.mark.parametrize("from_status", PermitStatus)
async def test_endorsement_is_allowed_only_for_an_issued_or_endorsed_permit(
    permits_db: AsyncEngine, from_status: PermitStatus
) -> None:
    permit_id = await permit_in_status(permits_db, from_status)
    if from_status is PermitStatus.ISSUED or from_status is PermitStatus.ENDORSED:
        assert (await endorse_permit(permits_db, permit_id, A="1"))["status"] == "endorsed"
    else:
        with pytest.raises((Conflict, Invalid)) as caught:
            await endorse_permit(permits_db, permit_id, A="1")
        expired = from_status is PermitStatus.EXPIRED
        assert caught.value.code == ("endorsed-out-of-validity" if expired else "invalid-transition")


async def test_replaced_permit_and_its_successor_name_each_other(permits_db: AsyncEngine) -> None:
    permit, successor = permit_content(), permit_content()
    old = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, old, A="118")
    waiting = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    response = json.loads(
        (await withdraw.replace(permits_db, old, AUTHORITY_ZA, successor, command(), sealer=SEALER)).body
    )
    assert (response["id"], response["status"]) == (str(old), "replaced")
    new = UUID(response["replaced_by"]["id"])
    assert response["replaced_by"]["number"] == successor.number and response["replaced_by"]["token"]
    read = await as_json(permits_read.read_permit(permits_db, new, A, now()))
    assert (read["status"], read["replaces"]) == (
        "issued", {"id": str(old), "issuer": "ZA", "number": permit.number},
    )  # fmt: skip
    again = await as_json(permits_read.read_permit(permits_db, old, A, now()))
    assert again["replaced_by"] == {"id": str(new), "issuer": "ZA", "number": successor.number}
    referred = await as_json(declarations_read.read_declaration(permits_db, UUID(waiting["id"]), B))
    assert referred["status"] == "referred"
    assert [f["found"] for f in referred["findings"] if f["rule"] == "CITES-VI.1-withdrawn"] == ["replaced"]


async def test_successor_of_a_permit_needs_its_own_number_and_the_same_issuer(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    with pytest.raises(Conflict) as taken:
        await withdraw.replace(permits_db, permit_id, AUTHORITY_ZA, permit, command(), sealer=SEALER)
    assert taken.value.code == "permit-number-taken"
    with pytest.raises(NotFound):
        await withdraw.replace(permits_db, permit_id, AUTHORITY_FR, permit_content(), command(), sealer=SEALER)
    assert (await as_json(permits_read.read_permit(permits_db, permit_id, A, now())))["status"] == "issued"


async def test_authority_of_the_importing_country_withdraws_no_permit_that_it_reads(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    acts: list[Callable[[], Awaitable[StoredResponse]]] = [
        lambda: withdraw.revoke(permits_db, permit_id, AUTHORITY_FR, NO, command()),
        lambda: withdraw.report_lost(permits_db, permit_id, AUTHORITY_FR, Loss(), command()),
        lambda: withdraw.report_found(permits_db, permit_id, AUTHORITY_FR, Recovery(), command()),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            await act()
    read = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_FR, now()))
    assert (read["status"], len(read["history"])) == ("issued", 1)


async def test_lost_permit_covers_nothing_until_it_is_found(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lose_permit(permits_db, permit_id)
    blocked = await lodge_declaration(permits_db, declaration(item(permit, "1")))
    assert blocked["status"] == "rejected"
    assert json.loads((await find_permit(permits_db, permit_id)).body)["status"] == "endorsed"
    assert (await lodge_declaration(permits_db, declaration(item(permit, "1"))))["status"] == "accepted"


@pytest.mark.parametrize("act", BY_AUTHORITY)
async def test_transition_of_a_permit_is_idempotent_and_refuses_a_stale_version(
    permits_db: AsyncEngine, act: Transition
) -> None:
    permit_id = await permit_in_status(permits_db, PermitStatus.LOST if act is find_permit else PermitStatus.ISSUED)
    stale = IdempotentCommand(new_id(), b"", now(), condition=VersionCondition(versions=frozenset({77})))
    calls: dict[Transition, Callable[[IdempotentCommand], Awaitable[StoredResponse]]] = {
        revoke_permit: lambda name: withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, NO, name),
        replace_permit: lambda name: withdraw.replace(
            permits_db, permit_id, AUTHORITY_ZA, successor, name, sealer=SEALER
        ),
        lose_permit: lambda name: withdraw.report_lost(permits_db, permit_id, AUTHORITY_ZA, Loss(), name),
        find_permit: lambda name: withdraw.report_found(permits_db, permit_id, AUTHORITY_ZA, Recovery(), name),
    }
    successor, name = permit_content(), command()
    with pytest.raises(Conflict) as caught:
        await calls[act](stale)
    assert caught.value.code == "version-stale"
    first, again = await calls[act](name), await calls[act](name)
    assert (again.body, again.replayed) == (first.body, True)


async def test_transitions_of_a_permit_are_sent_to_the_party_that_cited_it(permits_db: AsyncEngine) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"})
    permit_id = await issue_permit(permits_db, permit)
    await lodge_declaration(permits_db, declaration(item(permit, "1")))
    for act in (lose_permit, find_permit, lose_permit, replace_permit):
        await act(permits_db, permit_id)
    async with permits_db.connect() as conn:
        query = text(
            "SELECT type, audience::json AS audience, data::json AS data FROM outbox_events"
            " WHERE subject = :s ORDER BY sequence"
        )
        events: list[Any] = list((await conn.execute(query, {"s": f"permit:{permit_id}"})).all())
    received = [one.type for one in events if str(B.id) in one.audience["parties"]]
    assert received == ["permit.lost", "permit.found", "permit.lost", "permit.replaced"]
    assert events[-1].data["replaced_by"]["issuer"] == "ZA"


async def _read(db: AsyncEngine, stated: dict[str, Any]) -> dict[str, Any]:
    """Read a declaration again as its trader."""
    return await as_json(declarations_read.read_declaration(db, UUID(stated["id"]), B))


async def test_declaration_referred_for_a_loss_is_accepted_when_the_permit_is_found(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    waiting = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lose_permit(permits_db, permit_id)
    referred = await _read(permits_db, waiting)
    assert (referred["status"], referred["usage"][0]["reserved"]) == ("referred", "100")
    assert referred["history"][-1]["reason"] == f"Permit {permit.number} of ZA is lost"
    await find_permit(permits_db, permit_id)
    again = await _read(permits_db, waiting)
    assert (again["status"], again["usage"][0]["reserved"]) == ("accepted", "100")
    [loss] = again["findings"]
    assert (loss["rule"], loss["overridden"], loss["override"]["by"]["role"]) == (
        "CITES-VI.1-withdrawn", True, "rules",
    )  # fmt: skip
    last = again["history"][-1]
    assert (last["from"], last["to"], last["by"]["role"], last["overridden"]) == (
        "referred", "accepted", "rules", "CITES-VI.1-withdrawn",
    )  # fmt: skip
    await revoke_permit(permits_db, permit_id)
    after = await _read(permits_db, waiting)
    assert (after["status"], [f["overridden"] for f in after["findings"]]) == ("referred", [True, False])


async def test_declaration_with_other_findings_stays_referred_when_the_permit_is_found(permits_db: AsyncEngine) -> None:
    permit, other = permit_content(), permit_content()
    permit_id, second = await issue_permit(permits_db, permit), await issue_permit(permits_db, other)
    for one in (permit_id, second):
        await endorse_permit(permits_db, one, A="118")
    source = await lodge_declaration(permits_db, declaration(item(permit, "50", source="W")))
    both = await lodge_declaration(
        permits_db, declaration(item(permit_content(number=other.number), "9"), item(other, "9", 2))
    )
    assert (source["status"], both["status"]) == ("referred", "accepted")
    await lose_permit(permits_db, permit_id)
    await lose_permit(permits_db, second)
    await find_permit(permits_db, permit_id)
    after = await _read(permits_db, source)
    assert (after["status"], after["history"][-1]["event"]) == ("referred", "declaration.overridden")
    assert [f["rule"] for f in after["findings"] if not f["overridden"]] == ["CITES-box-10-source"]
    assert (await _read(permits_db, both))["status"] == "referred", "its other permit is still lost"
