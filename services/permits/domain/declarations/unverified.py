"""Unverified declarations: the hub could not check them at receipt, so an officer starts their check."""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.check import check
from services.permits.domain.checks.verdict import Verdict, apply_verdict
from services.permits.domain.declarations.lodge import received_event
from services.permits.domain.declarations.second_use_alerts import attempts_of
from services.permits.domain.declarations.verdicts import (
    changed_permits,
    checked_event,
    verdict_data,
    with_verdict,
)
from services.permits.domain.events import declaration_fields, finding_fields
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DeclarationEvent, DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.requirements import goods_are_verified
from services.permits.domain.rules.whole_declaration import UNREADABLE_PREFIX, unverified_finding
from services.permits.domain.write_off.reservations import reservation_postings
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.declaration import Override
from shared.contracts.events.declarations import DeclarationAccepted, DeclarationOverridden
from shared.contracts.findings import AppliedOverride, Finding
from shared.contracts.parties import Actor
from shared.problems import Conflict

WHAT_TO_DO = "The trader sends a new version (PUT), or customs refuses the goods."


def is_unchecked(declaration: DeclarationRecord) -> bool:
    """Return whether a declaration is referred because the hub could not check it at all."""
    return declaration.status is DeclarationStatus.REFERRED and any(
        _is_unverified_finding(finding) for finding in declaration.findings
    )


def check_unverified(
    declaration: DeclarationRecord, permits: Iterable[PermitRecord], facts: Facts, decision: Override, actor: Actor
) -> ChangeSet:
    """Return the changes of the check that an officer's override of the finding `unverified` starts.

    Findings of this check stay open and need their own override. Raise Conflict `not-checked` if the hub could not
    read the declaration, because it then cannot know what to write off.
    """
    if any(
        _is_unverified_finding(finding) and (finding.found or "").startswith(UNREADABLE_PREFIX)
        for finding in declaration.findings
    ):
        raise Conflict(
            "not-checked",
            f"The hub cannot read a part of the declaration, so it cannot write off its quantities. {WHAT_TO_DO}",
        )
    permits_by_key = {permit.key: permit for permit in permits}
    before = dict(permits_by_key)
    verdict = check(replace(declaration, findings=()), permits_by_key, facts)
    apply_verdict(permits_by_key, verdict)
    override = {"overridden": True, "override": AppliedOverride(by=actor, reason=decision.reason)}
    overridden = tuple(f.model_copy(update=override) if _is_unverified_finding(f) else f for f in declaration.findings)
    after = replace(with_verdict(declaration, verdict), findings=(*overridden, *verdict.findings))
    attempts = attempts_of(verdict.second_uses, after, actor)
    cause = f"override/{declaration.sequence}"
    return ChangeSet(
        declarations=(DeclarationChange(declaration=after, events=_events(after, verdict, decision, actor)),),
        permits=changed_permits(before, permits_by_key, attempts, actor),
        postings=reservation_postings(after, actor, cause),
    )


def _events(
    declaration: DeclarationRecord, verdict: Verdict, decision: Override, actor: Actor
) -> tuple[DeclarationEvent, ...]:
    """Return the event of the officer's decision, and an event of the hub if the check rejects the declaration."""
    if verdict.status is DeclarationStatus.ACCEPTED:
        accepted = DeclarationAccepted(
            **declaration_fields(declaration),
            status=DeclarationStatus.ACCEPTED,
            reason=decision.reason,
            overridden=decision.rule,
            **finding_fields(verdict.findings),
        )
        return (DomainEvent(from_status=DeclarationStatus.REFERRED, data=accepted, actor=actor),)
    overridden = DeclarationOverridden(
        **declaration_fields(declaration),
        status=DeclarationStatus.REFERRED,
        reason=decision.reason,
        overridden=decision.rule,
        **finding_fields(verdict.findings),
    )
    decided = DomainEvent(from_status=DeclarationStatus.REFERRED, data=overridden, actor=actor)
    if verdict.status is DeclarationStatus.REFERRED:
        return (decided,)
    rejected = verdict_data(declaration, verdict, nth=2, reason="An officer requested the check")
    return decided, DomainEvent(from_status=DeclarationStatus.REFERRED, data=rejected, actor=system_actor(actor))


def _is_unverified_finding(finding: Finding) -> bool:
    return finding.rule == goods_are_verified.name and finding.pointer == "" and not finding.overridden


def lodge_unverified(submitted: DeclarationRecord, reason: str, actor: Actor) -> ChangeSet:
    """Return the changes that store a declaration as referred because the hub could not check it, for this reason.

    Officers find it among the referred declarations, so it is never lost.
    """
    verdict = Verdict(
        status=DeclarationStatus.REFERRED,
        findings=(unverified_finding(reason),),
        citations=(),
        second_uses=(),
        reserved_permits={},
    )
    declaration = with_verdict(submitted, verdict)
    return ChangeSet(
        declarations=(
            DeclarationChange(
                declaration=declaration,
                events=(received_event(declaration), checked_event(declaration, verdict, actor)),
            ),
        )
    )
