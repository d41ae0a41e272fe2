"""Views of permits for the API: one per kind of reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions.views import HistoryRow, Links, history_entry, permit_link
from services.permits.domain.ledger import balances
from services.permits.domain.model.issue_notes import NO_NOTES, IssueNotes
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.expiry import status_on
from services.permits.store import ledger, permits
from services.permits.store.from_row import Row
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import Side
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import format_quantity
from shared.contracts.views.parts import render_json, submitted_fields
from shared.contracts.views.permits import (
    Balance,
    CitedPermitView,
    Crossing,
    ExportBalance,
    LineByToken,
    OwnUsage,
    PermitByToken,
    PermitHistoryEntry,
    PermitLineView,
    PermitView,
    Registrar,
    TraderByToken,
)
from shared.idempotency import CREATED, IdempotentCommand, StoredResponse
from shared.sealed_secrets import SecretSealer, seal_response


@dataclass(frozen=True, kw_only=True)
class IssuedPermit:
    """The values of a new permit that only the response to its issue contains: its token, and the notes about it."""

    token: str | None = None
    notes: IssueNotes = NO_NOTES


NO_PERMIT = IssuedPermit()


@dataclass(frozen=True, kw_only=True)
class IssuedPermits:
    """The new permits of a response: the permit itself, or its replacement."""

    own: IssuedPermit = NO_PERMIT
    replacement: IssuedPermit = NO_PERMIT


NOTHING_ISSUED = IssuedPermits()
REPLACE_PERMIT = "If you need its token, issue a replacement of the permit."
"""The advice to an authority whose permit token cannot be shown again."""


async def load_permit_view(
    conn: AsyncConnection, permit: PermitRecord, at: datetime, *, issued: IssuedPermits = NOTHING_ISSUED
) -> PermitView:
    """Return the full view of a permit at a moment."""
    linked_ids = {permit_id for permit_id in (permit.replaces, permit.replaced_by) if permit_id is not None}
    links = await permits.names_by_id(conn, linked_ids) if linked_ids else {}
    crossings = await ledger.list_crossings(conn, permit.id) if permit.is_for_many_crossings else ()
    history = await permits.list_history(conn, permit.id)
    day = day_in_last_zone(permit.content.issuer, at)
    return permit_view(permit, day, history, links=links, crossings=crossings, issued=issued)


async def store_response(
    conn: AsyncConnection,
    permit_id: UUID,
    command: IdempotentCommand,
    *,
    status: int = 200,
) -> StoredResponse:
    """Store and return the permit as it is now, as the response to a command without a token."""
    response = await _render_response(conn, permit_id, command, status=status, issued=NOTHING_ISSUED)
    await idempotency.store_response(conn, commands, command, response)
    return response


async def store_response_with_tokens(
    conn: AsyncConnection,
    permit_id: UUID,
    command: IdempotentCommand,
    *,
    sealer: SecretSealer,
    issued: IssuedPermits,
    status: int = 200,
) -> StoredResponse:
    """Store and return the permit as it is now, with the tokens and notes of new permits.

    The stored response is sealed. A repeated command gets the same notes.
    """
    response = await _render_response(conn, permit_id, command, status=status, issued=issued)
    await idempotency.store_response(conn, commands, command, seal_response(sealer, command, response))
    return response


async def _render_response(
    conn: AsyncConnection, permit_id: UUID, command: IdempotentCommand, *, status: int, issued: IssuedPermits
) -> StoredResponse:
    permit = (await permits.lock(conn, [permit_id]))[permit_id]
    view = await load_permit_view(conn, permit, command.at, issued=issued)
    location = f"/v1/permits/{permit_id}" if status == CREATED else None
    return StoredResponse(status=status, body=render_json(view), location=location, version=permit.version)


def permit_view(
    permit: PermitRecord,
    day: date,
    history: Sequence[HistoryRow] = (),
    *,
    links: Links | None = None,
    crossings: Sequence[Row] = (),
    issued: IssuedPermits = NOTHING_ISSUED,
) -> PermitView:
    """Return the full view of a permit with both sides of each line. `day` is today in the issuer's time zone."""
    links, content = links or {}, permit.content
    view = PermitView.model_construct(
        **submitted_fields(content, without={"lines"}),
        id=permit.id,
        status=status_on(permit, day),
        version=permit.version,
        registered_by=Registrar(party=permit.registered_by, country=permit.registering_country),
        use="many_crossings" if permit.is_for_many_crossings else "single_shipment",
        transport_documents=tuple(sorted(permit.transport_documents)),
        replaces=permit_link(permit.replaces, links),
        replaced_by=permit_link(
            permit.replaced_by, links, token=issued.replacement.token, notes=issued.replacement.notes
        ),
        lines=tuple(
            _line_view(permit.content.kind, line, permit.lines[line.line].balance) for line in permit.content.lines
        ),
        history=tuple(history_entry(PermitHistoryEntry, row) for row in history),
        token=issued.own.token,
        notes=issued.own.notes.notes or None,
        notes_omitted=issued.own.notes.omitted or None,
    )
    more: dict[str, Any] = {}
    if history and (omitted := history[0]["sequence"] - 1):
        more["history_omitted"] = omitted
    if permit.is_for_many_crossings:
        more["continuation"] = tuple(_crossing_view(row) for row in crossings)
    if crossings and (omitted := crossings[0]["crossings"] - len(crossings)):
        more["continuation_omitted"] = omitted
    return view.model_copy(update=more) if more else view


def _crossing_view(row: Row) -> Crossing:
    """Return a line of the continuation sheet: a quantity that crossed a border, or the correction of one."""
    return Crossing(
        line=row["line"],
        side=row["side"],
        quantity=format_quantity(row["quantity"]),
        day=row["value_date"],
        declaration_id=row["declaration_id"],
        at=row["at"],
        corrects=row["kind"] == "recross",
    )


def _line_view(kind: str, content: PermitLine, line_balance: balances.Balance) -> PermitLineView:
    return PermitLineView.model_construct(
        **submitted_fields(content),
        balance=import_balance(line_balance),
        export_balance=export_balance(kind, line_balance),
    )


def import_balance(line_balance: balances.Balance) -> Balance:
    """Return the import side of a line's balance, in the line's unit."""
    return Balance(
        granted=format_quantity(line_balance.granted),
        endorsed=format_quantity(line_balance.endorsed or balances.ZERO),
        consented=format_quantity(line_balance.import_consented),
        reserved=format_quantity(line_balance.import_reserved),
        consumed=format_quantity(line_balance.import_consumed),
        available=format_quantity(balances.available(line_balance, Side.IMPORT)),
        closed=balances.is_closed(line_balance, Side.IMPORT),
    )


def export_balance(kind: str, line_balance: balances.Balance) -> ExportBalance | None:
    """Return the export side of a line's balance, or None for a document of the country of import."""
    if kind in IMPORT_SIDE_KINDS:
        return None
    return ExportBalance(
        granted=format_quantity(line_balance.granted),
        consented=format_quantity(line_balance.export_consented),
        reserved=format_quantity(line_balance.export_reserved),
        endorsed=format_quantity(line_balance.endorsed or balances.ZERO),
        available=format_quantity(balances.available(line_balance, Side.EXPORT)),
        closed=balances.is_closed(line_balance, Side.EXPORT),
    )


def permit_summary(permit: PermitRecord, day: date, usage: tuple[OwnUsage, ...]) -> CitedPermitView:
    """Return the view for a party that cited a permit: its status and the party's own use."""
    return CitedPermitView(
        id=permit.id,
        issuer=permit.content.issuer,
        number=permit.content.number,
        kind=permit.content.kind,
        status=status_on(permit, day),
        usage=usage,
    )


def permit_view_by_token(permit: PermitRecord, day: date) -> PermitByToken:
    """Return the view for a party with the permit's token: what the permit covers, and what is left of it."""
    content = permit.content
    return PermitByToken(
        id=permit.id,
        number=content.number,
        kind=content.kind,
        issuer=content.issuer,
        issued_on=content.issued_on,
        valid_until=content.valid_until,
        export_country=content.export_country,
        import_country=content.import_country,
        purpose=content.purpose,
        special_conditions=content.special_conditions,
        security_stamp=content.security_stamp,
        retrospective=content.retrospective,
        retrospective_reason=content.retrospective_reason,
        status=status_on(permit, day),
        exporter=TraderByToken(name=content.exporter.name, country=content.exporter.country),
        importer=TraderByToken(name=content.importer.name, country=content.importer.country),
        lines=tuple(_line_by_token(content.kind, line, permit.lines[line.line].balance) for line in content.lines),
    )


def _line_by_token(kind: str, content: PermitLine, line_balance: balances.Balance) -> LineByToken:
    return LineByToken(
        line=content.line,
        taxon=content.taxon,
        appendix=content.appendix,
        source=content.source,
        underlying_source=content.underlying_source,
        term=content.term,
        quantity=format_quantity(content.quantity),
        unit=content.unit,
        origin_country=content.origin_country,
        description=content.description,
        balance=import_balance(line_balance),
        export_balance=export_balance(kind, line_balance),
    )
