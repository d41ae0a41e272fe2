"""Rules about required documents, met and not met: by Appendix, movement, source, purpose and permits."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.permits.domain.checks.check import check
from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from services.permits.domain.rules import listings, requirements, suspensions
from services.permits.domain.rules.item_context import EXEMPTING_KINDS
from shared.contracts.closed_sets import DeclarationStatus, MatchKind, PermitStatus
from shared.contracts.findings import Finding
from shared.contracts.policy import Policy
from shared.database import new_id
from tests.days import FIXED_DAY, FIXED_NOON
from tests.permits.sample_data import A, B, declaration, item, line, permit_content

TAXON = "Inventus probatus"
LONG_AGO = date(2000, 1, 1)


def listing(*parts: Population, name: str = TAXON, since: date = LONG_AGO, until: date | None = None) -> Listing:
    """Return a listing of a taxon with these parts."""
    lineage = (names.key(name).split(" ")[0], "inventidae", "inventa")
    return Listing(
        taxon_id="1", name=name, author="", rank="SPECIES", parts=parts, since=since, until=until, lineage=lineage
    )


def facts(
    *listings: Listing, called: str = TAXON, by: MatchKind = MatchKind.ACCEPTED, whole: bool = False, **more: Any
) -> Facts:
    """Return facts with listings that a name `called` matches by `by`."""
    found = tuple(ListingMatch(listing=one, kind=by, key=names.key(called)) for one in listings)
    known: dict[str, tuple[ListingMatch, ...]] = {called: found} if found else {}
    known.update(
        {
            one.name: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key),)
            for one in listings
            if one.name != called
        }
    )
    return Facts(listings=Listings(matches=known, is_complete=whole), **more)


def permit(kind: str, appendix: str = "II", **more: Any) -> PermitRecord:
    """Return an endorsed permit of one line of this kind and Appendix."""
    fields: dict[str, Any] = {"kind": kind, "issuer": "FR" if kind == "import" else "ZA", **more.pop("terms", {})}
    stated = permit_content(line(taxon=more.pop("taxon", TAXON), appendix=appendix, **more), day=FIXED_DAY, **fields)
    lines = {
        one.line: PermitLineRecord(content=one, balance=Balance(granted=one.quantity, endorsed=one.quantity))
        for one in stated.lines
    }
    return PermitRecord(
        id=new_id(), content=stated, status=PermitStatus.ENDORSED, lines=lines, sequence=2, endorsed=True
    )


def severity_by_rule(
    permits: list[PermitRecord], known: Facts, movement: str = "import", **stated: Any
) -> dict[str, str]:
    """Return the severity by rule of the findings about required documents, listings and suspensions."""
    own = {rule.name for rule in (*requirements.RULES, *suspensions.RULES)} | {rule.name for rule in listings.RULES}
    return {one.rule: one.severity for one in findings(permits, known, movement, **stated) if one.rule in own}


def findings(permits: list[PermitRecord], known: Facts, movement: str = "import", **stated: Any) -> tuple[Finding, ...]:
    """Check a declaration that cites these permits and return its findings."""
    more = {name: stated.pop(name) for name in ("export_country", "import_country") if name in stated}
    goods = item(permit_content(), "10", **{"taxon": TAXON, "documents": [], **stated})
    goods["documents"] = [
        *({"number": p.content.number, "issuer": p.content.issuer} for p in permits),
        *goods["documents"],
    ]
    who = B if movement == "import" else A
    record = DeclarationRecord(
        id=new_id(),
        party=who.id,
        trader=who.id,
        trader_name=who.name,
        trader_country=who.country,
        received_at=FIXED_NOON,
        digest="",
        content=declaration(goods, movement=movement, **more),
        status=DeclarationStatus.RECEIVED,
    )
    return tuple(check(record, {p.key: p for p in permits}, known).findings)


APPENDIX_I, APPENDIX_II, APPENDIX_III, NOT_LISTED = (
    facts(listing(Population(appendix=appendix))) for appendix in ("I", "II", "III", None)
)
III_ZA, III_NA = (facts(listing(Population(appendix="III", party=party))) for party in ("ZA", "NA"))
EXPORT_I, IMPORT_I = "CITES-III-export-document", "CITES-III.3-import-permit"
COMMERCIAL, EXPORT_II = "CITES-III.3(c)", "CITES-IV-export-document"
NO_IMPORT = "CITES-III.2(d)-no-import-permit"
NATIONAL, THREE, OTHER = "CITES-XIV.1-import-permit", "CITES-V-document", "CITES-VII-other-document"
EU = {"FR": Policy(import_permit_for_appendix_ii=True)}


@pytest.mark.parametrize(("appendix", "movement", "kinds", "stated", "expected"), [
    ("I", "import", "export import", {"purpose": "Z"}, {}),
    ("I", "import", "re_export import", {"purpose": "Z"}, {}),
    ("I", "import", "export", {"purpose": "Z"}, {IMPORT_I}),
    ("I", "import", "import", {"purpose": "Z"}, {EXPORT_I}),
    ("I", "import", "export import", {"purpose": "T"}, {COMMERCIAL}),
    ("I", "import", "export", {"purpose": "T", "source": "D"}, {}),
    ("I", "import", "import", {"purpose": "T", "source": "D"}, {EXPORT_II}),
    ("I", "export", "export", {"purpose": "Z"}, {NO_IMPORT}),
    ("I", "export", "export import", {"purpose": "Z"}, {}),
    ("I", "export", "export", {"purpose": "T", "source": "D"}, {}),
    ("I", "export", "captive_bred", {"purpose": "Z", "source": "C"}, {}),
    ("I", "export", "re_export", {"purpose": "Z"}, {}),
    ("I", "export", "re_export", {"purpose": "Z", "term": "LIV"}, {NO_IMPORT}),
    ("I", "export", "re_export import", {"purpose": "Z", "term": "LIV"}, {}),
    ("I", "import", "introduction_from_the_sea", {"purpose": "S", "source": "X"}, {}),
    ("II", "import", "export", {}, {}),
    ("II", "import", "re_export", {}, {}),
    ("II", "import", "import", {}, {EXPORT_II}),
    ("II", "import", "certificate_of_origin", {}, {EXPORT_II}),
    ("II", "export", "export", {}, {}),
    ("II", "export", "certificate_of_origin", {}, {EXPORT_II}),
    ("III", "import", "export", {}, {}),
    ("III", "import", "certificate_of_origin", {}, {}),
    ("III", "import", "re_export", {}, {}),
    ("III", "import", "import", {}, {THREE}),
    *[("I", "import", kind, {"purpose": "T"}, {}) for kind in sorted(EXEMPTING_KINDS)],
    ("II", "import", "phytosanitary", {"source": "A"}, {}),
    ("II", "import", "other", {}, {OTHER}),
])  # fmt: skip
def test_documents_of_an_appendix_are_required(
    appendix: str, movement: str, kinds: str, stated: dict[str, Any], expected: set[str]
) -> None:
    known = facts(listing(Population(appendix=appendix)))
    source = stated.get("source", "R")
    permits = [permit(kind, appendix, source=source, term=stated.get("term", "SKI")) for kind in kinds.split()]
    assert set(severity_by_rule(permits, known, movement, **stated)) == set(expected)


def test_item_without_a_document_is_blocked_if_listed_and_accepted_if_not() -> None:
    assert severity_by_rule([], APPENDIX_I, purpose="Z") == {EXPORT_I: "block", IMPORT_I: "block"}
    assert severity_by_rule([], APPENDIX_II) == {EXPORT_II: "block"}
    assert severity_by_rule([], APPENDIX_II, "export") == {EXPORT_II: "block"}
    assert severity_by_rule([], APPENDIX_III) == {THREE: "block"}
    assert severity_by_rule([], NOT_LISTED) == {}
    assert severity_by_rule([], facts(whole=True)) == {"unverified": "refer"}
    assert severity_by_rule([], facts()) == {"unverified": "refer"}


def test_statement_not_cites_is_accepted_only_without_a_listing_in_the_index() -> None:
    says: dict[str, Any] = {"documents": [{"type": "Y900", "number": "Y900", "issuer": "FR"}]}
    assert severity_by_rule([], facts(whole=True), **says) == {"not-CITES": "note"}
    assert severity_by_rule([], facts(), **says) == {"unverified": "refer"}
    assert severity_by_rule([], NOT_LISTED, **says) == {}
    assert severity_by_rule([], APPENDIX_II, **says) == {EXPORT_II: "block"}


def test_appendix_three_needs_an_export_permit_only_from_the_listing_country() -> None:
    certificate, exported = permit("certificate_of_origin", "III"), permit("export", "III")
    assert severity_by_rule([certificate], III_ZA) == {THREE: "block"}
    assert severity_by_rule([exported], III_ZA) == {}
    assert severity_by_rule([certificate], III_NA) == {}


def test_import_permit_for_appendix_two_is_required_only_by_policy() -> None:
    permits = [permit("export")]
    switched = replace(APPENDIX_II, policies=EU)
    assert severity_by_rule(permits, APPENDIX_II) == {}
    assert severity_by_rule(permits, switched) == {NATIONAL: "block"}
    assert severity_by_rule([*permits, permit("import")], switched) == {}
    assert severity_by_rule(permits, switched, "export") == {}
    assert severity_by_rule(permits, replace(APPENDIX_II, policies={"DE": EU["FR"]})) == {}


SPLIT = (Population(appendix="II", countries=frozenset({"ZA"})), Population(appendix="I"))


def test_split_listing_needs_the_country_of_origin_and_the_source() -> None:
    known = facts(listing(*SPLIT))
    assert severity_by_rule([], known, origin_country="ZA") == {EXPORT_II: "block"}
    assert set(severity_by_rule([], known, origin_country="MZ", purpose="Z")) == {EXPORT_I, IMPORT_I}
    assert set(severity_by_rule([], known, origin_country="MZ", purpose="T", source="D")) == {EXPORT_II}
    half = facts(listing(Population(appendix=None, countries=frozenset({"MX"})), Population(appendix="II")))
    assert severity_by_rule([], half, origin_country="MX") == {}
    assert severity_by_rule([], half, origin_country="ZA") == {EXPORT_II: "block"}
    without_range = facts(
        listing(Population(appendix="II", is_range_known=False), Population(appendix=None, is_range_known=False))
    )
    assert severity_by_rule([], without_range) == {"split-listing": "refer"}


def test_line_of_a_taxon_without_a_listing_is_noted() -> None:
    assert severity_by_rule([permit("export")], facts()) == {"listing-silent": "note"}
    assert severity_by_rule([permit("export")], APPENDIX_II) == {}


def test_appendix_is_compared_with_the_listing_at_issue_and_today() -> None:
    then = FIXED_DAY - timedelta(days=30)
    assert severity_by_rule([permit("export", "II")], APPENDIX_I) == {"CITES-box-10-appendix": "refer"}
    assert severity_by_rule([permit("export", "I", source="D")], APPENDIX_II, source="D") == {
        "CITES-box-10-appendix": "refer"
    }
    assert severity_by_rule([permit("export", "II", source="D")], APPENDIX_I, source="D") == {}
    before = listing(Population(appendix="II"), until=then + timedelta(days=10))
    after = listing(Population(appendix="I"), since=then + timedelta(days=10))
    assert severity_by_rule([permit("export", "II")], facts(before, after)) == {"CITES-XV-appendix-today": "refer"}
    softer = listing(Population(appendix="III"), since=then + timedelta(days=10))
    assert severity_by_rule([permit("export", "II")], facts(before, softer)) == {"CITES-XV-appendix-since": "note"}


def test_synonym_matches_with_a_note_and_higher_taxon_without() -> None:
    one = listing(Population(appendix="II"))
    other = ListingMatch(listing=one, kind=MatchKind.SYNONYM, key="aliud nomen")
    synonym = Listings(
        matches={TAXON: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key),), "Aliud nomen": (other,)}
    )
    permits = [permit("export")]
    assert severity_by_rule(permits, Facts(listings=synonym), taxon="Aliud nomen") == {"CITES-box-7-synonym": "note"}
    family = permit("export", taxon="Inventidae spp.")
    above = ListingMatch(
        listing=listing(Population(appendix="II"), name="Inventidae"), kind=MatchKind.ACCEPTED, key="inventidae"
    )
    both = Facts(listings=Listings(matches={**APPENDIX_II.listings.matches, "Inventidae spp.": (above,)}))
    assert severity_by_rule([family], both) == {}
    assert severity_by_rule([family], APPENDIX_II, taxon="Nemo nusquam") == {"listing-silent": "note"}


def facts_of_family(*parts: Population, since: date = LONG_AGO, until: date | None = None) -> Facts:
    """Return facts with a family in Appendix II and a separate listing of one of its species."""
    above = ListingMatch(
        listing=listing(Population(appendix="II"), name="Inventidae"), kind=MatchKind.ACCEPTED, key="inventidae"
    )
    one = listing(*parts, since=since, until=until)
    return Facts(
        listings=Listings(
            matches={
                TAXON: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key),),
                "Inventidae spp.": (above,),
            }
        )
    )


def test_line_for_a_higher_taxon_needs_the_documents_of_the_declared_taxon() -> None:
    family, one = permit("export", taxon="Inventidae spp."), facts_of_family(Population(appendix="I"))
    at_issue = {"CITES-box-10-appendix": "refer"}
    assert severity_by_rule([family], one) == {**at_issue, IMPORT_I: "block", COMMERCIAL: "block"}
    assert severity_by_rule([family], one, "export") == {**at_issue, COMMERCIAL: "block", NO_IMPORT: "note"}
    assert severity_by_rule([family, permit("import", "I")], one, purpose="Z") == at_issue
    assert severity_by_rule([permit("export", "II", taxon="Inventidae spp.", source="D")], one, source="D") == {}
    assert (
        severity_by_rule([permit("export", "I", taxon="Inventidae spp."), permit("import", "I")], one, purpose="Z")
        == {}
    )
    assert severity_by_rule([family], facts_of_family(Population(appendix="II"))) == {}
    ambiguous = facts_of_family(
        Population(appendix="II", is_range_known=False), Population(appendix="I", is_range_known=False)
    )
    assert severity_by_rule([family], ambiguous) == {"CITES-box-10-population": "refer"}
    [unclear] = [one for one in findings([family], ambiguous) if one.rule == "CITES-box-10-population"]
    dated = f"Appendix I or Appendix II (loaded listing of {LONG_AGO})"
    assert unclear.found == f"{dated}; line A: Appendix II"


@pytest.mark.parametrize(("is_own", "source"), [(True, "built-in"), (False, "loaded")])
def test_finding_that_compares_with_the_listing_says_its_day_and_source(is_own: bool, source: str) -> None:
    def known(*appendices: str) -> Facts:
        return facts(replace(listing(*(Population(appendix=one) for one in appendices)), own=is_own))

    dated = f"Appendix I ({source} listing of {LONG_AGO})"
    [at_issue] = [one for one in findings([permit("export")], known("I")) if one.rule == "CITES-box-10-appendix"]
    assert (at_issue.expected or "").startswith(f"{dated} on ")
    [missing, *_] = findings([], known("I"))
    assert (missing.expected or "").endswith(f"for {TAXON}: {dated}")
    [by_line, *_] = findings([permit("export", "I")], known("I"))
    assert (by_line.expected or "").endswith(f"for {TAXON}: Appendix I")


def test_line_for_a_higher_taxon_follows_the_population_of_the_declared_taxon() -> None:
    known = facts_of_family(Population(appendix="I", countries=frozenset({"IN"})), Population(appendix="II"))
    family, indian = (permit("export", taxon="Inventidae spp.", origin_country=code) for code in ("ZA", "IN"))
    assert severity_by_rule([family], known) == {}
    asked = severity_by_rule([indian], known, origin_country="IN")
    assert set(asked) == {"CITES-box-10-appendix", IMPORT_I, COMMERCIAL}


def test_taxon_moved_to_appendix_one_after_the_issue_of_its_line_is_referred() -> None:
    then = FIXED_DAY - timedelta(days=20)
    before, after = listing(Population(appendix="II"), until=then), listing(Population(appendix="I"), since=then)
    above = ListingMatch(
        listing=listing(Population(appendix="II"), name="Inventidae"), kind=MatchKind.ACCEPTED, key="inventidae"
    )
    both = tuple(ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key) for one in (before, after))
    known = Facts(listings=Listings(matches={TAXON: both, "Inventidae spp.": (above,)}))
    assert severity_by_rule([permit("export", taxon="Inventidae spp.")], known) == {"CITES-XV-appendix-today": "refer"}


@pytest.mark.parametrize(("permit_name", "stated", "covered"), [
    ("Inventus probatus", "Inventus probatus × Inventus alienus", False),
    ("Inventus alienus", "Inventus probatus x alienus", False),
    ("Inventus probatus × Inventus alienus", "Inventus probatus x alienus", True),
    ("Inventus alienus × probatus", "Inventus probatus × Inventus alienus", True),
    ("Inventus spp.", "Inventus probatus × Inventus alienus", True),
    ("Inventidae spp.", "Inventus probatus × Inventus alienus", True),
    ("Inventus spp.", "Inventus probatus × Alius alienus", False),
    ("Inventus probatus", "Inventus probatus minor × Inventus probatus maior", True),
    ("Inventus probatus × Inventus alienus", "Inventus probatus", False),
])  # fmt: skip
def test_hybrid_is_covered_by_a_common_higher_taxon_but_by_neither_parent(
    permit_name: str, stated: str, covered: bool
) -> None:
    one, other = listing(Population(appendix="II")), listing(Population(appendix="II"), name="Inventus alienus")
    mixed = tuple(ListingMatch(listing=each, kind=MatchKind.HYBRID, key=each.key) for each in (one, other))
    family = (
        ListingMatch(
            listing=listing(Population(appendix="II"), name="Inventidae"), kind=MatchKind.ACCEPTED, key="inventidae"
        ),
    )
    known = Facts(
        listings=Listings(
            matches={
                one.name: (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=one.key),),
                stated: mixed,
                "Inventidae spp.": family,
            }
        )
    )
    rules = {finding.rule for finding in findings([permit("export", taxon=permit_name)], known, taxon=stated)}
    assert ("CITES-box-7-line" not in rules) == covered
