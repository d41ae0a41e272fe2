"""What customs decides about a declaration: release or refuse; and the trader's cancellation.

Each takes the declaration, the permits it cites as they stand under their locks, and answers all that is written.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.declarations.lodge import return_reservations
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.lifecycle import (
    DECLARATION_EVENT_TYPES,
    USABLE,
    ActorRole,
    Status,
    can_transition,
    describe_transitions,
)
from services.permits.domain.rules.whole_declaration import WITHDRAWN_RULE
from services.permits.domain.values import (
    ChangeSet,
    Citation,
    DeclarationChange,
    DeclarationRecord,
    DomainEvent,
    PermitChange,
)
from services.permits.domain.write_off.closure import RunningBalances
from services.permits.domain.write_off.consents import with_consent_used
from services.permits.domain.write_off.posting import LineUses, PermitsById, PostingContext, ReservingDeclarations
from services.permits.domain.write_off.use import apply_uses
from shared.contracts.declaration import ActualItem, Item, Release
from shared.contracts.fields import Unit
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict, Fault, Invalid

MORE_NEEDS_CONSENT = "More needs the consent of the authority that issued the permit, or a new version by the trader."


def require_transition(declaration: DeclarationRecord, to_status: Status, role: ActorRole) -> None:
    """Refuse a turn that the table does not have (409 `wrong-turn`)."""
    if not can_transition(declaration.status, to_status, role):
        allowed = describe_transitions(declaration.status)
        detail = f"Declaration {declaration.content.reference} is {declaration.status}. {allowed}"
        raise Conflict("wrong-turn", detail)


def release(
    declaration: DeclarationRecord,
    permits: PermitsById,
    decision: Release,
    actor: Actor,
    day: date,
    reserving: ReservingDeclarations,
) -> ChangeSet:
    """Let the goods go: of an import what arrived is consumed, of an export what left is endorsed (box 14).

    `reserving` are the declarations that hold import reservations on the permits of an export.
    """
    require_transition(declaration, Status.RELEASED, ActorRole.CUSTOMS)
    if declaration.status is Status.RELEASED:
        raise Conflict(
            "wrong-turn", f"{declaration.content.reference} is released. What was released is corrected instead."
        )
    _require_permits_not_withdrawn(declaration, permits)
    actual = _actual_items(declaration, decision, permits)
    citations, uses, running = [], LineUses(), RunningBalances(permits)
    for citation in declaration.citations:
        if not citation.is_open:
            citations.append(citation)
            continue
        item = read_item(declaration, citation.item)
        one = actual[item.number]
        amount = convert_to_line_unit(citation, item, one.quantity or ZERO, one.unit)
        maximum = EXACT.add(citation.reserved, citation.consented)
        if amount > maximum:
            text = (
                f"{format_quantity(maximum)} {citation.unit} may be used for item {item.number}. {MORE_NEEDS_CONSENT}"
            )
            raise Conflict("more-than-reserved", text)
        entries = running.release_entries(citation, amount)
        uses.add(citation, entries, one.dead_on_arrival)
        used = replace(with_consent_used(citation, entries), reserved=ZERO, used=amount, used_on=day)
        citations.append(replace(used, dead_on_arrival=one.dead_on_arrival))
    released = replace(declaration, status=Status.RELEASED, citations=tuple(citations))
    return apply_uses(
        declaration,
        released,
        DECLARATION_EVENT_TYPES[Status.RELEASED],
        uses,
        permits,
        reserving,
        PostingContext(actor, f"release/{declaration.id}", day),
    )


def refuse(declaration: DeclarationRecord, permits: PermitsById, reason: str, actor: Actor) -> ChangeSet:
    """Refuse the goods; what was set aside goes back."""
    require_transition(declaration, Status.REFUSED, ActorRole.CUSTOMS)
    return end_without_release(declaration, permits, Status.REFUSED, reason, actor)


def cancel(declaration: DeclarationRecord, permits: PermitsById, reason: str | None, actor: Actor) -> ChangeSet:
    """Take the declaration back; what was set aside goes back too."""
    require_transition(declaration, Status.CANCELLED, ActorRole.TRADER)
    return end_without_release(declaration, permits, Status.CANCELLED, reason, actor)


def end_without_release(
    declaration: DeclarationRecord, permits: PermitsById, status: Status, reason: str | None, actor: Actor
) -> ChangeSet:
    """Return the declaration in a status that ends it, and every quantity that it had set aside."""
    returned = return_reservations(declaration, permits, actor, str(status))
    event = DomainEvent(declaration.status, status, actor, DECLARATION_EVENT_TYPES[status], reason)
    changes = tuple(PermitChange(permit) for permit in returned.permits.values())
    citations = tuple(replace(citation, counted_elsewhere=ZERO) for citation in returned.declaration.citations)
    ended = replace(returned.declaration, status=status, citations=citations)
    return ChangeSet((DeclarationChange(ended, (event,)),), changes, returned.postings)


def _require_permits_not_withdrawn(declaration: DeclarationRecord, permits: PermitsById) -> None:
    """Refuse to go on with a permit that was withdrawn, unless an officer overrode just that (409)."""
    named = (f.permit for f in declaration.findings if f.rule == WITHDRAWN_RULE and f.overridden)
    overridden = {(cited.issuer, cited.number) for cited in named if cited}
    for citation in declaration.citations:
        permit = permits[citation.permit]
        if permit.status not in USABLE and permit.key not in overridden:
            name = f"{permit.content.issuer} {permit.content.number}"
            detail = f"Permit {name} is {permit.status}: cite another, or override that finding."
            raise Conflict("permit-withdrawn", detail)


def _actual_items(declaration: DeclarationRecord, decision: Release, permits: PermitsById) -> dict[int, ActualItem]:
    """Answer what arrived or left of every item; more than was declared only where the authority consented."""
    require_items(declaration, [item.number for item in decision.items])
    given = {item.number: item for item in decision.items}
    actual = {}
    for item in declaration.content.items:
        one = given.get(item.number, ActualItem(number=item.number))
        if one.quantity is None:
            one = ActualItem(number=item.number, quantity=item.quantity, dead_on_arrival=one.dead_on_arrival)
        index = list(given).index(item.number) if item.number in given else 0
        consented = any(c.consented > 0 for c in declaration.citations if c.item == item.number)
        _validate_actual_item(index, item, one, is_live(declaration, item, permits), consented)
        actual[item.number] = one
    return actual


def is_live(declaration: DeclarationRecord, item: Item, permits: PermitsById) -> bool:
    """Say whether an item is of live animals, by its own term or else by that of the line it cites."""
    cited = [
        permits[c.permit].lines[c.line].content.term for c in declaration.citations if c.item == item.number and c.line
    ]
    return "LIV" in ([item.term] if item.term else cited)


def can_be_dead_on_arrival(animals: int, quantity: Decimal, unit: str) -> bool:
    """Say whether so many animals may be among what arrived: what is weighed or measured counts none."""
    return not units.is_convertible(unit, "number") or animals <= units.convert(quantity, unit, "number")


def _validate_actual_item(index: int, item: Item, one: ActualItem, is_live_item: bool, consented: bool) -> None:
    quantity, unit = one.quantity or ZERO, one.unit or item.unit
    if (
        not consented
        and units.is_convertible(unit, item.unit)
        and units.convert(quantity, unit, item.unit) > item.quantity
    ):
        text = f"Item {item.number} was declared as {format_quantity(item.quantity)} {item.unit}. {MORE_NEEDS_CONSENT}"
        raise Invalid("more-than-declared", text, [Fault(f"/items/{index}/quantity", "more-than-declared", text)])
    if one.dead_on_arrival is not None and not (
        is_live_item and can_be_dead_on_arrival(one.dead_on_arrival, quantity, unit)
    ):
        text = "Dead on arrival counts live animals (term LIV), at most as many as arrived."
        raise Invalid("dead-on-arrival", text, [Fault(f"/items/{index}/dead_on_arrival", "dead-on-arrival", text)])


def require_items(declaration: DeclarationRecord, numbers: Sequence[int]) -> None:
    """Refuse a number that no item of the declaration has, or one that is named twice (422)."""
    if len(set(numbers)) != len(numbers):
        text = "An item is named once."
        raise Invalid("item-twice", text, [Fault("/items", "item-twice", text)])
    for index, number in enumerate(numbers):
        require_item(declaration, number, f"/items/{index}/number")


def require_item(declaration: DeclarationRecord, number: int, pointer: str) -> None:
    """Refuse a number that no item of the declaration has (422 `no-such-item`)."""
    if number not in {item.number for item in declaration.content.items}:
        text = f"The declaration has no item {number}."
        raise Invalid("no-such-item", text, [Fault(pointer, "no-such-item", text)])


def read_item(declaration: DeclarationRecord, number: int) -> Item:
    """Answer the item with this number, which is there."""
    return next(item for item in declaration.content.items if item.number == number)


def convert_to_line_unit(citation: Citation, item: Item, quantity: Decimal, unit: Unit | None = None) -> Decimal:
    """Convert an actual quantity into the line's unit; the whole item is what was asked of the line for it.

    Where the declared unit has no exact conversion, the quantity is stated in a unit that has (422 `inexact-unit`).
    """
    from_unit = unit or item.unit
    if quantity == item.quantity and from_unit == item.unit and citation.requested > 0:
        return citation.requested
    if quantity == 0 or citation.line == "":
        return ZERO
    if units.is_convertible(from_unit, citation.unit):
        return units.convert(quantity, from_unit, citation.unit)
    text = f'{from_unit} does not convert into {citation.unit}: state the quantity with "unit": "{citation.unit}".'
    raise Invalid("inexact-unit", text, [Fault("/items", "inexact-unit", text)])
