"""Withdraw a permit: an authority revokes it, or reports it lost or found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.permits.domain.declarations.reinstate import reinstate
from services.permits.domain.events import permit_fields
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent, Followers
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.transition_guard import require_transition
from services.permits.domain.rules.whole_declaration import withdrawn_finding
from services.permits.domain.write_off.permit_status import exhausted_events, status_from_lines
from services.permits.domain.write_off.posting import PostingContext
from services.permits.domain.write_off.referral import refer_declaration
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, PermitStatus
from shared.contracts.events.permits import PermitFound, PermitLost, PermitReplaced, PermitRevoked
from shared.contracts.parties import Actor


@dataclass(frozen=True, kw_only=True)
class WithdrawalContext:
    """The values that a withdrawal needs in addition to its permit.

    `citing_declarations` are the declarations that cite it and are not released. `also_notify` are the parties that
    cited it or looked it up. `day` is the day in the issuer's country.
    """

    citing_declarations: Mapping[UUID, DeclarationRecord]
    also_notify: Followers
    day: date


def revoke(permit: PermitRecord, reason: str, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Return the changes of a revocation. Raise Conflict `invalid-transition` if the status does not allow it."""
    data = PermitRevoked(**permit_fields(permit), status=PermitStatus.REVOKED, reason=reason)
    return withdraw(permit, data, actor, context)


def report_lost(permit: PermitRecord, reason: str | None, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Return the changes of a loss: the permit covers no shipment until it is found.

    Raise Conflict `invalid-transition` if the status does not allow it.
    """
    data = PermitLost(**permit_fields(permit), status=PermitStatus.LOST, reason=reason)
    return withdraw(permit, data, actor, context)


def withdraw(
    permit: PermitRecord, data: PermitRevoked | PermitLost | PermitReplaced, actor: Actor, context: WithdrawalContext
) -> ChangeSet:
    """Return the changes that withdraw a permit with the status of `data` and refer the declarations that cite it.

    Raise Conflict `invalid-transition` if the status does not allow it.
    """
    from_status = require_transition(permit, data.status, ActorRole.AUTHORITY, context.day)
    withdrawn = replace(permit, status=data.status)
    event = DomainEvent(from_status=from_status, data=data, actor=actor, also_notify=context.also_notify)
    referrals = tuple(_refer(declaration, withdrawn, actor) for declaration in context.citing_declarations.values())
    return ChangeSet(declarations=referrals, permits=(PermitChange(permit=withdrawn, events=(event,)),))


def report_found(permit: PermitRecord, reason: str | None, actor: Actor, context: WithdrawalContext) -> ChangeSet:
    """Return the changes after a lost permit is found: its lines give its status, and its declarations continue.

    Raise Conflict `invalid-transition` if the permit is not lost.
    """
    returned = PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED
    from_status = require_transition(permit, returned, ActorRole.AUTHORITY, context.day)
    found = replace(permit, status=returned)
    after = replace(found, status=status_from_lines(found))
    data = PermitFound(**permit_fields(permit), status=returned, reason=reason)
    event = DomainEvent(from_status=from_status, data=data, actor=actor, also_notify=context.also_notify)
    posting_context = PostingContext(actor=actor, cause=f"found/{permit.sequence}", value_date=context.day)
    reinstated = (reinstate(declaration, permit, actor) for declaration in context.citing_declarations.values())
    declaration_changes = tuple(change for change in reinstated if change is not None)
    return ChangeSet(
        declarations=declaration_changes,
        permits=(PermitChange(permit=after, events=(event, *exhausted_events(found, after, posting_context))),),
    )


def _refer(declaration: DeclarationRecord, permit: PermitRecord, actor: Actor) -> DeclarationChange:
    findings = (*declaration.findings, withdrawn_finding(declaration, permit))
    reason = f"Permit {permit.content.number} of {permit.content.issuer} is {permit.status}"
    return refer_declaration(
        declaration, replace(declaration, status=DeclarationStatus.REFERRED, findings=findings), actor, reason
    )
