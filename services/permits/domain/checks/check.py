"""The check of a declaration against the permits it cites, item by item: findings, and where it goes.

All items are reserved or none. A block rejects and reserves nothing; a referral reserves what it can meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.permits.domain.checks.citations import SecondUse, case_of, examine, side_of, tried_by_stranger
from services.permits.domain.checks.completion import completed
from services.permits.domain.ledger.balances import Entry, Kind, post
from services.permits.domain.lifecycle import Status
from services.permits.domain.model.usage import hold
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules import documents as domain_documents
from services.permits.domain.rules import requirements, whole_declaration
from services.permits.domain.rules.context import Case
from services.permits.domain.rules.item_context import Goods
from services.permits.domain.values import Citation, Filed, PermitOnFile
from shared.cites.time_zones import utc_day
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.findings import Finding

Registry = Mapping[tuple[str, str], PermitOnFile]
"""The permits that the declarations of a batch cite, by issuer and number."""

NOT_CITES = "Y900"
"""Document code by which a trader states that goods are not covered by the Convention."""


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
    findings: list[Finding] = [whole_declaration.repaired(repair) for repair in filed.document.repairs]
    citations: list[Citation] = []
    seconds: list[SecondUse] = []
    drawn: dict[tuple[str, str], PermitOnFile] = {}
    for index, item in enumerate(filed.document.items):
        documents = [(n, d) for n, d in enumerate(item.documents) if d.type != NOT_CITES]
        papers: list[Case] = []
        for place, document in documents:
            key = document.key
            permit = drawn.get(key) or registry.get(key)
            case = case_of(filed, index, item, place, document, permit, facts, day) if permit else None
            if permit is None or case is None or not domain_documents.belongs(case):
                findings.append(whole_declaration.unknown(filed, index, place, document))
                seconds += tried_by_stranger(case) if case else []
                continue
            case = _with_what_is_beside(case, registry)
            papers.append(case)
            if _cited_before(citations, case):
                continue
            found, citation, second = examine(filed, case)
            findings += found
            citations.append(citation)
            seconds += second
            if citation.open or citation.counted:
                drawn[key] = _drawn(permit, citation)
        findings += _needed(filed, index, papers, len(documents), facts, day)
    if facts.empty and any(item.taxon for item in filed.document.items):
        findings.append(whole_declaration.empty(facts.empty))
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
    found = requirements.ask(asked)
    settled = asked.standing.known or any(finding.rule == requirements.NOT_LISTED for finding in found)
    return found if cited or settled else [*found, whole_declaration.uncited(index, item.taxon)]


def settle(findings: list[Finding] | tuple[Finding, ...]) -> Status:
    """Answer where the standing findings lead: any block rejects, any referral refers, else accepted."""
    standing = {finding.severity for finding in findings if not finding.overridden}
    if "block" in standing:
        return Status.REJECTED
    return Status.REFERRED if "refer" in standing else Status.ACCEPTED


def _with_what_is_beside(case: Case, registry: Registry) -> Case:
    """Answer a part use of what is never endorsed with what is endorsed on the item's other documents."""
    if case.document.use != "part" or not case.never_endorsed:
        return case
    others = (replace(case, permit=registry[d.key]) for d in case.item.documents if d.key in registry)
    endorsed = (other.permit.transport_documents for other in others if domain_documents.belongs(other))
    return replace(case, beside=frozenset().union(*endorsed))


def _cited_before(citations: list[Citation], case: Case) -> bool:
    """Say whether the item cites this line already: naming it twice does not use it twice."""
    letter = case.lines[0].terms.line if len(case.lines) == 1 else ""
    return any((c.item, c.permit, c.line) == (case.item.number, case.permit.id, letter) for c in citations)


def _drawn(permit: PermitOnFile, citation: Citation) -> PermitOnFile:
    """Take a citation's reservation into account for the declaration's further items."""
    if citation.counted:
        return replace(permit, uses=(*permit.uses, citation))
    balance = permit.lines[citation.line].balance
    reserved = post(balance, [Entry(citation.side, Kind.RESERVE, citation.reserved)])
    return permit.with_balance(citation.line, reserved)


def adopt(registry: dict[tuple[str, str], PermitOnFile], verdict: Verdict) -> None:
    """Take a verdict's reservations into account for the further declarations of a batch."""
    for key, permit in verdict.drawn.items():
        mine = (citation for citation in verdict.citations if citation.permit == permit.id and citation.open)
        registry[key] = permit.holding(hold(permit.held, mine))
