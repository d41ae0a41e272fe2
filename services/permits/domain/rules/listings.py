"""Rules that compare a permit line with the species listing and the quotas (boxes 10 and 11a)."""

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import STRICTNESS, ListingStatus
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.matching import line_origin_country
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.cites.annotations import Specimen
from shared.contracts.closed_sets import Severity
from shared.contracts.quantities import format_quantity


def _listing_status(context: CitationContext, *, at_issue: bool) -> ListingStatus:
    """Return the listing status on the day of issue or of the check; of the declared taxon if the line's is higher."""
    permit, name = context.permit.content, _name_to_look_up(context)
    day = permit.issued_on if at_issue else context.day
    origin = line_origin_country(context.permit, context.line)
    specimen = _specimen_of_line(context) if context.facts.listings.is_annotated(name) else None
    return context.facts.listing_status(name, day, origin, specimen=specimen)


def _specimen_of_line(context: CitationContext) -> Specimen:
    permit, line = context.permit.content, context.line.content
    return Specimen(
        term=line.term,
        purpose=permit.purpose or context.item.purpose,
        source=line.source,
        underlying_source=line.underlying_source,
        export_country=permit.export_country,
        import_country=permit.import_country,
    )


def _name_to_look_up(context: CitationContext) -> str:
    return context.facts.name_to_look_up(context.line.content.taxon, context.item.taxon, context.day)


def _appendix_agrees(context: CitationContext, listing_status: ListingStatus) -> bool:
    """Return whether the line's Appendix is possible by the listing.

    Appendix II agrees with Appendix I for specimens that count as Appendix II, such as those of source D.
    """
    appendix = context.line.content.appendix
    if appendix in listing_status.appendices:
        return True
    specimen, name, known = _specimen_of_line(context), _name_to_look_up(context), context.facts.listings
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
    listing_status = _listing_status(context, at_issue=True)
    if not listing_status.known or _appendix_agrees(context, listing_status):
        return None
    issued = context.permit.content.issued_on
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected=f"{listing_status} on {issued}",
        found=f"Appendix {context.line.content.appendix}",
        note=describe_annotation(listing_status),
    )


def _appendix_change(context: CitationContext) -> tuple[ListingStatus, int] | None:
    """Return the listing status on the day of the check if it changed, and by how much it is stricter.

    The difference is in steps of `STRICTNESS`; None means that the Appendix of the permit still agrees or was wrong.
    """
    today = _listing_status(context, at_issue=False)
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
        expected=f"{change[0]} today",
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
        expected=f"{change[0]} today",
        found=f"Appendix {context.line.content.appendix} at issue",
    )


@rule("listing-silent", Severity.NOTE)
def is_listed(context: CitationContext) -> Discrepancy | None:
    """The listing gives no clear Appendix for the taxon; the Appendix of the permit counts (box 10).

    The listing is also unclear where a line is for a higher taxon and the declared one may be in a stricter Appendix.
    """
    line_content, name = context.line.content, _name_to_look_up(context)
    found = f"line {line_content.line}: Appendix {line_content.appendix}"
    if not context.facts.listing_status(name, context.day, None).known:
        return Discrepancy(pointer=context.pointer("taxon"), expected=f"a listing of {line_content.taxon}", found=found)
    today = _listing_status(context, at_issue=False)
    if name == line_content.taxon or today.is_certain or _strictness(today) <= STRICTNESS[line_content.appendix]:
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=f"one listing of {name}", found=f"{today}; {found}")


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
    is_listed,
    name_is_synonym,
    quota_is_not_exceeded,
)
