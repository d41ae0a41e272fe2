"""Changes to the permits of a declaration since its check: withdrawals, uses by others and claims of counts."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from services.permits.domain.checks.citations import add_claim, find_conflicting_use
from services.permits.domain.checks.counted_elsewhere import with_claims
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.model.usage import remove_reservations
from services.permits.domain.rules.citation_context import ClaimKey
from services.permits.domain.rules.documents import is_not_withdrawn
from services.permits.domain.rules.goods import was_counted_elsewhere
from services.permits.domain.rules.quantities import is_first_use
from services.permits.domain.rules.whole_declaration import withdrawn_finding
from shared.contracts.closed_sets import Movement
from shared.contracts.findings import Finding

USE_RULES = frozenset({is_first_use.name, was_counted_elsewhere.name})


def withdrawn_since_check(declaration: DeclarationRecord, permits: PermitsById) -> tuple[Finding, ...]:
    """Return a finding for each permit that was withdrawn after the check, except those that have one already."""
    found_before = (f.permit for f in declaration.findings if f.rule == is_not_withdrawn.name)
    known = {cited.key for cited in found_before if cited}
    gone = {c.permit: permits[c.permit] for c in declaration.citations if permits[c.permit].status not in USABLE}
    return tuple(withdrawn_finding(declaration, p) for p in gone.values() if p.key not in known)


def used_since_check(
    declaration: DeclarationRecord, decided: DeclarationRecord, permits: PermitsById
) -> tuple[Finding, ...]:
    """Return a finding for each citation without a reservation or claim that can no longer get one.

    Other declarations used the line after this declaration returned its reservation, or claimed the same count.
    `decided` is the declaration after the officer's decision. Findings that `declaration` already has are left out.
    A transit uses no line, so it has none.
    """
    if declaration.content.movement is Movement.TRANSIT:
        return ()
    known = {(f.rule, f.pointer) for f in declaration.findings if f.rule in USE_RULES}
    found: list[Finding] = []
    others = _without_own_reservations(decided, permits)
    index_by_number = {item.number: index for index, item in enumerate(decided.content.items)}
    permits_by_item: dict[int, set[UUID]] = {}
    for citation in decided.citations:
        permits_by_item.setdefault(citation.item, set()).add(citation.permit)
    own_claims: dict[ClaimKey, Decimal] = {}
    for citation in _citations_without_reservation(declaration, decided, permits):
        other_permits = permits_by_item[citation.item] - {citation.permit}
        finding = find_conflicting_use(
            decided,
            index_by_number[citation.item],
            others[citation.permit],
            citation,
            endorsed_on_other_documents=frozenset().union(*(permits[one].transport_documents for one in other_permits)),
            own_claims=own_claims,
        )
        if finding is not None and (finding.rule, finding.pointer) not in known:
            found.append(finding)
        add_claim(own_claims, citation)
    return tuple(found)


def _without_own_reservations(declaration: DeclarationRecord, permits: PermitsById) -> PermitsById:
    """Return the cited permits without the reservations of the declaration, by id."""
    own: dict[UUID, list[Citation]] = {}
    for citation in declaration.citations:
        own.setdefault(citation.permit, []).append(citation)
    return {
        permit_id: permits[permit_id].with_usage_totals(remove_reservations(permits[permit_id].usage_totals, mine))
        for permit_id, mine in own.items()
    }


def _citations_without_reservation(
    declaration: DeclarationRecord, decided: DeclarationRecord, permits: PermitsById
) -> Iterator[Citation]:
    """Yield the citations that get a reservation or a claim only by the acceptance of the declaration."""
    for before, citation in zip(declaration.citations, with_claims(decided, permits), strict=True):
        is_unreserved = citation.requested > 0 and not citation.is_open
        if citation.line and (is_unreserved or citation.counted_elsewhere > before.counted_elsewhere):
            yield citation
