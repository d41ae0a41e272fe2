"""What a declaration leaves out is taken from the only permit and the only line it can mean, and each time noted.

Customs messages have no place for taxon, term, source or purpose, and often leave out the issuer of a permit, the
identifier of the foreign party or the unit. Nothing is taken from a permit that does not name the declaring side: its
content is nobody else's to learn. What is not unmistakable stays open, and an officer decides.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.permits.domain.ledger.balances import Side
from services.permits.domain.rules.documents import named
from services.permits.domain.rules.matching import candidates, origin
from services.permits.domain.units import convertible
from services.permits.domain.values import Filed, Line, PermitOnFile, Wanted
from shared.cites.codes import ACCOMPANIED_SOURCES
from shared.cites.time_zones import countries
from shared.contracts.declaration import Declaration, Document, InsideDeclaration, Item, Repair

Key = tuple[str, str]
Registry = Mapping[Key, PermitOnFile]
FROM_LINE = ("taxon", "term", "source")


def wanted_by(declarations: Iterable[Declaration], besides: Iterable[Key] = ()) -> Wanted:
    """Answer the permits that declarations cite or may mean, and those in `besides`, these with all their lines.

    Where a use is said to be counted already, it is looked for among all uses of its permit. Where a document names no
    line, any may be meant.
    """
    whole: set[Key] = set(besides)
    counted: set[Key] = set()
    lines: dict[Key, set[str]] = {}
    for document, meant in _cited(declarations):
        if document.use == "already_counted":
            counted.update(meant)
        if document.line is None:
            whole.update(meant)
        else:
            for key in meant:
                lines.setdefault(key, set()).add(document.line)
    named = {key: frozenset(letters) for key, letters in lines.items() if key not in whole}
    return Wanted(frozenset(whole | named.keys()), frozenset(counted), named)


def _cited(declarations: Iterable[Declaration]) -> Iterator[tuple[Document, tuple[Key, ...]]]:
    for stated in declarations:
        for item in stated.items:
            for document in item.documents:
                yield document, _meant(stated, item, document)


def _meant(stated: Declaration, item: Item, document: Document) -> tuple[Key, ...]:
    """Answer the permits a document may mean, likeliest first: of a country that this shipment concerns.

    Customs numbers often begin with the issuer's country: `FR123456` may be 123456 of FR.
    """
    if document.number is None:
        return ()
    if document.issuer is not None:
        return (document.key,)
    number, begins = document.number, document.number[:2]
    concerned = [stated.export_country, item.origin_country, stated.import_country]
    concerned += [begins] if begins in countries() else []
    whole = [(country, number) for country in dict.fromkeys(concerned) if country]
    rest = number[2:].lstrip("- /")
    return (*whole, *([(begins, rest)] if begins in countries() and rest else ()))


def completed(filed: Filed, registry: Registry) -> Filed:
    """Answer the declaration with what can be taken from its permits, each repair told in it."""
    stated = filed.document
    side = Side.IMPORT if stated.movement == "import" else Side.EXPORT
    if _says_all(stated, side):
        return filed
    repairs: list[Repair] = []
    items = tuple(_item(stated, index, side, registry, repairs) for index, item in enumerate(stated.items))
    found = {key: registry[key] for item in items for d in item.documents if (key := d.key) in registry}
    parties = _other_party(stated, [p for p in found.values() if _names(p, stated, side)], side, repairs)
    if not repairs:
        return filed
    changes = {**parties, "items": items, "repairs": (*stated.repairs, *repairs)}
    return replace(filed, document=stated.model_copy(update=changes))


def _says_all(stated: Declaration, side: Side) -> bool:
    """Say whether nothing can be added, as mostly in JSON: then no line need be looked for."""
    other = stated.exporter if side is Side.IMPORT else stated.importer
    return other.identifier is not None and all(
        item.net_mass is None
        and None not in (item.taxon, item.term, item.source, item.purpose, item.origin_country)
        and (item.underlying_source is not None or item.source not in ACCOMPANIED_SOURCES)
        and all(document.issuer is not None for document in item.documents)
        for item in stated.items
    )


def _item(stated: InsideDeclaration, index: int, side: Side, registry: Registry, repairs: list[Repair]) -> Item:
    item = stated.items[index]
    documents = []
    for place in range(len(item.documents)):
        one = _document(stated, index, place, side, registry, repairs)
        documents.append(one)
        permit = registry.get(one.key)
        if permit is not None and _names(permit, stated, side):
            item = _from_line(stated, item, index, one, permit, side, repairs)
    return (
        item
        if item is stated.items[index] and tuple(documents) == item.documents
        else item.model_copy(update={"documents": tuple(documents)})
    )


def _names(permit: PermitOnFile, stated: Declaration, side: Side) -> bool:
    if side is Side.IMPORT:
        return named(stated.importer, permit.terms.importer)
    return named(stated.exporter, permit.terms.exporter)


def _document(
    stated: Declaration, index: int, place: int, side: Side, registry: Registry, repairs: list[Repair]
) -> Document:
    """Find out whose permit is cited where the issuer was left out."""
    item = stated.items[index]
    document = item.documents[place]
    if document.issuer is not None:
        return document
    here = [key for key in _meant(stated, item, document) if key in registry and _names(registry[key], stated, side)]
    if not here:
        return document
    issuer, number = here[0]
    others = tuple(f"{one[0]} {one[1]}" for one in here[1:])
    source = f"permit {number} of {issuer}, which names the declaring side"
    repairs.append(Repair(pointer=f"/items/{index}/documents/{place}/issuer", source=source, others=others))
    return document.model_copy(update={"issuer": issuer, "number": number})


def _from_line(
    stated: InsideDeclaration,
    item: Item,
    index: int,
    document: Document,
    permit: PermitOnFile,
    side: Side,
    repairs: list[Repair],
) -> Item:
    lines = candidates(permit, item, document, side)
    if len(lines) != 1:
        return item
    source = f"line {lines[0].terms.line} of permit {permit.terms.number} of {permit.terms.issuer}"
    taken = _left_out(item, permit, lines[0])
    told = [Repair(pointer=f"/items/{index}/{name}", source=source) for name in taken]
    quantity, more = _quantity(stated, item, index, lines[0])
    repairs += [*told, *more]
    return item.model_copy(update=taken | quantity) if taken or quantity else item


def _left_out(item: Item, permit: PermitOnFile, line: Line) -> dict[str, Any]:
    """Answer what the item leaves out and the line says."""
    says: dict[str, Any] = {name: getattr(line.terms, name) for name in FROM_LINE}
    says |= {"purpose": permit.terms.purpose, "origin_country": origin(permit, line)}
    taken = {name: value for name, value in says.items() if getattr(item, name) is None}
    alone = item.underlying_source is None and item.source in {None, line.terms.source}
    if alone and line.terms.underlying_source is not None:
        taken["underlying_source"] = line.terms.underlying_source
    return taken


def _quantity(stated: InsideDeclaration, item: Item, index: int, line: Line) -> tuple[dict[str, Any], list[Repair]]:
    """Answer the quantity in the measure the line is granted in, where what was stated leaves that open.

    A line by weight is used by the net mass; one by another measure by the supplementary quantity, whose unit customs
    messages mostly leave out, as the tariff fixes it.
    """
    unit, letter = line.terms.unit, line.terms.line
    guessed = any(repair.pointer == f"/items/{index}/unit" for repair in stated.repairs)
    if convertible(item.unit, unit):
        return {}, []
    if item.net_mass is not None and convertible("kg", unit):
        repair = Repair(pointer=f"/items/{index}/quantity", source=f"the net mass, for line {letter} is in {unit}")
        return {"quantity": item.net_mass, "unit": "kg"}, [repair]
    if guessed and not convertible(unit, "kg"):
        return {"unit": unit}, [Repair(pointer=f"/items/{index}/unit", source=f"line {letter}, which is in {unit}")]
    return {}, []


def _other_party(stated: Declaration, permits: list[PermitOnFile], side: Side, repairs: list[Repair]) -> dict[str, Any]:
    """Answer the other party with the identifier its permits name it by, where name and country are theirs."""
    name = "exporter" if side is Side.IMPORT else "importer"
    party = getattr(stated, name)
    if party.identifier is not None:
        return {}
    same = {
        there.identifier: permit
        for permit in permits
        if (there := getattr(permit.terms, name)).identifier is not None
        and (there.name.casefold(), there.country) == (party.name.casefold(), party.country)
    }
    if len(same) != 1:
        return {}
    [(identifier, permit)] = same.items()
    source = f"permit {permit.terms.number} of {permit.terms.issuer}, which names {party.name}"
    repairs.append(Repair(pointer=f"/{name}/identifier", source=source))
    return {name: party.model_copy(update={"identifier": identifier})}
