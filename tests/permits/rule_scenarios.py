"""Declarations and permits one rule apart, for the examples of each rule: filed, checked, endorsed, abandoned."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.permits.domain.checks.check import check
from services.permits.domain.declarations.lodge import take_in
from services.permits.domain.declarations.refer_stale import end
from services.permits.domain.ledger.balances import Side
from services.permits.domain.lifecycle import PermitStatus, Status
from services.permits.domain.model.usage import hold
from services.permits.domain.permits import withdraw
from services.permits.domain.reference.facts import Facts, Taking
from services.permits.domain.reference.listings import Listings, Match, Population
from services.permits.domain.values import Citation, Filed, Line, PermitOnFile
from shared.contracts.parties import Act
from shared.contracts.permit import Endorsement
from shared.database import new_id
from tests.permits.domain.rules.test_requirements import LONG_AGO, TAXON, facts, listing, permit
from tests.permits.domain.rules.test_requirements_suspensions_and_quotas import suspension
from tests.permits.sample_data import CUSTOMS_ZA, TODAY, A, B, declaration, item

NOW = datetime.now(UTC)
ONE, TWO, THREE, NONE = (facts(listing(Population(appendix))) for appendix in ("I", "II", "III", None))
SILENT, WHOLE = facts(), facts(whole=True)
Names = set[str]
Example = Callable[[], Names]


def lodged(
    *cited: PermitOnFile,
    known: Facts = TWO,
    movement: str = "import",
    at: datetime = NOW,
    document: dict[str, Any] | None = None,
    shipment: dict[str, Any] | None = None,
    **goods: Any,
) -> Filed:
    """File a declaration of ten skins that cites permits, each by number and issuer, and is not checked yet."""
    cites = [{"number": p.terms.number, "issuer": p.terms.issuer, **(document or {})} for p in cited]
    stated = item(cited[0].terms if cited else permit("export").terms, "10", taxon=TAXON)
    stated |= {"documents": cites, **goods}
    kept = {name: value for name, value in stated.items() if value is not None}
    who = B if movement == "import" else A
    form = declaration(kept, movement=movement, **(shipment or {}))
    return Filed(new_id(), who.id, who.id, at, "", form, Status.RECEIVED)


def found(*cited: PermitOnFile, known: Facts = TWO, also: tuple[PermitOnFile, ...] = (), **more: Any) -> Names:
    """Answer the rules that find something in such a declaration; `also` are permits that are here uncited."""
    filed = lodged(*cited, known=known, **more)
    return {one.rule for one in check(filed, {p.key: p for p in (*cited, *also)}, known).findings}


def like(other: PermitOnFile, **changes: Any) -> PermitOnFile:
    """Answer a permit with some of its terms otherwise."""
    return replace(other, id=new_id(), terms=other.terms.model_copy(update=changes))


def lines(*stated: dict[str, Any]) -> PermitOnFile:
    """Answer an endorsed export permit with these lines."""
    one = permit("export")
    terms = type(one.terms).model_validate({**one.terms.model_dump(), "lines": stated})
    made = {
        n.line: Line(n, replace(one.lines["A"].balance, granted=n.quantity, endorsed=n.quantity)) for n in terms.lines
    }
    return replace(one, terms=terms, lines=made)


PAPER = permit("export")
BARE = replace(
    PAPER,
    endorsed=False,
    status=PermitStatus.ISSUED,
    lines={"A": Line(PAPER.lines["A"].terms, replace(PAPER.lines["A"].balance, endorsed=None))},
)
NAMED = {"line": "A"}
AFTER = NOW + timedelta(days=70)


def in_use(quantity: str, left: int = 120) -> PermitOnFile:
    """Answer a permit of which somebody has so much set aside."""
    held = Citation(
        new_id(), 1, PAPER.id, "A", Side.IMPORT, "exhausts", "number", reserved=Decimal(quantity), lodged_at=NOW
    )
    one = PAPER.lines["A"]
    balance = replace(one.balance, import_reserved=Decimal(quantity), granted=Decimal(left), endorsed=Decimal(left))
    return replace(PAPER, lines={"A": replace(one, balance=balance)}, held=hold((), [held]))


def counted(by: str | None, claimed: str = "10") -> Names:
    """Claim that another declaration, which used 10, counted these already."""
    done = Citation(new_id(), 1, PAPER.id, "A", Side.IMPORT, "exhausts", used=Decimal(10))
    name = str(done.declaration) if by == "it" else by
    cites = {"use": "already_counted", "counted_by": name}
    return found(replace(PAPER, uses=(done,)), document=cites, quantity=claimed)


def endorsed_for(quantity: str) -> Names:
    """Endorse so much of a permit of which a declaration has set 100 aside."""
    act = Act(party=B.id, role="trader", at=NOW)
    taken = take_in([replace(lodged(BARE, quantity="100"), sequence=1)], [BARE], act, TWO)
    [held], [filed] = [c.permit for c in taken.permits], [d.filed for d in taken.declarations]
    kept = replace(held, uses=filed.citations, held=hold((), filed.citations))
    box_14 = Endorsement.model_validate({"lines": [{"line": "A", "quantity": quantity}]})
    by = Act(party=CUSTOMS_ZA.id, role="customs", at=NOW)
    made = withdraw.endorse({kept.id: kept}, kept.id, box_14, by, {filed.id: filed})
    return {one.rule for change in made.declarations for one in change.filed.findings}


def abandoned(*, after: bool) -> Names:
    """Let a declaration be, and end it by its country's days, or not."""
    taken = take_in([lodged(PAPER)], [PAPER], Act(party=B.id, role="trader", at=NOW), TWO)
    filed, permits = taken.declarations[0].filed, {change.permit.id: change.permit for change in taken.permits}
    ended = end(filed, permits, 30, TODAY, Act(party=None, role="rules", at=AFTER)).declarations[0].filed
    return {one.rule for one in (ended if after else filed).findings}


def taking(total: int) -> Facts:
    """Let the permit's line take so much in all of a quota of 100."""
    one = Taking(new_id(), TAXON, Decimal(100), Decimal(total), "number", LONG_AGO, TODAY)
    return replace(TWO, takings={(PAPER.id, "A"): (one,)})


def called(name: str) -> Facts:
    """Let the listing know a second name for the taxon."""
    one = listing(Population("II"))
    both = {TAXON: (Match(one, "accepted", one.key),), name: (Match(one, "synonym", name.casefold()),)}
    return Facts(Listings(both))


def moved(appendix: str) -> Facts:
    """Let the taxon move from Appendix II to another after the permit was issued."""
    then = PAPER.terms.issued_on + timedelta(days=5)
    return facts(listing(Population("II"), until=then), listing(Population(appendix), since=then))


def stopped(country: str) -> Facts:
    return replace(TWO, suspensions=(suspension(country=country),))
