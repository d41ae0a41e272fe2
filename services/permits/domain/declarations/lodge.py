"""A declaration comes in, or comes again as a new version: checked, filed, its quantities set aside."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.checks.check import Verdict, apply_verdict, check
from services.permits.domain.checks.citations import SecondUse
from services.permits.domain.checks.counted_elsewhere import without_claims
from services.permits.domain.ledger.balances import ZERO, EntryKind, LedgerEntry, apply_entry, post
from services.permits.domain.lifecycle import DECLARATION_EVENT_TYPES, ActorRole, Status
from services.permits.domain.model.usage import remove_reservation
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.rules.whole_declaration import unverified_finding
from services.permits.domain.values import (
    ChangeSet,
    Citation,
    DeclarationChange,
    DeclarationRecord,
    DomainEvent,
    PermitChange,
    PermitRecord,
    Posting,
)
from shared.cites.time_zones import utc_day
from shared.contracts.parties import Actor
from shared.contracts.quantities import format_quantity


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
            DeclarationChange(declaration, (received_event(declaration, actor), checked_event(verdict, actor)))
        )
        postings += reservation_postings(declaration, actor, "check/1")
        for permit, event in second_use_events(
            verdict.second_uses, declaration, permits_by_key.values(), actor
        ).items():
            events_by_permit.setdefault(permit, []).append(event)
    return ChangeSet(tuple(changes), changed_permits(before, permits_by_key, events_by_permit), tuple(postings))


def lodge_unverified(submitted: DeclarationRecord, reason: str, actor: Actor) -> ChangeSet:
    """File a declaration that could not be checked as referred, with the finding `unverified_finding`: never out of
    sight."""
    verdict = Verdict(Status.REFERRED, (unverified_finding(reason),), (), (), {})
    declaration = with_verdict(submitted, verdict)
    return ChangeSet(
        (DeclarationChange(declaration, (received_event(declaration, actor), checked_event(verdict, actor))),)
    )


def amend(
    declaration: DeclarationRecord,
    new_version: DeclarationRecord,
    permits: Iterable[PermitRecord],
    actor: Actor,
    facts: Facts = NO_FACTS,
) -> ChangeSet:
    """Check a new version anew, its trader's doing; the old reservations are swapped for the new in one stroke."""
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
        DomainEvent(declaration.status, Status.RECEIVED, actor, "declaration.amended"),
        checked_event(verdict, actor),
    )
    events_by_permit = {
        id: [event]
        for id, event in second_use_events(verdict.second_uses, amended, permits_by_key.values(), actor).items()
    }
    postings = (*returned.postings, *reservation_postings(amended, actor, f"check/{amended.version}"))
    return ChangeSet(
        (DeclarationChange(amended, declaration_events),),
        changed_permits(before, permits_by_key, events_by_permit),
        postings,
    )


def with_previous_consents(before: DeclarationRecord, after: DeclarationRecord) -> DeclarationRecord:
    """Carry over what the authority agreed to beyond the permit for an item that cites the same line still."""
    consents = {(c.item, c.permit, c.line): c.consented for c in before.citations}
    citations = tuple(replace(c, consented=consents.get((c.item, c.permit, c.line), ZERO)) for c in after.citations)
    return replace(after, citations=citations)


def received_event(declaration: DeclarationRecord, actor: Actor) -> DomainEvent:
    """Write the first turn of a declaration: received, by its lodger, when the gateway took it in."""
    lodger = Actor(party=declaration.party, role=ActorRole.TRADER, at=declaration.received_at)
    return DomainEvent(None, Status.RECEIVED, lodger, DECLARATION_EVENT_TYPES[Status.RECEIVED])


def with_verdict(declaration: DeclarationRecord, verdict: Verdict) -> DeclarationRecord:
    """Answer the declaration as its check left it."""
    content = verdict.content or declaration.content
    return replace(
        declaration, status=verdict.status, findings=verdict.findings, citations=verdict.citations, content=content
    )


def checked_event(verdict: Verdict, actor: Actor) -> DomainEvent:
    """Write the turn by the rules, the findings in its news."""
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings]
    payload = {"findings": findings} if findings else {}
    return DomainEvent(
        Status.RECEIVED, verdict.status, system_actor(actor), DECLARATION_EVENT_TYPES[verdict.status], payload=payload
    )


def system_actor(actor: Actor) -> Actor:
    """Answer the same moment in the hand of the hub itself."""
    return (
        actor
        if actor.party is None and actor.role == ActorRole.RULES
        else Actor(party=None, role=ActorRole.RULES, at=actor.at)
    )


def reservation_postings(declaration: DeclarationRecord, actor: Actor, cause: str) -> tuple[Posting, ...]:
    """Write the ledger entries of what a declaration sets aside, and of what it draws of consents for that."""
    return tuple(
        _build_posting(citation, entry, actor, cause)
        for citation in declaration.citations
        if citation.is_open
        for entry in (
            *_consent_entries(citation, EntryKind.USE_CONSENT),
            LedgerEntry(citation.side, EntryKind.RESERVE, citation.reserved),
        )
    )


def _consent_entries(citation: Citation, kind: EntryKind) -> tuple[LedgerEntry, ...]:
    return (LedgerEntry(citation.side, kind, citation.consent_used),) if citation.consent_used else ()


def _build_posting(citation: Citation, entry: LedgerEntry, actor: Actor, cause: str) -> Posting:
    return Posting(
        permit=citation.permit,
        line=citation.line,
        entry=entry,
        actor=actor,
        cause=cause,
        value_date=utc_day(actor.at),
        declaration=citation.declaration,
        item=citation.item,
    )


class ReturnedReservations:
    """A declaration without its reservations, the permits they went back to, and the entries that say so."""

    def __init__(
        self, declaration: DeclarationRecord, permits: dict[UUID, PermitRecord], postings: tuple[Posting, ...]
    ) -> None:
        self.declaration = declaration
        self.permits = permits
        self.postings = postings


def return_reservations(
    declaration: DeclarationRecord, permits: Mapping[UUID, PermitRecord], actor: Actor, cause: str
) -> ReturnedReservations:
    """Release every reservation of a declaration, with what it drew of consents for them."""
    after: dict[UUID, PermitRecord] = {}
    postings = []
    for citation in declaration.citations:
        if citation.is_open:
            permit = after.get(citation.permit, permits[citation.permit])
            for entry in (
                LedgerEntry(citation.side, EntryKind.RETURN, citation.reserved),
                *_consent_entries(citation, EntryKind.RETURN_CONSENT),
            ):
                permit = apply_to_line(permit, citation.line, entry)
                postings.append(_build_posting(citation, entry, actor, cause))
            after[permit.id] = _without_reservation(permit, citation)
    citations = tuple(replace(c, reserved=ZERO, consent_used=ZERO) if c.is_open else c for c in declaration.citations)
    return ReturnedReservations(replace(declaration, citations=citations), after, tuple(postings))


def post_to_line(permit: PermitRecord, line_letter: str, *entries: LedgerEntry) -> PermitRecord:
    """Answer the permit with entries posted to one of its lines; raises Overdrawn."""
    return permit.with_balance(line_letter, post(permit.lines[line_letter].balance, entries))


def apply_to_line(permit: PermitRecord, line_letter: str, entry: LedgerEntry) -> PermitRecord:
    """Answer the permit with one entry in one of its lines, asked or not whether it fits."""
    return permit.with_balance(line_letter, apply_entry(permit.lines[line_letter].balance, entry))


def _without_reservation(permit: PermitRecord, citation: Citation) -> PermitRecord:
    """Answer the permit without one standing use."""
    uses = tuple(use for use in permit.citations if use.declaration != citation.declaration or use.used)
    return replace(permit, citations=uses, usage_totals=remove_reservation(permit.usage_totals, citation))


def second_use_events(
    second_uses: Iterable[SecondUse], declaration: DeclarationRecord, permits: Iterable[PermitRecord], actor: Actor
) -> dict[UUID, DomainEvent]:
    """Write, for each permit concerned, the news that this declaration tried to use it a second time."""
    attempts: dict[UUID, list[dict[str, object]]] = {}
    named_permits: set[UUID] = set()
    for second_use in second_uses:
        named_permits |= set() if second_use.by_unnamed_party else {second_use.permit}
        attempt: dict[str, object] = {
            "line": second_use.line,
            "item": second_use.item,
            "asked": format_quantity(second_use.requested),
            "left": format_quantity(second_use.remaining),
            "unit": second_use.unit,
        }
        attempts.setdefault(second_use.permit, []).append(attempt)
    if not attempts:
        return {}
    return {
        permit.id: DomainEvent(
            permit.status,
            permit.status,
            system_actor(actor),
            "permit.second_use_attempted",
            payload={**events.declaration_reference(declaration), "attempts": attempts[permit.id]},
            also_notify=frozenset({declaration.party, declaration.trader})
            if permit.id in named_permits
            else frozenset(),
        )
        for permit in permits
        if permit.id in attempts
    }


def changed_permits(
    before: Mapping[tuple[str, str], PermitRecord],
    after: Mapping[tuple[str, str], PermitRecord],
    events_by_permit: Mapping[UUID, list[DomainEvent]],
) -> tuple[PermitChange, ...]:
    """Answer the permits that a decision changed, each with its moves."""
    return tuple(
        PermitChange(permit, tuple(events_by_permit.get(permit.id, ())), _changed_lines(before[key], permit))
        for key, permit in after.items()
        if permit.lines is not before[key].lines or permit.id in events_by_permit
    )


def _changed_lines(before: PermitRecord, after: PermitRecord) -> tuple[str, ...]:
    return tuple(line_letter for line_letter, line in after.lines.items() if line is not before.lines[line_letter])
