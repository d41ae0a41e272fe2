"""The document that a permit line names in boxes 12 and 12a: the goods left another country under it.

Source: Resolution Conf. 12.3 (Rev. CoP19), annex 2, boxes 12 and 12a; Regulation (EC) No 865/2006 for import permits.
"""

import re
from dataclasses import dataclass
from itertools import islice

from services.permits.domain.model.permits import PermitKey
from shared.contracts.closed_sets import PermitKind
from shared.contracts.comparison import comparison_key
from shared.contracts.permit import Permit, PermitLine
from shared.limits import Limit, LimitSubject

EMPTY_WORDS = frozenset({"", "unknown", "not known", "none", "nil", "n/a", "na"})
"""Words in the place of a number or of a reason that state neither."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_YEAR = re.compile(r"\b(?:19|20)\d\ds?\b")
_WORDS_OF_SENTENCE = 3
EXPORT_DOCUMENTS = Limit(
    20,
    "documents",
    subject=LimitSubject.PERMITS,
    meaning="Export documents that the hub reads of one import permit which is cited alone",
    beyond="An officer decides about each item that cites the import permit alone.",
)
RE_EXPORT_DOCUMENTS = Limit(
    100,
    "documents",
    subject=LimitSubject.PERMITS,
    meaning="Previous documents of one re-export certificate whose quantities the hub adds up",
    beyond="The hub adds up the first ones, in the order of the lines.",
)
NAMING_KINDS = frozenset({PermitKind.IMPORT, PermitKind.RE_EXPORT})
"""The kinds whose lines name the document under which the goods came."""


@dataclass(frozen=True, kw_only=True)
class PreviousDocument:
    """A document that a permit line names, by its issuer and its number as printed."""

    issuer: str
    number: str

    @property
    def key(self) -> PermitKey:
        """The issuer and the key of the number, by which the registry finds a permit."""
        return self.issuer, comparison_key(self.number)

    def __str__(self) -> str:
        """Return the number and the issuer, as text for a person."""
        return f"{self.number} of {self.issuer}"


def origin_document(content: Permit, line: PermitLine) -> PreviousDocument | None:
    """Return the permit of the country of origin (box 12); None if the line names none, or a reason in its place."""
    return _named(line.origin_country or content.export_country, line.origin_permit)


def last_re_export(content: Permit, line: PermitLine) -> PreviousDocument | None:
    """Return the certificate of the last re-export (box 12a), or None."""
    return _named(line.last_export_country or content.export_country, line.last_export_certificate)


def previous_document(content: Permit, line: PermitLine) -> PreviousDocument | None:
    """Return the document under which the goods of a line came to their last country; None if the line names none.

    For a re-export certificate this is the last re-export certificate, else the permit of origin. For an import permit
    it is the one of the two that the country of export issued. Lines of other kinds have none.
    """
    if content.kind not in NAMING_KINDS:
        return None
    named = (last_re_export(content, line), origin_document(content, line))
    if content.kind == PermitKind.RE_EXPORT:
        return named[0] or named[1]
    return next((one for one in named if one is not None and one.issuer == content.export_country), None)


def named_documents(content: Permit, line: PermitLine) -> tuple[PreviousDocument, ...]:
    """Return the documents that a line names in boxes 12 and 12a: the permit of origin, and the last re-export."""
    return tuple(one for one in (origin_document(content, line), last_re_export(content, line)) if one is not None)


def export_documents(import_permit: Permit) -> frozenset[PermitKey]:
    """Return the keys of the export documents that the lines of an import permit name; empty if there are too many."""
    named = (previous_document(import_permit, line) for line in import_permit.lines)
    keys = frozenset(document.key for document in named if document is not None)
    return keys if len(keys) <= EXPORT_DOCUMENTS else frozenset()


def re_exported_documents(certificate: Permit) -> frozenset[PermitKey]:
    """Return the keys of the previous documents that the lines of a re-export certificate name: the first ones."""
    named = (previous_document(certificate, line) for line in certificate.lines)
    keys = dict.fromkeys(document.key for document in named if document is not None)
    return frozenset(islice(keys, RE_EXPORT_DOCUMENTS))


def find_reason(content: Permit, line: PermitLine) -> str | None:
    """Return the reason why a line does not state the permit of origin or its date; None if the permit gives none.

    Resolution Conf. 12.3 asks for it in box 5, and many authorities write it in the place of the number in box 12.
    """
    stated = line.origin_permit
    candidates = (line.origin_reason, None if stated is None or is_number(stated) else stated)
    reason = next((one for one in candidates if one is not None and not states_nothing(one)), None)
    return reason or content.special_conditions


def states_nothing(text: str) -> bool:
    """Return whether a text says only that a number or a reason is not known."""
    return text.strip(" .-/?").casefold() in EMPTY_WORDS


def is_number(text: str) -> bool:
    """Return whether a text in the place of a permit number is a number, and no reason such as "pre-Convention".

    A sentence may name a year: "not available, stock of 1989" is a reason.
    """
    is_sentence = len(_WORD.findall(text)) >= _WORDS_OF_SENTENCE
    return any(letter.isdigit() for letter in (_YEAR.sub("", text) if is_sentence else text))


def _named(issuer: str, number: str | None) -> PreviousDocument | None:
    return PreviousDocument(issuer=issuer, number=number) if number is not None and is_number(number) else None
