"""The first day on which the Convention applied to a taxon, where it is known for certain.

A specimen is pre-Convention if it was acquired before that day, whatever the Appendix was (Article VII.2; Resolution
Conf. 13.6). An amendment comes into force ninety days after its conference (Article XV.1), an Appendix III listing
ninety days after its notice (Article XVI.2). A load of the species index does not change this table.
"""

from dataclasses import dataclass
from datetime import date

from services.permits.domain.reference import names
from services.permits.domain.reference.listing_lookup import Listings

ENTRY_INTO_FORCE = date(1975, 7, 1)
"""The day on which the Convention came into force (Article XXII.1). It applied to no specimen earlier."""


@dataclass(frozen=True, kw_only=True)
class FirstListing:
    """The first listing of a taxon. `is_exact` is False if parts of the taxon may have been listed earlier."""

    day: date
    is_exact: bool


_EXACT = {
    ENTRY_INTO_FORCE: """
        Panthera tigris; Panthera pardus; Panthera onca; Panthera uncia; Acinonyx jubatus; Neofelis nebulosa;
        Elephas maximus; Rhinoceros unicornis; Rhinoceros sondaicus; Dicerorhinus sumatrensis; Diceros bicornis;
        Balaenoptera musculus; Megaptera novaeangliae; Balaena mysticetus; Eubalaena; Gorilla gorilla; Pongo pygmaeus;
        Vicugna vicugna; Crocodylus niloticus; Crocodylus siamensis; Alligator sinensis; Alligator mississippiensis;
        Melanosuchus niger; Osteolaemus tetraspis; Gavialis gangeticus; Tomistoma schlegelii; Varanus komodoensis;
        Eretmochelys imbricata; Acipenser brevirostrum; Acipenser sturio; Fitzroya cupressoides; Orchidaceae; Cactaceae
    """,
    date(1976, 2, 26): "Loxodonta africana",
    date(1992, 6, 11): "Dalbergia nigra; Strombus gigas",
    date(1995, 2, 16): "Pterocarpus santalinus",
    date(2003, 2, 13): "Rhincodon typus",
    date(2005, 1, 12): "Cheilinus undulatus",
    date(2007, 9, 13): "Paubrasilia echinata",
    date(2009, 3, 13): "Anguilla anguilla",
    date(2014, 9, 14): "Carcharhinus longimanus",
    date(2017, 10, 4): "Carcharhinus falciformis; Alopias",
    date(2019, 11, 26): "Isurus; Glaucostegus; Rhinidae; Giraffa camelopardalis",
}
"""Taxa by the day of their first listing: the Appendices of 1973, Ghana's Appendix III of 1976, CoP8 to CoP18."""
_LATEST = {
    date(1977, 2, 4): """
        Felidae; Rhinocerotidae; Primates; Lutrinae; Crocodylia; Testudinidae; Cheloniidae; Dermochelys coriacea;
        Boidae; Pythonidae
    """,
    date(1979, 6, 28): "Cetacea; Falconiformes; Strigiformes",
    date(1981, 6, 6): "Psittaciformes; Antipatharia",
    date(1985, 8, 1): "Tridacnidae",
    date(1987, 10, 22): "Trochilidae",
    date(1990, 1, 18): "Scleractinia",
    date(1992, 6, 11): "Ursidae",
    date(1995, 2, 16): "Manis; Hippopotamus amphibius; Saiga tatarica",
    date(1998, 4, 1): "Acipenseriformes",
    date(2003, 11, 15): "Swietenia macrophylla",
    date(2004, 5, 15): "Hippocampus",
    date(2005, 1, 12): "Carcharodon carcharias; Gonystylus; Aquilaria",
    date(2014, 9, 14): "Sphyrna lewini; Manta",
    date(2017, 1, 2): "Dalbergia",
    date(2017, 4, 4): "Mobula",
    date(2023, 2, 23): "Sphyrnidae; Rhinobatidae",
    date(2023, 11, 25): "Carcharhinidae",
}
"""Taxa by a day on which all their members were listed, by CoP1 to CoP19. Some members were listed earlier."""


def _days(taxa_by_day: dict[date, str]) -> dict[str, date]:
    return {names.key(name): day for day, taxa in taxa_by_day.items() for name in taxa.split(";")}


EXACT_DAYS, LATEST_DAYS = _days(_EXACT), _days(_LATEST)


def find_first_listing(name: str, listings: Listings) -> FirstListing | None:
    """Return the first listing of a taxon, or of a higher taxon of it; None if the tables have neither."""
    keys = listings.lineage(name)
    for days, is_exact in ((EXACT_DAYS, True), (LATEST_DAYS, False)):
        found = [days[key] for key in keys if key in days]
        if found:
            return FirstListing(day=min(found), is_exact=is_exact)
    return None
