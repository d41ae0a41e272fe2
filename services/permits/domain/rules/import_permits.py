"""Rules about an import permit that an item cites alone, under the policy of the country of import (Article XIV.1).

The import permit names the export document in box 12 or 12a (Regulation (EC) No 338/97, Article 4; Regulation (EC) No
865/2006, annex I). `checks.import_permits` cites a named document that the hub knows.
"""

from collections.abc import Iterator

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.model.previous_documents import PreviousDocument, export_documents, previous_document
from services.permits.domain.rules.item_context import EXEMPTING_KINDS, EXPORT_KINDS, ItemContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import PermitKind, Severity

EXPORT_DOCUMENT_KINDS = EXPORT_KINDS | EXEMPTING_KINDS | {PermitKind.CERTIFICATE_OF_ORIGIN}
"""The kinds of documents of the country of export, under which goods leave it (Articles III to V and VII)."""
Named = tuple[PermitRecord, PermitLineRecord, PreviousDocument | None]


def replaces_export_document(kind: str) -> bool:
    """Return whether goods leave a country under a document of this kind."""
    return kind in EXPORT_DOCUMENT_KINDS


@rule(
    "CITES-XIV.1-export-document-named",
    Severity.REFER,
    remedy="Cite the export document too, in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def import_permit_names_export_document(context: ItemContext) -> Discrepancy | None:
    """An import permit that is cited alone must name the export document (box 12 or 12a).

    The country of export issued this document, and it names the importer.
    """
    for permit, _, named in _cited_alone(context):
        found = _misfit(context, permit, named)
        if found is not None:
            return Discrepancy(
                pointer=context.pointer("documents"),
                expected=f"an export document of {permit.content.export_country}",
                found=found,
            )
    return None


@rule("CITES-XIV.1-export-document-unknown", Severity.NOTE)
def export_document_is_known(context: ItemContext) -> Discrepancy | None:
    """The hub does not know the export document that the import permit names.

    It checks the import permit alone.
    """
    for permit, _, named in _cited_alone(context):
        if named is not None and named.key not in context.known_permits and _is_few(permit):
            return Discrepancy(pointer=context.pointer("documents"), expected=None, found=str(named))
    return None


def _cited_alone(context: ItemContext) -> Iterator[Named]:
    """Yield each import permit and line that the item cites without an export document, with the document it names."""
    if not context.is_import_permit_enough or context.appendix is None or context.cites_unknown_document:
        return
    lines = [
        (permit, line, previous_document(permit.content, line.content))
        for permit, line in context.lines
        if permit.content.kind == PermitKind.IMPORT
    ]
    cited = {permit.key for permit, _ in context.cited_permits if replaces_export_document(permit.content.kind)}
    if not cited <= {named.key for _, _, named in lines if named is not None}:
        return  # the trader cites an export document, as the treaty requires
    yield from (entry for entry in lines if entry[2] is None or entry[2].key not in cited)


def _is_few(permit: PermitRecord) -> bool:
    """Return whether the hub reads the documents that an import permit names."""
    return bool(export_documents(permit.content))


def _misfit(context: ItemContext, permit: PermitRecord, named: PreviousDocument | None) -> str | None:
    """Return the reason why an import permit does not stand for an export document; None if it does."""
    if named is None:
        return "none"
    if not _is_few(permit):
        return "too many documents on one import permit"
    known = context.known_permits.get(named.key)
    if known is None:
        return None
    if not replaces_export_document(known.content.kind):
        return f"{named}, of kind {known.content.kind}"
    return f"{named}, which does not name the importer"


RULES: tuple[Rule[ItemContext], ...] = (import_permit_names_export_document, export_document_is_known)
