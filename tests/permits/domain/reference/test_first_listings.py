"""The first listing of a taxon: exact for a taxon of its own, the latest day for a member of a higher taxon."""

from datetime import date

import pytest

from services.permits.domain.reference.first_listings import (
    ENTRY_INTO_FORCE,
    EXACT_DAYS,
    LATEST_DAYS,
    FirstListing,
    find_first_listing,
)
from services.permits.domain.reference.listing_lookup import Listings
from tests.permits.domain.reference.test_habitats import listings_of


@pytest.mark.parametrize(("name", "day", "is_exact"), [
    ("Loxodonta africana", "1976-02-26", True), ("Panthera tigris", "1975-07-01", True),
    ("Panthera tigris altaica", "1975-07-01", True), ("Dalbergia nigra", "1992-06-11", True),
    ("Dalbergia retusa", "2017-01-02", False), ("Hippocampus kuda", "2004-05-15", False),
    ("Orchidaceae spp.", "1975-07-01", True),
    ("Isurus oxyrinchus", "2019-11-26", True), ("Alopias vulpinus", "2017-10-04", True),
    ("Carcharhinus falciformis", "2017-10-04", True), ("Sphyrna lewini", "2014-09-14", False),
    ("Mobula mobular", "2017-04-04", False),
])  # fmt: skip
def test_first_listing_of_a_taxon_of_the_tables_is_known(name: str, day: str, is_exact: bool) -> None:
    expected = FirstListing(day=date.fromisoformat(day), is_exact=is_exact)
    assert find_first_listing(name, Listings()) == expected


def test_first_listing_of_a_member_of_a_higher_taxon_is_the_latest_day() -> None:
    known = listings_of("Felis nova", "felis", "felidae", "carnivora", "mammalia")
    assert find_first_listing("Felis nova", known) == FirstListing(day=date(1977, 2, 4), is_exact=False)
    assert find_first_listing("Felis nova", Listings()) is None


def test_first_listing_is_never_before_the_convention() -> None:
    assert min(*EXACT_DAYS.values(), *LATEST_DAYS.values()) == ENTRY_INTO_FORCE
