"""The whole life of a permit: every turn from every state does what the table says, and who is concerned hears."""

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
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    TODAY,
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


async def revoked(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    return await withdraw.revoke(db, permit_id, AUTHORITY_ZA, NO, command())


async def replaced(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    return await withdraw.replace(db, permit_id, AUTHORITY_ZA, permit_content(), command())


async def lost(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    return await withdraw.report_lost(db, permit_id, AUTHORITY_ZA, Loss(reason="in the post"), command())


async def found(db: AsyncEngine, permit_id: UUID) -> StoredResponse:
    return await withdraw.report_found(db, permit_id, AUTHORITY_ZA, Recovery(), command())


async def standing(db: AsyncEngine, here: PermitStatus) -> UUID:
    """Answer the id of a permit that stands in a state."""
    over = {"issued_on": TODAY - timedelta(days=100), "valid_until": TODAY - timedelta(days=9)}
    permit = permit_content(**(over if here is PermitStatus.EXPIRED else {}))
    permit_id = await issue_permit(db, permit)
    if here in {PermitStatus.ENDORSED, PermitStatus.EXHAUSTED}:
        await endorse_permit(db, permit_id, A="118")
    if here is PermitStatus.EXHAUSTED:
        stated = await lodge_declaration(db, declaration(item(permit, "100")))
        await transitions.release(db, UUID(stated["id"]), CUSTOMS_FR, Release(), command())
    reach = {PermitStatus.REVOKED: revoked, PermitStatus.REPLACED: replaced, PermitStatus.LOST: lost}
    if here in reach:
        await reach[here](db, permit_id)
    assert (await as_json(permits_read.read_permit(db, permit_id, A, now())))["status"] == here
    return permit_id


Turn = Callable[[AsyncEngine, UUID], Awaitable[StoredResponse]]
BY_AUTHORITY: dict[Turn, tuple[PermitStatus, ...]] = {
    revoked: (PermitStatus.REVOKED,),
    replaced: (PermitStatus.REPLACED,),
    lost: (PermitStatus.LOST,),
    found: (PermitStatus.ISSUED, PermitStatus.ENDORSED),
}


@pytest.mark.parametrize("here", PermitStatus)
@pytest.mark.parametrize("act", BY_AUTHORITY)
async def test_from_every_state_every_turn_of_the_authority_does_what_the_table_says(
    permits_db: AsyncEngine, here: PermitStatus, act: Turn
) -> None:
    permit_id = await standing(permits_db, here)
    allowed = [
        there
        for there in BY_AUTHORITY[act]
        if ActorRole.AUTHORITY in PERMIT_TRANSITIONS.get(here, {}).get(there, frozenset())
    ]
    if not allowed:
        with pytest.raises(Conflict, match=f"is {here}") as caught:
            await act(permits_db, permit_id)
        assert caught.value.code == "invalid-transition"
    else:
        assert json.loads((await act(permits_db, permit_id)).body)["status"] in allowed
    status = (await as_json(permits_read.read_permit(permits_db, permit_id, A, now())))["status"]
    assert status in (allowed or [here])


@pytest.mark.parametrize("here", PermitStatus)
async def test_only_a_standing_permit_is_endorsed(permits_db: AsyncEngine, here: PermitStatus) -> None:
    permit_id = await standing(permits_db, here)
    if here is PermitStatus.ISSUED or here is PermitStatus.ENDORSED:
        assert (await endorse_permit(permits_db, permit_id, A="1"))["status"] == "endorsed"
    else:
        with pytest.raises((Conflict, Invalid)) as caught:
            await endorse_permit(permits_db, permit_id, A="1")
        expired = here is PermitStatus.EXPIRED
        assert caught.value.code == ("endorsed-out-of-validity" if expired else "invalid-transition")


async def test_a_replaced_permit_and_its_successor_name_one_another(permits_db: AsyncEngine) -> None:
    permit, successor = permit_content(), permit_content()
    old = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, old, A="118")
    waiting = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    response = json.loads((await withdraw.replace(permits_db, old, AUTHORITY_ZA, successor, command())).body)
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


async def test_what_replaces_has_a_number_of_its_own_and_the_same_issuer(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    with pytest.raises(Conflict) as taken:
        await withdraw.replace(permits_db, permit_id, AUTHORITY_ZA, permit, command())
    assert taken.value.code == "permit-number-taken"
    with pytest.raises(NotFound):
        await withdraw.replace(permits_db, permit_id, AUTHORITY_FR, permit_content(), command())
    assert (await as_json(permits_read.read_permit(permits_db, permit_id, A, now())))["status"] == "issued"


async def test_a_lost_permit_covers_nothing_until_it_is_found(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    await lost(permits_db, permit_id)
    blocked = await lodge_declaration(permits_db, declaration(item(permit, "1")))
    assert blocked["status"] == "rejected"
    assert json.loads((await found(permits_db, permit_id)).body)["status"] == "endorsed"
    assert (await lodge_declaration(permits_db, declaration(item(permit, "1"))))["status"] == "accepted"


@pytest.mark.parametrize("act", BY_AUTHORITY)
async def test_a_turn_is_answered_once_and_honours_its_version(permits_db: AsyncEngine, act: Turn) -> None:
    permit_id = await standing(permits_db, PermitStatus.LOST if act is found else PermitStatus.ISSUED)
    stale = IdempotentCommand(new_id(), b"", now(), condition=VersionCondition(versions=frozenset({77})))
    calls: dict[Turn, Callable[[IdempotentCommand], Awaitable[StoredResponse]]] = {
        revoked: lambda name: withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, NO, name),
        replaced: lambda name: withdraw.replace(permits_db, permit_id, AUTHORITY_ZA, successor, name),
        lost: lambda name: withdraw.report_lost(permits_db, permit_id, AUTHORITY_ZA, Loss(), name),
        found: lambda name: withdraw.report_found(permits_db, permit_id, AUTHORITY_ZA, Recovery(), name),
    }
    successor, name = permit_content(), command()
    with pytest.raises(Conflict) as caught:
        await calls[act](stale)
    assert caught.value.code == "version-stale"
    first, again = await calls[act](name), await calls[act](name)
    assert (again.body, again.replayed) == (first.body, True)


async def test_who_cited_it_hears_of_each_turn(permits_db: AsyncEngine) -> None:
    permit = permit_content(importer={"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"})
    permit_id = await issue_permit(permits_db, permit)
    await lodge_declaration(permits_db, declaration(item(permit, "1")))
    for act in (lost, found, lost, replaced):
        await act(permits_db, permit_id)
    async with permits_db.connect() as conn:
        query = text(
            "SELECT type, audience::json AS audience, data::json AS data FROM outbox_events"
            " WHERE subject = :s ORDER BY sequence"
        )
        told: list[Any] = list((await conn.execute(query, {"s": f"permit:{permit_id}"})).all())
    received = [one.type for one in told if str(B.id) in one.audience["parties"]]
    assert received == ["permit.lost", "permit.found", "permit.lost", "permit.replaced"]
    assert told[-1].data["replaced_by"]["issuer"] == "ZA"


async def _read(db: AsyncEngine, stated: dict[str, Any]) -> dict[str, Any]:
    return await as_json(declarations_read.read_declaration(db, UUID(stated["id"]), B))


async def test_what_was_referred_for_a_loss_alone_is_accepted_again_when_the_permit_is_found(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    waiting = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    await lost(permits_db, permit_id)
    referred = await _read(permits_db, waiting)
    assert (referred["status"], referred["usage"][0]["reserved"]) == ("referred", "100")
    assert referred["history"][-1]["reason"] == f"Permit {permit.number} of ZA is lost"
    await found(permits_db, permit_id)
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
    await revoked(permits_db, permit_id)
    gone = await _read(permits_db, waiting)
    assert (gone["status"], [f["overridden"] for f in gone["findings"]]) == ("referred", [True, False])


async def test_what_else_stands_is_still_an_officers_when_the_permit_is_found(permits_db: AsyncEngine) -> None:
    permit, other = permit_content(), permit_content()
    permit_id, second = await issue_permit(permits_db, permit), await issue_permit(permits_db, other)
    for one in (permit_id, second):
        await endorse_permit(permits_db, one, A="118")
    source = await lodge_declaration(permits_db, declaration(item(permit, "50", source="W")))
    both = await lodge_declaration(
        permits_db, declaration(item(permit_content(number=other.number), "9"), item(other, "9", 2))
    )
    assert (source["status"], both["status"]) == ("referred", "accepted")
    await lost(permits_db, permit_id)
    await lost(permits_db, second)
    await found(permits_db, permit_id)
    told = await _read(permits_db, source)
    assert (told["status"], told["history"][-1]["event"]) == ("referred", "declaration.overridden")
    assert [f["rule"] for f in told["findings"] if not f["overridden"]] == ["CITES-box-10-source"]
    assert (await _read(permits_db, both))["status"] == "referred", "its permit is lost still"
