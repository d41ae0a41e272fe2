"""Rules about a declaration as a whole, and findings without a check: unverified, or a permit was withdrawn."""

from dataclasses import dataclass

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.documents import is_not_withdrawn
from services.permits.domain.rules.parties import Naming, describe_party, has_same_name
from services.permits.domain.rules.requirements import goods_are_verified
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, WAIT_OR_AGREE, Discrepancy, Rule, build_finding, rule
from shared.cites.document_types import CITES_DOCUMENT_TYPES
from shared.contracts.closed_sets import Severity
from shared.contracts.declaration import Declaration, Document, Item, declaring_role, declaring_side
from shared.contracts.findings import CitedLine, Finding

UNREADABLE_PREFIX = "could not be read at"
"""Beginning of the found value of `unverified_finding` if the hub could not read a part of the declaration."""


@dataclass(frozen=True, kw_only=True)
class DocumentContext:
    """One document that an item cites, and how a permit of the hub under its number names the declaring side.

    It has nothing of the permit, so that no finding about it shows a stranger what the permit contains.
    """

    declaration: Declaration
    item_index: int
    document_index: int
    document: Document
    naming: Naming
    trader_country: str

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit and line that the document names; None if it has no number."""
        number = self.document.number
        return (
            None
            if number is None
            else CitedLine(issuer=self.document.issuer or "", number=number, line=self.document.line)
        )


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
    if context.naming is not Naming.NOT_AT_ALL:
        return None
    declaration, document = context.declaration, context.document
    role = declaring_role(declaration, context.trader_country)
    party = declaring_side(declaration, context.trader_country)
    of_issuer = f" of {document.issuer}" if document.issuer else ""
    return Discrepancy(
        pointer=f"/items/{context.item_index}/documents/{context.document_index}/number",
        expected=f"a permit{of_issuer} that names {party.identifier or party.name} as {role}",
        found=document.number or "no number",
    )


@rule(
    "CITES-box-3-4-own-party",
    Severity.REFER,
    remedy="Wait until customs confirms that you are the holder, or ask the issuing authority to add your identifier.",
    officer_remedy="Customs compares the declaring party with the holder on the document, then overrides the finding "
    "with a reason or refuses the goods. After the override the hub checks the document and sets its quantities aside.",
)
def own_party_is_identified(context: DocumentContext) -> Discrepancy | None:
    """The permit must give the identifier of its holder, or an officer must confirm the holder (boxes 3 and 4).

    Anybody can write the name of another. Until an officer confirms the holder, the hub sets nothing aside, and the
    finding shows only what the trader declared.
    """
    if context.naming is not Naming.BY_NAME_ALONE:
        return None
    declared = declaring_side(context.declaration, context.trader_country)
    return Discrepancy(
        pointer=f"/{declaring_role(context.declaration, context.trader_country)}",
        expected="a holder whom an identifier or an officer confirms",
        found=f"a name alone, declared by {describe_party(declared)}",
    )


@dataclass(frozen=True, kw_only=True)
class OtherDocumentContext:
    """A document that is no CITES document, and the permit of the declaring side that has its number, if there is one.

    It has nothing of a permit that names others.
    """

    declaration: Declaration
    item_index: int
    document_index: int
    document: Document
    names_permit: str | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> None:
        """No permit, because the item does not cite one by this document."""
        return None


@rule("document-type", Severity.NOTE)
def document_is_of_cites(context: OtherDocumentContext) -> Discrepancy | None:
    """Only a document of type C400 or C405 cites a permit."""
    number = f" {context.document.number}" if context.document.number else ""
    is_permit = f", the number of permit {context.names_permit}" if context.names_permit else ""
    return Discrepancy(
        pointer=f"/items/{context.item_index}/documents/{context.document_index}/type",
        expected=" or ".join(sorted(CITES_DOCUMENT_TYPES)),
        found=f"{context.document.type}{number}{is_permit}",
        note="cite the permit as C400" if context.names_permit else None,
    )


@dataclass(frozen=True, kw_only=True)
class DeclaringSideContext:
    """A declaration, and the name and country that the hub's register has for the trader that declares."""

    declaration: Declaration
    trader_name: str
    trader_country: str

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> None:
        """No permit, because the rules compare the declaration with the register of parties."""
        return None


@rule("registered-country", Severity.REFER, remedy=WAIT_OR_AGREE, officer_remedy=CUSTOMS_DECIDES)
def declared_country_is_registered(context: DeclaringSideContext) -> Discrepancy | None:
    """The country of the declaring side must be the one that the hub has registered for the trader."""
    declared = declaring_side(context.declaration, context.trader_country)
    if declared.country == context.trader_country:
        return None
    role = declaring_role(context.declaration, context.trader_country)
    return Discrepancy(pointer=f"/{role}/country", expected=context.trader_country, found=declared.country)


@rule("registered-name", Severity.NOTE)
def declared_name_is_registered(context: DeclaringSideContext) -> Discrepancy | None:
    """The name of the declaring side differs from the one that the hub has registered for the trader.

    A customs message without a name has the identifier in its place, which is no other name.
    """
    declared = declaring_side(context.declaration, context.trader_country)
    if declared.name == declared.identifier or has_same_name(declared.name, context.trader_name):
        return None
    role = declaring_role(context.declaration, context.trader_country)
    return Discrepancy(pointer=f"/{role}/name", expected=context.trader_name, found=declared.name)


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


DECLARING_SIDE_RULES: tuple[Rule[DeclaringSideContext], ...] = (
    declared_country_is_registered,
    declared_name_is_registered,
)
DOCUMENT_RULES: tuple[Rule[DocumentContext], ...] = (permit_is_known, own_party_is_identified)
OTHER_DOCUMENT_RULES: tuple[Rule[OtherDocumentContext], ...] = (document_is_of_cites,)
RULES: tuple[Rule[DeclaringSideContext] | Rule[DocumentContext] | Rule[OtherDocumentContext], ...] = (
    *DECLARING_SIDE_RULES,
    *DOCUMENT_RULES,
    *OTHER_DOCUMENT_RULES,
)
