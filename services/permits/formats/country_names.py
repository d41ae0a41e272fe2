"""Names of countries in public lists of species, with their codes (ISO 3166-1 alpha-2)."""

import re

ALTERNATIVE_CODES = {"UK": "GB", "EL": "GR"}
"""Codes that lists use for a country in addition to its own."""
_TABLE = """
AF Afghanistan|AO Angola|AR Argentina|AU Australia|BD Bangladesh|BF Burkina Faso|BI Burundi|BJ Benin|BO Bolivia
BO Bolivia, Plurinational State of|BR Brazil|BT Bhutan|BW Botswana|BZ Belize|CA Canada
CD Democratic Republic of the Congo
CD Congo, the Democratic Republic of the|CF Central African Republic|CG Congo|CH Switzerland|CI Côte d'Ivoire
CI Ivory Coast|CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|DE Germany|DJ Djibouti
DO Dominican Republic|DZ Algeria|EC Ecuador|EG Egypt|ER Eritrea|ES Spain|ET Ethiopia|FJ Fiji|FR France|GA Gabon
GB United Kingdom|GB United Kingdom of Great Britain and Northern Ireland|GD Grenada|GE Georgia|GF French Guiana
GH Ghana|GL Greenland|GM Gambia
GN Guinea|GQ Equatorial Guinea|GR Greece|GT Guatemala|GW Guinea-Bissau|GY Guyana|HN Honduras|HT Haiti|HU Hungary
ID Indonesia|IE Ireland|IN India|IR Iran|IR Islamic Republic of Iran|IR Iran, Islamic Republic of|IT Italy|JM Jamaica
JP Japan|KE Kenya|KH Cambodia|KM Comoros|KR Republic of Korea|KR Korea, Republic of|KZ Kazakhstan
LA Lao People's Democratic Republic|LK Sri Lanka|LR Liberia|LS Lesotho|MA Morocco|MG Madagascar|ML Mali|MM Myanmar
MN Mongolia|MR Mauritania|MU Mauritius|MW Malawi|MX Mexico|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia
NE Niger|NG Nigeria|NI Nicaragua|NL Netherlands|NO Norway|NP Nepal|NZ New Zealand|PA Panama|PE Peru
PG Papua New Guinea|PH Philippines|PK Pakistan|PL Poland|PT Portugal|PY Paraguay|RU Russian Federation|RW Rwanda
SA Saudi Arabia|SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden|SG Singapore|SL Sierra Leone|SN Senegal|SO Somalia
SR Suriname|SS South Sudan|SV El Salvador|SY Syrian Arab Republic|SZ Eswatini|SZ Swaziland|TD Chad|TG Togo
TH Thailand|TJ Tajikistan|TM Turkmenistan|TN Tunisia|TR Turkey|TR Türkiye|TT Trinidad and Tobago
TZ United Republic of Tanzania|TZ Tanzania|TZ Tanzania, United Republic of|UA Ukraine|UG Uganda
US United States of America
US United States|UY Uruguay|UZ Uzbekistan|VE Venezuela|VE Venezuela, Bolivarian Republic of|VN Viet Nam|VN Vietnam
VU Vanuatu|YE Yemen|ZA South Africa|ZM Zambia|ZW Zimbabwe
"""


def _normalized(name: str) -> str:
    text = re.sub(r"\([^)]*\)", " ", name.casefold().replace("’", "'"))
    return " ".join(text.removeprefix("the ").split())


CODES_BY_NAME: dict[str, str] = {
    _normalized(entry[3:]): entry[:2] for entry in _TABLE.replace("\n", "|").split("|") if len(entry) > 3
}
"""Code by name in lower case."""


def find_code(name: str) -> str | None:
    """Return the code of a country by its name, or None if the name is not known."""
    return CODES_BY_NAME.get(_normalized(name))
