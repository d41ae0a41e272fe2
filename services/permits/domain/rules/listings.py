"""Rules that compare a permit line with the species listing and the quotas (boxes 10 and 11a)."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from services.permits.domain.reference import names
from services.permits.domain.reference.listing_lookup import OF_THE_TAXON
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.reference.listings import STRICTNESS
from services.permits.domain.rules.annotations import FOR_WILD_SPECIMENS, LIMITED_IN_APPENDIX_ONE
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.item_context import EXEMPTING_KINDS
from services.permits.domain.rules.matching import line_origin_country
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.cites.annotations import QUOTA_EFFECTS, Annotation, Effect, load_annotations, possible_decisions
from shared.contracts.closed_sets import Appendix, Severity
from shared.contracts.quantities import format_quantity

NEARLY_THE_SAME = 0.93
"""The share of characters that a misspelt name has in common with the right one: all but one or two."""


def _appendix_agrees(context: CitationContext, listing_status: ListingStatus) -> bool:
    """Return whether the line's Appendix is possible by the listing.

    Appendix II agrees with Appendix I for specimens that count as Appendix II, such as those of source D.
    """
    appendix = context.line.content.appendix
    if appendix in listing_status.appendices:
        return True
    specimen, name, known = context.specimen, context.name_to_look_up, context.facts.listings
    return appendix in {known.effective_appendix(name, one, specimen) for one in listing_status.appendices}


def describe_annotation(status: ListingStatus) -> str | None:
    """Return the annotation that decided about a specimen, with its source; None if none did."""
    row = status.annotation
    return f"annotation of {row.source}: {row.text}" if row is not None else None


@rule(
    "CITES-box-10-appendix",
    Severity.REFER,
    remedy="Ask the issuing authority to correct the permit, or wait for the decision of customs.",
    officer_remedy="Customs asks the issuing authority about the Appendix, then overrides the finding with a reason "
    "or refuses the goods.",
)
def appendix_at_issue(context: CitationContext) -> Discrepancy | None:
    """The Appendix on the permit must be the one in force on its day of issue (box 10).

    Source: Resolution Conf. 12.3.
    """
    listing_status = context.listing_status_on(context.permit.content.issued_on)
    if not listing_status.known or _appendix_agrees(context, listing_status):
        return None
    issued = context.permit.content.issued_on
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"{listing_status.dated} on {issued}",
        found=f"Appendix {context.line.content.appendix}",
        note=describe_annotation(listing_status),
    )


def _appendix_change(context: CitationContext) -> tuple[ListingStatus, int] | None:
    """Return the listing status on the day of the check if it changed, and by how much it is stricter.

    The difference is in steps of `STRICTNESS`; None means that the Appendix of the permit still agrees or was wrong.
    """
    today = context.listing_status
    if not today.known or _appendix_agrees(context, today) or appendix_at_issue.find_discrepancy(context) is not None:
        return None
    return today, _strictness(today) - STRICTNESS[context.line.content.appendix]


def _strictness(listing_status: ListingStatus) -> int:
    return max(STRICTNESS[one] for one in listing_status.appendices)


@rule(
    "CITES-XV-appendix-today",
    Severity.REFER,
    remedy="Ask the issuing authority for a permit for the Appendix of today, or wait for the decision of customs.",
    officer_remedy="Customs decides whether the permit still covers the goods: it overrides the finding with a "
    "reason or refuses the goods.",
)
def appendix_today(context: CitationContext) -> Discrepancy | None:
    """The Appendix must not have become stricter since the permit was issued (Article XV)."""
    change = _appendix_change(context)
    if change is None or change[1] <= 0:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"{change[0].dated} today",
        found=f"Appendix {context.line.content.appendix} at issue",
    )


@rule("CITES-XV-appendix-since", Severity.NOTE)
def appendix_since(context: CitationContext) -> Discrepancy | None:
    """The Appendix became less strict since the permit was issued; the permit covers the goods (Article XV)."""
    change = _appendix_change(context)
    if change is None or change[1] > 0:
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"{change[0].dated} today",
        found=f"Appendix {context.line.content.appendix} at issue",
    )


@rule(
    "CITES-box-10-population",
    Severity.REFER,
    remedy="Wait for the decision of customs, or ask the issuing authority for a permit of the stricter Appendix.",
    officer_remedy="Customs finds out which population the goods are from, then overrides the finding with a reason "
    "or refuses the goods.",
)
def population_is_of_the_appendix(context: CitationContext) -> Discrepancy | None:
    """The population of the goods must be in the Appendix of the permit (box 10).

    The listing of the taxon is split and does not state the countries of its populations, so an officer decides.
    """
    today = _unclear_listing(context)
    if today is None or today.match is None or today.match.kind not in OF_THE_TAXON:
        return None
    if all(part.is_range_known for part in today.match.parts) or _replaces_permits_of_any_appendix(context):
        return None
    line_content = context.line.content
    expected = f"one listing for {context.name_to_look_up} from {line_origin_country(context.permit, context.line)}"
    found = f"{today.dated}; line {line_content.line}: Appendix {line_content.appendix}"
    return Discrepancy(pointer=context.pointer("origin_country"), expected=expected, found=found)


def _replaces_permits_of_any_appendix(context: CitationContext) -> bool:
    return context.permit.content.kind in EXEMPTING_KINDS - LIMITED_IN_APPENDIX_ONE


def _unclear_listing(context: CitationContext) -> ListingStatus | None:
    """Return the listing of the day if it leaves an Appendix possible that is stricter than that of the line.

    None means that the listing is clear, or that the cause has another finding: an annotation, or a wrong Appendix.
    """
    today = context.listing_status
    if not today.known or today.is_certain or today.is_open:
        return None
    specimen, name, known = context.specimen, context.name_to_look_up, context.facts.listings
    strictest = max(STRICTNESS[known.effective_appendix(name, one, specimen)] for one in today.appendices)
    if strictest <= STRICTNESS[context.line.content.appendix] or not _appendix_agrees(context, today):
        return None
    return today if appendix_at_issue.find_discrepancy(context) is None else None


@rule(
    "CITES-Conf-11.21-higher-taxon",
    Severity.REFER,
    remedy="State the species in a new version, or wait for the decision of customs.",
    officer_remedy="Customs finds out the species, and whether its annotation applies to the goods. It overrides the "
    "finding with a reason or refuses the goods.",
)
def species_has_no_annotation(context: CitationContext) -> Discrepancy | None:
    """A line for a higher taxon must leave no doubt about its species (Resolution Conf. 11.21).

    Permit and declaration both name a genus, a family or an order, such as `Cuora spp.` or `Elephantidae spp.`

    A name that no list has may also be a misspelt one, such as `Loxodonta africanna`.
    """
    row = next((one for name in _annotated_below(context) if (one := _doubtful_annotation(context, name))), None)
    if row is None:
        return None
    specimen = context.specimen
    country = line_origin_country(context.permit, context.line)
    return Discrepancy(
        pointer=context.pointer("taxon"),
        expected=f"a species of {context.line.content.taxon} ({row.text}, {row.source})",
        found=f"{context.item.taxon or context.line.content.taxon}, term {specimen.term}, source {specimen.source}, "
        f"from {country}",
    )


def _annotated_below(context: CitationContext) -> Iterable[str]:
    """Return the annotated animals that line and item may both mean; none if one of them names another species."""
    below = context.facts.listings.annotation_table.animals_by_higher_taxon
    line_key = names.key(context.line.content.taxon)
    if " " in line_key:
        return _nearly_named(context, line_key)
    animals, declared = below.get(line_key, ()), context.item.taxon
    if not animals or declared is None or (declared_key := names.key(declared)) == line_key:
        return animals
    return frozenset(animals).intersection(below.get(declared_key, ()))


def _nearly_named(context: CitationContext, line_key: str) -> Iterable[str]:
    """Return the annotated animals that a misspelt name may mean; none if a list has the name."""
    near = _find_near_names(line_key)
    return near if near and not context.facts.listings.is_identified(context.name_to_look_up, context.day) else ()


@lru_cache(10_000)
def _find_near_names(key: str) -> tuple[str, ...]:
    """Return the annotated animals with almost this name; none if it is the name of one, or of a subspecies of one."""
    animals = load_annotations().animals
    if not animals.keys().isdisjoint(names.candidate_keys(key)):
        return ()
    return tuple(get_close_matches(key, (name for name in animals if " " in name), cutoff=NEARLY_THE_SAME))


def _doubtful_annotation(context: CitationContext, species: str) -> Annotation | None:
    """Return an annotation of a species that may forbid or restrict the goods; None if there is none.

    It leaves specimens in Appendix I although the line states another, or it sets a quota of zero.
    """
    kind, specimen = context.permit.content.kind, context.specimen
    country = line_origin_country(context.permit, context.line)
    all_rows = [
        row for row in context.facts.listings.annotation_table.animals[species] if row.is_in_force_on(context.day)
    ]
    rows = [row for row in all_rows if row.countries.fits(country) is True]
    if kind not in EXEMPTING_KINDS - FOR_WILD_SPECIMENS:
        quotas = possible_decisions((row for row in rows if row.effect in QUOTA_EFFECTS), specimen)
        if quotas:
            return next(iter(quotas.values()))
    if context.line.content.appendix == Appendix.I or _replaces_permits_of_any_appendix(context):
        return None
    stated = [row for row in all_rows if row.effect not in QUOTA_EFFECTS]
    decisions = possible_decisions((row for row in rows if row.effect not in QUOTA_EFFECTS), specimen)
    if not stated or decisions.keys() == {Effect.APPENDIX_II}:
        return None
    # Without a row for the country, its population may be in Appendix I without any annotation.
    return next((row for effect, row in decisions.items() if effect is not Effect.APPENDIX_II), stated[-1])


@rule("listing-silent", Severity.NOTE)
def is_listed(context: CitationContext) -> Discrepancy | None:
    """The listing gives no clear Appendix for the taxon; the Appendix of the permit counts (box 10).

    The listing is also unclear where it leaves an Appendix possible that is stricter than that of the permit.
    """
    line_content, name = context.line.content, context.name_to_look_up
    found = f"line {line_content.line}: Appendix {line_content.appendix}"
    if not context.facts.listing_status(name, context.day, None).known:
        if species_has_no_annotation.find_discrepancy(context) is not None:
            return None
        return Discrepancy(pointer=context.pointer("taxon"), expected=f"a listing of {line_content.taxon}", found=found)
    today = _unclear_listing(context)
    if today is None or any(one.find_discrepancy(context) is not None for one in CAUSES_OF_UNCLEAR_LISTING):
        return None
    return Discrepancy(
        pointer=context.pointer("taxon"), expected=f"one listing of {name}", found=f"{today.dated}; {found}"
    )


CAUSES_OF_UNCLEAR_LISTING: tuple[Rule[CitationContext], ...] = (
    population_is_of_the_appendix,
    species_has_no_annotation,
)
"""Rules with a finding of their own about an unclear listing. The note would repeat it."""


@rule("CITES-box-7-synonym", Severity.NOTE)
def name_is_synonym(context: CitationContext) -> Discrepancy | None:
    """The declared name is a synonym of the name on the permit (box 7)."""
    permit_name, declared_name = context.line.content.taxon, context.item.taxon
    if (
        declared_name is None
        or names.key(permit_name) == names.key(declared_name)
        or not context.facts.is_same_taxon(permit_name, declared_name, context.day)
    ):
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=permit_name, found=declared_name)


@rule(
    "CITES-Conf-14.7-quota",
    Severity.BLOCK,
    remedy="Ask the issuing authority about the quota. It corrects the permits of the year if they are wrong.",
    officer_remedy="The issuing authority corrects the permits of the year, or customs overrides the finding with a "
    "reason.",
)
def quota_is_not_exceeded(context: CitationContext) -> Discrepancy | None:
    """The permits of the year must not exceed the annual quota (Resolution Conf. 14.7, box 11a)."""
    for usage in context.facts.quota_usages.get((context.permit.id, context.line.content.line), ()):
        if usage.total > usage.amount:
            span = f"{usage.taxon}, {usage.starts} to {usage.ends}"
            expected = f"at most {format_quantity(usage.amount)} {usage.unit} ({span})"
            return Discrepancy(
                pointer=context.document_pointer("number"),
                expected=expected,
                found=f"{format_quantity(usage.total)} {usage.unit} with this document",
            )
    return None


RULES: tuple[Rule[CitationContext], ...] = (
    appendix_at_issue,
    appendix_today,
    appendix_since,
    population_is_of_the_appendix,
    species_has_no_annotation,
    is_listed,
    name_is_synonym,
    quota_is_not_exceeded,
)
