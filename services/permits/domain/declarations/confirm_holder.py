"""Confirm a holder: an officer states that the declaring side is the person whom a permit names by name alone.

Until then the hub shows nothing of such a permit and sets nothing of it aside. With the confirmation, the hub checks
the declaration again, now with the permit. New findings stay open and need their own override.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.check import check
from services.permits.domain.checks.counted_elsewhere import without_claims
from services.permits.domain.checks.verdict import Verdict, apply_verdict, status_from_findings
from services.permits.domain.declarations.officer_statement import apply_officer_statement
from services.permits.domain.declarations.override import accept, decision_fields, override_findings, require_open
from services.permits.domain.declarations.recheck import with_overrides
from services.permits.domain.declarations.second_use_alerts import attempts_of
from services.permits.domain.declarations.verdicts import changed_permits, verdict_data, with_verdict
from services.permits.domain.events import declaration_fields, finding_fields
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DeclarationEvent, DomainEvent, system_actor
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.reference.facts import Facts
from services.permits.domain.write_off.consents import with_previous_consents
from services.permits.domain.write_off.reservations import (
    ReturnedReservations,
    reservation_postings,
    return_reservations,
)
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.declaration import Override
from shared.contracts.events.declarations import DeclarationOverridden
from shared.contracts.parties import Actor


def confirm_holder(
    declaration: DeclarationRecord, permits: Iterable[PermitRecord], facts: Facts, decision: Override, actor: Actor
) -> ChangeSet:
    """Return the changes of a confirmation: the override, a new check, and the reservations that it allows.

    `permits` contains all permits that the declaration cites or may mean. Without open findings it is accepted.
    Raise Conflict `invalid-transition`, `no-such-finding` or `not-enough-left`, and Invalid, as an override does.
    """
    require_open(declaration)
    confirmed = replace(declaration, findings=override_findings(declaration, decision, actor))
    permits_by_id = {permit.id: permit for permit in permits}
    returned = return_reservations(declaration, permits_by_id, actor, f"confirmed/{declaration.sequence}")
    permits_by_key = {
        permit.key: without_claims(permit, declaration.id) for permit in {**permits_by_id, **returned.permits}.values()
    }
    before = {permit.key: permit for permit in permits_by_id.values()}
    verdict = with_overrides(
        confirmed, check(replace(confirmed, citations=()), permits_by_key, facts, utc_day(actor.at))
    )
    checked = with_previous_consents(declaration, with_verdict(confirmed, verdict))
    checked = apply_officer_statement(checked, {**permits_by_id, **returned.permits}, decision)
    if status_from_findings(checked.findings) is DeclarationStatus.ACCEPTED:
        return _accept(declaration, _without_reservations(checked), permits_by_id, returned, decision, actor)
    if declaration.status is DeclarationStatus.REJECTED or verdict.status is DeclarationStatus.REJECTED:
        checked = replace(_without_reservations(checked), status=DeclarationStatus.REJECTED)
    else:
        apply_verdict(permits_by_key, verdict)
    attempts = attempts_of(verdict.second_uses, checked, actor)
    return ChangeSet(
        declarations=(
            DeclarationChange(declaration=checked, events=_events(declaration, checked, verdict, decision, actor)),
        ),
        permits=changed_permits(before, permits_by_key, attempts, actor),
        postings=(*returned.postings, *reservation_postings(checked, actor, f"confirmed/{declaration.sequence}")),
    )


def _without_reservations(declaration: DeclarationRecord) -> DeclarationRecord:
    citations = (replace(citation, reserved=ZERO, counted_elsewhere=ZERO) for citation in declaration.citations)
    return replace(declaration, citations=tuple(citations))


def _accept(
    declaration: DeclarationRecord,
    checked: DeclarationRecord,
    permits: PermitsById,
    returned: ReturnedReservations,
    decision: Override,
    actor: Actor,
) -> ChangeSet:
    """Return the changes that accept the declaration. The earlier reservations return first."""
    accepted = accept(declaration, checked, {**permits, **returned.permits}, decision, actor)
    changes = {permit.id: PermitChange(permit=permit) for permit in returned.permits.values()}
    changes |= {change.permit.id: change for change in accepted.permits}
    return replace(accepted, permits=tuple(changes.values()), postings=(*returned.postings, *accepted.postings))


def _events(
    declaration: DeclarationRecord, checked: DeclarationRecord, verdict: Verdict, decision: Override, actor: Actor
) -> tuple[DeclarationEvent, ...]:
    """Return the event of the officer's decision, and an event of the hub if the check rejects the declaration."""
    overridden = DeclarationOverridden(
        **declaration_fields(declaration),
        **decision_fields(decision),
        status=declaration.status,
        **finding_fields(verdict.findings),
    )
    decided = DomainEvent(from_status=declaration.status, data=overridden, actor=actor)
    if checked.status is declaration.status:
        return (decided,)
    rejected = verdict_data(
        declaration, replace(verdict, status=checked.status), nth=2, reason="An officer confirmed the holder"
    )
    return decided, DomainEvent(from_status=declaration.status, data=rejected, actor=system_actor(actor))
