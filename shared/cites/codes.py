"""The one-letter and three-letter codes the Parties agreed on: purposes, sources, terms, kinds of permit.

Purposes and sources: Resolution Conf. 12.3 (Rev. CoP19). Terms: the trade terms of the CITES annual report
guidelines, as carried by Regulation (EC) 865/2006, annex VII, and the older terms still found in trade records.
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
    "I": "Confiscated or seized; stands together with another code",
    "O": "Pre-Convention; stands together with another code",
    "R": "Ranched",
    "U": "Unknown",
    "W": "Taken from the wild",
    "X": "Taken in the marine environment outside the jurisdiction of any State",
    "Y": "Plant from assisted production",
}

ACCOMPANIED_SOURCES = frozenset({"I", "O"})
"""Sources that never stand alone: the underlying source is named beside them (Resolution Conf. 12.3)."""

KINDS: dict[str, str] = {
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

IMPORT_SIDE_ONLY = frozenset({"import", "introduction_from_the_sea"})
"""Documents of the country of import: nothing is endorsed on them at export."""

MANY_CROSSINGS = frozenset({"travelling_exhibition", "musical_instrument", "personal_ownership", "sample_collection"})
"""Certificates for goods that cross many borders and come back: each crossing is a line of the continuation sheet."""

TERMS = frozenset(
    """
    BAL BAR BEL BOC BOD BON BOP BPR CAL CAP CAR CAV CHP CLA CLO COR COS CST CUL DER DFN DPL EAR EGG EGL
    ESH EXT FEA FFN FIB FIG FIN FLO FOO FPL FPR FPS FPT FRA FRN FRU GAB GAL GAR GEN GIL GRS HAI HAN HAP
    HEA HOC HOP HOR HOS HPR IJW IVC IVP IVS JWL KEY KNL LEA LEG LIV LOG LPL LPS LVS MEA MED MUS OIL OTH
    PIE PKY PLA PLY POW PRL PUP QUI ROO ROS RUG SAW SCA SCR SEE SHE SHO SID SKD SKE SKI SKO SKP SKS SKU
    SOU SPE STE SWI TAI TEE THD TIC TIM TIP TIS TRO TRU TRW TUS UNS VEN VNM WAL WAT WAX WPR
    """.split()
)

NEIGHBOURING_TERMS: tuple[frozenset[str], ...] = (
    frozenset({"SKI", "SKP", "SID", "LPS"}),
    frozenset({"LIV", "COR"}),
    frozenset({"CAR", "IVC"}),
)
"""Terms that two honest sides use for the same goods: for an officer to settle, not a refusal."""
