"""Rules about a re-export certificate: the permit of origin and the last re-export that it names (boxes 12 and 12a).

Source: Articles III.4, IV.5 and V.4; Resolution Conf. 12.3 (Rev. CoP19), on re-export certificates and on box 12.
"""

from services.permits.domain.model.previous_documents import find_reason, is_number
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity


@rule("CITES-box-12-reason", Severity.NOTE)
def origin_permit_is_named(context: CitationContext) -> Discrepancy | None:
    """The re-export certificate gives a reason in place of the permit of origin (box 12; Resolution Conf. 12.3)."""
    content, line = context.permit.content, context.line.content
    if line.origin_permit is not None and is_number(line.origin_permit):
        return None
    reason = find_reason(content, line)
    if reason is None:  # an earlier version of the hub stored it
        return None
    return Discrepancy(pointer=context.document_pointer("number"), expected=None, found=reason)


RULES: tuple[Rule[CitationContext], ...] = (origin_permit_is_named,)
