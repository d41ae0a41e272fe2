"""Rules about a cited document: its kind, dates, status, countries, parties and lines (Articles IV and VI)."""

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.issuing_country import expected_issuer
from services.permits.domain.rules.item_context import KINDS_BY_SIDE
from services.permits.domain.rules.matching import describe_lines
from services.permits.domain.rules.parties import (
    describe_party,
    has_same_identifier,
    has_same_name,
    is_named_party,
)
from services.permits.domain.rules.rule import (
    CUSTOMS_DECIDES,
    CUSTOMS_OVERRIDES,
    WAIT_OR_AGREE,
    Discrepancy,
    Rule,
    rule,
)
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.customs_countries import UNCERTAIN_COUNTRIES, is_same_country
from shared.contracts.closed_sets import DocumentUse, Movement, Severity, Side
from shared.contracts.fields import Trader

_AS_OBJECT = {Movement.IMPORT: "an import", Movement.EXPORT: "an export", Movement.TRANSIT: "a transit"}


@rule(
    "CITES-IV-kind",
    Severity.BLOCK,
    remedy="Cite a permit of a kind that serves this movement in a new version.",
    officer_remedy="The trader cites another permit. Customs cannot write off an export from a permit that serves "
    "imports alone.",
)
def kind_serves_movement(context: CitationContext) -> Discrepancy | None:
    """The permit must be of a kind that serves this movement (Article IV, paragraphs 2 and 4)."""
    kind = context.permit.content.kind
    if kind in KINDS_BY_SIDE[context.side]:
        return None
    return Discrepancy(
        pointer=context.document_pointer("type"),
        expected=f"a permit that serves {_AS_OBJECT[context.declaration.movement]}",
        found=kind,
    )


@rule(
    "CITES-VI.2-validity",
    Severity.BLOCK,
    remedy="Cite a permit that is valid on the day of receipt, or ask the issuing authority for a new one.",
    officer_remedy="The issuing authority issues a new permit, or customs overrides the finding with a reason.",
)
def is_in_force(context: CitationContext) -> Discrepancy | None:
    """The hub must receive the declaration while the permit is valid (Article VI.2).

    The day of issue and the last day are both included, in the time zone of the issuer. A retrospective permit was
    issued after the goods left, so the hub may receive a declaration before its day of issue.
    """
    content = context.permit.content
    first, last = context.days
    if first <= content.valid_until and (last >= content.issued_on or content.retrospective):
        return None
    if context.document.use == DocumentUse.LATE and first > content.valid_until:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"receipt from {content.issued_on} to {content.valid_until}",
        found=first.isoformat(),
    )


@rule(
    "CITES-VI.2-late",
    Severity.REFER,
    remedy="Send customs the proof that you used the permit while it was valid, and wait for its decision.",
    officer_remedy="Customs checks the day of the use, then overrides the finding with a reason or refuses the goods.",
)
def was_in_force_when_used(context: CitationContext) -> Discrepancy | None:
    """A use that is reported late must have happened while the permit was valid (Article VI.2)."""
    last, first = context.permit.content.valid_until, context.days[0]
    if context.document.use != DocumentUse.LATE or first <= last:
        return None
    return Discrepancy(
        pointer=context.document_pointer("use"), expected=f"a use by {last}", found=f"a report on {first}"
    )


@rule(
    "CITES-VI.1-withdrawn",
    Severity.BLOCK,
    remedy="Cite the permit that replaces this one, or ask the issuing authority for a new one.",
    officer_remedy="Customs asks the issuing authority about the permit, and overrides the finding with a reason "
    "only if the goods may pass.",
)
def is_not_withdrawn(context: CitationContext) -> Discrepancy | None:
    """The permit must not be revoked, replaced or reported lost (Article VI.1)."""
    if context.permit.status in USABLE:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="a permit that is not withdrawn",
        found=context.permit.status.value,
    )


@rule(
    "CITES-box-6-issuer",
    Severity.BLOCK,
    remedy="Cite a document of the expected country in a new version.",
    officer_remedy="Customs asks the authority of the expected country, and overrides the finding with a reason only "
    "if that authority confirms the document.",
)
def issuer_is_of_its_side(context: CitationContext) -> Discrepancy | None:
    """The document must come from the country whose authority issues its kind (box 6).

    The hub issues and registers no other document. An earlier version of it stored such documents.
    """
    content = context.permit.content
    expected = expected_issuer(content)
    if content.issuer == expected:
        return None
    return Discrepancy(
        pointer=context.document_pointer("issuer"),
        expected=f"a document of kind {content.kind} issued by {expected}",
        found=f"issued by {content.issuer}",
    )


@rule(
    "CITES-box-4-export-country",
    Severity.BLOCK,
    remedy="Cancel the declaration and lodge one with the right country, or cite a permit for this country.",
    officer_remedy=CUSTOMS_OVERRIDES,
)
def export_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The country of export must be the one that the permit names (box 4)."""
    expected, found = context.permit.content.export_country, context.declaration.export_country
    return _differing_country(context, "/export_country", expected, found)


@rule(
    "CITES-box-3a-import-country",
    Severity.BLOCK,
    remedy="Cancel the declaration and lodge one with the right country, or cite a permit for this country.",
    officer_remedy=CUSTOMS_OVERRIDES,
)
def import_country_agrees(context: CitationContext) -> Discrepancy | None:
    """The country of import must be the one that the permit names (box 3a)."""
    expected, found = context.permit.content.import_country, context.declaration.import_country
    return _differing_country(context, "/import_country", expected, found)


def _differing_country(context: CitationContext, pointer: str, expected: str, found: str) -> Discrepancy | None:
    """Return the discrepancy of two countries. A code that names none for certain has a finding of its own."""
    if is_same_country(expected, found) or context.permit.is_for_many_crossings or found in UNCERTAIN_COUNTRIES:
        return None
    return Discrepancy(pointer=pointer, expected=expected, found=found)


@rule(
    "CITES-box-3-4-country-certain",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def countries_are_certain(context: CitationContext) -> Discrepancy | None:
    """The countries of export and of import must not be codes for several or unknown countries (boxes 3 and 4)."""
    content, declaration = context.permit.content, context.declaration
    for pointer, expected, found in (
        ("/export_country", content.export_country, declaration.export_country),
        ("/import_country", content.import_country, declaration.import_country),
    ):
        if found in UNCERTAIN_COUNTRIES and found != expected and not context.permit.is_for_many_crossings:
            return Discrepancy(pointer=pointer, expected=expected, found=found)
    return None


@rule(
    "CITES-box-3-4-other-party",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def other_party_agrees(context: CitationContext) -> Discrepancy | None:
    """The party in the other country must be the one that the permit names (boxes 3 and 4)."""
    expected, found = _other_party(context)
    if is_named_party(found, expected) or context.permit.is_for_many_crossings:
        return None
    return Discrepancy(
        pointer=f"/{_other_role(context)}",
        expected=describe_party(expected),
        found=describe_party(found),
    )


@rule("CITES-box-3-4-other-name", Severity.NOTE)
def other_party_has_same_name(context: CitationContext) -> Discrepancy | None:
    """The party in the other country has another name on the permit, under the same identifier (boxes 3 and 4)."""
    expected, found = _other_party(context)
    if not has_same_identifier(found, expected) or has_same_name(found.name, expected.name):
        return None
    return Discrepancy(pointer=f"/{_other_role(context)}/name", expected=expected.name, found=found.name)


def _other_party(context: CitationContext) -> tuple[Trader, Trader]:
    """Return the party in the other country as the permit names it, and as the declaration names it."""
    content, declaration = context.permit.content, context.declaration
    if _other_role(context) == "exporter":
        return content.exporter, declaration.exporter
    return content.importer, declaration.importer


def _other_role(context: CitationContext) -> str:
    """Return the side that does not declare."""
    return "exporter" if context.declared_by == "importer" else "importer"


@rule(
    "CITES-box-5a-purpose",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def purpose_agrees(context: CitationContext) -> Discrepancy | None:
    """The purpose must be the one that the permit states (box 5a)."""
    expected, found = context.permit.content.purpose, context.item.purpose
    return (
        None
        if found is None or found == expected
        else Discrepancy(pointer=context.pointer("purpose"), expected=expected, found=found)
    )


@rule(
    "CITES-box-14-endorsement",
    Severity.REFER,
    remedy="Ask customs of the country of export to endorse the permit. The hub then checks the declaration again.",
    officer_remedy="Customs of the country of export endorses the permit, and the hub checks again. Customs of the "
    "country of import may override with a reason.",
)
def was_endorsed(context: CitationContext) -> Discrepancy | None:
    """Customs of the country of export must endorse the permit when the goods leave (box 14)."""
    if context.side is Side.EXPORT or context.permit.endorsed or context.permit.content.kind in IMPORT_SIDE_KINDS:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"an endorsement by customs of {context.permit.content.export_country}",
        found="none",
    )


@rule("CITES-box-6-registered", Severity.NOTE)
def was_registered_by_issuer(context: CitationContext) -> Discrepancy | None:
    """The country of import registered this permit, because its issuer has no authority on the hub (box 6)."""
    country = context.permit.registering_country
    if country is None or country == context.permit.content.issuer:
        return None
    return Discrepancy(
        pointer=context.document_pointer("issuer"),
        expected=f"issued by {context.permit.content.issuer}",
        found=f"registered by {country}",
    )


@rule("CITES-Conf-12.3-retrospective", Severity.NOTE)
def was_issued_before_departure(context: CitationContext) -> Discrepancy | None:
    """The authority issued this permit after the goods left, by exception (Resolution Conf. 12.3, part XIII)."""
    content = context.permit.content
    if not content.retrospective:
        return None
    reason = content.retrospective_reason
    if reason is None and content.special_conditions:
        reason = f"box 5: {content.special_conditions}"
    return Discrepancy(
        pointer=context.document_pointer("number"),
        found=f"issued on {content.issued_on}, retrospectively",
        note=f"reason of the authority: {reason}" if reason else "the permit states no reason",
    )


@rule(
    "CITES-box-7-line",
    Severity.BLOCK,
    remedy="Name a line that the permit has, or cite the permit that covers these goods, in a new version.",
    officer_remedy='Customs overrides the finding with a reason, the item and the "line" that covers the goods.',
)
def document_has_line(context: CitationContext) -> Discrepancy | None:
    """The permit must have a line for these goods (box 7)."""
    if context.lines:
        return None
    named = context.document.line
    return Discrepancy(
        pointer=context.document_pointer("line") if named else context.pointer("taxon"),
        expected=describe_lines(context.permit.lines.values()),
        found=f"line {named}" if named else context.item.taxon,
    )


RULES: tuple[Rule[CitationContext], ...] = (
    kind_serves_movement,
    is_in_force,
    was_in_force_when_used,
    is_not_withdrawn,
    issuer_is_of_its_side,
    export_country_agrees,
    import_country_agrees,
    countries_are_certain,
    other_party_agrees,
    other_party_has_same_name,
    purpose_agrees,
    was_endorsed,
    was_registered_by_issuer,
    was_issued_before_departure,
    document_has_line,
)
