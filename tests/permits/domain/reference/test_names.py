"""Keys of names: the same for each case and author. A word that may be an epithet never makes a name wider."""

import pytest

from services.permits.domain.reference import names
from services.permits.domain.reference.facts import NO_FACTS
from tests.days import FIXED_DAY

NILE = "crocodylus niloticus"
WRITTEN = {
    "Crocodylus Niloticus": NILE,
    "crocodylus NILOTICUS": NILE,
    "CROCODYLUS NILOTICUS": NILE,
    "Crocodylus Niloticus Laurenti, 1768": NILE,
    "CROCODYLUS NILOTICUS LAURENTI, 1768": NILE,
    "Crocodylus niloticus Laurenti": NILE,
    "crocodylus NILOTICUS (Laurenti, 1768)": NILE,
    "Crocodylus Niloticus, Laurenti, 1768": NILE,
    "Crocodylus Niloticus & Crocodylus Porosus": NILE,
    "Crocodylus, niloticus": NILE,
    "Crocodylus (niloticus)": NILE,
    "Crocodylus_niloticus": NILE,
    "Crocodylus cf. Niloticus": NILE,
    "panthera tigris l.": "panthera tigris",
    "Panthera tigris L.": "panthera tigris",
    "panthera tigris linnaeus, 1758": "panthera tigris",
    "Panthera Leo Persica": "panthera leo persica",
    "Panthera leo ssp. Persica": "panthera leo persica",
    "panthera leo PERSICA": "panthera leo persica",
    "Aloe ferox F. Muell.": "aloe ferox",
    "Varanus (Empagusia) flavescens": "varanus flavescens",
    "Crocodylus Laurenti, 1768": "crocodylus",
    "Crocodylus (Laurenti, 1768)": "crocodylus",
    "Crocodylus Duméril & Bibron, 1851": "crocodylus",
    "Crocodylus Wermuth et al., 1990": "crocodylus",
    "Python de Blainville 1830": "python",
    "Python A. Smith, 1838": "python",
    "Aloe L.": "aloe",
    "Dalbergia L.f.": "dalbergia",
    "Crocodylus Spp.": "crocodylus",
    "CROCODYLUS SPP.": "crocodylus",
    "Falco Rusticolus X Falco Cherrug": "falco rusticolus x falco cherrug",
    "Ara ararauna × macao Gray": "ara ararauna x macao",
    "Falco rusticolus × F. cherrug": "falco rusticolus x cherrug",
}


@pytest.mark.parametrize(("written", "key"), WRITTEN.items())
def test_name_has_the_same_key_in_each_spelling(written: str, key: str) -> None:
    assert names.key(written) == key


@pytest.mark.parametrize(
    "written",
    ["Crocodylus Niloticus", "Crocodylus NILOTICUS", "Crocodylus Laurenti", "Crocodylus (niloticus)", "Crocodylus Nil.",
     "Crocodylus, niloticus", "Crocodylus and Alligator", "Crocodylus Niloticus et al."],
)  # fmt: skip
def test_line_for_one_species_covers_no_other_in_any_spelling(written: str) -> None:
    assert not NO_FACTS.covers(written, "Crocodylus porosus", FIXED_DAY)
    assert NO_FACTS.covers("Crocodylus spp.", written, FIXED_DAY)


def test_names_without_words_are_not_the_same_name() -> None:
    assert not NO_FACTS.covers("spp.", "123", FIXED_DAY)
