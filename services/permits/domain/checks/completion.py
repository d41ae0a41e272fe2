"""Completion: the hub fills an empty field of a declaration from its only possible source and records a repair.

Customs messages have no place for taxon, term, source or purpose. They often leave out the issuer of a permit, the
identifier of the foreign party or the unit. The hub fills such fields from the one permit and line that can be meant.
It uses only permits whose holder is the declaring side, so that no other party learns the content of a permit.
If several sources are possible, the field stays open or an officer decides.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.permits.domain.checks.holders import PermitKeys, confirmed_permits, is_holder, may_use
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import (
    CitedPermits,
    PermitKey,
    PermitLineRecord,
    PermitRecord,
    PermitsByKey,
    permit_key,
)
from services.permits.domain.rules.matching import candidate_lines, line_origin_country
from services.permits.domain.rules.parties import has_same_name
from services.permits.domain.units import convert, is_convertible
from shared.cites.codes import ACCOMPANIED_SOURCES, IMPORT_SIDE_KINDS
from shared.cites.time_zones import country_codes
from shared.contracts.closed_sets import DocumentUse, Movement, Side, Unit
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import Declaration, Document, Item, NormalizedDeclaration, Repair, declaring_role
from shared.contracts.fields import Trader
from shared.contracts.permit import Permit
from shared.contracts.quantities import EXACT

FIELDS_FROM_LINE = ("taxon", "term", "source")


def cited_permits(declarations: Iterable[Declaration], also: Iterable[PermitKey] = ()) -> CitedPermits:
    """Return the permits to load: those that declarations cite or may mean, and those in `also` with all lines.

    A document of a type that cites no permit may have the number of one, which a finding then names.
    A document with the use `already_counted` needs all citations of its permit.
    A document that names no line may mean any line, so it needs all lines.
    """
    with_all_lines: set[PermitKey] = set(also)
    counted: set[PermitKey] = set()
    lines: dict[PermitKey, set[str]] = {}
    for document, keys in _named_documents(declarations):
        if document.use == DocumentUse.ALREADY_COUNTED:
            counted.update(keys)
        if document.line is None:
            with_all_lines.update(keys)
        else:
            for key in keys:
                lines.setdefault(key, set()).add(document.line)
    named = {key: frozenset(letters) for key, letters in lines.items() if key not in with_all_lines}
    return CitedPermits(
        keys=frozenset(with_all_lines | named.keys()), with_all_citations=frozenset(counted), lines=named
    )


def usable_by(declarations: Iterable[DeclarationRecord], also: Iterable[PermitKey] = ()) -> Callable[[Permit], bool]:
    """Return the condition on permits of which one of the declarations may reserve a quantity, or return one.

    Reservations of the permits in `also` may return, whomever these permits name.
    """
    always = frozenset(also)
    citing: dict[PermitKey, list[tuple[DeclarationRecord, PermitKeys]]] = {}
    for declaration in declarations:
        confirmed = confirmed_permits(declaration)
        for key in {key for _, keys in _cited_documents([declaration.content]) for key in keys}:
            citing.setdefault(key, []).append((declaration, confirmed))

    def is_usable(permit: Permit) -> bool:
        key = permit_key(permit)
        return key in always or any(is_holder(permit, one, confirmed) for one, confirmed in citing.get(key, ()))

    return is_usable


def _cited_documents(declarations: Iterable[Declaration]) -> Iterator[tuple[Document, tuple[PermitKey, ...]]]:
    """Yield each CITES document with the keys of the permits that it may mean."""
    return ((document, keys) for document, keys in _named_documents(declarations) if document.is_cites)


def _named_documents(declarations: Iterable[Declaration]) -> Iterator[tuple[Document, tuple[PermitKey, ...]]]:
    """Yield each document with the keys of the permits that its number may mean, of whatever type it is."""
    for content in declarations:
        for item in content.items:
            for document in item.documents:
                yield document, candidate_keys(content, item, document)


def candidate_keys(content: Declaration, item: Item, document: Document) -> tuple[PermitKey, ...]:
    """Return the keys of the permits that a document may mean, the most likely first.

    Possible issuers are the countries of the shipment, and the country whose code begins the number.
    Customs messages often write that code before the number: `FR123456` may be 123456 of FR.
    """
    if document.number is None or document.states_not_cites:
        return ()
    if document.issuer is not None:
        return (document.stated_key,)
    number, prefix = comparison_key(document.number), document.number[:2].upper()
    concerned = [content.export_country, item.origin_country, content.import_country]
    concerned += [prefix] if prefix in country_codes() else []
    full_numbers = [(country, number) for country in dict.fromkeys(concerned) if country]
    rest = number[2:].lstrip("-")
    return (*full_numbers, *([(prefix, rest)] if prefix in country_codes() and rest else ()))


def complete(declaration: DeclarationRecord, permits_by_key: PermitsByKey) -> DeclarationRecord:
    """Return the declaration with each field that its permits can complete, and a repair for each such field.

    `permits_by_key` contains the permits of `cited_permits`, by issuer and number.
    """
    content = declaration.content
    side = Side.IMPORT if content.movement == Movement.IMPORT else Side.EXPORT
    other = "exporter" if declaring_role(content, declaration.trader_country) == "importer" else "importer"
    if _is_complete(content, other):
        return declaration
    permits = _usable_permits(declaration, permits_by_key)
    repairs: list[Repair] = []
    items = tuple(_complete_item(content, index, side, permits, repairs) for index in range(len(content.items)))
    found = {key: permits[key] for item in items for d in item.documents if (key := d.key) in permits}
    parties = _complete_other_party(content, list(found.values()), other, repairs)
    if not repairs:
        return declaration
    changes = {**parties, "items": items, "repairs": (*content.repairs, *repairs)}
    return replace(declaration, content=content.model_copy(update=changes))


def _usable_permits(declaration: DeclarationRecord, permits_by_key: PermitsByKey) -> PermitsByKey:
    """Return the permits that the declaration may mean and whose holder is its declaring side."""
    confirmed = confirmed_permits(declaration)
    candidates = {key for _, keys in _cited_documents([declaration.content]) for key in keys}
    permits = {key: permits_by_key[key] for key in candidates if key in permits_by_key}
    return {key: permit for key, permit in permits.items() if may_use(permit, declaration, confirmed)}


def _is_complete(content: Declaration, other: str) -> bool:
    """Return whether nothing can be completed. That is usual for JSON, and saves the search for lines.

    `other` is the side that does not declare.
    """
    party: Trader = getattr(content, other)
    return party.identifier is not None and all(
        item.net_mass is None
        and None not in (item.taxon, item.term, item.source, item.purpose, item.origin_country)
        and (item.underlying_source is not None or item.source not in ACCOMPANIED_SOURCES)
        and all(document.issuer is not None or not document.is_cites for document in item.documents)
        for item in content.items
    )


def _complete_item(
    content: NormalizedDeclaration, index: int, side: Side, permits: PermitsByKey, repairs: list[Repair]
) -> Item:
    item = content.items[index]
    documents = []
    for document_index in range(len(item.documents)):
        one = _complete_document(content, index, document_index, permits, repairs)
        documents.append(one)
        permit = permits.get(one.key)
        if permit is not None:
            item, documents[-1] = _complete_from_line(
                content, item, (index, document_index), one, permit, side, repairs
            )
    item = _complete_shared_quantity(content, item, index, documents, permits, repairs)
    return (
        item
        if item is content.items[index] and tuple(documents) == item.documents
        else item.model_copy(update={"documents": tuple(documents)})
    )


def _complete_document(
    content: Declaration, index: int, document_index: int, permits: PermitsByKey, repairs: list[Repair]
) -> Document:
    """Return the document with the issuer that its number means, if it names no issuer."""
    item = content.items[index]
    document = item.documents[document_index]
    if document.issuer is not None or not document.is_cites:
        return document
    candidates = [key for key in candidate_keys(content, item, document) if key in permits]
    if not candidates:
        return document
    issuer, printed = candidates[0][0], permits[candidates[0]].content.number
    number = document.number if candidates[0][1] == document.key[1] else printed
    others = tuple(f"{one[0]} {permits[one].content.number}" for one in candidates[1:])
    source = f"permit {number} of {issuer}, which names the declaring side"
    repairs.append(Repair(pointer=f"/items/{index}/documents/{document_index}/issuer", source=source, others=others))
    return document.model_copy(update={"issuer": issuer, "number": number})


def _complete_from_line(
    content: NormalizedDeclaration,
    item: Item,
    place: tuple[int, int],
    document: Document,
    permit: PermitRecord,
    side: Side,
    repairs: list[Repair],
) -> tuple[Item, Document]:
    """Return the item and the document with what the only candidate line of the permit says.

    `place` has the places of the item and of the document.
    """
    index, document_index = place
    lines = candidate_lines(permit, item, document, side)
    if len(lines) != 1:
        return item, document
    source = f"line {lines[0].content.line} of permit {permit.content.number} of {permit.content.issuer}"
    missing = _missing_fields(item, permit, lines[0])
    completions = [Repair(pointer=f"/items/{index}/{name}", source=source) for name in missing]
    quantity: dict[str, Any] = {}
    repairs += completions
    if document.quantity is None:
        quantity, quantity_completions = _complete_quantity(content, item, index, lines[0])
        repairs += quantity_completions
    elif not is_convertible(document.unit or item.unit, unit := lines[0].content.unit):
        pointer = f"/items/{index}/documents/{document_index}/unit"
        if _is_guessed(content, pointer) and not is_convertible(unit, Unit.KG):
            repairs.append(Repair(pointer=pointer, source=f"line {lines[0].content.line}, which is in {unit}"))
            document = document.model_copy(update={"unit": unit})
            quantity = {"unit": unit} if _is_guessed(content, f"/items/{index}/unit") else {}
    return (item.model_copy(update=missing | quantity) if missing or quantity else item), document


def _is_guessed(content: NormalizedDeclaration, pointer: str) -> bool:
    """Return whether the reader of a customs message took a value from another place than its own."""
    return any(repair.pointer == pointer for repair in content.repairs)


def _complete_shared_quantity(
    content: NormalizedDeclaration,
    item: Item,
    index: int,
    documents: list[Document],
    permits: PermitsByKey,
    repairs: list[Repair],
) -> Item:
    """Return the item with the quantity that its export documents and its import permits both state.

    A customs message may have no quantity of its own for the item. Its reader then adds up the write-offs of all
    documents, because it does not know that the two kinds each cover the whole item.
    """
    stated = [one for one in documents if one.quantity is not None]
    if len(stated) < 2 or not _is_guessed(content, f"/items/{index}/quantity"):
        return item
    sums: dict[bool, Decimal] = {}
    for one in stated:
        permit, unit = permits.get(one.key), one.unit or item.unit
        if permit is None or not is_convertible(unit, item.unit):
            return item
        is_import_side = permit.content.kind in IMPORT_SIDE_KINDS
        quantity = convert(one.quantity or Decimal(0), unit, item.unit)
        sums[is_import_side] = EXACT.add(sums.get(is_import_side, Decimal(0)), quantity)
    if len(sums) < 2 or sums[False] != sums[True]:
        return item
    source = "the export documents, because the import permits state the same again"
    repairs.append(Repair(pointer=f"/items/{index}/quantity", source=source))
    return item.model_copy(update={"quantity": sums[False]})


def _missing_fields(item: Item, permit: PermitRecord, line: PermitLineRecord) -> dict[str, Any]:
    """Return the fields, with values, that the item leaves out and the permit line has."""
    line_values: dict[str, Any] = {name: getattr(line.content, name) for name in FIELDS_FROM_LINE}
    line_values |= {"purpose": permit.content.purpose, "origin_country": line_origin_country(permit, line)}
    missing = {name: value for name, value in line_values.items() if getattr(item, name) is None}
    alone = item.underlying_source is None and item.source in {None, line.content.source}
    if alone and line.content.underlying_source is not None:
        missing["underlying_source"] = line.content.underlying_source
    return missing


def _complete_quantity(
    content: NormalizedDeclaration, item: Item, index: int, line: PermitLineRecord
) -> tuple[dict[str, Any], list[Repair]]:
    """Return the quantity and unit to use if the declared unit does not convert to the unit of the line.

    A line by weight uses the net mass. Any other line uses the supplementary quantity of the customs message.
    Most customs messages leave out the unit of that quantity, because the tariff fixes it.
    """
    unit, line_letter = line.content.unit, line.content.line
    guessed = _is_guessed(content, f"/items/{index}/unit")
    if is_convertible(item.unit, unit):
        return {}, []
    if item.net_mass is not None and is_convertible(Unit.KG, unit):
        repair = Repair(pointer=f"/items/{index}/quantity", source=f"the net mass, for line {line_letter} is in {unit}")
        return {"quantity": item.net_mass, "unit": Unit.KG}, [repair]
    if guessed and not is_convertible(unit, Unit.KG):
        return {"unit": unit}, [
            Repair(pointer=f"/items/{index}/unit", source=f"line {line_letter}, which is in {unit}")
        ]
    return {}, []


def _complete_other_party(
    content: Declaration, permits: list[PermitRecord], name: str, repairs: list[Repair]
) -> dict[str, Any]:
    """Return the other party with the identifier that its permits give, as the changed field of the content.

    The result is empty if the permits give no identifier, or several, for a party of this name and country.
    """
    party = getattr(content, name)
    if party.identifier is not None:
        return {}
    same = {
        there.identifier: permit
        for permit in permits
        if (there := getattr(permit.content, name)).identifier is not None
        and there.country == party.country
        and has_same_name(there.name, party.name)
    }
    if len(same) != 1:
        return {}
    [(identifier, permit)] = same.items()
    source = f"permit {permit.content.number} of {permit.content.issuer}, which names {party.name}"
    repairs.append(Repair(pointer=f"/{name}/identifier", source=source))
    return {name: party.model_copy(update={"identifier": identifier})}
