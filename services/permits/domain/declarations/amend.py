"""Amend a declaration: its new version is checked and its reservations are replaced."""

from collections.abc import Iterable
from dataclasses import replace

from services.permits.domain.checks.check import check
from services.permits.domain.checks.counted_elsewhere import without_claims
from services.permits.domain.checks.verdict import apply_verdict
from services.permits.domain.declarations.second_use_alerts import attempts_of
from services.permits.domain.declarations.verdicts import (
    changed_permits,
    checked_event,
    with_verdict,
)
from services.permits.domain.events import declaration_fields
from services.permits.domain.lifecycle import MAX_AMENDED_HISTORY, require_room_in_history
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.write_off.consents import with_previous_consents
from services.permits.domain.write_off.reservations import reservation_postings, return_reservations
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.events.declarations import DeclarationAmended
from shared.contracts.parties import Actor


def amend(
    declaration: DeclarationRecord,
    new_version: DeclarationRecord,
    permits: Iterable[PermitRecord],
    actor: Actor,
    facts: Facts = NO_FACTS,
) -> ChangeSet:
    """Return the changes of a new version: its check, the return of the old reservations, and the new ones.

    `permits` contains all permits that either version cites. Consents stay for items that cite the same line.
    Raise Conflict `history-full`.
    """
    require_room_in_history(declaration.sequence, MAX_AMENDED_HISTORY)
    permits_by_id = {permit.id: permit for permit in permits}
    before = {permit.key: permit for permit in permits_by_id.values()}
    returned = return_reservations(declaration, permits_by_id, actor, f"amended/{declaration.version}")
    permits_by_key = {
        permit.key: without_claims(permit, declaration.id) for permit in {**permits_by_id, **returned.permits}.values()
    }
    new_version = replace(new_version, version=declaration.version + 1, sequence=declaration.sequence)
    verdict = check(new_version, permits_by_key, facts)
    apply_verdict(permits_by_key, verdict)
    amended = with_previous_consents(declaration, with_verdict(new_version, verdict))
    declaration_events = (
        DomainEvent(
            from_status=declaration.status,
            data=DeclarationAmended(**declaration_fields(amended), status=DeclarationStatus.RECEIVED),
            actor=actor,
        ),
        checked_event(amended, verdict, actor),
    )
    attempts = attempts_of(verdict.second_uses, amended, actor)
    postings = (*returned.postings, *reservation_postings(amended, actor, f"check/{amended.version}"))
    return ChangeSet(
        declarations=(DeclarationChange(declaration=amended, events=declaration_events),),
        permits=changed_permits(before, permits_by_key, attempts, actor),
        postings=postings,
    )
