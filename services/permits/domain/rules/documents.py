"""Rules about a cited document: its kind, dates, status, countries, parties and lines (Articles IV and VI)."""

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.matching import describe_line
from services.permits.domain.rules.parties import describe_party, has_same_name, is_named_party
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, STATE_IT_RIGHT, Discrepancy, Rule, rule
from shared.cites.codes import IMPORT_SIDE_KINDS, PERMIT_KINDS
from shared.contracts.closed_sets import DocumentUse, Severity, Side

KINDS_BY_SIDE: dict[Side, frozenset[str]] = {
    Side.EXPORT: frozenset(PERMIT_KINDS) - IMPORT_SIDE_KINDS,
    Side.IMPORT: frozenset(PERMIT_KINDS),
}
"""Permit kinds that serve each side. An import permit does not serve an export."""


@rule("CITES-IV-kind", Severity.BLOCK, remedy="Cite a document of a kind that serves this movement.")
def kind_serves_movement(context: CitationContext) -> Discrepancy | None:
    """The document is of a kind that serves this movement (Article IV, paragraphs 2 and 4)."""
    kind = context.permit.content.kind
    if kind in KINDS_BY_SIDE[context.side]:
        return None
    return Discrepancy(
        pointer=context.document_pointer("type"), expected=f"a document that serves an {context.side}", found=kind
    )


@rule(
    "CITES-VI.2-validity",
    Severity.BLOCK,
    remedy="Cite a document in force on that day; its authority may issue another.",
)
def is_in_force(context: CitationContext) -> Discrepancy | None:
    """A document is valid from its day of issue to its last day, both included, in the issuer's zone (Article VI.2)."""
    content = context.permit.content
    first, last = context.days
    if first <= content.valid_until and last >= content.issued_on:
        return None
    if context.document.use == DocumentUse.LATE and first > content.valid_until:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"received from {content.issued_on} to {content.valid_until}",
        found=first.isoformat(),
    )


@rule(
    "CITES-VI.2-late",
    Severity.REFER,
    remedy="Customs sees that it was used in time and overrides this, or refuses.",
)
def was_in_force_when_used(context: CitationContext) -> Discrepancy | None:
    """A use reported after the document's last day was made before it: an officer sees when (Article VI.2)."""
    last, first = context.permit.content.valid_until, context.days[0]
    if context.document.use != DocumentUse.LATE or first <= last:
        return None
    return Discrepancy(
        pointer=context.document_pointer("use"), expected=f"used by {last}", found=f"reported on {first}"
    )


@rule(
    "CITES-VI.1-withdrawn",
    Severity.BLOCK,
    remedy="Cite the document that stands in its place, or ask its authority.",
)
def is_not_withdrawn(context: CitationContext) -> Discrepancy | None:
    """A document that was revoked, replaced or reported lost covers no shipment (Article VI.1)."""
    if context.permit.status in USABLE:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"), expected="a document that stands", found=context.permit.status.value
    )


@rule("CITES-box-4-export-country", Severity.BLOCK, remedy=STATE_IT_RIGHT)
def export_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods leave from the country of export of the document (box 4)."""
    expected, found = context.permit.content.export_country, context.declaration.export_country
    return (
        None
        if expected == found or context.permit.is_for_many_crossings
        else Discrepancy(pointer="/export_country", expected=expected, found=found)
    )


@rule("CITES-box-3a-import-country", Severity.BLOCK, remedy=STATE_IT_RIGHT)
def import_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods enter the country of import of the document (box 3a)."""
    expected, found = context.permit.content.import_country, context.declaration.import_country
    return (
        None
        if expected == found or context.permit.is_for_many_crossings
        else Discrepancy(pointer="/import_country", expected=expected, found=found)
    )


@rule("CITES-box-3-4-other-party", Severity.REFER, remedy=CUSTOMS_DECIDES)
def other_party_agrees(context: CitationContext) -> Discrepancy | None:
    """The other party is the one the document names (boxes 3 and 4)."""
    content, declaration = context.permit.content, context.declaration
    importing = context.side is Side.IMPORT
    expected, found = (
        (content.exporter, declaration.exporter) if importing else (content.importer, declaration.importer)
    )
    if is_named_party(found, expected) or has_same_name(found, expected) or context.permit.is_for_many_crossings:
        return None
    return Discrepancy(
        pointer="/exporter" if importing else "/importer",
        expected=describe_party(expected),
        found=describe_party(found),
    )


@rule("CITES-box-3-4-own-party", Severity.REFER, remedy=CUSTOMS_DECIDES)
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
        pointer="/importer" if importing else "/exporter",
        expected=f"{holder.name}, identified",
        found=describe_party(declared),
    )


@rule("CITES-box-5a-purpose", Severity.REFER, remedy=CUSTOMS_DECIDES)
def purpose_agrees(context: CitationContext) -> Discrepancy | None:
    """The purpose of the transaction is the one the document states (box 5a)."""
    expected, found = context.permit.content.purpose, context.item.purpose
    return (
        None
        if found is None or found == expected
        else Discrepancy(pointer=context.pointer("purpose"), expected=expected, found=found)
    )


@rule(
    "CITES-box-14-endorsement",
    Severity.REFER,
    remedy="Customs of the export country endorses it, and it is checked again; or override this.",
)
def was_endorsed(context: CitationContext) -> Discrepancy | None:
    """An export document is endorsed with the actual quantity when the goods leave (box 14)."""
    if context.side is Side.EXPORT or context.permit.endorsed or context.permit.content.kind in IMPORT_SIDE_KINDS:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="an endorsement by customs of the country of export",
        found="none",
    )


@rule("CITES-box-6-registered", Severity.NOTE)
def was_registered_by_issuer(context: CitationContext) -> Discrepancy | None:
    """A document registered by the importing country stands until its issuer's own authority is on the hub."""
    country = context.permit.registering_country
    if country is None or country == context.permit.content.issuer:
        return None
    return Discrepancy(
        pointer=context.document_pointer("issuer"),
        expected=f"issued by {context.permit.content.issuer}",
        found=f"registered by {country}",
    )


@rule(
    "CITES-box-7-line",
    Severity.BLOCK,
    remedy="Name a line that the document has, or cite the document that covers these goods.",
)
def document_has_line(context: CitationContext) -> Discrepancy | None:
    """The document has a line for these goods (box 7)."""
    if context.lines:
        return None
    named = context.document.line
    return Discrepancy(
        pointer=context.document_pointer("line") if named else context.pointer("taxon"),
        expected="; ".join(describe_line(line) for line in context.permit.lines.values()),
        found=f"line {named}" if named else context.item.taxon,
    )


RULES: tuple[Rule[CitationContext], ...] = (
    kind_serves_movement,
    is_in_force,
    was_in_force_when_used,
    is_not_withdrawn,
    export_country_agrees,
    import_country_agrees,
    own_party_is_identified,
    other_party_agrees,
    purpose_agrees,
    was_endorsed,
    was_registered_by_issuer,
    document_has_line,
)
