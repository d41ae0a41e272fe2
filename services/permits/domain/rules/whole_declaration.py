"""Rules about a declaration as a whole: the document is not known, has no such line, cannot be verified, gave way."""

from datetime import date
from functools import lru_cache

from services.permits.domain.rules.context import Case
from services.permits.domain.rules.documents import RULES as PAPER
from services.permits.domain.rules.matching import in_words
from services.permits.domain.rules.remedies import message
from services.permits.domain.values import Filed, PermitOnFile
from shared.contracts.declaration import Document, Repair
from shared.contracts.findings import CitedLine, Finding, Severity

REPAIRED = "stated-in-full"
DOUBTFUL = "stated-unmistakably"
UNKNOWN = "CITES-VI.1-permit-known"
NO_LINE = "CITES-box-7-line"
UNVERIFIED = "unverified"
EMPTIED = "CITES-box-14-endorsed-for-less"
WITHDRAWN = "CITES-VI.1-withdrawn"
ABANDONED = "reservation-ended"
EMPTY = "lists-empty"
UNREAD = "could not be read at"
"""What the finding `unverified` begins with where part of a declaration could not be read."""

RULES: dict[str, tuple[Severity, str]] = {
    UNKNOWN: ("block", "A declaration cites documents that are known here and name its own importer or exporter."),
    REPAIRED: ("note", "What the declaration leaves out is taken from the only place it can stand."),
    DOUBTFUL: ("refer", "Where what is left out may be taken from several places, an officer says which is meant."),
    NO_LINE: ("block", "The document has a line for these goods (box 7)."),
    UNVERIFIED: ("refer", "What no permit covers and no listing can answer for is not guessed: an officer decides."),
    EMPTIED: ("refer", "Where less left than was set aside, the youngest reservation gives way (box 14)."),
    EMPTY: ("note", "A list of suspensions or quotas that is empty means that none are known."),
    ABANDONED: ("refer", "What is set aside and not released within the days of the country goes back to the permit."),
}
"""Name → gravity and sentence."""


def _write(
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
        message=message(sentence, name, severity, expected, found),
    )


def repaired(repair: Repair) -> Finding:
    """Write the finding of a field that was left out: where its value was taken from, and whether from there alone."""
    field = repair.pointer.rpartition("/")[2]
    found = f"taken from {repair.source}" + "".join(f", or {other}" for other in repair.others)
    return _write(DOUBTFUL if repair.others else REPAIRED, repair.pointer, expected=f"{field} stated", found=found)


def uncited(index: int, taxon: str | None) -> Finding:
    """Write the finding of an item that cites no permit."""
    silent = f"no permit cited, and no listing answers for {taxon}" if taxon else "no permit cited, and no taxon stated"
    return _write(UNVERIFIED, f"/items/{index}/documents", expected="a permit or a listing", found=silent)


@lru_cache(4)
def empty(lists: tuple[str, ...]) -> Finding:
    """Write the finding of lists that nobody loaded."""
    return _write(EMPTY, "", expected="suspensions and quotas", found=f"no {' and no '.join(lists)}")


def unverified(reason: str) -> Finding:
    """Write the finding of a declaration that could not be checked at all."""
    return _write(UNVERIFIED, "", found=reason)


def unknown(filed: Filed, index: int, place: int, document: Document) -> Finding:
    """Write one answer for a permit that is not here and for one that names others, for numbers are guessable."""
    importing = filed.document.movement == "import"
    party = filed.document.importer if importing else filed.document.exporter
    role = "importer" if importing else "exporter"
    whose = f" of {document.issuer}" if document.issuer else ""
    expected = f"a permit{whose} that names {party.identifier or party.name} as {role}"
    issuer, number = document.key
    cited = CitedLine(issuer=issuer, number=number, line=document.line) if number else None
    pointer = f"/items/{index}/documents/{place}/number"
    return _write(UNKNOWN, pointer, expected=expected, found=number or "no number", permit=cited)


def no_line(case: Case) -> Finding:
    """Write the finding of goods that no line of the permit is for."""
    letters = "; ".join(in_words(line) for line in case.permit.lines.values())
    wanted = f"line {case.document.line}" if case.document.line else case.item.taxon
    pointer = case.cites("line") if case.document.line else case.at("taxon")
    cited = CitedLine(issuer=case.permit.terms.issuer, number=case.permit.terms.number, line=case.document.line)
    return _write(NO_LINE, pointer, expected=letters, found=wanted, permit=cited)


def emptied(permit: PermitOnFile, line: str, fits: str, held: tuple[int, str]) -> Finding:
    """Write the finding of a declaration that gave way to a smaller endorsement: which item held how much."""
    cited = CitedLine(issuer=permit.terms.issuer, number=permit.terms.number, line=line)
    index, found = held
    return _write(EMPTIED, f"/items/{index}/quantity", expected=fits, found=found, permit=cited)


def abandoned(days: int, last: date) -> Finding:
    """Write the finding of a declaration that nobody released in time; `last` is the day something last happened."""
    expected, found = f"released or refused within {days} days", f"nothing happened since {last}; all was given back"
    return _write(ABANDONED, "/items", expected=expected, found=found)


def withdrawn(filed: Filed, permit: PermitOnFile) -> Finding:
    """Write the finding of a declaration whose permit was withdrawn after the check."""
    status = permit.status.value
    sentence = next(rule.sentence for rule in PAPER if rule.name == WITHDRAWN)
    return Finding(
        rule=WITHDRAWN,
        severity="block",
        pointer=_cites(filed, permit),
        permit=CitedLine(issuer=permit.terms.issuer, number=permit.terms.number, line=_only_line(filed, permit)),
        expected="a document that stands",
        found=status,
        message=message(sentence, WITHDRAWN, "block", "a document that stands", status),
    )


def _only_line(filed: Filed, permit: PermitOnFile) -> str | None:
    """Answer the line of a permit that a declaration cites, where it is one alone."""
    cited = {citation.line for citation in filed.citations if citation.permit == permit.id}
    return (cited.pop() or None) if len(cited) == 1 else None


def _cites(filed: Filed, permit: PermitOnFile) -> str:
    for index, item in enumerate(filed.document.items):
        for place, document in enumerate(item.documents):
            if document.key == permit.key:
                return f"/items/{index}/documents/{place}/number"
    return "/items"
