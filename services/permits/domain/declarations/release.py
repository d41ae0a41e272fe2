"""Release a declaration: customs states what arrived or left, and the hub writes it off."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.declarations.actual_quantities import (
    ActualQuantities,
    divide_actual_quantity,
    line_key,
)
from services.permits.domain.declarations.counted_wholes import (
    count_wholes,
    is_counted_with_others,
    reserved_of_group,
    whole_groups,
)
from services.permits.domain.declarations.items import (
    DEAD_ON_ARRIVAL,
    can_be_dead_on_arrival,
    citations_by_item,
    is_live,
    items_by_number,
    require_items,
)
from services.permits.domain.declarations.transition_guard import require_transition
from services.permits.domain.events import declaration_fields
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.lifecycle import USABLE, describe_transitions
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord, ReservingDeclarations
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.rules.documents import is_not_withdrawn
from services.permits.domain.write_off.closure import RunningBalances
from services.permits.domain.write_off.consents import with_consent_used
from services.permits.domain.write_off.posting import LineUses, PostingContext
from services.permits.domain.write_off.use import apply_uses, list_usage
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.declaration import ActualItem, Item, Release
from shared.contracts.events.declarations import DeclarationReleased
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict, Fault, Invalid

MORE_NEEDS_CONSENT = "More needs the consent of the authority that issued the permit, or an amendment by the trader."


def release(
    declaration: DeclarationRecord,
    permits: PermitsById,
    decision: Release,
    actor: Actor,
    day: date,
    reserving: ReservingDeclarations,
) -> ChangeSet:
    """Return the changes of a release: an import consumes what arrived, an export endorses what left (box 14).

    `permits` contains the permits that the declaration cites and those with reservations of `reserving` declarations.
    `reserving` contains the declarations with import reservations on the permits of an export. `day` is the value date.
    Raise Conflict `invalid-transition`, `permit-withdrawn`, `more-than-reserved` or an error of `apply_uses`.
    Raise Invalid if an item, a unit, a quantity or the number of dead animals does not fit.
    """
    require_transition(declaration, DeclarationStatus.RELEASED, ActorRole.CUSTOMS)
    if declaration.status is DeclarationStatus.RELEASED:
        raise Conflict(
            "invalid-transition",
            f"Declaration {declaration.content.reference} is released. Use the correction to change the release. "
            f"{describe_transitions(declaration.status)}",
        )
    _require_permits_not_withdrawn(declaration, permits)
    actual = _actual_items(declaration, decision, permits)
    items = items_by_number(declaration)
    citations, uses, running = [], LineUses(), RunningBalances(permits)
    groups = whole_groups(declaration, declaration.citations, permits)
    wholes = count_wholes(declaration, groups, permits, _arrived(decision, items)) if groups else {}
    for citation in declaration.citations:
        if not citation.is_open and not is_counted_with_others(citation, groups):
            citations.append(citation)
            continue
        item = items[citation.item]
        amount = actual[item.number].by_line[line_key(citation)]
        dead_on_arrival = actual[item.number].dead_by_line[line_key(citation)]
        maximum = EXACT.add(citation.reserved, citation.consented)
        if (citation.item, *line_key(citation)) in wholes:
            amount, maximum = wholes[citation.item, *line_key(citation)], reserved_of_group(citation, groups)
        if amount > maximum:
            text = (
                f"For item {item.number} customs may release {format_quantity(maximum)} "
                f"{citation.unit}. {MORE_NEEDS_CONSENT}"
            )
            raise Conflict("more-than-reserved", text)
        entries = running.release_entries(citation, amount)
        uses.add(citation, entries, dead_on_arrival)
        used = replace(with_consent_used(citation, entries), reserved=ZERO, used=amount, used_on=day)
        citations.append(replace(used, dead_on_arrival=dead_on_arrival))
    released = replace(declaration, status=DeclarationStatus.RELEASED, citations=tuple(citations))
    usage, omitted = list_usage(released, permits)
    data = DeclarationReleased(
        **declaration_fields(released), status=DeclarationStatus.RELEASED, usage=usage, usage_omitted=omitted
    )
    return apply_uses(
        declaration,
        released,
        data,
        uses,
        permits,
        reserving,
        PostingContext(actor=actor, cause=f"release/{declaration.id}", value_date=day),
    )


def _arrived(decision: Release, items: Mapping[int, Item]) -> dict[int, tuple[Decimal, str]]:
    """Return the actual quantity and unit of each item: those that customs states, else the declared ones."""
    declared = {number: (item.quantity, item.unit.value) for number, item in items.items()}
    stated = {
        one.number: (one.quantity, (one.unit or items[one.number].unit).value)
        for one in decision.items
        if one.quantity is not None
    }
    return declared | stated


def _require_permits_not_withdrawn(declaration: DeclarationRecord, permits: PermitsById) -> None:
    """Raise Conflict `permit-withdrawn` if a cited permit was withdrawn and no officer overrode that finding."""
    named = (f.permit for f in declaration.findings if f.rule == is_not_withdrawn.name and f.overridden)
    overridden = {cited.key for cited in named if cited}
    for citation in declaration.citations:
        permit = permits[citation.permit]
        if permit.status not in USABLE and permit.key not in overridden:
            name = f"{permit.content.issuer} {permit.content.number}"
            detail = (
                f"Permit {name} is {permit.status}. Override that finding, refuse the goods, or wait "
                "for a new version by the trader that cites another permit."
            )
            raise Conflict("permit-withdrawn", detail)


def _actual_items(
    declaration: DeclarationRecord, decision: Release, permits: PermitsById
) -> dict[int, ActualQuantities]:
    """Return the actual quantities of each item, by item number. An item that is not stated has the declared ones.

    Raise Invalid `more-than-declared` if a quantity exceeds the declared one and the item has no consent.
    """
    require_items(declaration, [item.number for item in decision.items])
    given = {item.number: item for item in decision.items}
    places = {number: index for index, number in enumerate(given)}
    citations = citations_by_item(declaration)
    actual = {}
    for item in declaration.content.items:
        one = given.get(item.number) or ActualItem(number=item.number)
        mine, place = citations[item.number], places.get(item.number, 0)
        # a unit without a quantity states nothing
        quantities = divide_actual_quantity(
            item,
            mine,
            permits,
            quantity=one.quantity,
            unit=None if one.quantity is None else one.unit,
            documents=one.documents,
            dead_on_arrival=one.dead_on_arrival,
            pointer=f"/items/{place}",
        )
        consented = any(citation.consented > 0 for citation in mine)
        unit = item.unit if one.quantity is None else one.unit or item.unit
        total = item.quantity if quantities.total is None else quantities.total
        stated = one.model_copy(update={"quantity": total, "unit": unit})
        _validate_actual_item(place, item, stated, is_live(item, mine, permits), consented)
        actual[item.number] = quantities
    return actual


def _validate_actual_item(index: int, item: Item, one: ActualItem, is_live_item: bool, consented: bool) -> None:
    quantity, unit = one.quantity or ZERO, one.unit or item.unit
    units.require_whole_number(quantity, unit, f"/items/{index}/quantity")
    if (
        not consented
        and units.is_convertible(unit, item.unit)
        and units.convert(quantity, unit, item.unit) > item.quantity
    ):
        text = f"Item {item.number} is declared as {format_quantity(item.quantity)} {item.unit}. {MORE_NEEDS_CONSENT}"
        raise Invalid("more-than-declared", text, [Fault(f"/items/{index}/quantity", "more-than-declared", text)])
    if one.dead_on_arrival is not None and not (
        is_live_item and can_be_dead_on_arrival(one.dead_on_arrival, quantity, unit)
    ):
        text = f"{DEAD_ON_ARRIVAL} Correct it for item {item.number}."
        raise Invalid("dead-on-arrival", text, [Fault(f"/items/{index}/dead_on_arrival", "dead-on-arrival", text)])
