"""A permit that a declaration cites in addition to the document that it uses."""

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity


@rule("CITES-III.2(d)-import-permit", Severity.NOTE)
def import_permit_supports_export(context: CitationContext) -> Discrepancy | None:
    """The export also cites the import permit; the hub uses it only for the import (Article III.2).

    The hub reserves nothing of it, and does not compare it with the goods. The document of the export is checked.
    """
    return Discrepancy(
        pointer=context.document_pointer("type"), expected=None, found=f"{context.permit.content.kind}, not used"
    )


@rule(
    "CITES-III.2(d)-import-permit-withdrawn",
    Severity.REFER,
    remedy="Cite a valid import permit in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def supporting_import_permit_is_valid(context: CitationContext) -> Discrepancy | None:
    """The import permit of an export must not be revoked, replaced or lost (Articles III.2 and III.4)."""
    status = context.permit.status
    if status in USABLE:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="a valid import permit",
        found=f"{context.permit.content.number}, {status}",
    )


RULES: tuple[Rule[CitationContext], ...] = (import_permit_supports_export, supporting_import_permit_is_valid)
