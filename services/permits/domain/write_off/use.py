"""A permit is used: entries posted to its lines, what left endorsed, what arrived consumed, and who hears of it.

A permit once endorsed has nothing left on a line not named. What left bounds what may arrive: where an endorsement
leaves less than was set aside, the youngest reservations give way; below what was consumed it is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.declarations.lodge import entered, the_rules
from services.permits.domain.ledger.balances import (
    ZERO,
    Balance,
    Entry,
    Kind,
    Side,
    beyond,
    closed,
    has,
    left,
    paper,
    remaining,
    reserved,
    turned_shut,
    used,
)
from services.permits.domain.lifecycle import USABLE, PermitStatus
from services.permits.domain.values import DeclarationChange, Filed, Move, Outcome, PermitChange, PermitOnFile, Posting
from services.permits.domain.write_off.displacement import give_way
from services.permits.domain.write_off.posting import Others, Permits, Signature, Use, Used, Uses, posting_of
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict

HOLDING = frozenset({Kind.RELEASE, Kind.DRAW, Kind.LAPSE})
"""Entries that say what is set aside and for whom, and not that anything left or arrived."""


def use(permits: Permits, id: UUID, uses: Iterable[Use], others: Others, sign: Signature) -> Used:
    """Post uses to a permit; raises Conflict where a side would be overdrawn or less left than was consumed.

    `permits` are all that may change: this one, and those on which its holders of reservations hold others.
    """
    postings = []
    before = permit = permits[id]
    for one in uses:
        for entry in one.entries:
            permit = entered(permit, one.line, entry)
            _must_be_there(permit, one, entry)
            postings.append(posting_of(permit, one, entry, sign))
    leaving = any(p.entry.side is Side.EXPORT and p.entry.kind not in HOLDING for p in postings)
    if leaving and permit.many_crossings:
        permit = replace(permit, endorsed=True)
    elif leaving and not permit.endorsed:
        permit, zeroes = _nothing_else_left(permit, sign)
        postings += zeroes
    _must_be_drawn(before, permit, postings)
    _must_fit(permit)
    made = give_way({**permits, id: permit}, id, others, sign)
    settled = replace(made.permits[id], status=standing(made.permits[id]))
    return Used({**made.permits, id: settled}, (*postings, *made.postings), made.changes)


def standing(permit: PermitOnFile) -> PermitStatus:
    """Answer where a permit stands by its lines: exhausted when nothing further may arrive, else endorsed or issued."""
    if permit.status not in USABLE:
        return permit.status
    balances = [line.balance for line in permit.lines.values()]
    if any(closed(one, Side.IMPORT) for one in balances) and all(_spent(permit, one) for one in balances):
        return PermitStatus.EXHAUSTED
    return PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED


def _spent(permit: PermitOnFile, balance: Balance) -> bool:
    return closed(balance, Side.IMPORT) or (permit.endorsed and paper(balance, Side.IMPORT) == 0)


def may_go_on(permit: PermitOnFile) -> bool:
    """Say whether the next part load of an exhausted permit may leave: parts alone arrived, and not all has left."""
    balances = [line.balance for line in permit.lines.values()]
    left_over = any(not closed(one, Side.EXPORT) and used(one, Side.EXPORT) < one.granted for one in balances)
    return left_over and not any(turned_shut(one, Side.IMPORT) for one in balances)


def used_outcome(
    before: Filed, after: Filed, event: str, uses: Uses, permits: Permits, others: Others, sign: Signature
) -> Outcome:
    """Write what the use of its permits by a declaration changes: it, them, the ledger, and who gave way."""
    gave_way: dict[UUID, DeclarationChange] = {}
    postings: list[Posting] = []
    current = dict(permits)
    concerned = sorted({one.permit for one in uses.made})
    for id in concerned:
        current[id] = _without(_with_document(current[id], after), before.id)
    for id in concerned:
        used = use(current, id, [one for one in uses.made if one.permit == id], others, sign)
        current.update(used.permits)
        gave_way |= {change.filed.id: change for change in used.gave_way}
        postings += used.postings
    told = changes(permits, current, {id: _moves(permits[id], current[id], after, sign) for id in concerned})
    extra = {"usage": usage_of(after, current)}
    move = Move(before.status, after.status, sign.by, event, sign.reason, extra)
    return Outcome((DeclarationChange(after, (move,)), *gave_way.values()), told, tuple(postings))


def changes(before: Permits, after: Permits, moves: Mapping[UUID, tuple[Move, ...]]) -> tuple[PermitChange, ...]:
    """Answer the permits that changed, those with moves and those whose balances alone did."""
    return tuple(
        PermitChange(permit, moves.get(id, ()))
        for id, permit in after.items()
        if id in moves or permit.lines is not before[id].lines
    )


def usage_of(filed: Filed, permits: Permits) -> list[dict[str, object]]:
    """Say what a declaration has reserved and used of which line, in the line's unit."""
    return [
        {
            "item": citation.item,
            "permit": {
                "id": str(citation.permit),
                "issuer": permits[citation.permit].terms.issuer,
                "number": permits[citation.permit].terms.number,
            },
            "line": citation.line,
            "reserved": plain(citation.reserved),
            "consumed": plain(citation.used),
            "unit": citation.unit,
        }
        for citation in filed.citations
        if citation.line
    ]


def exhausted(before: PermitOnFile, after: PermitOnFile, sign: Signature, **extra: object) -> tuple[Move, ...]:
    """Write the news that nothing further may come of a permit, when that is new."""
    if after.status is not PermitStatus.EXHAUSTED or before.status is PermitStatus.EXHAUSTED:
        return ()
    rules = the_rules(sign.by)
    return (Move(after.status, after.status, rules, "permit.exhausted", None, dict(extra)),)


def _nothing_else_left(permit: PermitOnFile, sign: Signature) -> tuple[PermitOnFile, list[Posting]]:
    zero = Entry(Side.EXPORT, Kind.ENDORSE, ZERO)
    postings = []
    for letter, line in permit.lines.items():
        if line.balance.endorsed is None:
            permit = entered(permit, letter, zero)
            postings.append(posting_of(permit, Use(permit.id, letter, (zero,)), zero, sign))
    return replace(permit, endorsed=True), postings


def _must_be_there(permit: PermitOnFile, one: Use, entry: Entry) -> None:
    """Refuse that more crosses a border at once than the certificate is for; a consent is for its declaration alone."""
    letter = one.line
    line = permit.lines[letter]
    most = (paper if one.declaration is None else has)(line.balance, entry.side)
    if entry.kind is Kind.CROSS and entry.quantity > most:
        detail = f"Line {letter} of {permit.terms.number} is for {plain(most)} {line.terms.unit} at a time."
        raise Conflict("endorsement-exceeds-permit", detail)


def _must_be_drawn(before: PermitOnFile, after: PermitOnFile, postings: Iterable[Posting]) -> None:
    """Refuse more beyond the permit itself than these uses draw of their own consents, whatever others drew of theirs.

    What arrives takes nothing from those who reserved; to what leaves less room for them give way.
    """
    drawn: dict[tuple[str, Side], Decimal] = {}
    for p in postings:
        more = p.entry.quantity if p.entry.kind is Kind.DRAW else ZERO
        drawn[p.line, p.entry.side] = EXACT.add(drawn.get((p.line, p.entry.side), ZERO), more)
    for (letter, side), amount in drawn.items():
        then, line = before.lines[letter].balance, after.lines[letter]
        if EXACT.subtract(beyond(line.balance, side), beyond(then, side)) > amount:
            code, does = _REFUSED[side]
            room = f"{plain(left(then, side))} {line.terms.unit} left to {does}"
            detail = f"Line {letter} of permit {after.terms.number} has {room}; more needs the authority's consent."
            raise Conflict(code, detail)


_REFUSED = {Side.EXPORT: ("endorsement-exceeds-permit", "leave"), Side.IMPORT: ("not-enough-left", "arrive")}


def _must_fit(after: PermitOnFile) -> None:
    for letter, line in after.lines.items():
        unit, number = line.terms.unit, after.terms.number
        if EXACT.add(remaining(line.balance, Side.IMPORT), _can_give_way(after, letter)) < 0:
            used = plain(line.balance.import_consumed)
            detail = f"Of line {letter} of permit {number} {used} {unit} arrived already: no less than that left."
            raise Conflict("not-enough-left", detail)


def _can_give_way(permit: PermitOnFile, letter: str) -> Decimal:
    """Answer what reservations at import hold of what left: what they draw of consents goes where they go."""
    held = reserved(permit.lines[letter].balance, Side.IMPORT)
    for use in permit.uses:
        if use.open and (use.line, use.side) == (letter, Side.IMPORT):
            held = EXACT.subtract(held, use.drawn)
    return held


def _without(permit: PermitOnFile, declaration: UUID) -> PermitOnFile:
    return replace(permit, uses=tuple(u for u in permit.uses if u.declaration != declaration))


def _with_document(permit: PermitOnFile, filed: Filed) -> PermitOnFile:
    """An export declaration that was released endorses: its transport document is the shipment's (box 15)."""
    if filed.document.movement == "import" or filed.document.transport_document is None:
        return permit
    return replace(permit, transport_documents=permit.transport_documents | {filed.document.transport_document})


def _moves(before: PermitOnFile, after: PermitOnFile, filed: Filed, sign: Signature) -> tuple[Move, ...]:
    side = Side.IMPORT if filed.document.movement == "import" else Side.EXPORT
    sums: dict[str, Decimal] = {}
    for citation in filed.citations:
        if citation.permit == after.id and citation.line:
            sums[citation.line] = EXACT.add(sums.get(citation.line, ZERO), citation.used)
    lines = [events.usage(after.lines[letter], side, plain(amount)) for letter, amount in sums.items()]
    extra = {**events.cause(filed), "side": str(side), "lines": lines}
    event = "permit.endorsed" if side is Side.EXPORT else "permit.used"
    heard = frozenset({filed.party, filed.trader})
    move = Move(before.status, after.status, sign.by, event, sign.reason, extra, heard)
    return (move, *exhausted(before, after, sign, **events.cause(filed)))
