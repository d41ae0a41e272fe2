"""A permit is used: entries posted to its lines, what left endorsed, what arrived consumed, and who hears of it.

A permit once endorsed has nothing left on a line not named. What left bounds what may arrive: where an endorsement
leaves less than was set aside, the youngest reservations give way; below what was consumed it is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain import news
from services.permits.domain.ledger import (
    ZERO,
    Entry,
    Kind,
    Overdrawn,
    Side,
    closed,
    enter,
    remaining,
    reserved,
    taken,
)
from services.permits.domain.lifecycle import EVENTS, USABLE, By, PermitStatus, Status
from services.permits.domain.rules.whole import emptied
from services.permits.domain.values import (
    Citation,
    DeclarationChange,
    Filed,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
    Posting,
)
from shared.contracts.people import Act
from shared.contracts.words import EXACT, plain
from shared.problems import Conflict

Permits = Mapping[UUID, PermitOnFile]
Others = Mapping[UUID, Filed]
"""Declarations that hold import reservations on a permit that is endorsed, by id."""


@dataclass(frozen=True)
class Signature:
    """Who signs ledger entries, for which cause, on which day, and why."""

    by: Act
    cause: str
    day: date
    reason: str | None = None


@dataclass(frozen=True)
class Use:
    """The entries that one citation makes on its line; a box 14 endorsement makes them without a declaration."""

    permit: UUID
    line: str
    entries: tuple[Entry, ...]
    declaration: UUID | None = None
    item: int | None = None
    dead_on_arrival: int | None = None


@dataclass
class Uses:
    """The uses that one decision makes, gathered."""

    made: list[Use] = field(default_factory=list)

    def add(self, citation: Citation, entries: tuple[Entry, ...], dead: int | None = None) -> None:
        """Add the entries of one citation."""
        self.made.append(Use(citation.permit, citation.line, entries, citation.declaration, citation.item, dead))


@dataclass(frozen=True)
class Used:
    """A permit after its use, the ledger entries, and the declarations whose reservations gave way."""

    permit: PermitOnFile
    postings: tuple[Posting, ...]
    gave_way: tuple[DeclarationChange, ...] = ()


def use(permit: PermitOnFile, uses: Iterable[Use], others: Others, sign: Signature) -> Used:
    """Post uses to a permit; raises Conflict where a side would be overdrawn or less left than was consumed."""
    postings = []
    before = permit
    for one in uses:
        for entry in one.entries:
            permit = _entered(permit, one.line, entry)
            postings.append(posting_of(permit, one, entry, sign))
    leaving = any(p.entry.side is Side.EXPORT and p.entry.kind is not Kind.RELEASE for p in postings)
    if leaving and not permit.endorsed:
        permit, zeroes = _nothing_else_left(permit, sign)
        postings += zeroes
    _must_fit(before, permit)
    made = _give_way(permit, others, sign)
    settled = replace(made.permit, status=standing(made.permit))
    return Used(settled, (*postings, *made.postings), made.gave_way)


def standing(permit: PermitOnFile) -> PermitStatus:
    """Answer where a permit stands by its lines: exhausted when all are closed at import, else endorsed or issued."""
    if permit.status not in USABLE:
        return permit.status
    if all(closed(line.balance, Side.IMPORT) for line in permit.lines.values()):
        return PermitStatus.EXHAUSTED
    return PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED


def used_outcome(
    before: Filed, after: Filed, event: str, uses: Uses, permits: Permits, others: Others, sign: Signature
) -> Outcome:
    """Write what the use of its permits by a declaration changes: it, them, the ledger, and who gave way."""
    gave_way: dict[UUID, DeclarationChange] = {}
    told: list[PermitChange] = []
    postings: list[Posting] = []
    current = dict(permits)
    for id in sorted({one.permit for one in uses.made}):
        mine = _with_document(current[id], after)
        used = use(_without(mine, before.id), [one for one in uses.made if one.permit == id], others, sign)
        current[id] = used.permit
        for change in used.gave_way:
            earlier = gave_way.get(change.filed.id)
            moves = (*earlier.moves, *change.moves) if earlier else change.moves
            gave_way[change.filed.id] = DeclarationChange(change.filed, moves)
        others = {**others, **{id: change.filed for id, change in gave_way.items()}}
        postings += used.postings
        told.append(PermitChange(used.permit, _moves(permits[id], used.permit, after, sign)))
    extra = {"usage": usage_of(after, current)}
    move = Move(before.status, after.status, sign.by, event, sign.reason, extra)
    return Outcome((DeclarationChange(after, (move,)), *gave_way.values()), tuple(told), tuple(postings))


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
    rules = Act(party=None, role=By.RULES, at=sign.by.at)
    return (Move(after.status, after.status, rules, "permit.exhausted", None, dict(extra)),)


def _entered(permit: PermitOnFile, letter: str, entry: Entry) -> PermitOnFile:
    line = permit.lines[letter]
    return replace(permit, lines={**permit.lines, letter: replace(line, balance=enter(line.balance, entry))})


def _nothing_else_left(permit: PermitOnFile, sign: Signature) -> tuple[PermitOnFile, list[Posting]]:
    zero = Entry(Side.EXPORT, Kind.ENDORSE, ZERO)
    postings = []
    for letter, line in permit.lines.items():
        if line.balance.endorsed is None:
            permit = _entered(permit, letter, zero)
            postings.append(posting_of(permit, Use(permit.id, letter, (zero,)), zero, sign))
    return replace(permit, endorsed=True), postings


def _must_fit(before: PermitOnFile, after: PermitOnFile) -> None:
    for letter, line in after.lines.items():
        unit, number = line.terms.unit, after.terms.number
        over = remaining(line.balance, Side.EXPORT)
        if over < 0:
            left = plain(max(remaining(before.lines[letter].balance, Side.EXPORT), ZERO))
            detail = (
                f"Line {letter} of permit {number} has {left} {unit} left to leave; more needs the authority's consent."
            )
            raise Conflict("endorsement-exceeds-permit", detail)
        if EXACT.add(remaining(line.balance, Side.IMPORT), reserved(line.balance, Side.IMPORT)) < 0:
            used = plain(line.balance.import_consumed)
            detail = f"Of line {letter} of permit {number} {used} {unit} arrived: more than that would leave room for."
            raise Conflict("not-enough-left", detail)
        if taken(line.balance, Side.EXPORT) < 0 or line.balance.import_consumed < 0:
            raise Overdrawn(ZERO, ZERO)


def _give_way(permit: PermitOnFile, others: Others, sign: Signature) -> Used:
    """Refer the youngest declarations until what is set aside fits what is there."""
    changes: dict[UUID, Filed] = {}
    findings: dict[UUID, DeclarationChange] = {}
    postings = []
    for letter in permit.lines:
        for citation in _youngest_first(permit, letter):
            if remaining(permit.lines[letter].balance, Side.IMPORT) >= 0:
                break
            entry = Entry(Side.IMPORT, Kind.RELEASE, citation.reserved)
            permit = _entered(permit, letter, entry)
            way = Use(permit.id, letter, (entry,), citation.declaration, citation.item)
            postings.append(posting_of(permit, way, entry, sign))
            filed = changes.get(citation.declaration, others[citation.declaration])
            changes[filed.id] = _emptied(filed, permit, citation)
            findings[filed.id] = _referred(others[filed.id], changes[filed.id], sign)
    gone = {(c.declaration, c.line, c.item) for f in changes.values() for c in f.citations if not c.open}
    uses = tuple(u for u in permit.uses if (u.declaration, u.line, u.item) not in gone)
    return Used(replace(permit, uses=uses), tuple(postings), tuple(findings.values()))


def _youngest_first(permit: PermitOnFile, letter: str) -> list[Citation]:
    standing = [u for u in permit.uses if u.open and u.side is Side.IMPORT and u.line == letter]
    return sorted(
        standing,
        key=lambda u: ((u.lodged_at is not None and u.lodged_at.timestamp()) or 0.0, u.declaration),
        reverse=True,
    )


def _emptied(filed: Filed, permit: PermitOnFile, gone: Citation) -> Filed:
    citations = tuple(
        replace(c, reserved=ZERO) if (c.permit, c.line, c.item) == (permit.id, gone.line, gone.item) else c
        for c in filed.citations
    )
    found = f"{plain(gone.reserved)} {gone.unit} given back"
    findings = (*filed.findings, emptied(permit, gone.line, found))
    return replace(filed, status=Status.REFERRED, citations=citations, findings=findings)


def _referred(before: Filed, after: Filed, sign: Signature) -> DeclarationChange:
    rules = Act(party=None, role=By.RULES, at=sign.by.at)
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in after.findings]
    move = Move(before.status, Status.REFERRED, rules, EVENTS[Status.REFERRED], None, {"findings": findings})
    return DeclarationChange(after, (move,))


def posting_of(permit: PermitOnFile, one: Use, entry: Entry, sign: Signature) -> Posting:
    """Write one entry with all that names it."""
    dies = entry.kind in {Kind.CONSUME, Kind.ENDORSE}
    return Posting(
        permit=permit.id,
        line=one.line,
        entry=entry,
        act=sign.by,
        cause=sign.cause,
        day=sign.day,
        declaration=one.declaration,
        item=one.item,
        dead_on_arrival=one.dead_on_arrival if dies else None,
        reason=sign.reason,
    )


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
    lines = [news.usage(after.lines[letter], side, plain(amount)) for letter, amount in sums.items()]
    extra = {**news.cause(filed), "side": str(side), "lines": lines}
    event = "permit.endorsed" if side is Side.EXPORT else "permit.used"
    heard = frozenset({filed.party, filed.trader})
    move = Move(before.status, after.status, sign.by, event, sign.reason, extra, heard)
    return (move, *exhausted(before, after, sign, **news.cause(filed)))
