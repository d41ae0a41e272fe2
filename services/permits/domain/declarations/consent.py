"""Consent: the Management Authority agrees to exceed its permit for one item of one declaration.

The consent belongs to the item. It adds nothing to the permit line until that item uses it.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.permits.domain.declarations.actual_quantities import find_document
from services.permits.domain.declarations.items import (
    convert_to_line_unit,
    read_item,
    require_item,
    require_use_of_permits,
)
from services.permits.domain.events import declaration_fields
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry
from services.permits.domain.lifecycle import FINAL, MAX_HISTORY, describe_transitions, require_room_in_history
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.units import require_whole_number
from services.permits.domain.write_off.posting import LineUses, PostingContext, build_posting
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.time_zones import utc_day
from shared.contracts.declaration import Consent, Item
from shared.contracts.events.declarations import DeclarationConsented
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict, Fault, Invalid, NotFound, list_names


def consent(
    declaration: DeclarationRecord, permits: PermitsById, decision: Consent, actor: Actor, country: str
) -> ChangeSet:
    """Return the changes of a consent: the item's citation of a permit of `country` gets the quantity.

    If the item cites an export permit and an import permit of the country, both get it.

    The quantity of the decision is in its own unit, else in the declared unit.
    Raise Conflict `nothing-written-off` for a transit.
    Raise Conflict `invalid-transition` if the declaration's status is final.
    Raise NotFound if the item cites no permit of the country.
    Raise Invalid `no-such-item`, `no-such-document`, `inexact-unit` or `quantity-not-whole` if a value does not fit.
    """
    if declaration.status in FINAL:
        raise Conflict(
            "invalid-transition",
            f"Declaration {declaration.content.reference} is {declaration.status}, so it needs no consent. "
            f"{describe_transitions(declaration.status)}",
        )
    require_use_of_permits(declaration)
    require_room_in_history(declaration.sequence, MAX_HISTORY)
    require_item(declaration, decision.item, "/item")
    item = read_item(declaration, decision.item)
    require_whole_number(decision.quantity, decision.unit or item.unit, "/quantity")
    citations_of_country = [
        c
        for c in declaration.citations
        if c.item == item.number and c.line and permits[c.permit].content.issuer == country
    ]
    if not citations_of_country:
        raise NotFound(
            f"Item {decision.item} cites no permit of {country}. Only the authority that issued "
            "a permit can give consent."
        )
    if decision.document is not None:
        citations_of_country = [find_document(citations_of_country, permits, decision.document, "/document/number")]
    _require_no_share(item, citations_of_country, permits)
    uses, citations = LineUses(), []
    for citation in declaration.citations:
        if citation not in citations_of_country:
            citations.append(citation)
            continue
        amount = convert_to_line_unit(citation, permits, item, decision.quantity, decision.unit)
        uses.add(citation, (LedgerEntry(side=citation.side, kind=EntryKind.CONSENT, quantity=amount),))
        citations.append(replace(citation, consented=EXACT.add(citation.consented, amount)))
    context = PostingContext(
        actor=actor, cause=f"consent/{declaration.sequence}", value_date=utc_day(actor.at), reason=decision.reason
    )
    consented = replace(declaration, citations=tuple(citations))
    return _consent_changes(consented, decision, permits, uses, context)


def _require_no_share(item: Item, citations: Sequence[Citation], permits: PermitsById) -> None:
    """Raise Invalid `no-such-document` if several permits share the item, so that one of them must be named."""
    sides = [permits[one.permit].content.kind in IMPORT_SIDE_KINDS for one in citations]
    if len(set(sides)) < len(sides):
        names = list_names(permits[one.permit].content.number for one in citations)
        text = f"Item {item.number} uses several permits: {names}. Name the one to exceed as `document`."
        raise Invalid("no-such-document", text, [Fault("/document", "no-such-document", text)])


def _consent_changes(
    declaration: DeclarationRecord, decision: Consent, permits: PermitsById, uses: LineUses, context: PostingContext
) -> ChangeSet:
    data = DeclarationConsented(
        **declaration_fields(declaration),
        status=declaration.status,
        reason=decision.reason,
        item=decision.item,
        quantity=format_quantity(decision.quantity),
        unit=decision.unit or read_item(declaration, decision.item).unit,
    )
    event = DomainEvent(from_status=declaration.status, data=data, actor=context.actor)
    postings = tuple(
        build_posting(permits[use.permit], use, entry, context) for use in uses.line_uses for entry in use.entries
    )
    return ChangeSet(declarations=(DeclarationChange(declaration=declaration, events=(event,)),), postings=postings)
