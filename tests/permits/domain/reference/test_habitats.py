"""The habitat of a taxon: by its own name, and by its higher taxa in the listing."""

import csv
from importlib.resources import files

import pytest

from services.permits.domain.reference import names
from services.permits.domain.reference.habitats import Habitat, find_habitat
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from services.permits.formats.species import LINEAGE_COLUMNS
from shared.contracts.closed_sets import MatchKind
from tests.permits.domain.rules.test_requirements import LONG_AGO

MARINE_CLASSES = frozenset({"Elasmobranchii", "Anthozoa", "Coelacanthi", "Bivalvia", "Gastropoda"})
MIXED = frozenset({"Lutrinae", "Ursidae"})
"""Families with members in the sea and on land. Sturgeons migrate, and an officer decides about them too."""


def listings_of(name: str, *lineage: str) -> Listings:
    """Return listings that know a name and its higher taxa."""
    one = Listing(
        taxon_id="1", name=name, author="", rank="SPECIES", parts=(Population(appendix="I"),), since=LONG_AGO,
        lineage=lineage,
    )  # fmt: skip
    return Listings(matches={name: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=names.key(name)),)})


@pytest.mark.parametrize(("name", "expected"), [
    ("Balaenoptera physalus", Habitat.SEA), ("Cetacea spp.", Habitat.SEA), ("Eretmochelys imbricata", Habitat.SEA),
    ("Sphyrna lewini", Habitat.SEA), ("Hippocampus kuda", Habitat.SEA), ("Enhydra lutris nereis", Habitat.SEA),
    ("Lontra felina", Habitat.SEA), ("Totoaba macdonaldi", Habitat.SEA), ("Anguilla anguilla", Habitat.SEA),
    ("Strombus gigas", Habitat.SEA), ("Trichechus manatus", Habitat.SEA), ("Ursus maritimus", Habitat.SEA),
    ("Trichechus inunguis", Habitat.LAND), ("Inia geoffrensis", Habitat.LAND), ("Potamotrygon motoro", Habitat.LAND),
    ("Polyodon spathula", Habitat.LAND), ("Arapaima gigas", Habitat.LAND), ("Felidae spp.", Habitat.LAND),
    ("Lutrinae spp.", Habitat.UNKNOWN), ("Mammalia", Habitat.UNKNOWN), ("Acipenser gueldenstaedtii", Habitat.UNKNOWN),
    ("Inventa exemplaris", Habitat.UNKNOWN),
])  # fmt: skip
def test_habitat_by_name_alone_is_known_for_taxa_of_the_tables(name: str, expected: Habitat) -> None:
    assert find_habitat(name, Listings()) is expected


@pytest.mark.parametrize(("lineage", "expected"), [
    (("panthera", "felidae", "carnivora", "mammalia"), Habitat.LAND),
    (("aloe", "asphodelaceae", "plantae"), Habitat.LAND),
    (("novus", "delphinidae", "cetacea", "mammalia"), Habitat.SEA),
    (("novus", "potamotrygonidae", "myliobatiformes", "elasmobranchii"), Habitat.LAND),
    (("novus", "carcharhinidae", "elasmobranchii"), Habitat.SEA),
    (("novus", "novidae", "actinopteri"), Habitat.UNKNOWN),
])  # fmt: skip
def test_habitat_by_lineage_follows_the_narrowest_taxon(lineage: tuple[str, ...], expected: Habitat) -> None:
    assert find_habitat("Novus piscis", listings_of("Novus piscis", *lineage)) is expected


def test_habitat_of_each_taxon_of_the_built_in_listing_is_known() -> None:
    for name in ("listing.csv", "listing-cop20.csv"):
        text = (files("shared.cites") / name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            cells = {column.casefold(): value for column, value in row.items()}
            lineage = [names.key(cells[column]) for column in LINEAGE_COLUMNS if cells.get(column)]
            habitat = find_habitat(row["FullName"], listings_of(row["FullName"], *lineage))
            is_open = row["CurrentListing"] == "NC" or row["FullName"] in MIXED or "acipenseriformes" in lineage
            assert is_open or habitat is not Habitat.UNKNOWN, row["FullName"]
            assert is_open or row["Class"] not in MARINE_CLASSES or habitat is Habitat.SEA, row["FullName"]
