"""What a shipment needs by Appendix, movement, source and purpose (Articles III to VII), item by item."""

from collections.abc import Callable
from dataclasses import dataclass

from services.permits.domain.ledger.balances import Side
from services.permits.domain.reference.entries import Suspension
from services.permits.domain.rules.context import Difference
from services.permits.domain.rules.item_context import EXPORTING, Goods
from services.permits.domain.rules.remedies import message
from services.permits.domain.rules.sources import PLANTS, stranger
from shared.contracts.findings import CitedLine, Finding, Severity


@dataclass(frozen=True)
class Need:
    """A rule about an item with all its papers; the function's docstring is its sentence."""

    name: str
    severity: Severity
    differs: Callable[[Goods], Difference | None]

    @property
    def sentence(self) -> str:
        """The one sentence that officer, error and documentation read."""
        return " ".join((self.differs.__doc__ or "").strip().split("\n\n")[0].split())


def _has(goods: Goods) -> str:
    return ", ".join(sorted(goods.kinds)) or (
        "Y900: said not to be CITES" if goods.says_not_cites else "no permit cited"
    )


def _lacks(goods: Goods, *kinds: str) -> Difference:
    expected = f"{' or '.join(kinds)} for {goods.taxon} (Appendix {goods.appendix})"
    return Difference(goods.at("documents"), expected, _has(goods))


def one_has_an_export_document(goods: Goods) -> Difference | None:
    """A specimen of Appendix I leaves and enters on an export permit or re-export certificate (Article III.2 to 4)."""
    if not goods.needs("I") or goods.kinds & EXPORTING:
        return None
    return _lacks(goods, "export", "re_export")


def one_has_an_import_permit(goods: Goods) -> Difference | None:
    """A specimen of Appendix I enters on an import permit besides the document it left on (Article III.3)."""
    if goods.side is Side.EXPORT or not goods.needs("I") or "import" in goods.kinds:
        return None
    return _lacks(goods, "import")


def one_is_not_commercial(goods: Goods) -> Difference | None:
    """A specimen of Appendix I is not traded for primarily commercial purposes (Article III.3(c); D as II, VII.4)."""
    if not goods.needs("I") or goods.purpose != "T":
        return None
    return Difference(goods.at("purpose"), "a purpose that is not primarily commercial", "T")


def two_has_an_export_document(goods: Goods) -> Difference | None:
    """A specimen of Appendix II leaves and enters on an export permit or re-export certificate (Article IV.2 to 5)."""
    if not goods.needs("II") or goods.kinds & EXPORTING:
        return None
    return _lacks(goods, "export", "re_export")


def two_has_an_import_permit(goods: Goods) -> Difference | None:
    """Where the country of import asks so, a specimen of Appendix II enters on an import permit too (Article XIV.1)."""
    policy = goods.facts.policy(goods.declaration.import_country)
    if goods.side is Side.EXPORT or not policy.import_permit_for_appendix_ii:
        return None
    if not goods.needs("II") or "import" in goods.kinds:
        return None
    return _lacks(goods, "import")


def three_has_its_document(goods: Goods) -> Difference | None:
    """A specimen of Appendix III has an export permit if from the country that listed it, else a certificate of origin.

    Article V.2 and V.3; a re-export certificate stands for both (Article V.4). Where it is not known who listed it,
    either will do.
    """
    if not goods.needs("III"):
        return None
    listed_it = goods.standing.party == goods.declaration.export_country
    enough = EXPORTING if listed_it else EXPORTING | {"certificate_of_origin"}
    if goods.kinds & enough:
        return None
    return _lacks(goods, "export" if listed_it else "certificate_of_origin")


def other_stands_for_a_permit(goods: Goods) -> Difference | None:
    """A document of another kind stands in place of a permit only if an officer says so (Articles VI and VII)."""
    if not goods.other or goods.appendix is None or goods.unknown:
        return None
    return Difference(goods.at("documents"), "a document of a kind that the Convention knows", _has(goods))


def population_is_told(goods: Goods) -> Difference | None:
    """Where a listing is split and no document says which part is meant, taxon, country and source must tell.

    So of a taxon of which some populations are not listed at all; an officer decides.
    """
    if goods.lines or goods.unknown or goods.standing.certain or None not in goods.standing.appendices:
        return None
    expected = f"one listing for {goods.taxon} from {goods.country}"
    return Difference(goods.at("origin_country"), expected, str(goods.standing))


def is_not_cites(goods: Goods) -> Difference | None:
    """What its trader says is not CITES, and no listing names, needs no document (code Y900)."""
    if not goods.says_not_cites or goods.papers or goods.unknown or not goods.taxon:
        return None
    if goods.standing.known or not goods.facts.listings.whole:
        return None
    return Difference(goods.at("taxon"), None, f"{goods.taxon}: in no listing")


def source_is_of_the_kingdom(goods: Goods) -> Difference | None:
    """Plants are not of the sources C, F and R, nor animals of A and Y (Resolution Conf. 12.3, source codes)."""
    if goods.taxon is None:
        return None
    kingdom = goods.facts.listings.kingdom(goods.taxon)
    told = (("source", goods.source), ("underlying_source", goods.item.underlying_source))
    for field, code in told:
        if stranger(code, kingdom) is not None:
            fits = "a source of plants" if kingdom == PLANTS else "a source of animals"
            return Difference(goods.at(field), fits, f"{code}, for {goods.taxon}")
    return None


def _suspended(goods: Goods, concerned: Callable[[Suspension], bool]) -> Suspension | None:
    if goods.appendix is None:
        return None
    return next((one for one in goods.facts.suspensions if concerned(one) and _within(goods, one)), None)


def _within(goods: Goods, one: Suspension) -> bool:
    """Say whether a suspension in force is about these goods; what is not stated is not told apart."""
    held = all(day is None or day <= goods.day for day in (one.starts, one.known_from))
    held = held and (one.ends is None or goods.day <= one.ends)
    told = ((one.terms, goods.item.term), (one.sources, goods.source), (one.purposes, goods.purpose))
    fits = all(not codes or found is None or found in codes for codes, found in told)
    return held and fits and goods.facts.within(goods.taxon, one.taxon_key, goods.day)


def _about(one: Suspension) -> str:
    limits = "; ".join(", ".join(codes) for codes in (one.terms, one.sources, one.purposes) if codes)
    parts = [f"{one.taxon or 'all species'} of {one.country}", f"({limits})" if limits else ""]
    parts += [f"since {one.starts}" if one.starts else "", f"until {one.ends}" if one.ends else ""]
    return " ".join(part for part in parts if part)


def trade_is_not_suspended(goods: Goods) -> Difference | None:
    """Trade that the Parties recommend to suspend is not let through (Resolution Conf. 14.3)."""
    exporting, importing = goods.declaration.export_country, goods.declaration.import_country
    one = _suspended(goods, lambda s: s.country == exporting or (s.applies_to_import and s.country == importing))
    if one is None:
        return None
    return Difference(goods.at("taxon"), "trade that is not suspended", _about(one))


def origin_is_not_suspended(goods: Goods) -> Difference | None:
    """Where trade with the country of origin is suspended and the goods come by way of another, an officer decides."""
    if goods.country == goods.declaration.export_country:
        return None
    one = _suspended(goods, lambda s: s.country == goods.country)
    return None if one is None else Difference(goods.at("origin_country"), "trade that is not suspended", _about(one))


NOT_LISTED, KINGDOM = "not-CITES", "CITES-Conf-12.3-source"
RULES: tuple[Need, ...] = (
    Need("CITES-III-export-document", "block", one_has_an_export_document),
    Need("CITES-III.3-import-permit", "block", one_has_an_import_permit),
    Need("CITES-III.3(c)", "block", one_is_not_commercial),
    Need("CITES-IV-export-document", "block", two_has_an_export_document),
    Need("CITES-XIV.1-import-permit", "block", two_has_an_import_permit),
    Need("CITES-V-document", "block", three_has_its_document),
    Need("CITES-VII-other-document", "refer", other_stands_for_a_permit),
    Need("split-listing", "refer", population_is_told),
    Need(KINGDOM, "refer", source_is_of_the_kingdom),
    Need("CITES-Conf-14.3-suspension", "block", trade_is_not_suspended),
    Need("CITES-Conf-14.3-suspension-of-origin", "refer", origin_is_not_suspended),
    Need(NOT_LISTED, "note", is_not_cites),
)


def ask(goods: Goods) -> list[Finding]:
    """Put an item with its papers to each rule in turn and gather what they find."""
    found = []
    for rule in RULES:
        difference = rule.differs(goods)
        if difference is not None:
            found.append(_finding(rule, goods, difference))
    return found


def _finding(rule: Need, goods: Goods, difference: Difference) -> Finding:
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        pointer=difference.pointer,
        permit=_only_paper(goods),
        expected=difference.expected,
        found=difference.found,
        message=message(rule.sentence, rule.name, rule.severity, difference.expected, difference.found),
    )


def _only_paper(goods: Goods) -> CitedLine | None:
    """Name the document that an item cites, where it is one alone."""
    if len(goods.papers) != 1 or goods.unknown:
        return None
    [(permit, line)] = goods.papers
    return CitedLine(issuer=permit.terms.issuer, number=permit.terms.number, line=line.terms.line if line else None)
