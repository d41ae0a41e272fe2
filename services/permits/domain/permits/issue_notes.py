"""Notes at issue: taxa and Appendices, compared with the listing of the day of issue, and units of terms.

A note does not prevent the issue. A check compares the same values when a trader cites the permit (boxes 10 and 11).
"""

from collections.abc import Iterator
from itertools import islice

from services.permits.domain.lifecycle import USABLE
from services.permits.domain.model.issue_notes import IssueNotes
from services.permits.domain.model.permits import PermitKey
from services.permits.domain.model.previous_documents import previous_document
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.rules.listings import describe_annotation
from services.permits.domain.rules.re_exported_quantities import Excess, find_excess, goods_of, sum_by_kind
from services.permits.domain.rules.registered_operations import is_outside_appendix_one, lacks_operation
from services.permits.domain.units import is_unit_of_term, units_of_term
from shared.cites.annotations import Specimen
from shared.contracts.closed_sets import MatchKind, PermitKind
from shared.contracts.issue_notes import IssueNote, IssueNoteCode
from shared.contracts.permit import Permit, PermitLine
from shared.limits import Limit, LimitSubject

ISSUE_NOTES = Limit(
    20,
    "notes",
    subject=LimitSubject.PERMITS,
    meaning="Notes about a permit at issue",
    beyond="The response has the first ones, and the number of the rest in the field notes_omitted.",
)


def list_issue_notes(content: Permit, facts: Facts) -> IssueNotes:
    """Return the notes about a new permit. `facts` contains the listings of its taxa."""
    found = _find_notes(content, facts)
    return IssueNotes(notes=tuple(islice(found, ISSUE_NOTES)), omitted=sum(1 for _ in found))


def _find_notes(content: Permit, facts: Facts) -> Iterator[IssueNote]:
    for index, line in enumerate(content.lines):
        origin, specimen = line.origin_country or content.export_country, _specimen(content, line)
        status = facts.listing_status(line.taxon, content.issued_on, origin, specimen=specimen)
        yield from _line_notes(content, line, f"/lines/{index}", status, facts)
        yield from _unit_notes(line, f"/lines/{index}/unit")
        yield from _source_d_notes(line, f"/lines/{index}", status, facts)
    if content.kind == PermitKind.RE_EXPORT:
        yield from _re_export_notes(content, facts)


def _specimen(content: Permit, line: PermitLine) -> Specimen:
    return Specimen(
        term=line.term,
        purpose=content.purpose,
        source=line.source,
        underlying_source=line.underlying_source,
        export_country=content.export_country,
        import_country=content.import_country,
    )


def _line_notes(
    content: Permit, line: PermitLine, pointer: str, status: ListingStatus, facts: Facts
) -> Iterator[IssueNote]:
    day, origin = content.issued_on, line.origin_country or content.export_country
    if not status.known or status.appendices == {None}:
        yield IssueNote(
            code=IssueNoteCode.TAXON_NOT_LISTED,
            pointer=f"{pointer}/taxon",
            expected=f"a taxon that a listing has on {day}",
            found=line.taxon,
            detail=f"No listing of the hub has {line.taxon} from {origin} in an Appendix on {day}."
            f"{facts.listings.suggestion(line.taxon)} Compare the name with the Appendices. Replace the permit if the "
            "name is wrong.",
        )
        return
    if status.match is not None and status.match.kind is MatchKind.SYNONYM:
        accepted = status.match.listing.name
        yield IssueNote(
            code=IssueNoteCode.TAXON_IS_SYNONYM,
            pointer=f"{pointer}/taxon",
            expected=accepted,
            found=line.taxon,
            detail=f"{line.taxon} is a synonym. The accepted name of the listing is {accepted}. The permit covers "
            "goods of both names.",
        )
    if not _appendix_agrees(content, line, status, facts):
        annotation = describe_annotation(status)
        reason = f" The {annotation}." if annotation is not None else ""
        yield IssueNote(
            code=IssueNoteCode.APPENDIX_DIFFERS,
            pointer=f"{pointer}/appendix",
            expected=str(status),
            found=f"Appendix {line.appendix}",
            detail=f"On {day} the listing has {line.taxon} from {origin} in: {status}. The line states Appendix "
            f"{line.appendix}.{reason} Replace the permit if its Appendix is wrong, else customs asks about it.",
        )


def _unit_notes(line: PermitLine, pointer: str) -> Iterator[IssueNote]:
    """Yield a note if the guidelines for annual reports state the term in other units (Resolution Conf. 11.17)."""
    if not is_unit_of_term(line.unit, line.term):
        expected = ", ".join(units_of_term(line.term))
        yield IssueNote(
            code=IssueNoteCode.UNIT_NOT_PREFERRED,
            pointer=pointer,
            expected=expected,
            found=line.unit,
            detail=f"The guidelines for annual reports state {line.term} in: {expected}. The line states {line.unit}. "
            "Declarations state the same unit, else an officer converts the quantity.",
        )


def _source_d_notes(line: PermitLine, pointer: str, status: ListingStatus, facts: Facts) -> Iterator[IssueNote]:
    """Yield a note if source D names no registered operation, or is of specimens outside Appendix I (Conf. 12.10)."""
    if lacks_operation(line, facts.listings.kingdom(line.taxon)):
        yield IssueNote(
            code=IssueNoteCode.OPERATION_MISSING,
            pointer=f"{pointer}/registered_operation",
            expected="the number of a registered operation",
            found="none",
            detail="Animals of source D come from an operation in the register of the Secretariat (box 12b). Replace "
            "the permit and send `registered_operation`, else customs asks about it.",
        )
    if is_outside_appendix_one(line, status):
        yield IssueNote(
            code=IssueNoteCode.SOURCE_D_NOT_APPENDIX_ONE,
            pointer=f"{pointer}/source",
            expected="specimens of Appendix I",
            found=f"source D, Appendix {line.appendix}",
            detail="Source D is of specimens of Appendix I (Article VII.4). Replace the permit if the source is wrong, "
            "else customs asks about it.",
        )


def _re_export_notes(content: Permit, facts: Facts) -> Iterator[IssueNote]:
    """Yield a note for each line that grants more than came in under its previous document (box 12a, else 12).

    The other lines that name the document count, and what other certificates took of it.
    """
    by_document: dict[PermitKey, list[tuple[int, PermitLine]]] = {}
    for index, line in enumerate(content.lines):
        named = previous_document(content, line)
        if named is not None and named.key in facts.previous_permits:
            by_document.setdefault(named.key, []).append((index, line))
    for key, lines in by_document.items():
        previous = facts.previous_permits[key]
        if previous.status not in USABLE or previous.is_for_many_crossings:
            continue
        granted = tuple(sum_by_kind(goods_of(line, line.quantity) for _, line in lines))
        for own in granted:
            others = (*(one for one in granted if one is not own), *facts.re_exported.get(key, ()))
            excess = find_excess(previous, own, others, facts, content.issued_on)
            for index, line in lines if excess is not None else ():
                if excess is not None and goods_of(line, own.quantity) == own:
                    yield _excess_note(f"/lines/{index}/quantity", excess, previous.content)


def _excess_note(pointer: str, excess: Excess, previous: Permit) -> IssueNote:
    return IssueNote(
        code=IssueNoteCode.MORE_THAN_CAME_IN,
        pointer=pointer,
        expected=excess.expected,
        found=excess.found,
        detail=f"The hub knows what came in under {previous.number} of {previous.issuer}: {excess.expected}. This "
        f"certificate and those that were used re-export {excess.found}. Replace the permit if its quantity is wrong, "
        "else customs asks about it.",
    )


def _appendix_agrees(content: Permit, line: PermitLine, status: ListingStatus, facts: Facts) -> bool:
    """Return whether the line states a possible Appendix, or the one that its specimens count as (Article VII.4)."""
    if line.appendix in status.appendices:
        return True
    specimen, known = _specimen(content, line), facts.listings
    return line.appendix in {known.effective_appendix(line.taxon, one, specimen) for one in status.appendices}
