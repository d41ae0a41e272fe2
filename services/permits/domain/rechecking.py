"""A referred declaration is checked again by itself, once what it waited for may have come: a listing, an endorsement.

What an officer has settled in part is the officer's, and what gave way or lost its permit waits for a person too.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.check import adopt, check
from services.permits.domain.facts import Facts
from services.permits.domain.filing import attempts, changed, give_back, judged, reservations, the_rules, with_consents
from services.permits.domain.lifecycle import EVENTS, Status
from services.permits.domain.rules.whole import ABANDONED, EMPTIED, UNVERIFIED, WITHDRAWN
from services.permits.domain.values import Citation, DeclarationChange, Filed, Move, Outcome, PermitOnFile
from shared.cites.zones import utc_day
from shared.contracts.people import Act

ENDORSEMENT = "CITES-box-14-endorsement"
WAITS_FOR = frozenset({UNVERIFIED, ENDORSEMENT, "split-listing"})
"""Findings whose answer may come by itself."""
FOR_A_PERSON = frozenset({EMPTIED, WITHDRAWN, ABANDONED})


def waits(filed: Filed) -> bool:
    """Say whether a declaration waits for something that may come by itself."""
    if filed.status is not Status.REFERRED or any(finding.overridden for finding in filed.findings):
        return False
    rules = {finding.rule for finding in filed.findings}
    never_checked = any(finding.rule == UNVERIFIED and finding.pointer == "" for finding in filed.findings)
    return bool(rules & WAITS_FOR) and not rules & FOR_A_PERSON and not never_checked


def recheck(filed: Filed, permits: Iterable[PermitOnFile], facts: Facts, by: Act) -> Outcome | None:
    """Check a declaration again against the law of today; None where it finds what was found before."""
    here = {permit.id: permit for permit in permits}
    before = {permit.key: permit for permit in here.values()}
    back = give_back(filed, here, by, f"again/{filed.sequence}")
    registry = {permit.key: permit for permit in {**here, **back.permits}.values()}
    verdict = check(replace(filed, citations=(), findings=()), registry, facts, utc_day(by.at))
    if verdict.status is Status.REFERRED and _told(verdict.findings) == _told(filed.findings):
        return None
    adopt(registry, verdict)
    again = with_consents(filed, judged(filed, verdict))
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    extra = {"findings": findings} if findings else {}
    move = Move(filed.status, again.status, the_rules(by), EVENTS[again.status], "Checked again", extra)
    told = {id: [move] for id, move in attempts(verdict.second_uses, again, registry.values(), by).items()}
    if _held(again) == _held(filed):
        return Outcome((DeclarationChange(again, (move,)),), changed(before, before, told))
    postings = (*back.postings, *reservations(again, by, f"again/{filed.sequence}"))
    return Outcome((DeclarationChange(again, (move,)),), changed(before, registry, told), postings)


def _told(findings: Iterable[object]) -> set[tuple[object, ...]]:
    names = ("rule", "pointer", "expected", "found")
    return {tuple(getattr(finding, name) for name in names) for finding in findings}


def _held(filed: Filed) -> set[tuple[object, ...]]:
    def key(c: Citation) -> tuple[object, ...]:
        return c.item, c.permit, c.line, c.reserved

    return {key(citation) for citation in filed.citations if citation.open}
