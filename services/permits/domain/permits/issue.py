"""Issue a permit: a new one, one registered for another country, or one that replaces another."""

from dataclasses import dataclass
from uuid import UUID

from services.permits.domain.events import name_first, permit_fields, permit_reference
from services.permits.domain.ledger.balances import Balance, EntryKind, LedgerEntry
from services.permits.domain.model.change_sets import ChangeSet, PermitChange, Posting
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.permits.issue_notes import list_issue_notes
from services.permits.domain.permits.validation import validate_permit
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.write_off.posting import PostingContext
from shared.cites.time_zones import day_in_first_zone, utc_day
from shared.contracts.closed_sets import PermitStatus, Side
from shared.contracts.events.parts import IssuedLine
from shared.contracts.events.permits import PermitIssued
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Permit, PermitLine
from shared.contracts.quantities import format_quantity


@dataclass(frozen=True, kw_only=True)
class NewPermit:
    """The values that a new permit needs in addition to its content.

    `token_digest` is the SHA-256 of the permit token; `facts` contains the listings of its taxa.
    """

    id: UUID
    token_digest: bytes
    facts: Facts = NO_FACTS


def issue(
    new_permit: NewPermit, content: Permit, party: Party, actor: Actor, *, replaces: PermitRecord | None = None
) -> ChangeSet:
    """Return the changes that register a permit, and the notes about it by the listings.

    Each line gets a posting of its granted quantity.

    Raise Invalid if the content does not fit its permit kind (`validate_permit`).
    """
    validate_permit(content, day_in_first_zone(content.issuer, actor.at), new_permit.facts)
    permit = PermitRecord(
        id=new_permit.id,
        content=content,
        status=PermitStatus.ISSUED,
        lines={
            line.line: PermitLineRecord(content=line, balance=Balance(granted=line.quantity)) for line in content.lines
        },
        registered_by=party.id,
        registering_country=party.country,
        token_digest=new_permit.token_digest,
        replaces=replaces.id if replaces else None,
    )
    lines, omitted = name_first(content.lines, _issued_line)
    data = PermitIssued(
        **permit_fields(permit),
        status=PermitStatus.ISSUED,
        kind=content.kind,
        valid_until=content.valid_until,
        lines=lines,
        lines_omitted=omitted,
        replaces=None if replaces is None else permit_reference(replaces),
    )
    event = DomainEvent(from_status=None, data=data, actor=actor)
    return ChangeSet(
        permits=(PermitChange(permit=permit, events=(event,), notes=list_issue_notes(content, new_permit.facts)),),
        postings=_grant_postings(permit, PostingContext(actor=actor, cause="issued", value_date=utc_day(actor.at))),
    )


def _issued_line(line: PermitLine) -> IssuedLine:
    return IssuedLine(
        line=line.line,
        taxon=line.taxon,
        term=line.term,
        source=line.source,
        quantity=format_quantity(line.quantity),
        unit=line.unit,
    )


def _grant_postings(permit: PermitRecord, context: PostingContext) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            permit=permit.id,
            line=line_letter,
            entry=LedgerEntry(side=Side.EXPORT, kind=EntryKind.GRANT, quantity=line.content.quantity),
            actor=context.actor,
            cause=context.cause,
            value_date=context.value_date,
        )
        for line_letter, line in permit.lines.items()
    )
