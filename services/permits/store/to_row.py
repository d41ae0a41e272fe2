"""Values as the rows they are written as."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Table

from services.permits.domain.ledger.balances import Kind
from services.permits.domain.permits.expiry import TOLD
from services.permits.domain.values import (
    Citation,
    DeclarationChange,
    Move,
    PermitChange,
    PermitOnFile,
    Posting,
)
from services.permits.store import tables as t
from services.permits.store.from_row import BALANCE
from services.permits.store.search import words_of_declaration, words_of_permit
from shared.database import derived_id

EVENTS = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a01")
ENTRIES = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a02")


def _every(table: Table, *, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Name the columns of a table that we write: all but those PostgreSQL numbers itself, and those in `but`."""
    return tuple(c.name for c in table.columns if c.identity is None and c.name not in but)


DECLARATION = _every(t.declarations)
DECLARATION_CHANGES = ("status", "document", "words", "findings", "digest", "received_at", "sequence", "version")
PERMIT = _every(t.permits)
PERMIT_CHANGES = ("status", "endorsed", "transport_documents", "replaced_by", "told", "sequence", "version")
LINE = _every(t.permit_lines)
CITATION = _every(t.citations)
HISTORY = _every(t.permit_history, but=("permit_id",))
NEWS = _every(t.news, but=("attempts", "settled_at"))
ENTRY = _every(t.ledger)
RESERVING = frozenset({Kind.RESERVE, Kind.RELEASE})
RESERVED = ("export_reserved", "import_reserved")


def declaration_row(change: DeclarationChange) -> dict[str, Any]:
    """Write a declaration as its row."""
    filed = change.filed
    return {
        "id": filed.id,
        "party_id": filed.party,
        "trader_id": filed.trader,
        "reference": filed.document.reference,
        "movement": filed.document.movement,
        "status": filed.status.value,
        "export_country": filed.document.export_country,
        "import_country": filed.document.import_country,
        "document": filed.document.model_dump_json(exclude_none=True),
        "words": words_of_declaration(filed.document),
        "findings": "[" + ",".join(finding.model_dump_json() for finding in filed.findings) + "]",
        "digest": filed.digest,
        "received_at": filed.received_at,
        "sequence": filed.sequence + len(change.moves),
        "version": filed.version,
    }


def citation_row(citation: Citation) -> dict[str, Any]:
    """Write what an item cites as its row."""
    return {
        "declaration_id": citation.declaration,
        "item": citation.item,
        "permit_id": citation.permit,
        "line": citation.line,
        "side": citation.side.value,
        "use": citation.use,
        "unit": citation.unit,
        "asked": citation.asked,
        "reserved": citation.reserved,
        "used": citation.used,
        "used_on": citation.used_on,
        "transport_document": citation.transport_document,
        "lodged_at": citation.lodged_at,
        "consented": citation.consented,
        "drawn": citation.drawn,
        "counted": citation.counted,
        "counted_by": citation.counted_by,
        "dead_on_arrival": citation.dead_on_arrival,
    }


def permit_row(change: PermitChange) -> dict[str, Any]:
    """Write a permit as its row."""
    permit = change.permit
    terms = permit.terms
    return {
        "id": permit.id,
        "issuer": terms.issuer,
        "number": terms.number,
        "status": permit.status.value,
        "issued_on": terms.issued_on,
        "valid_until": terms.valid_until,
        "exporter_identifier": terms.exporter.identifier,
        "importer_identifier": terms.importer.identifier,
        "export_country": terms.export_country,
        "import_country": terms.import_country,
        "kind": terms.kind,
        "purpose": terms.purpose,
        "document": terms.model_dump_json(exclude_none=True),
        "words": words_of_permit(line.taxon for line in terms.lines),
        "registered_by": permit.registered_by,
        "registering_country": permit.registering_country,
        "endorsed": permit.endorsed,
        "transport_documents": json.dumps(sorted(permit.transport_documents)),
        "token": permit.token,
        "replaces": permit.replaces,
        "replaced_by": permit.replaced_by,
        "told": permit.told,
        "sequence": permit.sequence + len(change.moves),
        "version": permit.version + (1 if permit.sequence and not _only_told(change) else 0),
    }


def _only_told(change: PermitChange) -> bool:
    """Say whether nothing changed but that the permit's end was told of: who read its version may still act on it."""
    return bool(change.moves) and all(move.event in TOLD for move in change.moves)


def line_rows(permit: PermitOnFile) -> list[dict[str, Any]]:
    """Write the lines of a permit as their rows."""
    return [
        {
            "permit_id": permit.id,
            "line": letter,
            "position": position,
            "taxon": line.terms.taxon,
            "appendix": line.terms.appendix,
            "source": line.terms.source,
            "term": line.terms.term,
            "unit": line.terms.unit,
            "origin_country": line.terms.origin_country,
            "origin_permit": line.terms.origin_permit,
            **{name: getattr(line.balance, name) for name in BALANCE},
        }
        for position, (letter, line) in enumerate(permit.lines.items())
    ]


def balance_rows(change: PermitChange) -> list[dict[str, Any]]:
    """Write the balances of a permit's lines that changed as their rows."""
    lines = change.permit.lines
    return [
        {
            "permit_id": change.permit.id,
            "line": letter,
            **vars(lines[letter].balance),
        }
        for letter in (lines if change.lines is None else change.lines)
    ]


def moved_by(postings: Iterable[Posting]) -> tuple[str, ...]:
    """Name the columns of balances that postings move: reservations alone leave all others as they are."""
    kinds = {posting.entry.kind for posting in postings}
    return RESERVED if kinds and kinds <= RESERVING else BALANCE


def history_row(name: str, id: UUID, number: int, move: Move) -> dict[str, Any]:
    """Write a move as a row of history of what `name` and `id` say."""
    return {
        name: id,
        "sequence": number,
        "event": move.event,
        "from_status": move.before,
        "to_status": move.after,
        "at": move.act.at,
        "by_party": move.act.party,
        "by_role": move.act.role,
        "reason": move.reason,
        "detail": json.dumps(move.detail) if move.detail else None,
    }


def news_row(subject: str, number: int, move: Move, data: dict[str, Any], audience: str) -> dict[str, Any]:
    """Write a move as a piece of news, its id derived from its subject and number."""
    return {
        "id": derived_id(EVENTS, f"{subject}/{number}"),
        "type": move.event,
        "subject": subject,
        "sequence": number,
        "at": move.act.at,
        "data": to_json({**data, "sequence": number}).decode(),
        "audience": audience,
        "due_at": move.act.at,
    }


def entry_row(posting: Posting) -> dict[str, Any]:
    """Write a posting as a row of the ledger, its id derived from what it is about and why."""
    entry = posting.entry
    name = f"{posting.permit}/{posting.line}/{posting.declaration}/{posting.item}/{posting.cause}/{entry.kind}"
    return {
        "id": derived_id(ENTRIES, name),
        "permit_id": posting.permit,
        "line": posting.line,
        "side": entry.side.value,
        "kind": entry.kind.value,
        "quantity": entry.quantity,
        "closes": entry.closes,
        "opens": entry.opens,
        "day": posting.day,
        "declaration_id": posting.declaration,
        "item": posting.item,
        "dead_on_arrival": posting.dead_on_arrival,
        "cause": posting.cause,
        "at": posting.act.at,
        "by_party": posting.act.party,
        "by_role": posting.act.role,
        "reason": posting.reason,
    }
