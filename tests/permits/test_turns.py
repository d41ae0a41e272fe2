"""Customs, traders and authorities send declarations and permits on their way; the ledger follows."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import intake, reading, registry, turns
from services.permits.domain.ledger import Entry, Kind, Side, recompute
from services.permits.store.commands import Command, Kept
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Refusal, Release
from shared.contracts.people import Party
from shared.contracts.permit import Endorsement, Revocation
from shared.database import new_id
from shared.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.permits.people import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_DE,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    STRANGER,
    TODAY,
    A,
    B,
    balance,
    command,
    declaration,
    endorsed,
    export_balance,
    issued,
    item,
    letter,
    line,
    lodged,
    party,
    terms,
)

NO = Refusal(reason="no")
Turn = Callable[[AsyncEngine, UUID, Party, Any, Command], Awaitable[Kept]]


async def turn(
    db: AsyncEngine, act: Turn, found: dict[str, Any], by: Party, stated: Any, name: UUID | None = None
) -> dict[str, Any]:
    kept = await act(db, UUID(found["id"]), by, stated, command(name))
    return dict(json.loads(kept.answer))


def stated(model: Any, **fields: Any) -> Any:
    return model.model_validate(fields)


async def accepted(db: AsyncEngine, quantity: str = "100", **more: Any) -> tuple[UUID, dict[str, Any]]:
    permit = terms(line(**more))
    id = await issued(db, permit)
    await endorsed(db, id, A="118")
    found = await lodged(db, declaration(item(permit, quantity, **({"term": more["term"]} if "term" in more else {}))))
    assert found["status"] == "accepted"
    return id, found


async def entries_add_up(db: AsyncEngine) -> None:
    """Work every balance out again from its entries."""
    async with db.connect() as conn:
        rows = (await conn.execute(text("SELECT * FROM ledger ORDER BY number"))).mappings().all()
        lines = (await conn.execute(text("SELECT * FROM permit_lines"))).mappings().all()
    for kept in lines:
        mine = [r for r in rows if (r["permit_id"], r["line"]) == (kept["permit_id"], kept["line"])]
        told = recompute(
            Entry(Side(r["side"]), Kind(r["kind"]), r["quantity"], closes=r["closes"], opens=r["opens"]) for r in mine
        )
        for name in vars(told):
            assert getattr(told, name) == kept[name], name


async def test_a_release_consumes_what_arrived_and_closes_the_line(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    freed = await turn(permits_db, turns.release, found, CUSTOMS_FR, stated(Release))
    assert freed["status"] == "released"
    assert freed["usage"][0] | {"permit": None} == {
        "item": 1, "permit": None, "line": "A", "reserved": "0", "consumed": "100", "unit": "number",
    }  # fmt: skip
    kept = await balance(permits_db, id)
    assert (kept["reserved"], kept["consumed"], kept["available"], kept["closed"]) == ("0", "100", "0", True)
    permit = await reading.permit(permits_db, id, AUTHORITY_ZA, command().at)
    assert permit["status"] == "exhausted"
    assert [h["event"] for h in permit["history"]][-2:] == ["permit.used", "permit.exhausted"]
    await entries_add_up(permits_db)


async def test_what_is_released_is_not_released_again(permits_db: AsyncEngine) -> None:
    _, found = await accepted(permits_db)
    await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())
    assert refused.value.code == "wrong-turn"
    after = await reading.declaration(permits_db, UUID(found["id"]), B)
    assert [h["event"] for h in after["history"]].count("declaration.released") == 1


async def test_a_release_takes_actual_quantities_and_the_dead(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db, term="LIV")
    actual = stated(Release, items=[{"number": 1, "quantity": "90", "dead_on_arrival": 3}])
    await turn(permits_db, turns.release, found, CUSTOMS_FR, actual)
    assert (await balance(permits_db, id))["consumed"] == "90"
    story = await reading.story(permits_db, id, AUTHORITY_ZA)
    assert [(e["kind"], e["quantity"], e["dead_on_arrival"]) for e in story["data"]][-2:] == [
        ("release", "100", None),
        ("consume", "90", 3),
    ]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"number": 1, "quantity": "101"}], "more-than-declared"),
        ([{"number": 2, "quantity": "1"}], "no-such-item"),
        ([{"number": 1}, {"number": 1}], "item-twice"),
        ([{"number": 1, "dead_on_arrival": 1}], "dead-on-arrival"),
    ],
)
async def test_a_release_of_what_was_not_declared_is_refused(
    permits_db: AsyncEngine, items: list[dict[str, Any]], code: str
) -> None:
    _, found = await accepted(permits_db)
    with pytest.raises(Invalid) as refused:
        await turn(permits_db, turns.release, found, CUSTOMS_FR, stated(Release, items=items))
    assert refused.value.code == code


async def test_a_part_use_keeps_the_line_open(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "transport_document": "MAEU-1"}
    await registry.endorse(permits_db, id, CUSTOMS_ZA, stated(Endorsement, **box_14), command())
    part = item(permit, "100", document={"use": "part"})
    found = await lodged(permits_db, declaration(part, transport_document="MAEU-1"))
    await turn(permits_db, turns.release, found, CUSTOMS_FR, stated(Release))
    kept = await balance(permits_db, id)
    assert (kept["consumed"], kept["available"], kept["closed"]) == ("100", "18", False)


@pytest.mark.parametrize(
    ("act", "by", "body", "status"),
    [(turns.refuse, CUSTOMS_FR, Refusal(reason="no"), "refused"), (turns.cancel, B, Cancellation(), "cancelled")],
)
async def test_a_refusal_and_a_cancellation_give_back(
    permits_db: AsyncEngine, act: Turn, by: Party, body: Any, status: str
) -> None:
    id, found = await accepted(permits_db)
    ended = await turn(permits_db, act, found, by, body)
    assert (ended["status"], (await balance(permits_db, id))["reserved"]) == (status, "0")
    assert ended["history"][-1]["by"]["party"] == str(by.id)
    await entries_add_up(permits_db)
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, turns.release, found, CUSTOMS_FR, stated(Release))
    assert refused.value.code == "wrong-turn"
    assert f"{status} is final" in refused.value.detail


@pytest.mark.parametrize(("act", "by", "body"), [
    (turns.release, CUSTOMS_ZA, Release()), (turns.release, CUSTOMS_DE, Release()),
    (turns.refuse, CUSTOMS_ZA, Refusal(reason="x")), (turns.cancel, STRANGER, Cancellation()),
    (turns.consent, AUTHORITY_FR, Consent.model_validate({"item": 1, "quantity": "1"})),
])  # fmt: skip
async def test_what_is_not_ones_own_to_decide_is_not_there(
    permits_db: AsyncEngine, act: Turn, by: Party, body: Any
) -> None:
    _, found = await accepted(permits_db)
    with pytest.raises(NotFound):
        await turn(permits_db, act, found, by, body)


async def test_a_release_of_an_export_is_an_endorsement(permits_db: AsyncEngine) -> None:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    id = await issued(permits_db, permit)
    out = await lodged(permits_db, declaration(item(permit, "119"), movement="export"), A)
    freed = await turn(
        permits_db, turns.release, out, CUSTOMS_ZA, stated(Release, items=[{"number": 1, "quantity": "118"}])
    )
    assert freed["status"] == "released"
    kept = await balance(permits_db, id)
    assert (kept["granted"], kept["endorsed"], kept["available"], kept["closed"]) == ("120", "118", "118", False)
    assert (await balance(permits_db, id, "B"))["available"] == "0", "a line not named has nothing left"
    assert (await export_balance(permits_db, id))["endorsed"] == "118"
    await entries_add_up(permits_db)


async def shipped(db: AsyncEngine, quantity: str, *parts: str) -> tuple[UUID, list[dict[str, Any]]]:
    """Endorse so much under one bill of lading, and lodge part uses of it."""
    permit = terms()
    id = await issued(db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": quantity}], "transport_document": "MAEU-1"}
    await registry.endorse(db, id, CUSTOMS_ZA, stated(Endorsement, **box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    uses = [declaration(item(permit, one, **part), transport_document="MAEU-1") for one in parts]
    return id, [await lodged(db, one) for one in uses]


async def test_where_less_left_than_was_set_aside_the_youngest_gives_way(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    out = await lodged(permits_db, declaration(item(permit, "110"), movement="export"), A)
    out = await turn(permits_db, turns.release, out, CUSTOMS_ZA, Release())
    part: dict[str, Any] = {"document": {"use": "part"}}
    both = [declaration(item(permit, one, **part), transport_document="T") for one in ("60", "50")]
    old, young = [await lodged(permits_db, one) for one in both]
    over = stated(Override, rule="CITES-box-15-part-use", reason="one ship")
    await turn(permits_db, turns.override, old, CUSTOMS_FR, over)
    await turn(permits_db, turns.override, young, CUSTOMS_FR, over)
    less = stated(Correction, items=[{"number": 1, "quantity": "100"}], reason="recounted")
    await turn(permits_db, turns.correct, out, CUSTOMS_ZA, less)
    old, young = [await reading.declaration(permits_db, UUID(one["id"]), B) for one in (old, young)]
    assert (old["status"], old["usage"][0]["reserved"]) == ("accepted", "60")
    assert (young["status"], young["usage"][0]["reserved"]) == ("referred", "0")
    assert young["findings"][-1]["rule"] == "CITES-box-14-endorsed-for-less"
    assert (await balance(permits_db, id))["available"] == "40"
    await entries_add_up(permits_db)


async def test_another_shipment_does_not_pass_after_a_part_use(permits_db: AsyncEngine) -> None:
    id, (first,) = await shipped(permits_db, "118", "40")
    await turn(permits_db, turns.release, first, CUSTOMS_FR, Release())
    number = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    other = declaration(item(terms(number=number), "78"), transport_document="OTHER-9")
    assert (await lodged(permits_db, other))["status"] == "rejected"
    rest = declaration(item(terms(number=number), "78"), transport_document="MAEU-1")
    assert (await lodged(permits_db, rest))["status"] == "accepted"


async def test_part_uses_close_a_line_exactly_while_nothing_is_left(permits_db: AsyncEngine) -> None:
    id, (first, second) = await shipped(permits_db, "100", "60", "40")
    await turn(permits_db, turns.release, first, CUSTOMS_FR, Release())
    assert not (await balance(permits_db, id))["closed"]
    await turn(permits_db, turns.release, second, CUSTOMS_FR, Release())
    assert (await balance(permits_db, id))["closed"]
    less = stated(Correction, items=[{"number": 1, "quantity": "30"}], reason="recounted")
    await turn(permits_db, turns.correct, second, CUSTOMS_FR, less)
    kept = await balance(permits_db, id)
    assert [kept["closed"], kept["available"]] == [False, "10"]
    await entries_add_up(permits_db)


async def test_items_of_one_line_are_counted_together(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="100")
    found = await lodged(permits_db, declaration(item(permit, "60"), item(permit, "40", 2)))
    found = await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())
    none = [{"number": 1, "quantity": "0"}, {"number": 2, "quantity": "0"}]
    await turn(permits_db, turns.correct, found, CUSTOMS_FR, stated(Correction, items=none, reason="never came"))
    kept = await balance(permits_db, id)
    assert [kept["consumed"], kept["closed"], kept["available"]] == ["0", False, "100"]
    await entries_add_up(permits_db)


async def test_an_amendment_keeps_the_countries(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    number = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    moved = declaration(item(terms(number=number), "1"), reference=found["reference"], import_country="DE")
    with pytest.raises(Invalid) as refused:
        await turn(permits_db, turns.amend, found, B, moved)
    assert refused.value.faults[0].pointer == "/import_country"


async def test_what_could_not_be_checked_is_not_waved_through(permits_db: AsyncEngine) -> None:
    permit = terms()
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    one = declaration(item(permit, "5000"))
    sent = letter(one).model_copy(update={"unverified": "it broke"})
    await intake.take_in_batch(permits_db, [sent], command().at)
    over = stated(Override, rule="unverified", reason="looks fine")
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, turns.override, {"id": str(sent.id)}, CUSTOMS_FR, over)
    assert refused.value.code == "not-checked"
    amended = await turn(permits_db, turns.amend, {"id": str(sent.id)}, B, one)
    assert amended["status"] == "rejected"


async def test_the_issuing_authority_consents_though_it_trades_on_neither_side(permits_db: AsyncEngine) -> None:
    ma = party("authority", "CN")
    permit = terms(issuer="CN", export_country="HK")
    await issued(permits_db, permit, ma)
    found = await lodged(permits_db, declaration(item(permit, "130"), export_country="HK"))
    assert found["status"] == "rejected"
    await turn(permits_db, turns.consent, found, ma, stated(Consent, item=1, quantity="10"))


async def test_the_dead_are_counted_by_the_term_of_the_line_too(permits_db: AsyncEngine) -> None:
    permit = terms(line(term="LIV"))
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodged(permits_db, declaration(vague))
    dead = stated(Release, items=[{"number": 1, "dead_on_arrival": 2}])
    assert (await turn(permits_db, turns.release, found, CUSTOMS_FR, dead))["status"] == "released"


async def test_an_endorsement_below_what_is_set_aside_gives_back(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    held = await lodged(permits_db, declaration(item(permit, "119")))
    assert held["status"] == "referred"
    await endorsed(permits_db, id, A="118")
    after = await reading.declaration(permits_db, UUID(held["id"]), B)
    assert after["status"] == "referred"
    assert after["findings"][-1]["rule"] == "CITES-box-14-endorsed-for-less"
    assert (after["usage"][0]["reserved"], (await balance(permits_db, id))["available"]) == ("0", "118")
    await entries_add_up(permits_db)


async def test_an_endorsement_below_what_was_consumed_is_refused(permits_db: AsyncEngine) -> None:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    id = await issued(permits_db, permit)
    held = await lodged(permits_db, declaration(item(permit, "110")))
    over = stated(Override, rule="CITES-box-14-endorsement", reason="seen on paper")
    await turn(permits_db, turns.override, held, CUSTOMS_FR, over)
    await turns.release(permits_db, UUID(held["id"]), CUSTOMS_FR, Release(), command())
    with pytest.raises(Conflict) as refused:
        await endorsed(permits_db, id, A="100", B="40")
    assert refused.value.code == "not-enough-left"
    await endorsed(permits_db, id, A="110", B="40")


async def test_more_than_granted_is_not_endorsed(permits_db: AsyncEngine) -> None:
    id = await issued(permits_db, terms())
    with pytest.raises(Conflict) as refused:
        await endorsed(permits_db, id, A="121")
    assert refused.value.code == "endorsement-exceeds-permit"
    assert (await balance(permits_db, id))["endorsed"] is None


async def test_overriding_the_last_finding_accepts(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118")
    found = await lodged(permits_db, declaration(item(permit, "10", source="W", purpose="P")))
    assert found["status"] == "referred"
    one = stated(Override, rule="CITES-box-10-source", item=1, reason="ranch confirmed")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, one)
    assert found["status"] == "referred"
    assert [f["overridden"] for f in found["findings"]].count(True) == 1
    two = stated(Override, rule="CITES-box-5a-purpose", reason="typing error")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, two)
    assert (found["status"], found["usage"][0]["reserved"]) == ("accepted", "10")
    assert found["history"][-1]["reason"] == "typing error"
    await entries_add_up(permits_db)


async def test_an_override_never_overdraws_but_consent_leads_out(permits_db: AsyncEngine) -> None:
    id, _ = await accepted(permits_db, "100")
    permit = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    second = await lodged(permits_db, declaration(item(terms(number=permit), "30")))
    first = stated(Override, rule="CITES-VI.6-second-use", reason="part load")
    second = await turn(permits_db, turns.override, second, CUSTOMS_FR, first)
    last = stated(Override, rule="CITES-box-11-quantity", reason="see consent")
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, turns.override, second, CUSTOMS_FR, last)
    assert refused.value.code == "not-enough-left"
    await turn(permits_db, turns.consent, second, AUTHORITY_ZA, stated(Consent, item=1, quantity="12"))
    second = await turn(permits_db, turns.override, second, CUSTOMS_FR, last)
    assert second["status"] == "accepted"
    kept = await balance(permits_db, id)
    assert (kept["reserved"], kept["consented"]) == ("130", "12")
    await entries_add_up(permits_db)


async def test_an_inexact_unit_is_settled_by_the_officers_figure(permits_db: AsyncEngine) -> None:
    permit = terms(line("A", "100", term="SAW", unit="m3", taxon="Pericopsis elata"))
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="100")
    wood = item(permit, "7000", term="SAW", unit="kg", taxon="Pericopsis elata")
    found = await lodged(permits_db, declaration(wood))
    assert "no exact conversion" in found["findings"][0]["found"]
    for more in ({}, {"item": 1}, {"quantity": "10.5"}):
        with pytest.raises(Invalid) as refused:
            vague = stated(Override, rule="CITES-box-11-unit", reason="x", **more)
            await turn(permits_db, turns.override, found, CUSTOMS_FR, vague)
        assert refused.value.code == "override-incomplete"
    figure = stated(Override, rule="CITES-box-11-unit", item=1, reason="measured", quantity="10.5")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, figure)
    assert (found["status"], (await balance(permits_db, id))["reserved"]) == ("accepted", "10.5")
    with pytest.raises(Invalid) as refused:
        less = stated(Release, items=[{"number": 1, "quantity": "6000"}])
        await turn(permits_db, turns.release, found, CUSTOMS_FR, less)
    assert refused.value.code == "inexact-unit"
    less = stated(Release, items=[{"number": 1, "quantity": "10", "unit": "m3"}])
    await turn(permits_db, turns.release, found, CUSTOMS_FR, less)
    assert (await balance(permits_db, id))["consumed"] == "10"
    more_of_it = {"items": [{"number": 1, "quantity": "11000000", "unit": "cm3"}], "reason": "measured again"}
    await turn(permits_db, turns.correct, found, CUSTOMS_FR, stated(Correction, **more_of_it))
    assert (await balance(permits_db, id))["consumed"] == "11"


async def test_the_officer_says_which_line_is_meant(permits_db: AsyncEngine) -> None:
    permit = terms(line(), line("B", "40", term="LIV"))
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118", B="40")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodged(permits_db, declaration(vague))
    with pytest.raises(Invalid) as refused:
        await turn(permits_db, turns.override, found, CUSTOMS_FR, stated(Override, rule="one-line-meant", reason="x"))
    assert {fault.pointer for fault in refused.value.faults} == {"/item", "/line"}
    named = stated(Override, rule="one-line-meant", item=1, line="A", reason="skins")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, named)
    assert (found["status"], found["usage"][0]["line"], found["usage"][0]["reserved"]) == ("accepted", "A", "10")
    await entries_add_up(permits_db)


async def test_an_override_sets_aside_what_was_declared_and_not_less(permits_db: AsyncEngine) -> None:
    id, _ = await accepted(permits_db, "60")
    number = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    second = await lodged(permits_db, declaration(item(terms(number=number), "60")))
    first = stated(Override, rule="CITES-VI.6-second-use", reason="part load")
    second = await turn(permits_db, turns.override, second, CUSTOMS_FR, first)
    less = stated(Override, rule="CITES-box-11-quantity", item=1, quantity="1", reason="x")
    with pytest.raises(Invalid) as refused:
        await turn(permits_db, turns.override, second, CUSTOMS_FR, less)
    assert refused.value.code == "quantity-stands"


async def test_nothing_of_an_item_may_have_arrived(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    none = stated(Release, items=[{"number": 1, "quantity": "0"}])
    assert (await turn(permits_db, turns.release, found, CUSTOMS_FR, none))["status"] == "released"
    kept = await balance(permits_db, id)
    assert [kept["consumed"], kept["available"], kept["closed"]] == ["0", "118", False]


async def test_a_correction_takes_nothing_from_those_who_reserved(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "100"}], "transport_document": "MAEU-1"}
    await registry.endorse(permits_db, id, CUSTOMS_ZA, stated(Endorsement, **box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    one = await lodged(permits_db, declaration(item(permit, "60", **part), transport_document="MAEU-1"))
    await lodged(permits_db, declaration(item(permit, "40", **part), transport_document="MAEU-1"))
    await turn(permits_db, turns.release, one, CUSTOMS_FR, Release())
    more = stated(Correction, items=[{"number": 1, "quantity": "61"}], reason="recounted")
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, turns.correct, one, CUSTOMS_FR, more)
    assert refused.value.code == "not-enough-left"
    await entries_add_up(permits_db)


async def test_a_correction_counts_on_the_day_of_the_use(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    last_year = replace(command(), at=command().at - timedelta(days=400))
    await turns.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), last_year)
    less = stated(Correction, items=[{"number": 1, "quantity": "90"}], reason="recounted")
    await turn(permits_db, turns.correct, found, CUSTOMS_FR, less)
    story = (await reading.story(permits_db, id, AUTHORITY_ZA))["data"]
    assert {e["day"] for e in story[-2:]} == {last_year.at.date().isoformat()}


async def test_an_import_permit_has_no_export_side(permits_db: AsyncEngine) -> None:
    permit = terms(kind="import", issuer="FR", number="FR-1")
    id = await issued(permits_db, permit, AUTHORITY_FR)
    with pytest.raises(Conflict) as refused:
        await endorsed(permits_db, id, A="10")
    assert refused.value.code == "no-export-side"
    found = await reading.permit(permits_db, id, AUTHORITY_FR, command().at)
    assert found["lines"][0]["export_balance"] is None


async def test_nothing_is_consented_to_on_what_is_over(permits_db: AsyncEngine) -> None:
    _, found = await accepted(permits_db)
    await turn(permits_db, turns.cancel, found, B, Cancellation())
    with pytest.raises(Conflict):
        await turn(permits_db, turns.consent, found, AUTHORITY_ZA, stated(Consent, item=1, quantity="500"))


async def test_a_holder_named_without_identifier_is_for_an_officer(permits_db: AsyncEngine) -> None:
    permit = terms(importer={"name": "B SARL", "country": "FR"})
    await endorsed(permits_db, await issued(permits_db, permit), A="118")
    found = await lodged(permits_db, declaration(item(permit)))
    assert [(f["rule"], f["severity"]) for f in found["findings"]] == [("CITES-box-3-4-own-party", "refer")]


async def test_an_endorsement_is_not_of_tomorrow(permits_db: AsyncEngine) -> None:
    id = await issued(permits_db, terms())
    box_14 = {"lines": [{"line": "A", "quantity": "1"}], "endorsed_on": (TODAY + timedelta(days=2)).isoformat()}
    with pytest.raises(Invalid) as refused:
        await registry.endorse(permits_db, id, CUSTOMS_ZA, stated(Endorsement, **box_14), command())
    assert refused.value.code == "endorsed-in-the-future"


async def test_a_correction_goes_up_and_down_and_to_zero_reopens(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    found = await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())

    async def to(quantity: str) -> dict[str, Any]:
        body = stated(Correction, items=[{"number": 1, "quantity": quantity}], reason="recounted")
        told = await turn(permits_db, turns.correct, found, CUSTOMS_FR, body)
        assert told["status"] == "released"
        await entries_add_up(permits_db)
        return await balance(permits_db, id)

    assert (await to("110"))["consumed"] == "110"
    assert (await to("90"))["consumed"] == "90"
    with pytest.raises(Conflict) as refused:
        await to("119")
    assert refused.value.code == "not-enough-left"
    opened = await to("0")
    assert [opened["consumed"], opened["available"], opened["closed"]] == ["0", "118", False]
    permit = await reading.permit(permits_db, id, AUTHORITY_ZA, command().at)
    assert permit["status"] == "endorsed"


async def test_an_amendment_swaps_reservations(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    number = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    again = declaration(item(terms(number=number), "118"), reference=found["reference"])
    kept = await turns.amend(permits_db, UUID(found["id"]), B, again, command())
    told = json.loads(kept.answer)
    assert (told["status"], told["version"], (await balance(permits_db, id))["reserved"]) == ("accepted", 2, "118")
    assert [h["event"] for h in told["history"]] == [
        "declaration.received", "declaration.accepted", "declaration.amended", "declaration.accepted",
    ]  # fmt: skip
    await entries_add_up(permits_db)
    over = declaration(item(terms(number=number), "119"), reference=found["reference"])
    kept = await turns.amend(permits_db, UUID(found["id"]), B, over, command())
    assert (json.loads(kept.answer)["status"], (await balance(permits_db, id))["reserved"]) == ("rejected", "0")
    stale = replace(command(), matches=lambda version: version == 1)
    late: list[tuple[Turn, Party, Any]] = [
        (turns.amend, B, over), (turns.cancel, B, Cancellation()), (turns.refuse, CUSTOMS_FR, NO),
    ]  # fmt: skip
    for act, by, body in late:
        with pytest.raises(Conflict) as refused:
            await act(permits_db, UUID(found["id"]), by, body, stale)
        assert refused.value.code == "version-stale"


async def test_a_revoked_permit_refers_what_was_accepted(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    await registry.revoke(permits_db, id, AUTHORITY_ZA, Revocation(reason="forged stamp"), command())
    after = await reading.declaration(permits_db, UUID(found["id"]), B)
    assert (after["status"], after["usage"][0]["reserved"]) == ("referred", "100")
    assert after["findings"][-1]["rule"] == "CITES-VI.1-withdrawn"
    with pytest.raises(Conflict):
        await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())
    number = (await reading.permit(permits_db, id, AUTHORITY_ZA, command().at))["number"]
    late = await lodged(permits_db, declaration(item(terms(number=number), "1")))
    assert late["status"] == "rejected"
    over = stated(Override, rule="CITES-VI.1-withdrawn", reason="goods left before")
    await turn(permits_db, turns.override, found, CUSTOMS_FR, over)
    freed = await turn(permits_db, turns.release, found, CUSTOMS_FR, Release())
    assert freed["status"] == "released"
    await entries_add_up(permits_db)


async def test_a_referred_declaration_says_so_too_when_its_permit_is_revoked(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    found = await lodged(permits_db, declaration(item(permit)))
    assert found["status"] == "referred"
    await registry.revoke(permits_db, id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    one = stated(Override, rule="CITES-box-14-endorsement", reason="seen on paper")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, one)
    assert found["status"] == "referred"
    two = stated(Override, rule="CITES-VI.1-withdrawn", reason="left before")
    assert (await turn(permits_db, turns.override, found, CUSTOMS_FR, two))["status"] == "accepted"


async def test_a_permit_revoked_meanwhile_is_one_more_finding_to_settle(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    await endorsed(permits_db, id, A="118")
    found = await lodged(permits_db, declaration(item(permit), import_country="FR", export_country="NA"))
    assert found["status"] == "rejected"
    await registry.revoke(permits_db, id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    over = stated(Override, rule="CITES-box-4-export-country", reason="transit")
    found = await turn(permits_db, turns.override, found, CUSTOMS_FR, over)
    assert (found["status"], found["findings"][-1]["rule"]) == ("rejected", "CITES-VI.1-withdrawn")
    last = stated(Override, rule="CITES-VI.1-withdrawn", reason="left before")
    assert (await turn(permits_db, turns.override, found, CUSTOMS_FR, last))["status"] == "accepted"


async def test_who_cited_a_permit_is_told_of_its_revocation(permits_db: AsyncEngine) -> None:
    id, _ = await accepted(permits_db)
    await registry.revoke(permits_db, id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    async with permits_db.connect() as conn:
        told = (await conn.execute(text("SELECT data, audience FROM news WHERE type = 'permit.revoked'"))).one()
    assert str(B.id) in told.audience["parties"]
    assert (told.data["status"], told.data["reason"]) == ("revoked", "forged")


async def test_only_the_issuers_authority_writes_its_permits(permits_db: AsyncEngine) -> None:
    with pytest.raises(NotAllowed):
        await issued(permits_db, terms(), AUTHORITY_FR.model_copy(update={"country": "DE"}))
    id = await issued(permits_db, terms())
    with pytest.raises(NotFound):
        await registry.revoke(permits_db, id, AUTHORITY_FR, Revocation(reason="x"), command())
    with pytest.raises(NotFound):
        await endorsed(permits_db, id, CUSTOMS_FR, A="1")


async def test_the_importing_country_registers_where_the_issuer_is_not_on_the_hub(permits_db: AsyncEngine) -> None:
    from services.permits.actions import parties

    permit = terms()
    id = await issued(permits_db, permit, AUTHORITY_FR)
    await endorsed(permits_db, id, CUSTOMS_FR, A="118")
    found = await lodged(permits_db, declaration(item(permit)))
    assert [(f["rule"], f["severity"]) for f in found["findings"]] == [("CITES-box-6-registered", "note")]
    await parties.take_in(permits_db, [AUTHORITY_ZA])
    with pytest.raises(NotAllowed):
        await issued(permits_db, terms(), AUTHORITY_FR)


async def test_numbers_are_unique_for_their_issuer(permits_db: AsyncEngine) -> None:
    permit = terms()
    await issued(permits_db, permit)
    with pytest.raises(Conflict) as refused:
        await issued(permits_db, permit)
    assert refused.value.code == "permit-number-taken"


async def test_a_command_asked_again_has_one_effect_and_one_answer(permits_db: AsyncEngine) -> None:
    id, found = await accepted(permits_db)
    name = new_id()
    first = await turns.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name))
    second = await turns.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name))
    assert (first.answer, first.replayed, second.replayed) == (second.answer, False, True)
    assert (await balance(permits_db, id))["consumed"] == "100"
    with pytest.raises(Invalid) as refused:
        await turns.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), command(name, b"other"))
    assert refused.value.code == "idempotency-key-reused"
