"""Lodge declarations: each is checked and stored, and its quantities are reserved."""

from collections.abc import Iterable

from services.permits.domain.checks.check import check
from services.permits.domain.checks.verdict import apply_verdict
from services.permits.domain.declarations.second_use_alerts import attempts_of
from services.permits.domain.declarations.verdicts import (
    changed_permits,
    checked_event,
    with_verdict,
)
from services.permits.domain.events import declaration_fields
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, Posting
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DeclarationEvent, DomainEvent
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.second_uses import Attempt
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.write_off.reservations import reservation_postings
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.events.declarations import DeclarationReceived
from shared.contracts.parties import Actor


def lodge(
    received: Iterable[DeclarationRecord], permits: Iterable[PermitRecord], actor: Actor, facts: Facts = NO_FACTS
) -> ChangeSet:
    """Return the changes of a batch of declarations, checked in their order.

    Reservations of one declaration count for the check of the next. `permits` contains all permits that they may cite.
    """
    permits_by_key = {permit.key: permit for permit in permits}
    before = dict(permits_by_key)
    changes: list[DeclarationChange] = []
    postings: list[Posting] = []
    attempts: list[Attempt] = []
    for submitted in received:
        verdict = check(submitted, permits_by_key, facts)
        apply_verdict(permits_by_key, verdict)
        declaration = with_verdict(submitted, verdict)
        declaration_events = (received_event(declaration), checked_event(declaration, verdict, actor))
        changes.append(DeclarationChange(declaration=declaration, events=declaration_events))
        postings += reservation_postings(declaration, actor, "check/1")
        attempts += attempts_of(verdict.second_uses, declaration, actor)
    return ChangeSet(
        declarations=tuple(changes),
        permits=changed_permits(before, permits_by_key, attempts, actor),
        postings=tuple(postings),
    )


def received_event(declaration: DeclarationRecord) -> DeclarationEvent:
    """Return the event `declaration.received`. Its time is the receipt by the gateway."""
    return DomainEvent(
        from_status=None,
        data=DeclarationReceived(**declaration_fields(declaration), status=DeclarationStatus.RECEIVED),
        actor=Actor(party=declaration.party, role=declaration.declarant_role, at=declaration.received_at),
    )
