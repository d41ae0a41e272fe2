"""Check of a declaration against its permits and the law, item by item.

The result is a verdict: findings, status and reservations. A finding of severity `block` rejects the declaration, and
nothing is reserved. A referred declaration reserves what it can until an officer decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from services.permits.domain.checks.allocation import Allocation, allocate, needs_allocation, unallocated
from services.permits.domain.checks.citations import (
    add_claim,
    check_citation,
    citation_context,
    declaration_side,
    second_uses_by_unnamed_party,
    with_whole_counts,
)
from services.permits.domain.checks.completion import candidate_keys, complete
from services.permits.domain.checks.cost import estimate_cost
from services.permits.domain.checks.holders import PermitKeys, confirmed_permits, may_use, naming
from services.permits.domain.checks.import_permits import cite_export_documents
from services.permits.domain.checks.transit import complete_transit
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, post
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import SecondUse
from services.permits.domain.model.usage import add_reservations
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules import (
    annotations,
    hs_codes,
    hybrids,
    import_permits,
    measures,
    personal_effects,
    requirements,
    supporting_permits,
    suspensions,
)
from services.permits.domain.rules.check_limits import limit_findings, too_large_findings
from services.permits.domain.rules.citation_context import CitationContext, ClaimKey
from services.permits.domain.rules.completion import completion_findings
from services.permits.domain.rules.item_context import KINDS_BY_SIDE, ClaimedTotal, ItemContext
from services.permits.domain.rules.line_quantities import WholeCounts
from services.permits.domain.rules.parties import Naming
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.rules.transit import SHIPMENT_RULES, TransitContext
from services.permits.domain.rules.whole_declaration import (
    DECLARING_SIDE_RULES,
    DOCUMENT_RULES,
    OTHER_DOCUMENT_RULES,
    DeclaringSideContext,
    DocumentContext,
    OtherDocumentContext,
    permit_is_known,
)
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import DeclarationStatus, DocumentUse, Movement, PermitKind, Severity, Side
from shared.contracts.declaration import Document, Item, NormalizedDeclaration
from shared.contracts.findings import Finding

PermitsByKey = Mapping[tuple[str, str], PermitRecord]
"""The permits that the declarations of a batch cite, by issuer and number."""

ITEM_RULES = (
    *requirements.RULES,
    *hs_codes.RULES,
    *import_permits.RULES,
    *personal_effects.RULES,
    *annotations.RULES,
    *hybrids.RULES,
    *suspensions.RULES,
    *measures.RULES,
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of a check: status, findings, citations with their reservations, and the permits with reservations.

    `content` is the completed content of the declaration; None if the hub could not check it.
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
    running.findings += _check_other_types(declaration, permits_by_key, running.confirmed)
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
        running.findings += _check_requirements(
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
        running.findings += _check_naming(declaration, index, document_index, permit)
        if permit is None or context is None or not may_use(permit, declaration, confirmed):
            meant = context or _context_of_meant_permit(
                declaration, index, item, document_index, document, permits_by_key, facts, day
            )
            running.second_uses += second_uses_by_unnamed_party(meant) if meant else []
            unknown += 1
        elif _is_supporting_import_permit(declaration, item, permit, permits_by_key, confirmed):
            running.findings += evaluate(supporting_permits.RULES, context)
            supporting += 1
        else:
            contexts.append(_with_other_endorsements(declaration, context, permits_by_key, confirmed))
    return contexts, unknown, supporting


def _check_context(running: _RunningCheck, context: CitationContext) -> None:
    """Check one document of an item, and keep what was found and reserved."""
    key = context.document.key
    permit = running.reserved_permits.get(key, context.permit)
    is_counted_elsewhere = context.document.use == DocumentUse.ALREADY_COUNTED
    context = replace(context, own_claims=running.own_claims) if is_counted_elsewhere else context
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


def unknown_permit_pointers(declaration: DeclarationRecord, permits_by_key: PermitsByKey) -> frozenset[str]:
    """Return the places of the documents whose permit the hub does not know, or that does not name the declarer."""
    declaration = complete(declaration, permits_by_key)
    found: list[Finding] = []
    for index, item in enumerate(declaration.content.items):
        for document_index, document in enumerate(item.documents):
            if document.is_cites:
                found_naming = naming(permits_by_key.get(document.key), declaration)
                cited = _document_context(declaration, index, document_index, found_naming)
                found += evaluate((permit_is_known,), cited)
    return frozenset(finding.pointer for finding in found)


def _context_of_meant_permit(
    declaration: DeclarationRecord,
    index: int,
    item: Item,
    document_index: int,
    document: Document,
    permits_by_key: PermitsByKey,
    facts: Facts,
    day: date,
) -> CitationContext | None:
    """Return the context of the permit that a document without an issuer means most likely; None if none is known.

    The declaring side is not its holder, else the document would have been completed. So only its issuer learns of it.
    """
    if document.issuer is not None:
        return None
    keys = candidate_keys(declaration.content, item, document)
    permit = next((permits_by_key[key] for key in keys if key in permits_by_key), None)
    if permit is None:
        return None
    return citation_context(declaration, index, item, document_index, document, permit, facts, day)


def _document_context(
    declaration: DeclarationRecord, index: int, document_index: int, found_naming: Naming
) -> DocumentContext:
    return DocumentContext(
        declaration=declaration.content,
        item_index=index,
        document_index=document_index,
        document=declaration.content.items[index].documents[document_index],
        naming=found_naming,
        trader_country=declaration.trader_country,
    )


def _check_naming(
    declaration: DeclarationRecord, index: int, document_index: int, permit: PermitRecord | None
) -> list[Finding]:
    """Return what the rules find about a document whose permit is unknown, or does not identify the declarer."""
    found_naming = naming(permit, declaration)
    if found_naming is Naming.BY_IDENTIFIER:
        return []
    return evaluate(DOCUMENT_RULES, _document_context(declaration, index, document_index, found_naming))


def _check_other_types(
    declaration: DeclarationRecord, permits_by_key: PermitsByKey, confirmed: PermitKeys
) -> list[Finding]:
    """Return a note for each document that is no CITES document, if the trader may have meant it as one.

    So it is if the item cites nothing else, or if the document has the number of a permit. The note names a permit
    only to its holder.
    """
    content = declaration.content
    found: list[Finding] = []
    for index, item in enumerate(content.items):
        others = [(n, d) for n, d in enumerate(item.documents) if not d.is_cites and not d.states_not_cites]
        for document_index, document in others:
            candidates = (permits_by_key.get(key) for key in candidate_keys(content, item, document))
            named = next((one for one in candidates if one is not None and may_use(one, declaration, confirmed)), None)
            if named is not None or not any(one.is_cites for one in item.documents):
                context = OtherDocumentContext(
                    declaration=content,
                    item_index=index,
                    document_index=document_index,
                    document=document,
                    names_permit=f"{named.content.issuer} {named.content.number}" if named else None,
                )
                found += evaluate(OTHER_DOCUMENT_RULES, context)
    return found


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


def _check_requirements(
    declaration: DeclarationRecord,
    index: int,
    contexts: list[CitationContext],
    *,
    unknown: int,
    supporting: int,
    known_permits: PermitsByKey,
    facts: Facts,
    day: date,
    repaired: frozenset[str],
    claimed_totals: Mapping[str, ClaimedTotal],
) -> list[Finding]:
    """Return what the rules find about an item with all the documents that it cites.

    `unknown` is the number of unknown documents, and `supporting` that of the import permits that an export cites too.
    `repaired` are the pointers of the repairs. The reader of customs messages repairs the documents of an item if it
    leaves one out, because nobody presents it. `claimed_totals` are what all items claim as personal effects.
    """
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
        cites_unknown_document=unknown > 0,
        has_supporting_import_permit=supporting > 0,
        is_declared_not_cites=any(document.states_not_cites for document in item.documents),
        has_absent_document=f"/items/{index}/documents" in repaired,
        known_permits=known_permits,
        is_lodged_by_customs=declaration.is_for_traveller,
        claimed_totals=claimed_totals,
    )
    return evaluate(ITEM_RULES, item_context)


def status_from_findings(findings: list[Finding] | tuple[Finding, ...]) -> DeclarationStatus:
    """Return the status by the findings that are not overridden: any block rejects, any other referral refers.

    Without either the status is `accepted`.
    """
    severities = {finding.severity for finding in findings if not finding.overridden}
    if Severity.BLOCK in severities:
        return DeclarationStatus.REJECTED
    return DeclarationStatus.REFERRED if Severity.REFER in severities else DeclarationStatus.ACCEPTED


def _with_other_endorsements(
    declaration: DeclarationRecord, context: CitationContext, permits_by_key: PermitsByKey, confirmed: PermitKeys
) -> CitationContext:
    """Return a context that has the endorsed transport documents of the item's other documents.

    Only a part use of a document that is never endorsed needs them; any other context is returned unchanged.
    """
    if context.document.use != DocumentUse.PART or not context.is_never_endorsed:
        return context
    others = (permits_by_key[d.key] for d in context.item.documents if d.key in permits_by_key)
    endorsed = (other.transport_documents for other in others if may_use(other, declaration, confirmed))
    return replace(context, endorsed_on_other_documents=frozenset().union(*endorsed))


def _is_supporting_import_permit(
    declaration: DeclarationRecord,
    item: Item,
    permit: PermitRecord,
    permits_by_key: PermitsByKey,
    confirmed: PermitKeys,
) -> bool:
    """Return whether an export cites an import permit in addition to a document that serves the export.

    Before an export of Appendix I, the country of import has granted its permit (Article III, paragraphs 2 and 4).
    """
    if permit.content.kind != PermitKind.IMPORT or declaration_side(declaration) is not Side.EXPORT:
        return False
    others = (permits_by_key[d.key] for d in item.documents if d.key in permits_by_key)
    serving = (other for other in others if other.content.kind in KINDS_BY_SIDE[Side.EXPORT])
    return any(may_use(other, declaration, confirmed) for other in serving)


def _with_reservation(permit: PermitRecord, citation: Citation) -> PermitRecord:
    """Return the permit with a citation's reservation, for the further items of the declaration."""
    balance = permit.lines[citation.line].balance
    reserved = post(balance, [LedgerEntry(side=citation.side, kind=EntryKind.RESERVE, quantity=citation.reserved)])
    return permit.with_balance(citation.line, reserved)


def apply_verdict(permits_by_key: dict[tuple[str, str], PermitRecord], verdict: Verdict) -> None:
    """Write a verdict's reservations and claims into `permits_by_key`, for the further declarations of a batch."""
    reservations: dict[UUID, list[Citation]] = {}
    claims: dict[UUID, list[Citation]] = {}
    for citation in verdict.citations:
        if citation.is_open:
            reservations.setdefault(citation.permit, []).append(citation)
        elif citation.counted_elsewhere:
            claims.setdefault(citation.permit, []).append(citation)
    for key, permit in verdict.reserved_permits.items():
        reserved = permit.with_usage_totals(add_reservations(permit.usage_totals, reservations.get(permit.id, ())))
        own_claims = claims.get(permit.id)
        permits_by_key[key] = replace(reserved, citations=(*permit.citations, *own_claims)) if own_claims else reserved
