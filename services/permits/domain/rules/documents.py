"""Is the cited paper good for this movement, on this day, between these parties? (Articles IV and VI, boxes 1 to 6)."""

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.context import CitationContext, Discrepancy, Rule
from shared.cites.codes import IMPORT_SIDE_KINDS, PERMIT_KINDS
from shared.contracts.closed_sets import DocumentUse, Side
from shared.contracts.fields import Trader

KINDS_BY_SIDE: dict[Side, frozenset[str]] = {
    Side.EXPORT: frozenset(PERMIT_KINDS) - IMPORT_SIDE_KINDS,
    Side.IMPORT: frozenset(PERMIT_KINDS),
}
"""Kinds of document that serve a movement; an import permit serves imports alone."""


def is_named_party(declared: Trader, on_permit: Trader) -> bool:
    """Say whether the declared party is the one the permit names: by identifier, else by name and country."""
    if on_permit.identifier is not None:
        return declared.identifier == on_permit.identifier
    return (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)


def names_declaring_party(context: CitationContext) -> bool:
    """Say whether the permit names the declaring side: the importer of an import, the exporter of an export.

    Goods that cross many borders come back: whoever the certificate names declares both ways.
    """
    content = context.permit.content
    if context.permit.is_for_many_crossings:
        declaring = context.declaration.importer if context.side is Side.IMPORT else context.declaration.exporter
        return is_named_party(declaring, content.importer) or is_named_party(declaring, content.exporter)
    if context.side is Side.IMPORT:
        return is_named_party(context.declaration.importer, content.importer)
    return is_named_party(context.declaration.exporter, content.exporter)


def kind_serves_movement(context: CitationContext) -> Discrepancy | None:
    """The document is of a kind that serves this movement (Article IV, paragraphs 2 and 4)."""
    kind = context.permit.content.kind
    if kind in KINDS_BY_SIDE[context.side]:
        return None
    return Discrepancy(context.document_pointer("type"), f"a document that serves an {context.side}", kind)


def is_in_force(context: CitationContext) -> Discrepancy | None:
    """A document is valid from its day of issue to its last day, both included, in the issuer's zone (Article VI.2)."""
    content = context.permit.content
    first, last = context.days
    if first <= content.valid_until and last >= content.issued_on:
        return None
    if context.document.use == DocumentUse.LATE and first > content.valid_until:
        return None
    return Discrepancy(
        context.document_pointer("number"),
        f"received from {content.issued_on} to {content.valid_until}",
        first.isoformat(),
    )


def was_in_force_when_used(context: CitationContext) -> Discrepancy | None:
    """A use reported after the document's last day was made before it: an officer sees when (Article VI.2)."""
    last, first = context.permit.content.valid_until, context.days[0]
    if context.document.use != DocumentUse.LATE or first <= last:
        return None
    return Discrepancy(context.document_pointer("use"), f"used by {last}", f"reported on {first}")


def is_not_withdrawn(context: CitationContext) -> Discrepancy | None:
    """A document that was revoked, replaced or reported lost covers no shipment (Article VI.1)."""
    if context.permit.status in USABLE:
        return None
    return Discrepancy(context.document_pointer("number"), "a document that stands", context.permit.status.value)


def export_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods leave from the country of export of the document (box 4)."""
    expected, found = context.permit.content.export_country, context.declaration.export_country
    return (
        None
        if expected == found or context.permit.is_for_many_crossings
        else Discrepancy("/export_country", expected, found)
    )


def import_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods enter the country of import of the document (box 3a)."""
    expected, found = context.permit.content.import_country, context.declaration.import_country
    return (
        None
        if expected == found or context.permit.is_for_many_crossings
        else Discrepancy("/import_country", expected, found)
    )


def other_party_agrees(context: CitationContext) -> Discrepancy | None:
    """The other party is the one the document names (boxes 3 and 4)."""
    content, declaration = context.permit.content, context.declaration
    importing = context.side is Side.IMPORT
    expected, found = (
        (content.exporter, declaration.exporter) if importing else (content.importer, declaration.importer)
    )
    if is_named_party(found, expected) or _same_name(found, expected) or context.permit.is_for_many_crossings:
        return None
    return Discrepancy("/exporter" if importing else "/importer", _describe_party(expected), _describe_party(found))


def _same_name(declared: Trader, on_permit: Trader) -> bool:
    """A declaration often lacks the foreign party's identifier: its name and country then stand for it."""
    same = (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)
    return same and declared.identifier is None


def _describe_party(party: Trader) -> str:
    return f"{party.name} ({party.country}{', ' + party.identifier if party.identifier else ''})"


def own_party_is_identified(context: CitationContext) -> Discrepancy | None:
    """Where a document names its holder without an identifier, an officer sees who it is (boxes 3 and 4)."""
    content, declaration = context.permit.content, context.declaration
    importing = context.side is Side.IMPORT
    holder, declared = (
        (content.importer, declaration.importer) if importing else (content.exporter, declaration.exporter)
    )
    if holder.identifier is not None or context.permit.is_for_many_crossings:
        return None
    return Discrepancy(
        "/importer" if importing else "/exporter", f"{holder.name}, identified", _describe_party(declared)
    )


def purpose_agrees(context: CitationContext) -> Discrepancy | None:
    """The purpose of the transaction is the one the document states (box 5a)."""
    expected, found = context.permit.content.purpose, context.item.purpose
    return None if found is None or found == expected else Discrepancy(context.pointer("purpose"), expected, found)


def was_endorsed(context: CitationContext) -> Discrepancy | None:
    """An export document is endorsed with the actual quantity when the goods leave (box 14)."""
    if context.side is Side.EXPORT or context.permit.endorsed or context.permit.content.kind in IMPORT_SIDE_KINDS:
        return None
    return Discrepancy(context.document_pointer("number"), "an endorsement by customs of the country of export", "none")


def was_registered_by_issuer(context: CitationContext) -> Discrepancy | None:
    """A document registered by the importing country stands until its issuer's own authority is on the hub."""
    country = context.permit.registering_country
    if country is None or country == context.permit.content.issuer:
        return None
    return Discrepancy(
        context.document_pointer("issuer"), f"issued by {context.permit.content.issuer}", f"registered by {country}"
    )


RULES: tuple[Rule, ...] = (
    Rule("CITES-IV-kind", "block", kind_serves_movement),
    Rule("CITES-VI.2-validity", "block", is_in_force),
    Rule("CITES-VI.2-late", "refer", was_in_force_when_used),
    Rule("CITES-VI.1-withdrawn", "block", is_not_withdrawn),
    Rule("CITES-box-4-export-country", "block", export_country_agrees),
    Rule("CITES-box-3a-import-country", "block", import_country_agrees),
    Rule("CITES-box-3-4-own-party", "refer", own_party_is_identified),
    Rule("CITES-box-3-4-other-party", "refer", other_party_agrees),
    Rule("CITES-box-5a-purpose", "refer", purpose_agrees),
    Rule("CITES-box-14-endorsement", "refer", was_endorsed),
    Rule("CITES-box-6-registered", "note", was_registered_by_issuer),
)
