"""Populations are read from annotations as the Appendices and the public index write them."""

import pytest

from services.permits.domain.reference.listings import populations_for
from services.permits.formats.country_names import REGIONS, find_countries
from services.permits.formats.populations import parse_populations

AFRICA, NORTH = REGIONS["africa"], REGIONS["central and north america"]
AMERICAS, NEOTROPICS = REGIONS["americas"], REGIONS["neotropics"]
NO_OTHER = "no other population is included in the Appendices"
ZERO = "subject to a zero quota for wild specimens traded for commercial purposes"
ECUADOR = (
    "which is included in Appendix II and is subject to a zero annual export quota until an annual export quota has "
    "been approved by the CITES Secretariat and the IUCN/SSC Crocodile Specialist Group"
)
OSTRICH = (
    "the populations of Algeria, Burkina Faso, Cameroon, the Central African Republic, Chad, Mali, Mauritania, "
    "Morocco, the Niger, Nigeria, Senegal and the Sudan"
)
OSTRICH_CODES = "DZ BF CM CF TD ML MR MA NE NG SN SD"
NILE = (
    f"the populations of Botswana, Egypt [{ZERO}], Ethiopia, Kenya, Madagascar, Malawi, Mozambique, Namibia, "
    "South Africa, Uganda, the United Republic of Tanzania [subject to an annual export quota of no more than 1,600 "
    "wild specimens including hunting trophies, in addition to ranched specimens], Zambia and Zimbabwe"
)
NILE_CODES = "BW EG ET KE MG MW MZ NA ZA UG TZ ZM ZW"
VICUNAS = (
    "Argentina (the populations of the Provinces of Jujuy and Catamarca and the semi-captive populations of the "
    "Provinces of Jujuy, Salta, Catamarca, La Rioja and San Juan); Chile (population of the Primera Región); Peru "
    "(the whole population); and the Plurinational State of Bolivia (the whole population)"
)
CARACAL = "Population of Asia; all other populations are included in Appendix II"
MUSK_DEER = "the populations of Afghanistan, Bhutan, India, Myanmar, Nepal and Pakistan"
MUSK_CODES = "AF BT IN MM NP PK"
WHITE_RHINO = (
    "The populations of Eswatini, Namibia and South Africa are included in Appendix II for the exclusive purpose of "
    "allowing international trade in live animals to appropriate and acceptable destinations and hunting trophies. "
    "All other specimens shall be deemed to be specimens of species included in Appendix I and the trade in them "
    "shall be regulated accordingly"
)
SALTWATER = (
    "Except the populations of Australia, Indonesia, Malaysia [wild harvest restricted to the State of Sarawak and a "
    "zero quota for wild specimens for the other States of Malaysia (Sabah and Peninsular Malaysia), with no change in "
    "the zero quota unless approved by the Parties] and Papua New Guinea, which are included in Appendix II"
)
CISPATA = (
    "the population of the Integrated Management District of Mangroves of the Bay of Cispata, Tinajones, La Balsa and "
    "Surrounding Areas, Department of Córdoba, Colombia, and the population of Cuba"
)
READ: list[tuple[str, str, str, dict[str, str]]] = [
    ("Antilocapra americana", "I/NC", f"Only the population of Mexico; {NO_OTHER}", {"I": "MX"}),
    ("Antilocapra americana", "I/NC", f"**I** Only the population of Mexico; {NO_OTHER}.", {"I": "MX"}),
    ("Antilocapra americana", "I", f"Only the population of Mexico; {NO_OTHER}", {"I": "MX"}),
    ("Ovis canadensis", "II/NC", f"<b>II</b> (Only the population of Mexico; {NO_OTHER})", {"II": "MX"}),
    ("Struthio camelus", "I/NC", f"Only {OSTRICH}; {NO_OTHER}", {"I": OSTRICH_CODES}),
    ("Struthio camelus", "I/NC", f"[NC] Included in Appendix I, only {OSTRICH}; all other populations are not included "
     "in the Appendices", {"I": OSTRICH_CODES}),
    ("Struthio camelus", "I/NC", f"**I** Only {OSTRICH}. All other populations are not included in the Appendices.\n"
     f"**NC** Except {OSTRICH}, which are included in Appendix I.", {"I": OSTRICH_CODES}),
    ("Vicugna vicugna", "I/II", f"[Except the populations of: {VICUNAS}; which are included in Appendix&nbsp;II]",
     {"II": "AR CL PE BO", "partly": "AR CL"}),
    ("Vicugna vicugna", "I/II", f"**II** [Only the populations of {VICUNAS}; all other populations are included in "
     "Appendix I]", {"II": "AR CL PE BO", "partly": "AR CL"}),
    ("Vicugna vicugna", "I/II", "<i>Vicugna vicugna</i> [Except the populations of Argentina<sup><a href='#1'>1</a>"
     "</sup> (population of the Province of Jujuy); Chile<sup>2</sup> (population of the Primera Regi&oacute;n) and "
     "Ecuador (the whole population), which are included in Appendix II]", {"II": "AR CL EC", "partly": "AR CL"}),
    ("Moschus", "I/II", f"Only {MUSK_DEER}; all other populations are included in Appendix II", {"I": MUSK_CODES}),
    ("Moschus", "I/II", f"Except {MUSK_DEER}, which are included in Appendix I", {"I": MUSK_CODES}),
    ("Moschus", "I/II", f"**I** Only {MUSK_DEER}; all other populations are included in Appendix II.\n"
     f"**II** Except {MUSK_DEER}, which are included in Appendix I.", {"I": MUSK_CODES}),
    ("Canis lupus", "I/II", "Only the populations of Bhutan, India, Nepal and Pakistan; all other populations are "
     "included in Appendix II. Excludes the domesticated form and the dingo which are referenced as <em>Canis lupus "
     "familiaris</em> and <em>Canis lupus dingo</em>.", {"I": "BT IN NP PK"}),
    ("Canis lupus", "I/II", "**I** Only the populations of Bhutan, India, Nepal and Pakistan; all other populations "
     "are included in Appendix II.\n**II** Except the populations of Bhutan, India, Nepal and Pakistan, which are "
     "included in Appendix I. Excludes the domesticated form.", {"I": "BT IN NP PK"}),
    ("Pecari tajacu", "II/NC", "Except the populations of Mexico and the United States of America, which are not "
     "included in the Appendices", {"NC": "MX US"}),
    ("Pecari tajacu", "II/NC", "**II** [FAMILY listing Tayassuidae spp.] Except the populations of <i>Pecari tajacu</i>"
     " of Mexico and the United States of America, which are not included in the Appendices", {"NC": "MX US"}),
    ("Loxodonta africana", "I/II", "Except the populations of Botswana, Namibia, South Africa and Zimbabwe, which are "
     "included in Appendix II subject to annotation 2", {"II": "BW NA ZA ZW"}),
    ("Loxodonta africana", "I/II", "**I** [GENUS listing Loxodonta] Except the populations of *Loxodonta africana* of "
     "Botswana, Namibia, South Africa and Zimbabwe, which are included in Appendix II.\n**II** Populations of "
     "Botswana, Namibia, South Africa and Zimbabwe are included in Appendix II subject to annotation A11 (see full "
     "note); all other populations are included in Appendix I", {"II": "BW NA ZA ZW"}),
    ("Loxodonta africana", "I/II", "**II** The populations of Botswana, Namibia, South Africa and Zimbabwe are listed "
     "in Appendix II for the exclusive purpose of allowing:<p>a) trade in hunting trophies for non-commercial "
     "purposes;<p>b) trade in live animals to appropriate and acceptable destinations", {"II": "BW NA ZA ZW"}),
    ("Ceratotherium simum simum", "I/II", WHITE_RHINO, {"II": "SZ NA ZA"}),
    ("Ceratotherium simum simum", "I/II", "**II** Only the populations of South Africa and Swaziland; all other "
     "populations are included in Appendix I. For the exclusive purpose of allowing trade in live animals",
     {"II": "ZA SZ"}),
    ("Ceratotherium simum simum", "I/II", "Except the populations of Namibia (only for the exclusive purpose of trade "
     "in live animals), South Africa and Eswatini, which are included in Appendix II", {"II": "NA ZA SZ"}),
    ("Aonyx capensis microdon", "I/II", "Only the populations of Cameroon and Nigeria; all other populations are "
     "included in Appendix II", {"I": "CM NG"}),
    ("Aonyx capensis", "I/II", "**I** Only the populations of Cameroon and Nigeria. All other populations are included "
     "in Appendix II", {"I": "CM NG"}),
    ("Ursus arctos", "I/II", "Only the populations of Bhutan, China, Mexico and Mongolia; all other populations are "
     "included in Appendix II", {"I": "BT CN MX MN"}),
    ("Ursus arctos", "I/II", "**I** Only the populations of Bhutan, China, Mexico and Mongolia; all other populations "
     "are included in Appendix II.\n**II** [FAMILY listing Ursidae spp.] Included in Ursidae spp., except the "
     "populations of Bhutan, China, Mexico and Mongolia, which are included in Appendix I.", {"I": "BT CN MX MN"}),
    ("Puma concolor", "I/II", "Only the populations of Costa Rica and Panama; all other populations are included in "
     "Appendix II", {"I": "CR PA"}),
    ("Panthera leo", "I/II", "Only the population of India; all other populations are included in Appendix II",
     {"I": "IN"}),
    ("Panthera leo", "I/II", "**II** Included in Felidae spp. Except the population of India, which is included in "
     "Appendix I", {"I": "IN"}),
    ("Caracal caracal", "I/II", CARACAL, {"I": "asia"}),
    ("Caracal caracal", "I/II", "**I** Only the population of Asia; all other populations are included in Appendix "
     "II.\n**II** [FAMILY listing Felidae spp.] Except the population of Asia, which is included in Appendix I.",
     {"I": "asia"}),
    ("Herpailurus yagouaroundi", "I/II", "**I** Only the populations of Central and North America; all other "
     "populations are included in Appendix II.\n**II** [FAMILY listing Felidae spp.] Included in Felidae spp. except "
     "the populations of Central and North America, which are included in Appendix&nbsp;I. Specimens of the "
     "domesticated form are not subject to the provisions of the Convention.", {"I": "north"}),
    ("Prionailurus bengalensis bengalensis", "I/II", "Only the populations of Bangladesh, India and Thailand; all "
     "other populations are included in Appendix II", {"I": "BD IN TH"}),
    ("Prionailurus rubiginosus", "I/II", "Only the population of India; all other populations are included in "
     "Appendix II", {"I": "IN"}),
    ("Balaenoptera acutorostrata", "I/II", "Except the population of West Greenland, which is included in Appendix "
     "II", {"II": "GL", "partly": "GL"}),
    ("Crocodylus niloticus", "I/II", f"Except {NILE}, which are included in Appendix II", {"II": NILE_CODES}),
    ("Crocodylus niloticus", "I/II", f"**I** Except {NILE}, which are included in Appendix II.<br>**II** "
     f"{NILE[0].upper()}{NILE[1:]}; all other populations are included in Appendix I.", {"II": NILE_CODES}),
    ("Crocodylus niloticus", "I/II", "Except the populations of Botswana, Ethiopia [subject to ranching], Kenya "
     "[subject to ranching], Madagascar [subject to ranching], Tanzania (United Republic of) [subject to an annual "
     "export quota] and Zimbabwe [subject to ranching], which are included in Appendix II",
     {"II": "BW ET KE MG TZ ZW"}),
    ("Crocodylus porosus", "I/II", SALTWATER, {"II": "AU ID MY PG"}),
    ("Crocodylus porosus", "I/II", "**II** Only the populations of Australia, Indonesia, Malaysia, Papua New Guinea "
     "and the Philippines [only the population of the Palawan Islands]; all other populations are included in Appendix "
     "I", {"II": "AU ID MY PG PH", "partly": "PH"}),
    ("Crocodylus acutus", "I/II", "Except the population of Cuba, which is included in Appendix II", {"II": "CU"}),
    ("Crocodylus acutus", "I/II", f"Except {CISPATA}, which are included in Appendix II",
     {"II": "CO CU", "partly": "CO"}),
    ("Crocodylus acutus", "I/II", f"Except {CISPATA}, which are included in Appendix II, and the population of Mexico, "
     f"which is included in Appendix II and is {ZERO}", {"II": "CO CU MX", "partly": "CO"}),
    ("Crocodylus moreletii", "I/II", "Except the population of Belize, which is included in Appendix II with a zero "
     "quota for wild specimens traded for commercial purposes, and the population of Mexico, which is included in "
     "Appendix II", {"II": "BZ MX"}),
    ("Crocodylus moreletii", "I/II", "Except the populations of Belize and Mexico, which are included in Appendix II "
     "with a zero quota for wild specimens traded for commercial purposes", {"II": "BZ MX"}),
    ("Melanosuchus niger", "I/II", f"Included in Appendix I, except for the population of Brazil, which is included in "
     f"Appendix II, and the population of Ecuador, {ECUADOR}", {"II": "BR EC"}),
    ("Melanosuchus niger", "I/II", f"**I** Included in Appendix I, except for the population of Brazil, which is "
     f"included in Appendix II, and the population of Ecuador, {ECUADOR}.\n**II** Population of Brazil and the "
     f"population of Ecuador, {ECUADOR}.", {"II": "BR EC"}),
    ("Melanosuchus niger", "I/II", f"**II** Population of Brazil and the population of Ecuador, {ECUADOR}.",
     {"II": "BR EC"}),
    ("Caiman latirostris", "I/II", "Except the population of Argentina, which is included in Appendix II",
     {"II": "AR"}),
    ("Caiman latirostris", "I/II", "[I] Except the populations of Argentina and Brazil, which are included in Appendix "
     "II [II] Populations of Argentina and Brazil", {"II": "AR BR"}),
    ("Chinchilla", "I/NC", f"Only the populations of South America; {NO_OTHER}", {"I": "south america"}),
    ("Swietenia macrophylla", "II/NC", "Populations of the Neotropics", {"II": "neotropics"}),
    ("Cedrela", "II/NC", "**II** Populations of the Neotropics #6", {"II": "neotropics"}),
    ("Dicksonia", "II/NC", f"Only the populations of the Americas; {NO_OTHER}", {"II": "americas"}),
    ("Pterocarpus", "II/NC", f"Only the African populations; {NO_OTHER}", {"II": "africa"}),
    ("Khaya", "II", "**II** #17 Only the African populations; no other population is included in the Appendices",
     {"II": "africa"}),
    ("Panax ginseng", "II/NC", f"#3 Only the population of the Russian Federation; {NO_OTHER}", {"II": "RU"}),
    ("Panax ginseng", "II", f"Only the populations of the Russian Federation; {NO_OTHER}", {"II": "RU"}),
    ("Diospyros", "II/NC", f"#5 Only the populations of Madagascar; {NO_OTHER}", {"II": "MG"}),
    ("Dalbergia", "II/NC", f"**II** #5 Populations of Madagascar; {NO_OTHER}", {"II": "MG"}),
    ("Osyris lanceolata", "II/NC", "#2 Only the populations of Burundi, Ethiopia, Kenya, Rwanda, Uganda and the United "
     f"Republic of Tanzania; {NO_OTHER}", {"II": "BI ET KE RW UG TZ"}),
    ("Dalbergia darienensis", "III/NC", f"#2 Only the population of Panama; {NO_OTHER}", {"III": "PA"}),
    ("Inventus divisus", "I/II", "All populations except those of Iran (Islamic Republic of), Congo (Democratic "
     "Republic of the) and Lao People’s Democratic Republic, which are in Appendix II", {"II": "IR CD LA"}),
    ("Inventus divisus", "I/II", "Excluding the populations of Bolivia, Plurinational State of, Trinidad and Tobago "
     "and Guinea-Bissau, which are listed in Appendix II", {"II": "BO TT GW"}),
    ("Inventus divisus", "I/II", "All populations except those of Argentina and Chile are included in Appendix I",
     {"II": "AR CL"}),
    ("Inventus divisus", "I/II", "**I** Populations other than that of Argentina are in Appendix I", {"II": "AR"}),
    ("Inventus divisus", "II/NC", "All populations, except those of Argentina and Chile, are not included in the "
     "Appendices", {"II": "AR CL"}),
    ("Inventus divisus", "I/II", "Only the populations of Argentina and Chile are not included in Appendix I",
     {"II": "AR CL"}),
    ("Inventus divisus", "I/II", "Except the population of Chile, which is not included in Appendix I", {"II": "CL"}),
    ("Inventus divisus", "I/II", "Population of India in Appendix I; all other populations in Appendix II",
     {"I": "IN"}),
    ("Inventus divisus", "I/II", "Excludes populations in Chad, which are in Appendix II", {"II": "TD"}),
    ("Inventus divisus", "I/II/NC", "**I** Only the population of Niger. **II** Only the population of Nigeria; no "
     "other population is included in the Appendices", {"I": "NE", "II": "NG"}),
]  # fmt: skip
UNCLEAR = [
    ("Felidae", "I/II", "Except the species included in Appendix I. Excludes specimens of the domesticated form"),
    ("Tayassuidae", "I/II/NC", "**II** Except the species included in Appendix I and the populations of Pecari tajacu "
     "of Mexico and the United States of America, which are not included in the Appendices"),
    ("Ovis ammon", "I/II", "Except the subspecies included in Appendix I"),
    ("Inventus divisus", "I/II", "Except the populations of Atlantis, which are included in Appendix II"),
    ("Inventus divisus", "I/II", "Except the populations of Brazil, Atlantis and Ecuador, which are included in "
     "Appendix II"),
    ("Inventus divisus", "I/II", "**I** Except the population of Brazil, which is included in Appendix II.\n**II** "
     "Populations of Brazil and Ecuador."),
    ("Inventus divisus", "I/II", "Populations of Brazil"),
    ("Inventus divisus", "I/NC", "[NC] Only the populations of Chad and Mali"),
    ("Inventus divisus", "I/II", "**I** Only the population of Asia.\n**II** Only the population of Africa."),
    ("Inventus divisus", "I/II", "Except the populations of Brazil, which are included in Appendix III"),
    ("Inventus divisus", "I/II", ""),
    ("Inventus divisus", "I/II/NC", "Only the population of Chile is not included in Appendix I"),
    ("Inventus divisus", "I/II", "The population of Chile is included in Appendix II, except the population of "
     "Atlantis, which is in Appendix I"),
    ("Inventus divisus", "I/II", "The populations of Africa except that of Chad are included in Appendix I"),
    ("Inventus divisus", "I/II/NC", "All populations except that of Chad are included in Appendix I"),
    ("Loxodonta", "I/II", "**I** Except the populations of Loxodonta africana of Botswana, which are included in "
     "Appendix II"),
]  # fmt: skip


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split()) if text.isupper() else find_countries(_REGIONS[text])


_REGIONS = {
    "asia": "Asia", "africa": "Africa", "north": "Central and North America", "americas": "Americas",
    "neotropics": "Neotropics", "south america": "South America",
}  # fmt: skip


def _appendices(listing: str) -> tuple[str | None, ...]:
    return tuple(None if one == "NC" else one for one in listing.split("/"))


@pytest.mark.parametrize(("taxon", "listing", "annotation", "expected"), READ)
def test_split_listing_has_the_countries_of_its_annotation(
    taxon: str, listing: str, annotation: str, expected: dict[str, str]
) -> None:
    parts = parse_populations(_appendices(listing), annotation, {}, taxon=taxon)
    assert all(part.is_range_known for part in parts), parts
    partly = _codes(expected.get("partly", "") or "asia") if "partly" in expected else frozenset()
    named = {None if one == "NC" else one: _codes(text) for one, text in expected.items() if one != "partly"}
    rest = next(one for one in (*_appendices(listing), None) if one not in named)
    for appendix, countries in named.items():
        for code in countries:
            found = {part.appendix for part in populations_for(parts, code)}
            assert found == ({appendix, rest} if code in partly else {appendix}), (code, parts)
    assert {part.appendix for part in populations_for(parts, "XX")} == {rest}


@pytest.mark.parametrize(("taxon", "listing", "annotation"), UNCLEAR)
def test_split_listing_with_an_unclear_annotation_has_no_known_range(taxon: str, listing: str, annotation: str) -> None:
    parts = parse_populations(_appendices(listing), annotation, {}, taxon=taxon)
    assert [(part.appendix, part.is_range_known) for part in parts] == [(one, False) for one in _appendices(listing)]


def test_split_listing_knows_a_country_by_the_name_in_its_own_row() -> None:
    annotation = "Except the populations of Freedonia and Namibia, which are included in Appendix II"
    parts = parse_populations(("I", "II"), annotation, {"freedonia": "FR"})
    assert {part.appendix: part.countries for part in parts} == {"II": {"FR", "NA"}, "I": frozenset()}


@pytest.mark.parametrize(("annotation", "parties"), [
    ("Listed by Botswana", ["BW"]), ("**III** Nepal", ["NP"]), ("III (Algeria, Tunisia)", ["DZ", "TN"]),
    ("[III] Algeria and Tunisia", ["DZ", "TN"]), ("Listed by Nepal. Excludes the domesticated form", ["NP"]),
    ("Included in Appendix III at the request of the Russian Federation", ["RU"]), ("III BW", ["BW"]), ("", []),
    ("Listed by Atlantis", []),
])  # fmt: skip
def test_listing_of_appendix_three_has_the_countries_that_requested_it(annotation: str, parties: list[str]) -> None:
    parts = parse_populations(("III",), annotation, {})
    assert populations_for(parts, "XX")[0].party == (parties[0] if parties else None)
    for party in parties:
        assert [part.party for part in populations_for(parts, party)] == [party]
