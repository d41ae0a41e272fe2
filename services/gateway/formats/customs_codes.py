"""Codes of customs messages and their meaning in the contract: units, documents, document status, movements.

Units are those of UN/ECE Recommendation 20. Document status codes are those of United Kingdom declarations: the second
character states the use of the document.
"""

from decimal import Decimal

from shared.cites import customs_codes
from shared.contracts.closed_sets import DocumentUse, Unit

UNITS: dict[str, tuple[Unit, Decimal]] = {
    code: (Unit(unit), factor) for code, (unit, factor) in customs_codes.REC_20_UNITS.items()
}
"""Code of UN/ECE Rec. 20 → unit of the contract, and the factor. A qualifier after `#` does not change the measure."""

_USE_BY_LETTER: dict[str, DocumentUse] = {
    "E": DocumentUse.EXHAUSTS,
    "F": DocumentUse.EXHAUSTS,
    "G": DocumentUse.EXHAUSTS,
    "P": DocumentUse.PART,
    "A": DocumentUse.ALREADY_COUNTED,
    "C": DocumentUse.EXHAUSTS,
    "S": DocumentUse.EXHAUSTS,
    "T": DocumentUse.EXHAUSTS,
    "L": DocumentUse.LATE,
}
"""Second character → use.

E, F, G: exhausted. P: part use. A: already attributed. C: for certification. S, T: surrendered. L: late.
"""

DOES_NOT_APPLY = "XX"
"""The goods are of the heading, but not those to which the document applies: they are not CITES."""
NOT_PRESENTED = frozenset({"XA", "XB", "XF", "XO", "XU", "XW", DOES_NOT_APPLY, "RE"})
"""Codes without a document for these goods: waived, to follow, or not required."""


def document_use(code: str | None) -> DocumentUse | None:
    """Return how the item uses a document with this status code, or None if the code does not state it."""
    if code is None:
        return DocumentUse.EXHAUSTS
    return _USE_BY_LETTER.get(code[1:]) if len(code) == 2 and not code.startswith("X") else None


COUNTRY_ALIASES = customs_codes.COUNTRY_ALIASES
"""Customs codes of a part of a country, and former codes → code of ISO 3166-1."""

TRANSPORT_DOCUMENT_TYPES = frozenset({"703", "704", "705", "714", "720", "730", "740", "741", "750"})
"""Document types of bills of lading, waybills and consignment notes, in the categories below."""
TRANSPORT_CATEGORIES = frozenset({None, "N", "X", "Y", "Z"})

IMPORT_PROCEDURES, EXPORT_PROCEDURES = frozenset("4567"), frozenset("123")
"""First digits of the requested procedure.

4 and 6: free circulation. 5 and 7: a special procedure. 1, 2 and 3: export.
"""

TRANSIT_TYPES = frozenset({"T", "T1", "T2", "T2F", "T2SM", "TIR", "TD"})
"""Types of a transit declaration (Union Customs Code, Annex B). The TIR carnet is one of them."""
