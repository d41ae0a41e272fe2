"""Powers over a registered permit: those of the registering country end when the issuer's authority joins."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import parties
from services.permits.actions.permits import endorse, issue, issue_batch, read, take_over, withdraw
from services.permits.actions.permits.issue_batch import IssueRequest
from services.permits.store.parties import lock_has_authority
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement, Loss, Permit, Recovery, Revocation, Takeover
from shared.database import now
from shared.idempotency import StoredResponse
from shared.problems import Conflict, NotAllowed, NotFound, ProblemError
from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    AUTHORITY_FR,
    CUSTOMS_FR,
    SEALER,
    command,
    declaration,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
)
from tests.waiting import wait_for_lock

AUTHORITY_KE = party("authority", "KE")
CUSTOMS_KE = party("customs", "KE")
BOX_14 = Endorsement.model_validate({"lines": [{"line": "A", "quantity": "100"}]})


def kenyan_permit(**more: Any) -> Permit:
    """Return the content of an export permit of KE, which FR may register until KE joins."""
    return permit_content(issuer="KE", export_country="KE", **more)


async def join(db: AsyncEngine, *, disabled: bool = False) -> None:
    """Store the authority of KE as the gateway sends it."""
    await parties.store_changed(db, [AUTHORITY_KE.model_copy(update={"disabled": disabled})])


async def view(response: StoredResponse) -> dict[str, Any]:
    """Return the permit of a response."""
    return dict(json.loads(response.body))


async def read_permit(db: AsyncEngine, permit_id: UUID, reader: Party = AUTHORITY_KE) -> dict[str, Any]:
    """Return a permit as an office reads it."""
    return dict(json.loads((await read.read_permit(db, permit_id, reader, now())).model_dump_json(by_alias=True)))


@pytest.mark.parametrize("disabled", [False, True])
async def test_registering_country_has_no_power_after_the_issuer_joined(
    permits_db: AsyncEngine, disabled: bool
) -> None:
    permit_id = await issue_permit(permits_db, kenyan_permit(), AUTHORITY_FR)
    await endorse.endorse(permits_db, permit_id, CUSTOMS_FR, BOX_14, command())
    await withdraw.report_lost(permits_db, permit_id, AUTHORITY_FR, Loss(), command())
    await withdraw.report_found(permits_db, permit_id, AUTHORITY_FR, Recovery(), command())
    await join(permits_db, disabled=disabled)
    reason = Revocation(reason="Wrong")
    fr = AUTHORITY_FR
    acts: list[Callable[[], Awaitable[StoredResponse]]] = [
        lambda: withdraw.revoke(permits_db, permit_id, fr, reason, command()),
        lambda: withdraw.replace(permits_db, permit_id, fr, kenyan_permit(), command(), sealer=SEALER),
        lambda: withdraw.report_lost(permits_db, permit_id, fr, Loss(), command()),
        lambda: withdraw.report_found(permits_db, permit_id, fr, Recovery(), command()),
        lambda: take_over.take_over(permits_db, permit_id, fr, Takeover(), command()),
        lambda: endorse.endorse(permits_db, permit_id, CUSTOMS_FR, BOX_14, command()),
    ]
    for act in acts:
        with pytest.raises(NotAllowed) as refused:
            await act()
        assert refused.value.code == "issuer-has-authority"
        assert "KE" in refused.value.detail
    with pytest.raises(NotAllowed) as refused:
        await issue.issue(permits_db, fr, kenyan_permit(), command(), sealer=SEALER)
    assert refused.value.code == "not-the-issuing-authority"
    assert len((await read_permit(permits_db, permit_id))["history"]) == 4


async def test_registering_country_does_not_take_over_while_the_issuer_is_absent(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, kenyan_permit(), AUTHORITY_FR)
    with pytest.raises(NotAllowed) as refused:
        await take_over.take_over(permits_db, permit_id, AUTHORITY_FR, Takeover(), command())
    assert refused.value.code == "not-the-issuing-authority"
    with pytest.raises(NotFound):
        await take_over.take_over(permits_db, permit_id, party("authority", "DE"), Takeover(), command())


async def test_takeover_keeps_status_and_reservations_and_is_recorded(permits_db: AsyncEngine) -> None:
    permit = kenyan_permit()
    permit_id = await issue_permit(permits_db, permit, AUTHORITY_FR)
    await endorse.endorse(permits_db, permit_id, CUSTOMS_FR, BOX_14, command())
    cites = item(permit, "40", origin_country="ZA")
    shipment: dict[str, Any] = {"export_country": "KE"}
    lodged = await lodge_declaration(permits_db, declaration(cites, **shipment))
    assert severities(lodged) == {"CITES-box-6-registered": "note"}
    await join(permits_db)
    listed = await read.list_permits(permits_db, AUTHORITY_KE, {"issuer": "KE"}, limit=9, before=None, at=now())
    assert [one["registered_by"]["country"] for one in json.loads(listed.body)["data"]] == ["FR"]
    taken = await view(
        await take_over.take_over(permits_db, permit_id, AUTHORITY_KE, Takeover(reason="Ours"), command())
    )
    assert taken["registered_by"] == {"party": str(AUTHORITY_KE.id), "country": "KE"}
    assert (taken["status"], taken["version"]) == ("endorsed", 3)
    assert taken["lines"][0]["balance"] | {"closed": None} == {
        "granted": "120", "endorsed": "100", "consented": "0", "reserved": "40", "consumed": "0", "available": "60",
        "closed": None,
    }  # fmt: skip
    entry = taken["history"][-1]
    assert (entry["event"], entry["taken_over_from"], entry["reason"]) == ("permit.taken_over", "FR", "Ours")
    assert (entry["from"], entry["to"], entry["by"]["party"]) == ("endorsed", "endorsed", str(AUTHORITY_KE.id))
    assert "taken_over_from" not in taken["history"][0]
    with pytest.raises(Conflict) as refused:
        await take_over.take_over(permits_db, permit_id, AUTHORITY_KE, Takeover(), command())
    assert refused.value.code == "permit-already-own"
    with pytest.raises(NotFound):
        await withdraw.revoke(permits_db, permit_id, AUTHORITY_FR, Revocation(reason="Wrong"), command())
    async with permits_db.connect() as conn:
        query = text("SELECT data, audience FROM outbox_events WHERE type = 'permit.taken_over'")
        [(data, audience)] = [map(json.loads, row) for row in (await conn.execute(query)).all()]
    assert (data["taken_over_from"], data["status"]) == ("FR", "endorsed")
    assert {"role": "authority", "country": "FR"} in audience["offices"]
    revoked = await withdraw.revoke(permits_db, permit_id, AUTHORITY_KE, Revocation(reason="Wrong"), command())
    assert (await view(revoked))["status"] == "revoked"


async def test_takeover_of_a_withdrawn_permit_is_refused(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, kenyan_permit(), AUTHORITY_FR)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_FR, Revocation(reason="Wrong"), command())
    await join(permits_db)
    with pytest.raises(Conflict) as refused:
        await take_over.take_over(permits_db, permit_id, AUTHORITY_KE, Takeover(), command())
    assert refused.value.code == "invalid-transition"


async def issue_alone(db: AsyncEngine, permit: Permit) -> int | str:
    """Issue a permit of KE. Return the status, or the code of the error."""
    try:
        return (await issue.issue(db, AUTHORITY_KE, permit, command(), sealer=SEALER)).status
    except ProblemError as error:
        return error.code


async def issue_in_bulk(db: AsyncEngine, permit: Permit) -> int | str:
    """Issue a permit of KE in a batch. Return the status, or the code of the error."""
    [found] = await issue_batch.issue_permits(db, AUTHORITY_KE, [IssueRequest(command(), permit)], sealer=SEALER)
    return found.code if isinstance(found, ProblemError) else found.status


@pytest.mark.parametrize("issue_one", [issue_alone, issue_in_bulk])
async def test_issuer_uses_a_registered_number_after_it_voided_that_permit(
    permits_db: AsyncEngine, issue_one: Any
) -> None:
    registered = kenyan_permit()
    permit_id = await issue_permit(permits_db, registered, AUTHORITY_FR)
    await join(permits_db)
    own = kenyan_permit(number=registered.number.lower(), purpose="Z")
    assert await issue_one(permits_db, own) == "permit-number-registered"
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_KE, Revocation(reason="Not ours"), command())
    assert await issue_one(permits_db, own) == 201
    assert await issue_one(permits_db, own) == "permit-number-taken"
    void = await read_permit(permits_db, permit_id, AUTHORITY_FR)
    assert (void["status"], void["number"]) == ("revoked", registered.number)
    found = await read.list_permits(permits_db, AUTHORITY_KE, {"number": own.number}, limit=9, before=None, at=now())
    assert [one["purpose"] for one in json.loads(found.body)["data"]] == ["Z"]


async def test_registering_country_does_not_use_a_voided_number_again(permits_db: AsyncEngine) -> None:
    registered = kenyan_permit()
    permit_id = await issue_permit(permits_db, registered, AUTHORITY_FR)
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_FR, Revocation(reason="Mistyped"), command())
    with pytest.raises(Conflict) as refused:
        await issue.issue(permits_db, AUTHORITY_FR, registered, command(), sealer=SEALER)
    assert refused.value.code == "permit-number-taken"


async def test_issuer_replaces_a_registered_permit_under_the_same_number(permits_db: AsyncEngine) -> None:
    registered = kenyan_permit()
    permit_id = await issue_permit(permits_db, registered, AUTHORITY_FR)
    await endorse.endorse(permits_db, permit_id, CUSTOMS_FR, BOX_14, command())
    cites = item(registered, "40", origin_country="ZA")
    shipment: dict[str, Any] = {"export_country": "KE"}
    first = await lodge_declaration(permits_db, declaration(cites, **shipment))
    assert first["status"] == "accepted"
    await join(permits_db)
    own = kenyan_permit(number=registered.number)
    replaced = await view(await withdraw.replace(permits_db, permit_id, AUTHORITY_KE, own, command(), sealer=SEALER))
    assert (replaced["status"], replaced["replaced_by"]["number"]) == ("replaced", own.number)
    new_id = UUID(replaced["replaced_by"]["id"])
    await endorse.endorse(permits_db, new_id, CUSTOMS_KE, BOX_14, command())
    second = await lodge_declaration(permits_db, declaration(cites, **shipment))
    assert (second["status"], second["usage"][0]["permit"]["id"]) == ("accepted", str(new_id))
    again = kenyan_permit(number=registered.number)
    with pytest.raises(Conflict) as refused:
        await withdraw.replace(permits_db, new_id, AUTHORITY_KE, again, command(), sealer=SEALER)
    assert refused.value.code == "permit-number-taken", "its own number stays used"


async def test_authority_that_joins_waits_for_a_running_registration(permits_db: AsyncEngine) -> None:
    async with permits_db.begin() as registration:
        assert not await lock_has_authority(registration, "KE")
        joining = asyncio.create_task(join(permits_db))
        await wait_for_lock(permits_db)
        assert not await lock_has_authority(registration, "KE")
    await joining
    async with permits_db.connect() as conn:
        assert await lock_has_authority(conn, "KE")
