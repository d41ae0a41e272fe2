"""Correct a released declaration: customs states the actual quantities again, with a reason."""

from dataclasses import replace

from services.permits.domain.declarations.actual_quantities import (
    ActualQuantities,
    divide_actual_quantity,
    line_key,
)
from services.permits.domain.declarations.counted_wholes import count_wholes, require_whole_groups, whole_groups
from services.permits.domain.declarations.items import (
    DEAD_ON_ARRIVAL,
    can_be_dead_on_arrival,
    citations_by_item,
    is_live,
    items_by_number,
    require_items,
    require_use_of_permits,
)
from services.permits.domain.events import declaration_fields
from services.permits.domain.lifecycle import MAX_HISTORY, describe_transitions, require_room_in_history
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord, ReservingDeclarations
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.units import require_whole_number
from services.permits.domain.write_off.closure import RunningBalances
from services.permits.domain.write_off.consents import with_consent_used
from services.permits.domain.write_off.posting import LineUses, PostingContext
from services.permits.domain.write_off.use import apply_uses, list_usage
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import DeclarationStatus, DocumentUse
from shared.contracts.declaration import CorrectedItem, Correction, Item
from shared.contracts.events.declarations import DeclarationCorrected
from shared.contracts.parties import Actor
from shared.problems import Conflict, Fault, Invalid


def correct(
    declaration: DeclarationRecord,
    permits: PermitsById,
    decision: Correction,
    actor: Actor,
    reserving: ReservingDeclarations,
) -> ChangeSet:
    """Return the changes of a correction, up or down. A correction to zero opens a line that this use had closed.

    The value date is the day of the corrected use, so the correction belongs to the annual report of that year.
    `reserving` contains the declarations with import reservations on the permits of an export.
    Raise Conflict `nothing-written-off` for a transit.
    Raise Conflict `invalid-transition` if the declaration is not released, and the errors of `apply_uses`.
    Raise Invalid if an item, a unit or the number of dead animals does not fit.
    """
    if declaration.status is not DeclarationStatus.RELEASED:
        raise Conflict(
            "invalid-transition",
            f"Declaration {declaration.content.reference} is not released, so nothing can be "
            f"corrected. {describe_transitions(declaration.status)}",
        )
    require_use_of_permits(declaration)
    require_room_in_history(declaration.sequence, MAX_HISTORY)
    require_items(declaration, [item.number for item in decision.items])
    corrections = {item.number: (index, item) for index, item in enumerate(decision.items)}
    groups = whole_groups(declaration, declaration.citations, permits)
    require_whole_groups(groups, corrections)
    items, citations_of_item = items_by_number(declaration), citations_by_item(declaration)
    actual: dict[int, ActualQuantities] = {}
    for index, one in corrections.values():
        require_whole_number(one.quantity, one.unit or items[one.number].unit, f"/items/{index}/quantity")
        actual[one.number] = divide_actual_quantity(
            items[one.number],
            citations_of_item[one.number],
            permits,
            quantity=one.quantity,
            unit=one.unit,
            documents=one.documents,
            dead_on_arrival=one.dead_on_arrival,
            pointer=f"/items/{index}",
        )
    corrected_items = {
        one.number: (one.quantity, (one.unit or items[one.number].unit).value) for _, one in corrections.values()
    }
    wholes = count_wholes(declaration, groups, permits, corrected_items) if groups else {}
    citations, uses, running = [], LineUses(), RunningBalances(permits)
    for citation in declaration.citations:
        if citation.item not in corrections or not citation.line or citation.use == DocumentUse.ALREADY_COUNTED:
            citations.append(citation)
            continue
        (index, one), item = corrections[citation.item], items[citation.item]
        key = line_key(citation)
        amount = wholes.get((citation.item, *key), actual[item.number].by_line[key])
        dead = actual[item.number].dead_by_line[key]
        dead_on_arrival = citation.dead_on_arrival if dead is None else dead
        is_live_item = is_live(item, citations_of_item[item.number], permits)
        _require_live_animals(index, item, one, dead_on_arrival, is_live_item=is_live_item)
        entries = running.correction_entries(citation, amount)
        uses.add(citation, entries, dead)
        citations.append(replace(with_consent_used(citation, entries), used=amount, dead_on_arrival=dead_on_arrival))
    used_on = next((c.used_on for c in declaration.citations if c.used_on is not None), utc_day(actor.at))
    corrected = replace(declaration, citations=tuple(citations), version=declaration.version + 1)
    context = PostingContext(
        actor=actor,
        cause=f"correction/{declaration.id}/{corrected.version}",
        value_date=used_on,
        reason=decision.reason,
    )
    usage, omitted = list_usage(corrected, permits)
    data = DeclarationCorrected(
        **declaration_fields(corrected),
        status=DeclarationStatus.RELEASED,
        reason=decision.reason,
        usage=usage,
        usage_omitted=omitted,
    )
    return apply_uses(declaration, corrected, data, uses, permits, reserving, context)


def _require_live_animals(
    index: int, item: Item, one: CorrectedItem, dead_on_arrival: int | None, *, is_live_item: bool
) -> None:
    """Raise Invalid `dead-on-arrival` if more animals are dead than arrived, or the item has no live animals.

    `dead_on_arrival` is the number after the correction: the corrected one, else that of the release. `index` is the
    place of the item in the correction.
    """
    if dead_on_arrival is None or (
        is_live_item and can_be_dead_on_arrival(dead_on_arrival, one.quantity, one.unit or item.unit)
    ):
        return
    text = f"{DEAD_ON_ARRIVAL} Correct it for item {one.number}."
    if one.dead_on_arrival is None:
        text += f" The release states {dead_on_arrival}: send `dead_on_arrival` again in the correction."
    raise Invalid("dead-on-arrival", text, [Fault(f"/items/{index}/dead_on_arrival", "dead-on-arrival", text)])
