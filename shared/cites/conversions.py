"""Conversions between units and terms that are a guess, for an officer to see and never for the hub to count with.

The factors are those UNEP-WCMC applies when it compares what two sides reported in the CITES Trade Database.
"""

from decimal import Decimal

TIMBER_TERMS = frozenset({"LOG", "SAW", "TIM"})
TIMBER_DENSITIES: dict[str, int] = {
    "abies guatemalensis": 350,
    "araucaria araucana": 570,
    "cedrela odorata": 440,
    "dalbergia nigra": 970,
    "fitzroya cupressoides": 480,
    "gonystylus": 660,
    "guaiacum officinale": 1230,
    "guaiacum sanctum": 1230,
    "pericopsis elata": 725,
    "prunus africana": 740,
    "swietenia humilis": 610,
    "swietenia macrophylla": 730,
    "swietenia mahagoni": 750,
}
"""Kilograms a cubic metre of timber, by taxon (or genus)."""

CORAL_PIECE_MASSES: dict[str, Decimal] = {"LIV": Decimal("0.206"), "COR": Decimal("0.58")}
"""Kilograms a piece of live, and of raw, stony coral."""
