"""A referred declaration is checked again by itself, once what it waited for may have come: a listing, an endorsement.

What an officer has settled stays settled where it is found again; where the officer named a line or a quantity the rest
is the officer's too. What gave way or lost its permit waits for a person.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.changed_since import with_claims
from services.permits.domain.checks.check import Verdict, adopt, check, settle
from services.permits.domain.checks.counted_elsewhere import unclaimed
from services.permits.domain.declarations.lodge import (
    attempts,
    changed,
    give_back,
    judged,
    reservations,
    the_rules,
    with_consents,
)
from services.permits.domain.lifecycle import EVENTS, By, Status
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.goods import ONE_LINE, UNIT
from services.permits.domain.rules.whole_declaration import ABANDONED, EMPTIED, NO_LINE, UNVERIFIED, WITHDRAWN
from services.permits.domain.values import Citation, DeclarationChange, Filed, Move, Outcome, PermitOnFile
from shared.cites.time_zones import utc_day
from shared.contracts.findings import Finding
from shared.contracts.parties import Act

ENDORSEMENT = "CITES-box-14-endorsement"
WAITS_FOR = frozenset({UNVERIFIED, ENDORSEMENT, "split-listing"})
"""Findings whose answer may come by itself."""
SAID = frozenset({UNIT, ONE_LINE, NO_LINE})
"""Findings that an officer settles by naming a line or a quantity, which a check would not know."""
FOR_A_PERSON = frozenset({EMPTIED, WITHDRAWN, ABANDONED})


def waits(filed: Filed) -> bool:
    """Say whether a declaration waits for something that may come by itself."""
    if filed.status is not Status.REFERRED or any(_in_the_officers_hand(finding) for finding in filed.findings):
        return False
    rules = {finding.rule for finding in filed.findings if not finding.overridden}
    never_checked = any(finding.rule == UNVERIFIED and finding.pointer == "" for finding in filed.findings)
    return bool(rules & WAITS_FOR) and not rules & FOR_A_PERSON and not never_checked


def _in_the_officers_hand(finding: Finding) -> bool:
    """Say whether a customs officer took more than a look: overrode a block, or said what is written off."""
    if finding.override is None or finding.override.by.role == By.RULES:
        return False
    return finding.severity == "block" or finding.rule in SAID


def recheck(filed: Filed, permits: Iterable[PermitOnFile], facts: Facts, by: Act) -> Outcome | None:
    """Check a declaration again against the law of today; None where it finds what was found before."""
    here = {permit.id: permit for permit in permits}
    before = {permit.key: permit for permit in here.values()}
    back = give_back(filed, here, by, f"again/{filed.sequence}")
    registry = {permit.key: unclaimed(permit, filed.id) for permit in {**here, **back.permits}.values()}
    verdict = _still_settled(filed, check(replace(filed, citations=(), findings=()), registry, facts, utc_day(by.at)))
    if verdict.status is Status.REFERRED and _told(verdict.findings) == _told(filed.findings):
        return None
    adopt(registry, verdict)
    again = with_consents(filed, judged(filed, verdict))
    if again.status is Status.ACCEPTED:
        again = replace(again, citations=with_claims(again))
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    extra = {"findings": findings} if findings else {}
    move = Move(filed.status, again.status, the_rules(by), EVENTS[again.status], "Checked again", extra)
    told = {id: [move] for id, move in attempts(verdict.second_uses, again, registry.values(), by).items()}
    if _held(again) == _held(filed):
        return Outcome((DeclarationChange(again, (move,)),), changed(before, before, told))
    postings = (*back.postings, *reservations(again, by, f"again/{filed.sequence}"))
    return Outcome((DeclarationChange(again, (move,)),), changed(before, registry, told), postings)


def _still_settled(filed: Filed, verdict: Verdict) -> Verdict:
    """Carry over what an officer settled to the same findings, found again."""
    settled = {_key(finding): finding.override for finding in filed.findings if finding.overridden}
    findings = tuple(
        finding.model_copy(update={"overridden": True, "override": settled[_key(finding)]})
        if _key(finding) in settled
        else finding
        for finding in verdict.findings
    )
    status = verdict.status if verdict.status is Status.REJECTED else settle(findings)
    return replace(verdict, findings=findings, status=status)


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.pointer, finding.expected, finding.found


def _told(findings: Iterable[Finding]) -> set[tuple[object, ...]]:
    """Say what was found, but for what the hub has settled itself."""
    return {_key(one) for one in findings if one.override is None or one.override.by.role != By.RULES}


def _held(filed: Filed) -> set[tuple[object, ...]]:
    def key(c: Citation) -> tuple[object, ...]:
        return c.item, c.permit, c.line, c.reserved

    return {key(citation) for citation in filed.citations if citation.open}
