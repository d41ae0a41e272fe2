"""Rules about a declaration as a whole, and findings without a check: unverified, or a permit was withdrawn."""

from dataclasses import dataclass

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.documents import is_not_withdrawn
from services.permits.domain.rules.parties import names_declaring_party
from services.permits.domain.rules.requirements import goods_are_verified
from services.permits.domain.rules.rule import Discrepancy, Rule, build_finding, rule
from shared.contracts.closed_sets import Movement, Severity
from shared.contracts.declaration import Declaration, Document, Item
from shared.contracts.findings import CitedLine, Finding

UNREADABLE_PREFIX = "could not be read at"
"""Beginning of the found value of `unverified_finding` if the hub could not read a part of the declaration."""


@dataclass(frozen=True, kw_only=True)
class DocumentContext:
    """One document that an item cites. `citation` is its context if the hub has the permit, else None."""

    declaration: Declaration
    item_index: int
    document_index: int
    document: Document
    citation: CitationContext | None

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit and line that the document names; None if it has no number."""
        issuer, number = self.document.key
        return CitedLine(issuer=issuer, number=number, line=self.document.line) if number else None


@rule(
    "CITES-VI.1-permit-known",
    Severity.BLOCK,
    remedy="Check the number and the issuer, and send a new version. Ask the issuing authority to register "
    "a missing permit.",
    officer_remedy="The issuing authority registers a missing permit. An override by customs lets the goods pass, "
    "and the hub writes nothing off.",
)
def permit_is_known(context: DocumentContext) -> Discrepancy | None:
    """A cited permit must be known to the hub and must name the declaring party.

    The hub gives one finding for an unknown permit and for one that names others, for numbers are guessable.
    """
    if context.citation is not None and names_declaring_party(context.citation):
        return None
    declaration, document = context.declaration, context.document
    role = "importer" if declaration.movement == Movement.IMPORT else "exporter"
    party = declaration.importer if role == "importer" else declaration.exporter
    of_issuer = f" of {document.issuer}" if document.issuer else ""
    return Discrepancy(
        pointer=f"/items/{context.item_index}/documents/{context.document_index}/number",
        expected=f"a permit{of_issuer} that names {party.identifier or party.name} as {role}",
        found=document.number or "no number",
    )


def unverified_finding(reason: str) -> Finding:
    """Return the finding of a declaration that the hub could not check at all, for this reason."""
    return build_finding(goods_are_verified, Discrepancy(pointer="", expected="a complete check", found=reason), ())


def withdrawn_finding(declaration: DeclarationRecord, permit: PermitRecord) -> Finding:
    """Return the finding of a declaration whose permit was withdrawn after the check."""
    discrepancy = Discrepancy(
        pointer=_citation_pointer(declaration, permit),
        expected="a permit that is not withdrawn",
        found=permit.status.value,
    )
    line_letter = _only_cited_line(declaration, permit)
    cited_line = CitedLine(issuer=permit.content.issuer, number=permit.content.number, line=line_letter)
    return build_finding(is_not_withdrawn, discrepancy, declaration.content.items, cited_line)


def _only_cited_line(declaration: DeclarationRecord, permit: PermitRecord) -> str | None:
    """Return the line of a permit that a declaration cites; None if it cites several or none."""
    cited = {citation.line for citation in declaration.citations if citation.permit == permit.id}
    return (cited.pop() or None) if len(cited) == 1 else None


def _citation_pointer(declaration: DeclarationRecord, permit: PermitRecord) -> str:
    for index, item in enumerate(declaration.content.items):
        for document_index, document in enumerate(item.documents):
            if document.key == permit.key:
                return f"/items/{index}/documents/{document_index}/number"
    return "/items"


RULES: tuple[Rule[DocumentContext], ...] = (permit_is_known,)
