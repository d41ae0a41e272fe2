"""What customs and an authority do with a permit itself: endorse it at export; revoke it, report it lost or found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.declarations.reinstate import reinstate
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, Side
from services.permits.domain.lifecycle import (
    ActorRole,
    PermitStatus,
    Status,
    can_transition_permit,
    describe_permit_transitions,
)
from services.permits.domain.permits.expiry import status_on
from services.permits.domain.rules.whole_declaration import withdrawn_finding
from services.permits.domain.values import (
    ChangeSet,
    DeclarationChange,
    DeclarationRecord,
    DomainEvent,
    PermitChange,
    PermitRecord,
)
from services.permits.domain.write_off.displacement import refer_declaration
from services.permits.domain.write_off.posting import LineUse, PermitsById, PostingContext, ReservingDeclarations
from services.permits.domain.write_off.use import (
    can_endorse_next_part,
    exhausted_events,
    permit_changes,
    post_uses,
    status_from_lines,
)
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.time_zones import day_in_first_zone, day_in_last_zone
from shared.contracts.parties import Actor
from shared.contracts.permit import Endorsement
from shared.contracts.quantities import format_quantity
from shared.problems import Conflict, Fault, Invalid


@dataclass(frozen=True)
class WithdrawalContext:
    """What stands around a permit when its authority withdraws it: the unreleased declarations that cite it, the
    parties that cited it or looked it up, and the day it is where it was issued."""

    citing_declarations: Mapping[UUID, DeclarationRecord]
    also_notify: frozenset[UUID]
    day: date


def endorse(
    permits: PermitsById, id: UUID, decision: Endorsement, actor: Actor, reserving: ReservingDeclarations
) -> ChangeSet:
    """Write box 14: what really left. Several endorsements add up; lines not named have nothing left.

    A permit that part loads exhausted, while more of what was granted may leave, stands again by the next one.

    `reserving` are the declarations that hold reservations of the permit, `permits` all that they hold reservations of.
    """
    permit = permits[id]
    if permit.content.kind in IMPORT_SIDE_KINDS:
        raise Conflict("no-export-side", "A document of the country of import has the import side only.")
    continues = permit.status is PermitStatus.EXHAUSTED and can_endorse_next_part(permit)
    if permit.status not in {PermitStatus.ISSUED, PermitStatus.ENDORSED} and not continues:
        transitions = describe_permit_transitions(permit.status)
        detail = f"Permit {permit.content.number} is {permit.status}: nothing more is endorsed on it. {transitions}"
        raise Conflict("wrong-turn", detail)
    for index, line in enumerate(decision.lines):
        if line.line not in permit.lines:
            text = f"Permit {permit.content.number} has no line {line.line}."
            raise Invalid("no-such-line", text, [Fault(f"/lines/{index}/line", "no-such-line", text)])
    day = decision.endorsed_on or day_in_last_zone(permit.content.export_country, actor.at)
    if not permit.content.issued_on <= day <= permit.content.valid_until:
        text = f"The permit is valid from {permit.content.issued_on} to {permit.content.valid_until}, both included."
        raise Invalid("endorsed-out-of-validity", text, [Fault("/endorsed_on", "endorsed-out-of-validity", text)])
    if day > day_in_first_zone(permit.content.export_country, actor.at):
        text = "What really left is endorsed on the day it left or after, not before."
        raise Invalid("endorsed-in-the-future", text, [Fault("/endorsed_on", "endorsed-in-the-future", text)])
    context = PostingContext(actor, f"endorsement/{permit.sequence}", day)
    kind = EntryKind.CROSS_BORDER if permit.is_for_many_crossings else EntryKind.ENDORSE
    uses = [
        LineUse(permit.id, endorsed.line, (LedgerEntry(Side.EXPORT, kind, endorsed.quantity),))
        for endorsed in decision.lines
    ]
    transport_documents = permit.transport_documents | (
        {decision.transport_document} if decision.transport_document else set()
    )
    result = post_uses(
        {**permits, id: replace(permit, transport_documents=transport_documents)}, id, uses, reserving, context
    )
    after = result.permits[id]
    usage = [
        events.line_usage(after.lines[endorsed.line], Side.EXPORT, format_quantity(endorsed.quantity))
        for endorsed in decision.lines
    ]
    detail_of_box_14 = {"endorsed_on": day.isoformat(), **_place_of_endorsement(decision)}
    event = DomainEvent(
        permit.status, after.status, actor, "permit.endorsed", None, {"lines": usage}, detail=detail_of_box_14
    )
    permit_events = (event, *exhausted_events(permit, after, context))
    return ChangeSet(result.displaced, permit_changes(permits, result.permits, {id: permit_events}), result.postings)


def _place_of_endorsement(decision: Endorsement) -> dict[str, str]:
    given = {"port": decision.port, "transport_document": decision.transport_document}
    return {name: value for name, value in given.items() if value is not None}


def revoke(permit: PermitRecord, reason: str, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Take a permit back."""
    return withdraw(permit, PermitStatus.REVOKED, reason, actor, context)


def report_lost(permit: PermitRecord, reason: str | None, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Note that the paper is lost: it covers nothing until it is found."""
    return withdraw(permit, PermitStatus.LOST, reason, actor, context)


def withdraw(
    permit: PermitRecord,
    to_status: PermitStatus,
    reason: str | None,
    actor: Actor,
    context: WithdrawalContext,
    payload: dict[str, Any] | None = None,
) -> ChangeSet:
    """Let a permit cover nothing more; what was accepted on it turns to referred in the same stroke, what was referred
    says so."""
    from_status = require_transition(permit, to_status, ActorRole.AUTHORITY, context.day)
    withdrawn = replace(permit, status=to_status)
    event = DomainEvent(
        from_status, to_status, actor, f"permit.{to_status}", reason, payload or {}, context.also_notify
    )
    referrals = tuple(_refer(declaration, withdrawn, actor) for declaration in context.citing_declarations.values())
    return ChangeSet(referrals, (PermitChange(withdrawn, (event,)),))


def report_found(permit: PermitRecord, reason: str | None, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Note that a lost paper was found: it stands again where its lines say; what was referred for its loss goes on."""
    returned = PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED
    from_status = require_transition(permit, returned, ActorRole.AUTHORITY, context.day)
    found = replace(permit, status=returned)
    after = replace(found, status=status_from_lines(found))
    event = DomainEvent(from_status, returned, actor, "permit.found", reason, {}, context.also_notify)
    posting_context = PostingContext(actor, f"found/{permit.sequence}", context.day)
    reinstated = (reinstate(declaration, permit, actor) for declaration in context.citing_declarations.values())
    declaration_changes = tuple(change for change in reinstated if change is not None)
    return ChangeSet(
        declaration_changes, (PermitChange(after, (event, *exhausted_events(found, after, posting_context))),)
    )


def _refer(declaration: DeclarationRecord, permit: PermitRecord, actor: Actor) -> DeclarationChange:
    findings = (*declaration.findings, withdrawn_finding(declaration, permit))
    reason = f"Permit {permit.content.number} of {permit.content.issuer} is {permit.status}"
    return refer_declaration(
        declaration, replace(declaration, status=Status.REFERRED, findings=findings), actor, reason
    )


def require_transition(permit: PermitRecord, to_status: PermitStatus, role: ActorRole, day: date) -> PermitStatus:
    """Answer where the permit stands on this day of its issuer, or refuse a turn that the table does not have."""
    from_status = status_on(permit, day)
    if not can_transition_permit(from_status, to_status, role):
        raise Conflict(
            "wrong-turn", f"Permit {permit.content.number} is {from_status}. {describe_permit_transitions(from_status)}"
        )
    return from_status
