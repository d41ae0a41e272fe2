"""What happened to the permits of a declaration since its check: withdrawn, used by others, their counts claimed."""

from collections.abc import Iterator
from dataclasses import replace

from services.permits.domain.checks.citations import used_now
from services.permits.domain.checks.counted_elsewhere import claimed
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.goods import COUNTED
from services.permits.domain.rules.quantities import SECOND_USE
from services.permits.domain.rules.whole_declaration import WITHDRAWN, withdrawn
from services.permits.domain.values import Citation, Filed
from services.permits.domain.write_off.posting import Permits
from shared.contracts.findings import Finding


def withdrawn_meanwhile(filed: Filed, permits: Permits) -> tuple[Finding, ...]:
    """Find the permits that were withdrawn since."""
    named = {(f.permit.issuer, f.permit.number) for f in filed.findings if f.rule == WITHDRAWN and f.permit}
    gone = {c.permit: permits[c.permit] for c in filed.citations if permits[c.permit].status not in USABLE}
    return tuple(withdrawn(filed, p) for p in gone.values() if p.key not in named)


def used_meanwhile(filed: Filed, meant: Filed, permits: Permits) -> tuple[Finding, ...]:
    """Find the lines that others used since this declaration gave back what it held of them, and the counts that others
    claimed since it gave back its claims; `meant` is what the officer makes of it."""
    named = {(f.rule, f.pointer) for f in filed.findings if f.rule in {SECOND_USE, COUNTED}}
    found, now = [], dict(permits)
    for citation in _gave_back(filed, meant):
        permit = now[citation.permit]
        finding = used_now(meant, permit, citation, _beside(meant, now, citation))
        if finding is not None and (finding.rule, finding.pointer) not in named:
            found.append(finding)
        if citation.counted:
            now[permit.id] = replace(permit, uses=(*permit.uses, citation))
    return tuple(found)


def _beside(filed: Filed, permits: Permits, citation: Citation) -> frozenset[str]:
    others = (c.permit for c in filed.citations if c.item == citation.item and c.permit != citation.permit)
    return frozenset().union(*(permits[id].transport_documents for id in others))


def _gave_back(filed: Filed, meant: Filed) -> Iterator[Citation]:
    """Answer the citations that would hold or claim something if the declaration were accepted, and do not now."""
    for before, citation in zip(filed.citations, with_claims(meant), strict=True):
        asks = citation.asked > 0 and not citation.open
        if citation.line and (asks or citation.counted > before.counted):
            yield citation


def with_claims(filed: Filed) -> tuple[Citation, ...]:
    """Answer what a declaration cites with what it claims of counts, which it gave back when it was rejected."""
    return tuple(replace(citation, counted=claimed(filed, citation)) for citation in filed.citations)
