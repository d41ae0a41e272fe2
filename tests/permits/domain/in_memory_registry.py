"""A registry in memory that stores change sets of the domain, and the invariants of its permits and declarations."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import (
    Balance,
    EntryKind,
    LedgerEntry,
    available,
    committed,
    covered_by_consent,
    permit_amount,
    recompute,
    remaining,
    reserved,
    total_amount,
    used,
)
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.events import NO_FOLLOWERS
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.model.usage import UsageTotal, add_reservations
from services.permits.domain.permits.withdraw import WithdrawalContext
from services.permits.domain.rules.reservations import reservation_fits_endorsement
from services.permits.domain.write_off.permit_status import status_from_lines
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, PermitStatus, Side
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT
from shared.problems import ProblemError
from tests.days import FIXED_DAY, FIXED_NOON
from tests.permits.sample_data import line, permit_content

LINES_OF_A_PERMIT = (line("A", "100"), line("B", "40", description="flanks"))
RETURNED = frozenset({DeclarationStatus.REJECTED, DeclarationStatus.REFUSED, DeclarationStatus.CANCELLED})


class InMemoryRegistry:
    """Three permits of two lines, one of them for many crossings, and the declarations that cite them.

    `posting_keys` are the keys that identify each posting in the database.
    """

    def __init__(self) -> None:
        self.permits: dict[UUID, PermitRecord] = {}
        self.declarations: dict[UUID, DeclarationRecord] = {}
        self.entries: dict[tuple[UUID, str], list[LedgerEntry]] = {}
        self.posting_keys: set[tuple[object, ...]] = set()
        self.moment = FIXED_NOON
        self.id_count = 0
        for kind in ("export", "export", "sample_collection"):
            stated = permit_content(*LINES_OF_A_PERMIT, day=FIXED_DAY, kind=kind)
            lines = {n.line: PermitLineRecord(content=n, balance=Balance(granted=n.quantity)) for n in stated.lines}
            permit = PermitRecord(
                id=self.next_id(), content=stated, status=PermitStatus.ISSUED, lines=lines, sequence=1
            )
            self.permits[permit.id] = permit
            for line_letter, one in lines.items():
                self.entries[permit.id, line_letter] = [
                    LedgerEntry(side=Side.EXPORT, kind=EntryKind.GRANT, quantity=one.content.quantity)
                ]

    def next_id(self) -> UUID:
        """Return the next id. Each run has the same ids in the same order."""
        self.id_count += 1
        return UUID(int=self.id_count)

    def next_actor(self, party: Any, role: str) -> Actor:
        """Return the actor of the next decision, one second after the last one."""
        self.moment += timedelta(seconds=1)
        return Actor(party=party.id if party else None, role=ActorRole(role), at=self.moment)

    def attempt(self, decide: Callable[[], ChangeSet | None]) -> None:
        """Write the change set of a decision, or nothing if the decision raises a problem with a code."""
        try:
            change_set = decide()
        except ProblemError as refused:
            assert refused.code
        else:
            if change_set is not None:
                self.write(change_set)

    def write(self, change_set: ChangeSet) -> None:
        """Store a change set as `save_change_set` does, and assert what each change set must satisfy."""
        before, permits_before = dict(self.declarations), dict(self.permits)
        for posting in change_set.postings:
            self.entries.setdefault((posting.permit, posting.line), []).append(posting.entry)
            name = (posting.permit, posting.line, posting.declaration, posting.item, posting.cause, posting.entry.kind)
            assert name not in self.posting_keys, "each posting has its own key"
            self.posting_keys.add(name)
        for permit_change in change_set.permits:
            sequence = permit_change.permit.sequence + len(permit_change.events)
            self.permits[permit_change.permit.id] = replace(permit_change.permit, sequence=sequence)
        for change in change_set.declarations:
            assert change.events, "each change of a declaration has an event"
            known = self.declarations.get(change.declaration.id)
            assert known is None or change.declaration.sequence == known.sequence
            self.declarations[change.declaration.id] = replace(
                change.declaration, sequence=change.declaration.sequence + len(change.events)
            )
        uses = [c for declaration in self.declarations.values() for c in declaration.citations]
        for permit_id, permit in self.permits.items():
            mine = tuple(c for c in uses if c.permit == permit_id and (c.is_open or c.used or c.counted_elsewhere))
            self.permits[permit_id] = replace(permit, citations=mine, usage_totals=usage_totals(mine))
        self._assert_youngest_displaced(before)
        for permit_id, permit in permits_before.items():
            self._assert_only_consents_exceed_permit(permit, self.permits[permit_id], change_set)

    def other_declarations(self, declaration: DeclarationRecord | None) -> dict[UUID, DeclarationRecord]:
        """Return all declarations except this one."""
        return {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if declaration is None or declaration_id != declaration.id
        }

    def withdrawal_context(self, permit: PermitRecord) -> WithdrawalContext:
        """Return the context of a withdrawal: the accepted and referred declarations that cite the permit."""
        standing = {DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED}
        citing = {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if one.status in standing and any(c.permit == permit.id for c in one.citations)
        }
        return WithdrawalContext(citing_declarations=citing, also_notify=NO_FOLLOWERS, day=FIXED_DAY)

    def _assert_only_consents_exceed_permit(
        self, before: PermitRecord, after: PermitRecord, change_set: ChangeSet
    ) -> None:
        """Assert that a decision exceeds the permit amount only by the consents that it uses itself."""
        for line_letter, one in after.lines.items():
            for side in Side:
                then, now = before.lines[line_letter].balance, one.balance
                if permit_amount(then, side) != permit_amount(now, side):
                    continue
                mine = [
                    p.entry
                    for p in change_set.postings
                    if (p.permit, p.line, p.entry.side) == (after.id, line_letter, side)
                ]
                drawn = total(e.quantity for e in mine if e.kind is EntryKind.CONSENT_USED)
                assert covered_by_consent(now, side) - covered_by_consent(then, side) <= drawn, (
                    "no decision uses the consent of another item"
                )

    def _assert_youngest_displaced(self, before: dict[UUID, DeclarationRecord]) -> None:
        """Assert that displaced declarations have no reservation, were the youngest, and had to be displaced."""
        displaced = {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if displacement_count(one) > displacement_count(before.get(declaration_id))
        }
        for declaration_id, one in displaced.items():
            assert one.status is DeclarationStatus.REFERRED and not any(c.is_open for c in one.citations)
            cited = one.findings[-1].permit
            assert cited is not None and cited.line is not None
            permit = next(
                p for p in self.permits.values() if (p.content.issuer, p.content.number) == (cited.issuer, cited.number)
            )
            reservations = [
                c
                for c in before[declaration_id].citations
                if (c.permit, c.line, c.side) == (permit.id, cited.line, "import")
            ]
            for use in permit.citations:
                if use.reserved > use.consent_used and (use.line, use.side) == (cited.line, Side.IMPORT):
                    assert (use.lodged_at, use.declaration) < (reservations[0].lodged_at, declaration_id), (
                        "the younger reservation is displaced first"
                    )
            if len(displaced) == 1:
                left = remaining(permit.lines[cited.line].balance, Side.IMPORT)
                assert left < total(c.reserved for c in reservations), "a reservation that fits is not displaced"
        for declaration_id, one in before.items():
            if declaration_id not in displaced and self.declarations[declaration_id].sequence == one.sequence:
                assert self.declarations[declaration_id] is one

    def check(self) -> None:
        """Assert the invariants of all permits, lines and declarations."""
        for permit in self.permits.values():
            assert status_from_lines(permit) == permit.status, "the status of a permit follows from its lines"
            for line_letter, one in permit.lines.items():
                assert recompute(self.entries[permit.id, line_letter]) == one.balance, "entries add up to the balances"
                self._assert_line(permit, line_letter, one.balance)
        for declaration in self.declarations.values():
            self._assert_declaration(declaration)

    def _assert_line(self, permit: PermitRecord, line_letter: str, balance: Balance) -> None:
        """Assert the invariants of one line: nothing is overdrawn, and citations add up to the balance."""
        mine = [c for c in permit.citations if c.line == line_letter]
        for side in Side:
            assert committed(balance, side) <= total_amount(balance, side), "no side is overdrawn"
            free = max(Decimal(0), permit_amount(balance, side) - committed(balance, side))
            assert available(balance, side) <= free, "a used consent is not available to others"
            assert used(balance, side) >= 0
            assert total(c.reserved for c in mine if c.side is side) == reserved(balance, side) >= 0
            self._assert_consents([c for c in mine if c.side is side], balance, side)
        arrived = total(c.used for c in mine if c.side is Side.IMPORT)
        assert balance.import_consumed == (0 if permit.is_for_many_crossings else arrived)

    def _assert_consents(self, mine: list[Citation], balance: Balance, side: Side) -> None:
        """Assert that each item uses at most its own consent, and that used consents add up to the balance."""
        more = balance.export_consented if side is Side.EXPORT else balance.import_consented
        assert total(c.consent_used for c in mine) == more, "a side has more only by the consents that items use"
        for one in mine:
            assert 0 <= one.consent_used <= min(one.consented, EXACT.add(one.reserved, one.used)), (
                "each item uses only its own consent"
            )

    def _assert_declaration(self, declaration: DeclarationRecord) -> None:
        """Assert that reservations, claims and used consents fit the status of a declaration."""
        asking = [c for c in declaration.citations if c.requested > 0]
        claiming = [c for c in declaration.citations if c.use == "already_counted" and c.line]
        if declaration.status is DeclarationStatus.ACCEPTED:
            assert all(c.reserved == c.requested for c in asking), "an accepted declaration has all its reservations"
            assert all(c.counted_elsewhere > 0 for c in claiming), "an accepted declaration has all its claims"
        elif declaration.status is not DeclarationStatus.REFERRED:
            assert declaration.status is DeclarationStatus.RELEASED or not any(
                c.consent_used for c in declaration.citations
            ), "a consent ends with its declaration"
            assert not any(c.is_open for c in asking), (
                "a declaration that is not accepted or referred has no reservation"
            )
        if declaration.status in RETURNED:
            stated_by_officer = {one.number for one in declaration.content.items if one.unit == "kg"}
            assert not any(c.counted_elsewhere for c in claiming if c.item not in stated_by_officer)


def displacement_count(declaration: DeclarationRecord | None) -> int:
    """Return the number of times that a declaration was displaced."""
    return sum(one.rule == reservation_fits_endorsement.name for one in declaration.findings) if declaration else 0


def usage_totals(uses: tuple[Citation, ...]) -> tuple[UsageTotal, ...]:
    """Return the usage totals of citations, as the database computes them."""
    reservations = add_reservations((), (use for use in uses if use.is_open))
    done = [
        UsageTotal(
            line=u.line,
            side=u.side,
            use=u.use,
            transport_document=u.transport_document,
            is_open=False,
            reserved=u.reserved,
            used=u.used,
        )
        for u in uses
        if u.used
    ]
    return (*reservations, *done)


def total(amounts: Any) -> Decimal:
    """Return the exact sum of quantities."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
