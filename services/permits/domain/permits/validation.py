"""Is a paper as its kind demands before it is issued: how long it is valid, which boxes are filled, with what.

Each fault has its own code and place. Article VI; Resolution Conf. 12.3 (Rev. CoP19), annexes 1 and 2.
"""

import calendar
from collections.abc import Iterator
from datetime import date

from services.permits.domain.permits.line_overlap import overlaps
from services.permits.domain.reference.facts import NOTHING, Facts
from services.permits.domain.rules.item_context import EXPORTING
from services.permits.domain.rules.sources import stranger
from shared.cites.codes import ACCOMPANIED_SOURCES, IMPORT_SIDE_ONLY
from shared.cites.term_dimensions import DIMENSIONS
from shared.cites.units import UNITS
from shared.contracts.permit import Permit, PermitLine
from shared.problems import Fault, Invalid

MONTHS: dict[str, int] = {
    "export": 6,
    "re_export": 6,
    "sample_collection": 6,
    "import": 12,
    "certificate_of_origin": 12,
    "introduction_from_the_sea": 12,
    "travelling_exhibition": 36,
    "musical_instrument": 36,
    "personal_ownership": 36,
}
"""The longest validity of a kind, in months from its issue (Article VI.2; Resolution Conf. 12.3)."""


def later(day: date, months: int) -> date:
    """Answer the day so many months later; the month's last day where it has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def must_be_sane(terms: Permit, day: date, facts: Facts = NOTHING) -> None:
    """Refuse a paper that is not as its kind demands; `code` is that of the first fault, `errors` name all.

    `day` is the latest it is anywhere in the issuer's country; what the listing says of the taxa is in `facts`.
    """
    faults = tuple(faults_of(terms, day, facts))
    if faults:
        raise Invalid(faults[0].code, faults[0].detail, faults)


def faults_of(terms: Permit, day: date, facts: Facts = NOTHING) -> Iterator[Fault]:
    """Answer every fault of a paper."""
    yield from _issuer(terms)
    yield from _issue(terms, day)
    yield from _validity(terms)
    yield from _carnet(terms)
    for index, line in enumerate(terms.lines):
        place = f"/lines/{index}"
        yield from _sources(terms, line, place)
        yield from _kingdom(line, place, facts)
        yield from _boxes(terms, line, place)
        yield from _quota(line, place)
        yield from _unit(line, place)
    yield from overlaps(terms.lines, facts, day)


def _issuer(terms: Permit) -> Iterator[Fault]:
    """An import permit from another country than that of import would let it permit its own exports (Article III.3)."""
    side = "import" if terms.kind in IMPORT_SIDE_ONLY else "export" if terms.kind in EXPORTING else None
    country = {"import": terms.import_country, "export": terms.export_country}.get(side or "", terms.issuer)
    if terms.issuer != country:
        text = f"A document of kind {terms.kind} is issued by the country of {side}, {country}; not by {terms.issuer}."
        yield Fault("/issuer", f"issuer-not-of-{side}-country", text)


def _issue(terms: Permit, day: date) -> Iterator[Fault]:
    """A paper of before its registration is a usual one; one of a day that has not come is none yet (box 13)."""
    if terms.issued_on > day:
        text = f"A permit is issued on the day it is signed; in {terms.issuer} it is {day}."
        yield Fault("/issued_on", "issued-in-the-future", text)


def _validity(terms: Permit) -> Iterator[Fault]:
    place, months = "/valid_until", MONTHS.get(terms.kind)
    if terms.valid_until < terms.issued_on:
        yield Fault(place, "validity-before-issue", "A permit is valid at least on the day of its issue.")
    if months is not None and terms.valid_until > later(terms.issued_on, months):
        yield Fault(place, "validity-too-long", f"A permit of kind {terms.kind} is valid for at most {months} months.")


def _carnet(terms: Permit) -> Iterator[Fault]:
    """A sample collection is never valid longer than the carnet it travels with (Resolution Conf. 12.3, part XVI)."""
    if terms.carnet is None:
        return
    if terms.kind != "sample_collection":
        yield Fault("/carnet", "carnet-out-of-place", "A carnet goes with a sample collection only.")
    elif terms.valid_until > terms.carnet.valid_until:
        text = f"A sample collection is never valid longer than its carnet, which ends on {terms.carnet.valid_until}."
        yield Fault("/valid_until", "validity-past-carnet", text)


def _sources(terms: Permit, line: PermitLine, place: str) -> Iterator[Fault]:
    if line.source in ACCOMPANIED_SOURCES and line.underlying_source is None:
        text = f"Source {line.source} stands together with another code: name underlying_source."
        yield Fault(f"{place}/underlying_source", "underlying-source-missing", text)
    if terms.kind == "pre_convention" and line.source != "O":
        text = f"A pre-Convention certificate is for source O, with another code beside it; this is {line.source}."
        yield Fault(f"{place}/source", "source-not-pre-convention", text)


def _kingdom(line: PermitLine, place: str, facts: Facts) -> Iterator[Fault]:
    """Where the listing knows whether it is an animal or a plant, the source is one that it can have."""
    for name in ("source", "underlying_source"):
        text = stranger(getattr(line, name), facts.listings.kingdom(line.taxon))
        if text is not None:
            yield Fault(f"{place}/{name}", "source-not-of-kingdom", f"{line.taxon}: {text}")


def _boxes(terms: Permit, line: PermitLine, place: str) -> Iterator[Fault]:
    if terms.kind == "re_export":
        for name in ("origin_country", "origin_permit", "origin_date"):
            if getattr(line, name) is None:
                text = "A re-export certificate names the country of origin, its permit and its date (box 12)."
                yield Fault(f"{place}/{name}", f"{name.replace('_', '-')}-missing", text)
    if terms.kind == "pre_convention" and line.acquired_on is None:
        text = "A pre-Convention certificate states the date of acquisition (box 12b): acquired_on."
        yield Fault(f"{place}/acquired_on", "acquisition-date-missing", text)
    for name in ("origin_date", "last_export_date", "acquired_on"):
        day = getattr(line, name)
        if day is not None and day > terms.issued_on:
            text = f"What the paper rests on is not later than its own issue on {terms.issued_on}."
            yield Fault(f"{place}/{name}", "date-after-issue", text)


def _quota(line: PermitLine, place: str) -> Iterator[Fault]:
    used, quota = line.quota_used, line.annual_quota
    if (used is None) != (quota is None):
        name = "quota_used" if used is None else "annual_quota"
        text = "Box 11a shows both: what was exported this year, this permit included, and the year's quota."
        yield Fault(f"{place}/{name}", "quota-incomplete", text)
    if used is not None and quota is not None and used > quota:
        yield Fault(f"{place}/quota_used", "quota-exceeded", "More than the year's quota would be exported (box 11a).")
    if used is not None and used < line.quantity:
        text = "Box 11a counts what was exported this year with this permit included: no less than its own quantity."
        yield Fault(f"{place}/quota_used", "quota-used-too-low", text)


def _unit(line: PermitLine, place: str) -> Iterator[Fault]:
    known = DIMENSIONS.get(line.term)
    if known is not None and UNITS[line.unit][0] not in known:
        text = f"{line.term} is stated by {' or '.join(sorted(known))}; {line.unit} is no unit of that."
        yield Fault(f"{place}/unit", "unit-not-of-term", text)
