"""An officer settles what the rules left open: overrides a finding, with a reason.

Officers override blocks and settle referrals with a reason, logged under their name. Nobody may overdraw a line.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.changed_since import used_meanwhile, with_claims, withdrawn_meanwhile
from services.permits.domain.checks.check import check, settle
from services.permits.domain.checks.counted_elsewhere import CLAIMS
from services.permits.domain.declarations.lodge import posted, reservations
from services.permits.domain.declarations.officer_statement import as_the_officer_says
from services.permits.domain.declarations.release import must_be_item, must_turn
from services.permits.domain.ledger.balances import Entry, Kind, left
from services.permits.domain.lifecycle import EVENTS, By, Status, turns_of
from services.permits.domain.reference.facts import NOTHING
from services.permits.domain.rules.whole_declaration import UNKNOWN
from services.permits.domain.values import (
    Citation,
    DeclarationChange,
    Filed,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
)
from services.permits.domain.write_off.consents import drawn_for, with_drawn
from services.permits.domain.write_off.posting import Permits
from shared.contracts.declaration import Override
from shared.contracts.findings import Finding, Overriding
from shared.contracts.parties import Act
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict, Fault, Invalid


def override(filed: Filed, permits: Permits, stated: Override, by: Act) -> Outcome:
    """Settle the findings of one rule; with the last the declaration is accepted and its quantities set aside.

    A permit that was withdrawn meanwhile becomes a finding now, to be settled in its turn.
    """
    _must_be_open(filed)
    settled = replace(filed, findings=_overridden(filed, stated, by))
    said = as_the_officer_says(settled, permits, stated)
    meanwhile = (*withdrawn_meanwhile(filed, permits), *used_meanwhile(filed, said, permits))
    meant = replace(said, findings=(*said.findings, *meanwhile))
    status = settle(meant.findings)
    if status is not Status.ACCEPTED:
        stays = replace(meant, status=filed.status)
        move = Move(filed.status, filed.status, by, "declaration.overridden", stated.reason, detail=_settled(stated))
        return Outcome((DeclarationChange(stays, (move,)),))
    return _accepted(filed, meant, permits, stated, by)


def must_be_unknown(filed: Filed, permits: Iterable[PermitOnFile], stated: Override) -> None:
    """Refuse to wave through a document that came into the registry since: it would be written off nowhere.

    Raises Conflict where a finding that is to be settled would not be found any more.
    """
    _must_be_open(filed)
    place = _place(filed, stated)
    meant = [finding for finding in filed.findings if _is_meant(finding, stated, place)]
    registry = {permit.key: permit for permit in permits}
    still = {finding.pointer for finding in check(filed, registry, NOTHING).findings if finding.rule == UNKNOWN}
    for finding in meant:
        if finding.pointer not in still:
            detail = f"The document {finding.found} is known here by now: it is written off, not waved through. "
            raise Conflict(
                "known-by-now", detail + "Its trader states a new version (PUT), which is checked against it."
            )


def _must_be_open(filed: Filed) -> None:
    if filed.status not in {Status.REFERRED, Status.REJECTED}:
        raise Conflict("wrong-turn", f"Nothing is to be overridden here. {turns_of(filed.status)}")


def _accepted(filed: Filed, meant: Filed, permits: Permits, stated: Override, by: Act) -> Outcome:
    must_turn(filed, Status.ACCEPTED, By.CUSTOMS)
    after = dict(permits)
    for citation in meant.citations:
        _must_be_said(citation)
    fresh: list[Citation] = []
    whole: list[Citation] = []
    for citation in with_claims(meant):
        held = replace(citation, reserved=citation.asked)
        if citation.asked > 0 and not citation.open:
            permit, held = _set_aside(after[citation.permit], held)
            after[permit.id] = replace(permit, uses=(*permit.uses, held))
            fresh.append(held)
        whole.append(held)
    accepted = replace(meant, status=Status.ACCEPTED, citations=tuple(whole))
    event = EVENTS[Status.ACCEPTED]
    move = Move(filed.status, Status.ACCEPTED, by, event, stated.reason, detail=_settled(stated))
    changes = tuple(PermitChange(permit) for id, permit in after.items() if permit is not permits[id])
    cause = f"override/{filed.sequence}"
    postings = reservations(replace(meant, citations=tuple(fresh)), by, cause)
    return Outcome((DeclarationChange(accepted, (move,)),), changes, postings)


def _settled(stated: Override) -> dict[str, object]:
    """Name the finding that was settled, for the history and the news; with what the officer said besides."""
    said = {"quantity": stated.quantity and plain(stated.quantity), "line": stated.line}
    return {"overridden": stated.rule, "item": stated.item, **{n: v for n, v in said.items() if v is not None}}


def _must_be_said(citation: Citation) -> None:
    """Refuse to accept what would be written off nowhere: the officer names the line, and how much of it."""
    if citation.use == CLAIMS:
        return
    if citation.line == "":
        text = f"Say which line of the permit item {citation.item} is written off from."
        raise Invalid("line-missing", text, [Fault("/line", "line-missing", text)])
    if citation.asked == 0:
        text = f"Say how many {citation.unit} of line {citation.line} item {citation.item} takes."
        raise Invalid("quantity-missing", text, [Fault("/quantity", "quantity-missing", text)])


def _overridden(filed: Filed, stated: Override, by: Act) -> tuple[Finding, ...]:
    place = _place(filed, stated)
    settled, findings = 0, []
    for finding in filed.findings:
        if _is_meant(finding, stated, place):
            settled += 1
            note = Overriding(by=by, reason=stated.reason)
            findings.append(finding.model_copy(update={"overridden": True, "override": note}))
        else:
            findings.append(finding)
    if not settled:
        standing = sorted({f.rule for f in filed.findings if not f.overridden and f.severity != "note"})
        detail = f"No standing finding of {stated.rule} here. What stands: {', '.join(standing) or 'nothing'}."
        raise Conflict("no-such-finding", detail)
    return tuple(findings)


def _is_meant(finding: Finding, stated: Override, place: str | None) -> bool:
    here = finding.rule == stated.rule and (place is None or _within(finding.pointer, place))
    return here and not finding.overridden and finding.severity != "note"


def _place(filed: Filed, stated: Override) -> str | None:
    return None if stated.item is None else f"/items/{_index(filed, stated.item)}"


def _within(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(place + "/") or not pointer.startswith("/items/")


def _index(filed: Filed, number: int) -> int:
    must_be_item(filed, number, "/item")
    return next(i for i, item in enumerate(filed.document.items) if item.number == number)


def _set_aside(permit: PermitOnFile, citation: Citation) -> tuple[PermitOnFile, Citation]:
    """Set aside what is asked of a line; what the line lacks is drawn of the consent for this item."""
    drawn = drawn_for(citation, permit.lines[citation.line].balance, citation.asked)
    held = with_drawn(citation, drawn)
    most = EXACT.add(left(permit.lines[citation.line].balance, citation.side), held.drawn)
    if citation.asked > most:
        detail = (
            f"Line {citation.line} of permit {permit.terms.number} has {plain(most)} {citation.unit} left, "
            f"{plain(citation.asked)} were asked: more needs the consent of the authority that issued it."
        )
        raise Conflict("not-enough-left", detail)
    return posted(permit, citation.line, *drawn, Entry(citation.side, Kind.RESERVE, citation.reserved)), held
