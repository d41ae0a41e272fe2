"""Is the cited paper good for this movement, on this day, between these parties? (Articles IV and VI, boxes 1 to 6)."""

from services.permits.domain.ledger.balances import Side
from services.permits.domain.lifecycle import USABLE
from services.permits.domain.rules.context import Case, Difference, Rule
from shared.cites.codes import IMPORT_SIDE_ONLY, KINDS
from shared.contracts.fields import Trader

SERVES: dict[Side, frozenset[str]] = {
    Side.EXPORT: frozenset(KINDS) - IMPORT_SIDE_ONLY,
    Side.IMPORT: frozenset(KINDS),
}
"""Kinds of document that serve a movement; an import permit serves imports alone."""


def named(declared: Trader, on_permit: Trader) -> bool:
    """Say whether the declared party is the one the permit names: by identifier, else by name and country."""
    if on_permit.identifier is not None:
        return declared.identifier == on_permit.identifier
    return (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)


def belongs(case: Case) -> bool:
    """Say whether the permit names the declaring side: the importer of an import, the exporter of an export.

    Goods that cross many borders come back: whoever the certificate names declares both ways.
    """
    terms = case.permit.terms
    if case.permit.many_crossings:
        declaring = case.declaration.importer if case.side is Side.IMPORT else case.declaration.exporter
        return named(declaring, terms.importer) or named(declaring, terms.exporter)
    if case.side is Side.IMPORT:
        return named(case.declaration.importer, terms.importer)
    return named(case.declaration.exporter, terms.exporter)


def kind_serves(case: Case) -> Difference | None:
    """The document is of a kind that serves this movement (Article IV, paragraphs 2 and 4)."""
    kind = case.permit.terms.kind
    if kind in SERVES[case.side]:
        return None
    return Difference(case.cites("type"), f"a document that serves an {case.side}", kind)


def is_in_force(case: Case) -> Difference | None:
    """A document is valid from its day of issue to its last day, both included, in the issuer's zone (Article VI.2)."""
    terms = case.permit.terms
    first, last = case.days
    if first <= terms.valid_until and last >= terms.issued_on:
        return None
    if case.document.use == "late" and first > terms.valid_until:
        return None
    return Difference(
        case.cites("number"), f"received from {terms.issued_on} to {terms.valid_until}", first.isoformat()
    )


def was_in_force_when_used(case: Case) -> Difference | None:
    """A use reported after the document's last day was made before it: an officer sees when (Article VI.2)."""
    last, first = case.permit.terms.valid_until, case.days[0]
    if case.document.use != "late" or first <= last:
        return None
    return Difference(case.cites("use"), f"used by {last}", f"reported on {first}")


def is_not_withdrawn(case: Case) -> Difference | None:
    """A document that was revoked, replaced or reported lost covers no shipment (Article VI.1)."""
    if case.permit.status in USABLE:
        return None
    return Difference(case.cites("number"), "a document that stands", case.permit.status.value)


def export_country_agrees(case: Case) -> Difference | None:
    """The goods leave from the country of export of the document (box 4)."""
    expected, found = case.permit.terms.export_country, case.declaration.export_country
    return None if expected == found or case.permit.many_crossings else Difference("/export_country", expected, found)


def import_country_agrees(case: Case) -> Difference | None:
    """The goods enter the country of import of the document (box 3a)."""
    expected, found = case.permit.terms.import_country, case.declaration.import_country
    return None if expected == found or case.permit.many_crossings else Difference("/import_country", expected, found)


def other_party_agrees(case: Case) -> Difference | None:
    """The other party is the one the document names (boxes 3 and 4)."""
    terms, stated = case.permit.terms, case.declaration
    importing = case.side is Side.IMPORT
    expected, found = (terms.exporter, stated.exporter) if importing else (terms.importer, stated.importer)
    if named(found, expected) or _same_name(found, expected) or case.permit.many_crossings:
        return None
    return Difference("/exporter" if importing else "/importer", _write(expected), _write(found))


def _same_name(declared: Trader, on_permit: Trader) -> bool:
    """A declaration often lacks the foreign party's identifier: its name and country then stand for it."""
    same = (declared.name.casefold(), declared.country) == (on_permit.name.casefold(), on_permit.country)
    return same and declared.identifier is None


def _write(party: Trader) -> str:
    return f"{party.name} ({party.country}{', ' + party.identifier if party.identifier else ''})"


def own_party_is_identified(case: Case) -> Difference | None:
    """Where a document names its holder without an identifier, an officer sees who it is (boxes 3 and 4)."""
    terms, stated = case.permit.terms, case.declaration
    importing = case.side is Side.IMPORT
    holder, declared = (terms.importer, stated.importer) if importing else (terms.exporter, stated.exporter)
    if holder.identifier is not None or case.permit.many_crossings:
        return None
    return Difference("/importer" if importing else "/exporter", f"{holder.name}, identified", _write(declared))


def purpose_agrees(case: Case) -> Difference | None:
    """The purpose of the transaction is the one the document states (box 5a)."""
    expected, found = case.permit.terms.purpose, case.item.purpose
    return None if found is None or found == expected else Difference(case.at("purpose"), expected, found)


def was_endorsed(case: Case) -> Difference | None:
    """An export document is endorsed with the actual quantity when the goods leave (box 14)."""
    if case.side is Side.EXPORT or case.permit.endorsed or case.permit.terms.kind in IMPORT_SIDE_ONLY:
        return None
    return Difference(case.cites("number"), "an endorsement by customs of the country of export", "none")


def was_issued_here(case: Case) -> Difference | None:
    """A document registered by the importing country stands until its issuer's own authority is on the hub."""
    country = case.permit.registering_country
    if country is None or country == case.permit.terms.issuer:
        return None
    return Difference(case.cites("issuer"), f"issued by {case.permit.terms.issuer}", f"registered by {country}")


RULES: tuple[Rule, ...] = (
    Rule("CITES-IV-kind", "block", kind_serves),
    Rule("CITES-VI.2-validity", "block", is_in_force),
    Rule("CITES-VI.2-late", "refer", was_in_force_when_used),
    Rule("CITES-VI.1-withdrawn", "block", is_not_withdrawn),
    Rule("CITES-box-4-export-country", "block", export_country_agrees),
    Rule("CITES-box-3a-import-country", "block", import_country_agrees),
    Rule("CITES-box-3-4-own-party", "refer", own_party_is_identified),
    Rule("CITES-box-3-4-other-party", "refer", other_party_agrees),
    Rule("CITES-box-5a-purpose", "refer", purpose_agrees),
    Rule("CITES-box-14-endorsement", "refer", was_endorsed),
    Rule("CITES-box-6-registered", "note", was_issued_here),
)
