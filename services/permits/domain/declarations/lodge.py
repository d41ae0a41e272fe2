"""A declaration comes in, or comes again as a new version: checked, filed, its quantities set aside."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.checks.check import Verdict, adopt, check
from services.permits.domain.checks.citations import SecondUse
from services.permits.domain.checks.counted_elsewhere import unclaimed
from services.permits.domain.ledger.balances import ZERO, Entry, Kind, enter, post
from services.permits.domain.lifecycle import EVENTS, By, Status
from services.permits.domain.model.usage import let_go
from services.permits.domain.reference.facts import NOTHING, Facts
from services.permits.domain.rules.whole_declaration import unverified
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
from shared.cites.time_zones import utc_day
from shared.contracts.parties import Act
from shared.contracts.quantities import plain


def take_in(arrivals: Iterable[Filed], permits: Iterable[PermitOnFile], by: Act, facts: Facts = NOTHING) -> Outcome:
    """Check declarations in the order they came and file each; what one sets aside the next finds taken."""
    registry = {permit.key: permit for permit in permits}
    before = dict(registry)
    changes: list[DeclarationChange] = []
    postings: list[Posting] = []
    told: dict[UUID, list[Move]] = {}
    for arrival in arrivals:
        verdict = check(arrival, registry, facts)
        adopt(registry, verdict)
        filed = judged(arrival, verdict)
        changes.append(DeclarationChange(filed, (arrived(filed, by), judgement(verdict, by))))
        postings += reservations(filed, by, "check/1")
        for permit, move in attempts(verdict.second_uses, filed, registry.values(), by).items():
            told.setdefault(permit, []).append(move)
    return Outcome(tuple(changes), changed(before, registry, told), tuple(postings))


def take_in_unverified(arrival: Filed, reason: str, by: Act) -> Outcome:
    """File a declaration that could not be checked as referred, with the finding `unverified`: never out of sight."""
    verdict = Verdict(Status.REFERRED, (unverified(reason),), (), (), {})
    filed = judged(arrival, verdict)
    return Outcome((DeclarationChange(filed, (arrived(filed, by), judgement(verdict, by))),))


def amend(filed: Filed, fresh: Filed, permits: Iterable[PermitOnFile], by: Act, facts: Facts = NOTHING) -> Outcome:
    """Check a new version anew, its trader's doing; the old reservations are swapped for the new in one stroke."""
    here = {permit.id: permit for permit in permits}
    before = {permit.key: permit for permit in here.values()}
    back = give_back(filed, here, by, f"amended/{filed.version}")
    registry = {permit.key: unclaimed(permit, filed.id) for permit in {**here, **back.permits}.values()}
    fresh = replace(fresh, version=filed.version + 1, sequence=filed.sequence)
    verdict = check(fresh, registry, facts)
    adopt(registry, verdict)
    again = with_consents(filed, judged(fresh, verdict))
    moves = (Move(filed.status, Status.RECEIVED, by, "declaration.amended"), judgement(verdict, by))
    told = {id: [move] for id, move in attempts(verdict.second_uses, again, registry.values(), by).items()}
    postings = (*back.postings, *reservations(again, by, f"check/{again.version}"))
    return Outcome((DeclarationChange(again, moves),), changed(before, registry, told), postings)


def with_consents(before: Filed, after: Filed) -> Filed:
    """Carry over what the authority agreed to beyond the permit for an item that cites the same line still."""
    agreed = {(c.item, c.permit, c.line): c.consented for c in before.citations}
    kept = tuple(replace(c, consented=agreed.get((c.item, c.permit, c.line), ZERO)) for c in after.citations)
    return replace(after, citations=kept)


def arrived(filed: Filed, by: Act) -> Move:
    """Write the first turn of a declaration: received, by its lodger, when the gateway took it in."""
    act = Act(party=filed.party, role=By.TRADER, at=filed.received_at)
    return Move(None, Status.RECEIVED, act, EVENTS[Status.RECEIVED])


def judged(filed: Filed, verdict: Verdict) -> Filed:
    """Answer the declaration as its check left it."""
    stated = verdict.document or filed.document
    return replace(
        filed, status=verdict.status, findings=verdict.findings, citations=verdict.citations, document=stated
    )


def judgement(verdict: Verdict, by: Act) -> Move:
    """Write the turn by the rules, the findings in its news."""
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    extra = {"findings": findings} if findings else {}
    return Move(Status.RECEIVED, verdict.status, the_rules(by), EVENTS[verdict.status], extra=extra)


def the_rules(by: Act) -> Act:
    """Answer the same moment in the hand of the hub itself."""
    return by if by.party is None and by.role == By.RULES else Act(party=None, role=By.RULES, at=by.at)


def reservations(filed: Filed, by: Act, cause: str) -> tuple[Posting, ...]:
    """Write the ledger entries of what a declaration sets aside, and of what it draws of consents for that."""
    return tuple(
        _posting(citation, entry, by, cause)
        for citation in filed.citations
        if citation.open
        for entry in (*_drawing(citation, Kind.DRAW), Entry(citation.side, Kind.RESERVE, citation.reserved))
    )


def _drawing(citation: Citation, kind: Kind) -> tuple[Entry, ...]:
    return (Entry(citation.side, kind, citation.drawn),) if citation.drawn else ()


def _posting(citation: Citation, entry: Entry, by: Act, cause: str) -> Posting:
    return Posting(
        permit=citation.permit,
        line=citation.line,
        entry=entry,
        act=by,
        cause=cause,
        day=utc_day(by.at),
        declaration=citation.declaration,
        item=citation.item,
    )


class GivenBack:
    """A declaration without its reservations, the permits they went back to, and the entries that say so."""

    def __init__(self, filed: Filed, permits: dict[UUID, PermitOnFile], postings: tuple[Posting, ...]) -> None:
        self.filed = filed
        self.permits = permits
        self.postings = postings


def give_back(filed: Filed, permits: Mapping[UUID, PermitOnFile], by: Act, cause: str) -> GivenBack:
    """Release every reservation of a declaration, with what it drew of consents for them."""
    after: dict[UUID, PermitOnFile] = {}
    postings = []
    for citation in filed.citations:
        if citation.open:
            permit = after.get(citation.permit, permits[citation.permit])
            for entry in (Entry(citation.side, Kind.RELEASE, citation.reserved), *_drawing(citation, Kind.LAPSE)):
                permit = entered(permit, citation.line, entry)
                postings.append(_posting(citation, entry, by, cause))
            after[permit.id] = _let_go(permit, citation)
    emptied = tuple(replace(c, reserved=ZERO, drawn=ZERO) if c.open else c for c in filed.citations)
    return GivenBack(replace(filed, citations=emptied), after, tuple(postings))


def posted(permit: PermitOnFile, letter: str, *entries: Entry) -> PermitOnFile:
    """Answer the permit with entries posted to one of its lines; raises Overdrawn."""
    return permit.with_balance(letter, post(permit.lines[letter].balance, entries))


def entered(permit: PermitOnFile, letter: str, entry: Entry) -> PermitOnFile:
    """Answer the permit with one entry in one of its lines, asked or not whether it fits."""
    return permit.with_balance(letter, enter(permit.lines[letter].balance, entry))


def _let_go(permit: PermitOnFile, citation: Citation) -> PermitOnFile:
    """Answer the permit without one standing use."""
    uses = tuple(use for use in permit.uses if use.declaration != citation.declaration or use.used)
    return replace(permit, uses=uses, held=let_go(permit.held, citation))


def attempts(seconds: Iterable[SecondUse], filed: Filed, permits: Iterable[PermitOnFile], by: Act) -> dict[UUID, Move]:
    """Write, for each permit concerned, the news that this declaration tried to use it a second time."""
    tried: dict[UUID, list[dict[str, object]]] = {}
    named: set[UUID] = set()
    for second in seconds:
        named |= set() if second.by_stranger else {second.permit}
        told: dict[str, object] = {
            "line": second.line,
            "item": second.item,
            "asked": plain(second.asked),
            "left": plain(second.left),
            "unit": second.unit,
        }
        tried.setdefault(second.permit, []).append(told)
    if not tried:
        return {}
    return {
        permit.id: Move(
            permit.status,
            permit.status,
            the_rules(by),
            "permit.second_use_attempted",
            extra={**events.cause(filed), "attempts": tried[permit.id]},
            heard_by=frozenset({filed.party, filed.trader}) if permit.id in named else frozenset(),
        )
        for permit in permits
        if permit.id in tried
    }


def changed(
    before: Mapping[tuple[str, str], PermitOnFile],
    after: Mapping[tuple[str, str], PermitOnFile],
    told: Mapping[UUID, list[Move]],
) -> tuple[PermitChange, ...]:
    """Answer the permits that a decision changed, each with its moves."""
    return tuple(
        PermitChange(permit, tuple(told.get(permit.id, ())), _lines_changed(before[key], permit))
        for key, permit in after.items()
        if permit.lines is not before[key].lines or permit.id in told
    )


def _lines_changed(before: PermitOnFile, after: PermitOnFile) -> tuple[str, ...]:
    return tuple(letter for letter, line in after.lines.items() if line is not before.lines[letter])
