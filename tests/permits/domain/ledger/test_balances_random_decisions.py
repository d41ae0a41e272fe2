"""Declarations over several permits and both sides, played at random: nothing overdrawn, entries add up at each step.

Every decision of the domain is played in memory, and what it answers is taken as written by the one door.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.permits.domain.declarations import amend as domain_amend
from services.permits.domain.declarations import cancel, override, recheck, refuse, unverified
from services.permits.domain.declarations import consent as domain_consent
from services.permits.domain.declarations import correct as domain_correct
from services.permits.domain.declarations import lodge as domain_lodge
from services.permits.domain.declarations import release as domain_release
from services.permits.domain.declarations.refer_stale import refer_stale
from services.permits.domain.declarations.unverified import check_unverified, is_unchecked
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits import endorse as domain_endorse
from services.permits.domain.permits import issue
from services.permits.domain.permits import replace as domain_replace
from services.permits.domain.permits import withdraw as domain_withdraw
from services.permits.domain.reference.facts import NO_FACTS
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.declaration import Consent, Correction, Override, Release
from shared.contracts.permit import Endorsement
from shared.contracts.quantities import EXACT
from tests.permits.domain.in_memory_registry import LINES_OF_A_PERMIT, InMemoryRegistry
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    TODAY,
    A,
    B,
    declaration,
    item,
    permit_content,
)

QUANTITIES = st.integers(1, 60).map(str) | st.decimals("0.001", "50", places=3).map(str)
UNITS = st.sampled_from(["number", "number", "number", "number", "pair", "kg"])
LINES = st.sampled_from(["A", "A", "A", "B", None])
USES = st.sampled_from(["exhausts", "part", "part", "part", "late", "already_counted"])
STANDING = (DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED)
OPEN = (*STANDING, DeclarationStatus.REJECTED)
BREAKS = st.sampled_from([False] * 9 + [True])
SELDOM = st.sampled_from([False] * 3 + [True])
TURNS = st.sampled_from(["lost"] * 4 + ["revoked", "replaced", "replaced"])


class RegistryMachine(RuleBasedStateMachine):
    """Traders, customs, authorities and the hub itself do what they may, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.here = InMemoryRegistry()

    def stated(self, data: st.DataObject, movement: str, **more: Any) -> Any:
        """Draw a declaration that cites one to three permits."""
        items = []
        for number in range(1, data.draw(st.integers(1, 3)) + 1):
            permit = self.permit(data)
            counted = [
                declaration_id
                for declaration_id, declaration in self.here.declarations.items()
                if declaration.status is DeclarationStatus.RELEASED
            ]
            document: dict[str, str | None] = {"line": data.draw(LINES), "use": data.draw(USES)}
            if document["use"] == "already_counted":
                document["counted_by"] = str(data.draw(st.sampled_from(counted))) if counted else None
            unit = data.draw(UNITS)
            items.append(item(permit.content, data.draw(QUANTITIES), number, document=document, unit=unit))
        return declaration(*items, movement=movement, transport_document=data.draw(st.sampled_from("MN")), **more)

    def permit(self, data: st.DataObject) -> PermitRecord:
        return data.draw(st.sampled_from(sorted(self.here.permits.values(), key=lambda p: p.id)))

    def one(self, data: st.DataObject, *statuses: DeclarationStatus) -> DeclarationRecord:
        found = sorted((f for f in self.here.declarations.values() if f.status in statuses), key=lambda f: f.id)
        return data.draw(st.sampled_from(found))

    def some(self, *statuses: DeclarationStatus) -> bool:
        return any(declaration.status in statuses for declaration in self.here.declarations.values())

    @rule(data=st.data(), movement=st.sampled_from(["import", "import", "import", "export"]), broken=BREAKS)
    def lodge(self, data: st.DataObject, movement: str, broken: bool) -> None:
        who = B if movement == "import" else A
        at = self.here.act(who, "trader").at
        fresh = DeclarationRecord(
            id=self.here.id(),
            party=who.id,
            trader=who.id,
            received_at=at,
            digest="",
            content=self.stated(data, movement),
            status=DeclarationStatus.RECEIVED,
        )
        rules = self.here.act(None, "rules")
        if broken:
            self.here.write(unverified.lodge_unverified(fresh, "it broke", rules))
        else:
            self.here.write(domain_lodge.lodge([fresh], self.here.permits.values(), rules))

    @rule(data=st.data(), part=st.integers(5, 50).map(str), line_letter=st.sampled_from("AAB"), also=st.booleans())
    def ship(self, data: st.DataObject, part: str, line_letter: str, also: bool) -> None:
        """Lodge part uses of one shipment, of one permit or of two: these stand side by side."""
        cited: dict[str, Any] = {"document": {"use": "part", "line": line_letter}}
        items = [item(self.permit(data).content, part, n + 1, **cited) for n in range(1 + also)]
        stated = declaration(*items, transport_document="M")
        at = self.here.act(B, "trader").at
        fresh = DeclarationRecord(
            id=self.here.id(),
            party=B.id,
            trader=B.id,
            received_at=at,
            digest="",
            content=stated,
            status=DeclarationStatus.RECEIVED,
        )
        self.here.write(domain_lodge.lodge([fresh], self.here.permits.values(), self.here.act(None, "rules")))

    @precondition(lambda self: self.some(DeclarationStatus.ACCEPTED))
    @rule(data=st.data(), share=st.sampled_from(["1", "0.5", "0", "1.1"]))
    def release(self, data: st.DataObject, share: str) -> None:
        declaration = self.one(data, DeclarationStatus.ACCEPTED)
        items = [
            {"number": n.number, "quantity": EXACT.multiply(n.quantity, Decimal(share))}
            for n in declaration.content.items
        ]
        stated = Release.model_validate({"items": items if share != "1" else []})
        by, others = self.here.act(CUSTOMS_FR, "customs"), self.here.others(declaration)
        self.here.try_(lambda: domain_release.release(declaration, self.here.permits, stated, by, TODAY, others))

    @precondition(lambda self: self.some(*OPEN))
    @rule(data=st.data(), refused=st.booleans())
    def finish(self, data: st.DataObject, refused: bool) -> None:
        declaration = self.one(data, *OPEN)
        by = self.here.act(CUSTOMS_FR, "customs") if refused else self.here.act(B, "trader")
        act = refuse.refuse if refused else cancel.cancel
        self.here.try_(lambda: act(declaration, self.here.permits, "no", by))

    @precondition(lambda self: self.some(DeclarationStatus.RELEASED))
    @rule(data=st.data(), quantity=st.integers(0, 70).map(str))
    def correct(self, data: st.DataObject, quantity: str) -> None:
        declaration = self.one(data, DeclarationStatus.RELEASED)
        number = data.draw(st.sampled_from(declaration.content.items)).number
        stated = Correction.model_validate({"items": [{"number": number, "quantity": quantity}], "reason": "x"})
        by, others = self.here.act(CUSTOMS_FR, "customs"), self.here.others(declaration)
        self.here.try_(lambda: domain_correct.correct(declaration, self.here.permits, stated, by, others))

    @precondition(lambda self: bool(self.here.declarations))
    @rule(data=st.data(), quantity=QUANTITIES, number=st.integers(1, 3))
    def consent(self, data: st.DataObject, quantity: str, number: int) -> None:
        declaration = self.one(data, *DeclarationStatus)
        stated = Consent.model_validate({"item": number, "quantity": quantity})
        by = self.here.act(AUTHORITY_ZA, "authority")
        self.here.try_(lambda: domain_consent.consent(declaration, self.here.permits, stated, by, "ZA"))

    @precondition(lambda self: self.some(DeclarationStatus.ACCEPTED))
    @rule(data=st.data(), more=st.integers(1, 20), share=st.sampled_from(["0.5", "0.9", "1"]))
    def arrive_with_more(self, data: st.DataObject, more: int, share: str) -> None:
        """Consent to more of each item, and release as much of that as the share says."""
        declaration = self.one(data, DeclarationStatus.ACCEPTED)
        items = []
        for n in declaration.content.items:
            stated = Consent.model_validate({"item": n.number, "quantity": str(more)})
            by, now = self.here.act(AUTHORITY_ZA, "authority"), self.here.declarations[declaration.id]
            self.here.try_(consenting_to(self.here, now, stated, by))
            extra = EXACT.multiply(Decimal(more), Decimal(share))
            items.append({"number": n.number, "quantity": EXACT.add(n.quantity, extra)})
        officer = CUSTOMS_FR if declaration.content.movement == "import" else CUSTOMS_ZA
        by, others, now = (
            self.here.act(officer, "customs"),
            self.here.others(declaration),
            self.here.declarations[declaration.id],
        )
        freed = Release.model_validate({"items": items})
        self.here.try_(lambda: domain_release.release(now, self.here.permits, freed, by, TODAY, others))

    @precondition(lambda self: self.some(DeclarationStatus.REFERRED, DeclarationStatus.REJECTED))
    @rule(data=st.data(), more=st.integers(1, 60).map(str))
    def lead_out(self, data: st.DataObject, more: str) -> None:
        """Consent to more of each item, then override all that stands."""
        declaration = self.one(data, DeclarationStatus.REFERRED, DeclarationStatus.REJECTED)
        for n in declaration.content.items:
            stated = Consent.model_validate({"item": n.number, "quantity": more})
            by, now = self.here.act(AUTHORITY_ZA, "authority"), self.here.declarations[declaration.id]
            self.here.try_(consenting_to(self.here, now, stated, by))
        for finding in [f for f in declaration.findings if not f.overridden and f.severity != "note"]:
            now, by = self.here.declarations[declaration.id], self.here.act(CUSTOMS_FR, "customs")
            over = Override(rule=finding.rule, reason="consented")
            self.here.try_(overriding(self.here, now, over, by))

    @precondition(lambda self: self.some(DeclarationStatus.REFERRED, DeclarationStatus.REJECTED))
    @rule(data=st.data())
    def override(self, data: st.DataObject) -> None:
        declaration = self.one(data, DeclarationStatus.REFERRED, DeclarationStatus.REJECTED)
        for finding in [f for f in declaration.findings if not f.overridden and f.severity != "note"]:
            now, by = self.here.declarations[declaration.id], self.here.act(CUSTOMS_FR, "customs")
            decision: dict[str, Any] = {"rule": finding.rule, "reason": "x"}
            if finding.rule in recheck.OFFICER_STATED_RULES:
                number = declaration.content.items[int(finding.pointer.split("/")[2])].number
                decision |= {"item": number, "line": data.draw(st.sampled_from("AB"))}
                decision |= {"quantity": data.draw(QUANTITIES)} if finding.rule == "CITES-box-11-unit" else {}
            self.here.try_(overriding(self.here, now, Override.model_validate(decision), by))

    @precondition(lambda self: self.some(*OPEN))
    @rule(data=st.data())
    def amend(self, data: st.DataObject) -> None:
        declaration = self.one(data, *OPEN)
        by = self.here.act(B, "trader")
        stated = self.stated(data, declaration.content.movement, reference=declaration.content.reference)
        fresh = replace(
            declaration, content=stated, status=DeclarationStatus.RECEIVED, received_at=by.at, findings=(), citations=()
        )
        self.here.try_(lambda: domain_amend.amend(declaration, fresh, self.here.permits.values(), by))

    @precondition(lambda self: self.some(*STANDING))
    @rule(data=st.data(), forgotten=SELDOM)
    def abandon(self, data: st.DataObject, forgotten: bool) -> None:
        if not forgotten:
            return
        declaration = self.one(data, *STANDING)
        by = self.here.act(None, "rules")
        self.here.try_(lambda: refer_stale(declaration, self.here.permits, 30, date(2026, 1, 1), by))

    @precondition(lambda self: self.some(DeclarationStatus.REFERRED))
    @rule()
    def check_again(self) -> None:
        by = self.here.act(None, "rules")
        for one in [one for one in self.here.declarations.values() if recheck.can_be_rechecked(one)]:
            again = recheck.recheck(one, self.here.permits.values(), NO_FACTS, by)
            if again is not None:
                self.here.write(again)

    @rule(data=st.data(), quantity=st.integers(0, 70).map(str), line_letters=st.sampled_from(["A", "A", "B", "AB"]))
    def endorse(self, data: st.DataObject, quantity: str, line_letters: str) -> None:
        permit_id = self.permit(data).id
        lines = [{"line": line_letter, "quantity": quantity} for line_letter in line_letters]
        stated = Endorsement.model_validate({"lines": lines, "transport_document": "M"})
        by = self.here.act(CUSTOMS_ZA, "customs")
        self.here.try_(lambda: domain_endorse.endorse(self.here.permits, permit_id, stated, by, self.here.others(None)))

    @rule(data=st.data(), turn=TURNS, really=SELDOM)
    def withdraw(self, data: st.DataObject, turn: str, really: bool) -> None:
        permit = self.permit(data)
        turn = "found" if permit.status == "lost" else turn
        if not really and turn != "found":
            return
        by, around = self.here.act(AUTHORITY_ZA, "authority"), self.here.around(permit)
        fresh = issue.NewPermit(id=self.here.id(), token_digest=b"")
        successor = permit_content(*LINES_OF_A_PERMIT)
        acts: dict[str, Callable[[], ChangeSet]] = {
            "lost": lambda: domain_withdraw.report_lost(permit, None, by, around),
            "found": lambda: domain_withdraw.report_found(permit, None, by, around),
            "revoked": lambda: domain_withdraw.revoke(permit, "forged", by, around),
            "replaced": lambda: domain_replace.replace_permit(permit, fresh, successor, AUTHORITY_ZA, by, around),
        }
        self.here.try_(acts[turn])

    @invariant()
    def all_that_always_holds(self) -> None:
        self.here.check()


def overriding(
    here: InMemoryRegistry, declaration: DeclarationRecord, stated: Override, by: Any
) -> Callable[[], ChangeSet]:
    """Override as the action does: what could not be checked is checked."""
    if is_unchecked(declaration):
        return lambda: check_unverified(declaration, here.permits.values(), NO_FACTS, stated, by)
    return lambda: override.override(declaration, here.permits, stated, by)


def consenting_to(
    here: InMemoryRegistry, declaration: DeclarationRecord, stated: Consent, by: Any
) -> Callable[[], ChangeSet]:
    """Consent as the authority that issued the permits."""
    return lambda: domain_consent.consent(declaration, here.permits, stated, by, "ZA")


RegistryMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestRegistry = RegistryMachine.TestCase
