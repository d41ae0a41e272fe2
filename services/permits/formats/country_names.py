"""Names of countries and regions in public lists of species, with their codes (ISO 3166-1 alpha-2)."""

import re
from collections.abc import Mapping
from functools import cache

ALTERNATIVE_CODES = {"UK": "GB", "EL": "GR"}
"""Codes that lists use for a country in addition to its own."""
_TABLE = """
AD Andorra|AE United Arab Emirates|AF Afghanistan|AG Antigua and Barbuda|AI Anguilla|AL Albania|AM Armenia|AO Angola
AR Argentina|AT Austria|AU Australia|AW Aruba|AZ Azerbaijan|BA Bosnia and Herzegovina|BB Barbados|BD Bangladesh
BE Belgium|BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BM Bermuda|BN Brunei Darussalam|BN Brunei
BO Bolivia|BO Bolivia, Plurinational State of|BO Plurinational State of Bolivia|BO Bolivia (Plurinational State of)
BR Brazil|BS Bahamas|BT Bhutan|BW Botswana|BY Belarus|BZ Belize|CA Canada
CD Democratic Republic of the Congo|CD Congo, the Democratic Republic of the|CD Congo, Democratic Republic of the
CD Congo (Democratic Republic of the)|CD Congo (the Democratic Republic of the)|CD Zaire
CF Central African Republic|CG Congo|CG Republic of the Congo|CH Switzerland|CI Côte d'Ivoire|CI Cote d'Ivoire
CI Ivory Coast|CL Chile|CM Cameroon|CN China|CN People's Republic of China|CO Colombia|CR Costa Rica|CU Cuba
CV Cabo Verde|CV Cape Verde|CW Curaçao|CY Cyprus|CZ Czech Republic|CZ Czechia|DE Germany|DJ Djibouti|DK Denmark
DM Dominica|DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|ER Eritrea|ES Spain
ET Ethiopia|FI Finland|FJ Fiji|FM Micronesia, Federated States of|FM Federated States of Micronesia|FR France|GA Gabon
GB United Kingdom|GB United Kingdom of Great Britain and Northern Ireland|GD Grenada|GE Georgia|GF French Guiana
GH Ghana|GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe|GQ Equatorial Guinea|GR Greece|GT Guatemala|GW Guinea-Bissau
GW Guinea Bissau|GY Guyana|HK Hong Kong|HN Honduras|HR Croatia|HT Haiti|HU Hungary|ID Indonesia|IE Ireland|IL Israel
IN India|IQ Iraq|IR Iran|IR Islamic Republic of Iran|IR Iran, Islamic Republic of|IR Iran (Islamic Republic of)
IS Iceland|IT Italy|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati|KM Comoros
KN Saint Kitts and Nevis|KP Democratic People's Republic of Korea|KP Korea, Democratic People's Republic of
KR Republic of Korea|KR Korea, Republic of|KR Korea (Republic of)|KW Kuwait|KY Cayman Islands|KZ Kazakhstan
LA Lao People's Democratic Republic|LA Lao PDR|LA Laos|LB Lebanon|LC Saint Lucia|LI Liechtenstein|LK Sri Lanka
LR Liberia|LS Lesotho|LT Lithuania|LU Luxembourg|LV Latvia|LY Libya|LY Libyan Arab Jamahiriya|MA Morocco|MC Monaco
MD Republic of Moldova|MD Moldova, Republic of|MD Moldova|ME Montenegro|MG Madagascar|MH Marshall Islands
MK North Macedonia|MK The former Yugoslav Republic of Macedonia|ML Mali|MM Myanmar|MN Mongolia|MO Macao|MQ Martinique
MR Mauritania|MT Malta|MU Mauritius|MV Maldives|MW Malawi|MX Mexico|MY Malaysia|MZ Mozambique|NA Namibia
NC New Caledonia|NE Niger|NG Nigeria|NI Nicaragua|NL Netherlands|NL Kingdom of the Netherlands|NO Norway|NP Nepal
NR Nauru|NZ New Zealand|OM Oman|PA Panama|PE Peru|PF French Polynesia|PG Papua New Guinea|PH Philippines|PK Pakistan
PL Poland|PM Saint Pierre and Miquelon|PR Puerto Rico|PS State of Palestine|PT Portugal|PW Palau|PY Paraguay|QA Qatar
RE Réunion|RO Romania|RS Serbia|RU Russian Federation|RU Russia|RW Rwanda|SA Saudi Arabia|SB Solomon Islands
SC Seychelles|SD Sudan|SE Sweden|SG Singapore|SI Slovenia|SK Slovakia|SL Sierra Leone|SM San Marino|SN Senegal
SO Somalia|SR Suriname|SS South Sudan|ST Sao Tome and Principe|SV El Salvador|SX Sint Maarten
SY Syrian Arab Republic|SY Syria|SZ Eswatini|SZ Swaziland|TC Turks and Caicos Islands|TD Chad|TG Togo|TH Thailand
TJ Tajikistan|TL Timor-Leste|TM Turkmenistan|TN Tunisia|TO Tonga|TR Turkey|TR Türkiye|TT Trinidad and Tobago|TV Tuvalu
TW Taiwan, Province of China|TZ United Republic of Tanzania|TZ Tanzania|TZ Tanzania, United Republic of|UA Ukraine
UG Uganda|US United States of America|US United States|US USA|UY Uruguay|UZ Uzbekistan
VC Saint Vincent and the Grenadines|VE Venezuela|VE Venezuela, Bolivarian Republic of
VE Bolivarian Republic of Venezuela|VE Venezuela (Bolivarian Republic of)|VG British Virgin Islands
VI United States Virgin Islands|VN Viet Nam|VN Vietnam|VU Vanuatu|WF Wallis and Futuna|WS Samoa|YE Yemen|YT Mayotte
ZA South Africa|ZM Zambia|ZW Zimbabwe
"""
_AFRICA = (
    "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG "
    "RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"
)
_ASIA = (
    "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS "
    "QA SA SG SY TH TJ TL TM TW UZ VN YE"
)
_SOUTH_AMERICA = "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"
_CENTRAL_AMERICA = "BZ CR GT HN NI PA SV"
_NORTH_AMERICA = "BM CA GL MX PM US"
_CARIBBEAN = "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI"
_NORTH_TO_CENTRAL = f"{_CENTRAL_AMERICA} {_NORTH_AMERICA} {_CARIBBEAN}"
_NEOTROPICS = f"{_SOUTH_AMERICA} {_CENTRAL_AMERICA} {_CARIBBEAN} MX"
REGIONS: Mapping[str, frozenset[str]] = {
    name: frozenset(codes.split())
    for name, codes in {
        "africa": _AFRICA,
        "african continent": _AFRICA,
        "asia": _ASIA,
        "south america": _SOUTH_AMERICA,
        "central and north america": _NORTH_TO_CENTRAL,
        "north and central america": _NORTH_TO_CENTRAL,
        "americas": f"{_SOUTH_AMERICA} {_NORTH_TO_CENTRAL}",
        "neotropics": _NEOTROPICS,
        "neotropical region": _NEOTROPICS,
    }.items()
}
"""The countries of a region of an annotation, by its name in lower case, by the geographic regions of the UN (M49).

M49 counts Mexico to Central America and most lists to North America. So no name here has only one of the two.
"""


def _normalized(name: str) -> str:
    text = name.casefold().replace("’", "'")
    return " ".join(text.removeprefix("the ").split())


CODES_BY_NAME: dict[str, str] = {
    _normalized(entry[3:]): entry[:2] for entry in _TABLE.replace("\n", "|").split("|") if len(entry) > 3
}
"""Code by name in lower case."""


def find_code(name: str) -> str | None:
    """Return the code of a country by its name, or None if the name is not known."""
    key = _normalized(name)
    return CODES_BY_NAME.get(key) or CODES_BY_NAME.get(" ".join(re.sub(r"\([^)]*\)", " ", key).split()))


@cache
def name_pattern() -> re.Pattern[str]:
    """Return the pattern of the names of countries and regions. A long name comes before its beginning."""
    every = sorted({*CODES_BY_NAME, *REGIONS}, key=len, reverse=True)
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(map(re.escape, every))})(?![\w-])")


def find_countries(name: str) -> frozenset[str]:
    """Return the codes of a country or of the countries of a region, by a name that `name_pattern` matches."""
    key = _normalized(name)
    return REGIONS[key] if key in REGIONS else frozenset({CODES_BY_NAME[key]})
