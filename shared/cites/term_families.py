"""Families of trade terms: the terms that two honest parties use for the same goods.

Each family has its reason. Most reasons follow the guidelines for CITES annual reports (Resolution Conf. 11.17), as
listed in Regulation (EC) 865/2006, annex VII. `MERGED_TERMS` are the older codes that the CITES Trade Database counts
under a present one (UNEP-WCMC, conversions of terms). The hub never replaces a term: an officer decides.
"""

from collections import defaultdict
from dataclasses import dataclass

from shared.cites.codes import TERM_CODES


@dataclass(frozen=True, kw_only=True)
class TermFamily:
    """Terms for the same goods, and the reason. Each core term goes with each member, and with each core term."""

    core: frozenset[str]
    members: frozenset[str] = frozenset()
    reason: str


def _family(core: str, reason: str, members: str = "") -> TermFamily:
    return TermFamily(core=frozenset(core.split()), members=frozenset(members.split()), reason=reason)


LIVE_TERMS = frozenset({"LIV", "EGL", "FIG"})
"""Terms of living specimens."""

MERGED_TERMS: dict[str, frozenset[str]] = {
    "BEL": frozenset({"LPS"}),
    "HAN": frozenset({"LPS"}),
    "LEA": frozenset({"LPS", "LVS"}),
    "SHO": frozenset({"LPS"}),
    "SKO": frozenset({"LPS"}),
    "WAL": frozenset({"LPS"}),
    "WAT": frozenset({"LPS"}),
    "CST": frozenset({"CAR", "IVC"}),
    "FRA": frozenset({"CAR"}),
    "FRN": frozenset({"CAR", "WPR"}),
    "BPR": frozenset({"BOC"}),
    "HPR": frozenset({"HOC"}),
    "HOS": frozenset({"HOP"}),
    "IVS": frozenset({"IVP"}),
    "PKY": frozenset({"KEY"}),
    "QUI": frozenset({"FEA", "HAI"}),
    "SCR": frozenset({"DER"}),
    "SKS": frozenset({"SKP"}),
    "SKD": frozenset({"SKI", "SID"}),
    "HEA": frozenset({"SKU"}),
    "FIN": frozenset({"DFN", "FFN"}),
    "FPR": frozenset({"FPL", "FPS"}),
    "TIC": frozenset({"WPR", "CAR"}),
    "TIP": frozenset({"TIM"}),
    "TIS": frozenset({"CUL"}),
    "VNM": frozenset({"EXT"}),
}
"""Older term → the present terms that now have its goods. One of several depends on the taxon or on the size."""

TROPHY_PARTS: dict[str, int | None] = {
    **dict.fromkeys("BOD SKE SKI SKU HEA TAI TRU RUG GEN".split(), 1),
    **dict.fromkeys("HOR TUS EAR SID".split(), 2),
    "FOO": 4,
    **dict.fromkeys(
        "BON BOC BOP BPR CAP CAR CLA FEA FPL FPR FPS GAR HAI HAP HOC HOP HPR IJW IVC IVP IVS JWL LEA LPL LPS QUI SCA "
        "SHE SKD SKO SKP SKS SPE TEE".split()
    ),
}
"""Part of a trophy → the most that one animal has; None if a number of them does not show the number of animals.

All trophy parts of one animal that are exported together are one trophy (guidelines, TRO). A part may be raw, processed
or manufactured (Resolution Conf. 17.9).
"""

TERM_FAMILIES: tuple[TermFamily, ...] = (
    _family("TRO", "All trophy parts of one animal are one trophy.", " ".join(TROPHY_PARTS)),
    _family("SKI SKP SID PLA RUG LPS LPL GAR FPL FPS", "One skin is whole, a side, pieces, or a product of any size."),
    _family("TAI", "Tails serve as leather and as trim of garments.", "SKI SKP LPS FPS GAR"),
    _family("HAI FIB THD CLO HAP", "Hair is spun into thread and woven into cloth. Cloth may be recorded as hair."),
    _family("CLO GAR", "A shawl is cloth and a garment."),
    _family("LOG SAW TIM TRW VEN PLY", "Wood in the rough, sawn and worked differs only by the degree of work."),
    _family("CHP POW", "Chips and powder of timber differ only by size.", "TIM LOG SAW ROO STE BAR"),
    _family("WPR", "Finished wood products are worked wood.", "CAR JWL LOG TIM TRW PLY VEN SAW"),
    _family("CAR", "Carved wood is worked wood.", "TIM TRW SAW"),
    _family("TUS TEE IVP", "A tusk is a tooth. A part of it is a piece of ivory."),
    _family("TUS IVC", "A whole carved tusk is a carving, not a tusk."),
    _family("IVP IVC", "Ivory is pieces, or carved."),
    _family("CAR IVC BOC HOC JWL IJW KEY", "The term of a carving names its material only where possible."),
    _family(
        "CAR JWL", "Carvings and jewellery are also recorded as the part they are made of.", "SHE SCA TEE CLA BON ESH"
    ),
    _family("JWL", "Jewellery is made of feathers and hair.", "FEA HAI HAP"),
    _family("BON BOP BOC SKE", "Bones are whole, pieces, carved, or a skeleton."),
    _family("SKU", "A skull is a bone, part of a skeleton, and often has its horns.", "BON SKE HOR"),
    _family("HOR HOP HOC", "Horns are whole, pieces, or carved."),
    _family("COR", "Raw coral is live rock too. Its carvings and jewellery are coral.", "LIV CAR JWL"),
    _family("BOD", "A whole dead animal is a skeleton, or meat if it is a fish.", "SKE SPE MEA"),
    _family("BOD", "A stuffed animal is its skin over a form.", "SKI"),
    _family(
        "SPE",
        "Scientific specimens are samples of any tissue, and preserved museum specimens.",
        "SKI SKP SKU SKE BON HAI TEE FEA SCA SHE EGG ESH MEA COR DER EXT POW DPL LVS FLO FRU SEE STE ROO BAR TIM",
    ),
    _family("DER EXT MED POW COS OIL WAX", "Derivatives are extracts, oils, waxes, medicines and cosmetics."),
    _family("MED DER", "Medicines are made of musk, gall and bark.", "MUS GAL GAB BAR"),
    _family("GAL GAB", "Gall is in the gall bladder."),
    _family("DFN FFN", "A fin is dried, or wet and frozen."),
    _family("EGG", "Eggs are live, blown, only the shell, or caviar.", "CAV EGL ESH"),
    _family("SHE CAP SCA", "Shells of turtles were reported as shells. Their scales are parts of them."),
    _family("CLA SCA", "Claws of turtles are usually scales."),
    _family("LIV EGL FIG", "Live eggs and fingerlings are live animals."),
    _family("LIV", "Live plants are traded as roots, bulbs, cuttings, rootstocks and cultures.", "ROO STE GRS CUL"),
    _family("DPL", "A dried plant has its leaves, stem, roots and flowers.", "LVS STE ROO FLO"),
    _family("ROO STE", "Corms and tubers are roots and stems."),
    _family("POW EXT", "Bark, roots, stems and leaves are powdered or extracted.", "BAR ROO STE LVS"),
    _family("FRU SEE KNL", "A fruit has its seeds and kernels."),
    _family("MEA LEG SOU", "Frog legs are meat. Soup is made of it."),
    _family("FPT FIB", "Flower pots are made of the fibres of tree ferns."),
    _family("UNS OTH PIE", "The older term names no kind of goods.", " ".join(TERM_CODES - LIVE_TERMS)),
)


def _index_neighbours() -> dict[str, frozenset[str]]:
    """Return the terms that each term may stand for. An older term has those of its present terms too."""
    found: dict[str, set[str]] = defaultdict(set)
    for family in TERM_FAMILIES:
        for core in family.core:
            for other in family.core | family.members:
                found[core].add(other)
                found[other].add(core)
    present = {term: frozenset(others) for term, others in found.items()}
    for older, merged in MERGED_TERMS.items():
        siblings = {one for one, others in MERGED_TERMS.items() if merged & others}
        for other in merged.union(siblings, *(present.get(term, ()) for term in merged)):
            found[older].add(other)
            found[other].add(older)
    return {term: frozenset(others - {term}) for term, others in found.items()}


NEIGHBOURING_TERMS: dict[str, frozenset[str]] = _index_neighbours()
"""Term → the terms that two honest parties use for the same goods. An officer decides; the hub does not reject."""

PARTS_OF_WHOLE: dict[str, dict[str, int]] = {"SKI": {"SID": 2}, "PKY": {"KEY": 52}}
"""Whole → part → the parts of one whole: two sides are a skin, 52 piano keys a set (CITES Trade Database)."""
SHOE_TERMS = frozenset({"SHO", "LPS", "SKO", "LEA"})
"""Terms of shoes. SHO is a pair of shoes. The CITES Trade Database counts one pair of shoes as one LPS."""
