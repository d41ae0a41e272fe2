"""The one-letter and three-letter codes that the Parties agreed on: purposes, sources, terms, permit kinds.

Purposes and sources: Resolution Conf. 12.3 (Rev. CoP19). Terms: the CITES annual report guidelines, as listed in
Regulation (EC) 865/2006, annex VII, and the older terms of trade records.
"""

PURPOSES: dict[str, str] = {
    "B": "Breeding in captivity or artificial propagation",
    "E": "Educational",
    "G": "Botanical garden",
    "H": "Hunting trophy",
    "L": "Law enforcement, judicial or forensic",
    "M": "Medical, biomedical research included",
    "N": "Reintroduction or introduction into the wild",
    "P": "Personal",
    "Q": "Travelling exhibition",
    "S": "Scientific",
    "T": "Commercial",
    "Z": "Zoo",
}

SOURCES: dict[str, str] = {
    "A": "Artificially propagated plant",
    "C": "Animal bred in captivity",
    "D": "Appendix I specimen bred or propagated for commercial purposes in a registered operation",
    "F": "Animal born in captivity, not meeting the definition of bred in captivity",
    "I": "Confiscated or seized; used together with another code",
    "O": "Pre-Convention; used together with another code",
    "R": "Ranched",
    "U": "Unknown",
    "W": "Taken from the wild",
    "X": "Taken in the marine environment outside the jurisdiction of any State",
    "Y": "Plant from assisted production",
}

ACCOMPANIED_SOURCES = frozenset({"I", "O"})
"""Sources that never occur alone: the underlying source is named too (Resolution Conf. 12.3)."""

PLANT_SOURCES = frozenset({"A", "Y"})
ANIMAL_SOURCES = frozenset({"C", "F", "R"})
"""Sources that by their definition belong to one kingdom (Resolution Conf. 12.3).

D belongs to both: Appendix I animals bred, and Appendix I plants propagated, for commercial purposes.
"""

PERMIT_KINDS: dict[str, str] = {
    "export": "Export permit",
    "re_export": "Re-export certificate",
    "import": "Import permit",
    "introduction_from_the_sea": "Certificate of introduction from the sea",
    "certificate_of_origin": "Certificate of origin (Appendix III)",
    "pre_convention": "Pre-Convention certificate",
    "captive_bred": "Certificate of captive breeding or artificial propagation",
    "travelling_exhibition": "Travelling exhibition certificate",
    "musical_instrument": "Musical instrument certificate",
    "personal_ownership": "Certificate of personal ownership",
    "sample_collection": "Sample collection certificate",
    "phytosanitary": "Phytosanitary certificate used as a CITES certificate",
    "other": "Other document",
}

IMPORT_SIDE_KINDS = frozenset({"import", "introduction_from_the_sea"})
"""Documents of the country of import: the customs office of export endorses nothing on them."""

MULTIPLE_CROSSING_KINDS = frozenset(
    {"travelling_exhibition", "musical_instrument", "personal_ownership", "sample_collection"}
)
"""Certificates for goods that cross many borders and return. Each crossing is a line of the continuation sheet."""

TERM_NAMES: dict[str, str] = {
    entry.split()[0]: " ".join(entry.split()[1:])
    for entry in """
    BAL baleen; BAR bark; BEL belt; BOC bone carving; BOD body; BON bone; BOP bone piece; BPR bone product; CAL
    calipee; CAP carapace; CAR carving; CAV caviar; CHP woodchips; CLA claw; CLO cloth; COR raw coral; COS
    cosmetics; CST chess set; CUL culture; DER derivatives; DFN dried fin; DPL dried plant; EAR ear; EGG egg; EGL
    live egg; ESH eggshell; EXT extract; FEA feather; FFN wet fin; FIB fibre; FIG fingerlings; FIN fin; FLO flower;
    FOO foot; FPL large fur product; FPR fur product; FPS small fur product; FPT flower pot; FRA spectacle frame;
    FRN furniture; FRU fruit; GAB gall bladder; GAL gall; GAR garment; GEN genitalia; GIL gill plates; GRS graft
    rootstock; HAI hair; HAN handbag; HAP hair product; HEA head; HOC horn carving; HOP horn piece; HOR horn; HOS
    horn scrap; HPR horn product; IJW ivory jewellery; IVC ivory carving; IVP raw ivory piece; IVS ivory scrap; JWL
    jewellery; KEY ivory piano keys; KNL kernel; LEA leather; LEG frog legs; LIV live; LOG logs; LPL large leather
    product; LPS small leather product; LVS leaf; MEA meat; MED medicine; MUS musk; OIL oil; OTH other; PIE piece;
    PKY piano key; PLA plate; PLY plywood; POW powder; PRL pearl; PUP pupae; QUI quill; ROO root; ROS sawfish
    rostrum; RUG rug; SAW sawn wood; SCA scale; SCR scraps; SEE seed; SHE shell; SHO pair of shoes; SID side of a
    skin; SKD dried skin; SKE skeleton; SKI skin; SKO leather item; SKP skin piece; SKS skin scrap; SKU skull; SOU
    soup; SPE scientific specimen; STE stem; SWI swim bladder; TAI tail; TEE tooth; THD thread; TIC timber carving;
    TIM timber; TIP timber piece; TIS tissue culture; TRO trophy; TRU trunk; TRW transformed wood; TUS raw ivory
    tusk; UNS unspecified; VEN veneer sheets; VNM venom; WAL wallet; WAT watch strap; WAX wax; WPR wood product
    """.split(";")
}
"""The meaning of each trade term: those in use, and older ones that trade records still contain."""
TERM_CODES = frozenset(TERM_NAMES)
