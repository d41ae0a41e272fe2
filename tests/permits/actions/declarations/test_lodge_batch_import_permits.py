"""Import permits that are cited alone: their export documents are locked, reserved and written off once."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions, validate
from services.permits.actions.permits import withdraw
from services.permits.store import policies
from shared.contracts.declaration import Release
from shared.contracts.permit import Permit, Revocation
from shared.contracts.policy import Policy
from shared.database import new_id, now
from tests.permits.declaration_steps import check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


async def allow_import_permit_alone(db: AsyncEngine) -> None:
    """Store the policy of France under which the import permit is cited alone."""
    async with db.begin() as conn:
        assert await policies.store_version(conn, "FR", Policy(import_permit_cited_alone=True), 1, new_id(), now())


async def exported_permit(db: AsyncEngine, quantity: str = "100") -> tuple[UUID, Permit]:
    """Return an export permit of ZA, with its id, of which this quantity was endorsed."""
    content = permit_content()
    permit_id = await issue_permit(db, content)
    await endorse_permit(db, permit_id, A=quantity)
    return permit_id, content


async def import_permit_naming(db: AsyncEngine, number: str, quantity: str = "120") -> tuple[UUID, Permit]:
    """Return an import permit of FR, with its id, that names an export permit of ZA."""
    named = line("A", quantity, origin_permit=number, origin_date="2020-01-01")
    content = permit_content(named, kind="import", issuer="FR", number=f"FR-{new_id().hex[-8:]}")
    return await issue_permit(db, content, AUTHORITY_FR), content


def rules_of(found: dict[str, Any]) -> set[str]:
    """Return the rules of the findings of a declaration."""
    return {finding["rule"] for finding in found["findings"]}


async def test_import_permit_alone_writes_off_the_export_permit_that_it_names(permits_db: AsyncEngine) -> None:
    await allow_import_permit_alone(permits_db)
    export_id, exported = await exported_permit(permits_db)
    _, imported = await import_permit_naming(permits_db, exported.number)
    found = await lodge_declaration(permits_db, declaration(item(imported, "100")))
    assert found["status"] == "accepted"
    assert [one["number"] for one in found["items"][0]["documents"]] == [imported.number, exported.number]
    assert (await balance(permits_db, export_id))["reserved"] == "100"
    released = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert released["status"] == "released"
    assert (await balance(permits_db, export_id))["consumed"] == "100"
    await check_balances(permits_db)


async def test_export_permit_is_never_used_twice_by_two_import_permits(permits_db: AsyncEngine) -> None:
    await allow_import_permit_alone(permits_db)
    _, exported = await exported_permit(permits_db)
    first, second = [(await import_permit_naming(permits_db, exported.number))[1] for _ in range(2)]
    assert (await lodge_declaration(permits_db, declaration(item(first, "60"))))["status"] == "accepted"
    found = await lodge_declaration(permits_db, declaration(item(second, "60")))
    assert found["status"] == "rejected"
    assert {"CITES-VI.6-second-use", "CITES-box-11-quantity"} <= rules_of(found)


async def test_import_permits_of_one_export_permit_at_the_same_moment_reserve_it_once(permits_db: AsyncEngine) -> None:
    await allow_import_permit_alone(permits_db)
    export_id, exported = await exported_permit(permits_db)
    cited = [(await import_permit_naming(permits_db, exported.number))[1] for _ in range(4)]
    found = await asyncio.gather(*(lodge_declaration(permits_db, declaration(item(one, "60"))) for one in cited))
    assert sorted(one["status"] for one in found) == ["accepted", "rejected", "rejected", "rejected"]
    assert (await balance(permits_db, export_id))["reserved"] == "60"
    await check_balances(permits_db)


async def test_export_permit_revoked_after_the_check_refers_the_import(permits_db: AsyncEngine) -> None:
    await allow_import_permit_alone(permits_db)
    export_id, exported = await exported_permit(permits_db)
    _, imported = await import_permit_naming(permits_db, exported.number)
    found = await lodge_declaration(permits_db, declaration(item(imported, "60")))
    await withdraw.revoke(permits_db, export_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    referred = await as_json(read.read_declaration(permits_db, UUID(found["id"]), B))
    assert (referred["status"], "CITES-VI.1-withdrawn" in rules_of(referred)) == ("referred", True)
    again = declaration(item(imported, "60"))
    validated = await as_json(validate.validate(permits_db, again, B, new_id(), now()))
    assert (validated["status"], "CITES-VI.1-withdrawn" in rules_of(validated)) == ("rejected", True)
