"""The keys of identifiers. An identifier belongs to a country: the same number in two countries names two parties."""

from collections.abc import Iterable

from shared.contracts.comparison import comparison_key


def identifier_key(country: str, identifier: str) -> str:
    """Return the key by which an identifier of a country is compared: `FR:` and its comparison key."""
    return f"{country}:{comparison_key(identifier)}"


def identifier_keys(country: str, identifiers: Iterable[str]) -> frozenset[str]:
    """Return the keys of a party's identifiers in its country."""
    return frozenset(identifier_key(country, identifier) for identifier in identifiers)


def has_identifier(identifiers: Iterable[str], stated: str | None) -> bool:
    """Return whether a stated identifier is one of these by its key, in whatever country it is stated."""
    return stated is not None and comparison_key(stated) in {comparison_key(one) for one in identifiers}
