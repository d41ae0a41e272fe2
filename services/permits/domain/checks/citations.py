"""One document that an item cites, examined: what the rules find, and what is to be set aside of its line."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.checks.counted_elsewhere import CLAIMS, counter_of
from services.permits.domain.ledger.balances import ZERO, Side, available
from services.permits.domain.model.usage import let_go
from services.permits.domain.reference.facts import NOTHING, Facts
from services.permits.domain.rules import documents, goods, listings, quantities, whole_declaration
from services.permits.domain.rules.context import Case, ask
from services.permits.domain.rules.matching import candidates
from services.permits.domain.values import Citation, Filed, PermitOnFile
from shared.cites.time_zones import earliest_day, latest_day, utc_day
from shared.contracts.declaration import Document, Item
from shared.contracts.findings import Finding


@dataclass(frozen=True)
class SecondUse:
    """An attempt to use a line that is in use or was used, for the issuer to hear of; `left` is in the line's unit.

    `by_stranger`: whoever tried is not named by the permit, and does not hear that there is such a one.
    """

    permit: UUID
    line: str
    item: int
    asked: Decimal
    left: Decimal
    unit: str
    by_stranger: bool = False


@lru_cache(1024)
def days_of(at: datetime, country: str) -> tuple[date, date]:
    """Answer the day of a moment where the issuer's day ends last, and where it begins first."""
    return latest_day(country, at), earliest_day(country, at)


def side_of(filed: Filed) -> Side:
    """Answer the side of a permit line that a declaration draws on."""
    return Side.IMPORT if filed.document.movement == "import" else Side.EXPORT


def case_of(
    filed: Filed,
    index: int,
    item: Item,
    place: int,
    document: Document,
    permit: PermitOnFile,
    facts: Facts,
    day: date,
) -> Case:
    """Find the line that a document means, and what is asked of it in its unit."""
    side = side_of(filed)
    lines = candidates(permit, item, document, side, lambda listed, stated: facts.covers(listed, stated, day))
    asked = None
    if len(lines) == 1 and units.convertible(item.unit, lines[0].terms.unit):
        asked = units.convert(item.quantity, item.unit, lines[0].terms.unit)
    days = days_of(filed.received_at, permit.terms.issuer)
    counter = counter_of(filed, document, facts)
    return Case(filed.document, index, item, place, document, side, days, permit, lines, asked, day, facts, counter)


def examine(filed: Filed, case: Case) -> tuple[list[Finding], Citation, list[SecondUse]]:
    """Put a case to the rules; answer what they find, the citation with what it reserves, and a second use tried."""
    found = ask(documents.RULES, case)
    if not case.lines:
        found.append(whole_declaration.no_line(case))
        return found, _citation(filed, case, ZERO), []
    found += ask(goods.RULES, case)
    if len(case.lines) > 1:
        return found, _citation(filed, case, ZERO), []
    found += ask(listings.RULES, case)
    amounts = ask(quantities.RULES, case)
    second = [_second_use(case)] if any(f.rule == quantities.SECOND_USE for f in amounts) else []
    found += amounts
    fits = not any(finding.severity == "block" for finding in amounts)
    counts = case.asked is not None and case.document.use != CLAIMS
    reserve = case.asked if fits and counts and case.asked is not None else ZERO
    believed = not any(finding.rule == goods.COUNTED for finding in found)
    return found, _citation(filed, case, reserve, believed=believed), second


def tried_by_stranger(case: Case) -> list[SecondUse]:
    """Answer the second use that a declaration tried whose permit names others: its issuer hears of it all the same."""
    tried = len(case.lines) == 1 and any(f.rule == quantities.SECOND_USE for f in ask(quantities.RULES, case))
    return [replace(_second_use(case), by_stranger=True)] if tried else []


def _citation(filed: Filed, case: Case, reserve: Decimal, *, believed: bool = False) -> Citation:
    """Write what an item cites; a count that is not believed claims nothing from others until an officer settles it."""
    one = case.lines[0] if len(case.lines) == 1 else None
    counts = case.document.use != CLAIMS
    return Citation(
        declaration=filed.id,
        item=case.item.number,
        permit=case.permit.id,
        line=one.terms.line if one else "",
        side=case.side,
        use=case.document.use,
        unit=one.terms.unit if one else "",
        asked=case.asked if case.asked is not None and counts else ZERO,
        reserved=reserve,
        transport_document=filed.document.transport_document,
        lodged_at=filed.received_at,
        counted=case.asked if case.asked is not None and not counts and believed else ZERO,
        counted_by=case.counter,
    )


def used_now(filed: Filed, permit: PermitOnFile, citation: Citation, beside: frozenset[str]) -> Finding | None:
    """Answer the finding that a citation which holds nothing would meet now: a second use, or a count all claimed.

    `beside` are the transport documents endorsed on what its item cites besides.
    """
    rules = goods.COUNTED_RULES if citation.use == CLAIMS else quantities.RULES[:1]
    held = permit.held
    for one in filed.citations:
        held = let_go(held, one) if one.open and one.permit == permit.id else held
    others = replace(permit, held=held)
    index, item = next((n, one) for n, one in enumerate(filed.document.items) if one.number == citation.item)
    cited = [(n, d) for n, d in enumerate(item.documents) if d.key == permit.key and d.line in {None, citation.line}]
    for place, document in cited[:1]:
        here = case_of(filed, index, item, place, document, others, NOTHING, utc_day(filed.received_at))
        case = replace(
            here,
            lines=(others.lines[citation.line],),
            asked=citation.counted or citation.asked,
            counter=citation.counted_by,
            beside=beside,
        )
        return next(iter(ask(rules, case)), None)
    return None


def _second_use(case: Case) -> SecondUse:
    unit = case.line.terms.unit
    return SecondUse(
        permit=case.permit.id,
        line=case.line.terms.line,
        item=case.item.number,
        asked=case.item.quantity if case.asked is None else case.asked,
        left=available(case.line.balance, case.side),
        unit=case.item.unit if case.asked is None else unit,
    )
