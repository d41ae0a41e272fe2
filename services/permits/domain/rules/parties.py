"""Comparison of declared parties with those that a permit names (boxes 3 and 4)."""

from services.permits.domain.rules.citation_context import CitationContext
from shared.contracts.closed_sets import Side
from shared.contracts.fields import Trader


def is_named_party(declared: Trader, on_permit: Trader) -> bool:
    """Return whether the permit names the declared party: by identifier, else by name and country."""
    if on_permit.identifier is not None:
        return declared.identifier == on_permit.identifier
    return (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)


def has_same_name(declared: Trader, on_permit: Trader) -> bool:
    """Return whether name and country agree and the declared party has no identifier."""
    same = (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)
    return same and declared.identifier is None


def names_declaring_party(context: CitationContext) -> bool:
    """Return whether the permit names the declaring side: the importer of an import, the exporter of an export.

    Goods of a certificate for many crossings come back, so its exporter and importer may declare both movements.
    """
    content = context.permit.content
    if context.permit.is_for_many_crossings:
        declaring = context.declaration.importer if context.side is Side.IMPORT else context.declaration.exporter
        return is_named_party(declaring, content.importer) or is_named_party(declaring, content.exporter)
    if context.side is Side.IMPORT:
        return is_named_party(context.declaration.importer, content.importer)
    return is_named_party(context.declaration.exporter, content.exporter)


def describe_party(party: Trader) -> str:
    """Return a party's name, country and identifier as a finding shows them."""
    return f"{party.name} ({party.country}{', ' + party.identifier if party.identifier else ''})"
