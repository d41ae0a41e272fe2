"""Release, refusal, cancellation and amendment of declarations, and their ledger entries."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import endorse
from services.permits.actions.permits import read as permits_read
from shared.conditional_requests import VersionCondition
from shared.contracts.declaration import Cancellation, Consent, Refusal, Release
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement
from shared.database import new_id
from shared.problems import Conflict, Invalid, NotFound
from tests.permits.declaration_steps import (
    REFUSAL,
    DeclarationAction,
    accepted_declaration,
    build_model,
    check_balances,
    run_command,
)
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_DE,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    OTHER_TRADER,
    A,
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


async def test_release_consumes_what_arrived_and_closes_the_line(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release))
    assert freed["status"] == "released"
    assert freed["usage"][0] | {"permit": None} == {
        "item": 1, "permit": None, "line": "A", "reserved": "0", "consumed": "100", "unit": "number",
    }  # fmt: skip
    kept = await balance(permits_db, permit_id)
    assert (kept["reserved"], kept["consumed"], kept["available"], kept["closed"]) == ("0", "100", "0", True)
    permit = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at))
    assert permit["status"] == "exhausted"
    assert [h["event"] for h in permit["history"]][-2:] == ["permit.used", "permit.exhausted"]
    await check_balances(permits_db)


async def test_release_of_a_released_declaration_is_refused(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert refused.value.code == "invalid-transition"
    assert "Customs may correct the release." in refused.value.detail
    after = await as_json(read.read_declaration(permits_db, UUID(found["id"]), B))
    assert [h["event"] for h in after["history"]].count("declaration.released") == 1


async def test_release_records_actual_quantities_and_dead_animals(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, term="LIV")
    actual = build_model(Release, items=[{"number": 1, "quantity": "90", "dead_on_arrival": 3}])
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, actual)
    assert (await balance(permits_db, permit_id))["consumed"] == "90"
    entries = await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA))
    assert [(e["kind"], e["quantity"], e["dead_on_arrival"]) for e in entries["data"]][-2:] == [
        ("release", "100", None),
        ("consume", "90", 3),
    ]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"number": 1, "quantity": "101"}], "more-than-declared"),
        ([{"number": 1, "quantity": "99.5"}], "quantity-not-whole"),
        ([{"number": 2, "quantity": "1"}], "no-such-item"),
        ([{"number": 1}, {"number": 1}], "item-twice"),
        ([{"number": 1, "dead_on_arrival": 1}], "dead-on-arrival"),
    ],
)
async def test_release_with_invalid_items_is_refused(
    permits_db: AsyncEngine, items: list[dict[str, Any]], code: str
) -> None:
    _, found = await accepted_declaration(permits_db)
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release, items=items))
    assert refused.value.code == code


async def test_release_of_a_part_use_keeps_the_line_open(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "transport_document": "MAEU-1"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, build_model(Endorsement, **box_14), command())
    part = item(permit, "100", document={"use": "part"})
    found = await lodge_declaration(permits_db, declaration(part, transport_document="MAEU-1"))
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release))
    kept = await balance(permits_db, permit_id)
    assert (kept["consumed"], kept["available"], kept["closed"]) == ("100", "18", False)


@pytest.mark.parametrize(
    ("act", "by", "body", "status"),
    [
        (transitions.refuse, CUSTOMS_FR, Refusal(reason="no"), "refused"),
        (transitions.cancel, B, Cancellation(), "cancelled"),
    ],
)
async def test_refusal_and_cancellation_return_the_reservations(
    permits_db: AsyncEngine, act: DeclarationAction, by: Party, body: Any, status: str
) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    ended = await run_command(permits_db, act, found, by, body)
    assert (ended["status"], (await balance(permits_db, permit_id))["reserved"]) == (status, "0")
    assert ended["history"][-1]["by"]["party"] == str(by.id)
    await check_balances(permits_db)
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release))
    assert refused.value.code == "invalid-transition"
    assert f"{status} is final" in refused.value.detail


@pytest.mark.parametrize(("act", "by", "body"), [
    (transitions.release, CUSTOMS_ZA, Release()), (transitions.release, CUSTOMS_DE, Release()),
    (transitions.refuse, CUSTOMS_ZA, Refusal(reason="x")), (transitions.cancel, OTHER_TRADER, Cancellation()),
    (transitions.consent, AUTHORITY_FR, Consent.model_validate({"item": 1, "quantity": "1"})),
])  # fmt: skip
async def test_decision_by_a_party_without_permission_is_not_found(
    permits_db: AsyncEngine, act: DeclarationAction, by: Party, body: Any
) -> None:
    _, found = await accepted_declaration(permits_db)
    with pytest.raises(NotFound):
        await run_command(permits_db, act, found, by, body)


async def test_amendment_of_the_countries_is_refused(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    moved = declaration(item(permit_content(number=number), "1"), reference=found["reference"], import_country="DE")
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.amend, found, B, moved)
    assert refused.value.faults[0].pointer == "/import_country"


async def test_dead_animals_are_accepted_by_the_term_of_the_line(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(term="LIV"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodge_declaration(permits_db, declaration(vague))
    dead = build_model(Release, items=[{"number": 1, "dead_on_arrival": 2}])
    assert (await run_command(permits_db, transitions.release, found, CUSTOMS_FR, dead))["status"] == "released"


async def test_release_of_zero_consumes_nothing_and_keeps_the_line_open(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    none = build_model(Release, items=[{"number": 1, "quantity": "0"}])
    assert (await run_command(permits_db, transitions.release, found, CUSTOMS_FR, none))["status"] == "released"
    kept = await balance(permits_db, permit_id)
    assert [kept["consumed"], kept["available"], kept["closed"]] == ["0", "118", False]


async def test_amendment_replaces_the_reservations(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    again = declaration(item(permit_content(number=number), "118"), reference=found["reference"])
    kept = await transitions.amend(permits_db, UUID(found["id"]), B, again, command())
    amended = json.loads(kept.body)
    assert (amended["status"], amended["version"], (await balance(permits_db, permit_id))["reserved"]) == (
        "accepted",
        2,
        "118",
    )
    assert [h["event"] for h in amended["history"]] == [
        "declaration.received", "declaration.accepted", "declaration.amended", "declaration.accepted",
    ]  # fmt: skip
    await check_balances(permits_db)
    over = declaration(item(permit_content(number=number), "119"), reference=found["reference"])
    kept = await transitions.amend(permits_db, UUID(found["id"]), B, over, command())
    assert (json.loads(kept.body)["status"], (await balance(permits_db, permit_id))["reserved"]) == ("rejected", "0")
    stale = replace(command(), condition=VersionCondition(versions=frozenset({1})))
    late: list[tuple[DeclarationAction, Party, Any]] = [
        (transitions.amend, B, over),
        (transitions.cancel, B, Cancellation()),
        (transitions.refuse, CUSTOMS_FR, REFUSAL),
    ]
    for act, by, body in late:
        with pytest.raises(Conflict) as refused:
            await act(permits_db, UUID(found["id"]), by, body, stale)
        assert refused.value.code == "version-stale"


async def test_command_repeated_with_its_key_has_one_effect_and_one_response(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    name = new_id()
    first = await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name))
    second = await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name))
    assert (first.body, first.replayed, second.replayed) == (second.body, False, True)
    assert (await balance(permits_db, permit_id))["consumed"] == "100"
    with pytest.raises(Invalid) as refused:
        await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name, b"other"))
    assert refused.value.code == "idempotency-key-reused"


async def test_release_of_an_export_leaves_the_import_permit_that_it_cites_unused(permits_db: AsyncEngine) -> None:
    own, supporting = permit_content(), permit_content(kind="import", issuer="FR")
    await issue_permit(permits_db, own)
    import_id = await issue_permit(permits_db, supporting, AUTHORITY_FR)
    before = await as_json(permits_read.read_permit(permits_db, import_id, AUTHORITY_FR, command().at))
    stated = item(own, "100")
    stated["documents"].append({"type": "C400", "number": supporting.number, "issuer": "FR"})
    found = await lodge_declaration(permits_db, declaration(stated, movement="export"), A)
    assert (found["status"], [one["rule"] for one in found["findings"]]) == (
        "accepted",
        ["CITES-III.2(d)-import-permit"],
    )
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_ZA, build_model(Release))
    assert freed["status"] == "released"
    after = await as_json(permits_read.read_permit(permits_db, import_id, AUTHORITY_FR, command().at))
    assert after == before
