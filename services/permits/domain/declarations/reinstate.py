"""Reinstate a declaration: a permit that was reported lost is found, so the findings about the loss end."""

from dataclasses import replace

from services.permits.domain.checks.counted_elsewhere import with_claims
from services.permits.domain.checks.verdict import status_from_findings
from services.permits.domain.events import declaration_fields
from services.permits.domain.model.change_sets import DeclarationChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.documents import is_not_withdrawn
from shared.contracts.closed_sets import DeclarationStatus, PermitStatus
from shared.contracts.events.declarations import DeclarationAccepted, DeclarationEventData, DeclarationOverridden
from shared.contracts.findings import AppliedOverride, Finding
from shared.contracts.parties import Actor


def reinstate(declaration: DeclarationRecord, permit: PermitRecord, actor: Actor) -> DeclarationChange | None:
    """Return the change that overrides the findings that a permit is lost; None if a declaration has none.

    The declaration is accepted if no other finding is open, because it kept its reservations. A rejected declaration
    stays rejected: its trader amends it, or customs overrides the finding.
    """
    if declaration.status is not DeclarationStatus.REFERRED or not any(
        _is_lost_finding(finding, permit) for finding in declaration.findings
    ):
        return None
    system, reason = system_actor(actor), f"Permit {permit.content.number} of {permit.content.issuer} was found"
    override = {"overridden": True, "override": AppliedOverride(by=system, reason=reason)}
    findings = tuple(f.model_copy(update=override) if _is_lost_finding(f, permit) else f for f in declaration.findings)
    fields, after = declaration_fields(declaration), replace(declaration, findings=findings)
    rule = is_not_withdrawn.name
    data: DeclarationEventData
    if status_from_findings(findings) is DeclarationStatus.ACCEPTED and _has_all_reservations(declaration):
        data = DeclarationAccepted(**fields, status=DeclarationStatus.ACCEPTED, reason=reason, overridden=rule)
        after = replace(after, status=data.status, citations=with_claims(declaration, {permit.id: permit}))
    else:
        data = DeclarationOverridden(**fields, status=declaration.status, reason=reason, overridden=rule)
    return DeclarationChange(
        declaration=after, events=(DomainEvent(from_status=declaration.status, data=data, actor=system),)
    )


def _is_lost_finding(finding: Finding, permit: PermitRecord) -> bool:
    is_about_permit = finding.permit is not None and finding.permit.key == permit.key
    return (
        is_about_permit
        and finding.rule == is_not_withdrawn.name
        and finding.found == PermitStatus.LOST
        and not finding.overridden
    )


def _has_all_reservations(declaration: DeclarationRecord) -> bool:
    return all(citation.reserved == citation.requested for citation in declaration.citations)
