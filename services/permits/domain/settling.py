"""An officer settles what the rules left open: overrides a finding, with a reason.

Officers override blocks and settle referrals with a reason, logged under their name. Nobody may overdraw a line.
"""

from dataclasses import replace

from services.permits.domain import units
from services.permits.domain.check import settle
from services.permits.domain.customs import item_of, must_be_item, must_turn
from services.permits.domain.examining import second_use
from services.permits.domain.filing import posted, reservations
from services.permits.domain.ledger import ZERO, Entry, Kind, Overdrawn
from services.permits.domain.lifecycle import EVENTS, USABLE, By, Status, turns_of
from services.permits.domain.rules.goods import ONE_LINE, UNIT
from services.permits.domain.rules.quantities import SECOND_USE
from services.permits.domain.rules.whole import UNVERIFIED, WITHDRAWN, withdrawn
from services.permits.domain.signing import Permits
from services.permits.domain.values import (
    Citation,
    DeclarationChange,
    Filed,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
)
from shared.contracts.declaration import Override
from shared.contracts.findings import Finding, Overriding
from shared.contracts.people import Act
from shared.contracts.words import plain
from shared.problems import Conflict, Fault, Invalid


def override(filed: Filed, permits: Permits, stated: Override, by: Act) -> Outcome:
    """Settle the findings of one rule; with the last the declaration is accepted and its quantities set aside.

    A permit that was withdrawn meanwhile becomes a finding now, to be settled in its turn.
    """
    if filed.status not in {Status.REFERRED, Status.REJECTED}:
        raise Conflict("wrong-turn", f"Nothing is to be overridden here. {turns_of(filed.status)}")
    _must_have_been_checked(filed, stated)
    findings = (
        *_overridden(filed, stated, by),
        *_withdrawn_meanwhile(filed, permits),
        *_used_meanwhile(filed, permits),
    )
    meant = _as_the_officer_says(replace(filed, findings=findings), permits, stated)
    status = settle(findings)
    if status is not Status.ACCEPTED:
        stays = replace(meant, status=filed.status)
        move = Move(filed.status, filed.status, by, "declaration.overridden", stated.reason, detail=_settled(stated))
        return Outcome((DeclarationChange(stays, (move,)),))
    return _accepted(filed, meant, permits, stated, by)


def _must_have_been_checked(filed: Filed, stated: Override) -> None:
    """Refuse to wave through what the rules never saw: an amendment by its trader is checked anew."""
    if stated.rule == UNVERIFIED and any(f.rule == UNVERIFIED and f.pointer == "" for f in filed.findings):
        detail = "It could not be checked at all, so nothing would be written off. Its trader amends it, or refuse it."
        raise Conflict("not-checked", detail)


def _withdrawn_meanwhile(filed: Filed, permits: Permits) -> tuple[Finding, ...]:
    named = {(f.permit.issuer, f.permit.number) for f in filed.findings if f.rule == WITHDRAWN and f.permit}
    gone = {c.permit: permits[c.permit] for c in filed.citations if permits[c.permit].status not in USABLE}
    return tuple(withdrawn(filed, p) for p in gone.values() if p.key not in named)


def _used_meanwhile(filed: Filed, permits: Permits) -> tuple[Finding, ...]:
    """Find the lines that others used since this declaration gave back what it held of them."""
    named = {f.pointer for f in filed.findings if f.rule == SECOND_USE}
    found = []
    for citation in filed.citations:
        if citation.line and citation.asked > 0 and not citation.open:
            finding = second_use(filed, permits[citation.permit], citation)
            if finding is not None and finding.pointer not in named:
                found.append(finding)
    return tuple(found)


def _accepted(filed: Filed, meant: Filed, permits: Permits, stated: Override, by: Act) -> Outcome:
    must_turn(filed, Status.ACCEPTED, By.CUSTOMS)
    after = dict(permits)
    for citation in meant.citations:
        _must_be_said(citation)
    missing = tuple(c for c in meant.citations if c.asked > 0 and not c.open)
    fresh = replace(meant, citations=tuple(replace(c, reserved=c.asked) for c in missing))
    for citation in fresh.citations:
        entry = Entry(citation.side, Kind.RESERVE, citation.reserved)
        permit = _post_or_refuse(after[citation.permit], citation, entry)
        after[permit.id] = replace(permit, uses=(*permit.uses, citation))
    whole = tuple(replace(c, reserved=c.asked) for c in meant.citations)
    accepted = replace(meant, status=Status.ACCEPTED, citations=whole)
    event = EVENTS[Status.ACCEPTED]
    move = Move(filed.status, Status.ACCEPTED, by, event, stated.reason, detail=_settled(stated))
    changes = tuple(PermitChange(permit) for id, permit in after.items() if permit is not permits[id])
    cause = f"override/{filed.sequence}"
    return Outcome((DeclarationChange(accepted, (move,)),), changes, reservations(fresh, by, cause))


def _settled(stated: Override) -> dict[str, object]:
    """Name the finding that was settled, for the history and the news; with what the officer said besides."""
    said = {"quantity": stated.quantity and plain(stated.quantity), "line": stated.line}
    return {"overridden": stated.rule, "item": stated.item, **{n: v for n, v in said.items() if v is not None}}


def _must_be_said(citation: Citation) -> None:
    """Refuse to accept what would be written off nowhere: the officer names the line, and how much of it."""
    if citation.use == "already_counted":
        return
    if citation.line == "":
        text = f"Say which line of the permit item {citation.item} is written off from."
        raise Invalid("line-missing", text, [Fault("/line", "line-missing", text)])
    if citation.asked == 0:
        text = f"Say how many {citation.unit} of line {citation.line} item {citation.item} takes."
        raise Invalid("quantity-missing", text, [Fault("/quantity", "quantity-missing", text)])


def _overridden(filed: Filed, stated: Override, by: Act) -> tuple[Finding, ...]:
    place = None if stated.item is None else f"/items/{_index(filed, stated.item)}"
    settled, findings = 0, []
    for finding in filed.findings:
        here = finding.rule == stated.rule and (place is None or _within(finding.pointer, place))
        if here and not finding.overridden and finding.severity != "note":
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


def _within(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(place + "/") or not pointer.startswith("/items/")


def _index(filed: Filed, number: int) -> int:
    must_be_item(filed, number, "/item")
    return next(i for i, item in enumerate(filed.document.items) if item.number == number)


def _as_the_officer_says(filed: Filed, permits: Permits, stated: Override) -> Filed:
    """Take the officer's line, and quantity in the line's unit, into the citations of the item."""
    _must_name(stated)
    if stated.quantity is None and stated.line is None:
        return filed
    meant = _meant(filed, stated)
    citations = tuple(
        _said(filed, c, permits[c.permit], stated)
        if c.item == stated.item and permits[c.permit].terms.number in meant and not c.open
        else c
        for c in filed.citations
    )
    if len({(c.item, c.permit, c.line) for c in citations}) < len(citations):
        text = f"Item {stated.item} cites line {stated.line} already."
        raise Invalid("line-cited-already", text, [Fault("/line", "line-cited-already", text)])
    return replace(filed, citations=citations)


def _meant(filed: Filed, stated: Override) -> set[str]:
    """Answer the numbers of the permits whose finding is settled here."""
    return {f.permit.number for f in filed.findings if f.rule == stated.rule and f.permit}


def _must_name(stated: Override) -> None:
    """Ask for what the officer has to say with an override of the unit or of the line that is meant."""
    needed = {"item": stated.item is None and not (stated.quantity is None and stated.line is None)}
    if stated.rule == UNIT:
        needed = {"item": stated.item is None, "quantity": stated.quantity is None}
    if stated.rule == ONE_LINE:
        needed = {"item": stated.item is None, "line": stated.line is None}
    faults = [Fault(f"/{n}", f"{n}-missing", f"Say the {n} with this override.") for n, is_ in needed.items() if is_]
    if faults:
        raise Invalid("override-incomplete", f"{stated.rule} is settled by saying what is meant.", faults)


def _said(filed: Filed, citation: Citation, permit: PermitOnFile, stated: Override) -> Citation:
    letter = stated.line or citation.line
    if letter not in permit.lines:
        text = f"Permit {permit.terms.number} has no line {letter or 'for this item: name one'}."
        raise Invalid("no-such-line", text, [Fault("/line", "no-such-line", text)])
    line, item = permit.lines[letter], item_of(filed, citation.item)
    if not units.convertible(item.unit, line.terms.unit):
        return replace(citation, line=letter, unit=line.terms.unit, asked=stated.quantity or ZERO)
    if stated.quantity is not None:
        text = f"{item.unit} converts exactly into {line.terms.unit}: the declared quantity stands."
        raise Invalid("quantity-stands", text, [Fault("/quantity", "quantity-stands", text)])
    asked = units.convert(item.quantity, item.unit, line.terms.unit)
    return replace(citation, line=letter, unit=line.terms.unit, asked=asked)


def _post_or_refuse(permit: PermitOnFile, citation: Citation, entry: Entry) -> PermitOnFile:
    try:
        return posted(permit, citation.line, entry)
    except Overdrawn as over:
        unit = permit.lines[citation.line].terms.unit
        detail = (
            f"Line {citation.line} of permit {permit.terms.number} has {plain(max(over.left, ZERO))} {unit} left, "
            f"{plain(over.asked)} were asked: more needs the consent of the authority that issued it."
        )
        raise Conflict("not-enough-left", detail) from None
