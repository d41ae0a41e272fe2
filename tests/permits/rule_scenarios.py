"""Declarations and permits for the examples of each rule: lodged, checked, endorsed or stale."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.permits.domain.checks.check import check
from services.permits.domain.declarations.lodge import lodge
from services.permits.domain.declarations.refer_stale import refer_stale
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.model.usage import add_reservations
from services.permits.domain.permits import endorse
from services.permits.domain.reference.facts import Facts, QuotaUsage
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import ListingMatch, Population
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, MatchKind, PermitStatus, Side
from shared.contracts.findings import Finding
from shared.contracts.parties import Actor
from shared.contracts.permit import Endorsement
from shared.database import new_id
from tests.days import FIXED_DAY, FIXED_NOON
from tests.permits.domain.rules.test_requirements import LONG_AGO, TAXON, facts, listing, permit
from tests.permits.domain.rules.test_requirements_suspensions_and_quotas import suspension
from tests.permits.sample_data import CUSTOMS_ZA, A, B, declaration, item

APPENDIX_I, APPENDIX_II, APPENDIX_III, NOT_LISTED = (
    facts(listing(Population(appendix=appendix))) for appendix in ("I", "II", "III", None)
)
NO_LISTINGS, COMPLETE_LISTINGS = facts(), facts(whole=True)
OTHER_TAXON = "Alius notus"
OTHER_MATCHES = facts(listing(Population(appendix="II"), name=OTHER_TAXON), called=OTHER_TAXON).listings.matches
TWO_TAXA = Facts(listings=Listings(matches={**APPENDIX_II.listings.matches, **OTHER_MATCHES}))
"""Facts whose listing knows both taxa."""
Findings = tuple[Finding, ...]
Example = Callable[[], Findings]


def received_declaration(
    *cited: PermitRecord,
    known: Facts = APPENDIX_II,
    movement: str = "import",
    at: datetime = FIXED_NOON,
    document: dict[str, Any] | None = None,
    shipment: dict[str, Any] | None = None,
    **goods: Any,
) -> DeclarationRecord:
    """Return an unchecked declaration of ten skins that cites permits by number and issuer."""
    cites = [{"number": p.content.number, "issuer": p.content.issuer, **(document or {})} for p in cited]
    stated = item(cited[0].content if cited else permit("export").content, "10", taxon=TAXON)
    stated |= {"documents": cites, **goods}
    kept = {name: value for name, value in stated.items() if value is not None}
    who = B if movement == "import" else A
    form = declaration(kept, movement=movement, **(shipment or {}))
    return DeclarationRecord(
        id=new_id(),
        party=who.id,
        trader=who.id,
        trader_name=who.name,
        trader_country=who.country,
        received_at=at,
        digest="",
        content=form,
        status=DeclarationStatus.RECEIVED,
    )


def findings_of(
    *cited: PermitRecord, known: Facts = APPENDIX_II, also: tuple[PermitRecord, ...] = (), **more: Any
) -> Findings:
    """Return the findings of such a declaration. `also` are further permits, which it does not cite."""
    declaration = received_declaration(*cited, known=known, **more)
    return check(declaration, {p.key: p for p in (*cited, *also)}, known).findings


def changed_permit(other: PermitRecord, **changes: Any) -> PermitRecord:
    """Return a copy of a permit with changed content."""
    return replace(other, id=new_id(), content=other.content.model_copy(update=changes))


def permit_with_lines(*stated: dict[str, Any]) -> PermitRecord:
    """Return an endorsed export permit with these lines."""
    one = permit("export")
    terms = type(one.content).model_validate({**one.content.model_dump(), "lines": stated})
    made = {
        n.line: PermitLineRecord(
            content=n, balance=replace(one.lines["A"].balance, granted=n.quantity, endorsed=n.quantity)
        )
        for n in terms.lines
    }
    return replace(one, content=terms, lines=made)


PERMIT = permit("export")
UNENDORSED_PERMIT = replace(
    PERMIT,
    endorsed=False,
    status=PermitStatus.ISSUED,
    lines={
        "A": PermitLineRecord(
            content=PERMIT.lines["A"].content, balance=replace(PERMIT.lines["A"].balance, endorsed=None)
        )
    },
)
LINE_NAMED = {"line": "A"}
AFTER_VALIDITY = FIXED_NOON + timedelta(days=70)


def permit_in_use(quantity: str, left: int = 120) -> PermitRecord:
    """Return a permit with a reservation of this quantity."""
    held = Citation(
        declaration=new_id(),
        item=1,
        permit=PERMIT.id,
        line="A",
        side=Side.IMPORT,
        use="exhausts",
        unit="number",
        reserved=Decimal(quantity),
        lodged_at=FIXED_NOON,
    )
    one = PERMIT.lines["A"]
    balance = replace(one.balance, import_reserved=Decimal(quantity), granted=Decimal(left), endorsed=Decimal(left))
    return replace(PERMIT, lines={"A": replace(one, balance=balance)}, usage_totals=add_reservations((), [held]))


def findings_when_counted_elsewhere(by: str | None, claimed: str = "10") -> Findings:
    """Return the findings if a declaration claims that another one, which used 10, counted its goods."""
    done = Citation(
        declaration=new_id(), item=1, permit=PERMIT.id, line="A", side=Side.IMPORT, use="exhausts", used=Decimal(10)
    )
    name = str(done.declaration) if by == "it" else by
    cites = {"use": "already_counted", "counted_by": name}
    return findings_of(replace(PERMIT, citations=(done,)), document=cites, quantity=claimed)


def findings_after_endorsement(quantity: str) -> Findings:
    """Return the findings after an endorsement of this quantity, with 100 reserved by a declaration."""
    act = Actor(party=B.id, role=ActorRole.TRADER, at=FIXED_NOON)
    taken = lodge(
        [replace(received_declaration(UNENDORSED_PERMIT, quantity="100"), sequence=1)],
        [UNENDORSED_PERMIT],
        act,
        APPENDIX_II,
    )
    [held], [declaration] = [c.permit for c in taken.permits], [d.declaration for d in taken.declarations]
    kept = replace(held, citations=declaration.citations, usage_totals=add_reservations((), declaration.citations))
    box_14 = Endorsement.model_validate({"lines": [{"line": "A", "quantity": quantity}]})
    by = Actor(party=CUSTOMS_ZA.id, role=ActorRole.CUSTOMS, at=FIXED_NOON)
    made = endorse.endorse({kept.id: kept}, kept.id, box_14, by, {declaration.id: declaration})
    return tuple(one for change in made.declarations for one in change.declaration.findings)


def findings_when_stale(*, after: bool) -> Findings:
    """Return the findings of an accepted declaration, before or after its country's days are over."""
    taken = lodge(
        [received_declaration(PERMIT)], [PERMIT], Actor(party=B.id, role=ActorRole.TRADER, at=FIXED_NOON), APPENDIX_II
    )
    declaration, permits = (
        taken.declarations[0].declaration,
        {change.permit.id: change.permit for change in taken.permits},
    )
    ended = (
        refer_stale(declaration, permits, 30, FIXED_DAY, Actor(party=None, role=ActorRole.RULES, at=AFTER_VALIDITY))
        .declarations[0]
        .declaration
    )
    return (ended if after else declaration).findings


def facts_with_quota_usage(total: int) -> Facts:
    """Return facts in which the running total of the permit's line in a quota of 100 is `total`."""
    one = QuotaUsage(
        quota=new_id(),
        taxon=TAXON,
        amount=Decimal(100),
        total=Decimal(total),
        unit="number",
        starts=LONG_AGO,
        ends=FIXED_DAY,
    )
    return replace(APPENDIX_II, quota_usages={(PERMIT.id, "A"): (one,)})


def facts_with_synonym(name: str) -> Facts:
    """Return facts in which the listing has a synonym of the taxon."""
    one = listing(Population(appendix="II"))
    both = {
        TAXON: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key),),
        name: (ListingMatch(listing=one, kind=MatchKind.SYNONYM, key=name.casefold()),),
    }
    return Facts(listings=Listings(matches=both))


def facts_with_changed_appendix(appendix: str) -> Facts:
    """Return facts in which the taxon moves from Appendix II to another after the issue of the permit."""
    then = PERMIT.content.issued_on + timedelta(days=5)
    return facts(listing(Population(appendix="II"), until=then), listing(Population(appendix=appendix), since=then))


def facts_with_suspension(country: str) -> Facts:
    """Return facts with a suspension of a country."""
    return replace(APPENDIX_II, suspensions=(suspension(country=country),))
