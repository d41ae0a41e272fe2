"""Declarations over several permits and both sides, played at random: nothing overdrawn, entries add up at each step.

Every decision of the domain is played in memory, and what it answers is taken as written by the one door.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.permits.domain import consenting, correcting, customs, filing, papers, settling
from services.permits.domain.ending import end
from services.permits.domain.holdings import hold
from services.permits.domain.ledger import Balance, Entry, Kind, Side, has, recompute, reserved, taken, used
from services.permits.domain.lifecycle import PermitStatus, Status
from services.permits.domain.values import Citation, Filed, Holding, Line, Outcome, PermitOnFile
from shared.contracts.declaration import Consent, Correction, Override, Release
from shared.contracts.people import Act
from shared.contracts.permit import Endorsement
from shared.contracts.words import EXACT
from shared.problems import Refusal
from tests.permits.people import AUTHORITY_ZA, CUSTOMS_FR, CUSTOMS_ZA, TODAY, A, B, declaration, item, line, terms

NOON = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
QUANTITIES = st.integers(1, 60).map(str) | st.decimals("0.001", "50", places=3).map(str)
LETTERS = st.sampled_from("AB")
USES = st.sampled_from(["exhausts", "part", "part", "late", "already_counted"])


class RegistryMachine(RuleBasedStateMachine):
    """Three permits of two lines; imports and exports that cite one to three of them."""

    def __init__(self) -> None:
        super().__init__()
        self.permits: dict[UUID, PermitOnFile] = {}
        self.filed: dict[UUID, Filed] = {}
        self.entries: dict[tuple[UUID, str], list[Entry]] = {}
        self.names: set[tuple[object, ...]] = set()
        self.moment = NOON
        self.made = 0

    def id(self) -> UUID:
        """Make ids in order, the same at each run."""
        self.made += 1
        return UUID(int=self.made)

    @initialize()
    def issue(self) -> None:
        for _ in range(3):
            stated = terms(line("A", "100"), line("B", "40"))
            lines = {n.line: Line(n, Balance(granted=n.quantity)) for n in stated.lines}
            permit = PermitOnFile(self.id(), stated, PermitStatus.ISSUED, lines, sequence=1)
            self.permits[permit.id] = permit
            for letter, one in lines.items():
                self.entries[permit.id, letter] = [Entry(Side.EXPORT, Kind.GRANT, one.terms.quantity)]

    def act(self, party: Any, role: str) -> Act:
        self.moment += timedelta(seconds=1)
        return Act(party=party.id, role=role, at=self.moment)

    def write(self, outcome: Outcome) -> None:
        """Take a decision as written, as the one door does."""
        for posting in outcome.postings:
            self.entries[posting.permit, posting.line].append(posting.entry)
            name = (posting.permit, posting.line, posting.declaration, posting.item, posting.cause, posting.entry.kind)
            assert name not in self.names, "an entry's name says it once"
            self.names.add(name)
        for change in outcome.permits:
            permit = replace(change.permit, sequence=change.permit.sequence + len(change.moves))
            self.permits[permit.id] = permit
        for told in outcome.declarations:
            before = self.filed.get(told.filed.id)
            assert before is None or told.filed.sequence == before.sequence
            self.filed[told.filed.id] = replace(told.filed, sequence=told.filed.sequence + len(told.moves))
        uses = [c for filed in self.filed.values() for c in filed.citations]
        for id, permit in self.permits.items():
            mine = tuple(c for c in uses if c.permit == id and (c.open or c.used or c.counted))
            self.permits[id] = replace(permit, uses=mine, held=summed(mine))

    def try_(self, decide: Any) -> None:
        try:
            self.write(decide())
        except Refusal as refused:
            assert refused.code, "refused by name, and nothing is written"

    def stated(self, data: st.DataObject, movement: str, **more: Any) -> Any:
        items = []
        for number in range(1, data.draw(st.integers(1, 3)) + 1):
            permit = data.draw(st.sampled_from(sorted(self.permits.values(), key=lambda p: p.id)))
            uses: list[str | None] = [
                str(id) for id, filed in self.filed.items() if filed.status is Status.RELEASED
            ] or [None]
            document: dict[str, str | None] = {"line": data.draw(LETTERS), "use": data.draw(USES)}
            if document["use"] == "already_counted":
                document["counted_by"] = data.draw(st.sampled_from(uses))
            items.append(item(permit.terms, data.draw(QUANTITIES), number, document=document))
        return declaration(*items, movement=movement, transport_document=data.draw(st.sampled_from("MN")), **more)

    @rule(data=st.data(), movement=st.sampled_from(["import", "import", "export"]))
    def lodge(self, data: st.DataObject, movement: str) -> None:
        who = B if movement == "import" else A
        at = self.act(who, "trader").at
        fresh = Filed(self.id(), who.id, who.id, at, "", self.stated(data, movement), Status.RECEIVED)
        self.write(filing.take_in([fresh], self.permits.values(), Act(party=None, role="rules", at=at)))

    def one(self, data: st.DataObject, *statuses: Status) -> Filed:
        found = sorted((f for f in self.filed.values() if f.status in statuses), key=lambda f: f.id)
        return data.draw(st.sampled_from(found))

    def some(self, *statuses: Status) -> bool:
        return any(filed.status in statuses for filed in self.filed.values())

    def others(self, filed: Filed | None) -> dict[UUID, Filed]:
        return {id: one for id, one in self.filed.items() if filed is None or id != filed.id}

    @precondition(lambda self: self.some(Status.ACCEPTED))
    @rule(data=st.data(), share=st.sampled_from(["1", "0.5", "0", "1.1"]))
    def release(self, data: st.DataObject, share: str) -> None:
        filed = self.one(data, Status.ACCEPTED)
        items = [
            {"number": n.number, "quantity": EXACT.multiply(n.quantity, Decimal(share))} for n in filed.document.items
        ]
        stated = Release.model_validate({"items": items if share != "1" else []})
        by = self.act(CUSTOMS_FR, "customs")
        self.try_(lambda: customs.release(filed, self.permits, stated, by, TODAY, self.others(filed)))

    @precondition(lambda self: self.some(Status.ACCEPTED, Status.REFERRED, Status.REJECTED))
    @rule(data=st.data(), refused=st.booleans())
    def finish(self, data: st.DataObject, refused: bool) -> None:
        filed = self.one(data, Status.ACCEPTED, Status.REFERRED, Status.REJECTED)
        by = self.act(CUSTOMS_FR, "customs") if refused else self.act(B, "trader")
        act = customs.refuse if refused else customs.cancel
        self.try_(lambda: act(filed, self.permits, "no", by))

    @precondition(lambda self: self.some(Status.RELEASED))
    @rule(data=st.data(), quantity=st.integers(0, 70).map(str))
    def correct(self, data: st.DataObject, quantity: str) -> None:
        filed = self.one(data, Status.RELEASED)
        number = data.draw(st.sampled_from(filed.document.items)).number
        stated = Correction.model_validate({"items": [{"number": number, "quantity": quantity}], "reason": "x"})
        by = self.act(CUSTOMS_FR, "customs")
        self.try_(lambda: correcting.correct(filed, self.permits, stated, by, self.others(filed)))

    @precondition(lambda self: bool(self.filed))
    @rule(data=st.data(), quantity=QUANTITIES)
    def consent(self, data: st.DataObject, quantity: str) -> None:
        filed = self.one(data, *Status)
        stated = Consent.model_validate({"item": 1, "quantity": quantity})
        by = self.act(AUTHORITY_ZA, "authority")
        self.try_(lambda: consenting.consent(filed, self.permits, stated, by, "ZA"))

    @precondition(lambda self: self.some(Status.REFERRED, Status.REJECTED))
    @rule(data=st.data())
    def override(self, data: st.DataObject) -> None:
        filed = self.one(data, Status.REFERRED, Status.REJECTED)
        standing = sorted({f.rule for f in filed.findings if not f.overridden and f.severity != "note"})
        for rule_ in standing:
            filed = self.filed[filed.id]
            stated = Override.model_validate({"rule": rule_, "reason": "x"})
            by = self.act(CUSTOMS_FR, "customs")
            self.try_(lambda now=filed, said=stated, who=by: settling.override(now, self.permits, said, who))

    @precondition(lambda self: self.some(Status.ACCEPTED, Status.REFERRED, Status.REJECTED))
    @rule(data=st.data())
    def amend(self, data: st.DataObject) -> None:
        filed = self.one(data, Status.ACCEPTED, Status.REFERRED, Status.REJECTED)
        by = self.act(B, "trader")
        stated = self.stated(data, filed.document.movement, reference=filed.document.reference)
        fresh = replace(filed, document=stated, status=Status.RECEIVED, received_at=by.at, findings=(), citations=())
        self.try_(lambda: filing.amend(filed, fresh, self.permits.values(), by))

    @precondition(lambda self: self.some(Status.ACCEPTED, Status.REFERRED))
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        filed = self.one(data, Status.ACCEPTED, Status.REFERRED)
        by = Act(party=None, role="rules", at=self.act(B, "rules").at)
        self.try_(lambda: end(filed, self.permits, 30, date(2026, 1, 1), by))

    @rule(data=st.data(), quantity=st.integers(0, 70).map(str))
    def endorse(self, data: st.DataObject, quantity: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.permits)))
        stated = Endorsement.model_validate({
            "lines": [{"line": data.draw(LETTERS), "quantity": quantity}], "transport_document": "M",
        })  # fmt: skip
        by = self.act(CUSTOMS_ZA, "customs")
        self.try_(lambda: papers.endorse(self.permits, id, stated, by, self.others(None)))

    @invariant()
    def no_side_is_overdrawn(self) -> None:
        for permit in self.permits.values():
            for one in permit.lines.values():
                for side in Side:
                    assert taken(one.balance, side) <= has(one.balance, side)
                    assert reserved(one.balance, side) >= 0
                    assert used(one.balance, side) >= 0

    @invariant()
    def entries_add_up_to_the_balances(self) -> None:
        for permit in self.permits.values():
            for letter, one in permit.lines.items():
                assert recompute(self.entries[permit.id, letter]) == one.balance

    @invariant()
    def what_declarations_hold_and_used_is_what_the_lines_say(self) -> None:
        for permit in self.permits.values():
            for letter, one in permit.lines.items():
                mine = [c for c in permit.uses if c.line == letter]
                for side in Side:
                    assert total(c.reserved for c in mine if c.side is side) == reserved(one.balance, side)
                assert total(c.used for c in mine if c.side is Side.IMPORT) == one.balance.import_consumed

    @invariant()
    def all_items_are_set_aside_or_none(self) -> None:
        for filed in self.filed.values():
            counted = [c for c in filed.citations if c.asked > 0]
            if filed.status is Status.ACCEPTED:
                assert all(c.reserved == c.asked for c in counted)
            elif filed.status is not Status.REFERRED:
                assert not any(c.open for c in counted)


def summed(uses: tuple[Citation, ...]) -> tuple[Holding, ...]:
    """Sum uses up as the database does."""
    held = hold((), (use for use in uses if use.open))
    done = [Holding(u.line, u.side, u.use, u.transport_document, False, u.reserved, u.used) for u in uses if u.used]
    return (*held, *done)


def total(amounts: Any) -> Decimal:
    """Add quantities exactly."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


RegistryMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestRegistry = RegistryMachine.TestCase
