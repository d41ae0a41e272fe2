"""Import permits that are cited alone: the hub cites the export documents that they name.

In the European Union and the United Kingdom a trader cites the import permit alone (Regulation (EC) No 338/97,
Article 4). Its boxes for origin and last re-export name the export document. Where the policy of the country of import
allows it, the hub adds the export document to the item. So the export document is checked, reserved and written off
like any other, and no second import permit can use it again.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from services.permits.domain.checks.completion import usable_by
from services.permits.domain.checks.holders import PermitKeys, confirmed_permits, may_use, naming
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitKey, PermitRecord, PermitsByKey
from services.permits.domain.model.previous_documents import (
    NAMING_KINDS,
    PreviousDocument,
    export_documents,
    previous_document,
    re_exported_documents,
)
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.import_permits import replaces_export_document
from services.permits.domain.rules.matching import candidate_lines
from services.permits.domain.rules.parties import Naming
from services.permits.domain.units import convert, is_convertible
from shared.contracts.closed_sets import DocumentUse, Movement, PermitKind, Side
from shared.contracts.declaration import Document, Item, Repair
from shared.contracts.limits import DOCUMENTS_PER_ITEM
from shared.contracts.permit import Permit
from shared.contracts.quantities import EXACT


def named_permits(
    declarations: Iterable[DeclarationRecord], also: Iterable[PermitKey] = ()
) -> Callable[[Iterable[Permit]], frozenset[PermitKey]]:
    """Return a function that returns the keys of the documents which permits of the declarations name.

    These are the export documents of import permits, and the previous documents of re-export certificates. A permit of
    other parties names none: a trader who guesses its number makes the hub read nothing more. The holders of permits
    in `also` do not matter.
    """
    is_usable = usable_by(declarations, also)

    def find_named(permits: Iterable[Permit]) -> frozenset[PermitKey]:
        named = (
            export_documents(one) if one.kind == PermitKind.IMPORT else re_exported_documents(one)
            for one in permits
            if one.kind in NAMING_KINDS and is_usable(one)
        )
        return frozenset().union(*named)

    return find_named


def cite_export_documents(
    declaration: DeclarationRecord, permits_by_key: PermitsByKey, facts: Facts, day: date
) -> DeclarationRecord:
    """Return the declaration with the export documents that the import permits of its items name, each with a repair.

    Only a document that the hub knows, and that names the declaring side, is added. The rules of import permits report
    any other. `permits_by_key` contains the named documents. Without the policy nothing is added.
    """
    content = declaration.content
    if content.movement != Movement.IMPORT or not facts.policy(content.import_country).import_permit_cited_alone:
        return declaration
    confirmed = confirmed_permits(declaration)

    def find_named(permit: PermitRecord, item: Item, document: Document) -> PreviousDocument | None:
        return _named_document(permit, item, document, facts, day)

    repairs: list[Repair] = []
    items = tuple(
        _cite_of_item(declaration, index, permits_by_key, confirmed, find_named=find_named, repairs=repairs)
        for index in range(len(content.items))
    )
    if not repairs:
        return declaration
    changes = {"items": items, "repairs": (*content.repairs, *repairs)}
    return replace(declaration, content=content.model_copy(update=changes))


def _cite_of_item(
    declaration: DeclarationRecord,
    index: int,
    permits_by_key: PermitsByKey,
    confirmed: PermitKeys,
    *,
    find_named: Callable[[PermitRecord, Item, Document], PreviousDocument | None],
    repairs: list[Repair],
) -> Item:
    """Return an item with the export documents that it means. An item with a permit of another kind means none.

    An invoice or another document that is no permit changes nothing. Import permits with different uses of one export
    document add it once for each use. The check then finds the two uses of its line.
    """
    item = declaration.content.items[index]
    import_permits: list[tuple[Document, PermitRecord]] = []
    for document in item.documents:
        if not document.is_cites:
            continue
        permit = permits_by_key.get(document.key)
        if permit is None or permit.content.kind != PermitKind.IMPORT or not may_use(permit, declaration, confirmed):
            return item
        import_permits.append((document, permit))
    added: dict[tuple[PermitKey, DocumentUse, str | None], Document] = {}
    for document, permit in import_permits:
        named = find_named(permit, item, document)
        known = permits_by_key.get(named.key) if named is not None else None
        if named is None or known is None or not _can_cite(known, declaration):
            continue
        key = named.key, document.use, document.counted_by
        if key in added:
            added[key] = _with_quantity_of(added[key], document, item)
            continue
        if len(item.documents) + len(added) < DOCUMENTS_PER_ITEM:
            pointer = f"/items/{index}/documents/{len(item.documents) + len(added)}"
            source = f"import permit {permit.content.number} of {permit.content.issuer}, which names {named}"
            repairs.append(Repair(pointer=pointer, source=source))
            cites = {"number": known.content.number, "issuer": known.content.issuer, "line": None}
            added[key] = document.model_copy(update=cites)
    return item.model_copy(update={"documents": (*item.documents, *added.values())}) if added else item


def _with_quantity_of(added: Document, document: Document, item: Item) -> Document:
    """Return an added document with the sum of the quantities of two import permits that name it.

    If one of them states none, or in another dimension, the sum states none and is allocated later.
    """
    unit, other = added.unit or item.unit, document.unit or item.unit
    if added.quantity is None or document.quantity is None or not is_convertible(other, unit):
        return added.model_copy(update={"quantity": None, "unit": None})
    total = EXACT.add(added.quantity, convert(document.quantity, other, unit))
    return added.model_copy(update={"quantity": total, "unit": unit})


def _named_document(
    permit: PermitRecord, item: Item, document: Document, facts: Facts, day: date
) -> PreviousDocument | None:
    """Return the export document that the lines of an import permit name; None if they name several or none."""
    if not export_documents(permit.content):
        return None
    lines = candidate_lines(
        permit,
        item,
        document,
        Side.IMPORT,
        covers=lambda permit_name, declared_name: facts.covers(permit_name, declared_name, day),
        may_cover=lambda permit_name, declared_name: facts.may_cover(permit_name, declared_name, day),
    )
    named = {previous_document(permit.content, line.content) for line in lines}
    return named.pop() if len(named) == 1 else None


def _can_cite(permit: PermitRecord, declaration: DeclarationRecord) -> bool:
    """Return whether a document is of a kind that an import permit names, and names the declaring side."""
    return replaces_export_document(permit.content.kind) and (naming(permit, declaration) is not Naming.NOT_AT_ALL)
