"""Each rule there is has an example that it finds and one beside it that it lets pass; none is dead, none unlisted."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.permits.domain import papers
from services.permits.domain.check import check
from services.permits.domain.ending import end
from services.permits.domain.facts import Facts, Taking
from services.permits.domain.filing import take_in
from services.permits.domain.holdings import hold
from services.permits.domain.ledger import Side
from services.permits.domain.lifecycle import PermitStatus, Status
from services.permits.domain.listing import Listings, Match, Population
from services.permits.domain.rules.books import book
from services.permits.domain.rules.remedies import OWN
from services.permits.domain.values import Citation, Filed, Line, PermitOnFile
from shared.contracts.people import Act
from shared.contracts.permit import Endorsement
from shared.contracts.policy import Policy
from shared.database import new_id
from tests.permits.domain.test_needs import LONG_AGO, TAXON, facts, listing, permit, suspension
from tests.permits.people import CUSTOMS_FR, CUSTOMS_ZA, TODAY, A, B, declaration, item, line

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
    made = papers.endorse({kept.id: kept}, kept.id, box_14, by, {filed.id: filed})
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


FROM_MZ = permit("export", origin_country="MZ")
WOOD = {"term": "SAW", "unit": "m3", "quantity": "100"}
TWINS = lines(line("A", taxon=TAXON), line("B", "40", taxon=TAXON, term="LIV"))
SAME_NUMBER = like(PAPER, issuer="FR")
ASKS = replace(TWO, policies={"FR": Policy(import_permit_for_appendix_ii=True)})
SPLIT = facts(listing(Population("II", told=False), Population(None, told=False)))
ELSEWHERE = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA9999999"}
NAMELESS = like(PAPER, importer=PAPER.terms.importer.model_copy(update={"identifier": None}))
SHIPPED = replace(PAPER, transport_documents=frozenset({"M-1"}))
BY_M1 = {"transport_document": "M-1"}

EXAMPLES: dict[str, tuple[Example, Example]] = {
    "CITES-VI.1-permit-known": (lambda: found(PAPER, document={"number": "ZA-0"}), lambda: found(PAPER)),
    "stated-in-full": (lambda: found(PAPER, source=None), lambda: found(PAPER)),
    "stated-unmistakably": (
        lambda: found(PAPER, also=(SAME_NUMBER,), document={"issuer": None}),
        lambda: found(PAPER, document={"issuer": None}),
    ),
    "CITES-box-7-line": (lambda: found(PAPER, taxon="Nemo nusquam"), lambda: found(PAPER)),
    "unverified": (lambda: found(known=SILENT), lambda: found(known=NONE)),
    "CITES-box-14-endorsed-for-less": (lambda: endorsed_for("99"), lambda: endorsed_for("100")),
    "lists-empty": (lambda: found(PAPER, known=replace(TWO, empty=("quotas",))), lambda: found(PAPER)),
    "reservation-ended": (lambda: abandoned(after=True), lambda: abandoned(after=False)),
    "CITES-III-export-document": (
        lambda: found(permit("import", "I"), known=ONE, purpose="Z"),
        lambda: found(permit("import", "I"), permit("export", "I"), known=ONE, purpose="Z"),
    ),
    "CITES-III.3-import-permit": (
        lambda: found(permit("export", "I"), known=ONE, purpose="Z"),
        lambda: found(permit("export", "I"), known=ONE, purpose="Z", movement="export"),
    ),
    "CITES-III.3(c)": (
        lambda: found(permit("import", "I"), permit("export", "I"), known=ONE, purpose="T"),
        lambda: found(permit("export", "I", source="D"), known=ONE, purpose="T", source="D"),
    ),
    "CITES-IV-export-document": (lambda: found(permit("certificate_of_origin")), lambda: found(permit("re_export"))),
    "CITES-XIV.1-import-permit": (lambda: found(PAPER, known=ASKS), lambda: found(PAPER)),
    "CITES-V-document": (
        lambda: found(permit("import", "III"), known=THREE),
        lambda: found(permit("certificate_of_origin", "III"), known=THREE),
    ),
    "CITES-VII-other-document": (lambda: found(permit("other")), lambda: found(permit("captive_bred"))),
    "split-listing": (lambda: found(known=SPLIT), lambda: found(PAPER, known=SPLIT)),
    "CITES-Conf-14.3-suspension": (
        lambda: found(PAPER, known=stopped("ZA")),
        lambda: found(PAPER, known=stopped("NA")),
    ),
    "CITES-Conf-14.3-suspension-of-origin": (
        lambda: found(FROM_MZ, known=stopped("MZ"), origin_country="MZ"),
        lambda: found(FROM_MZ, known=stopped("NA"), origin_country="MZ"),
    ),
    "not-CITES": (
        lambda: found(known=WHOLE, documents=[{"type": "Y900"}]),
        lambda: found(known=TWO, documents=[{"type": "Y900"}]),
    ),
    "CITES-IV-kind": (
        lambda: found(like(permit("import"), issuer="FR"), movement="export"),
        lambda: found(PAPER, movement="export"),
    ),
    "CITES-VI.2-validity": (lambda: found(PAPER, at=AFTER), lambda: found(PAPER)),
    "CITES-VI.2-late": (
        lambda: found(PAPER, at=AFTER, document={"use": "late"}),
        lambda: found(PAPER, document={"use": "late"}),
    ),
    "CITES-VI.1-withdrawn": (
        lambda: found(replace(PAPER, status=PermitStatus.REVOKED)),
        lambda: found(replace(PAPER, status=PermitStatus.ENDORSED)),
    ),
    "CITES-box-4-export-country": (
        lambda: found(PAPER, shipment={"export_country": "NA"}),
        lambda: found(PAPER, shipment={"export_country": "ZA"}),
    ),
    "CITES-box-3a-import-country": (
        lambda: found(PAPER, shipment={"import_country": "DE"}),
        lambda: found(PAPER, shipment={"import_country": "FR"}),
    ),
    "CITES-box-3-4-own-party": (lambda: found(NAMELESS), lambda: found(PAPER)),
    "CITES-box-3-4-other-party": (lambda: found(PAPER, shipment={"exporter": ELSEWHERE}), lambda: found(PAPER)),
    "CITES-box-5a-purpose": (lambda: found(PAPER, purpose="P"), lambda: found(PAPER, purpose="T")),
    "CITES-box-14-endorsement": (lambda: found(BARE), lambda: found(PAPER)),
    "CITES-box-6-registered": (
        lambda: found(replace(PAPER, registering_country="FR")),
        lambda: found(replace(PAPER, registering_country="ZA")),
    ),
    "CITES-box-7-taxon": (
        lambda: found(PAPER, taxon="Nemo nusquam", document=NAMED),
        lambda: found(PAPER, taxon=TAXON, document=NAMED),
    ),
    "CITES-box-9-term": (lambda: found(PAPER, term="LIV"), lambda: found(PAPER, term="SKP")),
    "CITES-box-9-neighbouring-term": (lambda: found(PAPER, term="SKP"), lambda: found(PAPER, term="SKI")),
    "CITES-box-11-unit": (
        lambda: found(permit("export", **WOOD), term="SAW", unit="kg"),
        lambda: found(permit("export", **WOOD), term="SAW", unit="cm3"),
    ),
    "CITES-box-10-source": (lambda: found(PAPER, source="W"), lambda: found(PAPER, source="R")),
    "CITES-box-12-origin": (
        lambda: found(FROM_MZ, origin_country="ZA"),
        lambda: found(FROM_MZ, origin_country="MZ"),
    ),
    "one-line-meant": (lambda: found(TWINS, term=None), lambda: found(TWINS, term="LIV")),
    "CITES-box-15-part-use": (
        lambda: found(SHIPPED, document={"use": "part"}, shipment={"transport_document": "M-2"}),
        lambda: found(SHIPPED, document={"use": "part"}, shipment=BY_M1),
    ),
    "counted-already": (lambda: counted("it", "11"), lambda: counted("it", "10")),
    "reported-late": (lambda: found(PAPER, document={"use": "late"}), lambda: found(PAPER)),
    "CITES-box-10-appendix": (lambda: found(PAPER, known=ONE), lambda: found(PAPER, known=TWO)),
    "CITES-XV-appendix-today": (lambda: found(PAPER, known=moved("I")), lambda: found(PAPER, known=moved("III"))),
    "CITES-XV-appendix-since": (lambda: found(PAPER, known=moved("III")), lambda: found(PAPER, known=moved("I"))),
    "listing-silent": (lambda: found(PAPER, known=SILENT), lambda: found(PAPER, known=TWO)),
    "CITES-box-7-synonym": (
        lambda: found(PAPER, known=called("Aliud nomen"), taxon="Aliud nomen"),
        lambda: found(PAPER, known=called("Aliud nomen")),
    ),
    "CITES-Conf-14.7-quota": (lambda: found(PAPER, known=taking(101)), lambda: found(PAPER, known=taking(100))),
    "CITES-VI.6-second-use": (lambda: found(in_use("50")), lambda: found(PAPER)),
    "CITES-box-11-quantity": (lambda: found(PAPER, quantity="120.5"), lambda: found(PAPER, quantity="120")),
}
"""By rule: what it finds, and what differs from that in one thing and passes."""


@pytest.mark.parametrize("rule", [entry.name for entry in book()])
def test_each_rule_finds_its_example_and_lets_the_one_beside_it_pass(rule: str) -> None:
    assert rule in EXAMPLES, f"write an example of {rule} that it finds, and one beside it that passes"
    finds, passes = EXAMPLES[rule]
    assert rule in finds(), f"{rule} does not find its example"
    assert rule not in passes(), f"{rule} finds what it should let pass"


def test_every_rule_is_listed_once_and_every_example_is_of_a_rule() -> None:
    names = [entry.name for entry in book()]
    assert len(names) == len(set(names))
    assert set(EXAMPLES) <= set(names), set(EXAMPLES) - set(names)


def test_what_the_domain_names_as_a_finding_is_a_rule_that_is_listed() -> None:
    names = {entry.name for entry in book()}
    written = {text for source in sources() for text in strings(source) if text.startswith("CITES-")}
    assert written | OWN.keys() <= names, (written | OWN.keys()) - names
    assert {one for finds, passes in EXAMPLES.values() for one in finds() | passes()} <= names


def sources() -> Iterator[ast.Module]:
    """Read the domain of permits."""
    for path in Path(papers.__file__).parent.rglob("*.py"):
        yield ast.parse(path.read_text())


def strings(source: ast.Module) -> Iterator[str]:
    """Answer the strings of a module, docstrings left out."""
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value
