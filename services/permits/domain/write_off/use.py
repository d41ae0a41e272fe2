"""Write-off: the entries of a use are posted to permit lines, with closure, displacement and events.

The first endorsement of a permit endorses zero on each line that it does not name. The endorsed quantity limits what
may arrive. If less is endorsed than is reserved at import, the youngest reservations are displaced. If less is
endorsed than was consumed already, the hub refuses the decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain.events import (
    causing_declaration_fields,
    name_first,
    permit_fields,
    used_line,
)
from services.permits.domain.ledger.balances import (
    ZERO,
    EntryKind,
    LedgerEntry,
    covered_by_consent,
    permit_amount,
    remaining,
    remaining_on_permit,
    reserved,
    total_amount,
    used,
)
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, PermitChange, Posting
from services.permits.domain.model.declarations import Citation, DeclarationRecord, ReservingDeclarations
from services.permits.domain.model.events import DomainEvent, PermitEvent, trader_and_agent
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.write_off.displacement import displace_reservations
from services.permits.domain.write_off.permit_status import exhausted_events, status_from_lines
from services.permits.domain.write_off.posting import LineUse, LineUses, PostingContext, UseResult, build_posting
from services.permits.domain.write_off.reservations import apply_to_line
from shared.contracts.closed_sets import Movement, Side
from shared.contracts.events.declarations import DeclarationCorrected, DeclarationReleased
from shared.contracts.events.parts import CitedPermit, Usage, UsedLine
from shared.contracts.events.permits import PermitEndorsed, PermitEventData, PermitUsed
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict, Fault

SET_ASIDE_KINDS = frozenset({EntryKind.RETURN, EntryKind.CONSENT_USED, EntryKind.CONSENT_RETURNED})
"""Kinds of entries about reservations and consents. They do not mean that goods left or arrived."""


def post_uses(
    permits: PermitsById,
    permit_id: UUID,
    uses: Sequence[LineUse],
    reserving: ReservingDeclarations,
    context: PostingContext,
) -> UseResult:
    """Return the result of posting uses to one permit, displacement included.

    `permits` contains all permits that may change: this one, and those with reservations of the `reserving`
    declarations. Raise Conflict `endorsement-exceeds-permit` if more leaves or crosses than the permit and the used
    consents allow. Raise Conflict `not-enough-left` if more arrives than that, or if less left than arrived already.
    """
    postings = []
    before = permit = permits[permit_id]
    for one in uses:
        for entry in one.entries:
            permit = apply_to_line(permit, one.line, entry)
            _require_crossing_within_total(permit, one, entry)
            postings.append(build_posting(permit, one, entry, context))
    leaving = any(p.entry.side is Side.EXPORT and p.entry.kind not in SET_ASIDE_KINDS for p in postings)
    if leaving and permit.is_for_many_crossings:
        permit = replace(permit, endorsed=True)
    elif leaving and not permit.endorsed:
        permit, zeroes = _endorse_zero_on_other_lines(permit, context)
        postings += zeroes
    pointers = {one.line: one.pointer for one in uses if one.pointer}
    _require_consent_for_excess(before, permit, postings, pointers)
    _require_room_for_consumed(permit)
    displacement = displace_reservations({**permits, permit_id: permit}, permit_id, reserving, context)
    final = replace(displacement.permits[permit_id], status=status_from_lines(displacement.permits[permit_id]))
    return UseResult(
        permits={**displacement.permits, permit_id: final},
        postings=(*postings, *displacement.postings),
        displaced=displacement.changes,
    )


def apply_uses(
    before: DeclarationRecord,
    after: DeclarationRecord,
    data: DeclarationReleased | DeclarationCorrected,
    uses: LineUses,
    permits: PermitsById,
    reserving: ReservingDeclarations,
    context: PostingContext,
) -> ChangeSet:
    """Return all changes of a declaration's release or correction: declaration, permits, postings, displacement.

    `before` and `after` are the declaration without and with the decision; `data` is the data of its event.
    Raise the errors of `post_uses`.
    """
    displaced: dict[UUID, DeclarationChange] = {}
    postings: list[Posting] = []
    current = dict(permits)
    permit_ids = sorted({one.permit for one in uses.line_uses})
    for permit_id in permit_ids:
        current[permit_id] = _without_declaration(_with_transport_document(current[permit_id], after), before.id)
    uses_by_permit: dict[UUID, list[LineUse]] = {}
    for one in uses.line_uses:
        uses_by_permit.setdefault(one.permit, []).append(one)
    for permit_id in permit_ids:
        result = post_uses(current, permit_id, uses_by_permit[permit_id], reserving, context)
        current.update(result.permits)
        displaced |= {change.declaration.id: change for change in result.displaced}
        postings += result.postings
    sums = _used_by_line(after)
    changed = permit_changes(
        permits,
        current,
        {
            permit_id: _permit_events(permits[permit_id], current[permit_id], after, sums.get(permit_id, {}), context)
            for permit_id in permit_ids
        },
    )
    event = DomainEvent(from_status=before.status, data=data, actor=context.actor)
    return ChangeSet(
        declarations=(DeclarationChange(declaration=after, events=(event,)), *displaced.values()),
        permits=changed,
        postings=tuple(postings),
    )


def permit_changes(
    before: PermitsById, after: PermitsById, events_by_permit: Mapping[UUID, tuple[PermitEvent, ...]]
) -> tuple[PermitChange, ...]:
    """Return the change of each permit that has events or whose balances changed."""
    return tuple(
        PermitChange(permit=permit, events=events_by_permit.get(permit_id, ()))
        for permit_id, permit in after.items()
        if permit_id in events_by_permit or permit.lines is not before[permit_id].lines
    )


def list_usage(declaration: DeclarationRecord, permits: PermitsById) -> tuple[tuple[Usage, ...], int | None]:
    """Return the reserved and used quantity of the first citations that have a line, and the number of the others."""

    def usage(citation: Citation) -> Usage:
        content = permits[citation.permit].content
        return Usage(
            item=citation.item,
            permit=CitedPermit(id=citation.permit, issuer=content.issuer, number=content.number),
            line=citation.line,
            reserved=format_quantity(citation.reserved),
            consumed=format_quantity(citation.used),
            unit=citation.unit,
        )

    return name_first([citation for citation in declaration.citations if citation.line], usage)


def _endorse_zero_on_other_lines(permit: PermitRecord, context: PostingContext) -> tuple[PermitRecord, list[Posting]]:
    zero = LedgerEntry(side=Side.EXPORT, kind=EntryKind.ENDORSE, quantity=ZERO)
    postings = []
    for line_letter, line in permit.lines.items():
        if line.balance.endorsed is None:
            permit = apply_to_line(permit, line_letter, zero)
            postings.append(
                build_posting(permit, LineUse(permit=permit.id, line=line_letter, entries=(zero,)), zero, context)
            )
    return replace(permit, endorsed=True), postings


def _require_crossing_within_total(permit: PermitRecord, use: LineUse, entry: LedgerEntry) -> None:
    """Raise Conflict if more crosses a border at once than the line is for. Only a declaration may use consents."""
    line_letter = use.line
    line = permit.lines[line_letter]
    maximum = (permit_amount if use.declaration is None else total_amount)(line.balance, entry.side)
    if entry.kind is EntryKind.CROSS_BORDER and entry.quantity > maximum:
        quantity = f"{format_quantity(maximum)} {line.content.unit}"
        detail = f"Line {line_letter} of permit {permit.content.number} is for {quantity} per crossing. Send no more."
        raise Conflict("endorsement-exceeds-permit", detail)


def _require_consent_for_excess(
    before: PermitRecord, after: PermitRecord, postings: Iterable[Posting], pointers: Mapping[str, str]
) -> None:
    """Raise Conflict if these uses exceed the permit amount by more than their own consents.

    The consents of other items do not count. An arrival never uses quantities that others reserved.
    A departure may: displacement then ends the reservations that no longer fit.
    """
    consent_used: dict[tuple[str, Side], Decimal] = {}
    for posting in postings:
        more = posting.entry.quantity if posting.entry.kind is EntryKind.CONSENT_USED else ZERO
        consent_used[posting.line, posting.entry.side] = EXACT.add(
            consent_used.get((posting.line, posting.entry.side), ZERO), more
        )
    for (line_letter, side), amount in consent_used.items():
        balance_before, line = before.lines[line_letter].balance, after.lines[line_letter]
        if EXACT.subtract(covered_by_consent(line.balance, side), covered_by_consent(balance_before, side)) > amount:
            code, verb, done = _CONFLICTS[side]
            room = f"{format_quantity(remaining_on_permit(balance_before, side))} {line.content.unit}"
            taken = f"{done} {format_quantity(used(balance_before, side))}"
            if reserved(balance_before, side):
                taken += f", and declarations reserve {format_quantity(reserved(balance_before, side))}"
            detail = (
                f"At most {room} more may {verb} on line {line_letter} of permit {after.content.number}. {taken}. "
                f"The authority of {after.content.issuer} may consent to more for an item of a declaration."
            )
            pointer = pointers.get(line_letter)
            raise Conflict(code, detail, [Fault(pointer, code, detail)] if pointer else [])


_CONFLICTS = {
    Side.EXPORT: ("endorsement-exceeds-permit", "leave", "Customs endorsed"),
    Side.IMPORT: ("not-enough-left", "arrive", "Customs released"),
}


def _require_room_for_consumed(after: PermitRecord) -> None:
    displaceable = _displaceable_quantities(after)
    for line_letter, line in after.lines.items():
        unit, number = line.content.unit, after.content.number
        if EXACT.add(remaining(line.balance, Side.IMPORT), displaceable[line_letter]) < 0:
            consumed = format_quantity(line.balance.import_consumed)
            detail = (
                f"At import {consumed} {unit} of line {line_letter} of permit {number} have arrived. Endorse "
                "at least that quantity."
            )
            raise Conflict("not-enough-left", detail)


def _displaceable_quantities(permit: PermitRecord) -> dict[str, Decimal]:
    """Return the quantity that displacement can free at import by line: reserved minus used consents.

    A used consent returns together with its reservation, so it frees no quantity.
    """
    quantities = {letter: reserved(line.balance, Side.IMPORT) for letter, line in permit.lines.items()}
    for citation in permit.citations:
        if citation.is_open and citation.consent_used and citation.side is Side.IMPORT:
            quantities[citation.line] = EXACT.subtract(quantities[citation.line], citation.consent_used)
    return quantities


def _without_declaration(permit: PermitRecord, declaration: UUID) -> PermitRecord:
    return replace(permit, citations=tuple(u for u in permit.citations if u.declaration != declaration))


def _with_transport_document(permit: PermitRecord, declaration: DeclarationRecord) -> PermitRecord:
    """Return the permit with the transport document of a released export declaration (box 15)."""
    if declaration.content.movement != Movement.EXPORT or declaration.content.transport_document is None:
        return permit
    return replace(permit, transport_documents=permit.transport_documents | {declaration.content.transport_document})


def _used_by_line(declaration: DeclarationRecord) -> dict[UUID, dict[str, Decimal]]:
    """Return the used quantities of a declaration by permit and line, in the line's unit."""
    sums: dict[UUID, dict[str, Decimal]] = {}
    for citation in declaration.citations:
        if citation.line:
            by_line = sums.setdefault(citation.permit, {})
            by_line[citation.line] = EXACT.add(by_line.get(citation.line, ZERO), citation.used)
    return sums


def _permit_events(
    before: PermitRecord,
    after: PermitRecord,
    declaration: DeclarationRecord,
    sums: Mapping[str, Decimal],
    context: PostingContext,
) -> tuple[PermitEvent, ...]:
    """Return the events of the use of a permit. `sums` are the used quantities by line."""
    is_import = declaration.content.movement == Movement.IMPORT
    side = Side.IMPORT if is_import else Side.EXPORT

    def line_use(of_line: tuple[str, Decimal]) -> UsedLine:
        line_letter, amount = of_line
        return used_line(after.lines[line_letter], side, amount)

    lines, omitted = name_first(list(sums.items()), line_use)
    fields, cause, reason = permit_fields(after), causing_declaration_fields(declaration), context.reason
    data: PermitEventData
    if is_import:
        data = PermitUsed(
            **fields,
            **cause,
            status=after.status,
            reason=reason,
            side=Side.IMPORT,
            lines=lines,
            lines_omitted=omitted,
        )
    else:
        data = PermitEndorsed(
            **fields,
            **cause,
            status=after.status,
            reason=reason,
            side=Side.EXPORT,
            lines=lines,
            lines_omitted=omitted,
        )
    event = DomainEvent(
        from_status=before.status,
        data=data,
        actor=context.actor,
        also_notify=trader_and_agent(trader=declaration.trader, party=declaration.party),
    )
    return (event, *exhausted_events(before, after, context, declaration))
