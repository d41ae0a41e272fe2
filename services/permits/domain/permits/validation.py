"""Validation of a permit's content before its issue: validity, boxes and their values, by permit kind.

Each fault has its own code and place. Source: Article VI; Resolution Conf. 12.3 (Rev. CoP19), annexes 1 and 2.
"""

import calendar
from collections.abc import Iterator
from datetime import date

from services.permits.domain.model.previous_documents import find_reason
from services.permits.domain.permits.line_overlap import overlap_faults
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.rules.certificate_scope import Misfit, find_misfits
from services.permits.domain.rules.issuing_country import expected_issuer, issuing_side
from services.permits.domain.rules.sources import source_mismatch
from services.permits.domain.units import is_fraction_of_specimen
from shared.cites.annotations import Specimen
from shared.cites.codes import ACCOMPANIED_SOURCES
from shared.contracts.closed_sets import Appendix, PermitKind
from shared.contracts.permit import Permit, PermitLine
from shared.contracts.quantities import format_quantity
from shared.problems import Fault, Invalid

_OR_REASON = ", or the reason why it is not known as `origin_reason`"
VALIDITY_MONTHS: dict[str, int] = {
    PermitKind.EXPORT: 6,
    PermitKind.RE_EXPORT: 6,
    PermitKind.SAMPLE_COLLECTION: 6,
    PermitKind.IMPORT: 12,
    PermitKind.CERTIFICATE_OF_ORIGIN: 12,
    PermitKind.INTRODUCTION_FROM_THE_SEA: 12,
    PermitKind.TRAVELLING_EXHIBITION: 36,
    PermitKind.MUSICAL_INSTRUMENT: 36,
    PermitKind.PERSONAL_OWNERSHIP: 36,
}
"""The longest validity of a permit kind, in months from the issue (Article VI.2; Resolution Conf. 12.3)."""


def add_months(day: date, months: int) -> date:
    """Return the day this number of months later; the last day of the month if it has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def validate_permit(content: Permit, day: date, facts: Facts = NO_FACTS) -> None:
    """Raise Invalid with all faults of a permit's content; its code is that of the first fault.

    `day` is the day in the first time zone of the issuer's country. `facts` contains the listings of the taxa.
    """
    faults = tuple(list_faults(content, day, facts))
    if faults:
        raise Invalid(faults[0].code, faults[0].detail, faults)


def list_faults(content: Permit, day: date, facts: Facts = NO_FACTS) -> Iterator[Fault]:
    """Yield every fault of a permit's content. The arguments are those of `validate_permit`."""
    yield from _issuer_faults(content)
    yield from _issue_date_faults(content, day)
    yield from _validity_faults(content)
    yield from _carnet_faults(content)
    yield from _retrospective_faults(content, facts)
    for index, line in enumerate(content.lines):
        pointer = f"/lines/{index}"
        yield from _source_faults(line, pointer)
        yield from _kingdom_faults(line, pointer, facts)
        yield from _box_faults(content, line, pointer)
        yield from _quota_faults(line, pointer)
        yield from _quantity_faults(line, pointer)
    yield from _scope_faults(content, facts)
    yield from overlap_faults(content.lines, facts, day)


def _issuer_faults(content: Permit) -> Iterator[Fault]:
    """Yield a fault if the issuer is not the country whose authority issues permits of this kind.

    Otherwise the country of export could issue the import permit for its own exports, and a third country the
    certificate that replaces an export permit.
    """
    side, country = issuing_side(content), expected_issuer(content)
    if side is not None and content.issuer != country:
        text = (
            f"The country of {side}, {country}, issues a permit of kind {content.kind}. `issuer` is "
            f"{content.issuer}. Correct `issuer`, the country or the kind."
        )
        yield Fault("/issuer", f"issuer-not-of-{side}-country", text)


def _issue_date_faults(content: Permit, day: date) -> Iterator[Fault]:
    """Yield a fault if the day of issue is in the future (box 13). Registration after the day of issue is usual."""
    if content.issued_on > day:
        text = (
            f"The date of issue, {content.issued_on}, is in the future: in {content.issuer} it is "
            f"{day}. Correct `issued_on`."
        )
        yield Fault("/issued_on", "issued-in-the-future", text)


def _validity_faults(content: Permit) -> Iterator[Fault]:
    pointer, months = "/valid_until", VALIDITY_MONTHS.get(content.kind)
    if content.valid_until < content.issued_on:
        yield Fault(
            pointer,
            "validity-before-issue",
            f"The permit ends on {content.valid_until}, before its issue on {content.issued_on}. "
            "Correct one of the two dates.",
        )
    if months is not None and content.valid_until > add_months(content.issued_on, months):
        yield Fault(
            pointer,
            "validity-too-long",
            f"A permit of kind {content.kind} is valid for at most {months} months. Expected: "
            f"{add_months(content.issued_on, months)} or earlier. Found: {content.valid_until}.",
        )


def _carnet_faults(content: Permit) -> Iterator[Fault]:
    """Yield a fault if a sample collection is valid longer than its carnet (Resolution Conf. 12.3, part XVI)."""
    if content.carnet is None:
        return
    if content.kind != PermitKind.SAMPLE_COLLECTION:
        yield Fault(
            "/carnet",
            "carnet-out-of-place",
            f"Only a sample collection certificate names a carnet. This kind is {content.kind}. Leave out `carnet`.",
        )
    elif content.valid_until > content.carnet.valid_until:
        end = content.carnet.valid_until
        text = f"The carnet ends on {end}. The certificate ends on {content.valid_until}. Send {end} or earlier."
        yield Fault("/valid_until", "validity-past-carnet", text)


def _retrospective_faults(content: Permit, facts: Facts) -> Iterator[Fault]:
    """Yield the faults of an issue after the goods left (Resolution Conf. 12.3, part XIII).

    The exceptions of the Resolution are for specimens of Appendices II and III, and for those that count so.
    """
    if not content.retrospective:
        if content.retrospective_reason is not None:
            text = (
                "`retrospective_reason` is only for a permit with `retrospective`. Send true, or leave out the reason."
            )
            yield Fault("/retrospective_reason", "retrospective-reason-alone", text)
        return
    for index, line in enumerate(content.lines):
        specimen = Specimen(
            term=line.term,
            purpose=content.purpose,
            source=line.source,
            underlying_source=line.underlying_source,
            export_country=content.export_country,
            import_country=content.import_country,
        )
        if facts.listings.effective_appendix(line.taxon, line.appendix, specimen) == Appendix.I:
            text = (
                f"A permit for a specimen of Appendix I is never issued after the goods left. Line {line.line} is for "
                f"{line.taxon}. Leave out the line, or correct `retrospective`."
            )
            yield Fault(f"/lines/{index}/appendix", "retrospective-appendix-one", text)


def _source_faults(line: PermitLine, pointer: str) -> Iterator[Fault]:
    if line.source in ACCOMPANIED_SOURCES and line.underlying_source is None:
        text = f"Source {line.source} needs a second source code. Send it as `underlying_source`, such as W."
        yield Fault(f"{pointer}/underlying_source", "underlying-source-missing", text)


def _kingdom_faults(line: PermitLine, pointer: str, facts: Facts) -> Iterator[Fault]:
    """Yield a fault if the source is not one of the taxon's kingdom, where the listing knows the kingdom."""
    for name in ("source", "underlying_source"):
        text = source_mismatch(getattr(line, name), facts.listings.kingdom(line.taxon))
        if text is not None:
            yield Fault(f"{pointer}/{name}", "source-not-of-kingdom", f"{line.taxon}: {text}")


def _scope_faults(content: Permit, facts: Facts) -> Iterator[Fault]:
    """Yield a fault for each value that the kind of the permit excludes. A field of the permit has one fault."""
    stated: set[tuple[str, str]] = set()
    for index, line in enumerate(content.lines):
        for misfit in find_misfits(content, line, line.taxon, facts):
            pointer = f"/{misfit.field}" if misfit.is_of_permit else f"/lines/{index}/{misfit.field}"
            if (
                misfit.is_certain
                and (pointer, misfit.code) not in stated
                and not _has_date_fault(content, line, misfit)
            ):
                stated.add((pointer, misfit.code))
                yield Fault(pointer, *_scope_code_and_text(content.kind, misfit))


def _has_date_fault(content: Permit, line: PermitLine, misfit: Misfit) -> bool:
    """Return whether the acquisition is after the issue, which has a fault of its own."""
    return misfit.field == "acquired_on" and line.acquired_on is not None and line.acquired_on > content.issued_on


def _scope_code_and_text(kind: str, misfit: Misfit) -> tuple[str, str]:
    """Return the code and the text of a misfit. The pre-Convention certificate has a code of its own for its source."""
    if kind == PermitKind.PRE_CONVENTION and misfit.field == "source":
        text = f"A pre-Convention certificate has source O. This line has {misfit.found}. Send O, and "
        return "source-not-pre-convention", f"{text}{misfit.found} as `underlying_source`."
    text = (
        f"A document of kind {kind} does not cover these goods ({misfit.law}). Expected as `{misfit.field}`: "
        f"{misfit.expected}. Found: {misfit.found}. Correct it, or issue the document that these goods need."
    )
    return misfit.code, text


def _box_faults(content: Permit, line: PermitLine, pointer: str) -> Iterator[Fault]:
    if content.kind == PermitKind.RE_EXPORT:
        names = ("origin_country", "origin_permit", "origin_date")
        for name in names if find_reason(content, line) is None else names[:1]:
            if getattr(line, name) is None:
                text = (
                    "A re-export certificate names the country of origin, its permit and its date "
                    f"(box 12). Send `{name}`{_OR_REASON if name != 'origin_country' else ''}."
                )
                yield Fault(f"{pointer}/{name}", f"{name.replace('_', '-')}-missing", text)
    if content.kind == PermitKind.PRE_CONVENTION and line.acquired_on is None:
        text = "A pre-Convention certificate states the date of acquisition (box 12b). Send it as `acquired_on`."
        yield Fault(f"{pointer}/acquired_on", "acquisition-date-missing", text)
    for name in ("origin_date", "last_export_date", "acquired_on"):
        day = getattr(line, name)
        if day is not None and day > content.issued_on:
            text = f"The date {day} is later than the issue of the permit, {content.issued_on}. Correct one of the two."
            yield Fault(f"{pointer}/{name}", "date-after-issue", text)


def _quota_faults(line: PermitLine, pointer: str) -> Iterator[Fault]:
    used, quota = line.quota_used, line.annual_quota
    if (used is None) != (quota is None):
        name = "quota_used" if used is None else "annual_quota"
        text = f"Box 11a needs both `quota_used` and `annual_quota`. `{name}` is missing. Send both, or neither."
        yield Fault(f"{pointer}/{name}", "quota-incomplete", text)
    if used is not None and quota is not None and used > quota:
        yield Fault(
            f"{pointer}/quota_used",
            "quota-exceeded",
            f"`quota_used` is {format_quantity(used)}, above the annual quota of "
            f"{format_quantity(quota)} (box 11a). Grant no more than is left.",
        )
    if used is not None and used < line.quantity:
        needed = format_quantity(line.quantity)
        text = (
            f"`quota_used` is {format_quantity(used)} and the line has {needed}. `quota_used` "
            f"includes this permit (box 11a): send at least {needed}."
        )
        yield Fault(f"{pointer}/quota_used", "quota-used-too-low", text)


def _quantity_faults(line: PermitLine, pointer: str) -> Iterator[Fault]:
    if is_fraction_of_specimen(line.quantity, line.unit):
        found = f"{format_quantity(line.quantity)} {line.unit}"
        text = f"Expected a whole number of specimens (box 11). Found: {found}. Correct the quantity or the unit."
        yield Fault(f"{pointer}/quantity", "quantity-not-whole", text)
