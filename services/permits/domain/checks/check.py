"""The check of a declaration against the permits it cites, item by item: findings, and where it goes.

All items are reserved or none. A block rejects and reserves nothing; a referral reserves what it can meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.permits.domain.checks.citations import (
    SecondUse,
    check_citation,
    citation_context,
    declaration_side,
    second_uses_by_unnamed_party,
)
from services.permits.domain.checks.completion import complete
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, post
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.usage import add_reservations
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules import requirements, suspensions
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.completion import completion_findings
from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.parties import names_declaring_party
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.rules.whole_declaration import (
    DocumentContext,
    missing_lists_findings,
    permit_is_known,
)
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import DeclarationStatus, DocumentUse, Severity
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding

PermitsByKey = Mapping[tuple[str, str], PermitRecord]
"""The permits that the declarations of a batch cite, by issuer and number."""

ITEM_RULES = (*requirements.RULES, *suspensions.RULES)
NOT_CITES_CODE = "Y900"
"""Document code by which a trader states that goods are not covered by the Convention."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the check found: where the declaration goes, the citations with what they reserve, the permits drawn on.

    `content` is the declaration as it was completed; nothing where it could not be checked.
    """

    status: DeclarationStatus
    findings: tuple[Finding, ...]
    citations: tuple[Citation, ...]
    second_uses: tuple[SecondUse, ...]
    reserved_permits: PermitsByKey
    content: NormalizedDeclaration | None = None


def check(
    declaration: DeclarationRecord, permits_by_key: PermitsByKey, facts: Facts, day: date | None = None
) -> Verdict:
    """Check a declaration on the day it was received; pure, so that validating and filing cannot disagree.

    Listings and lists are asked on `day`, that of receipt when not said.
    """
    day = day or utc_day(declaration.received_at)
    declaration = complete(declaration, permits_by_key)
    findings: list[Finding] = completion_findings(declaration.content.repairs)
    citations: list[Citation] = []
    second_uses: list[SecondUse] = []
    reserved_permits: dict[tuple[str, str], PermitRecord] = {}
    for index, item in enumerate(declaration.content.items):
        cited_documents = [(n, d) for n, d in enumerate(item.documents) if d.type != NOT_CITES_CODE]
        contexts: list[CitationContext] = []
        for document_index, document in cited_documents:
            key = document.key
            permit = reserved_permits.get(key) or permits_by_key.get(key)
            context = (
                citation_context(declaration, index, item, document_index, document, permit, facts, day)
                if permit
                else None
            )
            if permit is None or context is None or not names_declaring_party(context):
                cited = DocumentContext(
                    declaration=declaration.content,
                    item_index=index,
                    document_index=document_index,
                    document=document,
                    citation=context,
                )
                findings += evaluate((permit_is_known,), cited)
                second_uses += second_uses_by_unnamed_party(context) if context else []
                continue
            context = _with_other_endorsements(context, permits_by_key)
            contexts.append(context)
            if _is_cited_before(citations, context):
                continue
            found, citation, second_use = check_citation(declaration, context)
            findings += found
            citations.append(citation)
            second_uses += second_use
            if citation.is_open or citation.counted_elsewhere:
                reserved_permits[key] = _with_reservation(permit, citation)
        findings += _check_requirements(declaration, index, contexts, len(cited_documents), facts, day)
    if any(item.taxon for item in declaration.content.items):
        findings += missing_lists_findings(facts.missing_lists)
    status = status_from_findings(findings)
    if status is DeclarationStatus.REJECTED:
        citations = [replace(citation, reserved=Decimal(0), counted_elsewhere=Decimal(0)) for citation in citations]
        reserved_permits = {}
    return Verdict(
        status=status,
        findings=tuple(findings),
        citations=tuple(citations),
        second_uses=tuple(second_uses),
        reserved_permits=reserved_permits,
        content=declaration.content,
    )


def _check_requirements(
    declaration: DeclarationRecord, index: int, contexts: list[CitationContext], cited: int, facts: Facts, day: date
) -> list[Finding]:
    """Return what the rules find about an item with all the documents that it cites."""
    item = declaration.content.items[index]
    item_context = ItemContext(
        declaration=declaration.content,
        item_index=index,
        item=item,
        side=declaration_side(declaration),
        day=day,
        facts=facts,
        cited_permits=tuple(
            (context.permit, context.lines[0] if len(context.lines) == 1 else None) for context in contexts
        ),
        cites_unknown_document=len(contexts) < cited,
        is_declared_not_cites=any(document.type == NOT_CITES_CODE for document in item.documents),
    )
    return evaluate(ITEM_RULES, item_context)


def status_from_findings(findings: list[Finding] | tuple[Finding, ...]) -> DeclarationStatus:
    """Answer where the standing findings lead: any block rejects, any referral refers, else accepted."""
    severities = {finding.severity for finding in findings if not finding.overridden}
    if Severity.BLOCK in severities:
        return DeclarationStatus.REJECTED
    return DeclarationStatus.REFERRED if Severity.REFER in severities else DeclarationStatus.ACCEPTED


def _with_other_endorsements(context: CitationContext, permits_by_key: PermitsByKey) -> CitationContext:
    """Answer a part use of what is never endorsed with what is endorsed on the item's other documents."""
    if context.document.use != DocumentUse.PART or not context.is_never_endorsed:
        return context
    others = (replace(context, permit=permits_by_key[d.key]) for d in context.item.documents if d.key in permits_by_key)
    endorsed = (other.permit.transport_documents for other in others if names_declaring_party(other))
    return replace(context, endorsed_on_other_documents=frozenset().union(*endorsed))


def _is_cited_before(citations: list[Citation], context: CitationContext) -> bool:
    """Say whether the item cites this line already: naming it twice does not use it twice."""
    line_letter = context.lines[0].content.line if len(context.lines) == 1 else ""
    return any((c.item, c.permit, c.line) == (context.item.number, context.permit.id, line_letter) for c in citations)


def _with_reservation(permit: PermitRecord, citation: Citation) -> PermitRecord:
    """Take a citation's reservation into account for the declaration's further items."""
    if citation.counted_elsewhere:
        return replace(permit, citations=(*permit.citations, citation))
    balance = permit.lines[citation.line].balance
    reserved = post(balance, [LedgerEntry(side=citation.side, kind=EntryKind.RESERVE, quantity=citation.reserved)])
    return permit.with_balance(citation.line, reserved)


def apply_verdict(permits_by_key: dict[tuple[str, str], PermitRecord], verdict: Verdict) -> None:
    """Take a verdict's reservations into account for the further declarations of a batch."""
    for key, permit in verdict.reserved_permits.items():
        reservations = (citation for citation in verdict.citations if citation.permit == permit.id and citation.is_open)
        permits_by_key[key] = permit.with_usage_totals(add_reservations(permit.usage_totals, reservations))
