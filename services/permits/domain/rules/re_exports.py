"""Rules about a re-export certificate: the permit of origin and the last re-export that it names (boxes 12 and 12a).

Source: Articles III.4, IV.5 and V.4; Resolution Conf. 12.3 (Rev. CoP19), on re-export certificates and on box 12.
"""

from collections.abc import Iterator

from services.permits.domain.ledger.balances import ZERO, EntryKind, LedgerEntry, apply_entry
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.permits import PermitKey
from services.permits.domain.model.previous_documents import (
    find_reason,
    is_number,
    named_documents,
    previous_document,
)
from services.permits.domain.reference.facts import ReExportedGoods
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.re_exported_quantities import find_excess, goods_of, taken_quantity
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import DocumentUse, Severity


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


@rule(
    "CITES-box-12-used-up",
    Severity.REFER,
    remedy="Correct the quantity in a new version, or wait for the decision of customs.",
    officer_remedy="Customs asks the issuing authority under which documents the goods came in, then overrides the "
    "finding with a reason or refuses the goods.",
)
def re_exports_fit_what_came_in(context: CitationContext) -> Discrepancy | None:
    """Re-exports must not exceed what came in under the previous document (boxes 12 and 12a).

    This is the document in box 12a, else in box 12 (Articles III.4 and IV.5). All re-export certificates that name it
    count, with what declarations and authorities took of them.
    """
    named = previous_document(context.permit.content, context.line.content)
    previous = None if named is None else context.facts.previous_permits.get(named.key)
    if named is None or previous is None or context.is_transit or context.requested is None:
        return None
    if previous.status not in USABLE or previous.is_for_many_crossings:
        return None
    own, *others = _re_exported_goods(context, named.key)
    excess = find_excess(previous, own, others, context.facts, context.day)
    if excess is None:
        return None
    return Discrepancy(
        pointer=context.quantity_pointer("quantity"),
        expected=f"{excess.expected} under {named}",
        found=f"{excess.found} on re-export certificates",
    )


def _re_exported_goods(context: CitationContext, key: PermitKey) -> Iterator[ReExportedGoods]:
    """Yield what re-export certificates take of a previous document: first the cited line, with this declaration."""
    line, own = context.line.content, (context.permit.key, context.line.content.line)
    amount = ZERO if context.document.use == DocumentUse.ALREADY_COUNTED else context.requested or ZERO
    balance = context.current_permits.get(own[0], context.permit).lines[line.line].balance
    with_this = apply_entry(balance, LedgerEntry(side=context.side, kind=EntryKind.RESERVE, quantity=amount))
    yield goods_of(line, taken_quantity(with_this))
    for certificate, letter in context.facts.re_export_lines.get(key, ()):
        if (certificate, letter) != own and certificate in context.current_permits:
            other = context.current_permits[certificate].lines[letter]
            yield goods_of(other.content, taken_quantity(other.balance))
    yield from context.facts.re_exported.get(key, ())


RULES: tuple[Rule[CitationContext], ...] = (
    origin_permit_is_named,
    previous_documents_are_valid,
    previous_documents_are_known,
    re_exports_fit_what_came_in,
)
