"""Check of a declaration against its permits and the law, item by item.

The result is a verdict: findings, status and reservations. A finding of severity `block` rejects the declaration, and
nothing is reserved. A referred declaration reserves what it can until an officer decides.
"""

from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from services.permits.domain.checks.allocation import Allocation, allocate, needs_allocation, unallocated
from services.permits.domain.checks.citations import (
    add_claim,
    check_citation,
    citation_context,
    second_uses_by_unnamed_party,
    with_whole_counts,
)
from services.permits.domain.checks.completion import complete
from services.permits.domain.checks.cost import estimate_cost
from services.permits.domain.checks.documents import (
    check_naming,
    check_other_types,
    context_of_meant_permit,
    is_supporting_import_permit,
    with_other_endorsements,
)
from services.permits.domain.checks.holders import PermitKeys, confirmed_permits, may_use
from services.permits.domain.checks.import_permits import cite_export_documents
from services.permits.domain.checks.item_requirements import check_requirements
from services.permits.domain.checks.transit import complete_transit
from services.permits.domain.checks.verdict import Verdict, status_from_findings
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, post
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord, PermitsByKey
from services.permits.domain.model.second_uses import SecondUse
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules import (
    personal_effects,
    supporting_permits,
)
from services.permits.domain.rules.check_limits import limit_findings, too_large_findings
from services.permits.domain.rules.citation_context import CitationContext, ClaimKey
from services.permits.domain.rules.completion import completion_findings
from services.permits.domain.rules.line_quantities import WholeCounts
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.rules.transit import SHIPMENT_RULES, TransitContext
from services.permits.domain.rules.whole_declaration import (
    DECLARING_SIDE_RULES,
    DeclaringSideContext,
)
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import DeclarationStatus, DocumentUse, Movement, PermitKind
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding


def check(
    declaration: DeclarationRecord, permits_by_key: PermitsByKey, facts: Facts, day: date | None = None
) -> Verdict:
    """Return the verdict on a declaration. Dates of permits are compared with the day of receipt.

    Listings, suspensions and quotas are those of `day`, by default the day of receipt in UTC. An earlier finding counts
    only if an officer overrode it and so confirmed the holder of a permit.
    The function has no side effects, so a validation and a lodging of the same declaration cannot differ.
    """
    if too_large := _too_large(declaration, permits_by_key, facts):
        return _unchecked(too_large)
    day = day or utc_day(declaration.received_at)
    completed = complete_transit(complete(declaration, permits_by_key), facts)
    with_exports = cite_export_documents(completed, permits_by_key, facts, day)
    if with_exports is not completed and (too_large := _too_large(with_exports, permits_by_key, facts)):
        return _unchecked(too_large)
    return _check_completed(with_exports, permits_by_key, facts, day)


def _check_completed(declaration: DeclarationRecord, permits_by_key: PermitsByKey, facts: Facts, day: date) -> Verdict:
    """Return the verdict on a declaration whose fields and documents are completed."""
    content = declaration.content
    running = _RunningCheck(declaration=declaration, permits_by_key=permits_by_key, facts=facts, day=day)
    running.findings += completion_findings(content.repairs, content.items)
    running.findings += _check_declaring_side(declaration)
    running.findings += check_other_types(declaration, permits_by_key, running.confirmed)
    running.findings += _check_transit(declaration, day)
    completed: list[tuple[int, Allocation]] = []
    repaired = frozenset(repair.pointer for repair in content.repairs)
    claimed_totals = personal_effects.total_claims(content, facts)
    for index in range(len(content.items)):
        contexts, unknown, supporting = _find_contexts(running, index)
        allocated: Sequence[CitationContext] = contexts
        if needs_allocation(contexts):
            allocation = allocate(contexts, unknown=unknown)
            allocated = allocation.contexts
            running.findings += allocation.findings
            if allocation.documents:
                completed.append((index, allocation))
        for context in allocated:
            _check_context(running, context)
        running.findings += check_requirements(
            declaration,
            index,
            contexts,
            unknown=unknown,
            supporting=supporting,
            known_permits=permits_by_key,
            facts=facts,
            day=day,
            repaired=repaired,
            claimed_totals=claimed_totals,
        )
    completed_content = _with_allocations(content, completed)
    running.findings += completion_findings(completed_content.repairs[len(content.repairs) :], completed_content.items)
    return _verdict(running, completed_content)


@dataclass(kw_only=True)
class _RunningCheck:
    """The state of a check, item by item: what was found, and the permits with the reservations of earlier items."""

    declaration: DeclarationRecord
    permits_by_key: PermitsByKey
    facts: Facts
    day: date
    findings: list[Finding] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    own_claims: dict[ClaimKey, Decimal] = field(default_factory=dict)
    whole_counts: WholeCounts = field(default_factory=WholeCounts)
    second_uses: list[SecondUse] = field(default_factory=list)
    reserved_permits: dict[tuple[str, str], PermitRecord] = field(default_factory=dict)

    @cached_property
    def confirmed(self) -> PermitKeys:
        """The permits whose holder an officer confirmed."""
        return confirmed_permits(self.declaration)

    @cached_property
    def current_permits(self) -> PermitsByKey:
        """All loaded permits, with the reservations of earlier items."""
        return ChainMap(self.reserved_permits, dict(self.permits_by_key))


def _find_contexts(running: _RunningCheck, index: int) -> tuple[list[CitationContext], int, int]:
    """Return the contexts of the documents of an item that the declaring side may use, and keep what was found.

    The numbers of the unknown documents, and of the import permits that an export cites too, follow.
    """
    declaration, facts, day = running.declaration, running.facts, running.day
    permits_by_key, confirmed = running.permits_by_key, running.confirmed
    item = declaration.content.items[index]
    contexts: list[CitationContext] = []
    unknown = supporting = 0
    for document_index, document in enumerate(item.documents):
        if not document.is_cites:
            continue
        key = document.key
        permit = running.reserved_permits.get(key) or permits_by_key.get(key)
        context = None
        if permit is not None:
            choice = unallocated(permit, document, contexts) if contexts else permit
            context = citation_context(declaration, index, item, document_index, document, choice, facts, day)
            if choice is not permit:
                lines = tuple(permit.lines[line.content.line] for line in context.lines)
                context = replace(context, permit=permit, lines=lines)
        running.findings += check_naming(declaration, index, document_index, permit)
        if permit is None or context is None or not may_use(permit, declaration, confirmed):
            meant = context or context_of_meant_permit(
                declaration, index, item, document_index, document, permits_by_key, facts, day
            )
            running.second_uses += second_uses_by_unnamed_party(meant) if meant else []
            unknown += 1
        elif is_supporting_import_permit(declaration, item, permit, permits_by_key, confirmed):
            running.findings += evaluate(supporting_permits.RULES, context)
            supporting += 1
        else:
            contexts.append(with_other_endorsements(declaration, context, permits_by_key, confirmed))
    return contexts, unknown, supporting


def _check_context(running: _RunningCheck, context: CitationContext) -> None:
    """Check one document of an item, and keep what was found and reserved."""
    key = context.document.key
    permit = running.reserved_permits.get(key, context.permit)
    is_counted_elsewhere = context.document.use == DocumentUse.ALREADY_COUNTED
    context = replace(context, own_claims=running.own_claims) if is_counted_elsewhere else context
    if context.permit.content.kind == PermitKind.RE_EXPORT:
        context = replace(context, current_permits=running.current_permits)
    found, citation, second_use = check_citation(running.declaration, with_whole_counts(context, running.whole_counts))
    running.findings += found
    running.citations.append(citation)
    running.second_uses += second_use
    if citation.counted_elsewhere:
        add_claim(running.own_claims, citation)
        running.reserved_permits[key] = permit
    elif citation.is_open:
        running.reserved_permits[key] = _with_reservation(permit, citation)


def _verdict(running: _RunningCheck, content: NormalizedDeclaration) -> Verdict:
    """Return the verdict of a check that has ended. A rejected declaration reserves nothing."""
    status = status_from_findings(running.findings)
    citations, reserved_permits = running.citations, running.reserved_permits
    if status is DeclarationStatus.REJECTED:
        citations = [replace(citation, reserved=Decimal(0), counted_elsewhere=Decimal(0)) for citation in citations]
        reserved_permits = {}
    return Verdict(
        status=status,
        findings=limit_findings(_once_per_shipment(running.findings)),
        citations=tuple(citations),
        second_uses=tuple(running.second_uses),
        reserved_permits=reserved_permits,
        content=content,
    )


def _too_large(declaration: DeclarationRecord, permits_by_key: PermitsByKey, facts: Facts) -> tuple[Finding, ...]:
    return too_large_findings(estimate_cost(declaration.content, permits_by_key, facts.line_counts))


def _with_allocations(
    content: NormalizedDeclaration, allocations: Iterable[tuple[int, Allocation]]
) -> NormalizedDeclaration:
    """Return the content with the documents that the hub completed, by the places of their items."""
    items, repairs = list(content.items), list(content.repairs)
    for index, allocation in allocations:
        documents = list(items[index].documents)
        for document_index, document in allocation.documents.items():
            documents[document_index] = document
        items[index] = items[index].model_copy(update={"documents": tuple(documents)})
        repairs += allocation.repairs
    if len(repairs) == len(content.repairs):
        return content
    return content.model_copy(update={"items": tuple(items), "repairs": tuple(repairs)})


def _unchecked(findings: tuple[Finding, ...]) -> Verdict:
    """Return the verdict on a declaration that the hub does not check. Officers find it among the referred ones."""
    return Verdict(
        status=DeclarationStatus.REFERRED, findings=findings, citations=(), second_uses=(), reserved_permits={}
    )


def _check_transit(declaration: DeclarationRecord, day: date) -> list[Finding]:
    """Return what the rules find about the country of a transit and the exit; nothing for another movement."""
    content = declaration.content
    if content.movement is not Movement.TRANSIT:
        return []
    return evaluate(SHIPMENT_RULES, TransitContext(declaration=content, day=day))


def _check_declaring_side(declaration: DeclarationRecord) -> list[Finding]:
    """Return what the rules find about the declaring side, by the hub's register of parties."""
    context = DeclaringSideContext(
        declaration=declaration.content,
        trader_name=declaration.trader_name,
        trader_country=declaration.trader_country,
    )
    return evaluate(DECLARING_SIDE_RULES, context)


def _once_per_shipment(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repeats: a country or a party of the shipment differs once, for however many items."""
    kept: dict[object, Finding] = {}
    for index, finding in enumerate(findings):
        permit = finding.permit.key if finding.permit else None
        is_of_item = finding.pointer.startswith("/items/")
        kept.setdefault(index if is_of_item else (finding.rule, finding.pointer, permit), finding)
    return tuple(kept.values())


def _with_reservation(permit: PermitRecord, citation: Citation) -> PermitRecord:
    """Return the permit with a citation's reservation, for the further items of the declaration."""
    balance = permit.lines[citation.line].balance
    reserved = post(balance, [LedgerEntry(side=citation.side, kind=EntryKind.RESERVE, quantity=citation.reserved)])
    return permit.with_balance(citation.line, reserved)
