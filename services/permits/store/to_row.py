"""Convert domain values into rows of the permits database."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from services.permits.domain.ledger.balances import EntryKind
from services.permits.domain.model.change_sets import DeclarationChange, PermitChange, Posting
from services.permits.domain.model.customs_offices import acting_country
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.events import AnyEvent, DomainEvent
from services.permits.domain.model.permits import PermitKey, PermitRecord
from services.permits.domain.model.previous_documents import previous_document
from services.permits.domain.permits.expiry import NOTICE_LEVELS
from services.permits.domain.rules.check_limits import count_omitted
from services.permits.store import tables as t
from services.permits.store.from_row import BALANCE_COLUMNS
from services.permits.store.search import declaration_search_words, permit_search_words
from shared.contracts.closed_sets import PermitKind
from shared.contracts.comparison import comparison_key
from shared.contracts.events.declarations import DeclarationAccepted, DeclarationConsented, DeclarationOverridden
from shared.contracts.events.parts import EventData
from shared.contracts.events.permits import PermitEndorsed, PermitTakenOver
from shared.contracts.fields import Trader
from shared.contracts.identifiers import identifier_key
from shared.contracts.permit import PermitLine
from shared.database import derived_id

EVENT_ID_NAMESPACE = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a01")
ENTRY_ID_NAMESPACE = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a02")


def _written_columns(table: Table, *, excluded: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the columns of a table that the hub writes: all except `excluded` and those that PostgreSQL computes."""
    return tuple(c.name for c in table.columns if c.identity is None and c.computed is None and c.name not in excluded)


DECLARATION_COLUMNS = _written_columns(t.declarations)
DECLARATION_CHANGED_COLUMNS = (
    "trader_name",
    "trader_country",
    "officers",
    "transit_country",
    "exit_due",
    "acting_country",
    "status",
    "content",
    "search_words",
    "findings",
    "findings_omitted",
    "digest",
    "received_at",
    "sequence",
    "version",
)
PERMIT_COLUMNS = _written_columns(t.permits)
PERMIT_CHANGED_COLUMNS = (
    "status",
    "endorsed",
    "transport_documents",
    "registered_by",
    "registering_country",
    "replaced_by",
    "notice_level",
    "sequence",
    "version",
)
LINE_COLUMNS = _written_columns(t.permit_lines)
CITATION_COLUMNS = _written_columns(t.citations)
HISTORY_COLUMNS = _written_columns(t.permit_history, excluded=("permit_id",))
OUTBOX_EVENT_COLUMNS = _written_columns(t.outbox_events, excluded=("attempts", "settled_at"))
ENTRY_COLUMNS = _written_columns(t.ledger)
CHANGED_BALANCE_COLUMNS = tuple(name for name in BALANCE_COLUMNS if name != "granted")
"""The columns of a balance that may change. The granted quantity is posted once, with the permit."""
RESERVED_ONLY_KINDS = frozenset({EntryKind.RESERVE, EntryKind.RETURN})
RESERVED_COLUMNS = ("export_reserved", "import_reserved")


def _reference_key(declaration: DeclarationRecord) -> str:
    """Return the key of a declaration's reference. A blank and the id follow if an older declaration has the key."""
    key = comparison_key(declaration.content.reference)
    return f"{key} {declaration.id}" if declaration.shares_reference else key


def declaration_row(change: DeclarationChange) -> dict[str, Any]:
    """Return a declaration as its row."""
    declaration = change.declaration
    return {
        "id": declaration.id,
        "party_id": declaration.party,
        "trader_id": declaration.trader,
        "trader_name": declaration.trader_name,
        "trader_country": declaration.trader_country,
        "officers": None if declaration.officers is None else json.dumps(declaration.officers),
        "reference": declaration.content.reference,
        "reference_key": _reference_key(declaration),
        "movement": declaration.content.movement,
        "status": declaration.status.value,
        "export_country": declaration.content.export_country,
        "import_country": declaration.content.import_country,
        "transit_country": declaration.content.transit_country,
        "exit_due": declaration.content.exit_due,
        "acting_country": acting_country(declaration.content),
        "content": declaration.content.model_dump_json(exclude_none=True),
        "search_words": declaration_search_words(declaration.content),
        "findings": "[" + ",".join(finding.model_dump_json() for finding in declaration.findings) + "]",
        "findings_omitted": count_omitted(declaration.findings),
        "digest": declaration.digest,
        "received_at": declaration.received_at,
        "sequence": declaration.sequence + len(change.events),
        "version": declaration.version,
    }


def citation_row(citation: Citation) -> dict[str, Any]:
    """Return a citation as its row."""
    return {
        "declaration_id": citation.declaration,
        "item": citation.item,
        "permit_id": citation.permit,
        "line": citation.line,
        "side": citation.side.value,
        "use": citation.use,
        "unit": citation.unit,
        "requested": citation.requested,
        "reserved": citation.reserved,
        "used": citation.used,
        "used_on": citation.used_on,
        "transport_document": citation.transport_document,
        "lodged_at": citation.lodged_at,
        "consented": citation.consented,
        "consent_used": citation.consent_used,
        "counted_elsewhere": citation.counted_elsewhere,
        "counted_by": citation.counted_by,
        "dead_on_arrival": citation.dead_on_arrival,
    }


def permit_row(change: PermitChange) -> dict[str, Any]:
    """Return a permit as its row."""
    permit = change.permit
    content = permit.content
    return {
        "id": permit.id,
        "issuer": content.issuer,
        "number": content.number,
        "number_key": permit.key[1],
        "status": permit.status.value,
        "issued_on": content.issued_on,
        "valid_until": content.valid_until,
        "exporter_key": _holder_key(content.exporter),
        "importer_key": _holder_key(content.importer),
        "export_country": content.export_country,
        "import_country": content.import_country,
        "kind": content.kind,
        "purpose": content.purpose,
        "content": content.model_dump_json(exclude_none=True),
        "search_words": permit_search_words(content),
        "registered_by": permit.registered_by,
        "registering_country": permit.registering_country,
        "endorsed": permit.endorsed,
        "transport_documents": json.dumps(sorted(permit.transport_documents)),
        "token_digest": permit.token_digest,
        "replaces": permit.replaces,
        "replaced_by": permit.replaced_by,
        "notice_level": permit.notice_level,
        "sequence": permit.sequence + len(change.events),
        "version": permit.version + (1 if permit.sequence and not _is_only_expiry_notice(change) else 0),
    }


def _holder_key(holder: Trader) -> str | None:
    return None if holder.identifier is None else identifier_key(holder.country, holder.identifier)


def _is_only_expiry_notice(change: PermitChange) -> bool:
    """Return whether the only change is an expiry notice. The version then stays, and a pending command stays valid."""
    return bool(change.events) and all(type(event.data) in NOTICE_LEVELS for event in change.events)


def line_rows(permit: PermitRecord) -> list[dict[str, Any]]:
    """Return the lines of a permit as their rows."""
    return [
        {
            "permit_id": permit.id,
            "line": line_letter,
            "position": position,
            "taxon": line.content.taxon,
            "appendix": line.content.appendix,
            "source": line.content.source,
            "term": line.content.term,
            "unit": line.content.unit,
            "origin_country": line.content.origin_country,
            "origin_permit": line.content.origin_permit,
            "previous_document": _re_exported_from(permit, line.content),
            **{name: getattr(line.balance, name) for name in BALANCE_COLUMNS},
        }
        for position, (line_letter, line) in enumerate(permit.lines.items())
    ]


def previous_document_column(key: PermitKey) -> str:
    """Return the key of a document as one text. No issuer has a blank."""
    return " ".join(key)


def _re_exported_from(permit: PermitRecord, line: PermitLine) -> str | None:
    """Return the key of the document that the line of a re-export certificate names; None for other permits."""
    if permit.content.kind != PermitKind.RE_EXPORT:
        return None
    named = previous_document(permit.content, line)
    return None if named is None else previous_document_column(named.key)


def balance_rows(change: PermitChange) -> list[dict[str, Any]]:
    """Return the changed balances of a permit's lines as their rows."""
    lines = change.permit.lines
    return [
        {
            "permit_id": change.permit.id,
            "line": line_letter,
            **vars(lines[line_letter].balance),
        }
        for line_letter in (lines if change.changed_lines is None else change.changed_lines)
    ]


def changed_balance_columns(postings: Iterable[Posting]) -> tuple[str, ...]:
    """Return the balance columns that postings change. Reservations and returns change only the reserved ones."""
    kinds = {posting.entry.kind for posting in postings}
    return RESERVED_COLUMNS if kinds and kinds <= RESERVED_ONLY_KINDS else CHANGED_BALANCE_COLUMNS


_OVERRIDE_FIELDS = {"overridden", "item", "line", "quantity"}
HISTORY_FIELDS: dict[type[EventData], set[str]] = {
    DeclarationAccepted: _OVERRIDE_FIELDS,
    DeclarationOverridden: _OVERRIDE_FIELDS,
    DeclarationConsented: {"item", "quantity", "unit"},
    PermitEndorsed: {"endorsed_on", "port", "transport_document"},
    PermitTakenOver: {"taken_over_from"},
}
"""Fields of an event's data that the subject's history also shows, if they have a value."""


def history_row(id_column: str, subject_id: UUID, event: AnyEvent) -> dict[str, Any]:
    """Return an event as a row of the history of a subject, whose id goes into `id_column`."""
    data = event.data
    fields = HISTORY_FIELDS.get(type(data))
    detail = None if fields is None else data.model_dump_json(include=fields, exclude_none=True)
    return {
        id_column: subject_id,
        "sequence": data.sequence,
        "event": event.event_type,
        "from_status": event.from_status,
        "to_status": data.status,
        "at": event.actor.at,
        "actor_party_id": event.actor.party,
        "actor_role": event.actor.role,
        "reason": data.reason,
        "detail": None if detail == "{}" else detail,
    }


def event_id(subject: str, sequence: int) -> UUID:
    """Return the id of the event of a subject (`kind:id`) with a sequence."""
    return derived_id(EVENT_ID_NAMESPACE, f"{subject}/{sequence}")


def outbox_event_row(kind: str, subject_id: UUID, event: DomainEvent[EventData], audience: str) -> dict[str, Any]:
    """Return an event as a row of the outbox."""
    subject, data, at = f"{kind}:{subject_id}", event.data, event.actor.at
    return {
        "id": event_id(subject, data.sequence),
        "type": event.event_type,
        "subject": subject,
        "sequence": data.sequence,
        "at": at,
        "data": data.model_dump_json(exclude_none=True),
        "audience": audience,
        "due_at": at,
    }


def entry_row(posting: Posting) -> dict[str, Any]:
    """Return a posting as a row of the ledger. Its id is derived from line, declaration, item, cause and kind."""
    entry = posting.entry
    name = f"{posting.permit}/{posting.line}/{posting.declaration}/{posting.item}/{posting.cause}/{entry.kind}"
    return {
        "id": derived_id(ENTRY_ID_NAMESPACE, name),
        "permit_id": posting.permit,
        "line": posting.line,
        "side": entry.side.value,
        "kind": entry.kind.value,
        "quantity": entry.quantity,
        "closes": entry.closes,
        "opens": entry.opens,
        "value_date": posting.value_date,
        "declaration_id": posting.declaration,
        "item": posting.item,
        "dead_on_arrival": posting.dead_on_arrival,
        "cause": posting.cause,
        "at": posting.actor.at,
        "actor_party_id": posting.actor.party,
        "actor_role": posting.actor.role,
        "reason": posting.reason,
    }
