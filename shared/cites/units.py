"""The units of a quantity, and the exact conversions between them.

Each unit belongs to one dimension and is a multiple of that dimension's smallest unit. Two dimensions have no exact
conversion (a cubic metre of timber has no certain weight). The report codes are those of the CITES annual report
guidelines; a blank means a number of specimens.
"""

from decimal import Decimal

UNITS: dict[str, tuple[str, Decimal]] = {
    "number": ("count", Decimal(1)),
    "pair": ("count", Decimal(2)),
    "mg": ("mass", Decimal(1)),
    "g": ("mass", Decimal(10) ** 3),
    "kg": ("mass", Decimal(10) ** 6),
    "t": ("mass", Decimal(10) ** 9),
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "m": ("length", Decimal(10) ** 3),
    "cm2": ("area", Decimal(1)),
    "m2": ("area", Decimal(10) ** 4),
    "cm3": ("volume", Decimal(1)),
    "ml": ("volume", Decimal(1)),
    "l": ("volume", Decimal(10) ** 3),
    "m3": ("volume", Decimal(10) ** 6),
}

REPORT_UNITS: dict[str, tuple[str, str]] = {
    "number": ("number", ""),
    "pair": ("number", ""),
    "mg": ("mg", "MGM"),
    "g": ("g", "GRM"),
    "kg": ("kg", "KIL"),
    "t": ("kg", "KIL"),
    "mm": ("cm", "CTM"),
    "cm": ("cm", "CTM"),
    "m": ("m", "MTR"),
    "cm2": ("cm2", "SQC"),
    "m2": ("m2", "SQM"),
    "cm3": ("cm3", "CCM"),
    "ml": ("ml", "MLT"),
    "l": ("l", "LTR"),
    "m3": ("m3", "CUM"),
}
"""Unit of a line → (unit it is reported in, code of that unit in the annual report)."""
