"""Codes of customs for units and countries, and their meaning in the hub's own codes.

Units are those of UN/ECE Recommendation 20. Messages in JSON and XML may state them.
"""

from decimal import Decimal

REC_20_UNITS: dict[str, tuple[str, Decimal]] = {
    "KGM": ("kg", Decimal(1)),
    "GRM": ("g", Decimal(1)),
    "MGM": ("mg", Decimal(1)),
    "TNE": ("t", Decimal(1)),
    "DTN": ("kg", Decimal(100)),
    "NAR": ("number", Decimal(1)),
    "NMB": ("number", Decimal(1)),
    "NIU": ("number", Decimal(1)),
    "C62": ("number", Decimal(1)),
    "H87": ("number", Decimal(1)),
    "PCE": ("number", Decimal(1)),
    "EA": ("number", Decimal(1)),
    "DZN": ("number", Decimal(12)),
    "CEN": ("number", Decimal(100)),
    "MIL": ("number", Decimal(1000)),
    "PR": ("pair", Decimal(1)),
    "NPR": ("pair", Decimal(1)),
    "LTR": ("l", Decimal(1)),
    "MLT": ("ml", Decimal(1)),
    "HLT": ("l", Decimal(100)),
    "MTR": ("m", Decimal(1)),
    "CMT": ("cm", Decimal(1)),
    "MMT": ("mm", Decimal(1)),
    "MTK": ("m2", Decimal(1)),
    "CMK": ("cm2", Decimal(1)),
    "MTQ": ("m3", Decimal(1)),
    "CMQ": ("cm3", Decimal(1)),
}
"""Code of UN/ECE Rec. 20 → unit of the hub, and the factor. A qualifier after `#` does not change the measure."""

COUNTRY_ALIASES = {"XI": "GB", "XU": "GB", "UK": "GB", "EL": "GR", "XC": "ES", "XL": "ES", "XS": "RS"}
"""Customs codes of a part of a country, and former codes → code of ISO 3166-1."""


def find_unit(code: str) -> tuple[str, Decimal] | None:
    """Return the unit that a code of UN/ECE Rec. 20 means, and the factor, or None."""
    return REC_20_UNITS.get(code) or REC_20_UNITS.get(code.partition("#")[0].strip().upper())
