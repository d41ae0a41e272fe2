"""The dimensions of each trade term: those of its preferred and alternative units.

The source is the annual report guidelines, as listed in Regulation (EC) 865/2006, annex VII. Logs and sawn wood of
special purpose timbers are recorded by weight. A term that is missing here (an older one that trade records still
contain) may have any unit. Another unit than these is a note and never a refusal.
"""

_COUNT = "DPL EAR FPT FOO FPL FPS GAR GRS LPL LPS PRL KEY PUP RUG SID SKE SKI SKU TRO CUL"
_MASS = "BAR CAL CAV CHP DFN FFN FLO LEG FRU GAL KNL MEA MUS BOP HOP IVP POW SCA SEE SWI THD WAX"
_COUNT_OR_MASS = """
    BAL BOD BON CAP CAR BOC HOC IVC CLA COR EGG EGL FIG GAB GEN GIL HAI HAP HOR JWL IJW LIV LVS ROO ROS SHE SKP STE
     TAI TEE TRU TUS WPR FEA
"""

TERM_DIMENSIONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_COUNT.split(), frozenset({"count"})),
    **dict.fromkeys(_MASS.split(), frozenset({"mass"})),
    **dict.fromkeys(_COUNT_OR_MASS.split(), frozenset({"count", "mass"})),
    **dict.fromkeys(("COS", "DER", "EXT", "MED", "OIL", "SOU"), frozenset({"mass", "volume"})),
    **dict.fromkeys(("LOG", "SAW", "TIM", "TRW"), frozenset({"volume", "mass"})),
    **dict.fromkeys(("CLO",), frozenset({"area", "mass"})),
    "ESH": frozenset({"mass"}),
    "FIB": frozenset({"mass", "length"}),
    "PLA": frozenset({"area"}),
    "PLY": frozenset({"area", "volume"}),
    "SPE": frozenset({"mass", "volume", "count"}),
    "VEN": frozenset({"volume", "area", "mass"}),
}
"""Term → dimensions, as `shared.cites.units` names them."""
