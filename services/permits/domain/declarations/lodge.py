"""Lodge declarations: each is checked and kept, and its quantities are set aside."""

from collections.abc import Iterable
from uuid import UUID

from services.permits.domain.checks.check import apply_verdict, check
from services.permits.domain.declarations.verdicts import (
    changed_permits,
    checked_event,
    second_use_events,
    with_verdict,
)
from services.permits.domain.lifecycle import DECLARATION_EVENT_TYPES
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, Posting
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.write_off.reservations import reservation_postings
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.parties import Actor


def lodge(
    received: Iterable[DeclarationRecord], permits: Iterable[PermitRecord], actor: Actor, facts: Facts = NO_FACTS
) -> ChangeSet:
    """Check declarations in the order they came and file each; what one sets aside the next finds taken."""
    permits_by_key = {permit.key: permit for permit in permits}
    before = dict(permits_by_key)
    changes: list[DeclarationChange] = []
    postings: list[Posting] = []
    events_by_permit: dict[UUID, list[DomainEvent]] = {}
    for submitted in received:
        verdict = check(submitted, permits_by_key, facts)
        apply_verdict(permits_by_key, verdict)
        declaration = with_verdict(submitted, verdict)
        changes.append(
            DeclarationChange(
                declaration=declaration, events=(received_event(declaration, actor), checked_event(verdict, actor))
            )
        )
        postings += reservation_postings(declaration, actor, "check/1")
        for permit, event in second_use_events(
            verdict.second_uses, declaration, permits_by_key.values(), actor
        ).items():
            events_by_permit.setdefault(permit, []).append(event)
    return ChangeSet(
        declarations=tuple(changes),
        permits=changed_permits(before, permits_by_key, events_by_permit),
        postings=tuple(postings),
    )


def received_event(declaration: DeclarationRecord, actor: Actor) -> DomainEvent:
    """Write the first turn of a declaration: received, by its lodger, when the gateway took it in."""
    lodger = Actor(party=declaration.party, role=ActorRole.TRADER, at=declaration.received_at)
    return DomainEvent(
        from_status=None,
        to_status=DeclarationStatus.RECEIVED,
        actor=lodger,
        event_type=DECLARATION_EVENT_TYPES[DeclarationStatus.RECEIVED],
    )
