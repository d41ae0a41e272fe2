"""A registry in memory: decisions of the domain write into it as through the one door; and what always holds of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.model.usage import UsageTotal, add_reservations
from services.permits.domain.permits.withdraw import WithdrawalContext
from services.permits.domain.rules.reservations import reservation_fits_endorsement
from services.permits.domain.write_off.permit_status import status_from_lines
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, PermitStatus, Side
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT
from shared.problems import ProblemError
from tests.permits.sample_data import TODAY, line, permit_content

NOON = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
LINES_OF_A_PERMIT = (line("A", "100"), line("B", "40", description="flanks"))
RETURNED = frozenset({DeclarationStatus.REJECTED, DeclarationStatus.REFUSED, DeclarationStatus.CANCELLED})


class InMemoryRegistry:
    """Three permits of two lines, one of them for many crossings, and the declarations that cite them."""

    def __init__(self) -> None:
        self.permits: dict[UUID, PermitRecord] = {}
        self.declarations: dict[UUID, DeclarationRecord] = {}
        self.entries: dict[tuple[UUID, str], list[LedgerEntry]] = {}
        self.names: set[tuple[object, ...]] = set()
        self.moment = NOON
        self.made = 0
        for kind in ("export", "export", "travelling_exhibition"):
            stated = permit_content(*LINES_OF_A_PERMIT, kind=kind)
            lines = {n.line: PermitLineRecord(content=n, balance=Balance(granted=n.quantity)) for n in stated.lines}
            permit = PermitRecord(id=self.id(), content=stated, status=PermitStatus.ISSUED, lines=lines, sequence=1)
            self.permits[permit.id] = permit
            for line_letter, one in lines.items():
                self.entries[permit.id, line_letter] = [
                    LedgerEntry(side=Side.EXPORT, kind=EntryKind.GRANT, quantity=one.content.quantity)
                ]

    def id(self) -> UUID:
        """Make ids in order, the same at each run."""
        self.made += 1
        return UUID(int=self.made)

    def act(self, party: Any, role: str) -> Actor:
        """Sign the next thing that is done, a second after the last."""
        self.moment += timedelta(seconds=1)
        return Actor(party=party.id if party else None, role=ActorRole(role), at=self.moment)

    def try_(self, decide: Callable[[], ChangeSet | None]) -> None:
        """Decide and write; a refusal has a name, and nothing is written."""
        try:
            outcome = decide()
        except ProblemError as refused:
            assert refused.code
        else:
            if outcome is not None:
                self.write(outcome)

    def write(self, outcome: ChangeSet) -> None:
        """Take a decision as written, as the one door does."""
        before, stood = dict(self.declarations), dict(self.permits)
        for posting in outcome.postings:
            self.entries.setdefault((posting.permit, posting.line), []).append(posting.entry)
            name = (posting.permit, posting.line, posting.declaration, posting.item, posting.cause, posting.entry.kind)
            assert name not in self.names, "an entry's name says it once"
            self.names.add(name)
        for change in outcome.permits:
            permit = replace(change.permit, sequence=change.permit.sequence + len(change.events))
            self.permits[permit.id] = permit
        for told in outcome.declarations:
            assert told.events, "nothing changes in silence"
            known = self.declarations.get(told.declaration.id)
            assert known is None or told.declaration.sequence == known.sequence
            self.declarations[told.declaration.id] = replace(
                told.declaration, sequence=told.declaration.sequence + len(told.events)
            )
        uses = [c for declaration in self.declarations.values() for c in declaration.citations]
        for permit_id, permit in self.permits.items():
            mine = tuple(c for c in uses if c.permit == permit_id and (c.is_open or c.used or c.counted_elsewhere))
            self.permits[permit_id] = replace(permit, citations=mine, usage_totals=usage_totals(mine))
        self._the_youngest_gave_way(before)
        for permit_id, permit in stood.items():
            self._only_consents_pass_the_paper(permit, self.permits[permit_id], outcome)

    def others(self, declaration: DeclarationRecord | None) -> dict[UUID, DeclarationRecord]:
        """Answer the declarations besides one."""
        return {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if declaration is None or declaration_id != declaration.id
        }

    def around(self, permit: PermitRecord) -> WithdrawalContext:
        """Answer what stands around a permit that is withdrawn or found."""
        standing = {DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED}
        citing = {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if one.status in standing and any(c.permit == permit.id for c in one.citations)
        }
        return WithdrawalContext(citing_declarations=citing, also_notify=frozenset(), day=TODAY)

    def _only_consents_pass_the_paper(self, before: PermitRecord, after: PermitRecord, outcome: ChangeSet) -> None:
        """A decision takes more than the permit has only by what it draws itself, never by what others drew."""
        for line_letter, one in after.lines.items():
            for side in Side:
                then, now = before.lines[line_letter].balance, one.balance
                if permit_amount(then, side) != permit_amount(now, side):
                    continue
                mine = [
                    p.entry
                    for p in outcome.postings
                    if (p.permit, p.line, p.entry.side) == (after.id, line_letter, side)
                ]
                drawn = total(e.quantity for e in mine if e.kind is EntryKind.CONSENT_USED)
                assert covered_by_consent(now, side) - covered_by_consent(then, side) <= drawn, (
                    "nobody spends the consent of another"
                )

    def _the_youngest_gave_way(self, before: dict[UUID, DeclarationRecord]) -> None:
        """Whoever gave way holds nothing any more, on no permit; whoever is younger gave way too; and it was needed."""
        gave = {
            declaration_id: one
            for declaration_id, one in self.declarations.items()
            if displacement_count(one) > displacement_count(before.get(declaration_id))
        }
        for declaration_id, one in gave.items():
            assert one.status is DeclarationStatus.REFERRED and not any(c.is_open for c in one.citations)
            cited = one.findings[-1].permit
            assert cited is not None and cited.line is not None
            permit = next(p for p in self.permits.values() if p.key == (cited.issuer, cited.number))
            held = [
                c
                for c in before[declaration_id].citations
                if (c.permit, c.line, c.side) == (permit.id, cited.line, "import")
            ]
            for use in permit.citations:
                if use.reserved > use.consent_used and (use.line, use.side) == (cited.line, Side.IMPORT):
                    assert (use.lodged_at, use.declaration) < (held[0].lodged_at, declaration_id), (
                        "the younger gives way first"
                    )
            if len(gave) == 1:
                left = remaining(permit.lines[cited.line].balance, Side.IMPORT)
                assert left < total(c.reserved for c in held), "nobody gives way to what fits"
        for declaration_id, one in before.items():
            if declaration_id not in gave and self.declarations[declaration_id].sequence == one.sequence:
                assert self.declarations[declaration_id] is one

    def check(self) -> None:
        """Assert what always holds."""
        for permit in self.permits.values():
            assert status_from_lines(permit) == permit.status, (
                "a permit is exhausted exactly while all its lines are closed"
            )
            for line_letter, one in permit.lines.items():
                assert recompute(self.entries[permit.id, line_letter]) == one.balance, "entries add up to the balances"
                self._line_holds(permit, line_letter, one.balance)
        for declaration in self.declarations.values():
            self._declaration_holds(declaration)

    def _line_holds(self, permit: PermitRecord, line_letter: str, balance: Balance) -> None:
        mine = [c for c in permit.citations if c.line == line_letter]
        for side in Side:
            assert committed(balance, side) <= total_amount(balance, side), "nothing is overdrawn"
            free = max(Decimal(0), permit_amount(balance, side) - committed(balance, side))
            assert available(balance, side) <= free, "what is drawn of a consent is nobody else's"
            assert used(balance, side) >= 0
            assert total(c.reserved for c in mine if c.side is side) == reserved(balance, side) >= 0
            self._consents_hold([c for c in mine if c.side is side], balance, side)
        arrived = total(c.used for c in mine if c.side is Side.IMPORT)
        assert balance.import_consumed == (0 if permit.is_for_many_crossings else arrived)

    def _consents_hold(self, mine: list[Citation], balance: Balance, side: Side) -> None:
        more = balance.export_consented if side is Side.EXPORT else balance.import_consented
        assert total(c.consent_used for c in mine) == more, "a line has more by what items draw, and by nothing else"
        for one in mine:
            assert 0 <= one.consent_used <= min(one.consented, EXACT.add(one.reserved, one.used)), (
                "each of its own consent"
            )

    def _declaration_holds(self, declaration: DeclarationRecord) -> None:
        asking = [c for c in declaration.citations if c.requested > 0]
        claiming = [c for c in declaration.citations if c.use == "already_counted" and c.line]
        if declaration.status is DeclarationStatus.ACCEPTED:
            assert all(c.reserved == c.requested for c in asking), "all its items are set aside"
            assert all(c.counted_elsewhere > 0 for c in claiming), "and all it claims is claimed"
        elif declaration.status is not DeclarationStatus.REFERRED:
            assert declaration.status is DeclarationStatus.RELEASED or not any(
                c.consent_used for c in declaration.citations
            ), "a consent ends with it"
            assert not any(c.is_open for c in asking), "or none"
        if declaration.status in RETURNED:
            said_by_an_officer = {one.number for one in declaration.content.items if one.unit == "kg"}
            assert not any(c.counted_elsewhere for c in claiming if c.item not in said_by_an_officer)


def displacement_count(declaration: DeclarationRecord | None) -> int:
    """Count how often a declaration gave way."""
    return sum(one.rule == reservation_fits_endorsement.name for one in declaration.findings) if declaration else 0


def usage_totals(uses: tuple[Citation, ...]) -> tuple[UsageTotal, ...]:
    """Sum uses up as the database does."""
    held = add_reservations((), (use for use in uses if use.is_open))
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
    return (*held, *done)


def total(amounts: Any) -> Decimal:
    """Add quantities exactly."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
