"""Rules about a declaration as a whole: the document is not known, has no such line, cannot be verified, gave way."""

from datetime import date
from functools import lru_cache

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.context import CitationContext
from services.permits.domain.rules.documents import RULES as PAPER
from services.permits.domain.rules.matching import describe_line
from services.permits.domain.rules.remedies import finding_message
from shared.contracts.closed_sets import Movement
from shared.contracts.declaration import Document, Repair
from shared.contracts.findings import CitedLine, Finding, Severity

COMPLETED_RULE = "stated-in-full"
AMBIGUOUS_COMPLETION_RULE = "stated-unmistakably"
UNKNOWN_PERMIT_RULE = "CITES-VI.1-permit-known"
NO_LINE_RULE = "CITES-box-7-line"
UNVERIFIED_RULE = "unverified"
DISPLACED_RULE = "CITES-box-14-endorsed-for-less"
WITHDRAWN_RULE = "CITES-VI.1-withdrawn"
STALE_RULE = "reservation-ended"
EMPTY_LISTS_RULE = "lists-empty"
UNREADABLE_PREFIX = "could not be read at"
"""What the finding `unverified_finding` begins with where part of a declaration could not be read."""

RULES: dict[str, tuple[Severity, str]] = {
    UNKNOWN_PERMIT_RULE: (
        "block",
        "A declaration cites documents that are known here and name its own importer or exporter.",
    ),
    COMPLETED_RULE: ("note", "What the declaration leaves out is taken from the only place it can stand."),
    AMBIGUOUS_COMPLETION_RULE: (
        "refer",
        "Where what is left out may be taken from several places, an officer says which is meant.",
    ),
    NO_LINE_RULE: ("block", "The document has a line for these goods (box 7)."),
    UNVERIFIED_RULE: (
        "refer",
        "What no permit covers and no listing can answer for is not guessed: an officer decides.",
    ),
    DISPLACED_RULE: ("refer", "Where less left than was set aside, the youngest reservation gives way (box 14)."),
    EMPTY_LISTS_RULE: ("note", "A list of suspensions or quotas that is empty means that none are known."),
    STALE_RULE: ("refer", "What is set aside and not released within the days of the country goes back to the permit."),
}
"""Name → gravity and sentence."""


def _build_finding(
    name: str,
    pointer: str,
    *,
    expected: str | None = None,
    found: str | None = None,
    permit: CitedLine | None = None,
) -> Finding:
    severity, sentence = RULES[name]
    return Finding(
        rule=name,
        severity=severity,
        pointer=pointer,
        permit=permit,
        expected=expected,
        found=found,
        message=finding_message(sentence, name, severity, expected, found),
    )


def completion_finding(repair: Repair) -> Finding:
    """Write the finding of a field that was left out: where its value was taken from, and whether from there alone."""
    field = repair.pointer.rpartition("/")[2]
    found = f"taken from {repair.source}" + "".join(f", or {other}" for other in repair.others)
    return _build_finding(
        AMBIGUOUS_COMPLETION_RULE if repair.others else COMPLETED_RULE,
        repair.pointer,
        expected=f"{field} stated",
        found=found,
    )


def uncited_finding(index: int, taxon: str | None) -> Finding:
    """Write the finding of an item that cites no permit."""
    reason = f"no permit cited, and no listing answers for {taxon}" if taxon else "no permit cited, and no taxon stated"
    return _build_finding(UNVERIFIED_RULE, f"/items/{index}/documents", expected="a permit or a listing", found=reason)


@lru_cache(4)
def empty_lists_finding(lists: tuple[str, ...]) -> Finding:
    """Write the finding of lists that nobody loaded."""
    return _build_finding(EMPTY_LISTS_RULE, "", expected="suspensions and quotas", found=f"no {' and no '.join(lists)}")


def unverified_finding(reason: str) -> Finding:
    """Write the finding of a declaration that could not be checked at all."""
    return _build_finding(UNVERIFIED_RULE, "", found=reason)


def unknown_permit_finding(
    declaration: DeclarationRecord, index: int, document_index: int, document: Document
) -> Finding:
    """Write one answer for a permit that is not here and for one that names others, for numbers are guessable."""
    importing = declaration.content.movement == Movement.IMPORT
    party = declaration.content.importer if importing else declaration.content.exporter
    role = "importer" if importing else "exporter"
    whose = f" of {document.issuer}" if document.issuer else ""
    expected = f"a permit{whose} that names {party.identifier or party.name} as {role}"
    issuer, number = document.key
    cited = CitedLine(issuer=issuer, number=number, line=document.line) if number else None
    pointer = f"/items/{index}/documents/{document_index}/number"
    return _build_finding(UNKNOWN_PERMIT_RULE, pointer, expected=expected, found=number or "no number", permit=cited)


def no_line_finding(context: CitationContext) -> Finding:
    """Write the finding of goods that no line of the permit is for."""
    descriptions = "; ".join(describe_line(line) for line in context.permit.lines.values())
    wanted = f"line {context.document.line}" if context.document.line else context.item.taxon
    pointer = context.document_pointer("line") if context.document.line else context.pointer("taxon")
    cited = CitedLine(
        issuer=context.permit.content.issuer, number=context.permit.content.number, line=context.document.line
    )
    return _build_finding(NO_LINE_RULE, pointer, expected=descriptions, found=wanted, permit=cited)


def displaced_finding(permit: PermitRecord, line: str, remaining: str, reservation: tuple[int, str]) -> Finding:
    """Write the finding of a declaration that gave way to a smaller endorsement: which item held how much."""
    cited = CitedLine(issuer=permit.content.issuer, number=permit.content.number, line=line)
    index, found = reservation
    return _build_finding(DISPLACED_RULE, f"/items/{index}/quantity", expected=remaining, found=found, permit=cited)


def stale_finding(days: int, last: date) -> Finding:
    """Write the finding of a declaration that nobody released in time; `last` is the day something last happened."""
    expected, found = f"released or refused within {days} days", f"nothing happened since {last}; all was given back"
    return _build_finding(STALE_RULE, "/items", expected=expected, found=found)


def withdrawn_finding(declaration: DeclarationRecord, permit: PermitRecord) -> Finding:
    """Write the finding of a declaration whose permit was withdrawn after the check."""
    status = permit.status.value
    sentence = next(rule.sentence for rule in PAPER if rule.name == WITHDRAWN_RULE)
    return Finding(
        rule=WITHDRAWN_RULE,
        severity="block",
        pointer=_citation_pointer(declaration, permit),
        permit=CitedLine(
            issuer=permit.content.issuer, number=permit.content.number, line=_only_cited_line(declaration, permit)
        ),
        expected="a document that stands",
        found=status,
        message=finding_message(sentence, WITHDRAWN_RULE, "block", "a document that stands", status),
    )


def _only_cited_line(declaration: DeclarationRecord, permit: PermitRecord) -> str | None:
    """Answer the line of a permit that a declaration cites, where it is one alone."""
    cited = {citation.line for citation in declaration.citations if citation.permit == permit.id}
    return (cited.pop() or None) if len(cited) == 1 else None


def _citation_pointer(declaration: DeclarationRecord, permit: PermitRecord) -> str:
    for index, item in enumerate(declaration.content.items):
        for document_index, document in enumerate(item.documents):
            if document.key == permit.key:
                return f"/items/{index}/documents/{document_index}/number"
    return "/items"
