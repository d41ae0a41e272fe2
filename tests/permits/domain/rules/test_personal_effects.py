"""Personal and household effects: the claim, its limits per person, and the goods that are not exempt."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read
from services.permits.actions.reference import policies
from services.permits.domain.rules.personal_effects import find_limit
from shared.contracts.policy import Policy
from shared.database import now
from tests.permits.domain.rules.test_requirements import facts
from tests.permits.sample_data import (
    CUSTOMS_FR,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    party,
    permit_content,
    submission_message,
)
from tests.permits.view_json import as_json

EXEMPT, NOT_EXEMPT = "CITES-VII.3-personal-effects", "CITES-VII.3-not-exempt"
QUANTITY, DOUBT = "CITES-Conf-13.7-quantity", "CITES-VII.3-doubt"
OPEN_PART = "CITES-Conf-11.21-part"
"""The annotation of the plant may exclude the part, so an officer decides."""
STATUSES = {EXEMPT: "accepted", NOT_EXEMPT: "rejected", QUANTITY: "rejected", DOUBT: "referred", OPEN_PART: "referred"}
BELUGA, GATOR, CONCH = "Huso huso", "Alligator mississippiensis", "Strombus gigas"
SEAHORSE, CLAM, AGARWOOD, CACTUS = (
    "Hippocampus kuda",
    "Tridacna maxima",
    "Aquilaria malaccensis",
    "Opuntia ficus-indica",
)
IMPORTER = {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"}
LISTED_II, LISTED_I = "Varanus salvator", "Panthera tigris"


def effects(taxon: str | None, term: str | None, quantity: str, unit: str = "number", **more: Any) -> dict[str, Any]:
    """Return an item that claims to be personal effects."""
    codes = {"taxon": taxon, "term": term, "quantity": quantity, "unit": unit, "purpose": "P", "source": "W"}
    stated = {"number": 1, "origin_country": "US", "exemption": "personal_effects", **codes, **more}
    return {name: value for name, value in stated.items() if value is not None}


async def lodge(db: AsyncEngine, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Lodge an import into FR, from US, by a trader of FR. Items get their numbers in order."""
    numbered = [one | {"number": number} for number, one in enumerate(items, 1)]
    sides = {"exporter": {"name": "Shop", "country": "US"}, "export_country": "US"}
    return await lodge_declaration(db, declaration(*numbered, **{**sides, **more}))


def rules_of(found: dict[str, Any]) -> set[str]:
    """Return the rules of the findings about the law of personal effects and of missing documents."""
    kept = (OPEN_PART, "CITES-VII.3", "CITES-Conf-13.7", "CITES-III", "CITES-IV", "CITES-V-", "taxon-stated")
    return {finding["rule"] for finding in found["findings"] if finding["rule"].startswith(kept)}


@pytest.mark.parametrize(("item_stated", "rule"), [
    (effects(BELUGA, "CAV", "125", "g"), EXEMPT),
    (effects(BELUGA, "CAV", "0.125", "kg"), EXEMPT),
    (effects(BELUGA, "CAV", "1", net_mass="0.125"), EXEMPT),
    (effects(BELUGA, "CAV", "125.1", "g"), QUANTITY),
    (effects(BELUGA, "CAV", "1"), DOUBT),
    (effects(BELUGA, "MEA", "100", "g"), DOUBT),
    (effects(GATOR, "WAL", "4"), EXEMPT),
    (effects(GATOR, "WAL", "5"), QUANTITY),
    (effects(GATOR, "SHO", "4", "pair"), EXEMPT),
    (effects(GATOR, "SHO", "5", "pair"), QUANTITY),
    (effects(GATOR, "CLA", "3", "pair"), QUANTITY),
    (effects(GATOR, "MEA", "1", "kg"), DOUBT),
    (effects(GATOR, "TRO", "1"), DOUBT),
    (effects(CONCH, "SHE", "3"), EXEMPT),
    (effects(CONCH, "SHE", "4"), QUANTITY),
    (effects("Lobatus gigas", "SHE", "4"), QUANTITY),
    (effects(CONCH, "MEA", "1", "kg"), DOUBT),
    (effects(SEAHORSE, "BOD", "4"), EXEMPT),
    (effects(SEAHORSE, "BOD", "5"), QUANTITY),
    (effects(CLAM, "SHE", "3", net_mass="3"), EXEMPT),
    (effects(CLAM, "SHE", "3", net_mass="3.01"), QUANTITY),
    (effects(CLAM, "SHE", "4", net_mass="1"), QUANTITY),
    (effects(CLAM, "SHE", "3"), DOUBT),
    (effects(AGARWOOD, "CHP", "1", "kg"), EXEMPT),
    (effects(AGARWOOD, "CHP", "1001", "g"), QUANTITY),
    (effects(AGARWOOD, "OIL", "24", "ml"), EXEMPT),
    (effects(AGARWOOD, "OIL", "25", "ml"), OPEN_PART),
    (effects(AGARWOOD, "JWL", "2"), EXEMPT),
    (effects(AGARWOOD, "JWL", "3"), QUANTITY),
    (effects(AGARWOOD, "LOG", "1", "kg"), DOUBT),
    (effects(CACTUS, "CAR", "3"), EXEMPT),
    (effects(CACTUS, "CAR", "4"), DOUBT),
])  # fmt: skip
async def test_effects_with_a_limit_are_exempt_up_to_it(
    permits_db: AsyncEngine, item_stated: dict[str, Any], rule: str
) -> None:
    found = await lodge(permits_db, item_stated)
    assert (rules_of(found), found["status"]) == ({rule}, STATUSES[rule]), found["findings"]


@pytest.mark.parametrize(("item_stated", "rule"), [
    (effects(GATOR, "LIV", "1"), NOT_EXEMPT),
    (effects(GATOR, "WAL", "1", purpose="T"), NOT_EXEMPT),
    (effects(GATOR, "WAL", "1", purpose="S"), DOUBT),
    (effects(GATOR, "WAL", "1", purpose=None), EXEMPT),
    (effects(GATOR, None, "1"), DOUBT),
    (effects(LISTED_I, "SKI", "1"), NOT_EXEMPT),
    (effects(LISTED_I, "SKI", "1", acquired_in="FR"), DOUBT),
    (effects(LISTED_I, "LIV", "1", acquired_in="FR"), NOT_EXEMPT),
    (effects(None, "SKI", "1"), "taxon-stated"),
    (effects(None, None, "1", source=None, purpose=None, hs_code="870323"), "taxon-stated"),
])  # fmt: skip
async def test_effects_outside_the_exemption_need_documents_or_an_officer(
    permits_db: AsyncEngine, item_stated: dict[str, Any], rule: str
) -> None:
    found = await lodge(permits_db, item_stated)
    assert (rules_of(found), found["status"]) == ({rule}, {**STATUSES, "taxon-stated": "referred"}[rule])


async def test_effects_of_several_items_are_one_quantity(permits_db: AsyncEngine) -> None:
    found = await lodge(
        permits_db, effects(BELUGA, "CAV", "100", "g"), effects("Polyodon spathula", "CAV", "0.1", "kg")
    )
    over = [finding for finding in found["findings"] if finding["rule"] == QUANTITY]
    assert [finding["found"] for finding in over] == ["200 g in items 1, 2"] * 2
    assert found["status"] == "rejected"
    mixed = await lodge(permits_db, effects(BELUGA, "CAV", "100", "g"), effects(GATOR, "WAL", "4"))
    assert (rules_of(mixed), mixed["status"]) == ({EXEMPT}, "accepted")


async def test_effects_above_the_limit_by_less_than_any_rounding_are_rejected(permits_db: AsyncEngine) -> None:
    found = await lodge(
        permits_db, effects(BELUGA, "CAV", "125", "g"), effects(BELUGA, "CAV", "0." + "0" * 30 + "1", "g")
    )
    assert found["status"] == "rejected"
    assert QUANTITY in rules_of(found)


async def test_item_without_an_amount_in_the_unit_of_the_limit_leaves_the_whole_claim_to_an_officer(
    permits_db: AsyncEngine,
) -> None:
    found = await lodge(permits_db, effects(BELUGA, "CAV", "100", "g"), effects(BELUGA, "CAV", "1"))
    assert (rules_of(found), found["status"]) == ({DOUBT}, "referred")


async def test_item_with_a_permit_counts_for_no_limit_and_keeps_its_own_rules(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(taxon=GATOR, origin_country="US", source="W", term="WAL"), purpose="P")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    cited = item(permit, "100", taxon=GATOR, term="WAL", source="W", purpose="P", origin_country="US")
    sides = {"exporter": {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}, "export_country": "ZA"}
    with_claim = cited | {"exemption": "personal_effects"}
    found = await lodge(permits_db, with_claim, effects(GATOR, "WAL", "4"), **sides)
    assert (rules_of(found), found["status"]) == ({EXEMPT}, "accepted"), found["findings"]
    assert [use["reserved"] for use in found["usage"]] == ["100"]
    [exempt] = [finding for finding in found["findings"] if finding["rule"] == EXEMPT]
    assert exempt["pointer"] == "/items/1/exemption"


async def test_item_without_a_claim_needs_its_documents(permits_db: AsyncEngine) -> None:
    found = await lodge(permits_db, effects(BELUGA, "CAV", "1", "g", exemption=None))
    assert (rules_of(found), found["status"]) == ({"CITES-IV-export-document"}, "rejected")


async def test_effects_without_a_limit_are_exempt_where_customs_has_seen_them(permits_db: AsyncEngine) -> None:
    belt = effects(LISTED_II, "BEL", "1", origin_country="ID")
    claimed = await lodge(permits_db, belt)
    assert (rules_of(claimed), claimed["status"]) == ({DOUBT}, "referred")
    content = declaration(belt, importer={"name": "Ada", "country": "FR"}, exporter={"name": "S", "country": "US"})
    message = submission_message(content, CUSTOMS_FR).model_copy(update={"officer": "one"})
    await lodge_batch.lodge_declarations(permits_db, [message], now())
    seen = await as_json(read.read_declaration(permits_db, message.id, CUSTOMS_FR))
    assert (rules_of(seen), seen["status"]) == ({EXEMPT}, "accepted")


@pytest.mark.parametrize("country", ["US", "FR"])
async def test_country_that_requires_documents_excludes_the_exemption(permits_db: AsyncEngine, country: str) -> None:
    policy = Policy(personal_effects_need_documents=True)
    await policies.change(permits_db, country, policy, party("admin", country), command())
    found = await lodge(permits_db, effects(BELUGA, "CAV", "1", "g"))
    assert (rules_of(found), found["status"]) == ({NOT_EXEMPT}, "rejected")


async def test_country_of_acquisition_that_requires_documents_counts_for_souvenirs_alone(
    permits_db: AsyncEngine,
) -> None:
    policy = Policy(personal_effects_need_documents=True)
    await policies.change(permits_db, "CN", policy, party("admin", "CN"), command())
    souvenir = effects(BELUGA, "CAV", "1", "g", acquired_in="CN")
    assert rules_of(await lodge(permits_db, souvenir)) == {NOT_EXEMPT}
    elsewhere = await lodge(permits_db, souvenir, importer={**IMPORTER, "country": "DE"})
    assert rules_of(elsewhere) == {EXEMPT}


async def test_effects_of_an_unclear_population_are_left_to_an_officer(permits_db: AsyncEngine) -> None:
    found = await lodge(permits_db, effects("Crocodylus acutus", "WAL", "1", origin_country="CO"))
    assert (rules_of(found), found["status"]) == ({DOUBT}, "referred"), found["findings"]


def test_limit_is_found_by_higher_taxon_term_and_never_for_living_specimens() -> None:
    known = facts()
    found = find_limit("Hippocampus kuda", "BOD", known)
    assert found is not None and found.amount == Decimal(4)
    assert find_limit("Hippocampus kuda", "LIV", known) is None
    assert find_limit("Hippocampus kuda", None, known) is None
    assert find_limit(None, "BOD", known) is None
    assert find_limit("Panthera leo", "BOD", known) is None
