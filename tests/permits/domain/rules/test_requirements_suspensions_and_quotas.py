"""Suspensions and quotas: the trade that they block and the trade that they do not concern."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.permits.domain.reference.entries import Suspension
from services.permits.domain.reference.facts import Facts, QuotaUsage
from shared.contracts.closed_sets import CodesReading
from shared.database import new_id
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import (
    APPENDIX_II,
    LONG_AGO,
    NOT_LISTED,
    TAXON,
    findings,
    permit,
    severity_by_rule,
)

EXEMPT = CodesReading.EXEMPT
STOPPED, BY_ORIGIN = "CITES-Conf-14.3-suspension", "CITES-Conf-14.3-suspension-of-origin"


def suspension(**more: Any) -> Suspension:
    """Return a suspension of all trade with ZA, with these changes."""
    usual: dict[str, Any] = {
        "country": "ZA", "taxon": "", "terms": (), "sources": (), "purposes": (), "applies_to_import": False,
        "starts": LONG_AGO, "ends": None,
    }  # fmt: skip
    return Suspension(**{**usual, **more})


@pytest.mark.parametrize(("limits", "stated", "expected"), [
    ({}, {}, {STOPPED}),
    ({"country": "NA"}, {}, set()),
    ({"country": "FR"}, {}, set()),
    ({"country": "FR", "applies_to_import": True}, {}, {STOPPED}),
    ({"taxon": TAXON}, {}, {STOPPED}),
    ({"taxon": "Inventidae spp."}, {}, {STOPPED}),
    ({"taxon": "Inventus"}, {}, {STOPPED}),
    ({"taxon": "Alienus"}, {}, set()),
    ({"sources": ("W",)}, {}, set()),
    ({"sources": ("R", "W")}, {}, {STOPPED}),
    ({"purposes": ("H",)}, {}, set()),
    ({"purposes": ("T",)}, {}, {STOPPED}),
    ({"terms": ("LIV",)}, {}, set()),
    ({"terms": ("SKI",)}, {}, {STOPPED}),
    ({"ends": FIXED_DAY - timedelta(days=1)}, {}, set()),
    ({"starts": FIXED_DAY + timedelta(days=1)}, {}, set()),
    ({"ends": FIXED_DAY}, {}, {STOPPED}),
    ({"country": "MZ"}, {"origin_country": "MZ"}, {BY_ORIGIN}),
    ({"country": ""}, {}, {STOPPED}),
    ({"country": ""}, {"origin_country": "MZ"}, {STOPPED}),
    ({"purposes": ("T",), "codes_reading": EXEMPT}, {}, set()),
    ({"purposes": ("H", "P"), "codes_reading": EXEMPT}, {}, {STOPPED}),
    ({"terms": ("TRO",), "codes_reading": EXEMPT}, {}, {STOPPED}),
    ({"terms": ("SKI",), "codes_reading": EXEMPT}, {}, set()),
    ({"sources": ("C",), "purposes": ("H",), "codes_reading": EXEMPT}, {}, {STOPPED}),
    ({"sources": ("C",), "purposes": ("T",), "codes_reading": EXEMPT}, {}, set()),
])  # fmt: skip
def test_suspension_blocks_only_the_trade_that_it_concerns(
    limits: dict[str, Any], stated: dict[str, Any], expected: set[str]
) -> None:
    known = replace(APPENDIX_II, suspensions=(suspension(**limits),))
    permits = [permit("export", origin_country=stated.get("origin_country", "ZA"))]
    assert set(severity_by_rule(permits, known, **stated)) == expected


def test_suspension_shows_its_first_day_and_applies_from_its_first_load() -> None:
    def stops(known_from: date) -> dict[str, str]:
        one = suspension(starts=date(2016, 2, 14), known_from=known_from)
        found = findings([permit("export")], replace(APPENDIX_II, suspensions=(one,)))
        return {f.rule: f.found or "" for f in found if f.rule == STOPPED}

    assert stops(FIXED_DAY) == {STOPPED: "all species of ZA since 2016-02-14"}
    assert stops(FIXED_DAY + timedelta(days=1)) == {}


@pytest.mark.parametrize(("changes", "found"), [
    (
        {"country": "", "purposes": ("H", "P"), "codes_reading": EXEMPT},
        "all species of all countries (all except H, P)",
    ),
    ({"taxon": TAXON, "terms": ("SKI",)}, f"{TAXON} of ZA (SKI)"),
])  # fmt: skip
def test_suspension_shows_the_codes_that_it_covers_or_exempts(changes: dict[str, Any], found: str) -> None:
    known = replace(APPENDIX_II, suspensions=(suspension(starts=None, **changes),))
    assert [one.found for one in findings([permit("export")], known) if one.rule == STOPPED] == [found]


def test_suspension_of_all_species_does_not_concern_unlisted_taxa() -> None:
    assert severity_by_rule([], replace(NOT_LISTED, suspensions=(suspension(),))) == {}


def test_quota_usage_with_this_permit_above_the_amount_is_blocked() -> None:
    export_permit = permit("export")

    def facts_with_usage(total: int) -> Facts:
        usage = QuotaUsage(
            quota=new_id(),
            taxon=TAXON,
            amount=Decimal(100),
            total=Decimal(total),
            unit="number",
            starts=LONG_AGO,
            ends=FIXED_DAY,
        )
        return replace(APPENDIX_II, quota_usages={(export_permit.id, "A"): (usage,)})

    assert severity_by_rule([export_permit], facts_with_usage(100)) == {}
    assert severity_by_rule([export_permit], facts_with_usage(101)) == {"CITES-Conf-14.7-quota": "block"}
