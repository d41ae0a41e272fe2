"""Estimated conversions between units and terms. The hub shows them to an officer and never calculates with them.

UNEP-WCMC applies these factors when it compares the reports of two countries in the CITES Trade Database.
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
"""Kilograms per cubic metre of timber, by taxon (or genus)."""

CORAL_PIECE_MASSES: dict[str, Decimal] = {"LIV": Decimal("0.206"), "COR": Decimal("0.58")}
"""Kilograms per piece of live, and of raw, stony coral."""
