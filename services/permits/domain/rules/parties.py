"""Comparison of declared parties with those that a permit names (boxes 3 and 4).

An identifier belongs to a country, so a party is compared by both. Names and identifiers are compared by their keys.
"""

from enum import Enum
from functools import lru_cache

from shared.cites.codes import MULTIPLE_CROSSING_KINDS
from shared.contracts.comparison import is_blank, name_key
from shared.contracts.declaration import Declaration, declaring_role, declaring_side
from shared.contracts.fields import Trader
from shared.contracts.identifiers import identifier_key
from shared.contracts.permit import Permit

_identifier_key = lru_cache(maxsize=4096)(identifier_key)
_name_key = lru_cache(maxsize=4096)(name_key)


class Naming(Enum):
    """How a permit names the declaring side: by its identifier, by its name alone, or not at all.

    Anybody can write the name of another. A name alone therefore names nobody until an officer confirms the person.
    """

    BY_IDENTIFIER = "by identifier"
    BY_NAME_ALONE = "by name alone"
    NOT_AT_ALL = "not at all"


def naming_of_declaring_side(permit: Permit, content: Declaration, trader_country: str) -> Naming:
    """Return how a permit names the declaring side. Its identifier belongs to `trader_country`, whatever it states.

    Goods of a certificate for many crossings come back, so its exporter and importer may declare both movements.
    """
    declared = declaring_side(content, trader_country)
    if permit.kind in MULTIPLE_CROSSING_KINDS:
        both = {_naming(declared, trader_country, permit.importer), _naming(declared, trader_country, permit.exporter)}
        return next(one for one in Naming if one in both)
    holder = permit.importer if declaring_role(content, trader_country) == "importer" else permit.exporter
    return _naming(declared, trader_country, holder)


def _naming(declared: Trader, trader_country: str, on_permit: Trader) -> Naming:
    if on_permit.country != trader_country:
        return Naming.NOT_AT_ALL
    if on_permit.identifier is None:
        return Naming.BY_NAME_ALONE if has_same_name(declared.name, on_permit.name) else Naming.NOT_AT_ALL
    if declared.identifier is None:
        return Naming.NOT_AT_ALL
    stated, expected = (_identifier_key(trader_country, one) for one in (declared.identifier, on_permit.identifier))
    return Naming.BY_IDENTIFIER if stated == expected else Naming.NOT_AT_ALL


def has_same_name(one: str, other: str) -> bool:
    """Return whether two names of persons or firms have one key. A name that shows nothing is the name of nobody."""
    return (one == other or _name_key(one) == _name_key(other)) and not is_blank(one)


def has_same_identifier(declared: Trader, on_permit: Trader) -> bool:
    """Return whether both have an identifier, and it is the same one of the same country."""
    if declared.identifier is None or on_permit.identifier is None:
        return False
    return _identifier_key(declared.country, declared.identifier) == _identifier_key(
        on_permit.country, on_permit.identifier
    )


def is_named_party(declared: Trader, on_permit: Trader) -> bool:
    """Return whether a permit names a declared party of the other country.

    Both compare by the identifier and its country. If one of the two has no identifier, name and country decide.
    """
    if declared.identifier is not None and on_permit.identifier is not None:
        return has_same_identifier(declared, on_permit)
    return declared.country == on_permit.country and has_same_name(declared.name, on_permit.name)


def describe_party(party: Trader) -> str:
    """Return a party's name, country and identifier as a finding shows them."""
    return f"{party.name} ({party.country}{', ' + party.identifier if party.identifier else ''})"
