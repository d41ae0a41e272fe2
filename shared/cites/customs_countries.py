"""Codes of customs messages and trade records in place of a country: several, unknown, high seas, parts of a country.

Customs of the European Union write the codes of the Geonomenclature (Regulation (EU) 2020/1470), and so does the United
Kingdom. The codes that begin with X and Z are those of the CITES trade database and of customs systems.
"""

CUSTOMS_COUNTRIES: dict[str, str] = {
    "EU": "European Union, without a member",
    "QP": "High seas",
    "QR": "Stores and provisions within the Union",
    "QS": "Stores and provisions of trade with other countries",
    "QU": "Country not specified",
    "QV": "Country not specified, within the Union",
    "QW": "Country not specified, outside the Union",
    "QX": "Country not specified, for commercial or military reasons",
    "QY": "Country not specified, for commercial or military reasons, within the Union",
    "QZ": "Country not specified, for commercial or military reasons, outside the Union",
    "ZG": "Code of customs systems for no certain country",
}
"""Codes that a declaration keeps as customs write them, with their meaning."""
HIGH_SEAS = frozenset({"QP", "XZ", "XX", "ZZ"})
"""Codes for the high seas, and for an origin in no State."""
UNCERTAIN_COUNTRIES = frozenset(CUSTOMS_COUNTRIES) - HIGH_SEAS | {"XV", "XX"}
"""Codes that name several countries or an unknown one. They contradict no country, so an officer decides."""
SEA_CODES = frozenset({"QP", "XZ", "ZZ"})


def is_same_country(one: str, other: str) -> bool:
    """Return whether two codes mean one country. Customs and the trade database write the high seas differently."""
    return one == other or (one in SEA_CODES and other in SEA_CODES)
