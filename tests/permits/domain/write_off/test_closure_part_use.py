"""Part uses: parts of one shipment at the same time, and part loads that leave and arrive one after the other."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.permits import endorse
from services.permits.actions.permits import read as permits_read
from shared.contracts.declaration import Correction, Override, Refusal, Release
from shared.contracts.permit import Endorsement, Permit
from shared.database import now
from shared.problems import Conflict
from tests.permits.declaration_steps import run_command, severities
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    export_balance,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


async def test_part_uses_of_one_shipment_are_reserved_together(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "transport_document": "MAEU-1"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    first = await lodge_declaration(permits_db, declaration(item(permit, "100", **part), transport_document="MAEU-1"))
    second = await lodge_declaration(permits_db, declaration(item(permit, "18", **part), transport_document="MAEU-1"))
    third = await lodge_declaration(permits_db, declaration(item(permit, "1", **part), transport_document="MAEU-1"))
    assert [first["status"], second["status"], third["status"]] == ["accepted", "accepted", "rejected"]
    assert set(severities(third)) == {"CITES-box-11-quantity"}


async def test_second_use_follows_its_remedy_and_is_accepted(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "transport_document": "MAEU-1"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    first = await lodge_declaration(permits_db, declaration(item(permit, "100")))
    second = await lodge_declaration(permits_db, declaration(item(permit, "18")))
    [remedy] = [one["remedy"] for one in second["findings"] if one["rule"] == "CITES-VI.6-second-use"]
    assert 'both state `"use": "part"` and the transport document of box 15' in remedy
    for found, quantity in ((first, "100"), (second, "18")):
        part: Any = item(permit, quantity, document={"use": "part"})
        amended = declaration(part, reference=found["reference"], transport_document="MAEU-1")
        assert (await run_command(permits_db, transitions.amend, found, B, amended))["status"] == "accepted"


async def endorse_two_loads(permits_db: AsyncEngine, permit: Permit) -> None:
    """Issue a permit and endorse two part loads, each with its own transport document."""
    permit_id = await issue_permit(permits_db, permit)
    for document, quantity in (("MAEU-1", "60"), ("MAEU-2", "58")):
        box_14 = {"lines": [{"line": "A", "quantity": quantity}], "transport_document": document}
        await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())


@pytest.mark.parametrize("released", [False, True])
async def test_part_loads_with_different_transport_documents_are_accepted_in_order(
    permits_db: AsyncEngine, released: bool
) -> None:
    permit = permit_content()
    await endorse_two_loads(permits_db, permit)
    part: dict[str, Any] = {"document": {"use": "part"}}
    first = await lodge_declaration(permits_db, declaration(item(permit, "60", **part), transport_document="MAEU-1"))
    if released:
        await transitions.release(permits_db, UUID(first["id"]), CUSTOMS_FR, Release(), command())
    second = await lodge_declaration(permits_db, declaration(item(permit, "58", **part), transport_document="MAEU-2"))
    assert [(one["status"], severities(one)) for one in (first, second)] == [("accepted", {})] * 2


async def move_part_load(
    db: AsyncEngine, permit_id: UUID, permit: Permit, by: str, *, declared: bool, line: str = "A"
) -> None:
    """Move a part load of 60: endorse it, or release its export declaration if `declared`, then release its import."""
    cited = {"document": {"use": "part", "line": line}}
    if declared:
        out = declaration(item(permit, "60", **cited), movement="export", transport_document=by)
        left = await lodge_declaration(db, out, A)
        await transitions.release(db, UUID(left["id"]), CUSTOMS_ZA, Release(), command())
    else:
        box_14 = {"lines": [{"line": line, "quantity": "60"}], "transport_document": by}
        await endorse.endorse(db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    found = await lodge_declaration(db, declaration(item(permit, "60", **cited), transport_document=by))
    assert (found["status"], severities(found)) == ("accepted", {})
    await transitions.release(db, UUID(found["id"]), CUSTOMS_FR, Release(), command())


async def read_status_and_closure(db: AsyncEngine, permit_id: UUID, line: str = "A") -> tuple[str, bool, str]:
    """Return the status of a permit, whether the import side of a line is closed, and its consumed quantity."""
    kept = await balance(db, permit_id, line)
    found = await as_json(permits_read.read_permit(db, permit_id, AUTHORITY_ZA, now()))
    return found["status"], kept["closed"], kept["consumed"]


@pytest.mark.parametrize("declared", [False, True], ids=["box 14", "export declarations"])
async def test_next_part_load_leaves_after_the_last_one_arrived_in_full(
    permits_db: AsyncEngine, declared: bool
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await move_part_load(permits_db, permit_id, permit, "M-1", declared=declared)
    assert await read_status_and_closure(permits_db, permit_id) == ("exhausted", True, "60"), "so far"
    assert (await export_balance(permits_db, permit_id))["available"] == "60"
    await move_part_load(permits_db, permit_id, permit, "M-2", declared=declared)
    assert await read_status_and_closure(permits_db, permit_id) == ("exhausted", True, "120")


async def test_next_part_load_may_be_of_another_line(permits_db: AsyncEngine) -> None:
    permit = permit_content(line("A", "60"), line("B", "60", description="flanks"))
    permit_id = await issue_permit(permits_db, permit)
    await move_part_load(permits_db, permit_id, permit, "M-1", declared=False)
    assert await read_status_and_closure(permits_db, permit_id) == ("exhausted", True, "60"), "so far"
    await move_part_load(permits_db, permit_id, permit, "M-2", declared=False, line="B")
    assert await read_status_and_closure(permits_db, permit_id, "B") == ("exhausted", True, "60")


async def test_full_use_closes_the_line_although_more_could_leave(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="60")
    found = await lodge_declaration(permits_db, declaration(item(permit, "60")))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    assert await read_status_and_closure(permits_db, permit_id) == ("exhausted", True, "60")
    with pytest.raises(Conflict) as refused:
        await endorse_permit(permits_db, permit_id, A="60")
    assert refused.value.code == "invalid-transition"


async def test_endorsement_corrected_to_the_used_quantity_closes_a_line_of_part_uses(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    out = declaration(item(permit, "110"), movement="export", transport_document="M-1")
    left = await lodge_declaration(permits_db, out, A)
    await transitions.release(permits_db, UUID(left["id"]), CUSTOMS_ZA, Release(), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    found = await lodge_declaration(permits_db, declaration(item(permit, "60", **part), transport_document="M-1"))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command())
    assert await read_status_and_closure(permits_db, permit_id) == ("endorsed", False, "60")
    for quantity, expected in (("60", ("exhausted", True, "60")), ("70", ("endorsed", False, "60"))):
        items = [{"number": 1, "quantity": quantity}]
        fewer = Correction.model_validate({"items": items, "reason": "recounted"})
        await transitions.correct(permits_db, UUID(left["id"]), CUSTOMS_ZA, fewer, command())
        assert await read_status_and_closure(permits_db, permit_id) == expected


async def test_full_use_after_part_uses_needs_an_endorsed_transport_document(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    await endorse_two_loads(permits_db, permit)
    part: dict[str, Any] = {"document": {"use": "part"}}
    first = await lodge_declaration(permits_db, declaration(item(permit, "60", **part), transport_document="MAEU-1"))
    early = await lodge_declaration(permits_db, declaration(item(permit, "58"), transport_document="MAEU-2"))
    assert set(severities(early)) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    await transitions.release(permits_db, UUID(first["id"]), CUSTOMS_FR, Release(), command())
    unproven = await lodge_declaration(permits_db, declaration(item(permit, "1", **part), transport_document="OTHER"))
    assert (unproven["status"], severities(unproven)) == ("referred", {"CITES-box-15-part-use": "refer"})
    whole = await lodge_declaration(permits_db, declaration(item(permit, "1"), transport_document="OTHER"))
    assert set(severities(whole)) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    await transitions.refuse(
        permits_db, UUID(unproven["id"]), CUSTOMS_FR, Refusal(reason="of another shipment"), command()
    )
    last = await lodge_declaration(permits_db, declaration(item(permit, "58"), transport_document="MAEU-2"))
    assert (last["status"], severities(last)) == ("accepted", {})


IN_THE_SEA = {"taxon": "Hippocampus kuda", "source": "X"}


async def lodge_part_use(db: AsyncEngine, *cited: Permit, by: str | None = None, **goods: str) -> dict[str, Any]:
    """Lodge an import of 10 as a part use of several permits."""
    documents = [{"type": "C400", "number": p.number, "issuer": p.issuer, "use": "part"} for p in cited]
    more = {} if by is None else {"transport_document": by}
    stated = item(cited[0], "10", documents=documents, **goods)
    return await lodge_declaration(db, declaration(stated, export_country=cited[0].export_country, **more))


async def test_part_use_of_an_import_permit_follows_the_endorsed_export_permit(
    permits_db: AsyncEngine,
) -> None:
    leaving, arriving = permit_content(), permit_content(kind="import", issuer="FR")
    await endorse_two_loads(permits_db, leaving)
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    for document in ("MAEU-1", "MAEU-2", "MAEU-1"):
        part = await lodge_part_use(permits_db, arriving, leaving, by=document)
        assert (part["status"], severities(part)) == ("accepted", {}), document
        await transitions.release(permits_db, UUID(part["id"]), CUSTOMS_FR, Release(), command())
    for unknown in ("OTHER", None):
        unproven = await lodge_part_use(permits_db, arriving, leaving, by=unknown)
        issuers = [f["permit"]["issuer"] for f in unproven["findings"] if f["rule"] == "CITES-box-15-part-use"]
        assert (unproven["status"], issuers) == ("referred", ["FR", "ZA"])
        await transitions.refuse(permits_db, UUID(unproven["id"]), CUSTOMS_FR, Refusal(reason="of another"), command())


async def test_part_loads_of_an_import_permit_are_reserved_together(
    permits_db: AsyncEngine,
) -> None:
    leaving, arriving = permit_content(), permit_content(kind="import", issuer="FR")
    await endorse_two_loads(permits_db, leaving)
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    both = [await lodge_part_use(permits_db, arriving, leaving, by=document) for document in ("MAEU-1", "MAEU-2")]
    assert [(one["status"], severities(one)) for one in both] == [("accepted", {})] * 2


async def test_rejected_part_load_of_an_import_permit_is_accepted_by_override(
    permits_db: AsyncEngine,
) -> None:
    leaving, arriving = permit_content(), permit_content(kind="import", issuer="FR")
    await endorse_two_loads(permits_db, leaving)
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    wrong = {"documents": [{"number": p.number, "issuer": p.issuer, "use": "part"} for p in (arriving, leaving)]}
    stated = item(arriving, "10", taxon="Python regius", **wrong)
    stated["documents"] = [{**one, "line": "A"} for one in stated["documents"]]
    found = await lodge_declaration(permits_db, declaration(stated, transport_document="MAEU-2"))
    assert (found["status"], set(severities(found))) == ("rejected", {"CITES-box-7-taxon"})
    await lodge_part_use(permits_db, arriving, leaving, by="MAEU-1")
    over = Override(rule="CITES-box-7-taxon", reason="seen")
    kept = await transitions.override(permits_db, UUID(found["id"]), CUSTOMS_FR, over, command())
    assert json.loads(kept.body)["status"] == "accepted"


async def test_part_uses_without_any_endorsement_follow_the_shipment_of_the_first(
    permits_db: AsyncEngine,
) -> None:
    arriving = permit_content(line(**IN_THE_SEA), kind="introduction_from_the_sea", issuer="FR", export_country="ZZ")
    await issue_permit(permits_db, arriving, AUTHORITY_FR)
    parts = [await lodge_part_use(permits_db, arriving, by="M-1", **IN_THE_SEA) for _ in range(2)]
    assert [(one["status"], severities(one)) for one in parts] == [("accepted", {})] * 2
    for one in parts:
        await transitions.release(permits_db, UUID(one["id"]), CUSTOMS_FR, Release(), command())
    for other in ("M-2", None):
        unproven = await lodge_part_use(permits_db, arriving, by=other, **IN_THE_SEA)
        assert (unproven["status"], severities(unproven)) == ("referred", {"CITES-box-15-part-use": "refer"})
        await transitions.refuse(permits_db, UUID(unproven["id"]), CUSTOMS_FR, Refusal(reason="of another"), command())
