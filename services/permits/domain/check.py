"""The check of a declaration against the permits it cites: findings, and what is to be set aside of which line.

All items are reserved or none. A block rejects and reserves nothing; a referral reserves what it can meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.completing import completed
from services.permits.domain.facts import NOTHING, Facts
from services.permits.domain.holdings import hold, let_go
from services.permits.domain.ledger import Entry, Kind, Side, available, post
from services.permits.domain.lifecycle import Status
from services.permits.domain.rules import goods, law, needs, paper, quantities, whole
from services.permits.domain.rules.cases import Case, ask
from services.permits.domain.rules.matching import candidates
from services.permits.domain.rules.shipments import Goods
from services.permits.domain.values import Citation, Filed, PermitOnFile
from shared.cites.zones import earliest_day, latest_day, utc_day
from shared.contracts.declaration import Document, InsideDeclaration, Item
from shared.contracts.findings import Finding

Registry = Mapping[tuple[str, str], PermitOnFile]
"""The permits that the declarations of a batch cite, by issuer and number."""

NOT_CITES = "Y900"
"""Document code by which a trader states that goods are not covered by the Convention."""


@dataclass(frozen=True)
class SecondUse:
    """An attempt to use a line that is in use or was used, for the issuer to hear of; `left` is in the line's unit."""

    permit: UUID
    line: str
    item: int
    asked: Decimal
    left: Decimal
    unit: str


@dataclass(frozen=True)
class Verdict:
    """What the check found: where the declaration goes, the citations with what they reserve, the permits drawn on.

    `document` is the declaration as it was completed; nothing where it could not be checked.
    """

    status: Status
    findings: tuple[Finding, ...]
    citations: tuple[Citation, ...]
    second_uses: tuple[SecondUse, ...]
    drawn: Registry
    document: InsideDeclaration | None = None


def check(filed: Filed, registry: Registry, facts: Facts, day: date | None = None) -> Verdict:
    """Check a declaration on the day it was received; pure, so that validating and filing cannot disagree.

    Listings and lists are asked on `day`, that of receipt when not said.
    """
    day = day or utc_day(filed.received_at)
    filed = completed(filed, registry)
    findings: list[Finding] = [whole.repaired(repair) for repair in filed.document.repairs]
    citations: list[Citation] = []
    seconds: list[SecondUse] = []
    drawn: dict[tuple[str, str], PermitOnFile] = {}
    for index, item in enumerate(filed.document.items):
        documents = [(n, d) for n, d in enumerate(item.documents) if d.type != NOT_CITES]
        papers: list[Case] = []
        for place, document in documents:
            key = document.key
            permit = drawn.get(key) or registry.get(key)
            case = _case(filed, index, item, place, document, permit, facts, day) if permit else None
            if permit is None or case is None or not paper.belongs(case):
                findings.append(whole.unknown(filed, index, place, document))
                continue
            papers.append(case)
            if _cited_before(citations, case):
                continue
            found, citation, second = _examine(filed, case)
            findings += found
            citations.append(citation)
            seconds += second
            if citation.open or citation.counted:
                drawn[key] = _drawn(permit, citation)
        findings += _needed(filed, index, papers, len(documents), facts, day)
    if facts.empty and any(item.taxon for item in filed.document.items):
        findings.append(whole.empty(facts.empty))
    status = settle(findings)
    if status is Status.REJECTED:
        citations = [replace(citation, reserved=Decimal(0), counted=Decimal(0)) for citation in citations]
        drawn = {}
    return Verdict(status, tuple(findings), tuple(citations), tuple(seconds), drawn, filed.document)


def _needed(filed: Filed, index: int, papers: list[Case], cited: int, facts: Facts, day: date) -> list[Finding]:
    """Ask what an item needs with all its papers; what neither paper nor listing answers for is unverified."""
    item = filed.document.items[index]
    asked = Goods(
        declaration=filed.document,
        index=index,
        item=item,
        side=side_of(filed),
        day=day,
        facts=facts,
        papers=tuple((case.permit, case.lines[0] if len(case.lines) == 1 else None) for case in papers),
        unknown=len(papers) < cited,
        says_not_cites=any(document.type == NOT_CITES for document in item.documents),
    )
    found = needs.ask(asked)
    settled = asked.standing.known or any(finding.rule == needs.NOT_LISTED for finding in found)
    return found if cited or settled else [*found, whole.uncited(index)]


def settle(findings: list[Finding] | tuple[Finding, ...]) -> Status:
    """Answer where the standing findings lead: any block rejects, any referral refers, else accepted."""
    standing = {finding.severity for finding in findings if not finding.overridden}
    if "block" in standing:
        return Status.REJECTED
    return Status.REFERRED if "refer" in standing else Status.ACCEPTED


@lru_cache(1024)
def days_of(at: datetime, country: str) -> tuple[date, date]:
    """Answer the day of a moment where the issuer's day ends last, and where it begins first."""
    return latest_day(country, at), earliest_day(country, at)


def side_of(filed: Filed) -> Side:
    """Answer the side of a permit line that a declaration draws on."""
    return Side.IMPORT if filed.document.movement == "import" else Side.EXPORT


def _case(
    filed: Filed,
    index: int,
    item: Item,
    place: int,
    document: Document,
    permit: PermitOnFile,
    facts: Facts,
    day: date,
) -> Case:
    side = side_of(filed)
    lines = candidates(permit, item, document, side, lambda listed, stated: facts.covers(listed, stated, day))
    asked = None
    if len(lines) == 1 and units.convertible(item.unit, lines[0].terms.unit):
        asked = units.convert(item.quantity, item.unit, lines[0].terms.unit)
    days = days_of(filed.received_at, permit.terms.issuer)
    return Case(filed.document, index, item, place, document, side, days, permit, lines, asked, day, facts)


def _cited_before(citations: list[Citation], case: Case) -> bool:
    """Say whether the item cites this line already: naming it twice does not use it twice."""
    letter = case.lines[0].terms.line if len(case.lines) == 1 else ""
    return any((c.item, c.permit, c.line) == (case.item.number, case.permit.id, letter) for c in citations)


def _examine(filed: Filed, case: Case) -> tuple[list[Finding], Citation, list[SecondUse]]:
    found = ask(paper.RULES, case)
    if not case.lines:
        found.append(whole.no_line(case))
        return found, _citation(filed, case, Decimal(0)), []
    found += ask(goods.RULES, case)
    if len(case.lines) > 1:
        return found, _citation(filed, case, Decimal(0)), []
    found += ask(law.RULES, case)
    amounts = ask(quantities.RULES, case)
    second = [_second_use(case)] if any(f.rule == quantities.SECOND_USE for f in amounts) else []
    found += amounts
    fits = not any(finding.severity == "block" for finding in amounts)
    counts = case.asked is not None and case.document.use != "already_counted"
    reserve = case.asked if fits and counts and case.asked is not None else Decimal(0)
    return found, _citation(filed, case, reserve), second


def _citation(filed: Filed, case: Case, reserve: Decimal) -> Citation:
    one = case.lines[0] if len(case.lines) == 1 else None
    counts = case.document.use != "already_counted"
    return Citation(
        declaration=filed.id,
        item=case.item.number,
        permit=case.permit.id,
        line=one.terms.line if one else "",
        side=case.side,
        use=case.document.use,
        unit=one.terms.unit if one else "",
        asked=case.asked if case.asked is not None and counts else Decimal(0),
        reserved=reserve,
        transport_document=filed.document.transport_document,
        lodged_at=filed.received_at,
        counted=case.asked if case.asked is not None and not counts else Decimal(0),
        counted_by=_named(case.document),
    )


def _named(document: Document) -> UUID | None:
    """Answer the declaration that counted already, where it is named by its id."""
    try:
        return UUID(document.counted_by) if document.counted_by else None
    except ValueError:
        return None


def second_use(filed: Filed, permit: PermitOnFile, citation: Citation) -> Finding | None:
    """Answer the finding of a second use that a citation which holds nothing would meet now."""
    held = permit.held
    for one in filed.citations:
        held = let_go(held, one) if one.open and one.permit == permit.id else held
    others = replace(permit, held=held)
    index, item = next((n, one) for n, one in enumerate(filed.document.items) if one.number == citation.item)
    cited = [(n, d) for n, d in enumerate(item.documents) if d.key == permit.key and d.line in {None, citation.line}]
    for place, document in cited[:1]:
        here = _case(filed, index, item, place, document, others, NOTHING, utc_day(filed.received_at))
        case = replace(here, lines=(others.lines[citation.line],), asked=citation.asked)
        return next(iter(ask(quantities.RULES[:1], case)), None)
    return None


def _drawn(permit: PermitOnFile, citation: Citation) -> PermitOnFile:
    """Take a citation's reservation into account for the declaration's further items."""
    if citation.counted:
        return replace(permit, uses=(*permit.uses, citation))
    line = permit.lines[citation.line]
    balance = post(line.balance, [Entry(citation.side, Kind.RESERVE, citation.reserved)])
    return replace(permit, lines={**permit.lines, citation.line: replace(line, balance=balance)})


def adopt(registry: dict[tuple[str, str], PermitOnFile], verdict: Verdict) -> None:
    """Take a verdict's reservations into account for the further declarations of a batch."""
    for key, permit in verdict.drawn.items():
        mine = (citation for citation in verdict.citations if citation.permit == permit.id and citation.open)
        registry[key] = replace(permit, held=hold(permit.held, mine))


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
