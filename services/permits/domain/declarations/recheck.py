"""Recheck: the hub checks a referred declaration again when a listing or an endorsement that it needs may exist.

An override stays for a finding that the new check makes again. If an officer stated a line or a quantity, the hub
leaves the declaration to officers. The same holds after displacement and after the withdrawal of a permit.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.check import check
from services.permits.domain.checks.counted_elsewhere import with_claims, without_claims
from services.permits.domain.checks.verdict import Verdict, apply_verdict, status_from_findings
from services.permits.domain.declarations.second_use_alerts import attempts_of
from services.permits.domain.declarations.verdicts import changed_permits, verdict_data, with_verdict
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.allocation import allocation_is_certain
from services.permits.domain.rules.annotations import part_is_decided, specimen_is_of_appendix_two
from services.permits.domain.rules.certificates import goods_are_certainly_of_the_kind
from services.permits.domain.rules.documents import document_has_line, is_not_withdrawn, was_endorsed
from services.permits.domain.rules.goods import line_is_unambiguous, name_is_known, unit_converts
from services.permits.domain.rules.hs_codes import taxon_is_stated
from services.permits.domain.rules.listings import population_is_of_the_appendix
from services.permits.domain.rules.re_exports import previous_documents_are_valid
from services.permits.domain.rules.requirements import goods_are_verified, population_is_known
from services.permits.domain.rules.reservations import reservation_fits_endorsement, reservation_is_released_in_time
from services.permits.domain.rules.transit import exit_is_in_time
from services.permits.domain.write_off.consents import with_previous_consents
from services.permits.domain.write_off.reservations import reservation_postings, return_reservations
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, Severity
from shared.contracts.findings import Finding
from shared.contracts.parties import Actor

ANSWERABLE_RULES = frozenset(
    {
        goods_are_verified.name,
        taxon_is_stated.name,
        name_is_known.name,
        was_endorsed.name,
        previous_documents_are_valid.name,
        population_is_known.name,
        population_is_of_the_appendix.name,
        goods_are_certainly_of_the_kind.name,
        specimen_is_of_appendix_two.name,
        part_is_decided.name,
    }
)
"""Findings that may end without an officer: a listing is loaded, a permit is endorsed or found."""
OFFICER_STATED_RULES = frozenset(
    {unit_converts.name, line_is_unambiguous.name, document_has_line.name, allocation_is_certain.name}
)
"""Findings that an officer settles with a line or a quantity, which a check cannot know."""
OFFICER_ONLY_RULES = frozenset(
    {
        reservation_fits_endorsement.name,
        is_not_withdrawn.name,
        reservation_is_released_in_time.name,
        exit_is_in_time.name,
    }
)


def can_be_rechecked(declaration: DeclarationRecord) -> bool:
    """Return whether a new check without an officer may settle a finding of a declaration."""
    if declaration.status is not DeclarationStatus.REFERRED or any(
        _is_decided_by_officer(finding) for finding in declaration.findings
    ):
        return False
    rules = {finding.rule for finding in declaration.findings if not finding.overridden}
    never_checked = any(
        finding.rule == goods_are_verified.name and finding.pointer == "" for finding in declaration.findings
    )
    return bool(rules & ANSWERABLE_RULES) and not rules & OFFICER_ONLY_RULES and not never_checked


def _is_decided_by_officer(finding: Finding) -> bool:
    """Return whether a customs officer overrode a block, or stated a line or a quantity."""
    if finding.override is None or finding.override.by.role == ActorRole.RULES:
        return False
    return finding.severity is Severity.BLOCK or finding.rule in OFFICER_STATED_RULES


def recheck(
    declaration: DeclarationRecord, permits: Iterable[PermitRecord], facts: Facts, actor: Actor
) -> ChangeSet | None:
    """Return the changes of a check against the reference data of today; None if the findings are the same.

    `permits` contains all permits that the declaration may cite.
    """
    permits_by_id = {permit.id: permit for permit in permits}
    before = {permit.key: permit for permit in permits_by_id.values()}
    returned = return_reservations(declaration, permits_by_id, actor, f"again/{declaration.sequence}")
    permits_by_key = {
        permit.key: without_claims(permit, declaration.id) for permit in {**permits_by_id, **returned.permits}.values()
    }
    verdict = with_overrides(
        declaration, check(replace(declaration, citations=()), permits_by_key, facts, utc_day(actor.at))
    )
    if verdict.status is DeclarationStatus.REFERRED and _finding_keys(verdict.findings) == _finding_keys(
        declaration.findings
    ):
        return None
    apply_verdict(permits_by_key, verdict)
    rechecked = with_previous_consents(declaration, with_verdict(declaration, verdict))
    if rechecked.status is DeclarationStatus.ACCEPTED:
        rechecked = replace(rechecked, citations=with_claims(rechecked, permits_by_id))
    event = DomainEvent(
        from_status=declaration.status,
        data=verdict_data(rechecked, verdict, nth=1, reason="The hub checked the declaration again"),
        actor=system_actor(actor),
    )
    attempts = attempts_of(verdict.second_uses, rechecked, actor)
    if _reservations(rechecked) == _reservations(declaration):
        return ChangeSet(
            declarations=(DeclarationChange(declaration=rechecked, events=(event,)),),
            permits=changed_permits(before, before, attempts, actor),
        )
    postings = (*returned.postings, *reservation_postings(rechecked, actor, f"again/{declaration.sequence}"))
    return ChangeSet(
        declarations=(DeclarationChange(declaration=rechecked, events=(event,)),),
        permits=changed_permits(before, permits_by_key, attempts, actor),
        postings=postings,
    )


def with_overrides(declaration: DeclarationRecord, verdict: Verdict) -> Verdict:
    """Return the verdict with the overrides of findings that the new check made again.

    An override by which an officer stated a line or a quantity ends, because the check does not know the statement.
    """
    overrides = {
        _finding_key(finding): finding.override
        for finding in declaration.findings
        if finding.overridden and finding.rule not in OFFICER_STATED_RULES
    }
    findings = tuple(
        finding.model_copy(update={"overridden": True, "override": overrides[_finding_key(finding)]})
        if _finding_key(finding) in overrides
        else finding
        for finding in verdict.findings
    )
    status = verdict.status if verdict.status is DeclarationStatus.REJECTED else status_from_findings(findings)
    return replace(verdict, findings=findings, status=status)


def _finding_key(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.pointer, finding.expected, finding.found


def _finding_keys(findings: Iterable[Finding]) -> set[tuple[object, ...]]:
    """Return the keys of findings, except those that the hub itself overrode."""
    return {_finding_key(one) for one in findings if one.override is None or one.override.by.role != ActorRole.RULES}


def _reservations(declaration: DeclarationRecord) -> set[tuple[object, ...]]:
    def key(c: Citation) -> tuple[object, ...]:
        return c.item, c.permit, c.line, c.reserved

    return {key(citation) for citation in declaration.citations if citation.is_open}
