"""Customs corrects what was released, up or down, for a reason; what a correction to zero reopens is open again."""

from dataclasses import replace

from services.permits.domain.declarations.release import in_line_unit, item_of, lives, may_be_dead, must_be_items
from services.permits.domain.lifecycle import Status, turns_of
from services.permits.domain.values import Filed, Outcome
from services.permits.domain.write_off.closure import Running
from services.permits.domain.write_off.consents import with_drawn
from services.permits.domain.write_off.posting import Others, Permits, Signature, Uses
from services.permits.domain.write_off.use import used_outcome
from shared.cites.time_zones import utc_day
from shared.contracts.declaration import CorrectedItem, Correction
from shared.contracts.parties import Act
from shared.problems import Conflict, Fault, Invalid


def correct(filed: Filed, permits: Permits, stated: Correction, by: Act, others: Others) -> Outcome:
    """Correct what was released, up or down; to zero reopens a line that this use had closed.

    A correction counts on the day of the use it corrects, so that a year's report is mended and not the next year's.
    """
    if filed.status is not Status.RELEASED:
        raise Conflict("wrong-turn", f"Only what was released is corrected. {turns_of(filed.status)}")
    must_be_items(filed, [item.number for item in stated.items])
    wanted = {item.number: item for item in stated.items}
    citations, uses, running = [], Uses(), Running(permits)
    for citation in filed.citations:
        if citation.item not in wanted or not citation.line or citation.use == "already_counted":
            citations.append(citation)
            continue
        one = wanted[citation.item]
        amount = in_line_unit(citation, item_of(filed, citation.item), one.quantity, one.unit)
        dead = citation.dead_on_arrival if one.dead_on_arrival is None else one.dead_on_arrival
        _must_live(filed, permits, one, dead, f"/items/{stated.items.index(one)}/dead_on_arrival")
        entries = running.correction(citation, amount)
        uses.add(citation, entries, one.dead_on_arrival)
        citations.append(replace(with_drawn(citation, entries), used=amount, dead_on_arrival=dead))
    used_on = next((c.used_on for c in filed.citations if c.used_on is not None), utc_day(by.at))
    mended = replace(filed, citations=tuple(citations), version=filed.version + 1)
    sign = Signature(by, f"correction/{filed.id}/{mended.version}", used_on, stated.reason)
    return used_outcome(filed, mended, "declaration.corrected", uses, permits, others, sign)


def _must_live(filed: Filed, permits: Permits, one: CorrectedItem, dead: int | None, place: str) -> None:
    """Refuse more dead than arrived, those that the release told of too: `dead` is what stands after this."""
    item = item_of(filed, one.number)
    if dead is None or (may_be_dead(dead, one.quantity, one.unit or item.unit) and lives(filed, item, permits)):
        return
    text = "Dead on arrival counts live animals (term LIV), at most as many as arrived."
    if one.dead_on_arrival is None:
        text += f" {dead} were told of before: state dead_on_arrival anew in the correction."
    raise Invalid("dead-on-arrival", text, [Fault(place, "dead-on-arrival", text)])
