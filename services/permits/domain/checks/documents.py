"""The documents of an item before their permits are checked: who may use them, and for what they are presented."""

from dataclasses import replace
from datetime import date

from services.permits.domain.checks.citations import (
    citation_context,
    declaration_side,
)
from services.permits.domain.checks.completion import candidate_keys, complete
from services.permits.domain.checks.holders import PermitKeys, may_use, naming
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord, PermitsByKey
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.item_context import KINDS_BY_SIDE
from services.permits.domain.rules.parties import Naming
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.rules.whole_declaration import (
    DOCUMENT_RULES,
    OTHER_DOCUMENT_RULES,
    DocumentContext,
    OtherDocumentContext,
    permit_is_known,
)
from shared.contracts.closed_sets import DocumentUse, PermitKind, Side
from shared.contracts.declaration import Document, Item
from shared.contracts.findings import Finding


def unknown_permit_pointers(declaration: DeclarationRecord, permits_by_key: PermitsByKey) -> frozenset[str]:
    """Return the places of the documents whose permit the hub does not know, or that does not name the declarer."""
    declaration = complete(declaration, permits_by_key)
    found: list[Finding] = []
    for index, item in enumerate(declaration.content.items):
        for document_index, document in enumerate(item.documents):
            if document.is_cites:
                found_naming = naming(permits_by_key.get(document.key), declaration)
                cited = _document_context(declaration, index, document_index, found_naming)
                found += evaluate((permit_is_known,), cited)
    return frozenset(finding.pointer for finding in found)


def context_of_meant_permit(
    declaration: DeclarationRecord,
    index: int,
    item: Item,
    document_index: int,
    document: Document,
    permits_by_key: PermitsByKey,
    facts: Facts,
    day: date,
) -> CitationContext | None:
    """Return the context of the permit that a document without an issuer means most likely; None if none is known.

    The declaring side is not its holder, else the document would have been completed. So only its issuer learns of it.
    """
    if document.issuer is not None:
        return None
    keys = candidate_keys(declaration.content, item, document)
    permit = next((permits_by_key[key] for key in keys if key in permits_by_key), None)
    if permit is None:
        return None
    return citation_context(declaration, index, item, document_index, document, permit, facts, day)


def _document_context(
    declaration: DeclarationRecord, index: int, document_index: int, found_naming: Naming
) -> DocumentContext:
    return DocumentContext(
        declaration=declaration.content,
        item_index=index,
        document_index=document_index,
        document=declaration.content.items[index].documents[document_index],
        naming=found_naming,
        trader_country=declaration.trader_country,
    )


def check_naming(
    declaration: DeclarationRecord, index: int, document_index: int, permit: PermitRecord | None
) -> list[Finding]:
    """Return what the rules find about a document whose permit is unknown, or does not identify the declarer."""
    found_naming = naming(permit, declaration)
    if found_naming is Naming.BY_IDENTIFIER:
        return []
    return evaluate(DOCUMENT_RULES, _document_context(declaration, index, document_index, found_naming))


def check_other_types(
    declaration: DeclarationRecord, permits_by_key: PermitsByKey, confirmed: PermitKeys
) -> list[Finding]:
    """Return a note for each document that is no CITES document, if the trader may have meant it as one.

    So it is if the item cites nothing else, or if the document has the number of a permit. The note names a permit
    only to its holder.
    """
    content = declaration.content
    found: list[Finding] = []
    for index, item in enumerate(content.items):
        others = [(n, d) for n, d in enumerate(item.documents) if not d.is_cites and not d.states_not_cites]
        for document_index, document in others:
            candidates = (permits_by_key.get(key) for key in candidate_keys(content, item, document))
            named = next((one for one in candidates if one is not None and may_use(one, declaration, confirmed)), None)
            if named is not None or not any(one.is_cites for one in item.documents):
                context = OtherDocumentContext(
                    declaration=content,
                    item_index=index,
                    document_index=document_index,
                    document=document,
                    names_permit=f"{named.content.issuer} {named.content.number}" if named else None,
                )
                found += evaluate(OTHER_DOCUMENT_RULES, context)
    return found


def with_other_endorsements(
    declaration: DeclarationRecord, context: CitationContext, permits_by_key: PermitsByKey, confirmed: PermitKeys
) -> CitationContext:
    """Return a context that has the endorsed transport documents of the item's other documents.

    Only a part use of a document that is never endorsed needs them; any other context is returned unchanged.
    """
    if context.document.use != DocumentUse.PART or not context.is_never_endorsed:
        return context
    others = (permits_by_key[d.key] for d in context.item.documents if d.key in permits_by_key)
    endorsed = (other.transport_documents for other in others if may_use(other, declaration, confirmed))
    return replace(context, endorsed_on_other_documents=frozenset().union(*endorsed))


def is_supporting_import_permit(
    declaration: DeclarationRecord,
    item: Item,
    permit: PermitRecord,
    permits_by_key: PermitsByKey,
    confirmed: PermitKeys,
) -> bool:
    """Return whether an export cites an import permit in addition to a document that serves the export.

    Before an export of Appendix I, the country of import has granted its permit (Article III, paragraphs 2 and 4).
    """
    if permit.content.kind != PermitKind.IMPORT or declaration_side(declaration) is not Side.EXPORT:
        return False
    others = (permits_by_key[d.key] for d in item.documents if d.key in permits_by_key)
    serving = (other for other in others if other.content.kind in KINDS_BY_SIDE[Side.EXPORT])
    return any(may_use(other, declaration, confirmed) for other in serving)
