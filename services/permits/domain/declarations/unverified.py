"""A declaration that could not be checked when it came is checked in the hand of the officer who takes it on."""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.check import Verdict, adopt, check
from services.permits.domain.declarations.lodge import attempts, changed, judged, reservations, the_rules
from services.permits.domain.lifecycle import EVENTS, Status
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.whole_declaration import UNREAD, UNVERIFIED
from services.permits.domain.values import DeclarationChange, Filed, Move, Outcome, PermitOnFile
from shared.contracts.declaration import Override
from shared.contracts.findings import Finding, Overriding
from shared.contracts.parties import Act
from shared.problems import Conflict

WAYS_OUT = "Its trader states a new version (PUT), or customs refuses it (refusal)."


def never_checked(filed: Filed) -> bool:
    """Say whether a declaration waits because it could not be checked at all."""
    return filed.status is Status.REFERRED and any(_whole(finding) for finding in filed.findings)


def check_now(filed: Filed, permits: Iterable[PermitOnFile], facts: Facts, stated: Override, by: Act) -> Outcome:
    """Check it now, and set aside what it asks for: all of it or nothing, as for any other.

    What the check finds stands, to be settled in its turn. What could not even be read is never waved through: nobody
    can say what would be written off (409 `not-checked`).
    """
    if any(_whole(finding) and (finding.found or "").startswith(UNREAD) for finding in filed.findings):
        raise Conflict("not-checked", f"Part of it could not be read, so nothing can be written off. {WAYS_OUT}")
    registry = {permit.key: permit for permit in permits}
    before = dict(registry)
    verdict = check(replace(filed, findings=()), registry, facts)
    adopt(registry, verdict)
    note = {"overridden": True, "override": Overriding(by=by, reason=stated.reason)}
    settled = tuple(f.model_copy(update=note) if _whole(f) else f for f in filed.findings)
    after = replace(judged(filed, verdict), findings=(*settled, *verdict.findings))
    told = {id: [move] for id, move in attempts(verdict.second_uses, after, registry.values(), by).items()}
    cause = f"override/{filed.sequence}"
    return Outcome(
        (DeclarationChange(after, _moves(verdict, stated, by)),),
        changed(before, registry, told),
        reservations(after, by, cause),
    )


def _moves(verdict: Verdict, stated: Override, by: Act) -> tuple[Move, ...]:
    """Write the officer's turn, and that of the rules where the check blocks it."""
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    extra = {"findings": findings} if findings else {}
    detail = {"overridden": stated.rule, "item": None}
    if verdict.status is Status.ACCEPTED:
        event = EVENTS[Status.ACCEPTED]
        return (Move(Status.REFERRED, Status.ACCEPTED, by, event, stated.reason, extra, detail=detail),)
    taken_on = Move(Status.REFERRED, Status.REFERRED, by, "declaration.overridden", stated.reason, extra, detail=detail)
    if verdict.status is Status.REFERRED:
        return (taken_on,)
    event = EVENTS[Status.REJECTED]
    return taken_on, Move(Status.REFERRED, Status.REJECTED, the_rules(by), event, "Checked by an officer", extra)


def _whole(finding: Finding) -> bool:
    return finding.rule == UNVERIFIED and finding.pointer == "" and not finding.overridden
