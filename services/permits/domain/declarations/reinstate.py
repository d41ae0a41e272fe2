"""A lost permit was found: what was referred for that loss goes on as if it had never been lost."""

from dataclasses import replace

from services.permits.domain.checks.changed_since import with_claims
from services.permits.domain.checks.check import settle
from services.permits.domain.declarations.lodge import the_rules
from services.permits.domain.lifecycle import EVENTS, PermitStatus, Status
from services.permits.domain.rules.whole_declaration import WITHDRAWN
from services.permits.domain.values import DeclarationChange, Filed, Move, PermitOnFile
from shared.contracts.findings import Finding, Overriding
from shared.contracts.parties import Act


def regain(filed: Filed, permit: PermitOnFile, by: Act) -> DeclarationChange | None:
    """Settle the findings that a permit is lost; None where a declaration has none.

    It is accepted where nothing else stands, for it kept what it had set aside. What was rejected stays rejected: its
    trader states a new version, or customs overrides.
    """
    if filed.status is not Status.REFERRED or not any(_lost(finding, permit) for finding in filed.findings):
        return None
    rules, why = the_rules(by), f"Permit {permit.terms.number} of {permit.terms.issuer} was found"
    note = {"overridden": True, "override": Overriding(by=rules, reason=why)}
    findings = tuple(f.model_copy(update=note) if _lost(f, permit) else f for f in filed.findings)
    accepted = settle(findings) is Status.ACCEPTED and _holds_all(filed)
    status, event = (Status.ACCEPTED, EVENTS[Status.ACCEPTED]) if accepted else (filed.status, "declaration.overridden")
    move = Move(filed.status, status, rules, event, why, detail={"overridden": WITHDRAWN, "item": None})
    citations = with_claims(filed) if accepted else filed.citations
    return DeclarationChange(replace(filed, status=status, findings=findings, citations=citations), (move,))


def _lost(finding: Finding, permit: PermitOnFile) -> bool:
    here = finding.permit is not None and (finding.permit.issuer, finding.permit.number) == permit.key
    return here and finding.rule == WITHDRAWN and finding.found == PermitStatus.LOST and not finding.overridden


def _holds_all(filed: Filed) -> bool:
    return all(citation.reserved == citation.asked for citation in filed.citations)
