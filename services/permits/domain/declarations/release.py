"""What customs decides about a declaration: release or refuse; and the trader's cancellation.

Each takes the declaration, the permits it cites as they stand under their locks, and answers all that is written.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.declarations.lodge import give_back
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.lifecycle import EVENTS, USABLE, By, Status, may_turn, turns_of
from services.permits.domain.rules.whole_declaration import WITHDRAWN
from services.permits.domain.values import Citation, DeclarationChange, Filed, Move, Outcome, PermitChange
from services.permits.domain.write_off.closure import Running
from services.permits.domain.write_off.consents import with_drawn
from services.permits.domain.write_off.posting import Others, Permits, Signature, Uses
from services.permits.domain.write_off.use import used_outcome
from shared.contracts.declaration import ActualItem, Item, Release
from shared.contracts.fields import Unit
from shared.contracts.parties import Act
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict, Fault, Invalid

MORE = "More needs the consent of the authority that issued the permit, or a new version by the trader."


def must_turn(filed: Filed, there: Status, by: By) -> None:
    """Refuse a turn that the table does not have (409 `wrong-turn`)."""
    if not may_turn(filed.status, there, by):
        detail = f"Declaration {filed.document.reference} is {filed.status}. {turns_of(filed.status)}"
        raise Conflict("wrong-turn", detail)


def release(filed: Filed, permits: Permits, stated: Release, by: Act, day: date, others: Others) -> Outcome:
    """Let the goods go: of an import what arrived is consumed, of an export what left is endorsed (box 14).

    `others` are the declarations that hold import reservations on the permits of an export.
    """
    must_turn(filed, Status.RELEASED, By.CUSTOMS)
    if filed.status is Status.RELEASED:
        raise Conflict("wrong-turn", f"{filed.document.reference} is released. What was released is corrected instead.")
    _must_stand(filed, permits)
    actual = _actual(filed, stated, permits)
    citations, uses, running = [], Uses(), Running(permits)
    for citation in filed.citations:
        if not citation.open:
            citations.append(citation)
            continue
        item = item_of(filed, citation.item)
        one = actual[item.number]
        amount = in_line_unit(citation, item, one.quantity or ZERO, one.unit)
        most = EXACT.add(citation.reserved, citation.consented)
        if amount > most:
            text = f"{plain(most)} {citation.unit} may be used for item {item.number}. {MORE}"
            raise Conflict("more-than-reserved", text)
        entries = running.release(citation, amount)
        uses.add(citation, entries, one.dead_on_arrival)
        used = replace(with_drawn(citation, entries), reserved=ZERO, used=amount, used_on=day)
        citations.append(replace(used, dead_on_arrival=one.dead_on_arrival))
    freed = replace(filed, status=Status.RELEASED, citations=tuple(citations))
    return used_outcome(
        filed, freed, EVENTS[Status.RELEASED], uses, permits, others, Signature(by, f"release/{filed.id}", day)
    )


def refuse(filed: Filed, permits: Permits, reason: str, by: Act) -> Outcome:
    """Refuse the goods; what was set aside goes back."""
    must_turn(filed, Status.REFUSED, By.CUSTOMS)
    return _ended(filed, permits, Status.REFUSED, reason, by)


def cancel(filed: Filed, permits: Permits, reason: str | None, by: Act) -> Outcome:
    """Take the declaration back; what was set aside goes back too."""
    must_turn(filed, Status.CANCELLED, By.TRADER)
    return _ended(filed, permits, Status.CANCELLED, reason, by)


def _ended(filed: Filed, permits: Permits, status: Status, reason: str | None, by: Act) -> Outcome:
    back = give_back(filed, permits, by, str(status))
    move = Move(filed.status, status, by, EVENTS[status], reason)
    changes = tuple(PermitChange(permit) for permit in back.permits.values())
    free = tuple(replace(citation, counted=ZERO) for citation in back.filed.citations)
    ended = replace(back.filed, status=status, citations=free)
    return Outcome((DeclarationChange(ended, (move,)),), changes, back.postings)


def _must_stand(filed: Filed, permits: Permits) -> None:
    """Refuse to go on with a permit that was withdrawn, unless an officer overrode just that (409)."""
    named = (f.permit for f in filed.findings if f.rule == WITHDRAWN and f.overridden)
    settled = {(cited.issuer, cited.number) for cited in named if cited}
    for citation in filed.citations:
        permit = permits[citation.permit]
        if permit.status not in USABLE and permit.key not in settled:
            name = f"{permit.terms.issuer} {permit.terms.number}"
            detail = f"Permit {name} is {permit.status}: cite another, or override that finding."
            raise Conflict("permit-withdrawn", detail)


def _actual(filed: Filed, stated: Release, permits: Permits) -> dict[int, ActualItem]:
    """Answer what arrived or left of every item; more than was declared only where the authority consented."""
    must_be_items(filed, [item.number for item in stated.items])
    given = {item.number: item for item in stated.items}
    actual = {}
    for item in filed.document.items:
        one = given.get(item.number, ActualItem(number=item.number))
        if one.quantity is None:
            one = ActualItem(number=item.number, quantity=item.quantity, dead_on_arrival=one.dead_on_arrival)
        index = list(given).index(item.number) if item.number in given else 0
        consented = any(c.consented > 0 for c in filed.citations if c.item == item.number)
        _must_be_sane(index, item, one, lives(filed, item, permits), consented)
        actual[item.number] = one
    return actual


def lives(filed: Filed, item: Item, permits: Permits) -> bool:
    """Say whether an item is of live animals, by its own term or else by that of the line it cites."""
    cited = [permits[c.permit].lines[c.line].terms.term for c in filed.citations if c.item == item.number and c.line]
    return "LIV" in ([item.term] if item.term else cited)


def may_be_dead(animals: int, quantity: Decimal, unit: str) -> bool:
    """Say whether so many animals may be among what arrived: what is weighed or measured counts none."""
    return not units.convertible(unit, "number") or animals <= units.convert(quantity, unit, "number")


def _must_be_sane(index: int, item: Item, one: ActualItem, lives: bool, consented: bool) -> None:
    quantity, unit = one.quantity or ZERO, one.unit or item.unit
    if (
        not consented
        and units.convertible(unit, item.unit)
        and units.convert(quantity, unit, item.unit) > item.quantity
    ):
        text = f"Item {item.number} was declared as {plain(item.quantity)} {item.unit}. {MORE}"
        raise Invalid("more-than-declared", text, [Fault(f"/items/{index}/quantity", "more-than-declared", text)])
    if one.dead_on_arrival is not None and not (lives and may_be_dead(one.dead_on_arrival, quantity, unit)):
        text = "Dead on arrival counts live animals (term LIV), at most as many as arrived."
        raise Invalid("dead-on-arrival", text, [Fault(f"/items/{index}/dead_on_arrival", "dead-on-arrival", text)])


def must_be_items(filed: Filed, numbers: Sequence[int]) -> None:
    """Refuse a number that no item of the declaration has, or one that is named twice (422)."""
    if len(set(numbers)) != len(numbers):
        text = "An item is named once."
        raise Invalid("item-twice", text, [Fault("/items", "item-twice", text)])
    for index, number in enumerate(numbers):
        must_be_item(filed, number, f"/items/{index}/number")


def must_be_item(filed: Filed, number: int, pointer: str) -> None:
    """Refuse a number that no item of the declaration has (422 `no-such-item`)."""
    if number not in {item.number for item in filed.document.items}:
        text = f"The declaration has no item {number}."
        raise Invalid("no-such-item", text, [Fault(pointer, "no-such-item", text)])


def item_of(filed: Filed, number: int) -> Item:
    """Answer the item with this number, which is there."""
    return next(item for item in filed.document.items if item.number == number)


def in_line_unit(citation: Citation, item: Item, quantity: Decimal, unit: Unit | None = None) -> Decimal:
    """Convert an actual quantity into the line's unit; the whole item is what was asked of the line for it.

    Where the declared unit has no exact conversion, the quantity is stated in a unit that has (422 `inexact-unit`).
    """
    stated = unit or item.unit
    if quantity == item.quantity and stated == item.unit and citation.asked > 0:
        return citation.asked
    if quantity == 0 or citation.line == "":
        return ZERO
    if units.convertible(stated, citation.unit):
        return units.convert(quantity, stated, citation.unit)
    text = f'{stated} does not convert into {citation.unit}: state the quantity with "unit": "{citation.unit}".'
    raise Invalid("inexact-unit", text, [Fault("/items", "inexact-unit", text)])
