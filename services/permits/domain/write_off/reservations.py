"""Reservations: the quantities that a declaration sets aside and returns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from services.permits.domain.ledger.balances import ZERO, EntryKind, LedgerEntry, apply_entry, post
from services.permits.domain.model.change_sets import Posting
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.usage import remove_reservations
from shared.cites.time_zones import utc_day
from shared.contracts.parties import Actor


def reservation_postings(declaration: DeclarationRecord, actor: Actor, cause: str) -> tuple[Posting, ...]:
    """Return the postings of a declaration's reservations and of the consents that they use."""
    return tuple(
        _build_posting(citation, entry, actor, cause)
        for citation in declaration.citations
        if citation.is_open
        for entry in (
            *_consent_entries(citation, EntryKind.CONSENT_USED),
            LedgerEntry(side=citation.side, kind=EntryKind.RESERVE, quantity=citation.reserved),
        )
    )


def _consent_entries(citation: Citation, kind: EntryKind) -> tuple[LedgerEntry, ...]:
    return (
        (LedgerEntry(side=citation.side, kind=kind, quantity=citation.consent_used),) if citation.consent_used else ()
    )


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


@dataclass(frozen=True, kw_only=True)
class ReturnedReservations:
    """A declaration without its reservations, the permits that they return to, and the postings."""

    declaration: DeclarationRecord
    permits: Mapping[UUID, PermitRecord]
    postings: tuple[Posting, ...]


def return_reservations(
    declaration: DeclarationRecord, permits: Mapping[UUID, PermitRecord], actor: Actor, cause: str
) -> ReturnedReservations:
    """Return a declaration after the return of all its reservations and of the consents that they used.

    `permits` contains every permit that the declaration cites.
    """
    after: dict[UUID, PermitRecord] = {}
    postings = []
    open_citations: dict[UUID, list[Citation]] = {}
    for citation in declaration.citations:
        if citation.is_open:
            permit = after.get(citation.permit, permits[citation.permit])
            for entry in (
                LedgerEntry(side=citation.side, kind=EntryKind.RETURN, quantity=citation.reserved),
                *_consent_entries(citation, EntryKind.CONSENT_RETURNED),
            ):
                permit = apply_to_line(permit, citation.line, entry)
                postings.append(_build_posting(citation, entry, actor, cause))
            after[permit.id] = permit
            open_citations.setdefault(permit.id, []).append(citation)
    for permit_id, returned in open_citations.items():
        after[permit_id] = _without_reservations(after[permit_id], declaration.id, returned)
    citations = tuple(replace(c, reserved=ZERO, consent_used=ZERO) if c.is_open else c for c in declaration.citations)
    return ReturnedReservations(
        declaration=replace(declaration, citations=citations), permits=after, postings=tuple(postings)
    )


def post_to_line(permit: PermitRecord, line_letter: str, *entries: LedgerEntry) -> PermitRecord:
    """Return the permit with entries posted to one of its lines. Raise Overdrawn if they do not fit."""
    return permit.with_balance(line_letter, post(permit.lines[line_letter].balance, entries))


def apply_to_line(permit: PermitRecord, line_letter: str, entry: LedgerEntry) -> PermitRecord:
    """Return the permit with one entry applied to one of its lines, without a check of the limits."""
    return permit.with_balance(line_letter, apply_entry(permit.lines[line_letter].balance, entry))


def _without_reservations(permit: PermitRecord, declaration_id: UUID, returned: list[Citation]) -> PermitRecord:
    """Return the permit without the citations of a declaration whose reservations ended. Released citations stay."""
    uses = tuple(use for use in permit.citations if use.declaration != declaration_id or use.used)
    return replace(permit, citations=uses, usage_totals=remove_reservations(permit.usage_totals, returned))
