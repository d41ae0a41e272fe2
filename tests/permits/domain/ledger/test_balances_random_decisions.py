"""Random decisions about declarations of several permits: after each step, invariants hold and entries add up.

Each decision of the domain runs in memory, and the registry stores its change set.
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
from tests.days import FIXED_DAY
from tests.permits.domain.in_memory_registry import LINES_OF_A_PERMIT, InMemoryRegistry
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    declaration,
    item,
    permit_content,
)

QUANTITIES = st.integers(1, 60).map(str) | st.decimals("0.001", "50", places=3).map(str)
FURTHER_DOCUMENTS = st.sampled_from([0, 0, 1, 2])
UNITS = st.sampled_from(["number", "number", "number", "number", "pair", "kg"])
LINES = st.sampled_from(["A", "A", "A", "B", None])
USES = st.sampled_from(["exhausts", "part", "part", "part", "late", "already_counted"])
STANDING = (DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED)
OPEN = (*STANDING, DeclarationStatus.REJECTED)
BREAKS = st.sampled_from([False] * 9 + [True])
SELDOM = st.sampled_from([False] * 3 + [True])
WITHDRAWALS = st.sampled_from(["lost"] * 4 + ["revoked", "replaced", "replaced"])


class RegistryMachine(RuleBasedStateMachine):
    """Decisions of traders, customs, authorities and the hub, in random order."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = InMemoryRegistry()

    def draw_declaration(self, data: st.DataObject, movement: str, **more: Any) -> Any:
        """Return a random declaration of one to three items, each with one to three documents."""
        items = []
        for number in range(1, data.draw(st.integers(1, 3)) + 1):
            permit = self.draw_permit(data)
            counted = [
                declaration_id
                for declaration_id, declaration in self.registry.declarations.items()
                if declaration.status is DeclarationStatus.RELEASED
            ]
            document: dict[str, str | None] = {"line": data.draw(LINES), "use": data.draw(USES)}
            if document["use"] == "already_counted":
                document["counted_by"] = str(data.draw(st.sampled_from(counted))) if counted else None
            unit = data.draw(UNITS)
            stated = item(permit.content, data.draw(QUANTITIES), number, document=document, unit=unit)
            stated["documents"] += self.draw_further_documents(data, stated)
            items.append(stated)
        return declaration(*items, movement=movement, transport_document=data.draw(st.sampled_from("MN")), **more)

    def draw_further_documents(self, data: st.DataObject, stated: dict[str, Any]) -> list[dict[str, Any]]:
        """Return further documents of an item. Most have quantities that add up to that of the item."""
        count = data.draw(FURTHER_DOCUMENTS)
        if not count:
            return []
        permits = [self.draw_permit(data).content for _ in range(count)]
        cited = [{"number": p.number, "issuer": p.issuer, "line": data.draw(LINES)} for p in permits]
        if data.draw(SELDOM):
            return [{**one, "use": data.draw(USES)} for one in cited]
        whole = Decimal(stated["quantity"])
        share = EXACT.multiply(whole, Decimal("0.25"))
        stated["documents"][0]["quantity"] = EXACT.subtract(whole, EXACT.multiply(share, Decimal(count)))
        return [{**one, "quantity": share, "use": stated["documents"][0]["use"]} for one in cited]

    def draw_document_quantities(self, data: st.DataObject, declaration: DeclarationRecord, number: int) -> Any:
        """Return quantities that customs states for documents of an item; none for most."""
        mine = [one for one in declaration.citations if one.item == number and one.line]
        if not mine or not data.draw(SELDOM):
            return []
        permits = self.registry.permits
        return [
            {
                "number": permits[one.permit].content.number,
                "line": one.line,
                "unit": one.unit,
                "quantity": data.draw(st.integers(0, 40).map(str)),
            }
            for one in data.draw(st.lists(st.sampled_from(mine), max_size=2))
        ]

    def draw_permit(self, data: st.DataObject) -> PermitRecord:
        """Return a random permit of the registry."""
        return data.draw(st.sampled_from(sorted(self.registry.permits.values(), key=lambda p: p.id)))

    def draw_record(self, data: st.DataObject, *statuses: DeclarationStatus) -> DeclarationRecord:
        """Return a random declaration in one of these statuses."""
        found = sorted((f for f in self.registry.declarations.values() if f.status in statuses), key=lambda f: f.id)
        return data.draw(st.sampled_from(found))

    def has_status(self, *statuses: DeclarationStatus) -> bool:
        """Return whether any declaration is in one of these statuses."""
        return any(declaration.status in statuses for declaration in self.registry.declarations.values())

    @rule(data=st.data(), movement=st.sampled_from(["import", "import", "import", "export"]), broken=BREAKS)
    def lodge(self, data: st.DataObject, movement: str, broken: bool) -> None:
        who = B if movement == "import" else A
        at = self.registry.next_actor(who, "trader").at
        fresh = DeclarationRecord(
            id=self.registry.next_id(),
            party=who.id,
            trader=who.id,
            trader_name=who.name,
            trader_country=who.country,
            received_at=at,
            digest="",
            content=self.draw_declaration(data, movement),
            status=DeclarationStatus.RECEIVED,
        )
        rules = self.registry.next_actor(None, "rules")
        if broken:
            self.registry.write(unverified.lodge_unverified(fresh, "it broke", rules))
        else:
            self.registry.write(domain_lodge.lodge([fresh], self.registry.permits.values(), rules))

    @rule(data=st.data(), part=st.integers(5, 50).map(str), line_letter=st.sampled_from("AAB"), also=st.booleans())
    def lodge_part_uses(self, data: st.DataObject, part: str, line_letter: str, also: bool) -> None:
        """Lodge part uses of one shipment and of one or two permits, which may be reserved together."""
        cited: dict[str, Any] = {"document": {"use": "part", "line": line_letter}}
        items = [item(self.draw_permit(data).content, part, n + 1, **cited) for n in range(1 + also)]
        stated = declaration(*items, transport_document="M")
        at = self.registry.next_actor(B, "trader").at
        fresh = DeclarationRecord(
            id=self.registry.next_id(),
            party=B.id,
            trader=B.id,
            trader_name=B.name,
            trader_country=B.country,
            received_at=at,
            digest="",
            content=stated,
            status=DeclarationStatus.RECEIVED,
        )
        self.registry.write(
            domain_lodge.lodge([fresh], self.registry.permits.values(), self.registry.next_actor(None, "rules"))
        )

    @precondition(lambda self: self.has_status(DeclarationStatus.ACCEPTED))
    @rule(data=st.data(), share=st.sampled_from(["1", "0.5", "0", "0.9", "1.1"]))
    def release(self, data: st.DataObject, share: str) -> None:
        """Release a share of each declared quantity. With 0.9, only documents have quantities."""
        declaration = self.draw_record(data, DeclarationStatus.ACCEPTED)
        items = [
            {
                "number": n.number,
                "quantity": None if share == "0.9" else EXACT.multiply(n.quantity, Decimal(share)),
                "documents": self.draw_document_quantities(data, declaration, n.number),
            }
            for n in declaration.content.items
        ]
        stated = Release.model_validate({"items": items if share != "1" else []})
        by, others = self.registry.next_actor(CUSTOMS_FR, "customs"), self.registry.other_declarations(declaration)
        self.registry.attempt(
            lambda: domain_release.release(declaration, self.registry.permits, stated, by, FIXED_DAY, others)
        )

    @precondition(lambda self: self.has_status(*OPEN))
    @rule(data=st.data(), refused=st.booleans())
    def refuse_or_cancel(self, data: st.DataObject, refused: bool) -> None:
        declaration = self.draw_record(data, *OPEN)
        by = self.registry.next_actor(CUSTOMS_FR, "customs") if refused else self.registry.next_actor(B, "trader")
        act = refuse.refuse if refused else cancel.cancel
        self.registry.attempt(lambda: act(declaration, self.registry.permits, "no", by))

    @precondition(lambda self: self.has_status(DeclarationStatus.RELEASED))
    @rule(data=st.data(), quantity=st.integers(0, 70).map(str))
    def correct(self, data: st.DataObject, quantity: str) -> None:
        declaration = self.draw_record(data, DeclarationStatus.RELEASED)
        number = data.draw(st.sampled_from(declaration.content.items)).number
        documents = self.draw_document_quantities(data, declaration, number)
        corrected = {"number": number, "quantity": quantity, "documents": documents}
        stated = Correction.model_validate({"items": [corrected], "reason": "x"})
        by, others = self.registry.next_actor(CUSTOMS_FR, "customs"), self.registry.other_declarations(declaration)
        self.registry.attempt(lambda: domain_correct.correct(declaration, self.registry.permits, stated, by, others))

    @precondition(lambda self: bool(self.registry.declarations))
    @rule(data=st.data(), quantity=QUANTITIES, number=st.integers(1, 3))
    def consent(self, data: st.DataObject, quantity: str, number: int) -> None:
        declaration = self.draw_record(data, *DeclarationStatus)
        stated = Consent.model_validate({"item": number, "quantity": quantity})
        by = self.registry.next_actor(AUTHORITY_ZA, "authority")
        self.registry.attempt(lambda: domain_consent.consent(declaration, self.registry.permits, stated, by, "ZA"))

    @precondition(lambda self: self.has_status(DeclarationStatus.ACCEPTED))
    @rule(data=st.data(), more=st.integers(1, 20), share=st.sampled_from(["0.5", "0.9", "1"]))
    def arrive_with_more(self, data: st.DataObject, more: int, share: str) -> None:
        """Consent to more of each item, and release this share of it in addition."""
        declaration = self.draw_record(data, DeclarationStatus.ACCEPTED)
        items = []
        for n in declaration.content.items:
            stated = Consent.model_validate({"item": n.number, "quantity": str(more)})
            by, now = self.registry.next_actor(AUTHORITY_ZA, "authority"), self.registry.declarations[declaration.id]
            self.registry.attempt(consent_decision(self.registry, now, stated, by))
            extra = EXACT.multiply(Decimal(more), Decimal(share))
            items.append({"number": n.number, "quantity": EXACT.add(n.quantity, extra)})
        officer = CUSTOMS_FR if declaration.content.movement == "import" else CUSTOMS_ZA
        by, others, now = (
            self.registry.next_actor(officer, "customs"),
            self.registry.other_declarations(declaration),
            self.registry.declarations[declaration.id],
        )
        release_command = Release.model_validate({"items": items})
        self.registry.attempt(
            lambda: domain_release.release(now, self.registry.permits, release_command, by, FIXED_DAY, others)
        )

    @precondition(lambda self: self.has_status(DeclarationStatus.REFERRED, DeclarationStatus.REJECTED))
    @rule(data=st.data(), more=st.integers(1, 60).map(str))
    def consent_and_override(self, data: st.DataObject, more: str) -> None:
        """Consent to more of each item, then override all open findings."""
        declaration = self.draw_record(data, DeclarationStatus.REFERRED, DeclarationStatus.REJECTED)
        for n in declaration.content.items:
            stated = Consent.model_validate({"item": n.number, "quantity": more})
            by, now = self.registry.next_actor(AUTHORITY_ZA, "authority"), self.registry.declarations[declaration.id]
            self.registry.attempt(consent_decision(self.registry, now, stated, by))
        for finding in [f for f in declaration.findings if not f.overridden and f.severity != "note"]:
            now, by = self.registry.declarations[declaration.id], self.registry.next_actor(CUSTOMS_FR, "customs")
            over = Override(rule=finding.rule, reason="consented")
            self.registry.attempt(override_decision(self.registry, now, over, by))

    @precondition(lambda self: self.has_status(DeclarationStatus.REFERRED, DeclarationStatus.REJECTED))
    @rule(data=st.data())
    def override(self, data: st.DataObject) -> None:
        """Override all open findings of a declaration, with a line and a quantity where the rule needs them."""
        declaration = self.draw_record(data, DeclarationStatus.REFERRED, DeclarationStatus.REJECTED)
        for finding in [f for f in declaration.findings if not f.overridden and f.severity != "note"]:
            now, by = self.registry.declarations[declaration.id], self.registry.next_actor(CUSTOMS_FR, "customs")
            decision: dict[str, Any] = {"rule": finding.rule, "reason": "x"}
            if finding.rule in recheck.OFFICER_STATED_RULES:
                number = declaration.content.items[int(finding.pointer.split("/")[2])].number
                decision |= {"item": number, "line": data.draw(st.sampled_from("AB"))}
                decision |= {"documents": self.draw_document_quantities(data, now, number)}
                decision |= {"quantity": data.draw(QUANTITIES)} if finding.rule == "CITES-box-11-unit" else {}
            self.registry.attempt(override_decision(self.registry, now, Override.model_validate(decision), by))

    @precondition(lambda self: self.has_status(*OPEN))
    @rule(data=st.data())
    def amend(self, data: st.DataObject) -> None:
        declaration = self.draw_record(data, *OPEN)
        by = self.registry.next_actor(B, "trader")
        stated = self.draw_declaration(data, declaration.content.movement, reference=declaration.content.reference)
        fresh = replace(
            declaration, content=stated, status=DeclarationStatus.RECEIVED, received_at=by.at, findings=(), citations=()
        )
        self.registry.attempt(lambda: domain_amend.amend(declaration, fresh, self.registry.permits.values(), by))

    @precondition(lambda self: self.has_status(*STANDING))
    @rule(data=st.data(), forgotten=SELDOM)
    def end_stale_reservations(self, data: st.DataObject, forgotten: bool) -> None:
        """Refer a declaration as stale. Most calls do nothing, so that reservations last."""
        if not forgotten:
            return
        declaration = self.draw_record(data, *STANDING)
        by = self.registry.next_actor(None, "rules")
        self.registry.attempt(lambda: refer_stale(declaration, self.registry.permits, 30, date(2026, 1, 1), by))

    @precondition(lambda self: self.has_status(DeclarationStatus.REFERRED))
    @rule()
    def recheck_referred(self) -> None:
        """Recheck each referred declaration that may have changed."""
        by = self.registry.next_actor(None, "rules")
        for one in [one for one in self.registry.declarations.values() if recheck.can_be_rechecked(one)]:
            again = recheck.recheck(one, self.registry.permits.values(), NO_FACTS, by)
            if again is not None:
                self.registry.write(again)

    @rule(data=st.data(), quantity=st.integers(0, 70).map(str), line_letters=st.sampled_from(["A", "A", "B", "AB"]))
    def endorse(self, data: st.DataObject, quantity: str, line_letters: str) -> None:
        permit_id = self.draw_permit(data).id
        lines = [{"line": line_letter, "quantity": quantity} for line_letter in line_letters]
        stated = Endorsement.model_validate({"lines": lines, "transport_document": "M"})
        by = self.registry.next_actor(CUSTOMS_ZA, "customs")
        self.registry.attempt(
            lambda: domain_endorse.endorse(
                self.registry.permits, permit_id, stated, by, self.registry.other_declarations(None)
            )
        )

    @rule(data=st.data(), withdrawal=WITHDRAWALS, really=SELDOM)
    def withdraw(self, data: st.DataObject, withdrawal: str, really: bool) -> None:
        """Withdraw or find a permit. Most calls that would withdraw do nothing, so that permits last."""
        permit = self.draw_permit(data)
        withdrawal = "found" if permit.status == "lost" else withdrawal
        if not really and withdrawal != "found":
            return
        by, context = self.registry.next_actor(AUTHORITY_ZA, "authority"), self.registry.withdrawal_context(permit)
        fresh = issue.NewPermit(id=self.registry.next_id(), token_digest=b"")
        successor = permit_content(*LINES_OF_A_PERMIT, day=FIXED_DAY)
        withdrawals: dict[str, Callable[[], ChangeSet]] = {
            "lost": lambda: domain_withdraw.report_lost(permit, None, by, context),
            "found": lambda: domain_withdraw.report_found(permit, None, by, context),
            "revoked": lambda: domain_withdraw.revoke(permit, "forged", by, context),
            "replaced": lambda: domain_replace.replace_permit(permit, fresh, successor, AUTHORITY_ZA, by, context),
        }
        self.registry.attempt(withdrawals[withdrawal])

    @invariant()
    def invariants_hold(self) -> None:
        self.registry.check()


def override_decision(
    registry: InMemoryRegistry, declaration: DeclarationRecord, stated: Override, by: Any
) -> Callable[[], ChangeSet]:
    """Return the decision of an override. As in the action, an unverified declaration is checked."""
    if is_unchecked(declaration):
        return lambda: check_unverified(declaration, registry.permits.values(), NO_FACTS, stated, by)
    return lambda: override.override(declaration, registry.permits, stated, by)


def consent_decision(
    registry: InMemoryRegistry, declaration: DeclarationRecord, stated: Consent, by: Any
) -> Callable[[], ChangeSet]:
    """Return the decision of a consent by the authority that issued the permits."""
    return lambda: domain_consent.consent(declaration, registry.permits, stated, by, "ZA")


RegistryMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestRegistry = RegistryMachine.TestCase
