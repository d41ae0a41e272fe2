"""The verdict of a check: the status by its findings, and the reservations that it writes."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.permits import PermitRecord, PermitsByKey
from services.permits.domain.model.second_uses import SecondUse
from services.permits.domain.model.usage import add_reservations
from shared.contracts.closed_sets import DeclarationStatus, Severity
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import Finding


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


def status_from_findings(findings: list[Finding] | tuple[Finding, ...]) -> DeclarationStatus:
    """Return the status by the findings that are not overridden: any block rejects, any other referral refers.

    Without either the status is `accepted`.
    """
    severities = {finding.severity for finding in findings if not finding.overridden}
    if Severity.BLOCK in severities:
        return DeclarationStatus.REJECTED
    return DeclarationStatus.REFERRED if Severity.REFER in severities else DeclarationStatus.ACCEPTED


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
