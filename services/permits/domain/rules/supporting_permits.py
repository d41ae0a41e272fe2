"""A permit that a declaration cites in addition to the document that it uses."""

from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity


@rule("CITES-III.2(d)-import-permit", Severity.NOTE)
def import_permit_supports_export(context: CitationContext) -> Discrepancy | None:
    """The export also cites the import permit; the hub uses it only for the import (Article III.2).

    The hub reserves nothing of it, and does not compare it with the goods. The document of the export is checked.
    """
    return Discrepancy(
        pointer=context.document_pointer("type"), expected=None, found=f"{context.permit.content.kind}, not used"
    )


RULES: tuple[Rule[CitationContext], ...] = (import_permit_supports_export,)
