"""Rules about a re-export certificate: the permit of origin and the last re-export that it names (boxes 12 and 12a).

Source: Articles III.4, IV.5 and V.4; Resolution Conf. 12.3 (Rev. CoP19), on re-export certificates and on box 12.
"""

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.previous_documents import find_reason, is_number, named_documents
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


@rule(
    "CITES-box-12-withdrawn",
    Severity.REFER,
    remedy="Ask the issuing authority about the permit of origin, or wait for the decision of customs.",
    officer_remedy="Customs asks the issuing authority about the origin of the goods, then overrides the finding with "
    "a reason or refuses the goods.",
)
def previous_documents_are_valid(context: CitationContext) -> Discrepancy | None:
    """The documents in boxes 12 and 12a must not be revoked, replaced or lost (Articles III.4 and IV.5)."""
    for document in named_documents(context.permit.content, context.line.content):
        status = context.facts.previous_statuses.get(document.key)
        if status is not None and status not in USABLE:
            return Discrepancy(
                pointer=context.document_pointer("number"),
                expected="documents that are not withdrawn",
                found=f"{document} is {status}",
            )
    return None


@rule("CITES-box-12-unknown", Severity.NOTE)
def previous_documents_are_known(context: CitationContext) -> Discrepancy | None:
    """The hub does not know a document that the re-export certificate names in box 12 or 12a."""
    named = named_documents(context.permit.content, context.line.content)
    unknown = [str(document) for document in named if document.key not in context.facts.previous_statuses]
    if not unknown:
        return None
    return Discrepancy(pointer=context.document_pointer("number"), expected=None, found=" and ".join(unknown))


RULES: tuple[Rule[CitationContext], ...] = (
    origin_permit_is_named,
    previous_documents_are_valid,
    previous_documents_are_known,
)
