"""Check of one document that an item cites: the findings of the rules and the quantity to reserve of its line."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from services.permits.domain.checks.counted_elsewhere import ALREADY_COUNTED, find_counting_declaration
from services.permits.domain.ledger.balances import ZERO, available
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import SecondUse
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.rules import (
    certificates,
    documents,
    goods,
    listings,
    quantities,
    re_exports,
    registered_operations,
    transit,
)
from services.permits.domain.rules.certificate_scope import has_scope
from services.permits.domain.rules.citation_context import CitationContext, ClaimKey
from services.permits.domain.rules.documents import kind_serves_movement
from services.permits.domain.rules.goods import was_counted_elsewhere
from services.permits.domain.rules.line_quantities import WholeCounts, counts_wholes, to_line_quantity
from services.permits.domain.rules.matching import candidate_lines
from services.permits.domain.rules.quantities import is_first_use
from services.permits.domain.rules.rule import evaluate
from shared.cites.time_zones import day_in_first_zone, day_in_last_zone, utc_day
from shared.contracts.closed_sets import Movement, PermitKind, Severity, Side, Source
from shared.contracts.declaration import Document, Item, declaring_role
from shared.contracts.findings import Finding
from shared.contracts.quantities import EXACT

PERMITS_OF_GOODS = frozenset({PermitKind.EXPORT, PermitKind.RE_EXPORT, PermitKind.IMPORT})
"""The kinds for goods of any source. A certificate compares its sources by its own rules."""


@lru_cache(1024)
def receipt_days(at: datetime, country: str) -> tuple[date, date]:
    """Return the two dates that a moment has in the last and in the first time zone of the issuer's country."""
    return day_in_last_zone(country, at), day_in_first_zone(country, at)


def declaration_side(declaration: DeclarationRecord) -> Side:
    """Return the side of a permit line that a declaration uses. A transit cites the documents of the export."""
    return Side.IMPORT if declaration.content.movement == Movement.IMPORT else Side.EXPORT


def citation_context(
    declaration: DeclarationRecord,
    index: int,
    item: Item,
    document_index: int,
    document: Document,
    permit: PermitRecord,
    facts: Facts,
    day: date,
) -> CitationContext:
    """Return the context of one cited document: its permit, the lines that it may mean, and the requested quantity.

    The quantity is that of the document, else that of the item, in the line's unit. It is None if several lines are
    possible or the unit has no exact conversion.
    """
    side = declaration_side(declaration)
    lines = candidate_lines(
        permit,
        item,
        document,
        side,
        covers=lambda permit_name, declared_name: facts.covers(permit_name, declared_name, day),
        may_cover=lambda permit_name, declared_name: facts.may_cover(permit_name, declared_name, day),
    )
    requested = None
    if len(lines) == 1:
        quantity, unit = document.quantity or item.quantity, document.unit or item.unit
        requested = to_line_quantity(lines[0].content, item.term, quantity, unit)
    days = receipt_days(declaration.received_at, permit.content.issuer)
    counting_declaration = find_counting_declaration(declaration, document, facts)
    return CitationContext(
        declaration=declaration.content,
        declared_by=declaring_role(declaration.content, declaration.trader_country),
        item_index=index,
        item=item,
        document_index=document_index,
        document=document,
        side=side,
        days=days,
        permit=permit,
        lines=lines,
        requested=requested,
        day=day,
        facts=facts,
        counting_declaration=counting_declaration,
    )


def with_whole_counts(context: CitationContext, counts: WholeCounts) -> CitationContext:
    """Return a context whose quantity counts parts of one whole together with those of earlier items.

    Parts that another declaration counts already are not among them, nor an item that states a quantity for each of
    its documents.
    """
    item, document = context.item, context.document
    if len(context.lines) != 1 or document.use == ALREADY_COUNTED or document.quantity is not None:
        return context
    if context.requested is None:  # no exact conversion, or an officer decides about the allocation
        return context
    line = context.line.content
    if not counts_wholes(line, item.term):
        return context
    amount = counts.add(context.permit.id, line, item.term or "", quantity=item.quantity, unit=item.unit)
    return replace(context, requested=amount)


def check_citation(
    declaration: DeclarationRecord, context: CitationContext
) -> tuple[list[Finding], Citation, list[SecondUse]]:
    """Return the findings about one cited document, the citation with its reservation, and any second use.

    Nothing is reserved if the line is not certain, the unit has no exact conversion, or a rule of quantities blocks.
    Nothing is reserved either if another declaration counts the use. A permit of a kind that does not serve the
    movement has nothing for it, so rules of quantities would only repeat that finding.
    """
    found = evaluate(documents.RULES, context)
    if not context.lines:
        return found, _build_citation(declaration, context, ZERO), []
    found += evaluate(goods.RULES, context)
    if len(context.lines) > 1:
        return found, _build_citation(declaration, context, ZERO), []
    if has_scope(context.permit.content, context.line.content):  # most documents are permits for goods of any kind
        found += evaluate(certificates.RULES, context)
    if context.permit.content.kind in PERMITS_OF_GOODS and Source.D in {
        context.line.content.source,
        context.line.content.underlying_source,
    }:
        found += evaluate(registered_operations.RULES, context)
    if context.permit.content.kind == PermitKind.RE_EXPORT:
        found += evaluate(re_exports.RULES, context)
    found += evaluate(listings.RULES, context)
    if context.is_transit:  # nothing is set aside or used
        return found + evaluate(transit.CITATION_RULES, context), _build_citation(declaration, context, ZERO), []
    serves_movement = kind_serves_movement.find_discrepancy(context) is None
    amounts = evaluate(quantities.RULES, context) if serves_movement else []
    second_uses = [_build_second_use(context)] if any(f.rule == is_first_use.name for f in amounts) else []
    found += amounts
    fits = serves_movement and not any(finding.severity is Severity.BLOCK for finding in amounts)
    is_counted_here = context.requested is not None and context.document.use != ALREADY_COUNTED
    reserve = context.requested if fits and is_counted_here and context.requested is not None else ZERO
    is_count_confirmed = not any(finding.rule == was_counted_elsewhere.name for finding in found)
    return found, _build_citation(declaration, context, reserve, is_count_confirmed=is_count_confirmed), second_uses


def second_uses_by_unnamed_party(context: CitationContext) -> list[SecondUse]:
    """Return the second use by a party that the permit does not name; empty if the line is not in use.

    The issuer of the permit receives an event about it; the declaring party does not.
    """
    if context.is_transit:
        return []
    is_second_use = len(context.lines) == 1 and is_first_use.find_discrepancy(context) is not None
    return [replace(_build_second_use(context), by_unnamed_party=True)] if is_second_use else []


def _build_citation(
    declaration: DeclarationRecord, context: CitationContext, reserve: Decimal, *, is_count_confirmed: bool = False
) -> Citation:
    """Return the citation of an item's document. An unconfirmed count claims nothing until an officer overrides it."""
    one = context.lines[0] if len(context.lines) == 1 else None
    is_counted_here = context.document.use != ALREADY_COUNTED and not context.is_transit
    return Citation(
        declaration=declaration.id,
        item=context.item.number,
        permit=context.permit.id,
        line=one.content.line if one else "",
        side=context.side,
        use=context.document.use,
        unit=one.content.unit if one else "",
        requested=context.requested if context.requested is not None and is_counted_here else ZERO,
        reserved=reserve,
        transport_document=declaration.content.transport_document,
        lodged_at=declaration.received_at,
        counted_elsewhere=context.requested
        if context.requested is not None and is_count_confirmed and context.document.use == ALREADY_COUNTED
        else ZERO,
        counted_by=context.counting_declaration,
    )


def find_conflicting_use(
    declaration: DeclarationRecord,
    index: int,
    permit: PermitRecord,
    citation: Citation,
    *,
    endorsed_on_other_documents: frozenset[str],
    own_claims: Mapping[ClaimKey, Decimal],
) -> Finding | None:
    """Return the finding that prevents a new reservation or claim of this citation; None if it is possible now.

    The finding is a second use of the line, or a count that other declarations have claimed. `index` is the place of
    the citation's item. `permit` has no reservation of this declaration, and `own_claims` are its earlier claims.
    `endorsed_on_other_documents` are the transport documents endorsed on the other documents of the item.
    """
    rule = was_counted_elsewhere if citation.use == ALREADY_COUNTED else is_first_use
    item = declaration.content.items[index]
    cited = [(n, d) for n, d in enumerate(item.documents) if d.key == permit.key and d.line in {None, citation.line}]
    for document_index, document in cited[:1]:
        named = document.model_copy(update={"line": citation.line})
        initial = citation_context(
            declaration, index, item, document_index, named, permit, NO_FACTS, utc_day(declaration.received_at)
        )
        context = replace(
            initial,
            requested=citation.counted_elsewhere or citation.requested,
            counting_declaration=citation.counted_by,
            endorsed_on_other_documents=endorsed_on_other_documents,
            own_claims=own_claims,
        )
        return next(iter(evaluate((rule,), context)), None)
    return None


def add_claim(claims: dict[ClaimKey, Decimal], citation: Citation) -> None:
    """Add the claim of a citation to the claims of its declaration."""
    if citation.counted_by is not None:
        key = citation.permit, citation.line, citation.side, citation.counted_by
        claims[key] = EXACT.add(claims.get(key, ZERO), citation.counted_elsewhere)


def _build_second_use(context: CitationContext) -> SecondUse:
    unit = context.line.content.unit
    return SecondUse(
        permit=context.permit.id,
        line=context.line.content.line,
        item=context.item.number,
        requested=context.declared_quantity if context.requested is None else context.requested,
        remaining=available(context.line.balance, context.side),
        unit=context.declared_unit if context.requested is None else unit,
    )
