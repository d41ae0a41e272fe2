"""Endorse a permit: box 14 states what really left."""

from dataclasses import replace
from uuid import UUID

from services.permits.domain.events import name_first, permit_fields, used_line
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry
from services.permits.domain.lifecycle import describe_permit_transitions
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import ReservingDeclarations
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.units import require_whole_number
from services.permits.domain.write_off.permit_status import can_endorse_next_part, exhausted_events
from services.permits.domain.write_off.posting import LineUse, PostingContext
from services.permits.domain.write_off.use import permit_changes, post_uses
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.time_zones import day_in_first_zone, day_in_last_zone
from shared.contracts.closed_sets import PermitStatus, Side
from shared.contracts.events.permits import PermitEndorsed
from shared.contracts.parties import Actor
from shared.contracts.permit import Endorsement
from shared.problems import Conflict, Fault, Invalid, list_names


def endorse(
    permits: PermitsById, permit_id: UUID, decision: Endorsement, actor: Actor, reserving: ReservingDeclarations
) -> ChangeSet:
    """Return the changes of an endorsement (box 14), quantities in the unit of each line. Endorsements add up.

    The first endorsement endorses zero on lines that it does not name. If part loads exhausted the permit, it may be
    endorsed again while more of the granted quantity may leave. The goods of a retrospective permit left before its
    issue, so its endorsement may be of that day (Resolution Conf. 12.3, part XIII).
    `reserving` contains the declarations with import reservations on the permit. `permits` contains this permit and
    all others on which they have reservations.
    Raise Conflict `no-export-side` for a document of the country of import, `invalid-transition` for a status that
    allows no endorsement, or an error of `post_uses`. Raise Invalid if a line or the date does not fit.
    """
    permit = permits[permit_id]
    if permit.content.kind in IMPORT_SIDE_KINDS:
        raise Conflict(
            "no-export-side",
            f"Permit {permit.content.number} is of kind {permit.content.kind}. It has no export "
            "side. Endorse the export permit of the shipment.",
        )
    continues = permit.status is PermitStatus.EXHAUSTED and can_endorse_next_part(permit)
    if permit.status not in {PermitStatus.ISSUED, PermitStatus.ENDORSED} and not continues:
        transitions = describe_permit_transitions(permit.status)
        detail = f"Permit {permit.content.number} is {permit.status}, so it cannot be endorsed. {transitions}"
        raise Conflict("invalid-transition", detail)
    for index, line in enumerate(decision.lines):
        if line.line not in permit.lines:
            text = (
                f"Permit {permit.content.number} has no line {line.line}. Its lines are: "
                f"{list_names(permit.lines)}. Name one of them."
            )
            raise Invalid("no-such-line", text, [Fault(f"/lines/{index}/line", "no-such-line", text)])
        require_whole_number(line.quantity, permit.lines[line.line].content.unit, f"/lines/{index}/quantity")
    day = decision.endorsed_on or day_in_last_zone(permit.content.export_country, actor.at)
    is_too_early = day < permit.content.issued_on and not permit.content.retrospective
    if is_too_early or day > permit.content.valid_until:
        text = (
            f"The permit is valid from {permit.content.issued_on} to {permit.content.valid_until}. "
            f"The endorsement is of {day}. Correct `endorsed_on`."
        )
        raise Invalid("endorsed-out-of-validity", text, [Fault("/endorsed_on", "endorsed-out-of-validity", text)])
    if day > day_in_first_zone(permit.content.export_country, actor.at):
        today = day_in_first_zone(permit.content.export_country, actor.at)
        text = (
            f"The day of the endorsement, {day}, is in the future: in "
            f"{permit.content.export_country} it is {today}. Correct `endorsed_on`."
        )
        raise Invalid("endorsed-in-the-future", text, [Fault("/endorsed_on", "endorsed-in-the-future", text)])
    context = PostingContext(actor=actor, cause=f"endorsement/{permit.sequence}", value_date=day)
    kind = EntryKind.CROSS_BORDER if permit.is_for_many_crossings else EntryKind.ENDORSE
    uses = [
        LineUse(
            permit=permit.id,
            line=endorsed.line,
            entries=(LedgerEntry(side=Side.EXPORT, kind=kind, quantity=endorsed.quantity),),
            pointer=f"/lines/{index}/quantity",
        )
        for index, endorsed in enumerate(decision.lines)
    ]
    transport_documents = permit.transport_documents | (
        {decision.transport_document} if decision.transport_document else set()
    )
    result = post_uses(
        {**permits, permit_id: replace(permit, transport_documents=transport_documents)},
        permit_id,
        uses,
        reserving,
        context,
    )
    after = result.permits[permit_id]
    lines, omitted = name_first(
        decision.lines, lambda endorsed: used_line(after.lines[endorsed.line], Side.EXPORT, endorsed.quantity)
    )
    data = PermitEndorsed(
        **permit_fields(after),
        status=after.status,
        lines=lines,
        lines_omitted=omitted,
        endorsed_on=day,
        port=decision.port,
        transport_document=decision.transport_document,
    )
    event = DomainEvent(from_status=permit.status, data=data, actor=actor)
    permit_events = (event, *exhausted_events(permit, after, context))
    return ChangeSet(
        declarations=result.displaced,
        permits=permit_changes(permits, result.permits, {permit_id: permit_events}),
        postings=result.postings,
    )
