"""A permit as the API shows it to each kind of reader."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions import views
from services.permits.actions.views import HistoryRow, Links, View, permit_link, transition_view
from services.permits.domain.ledger import balances
from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.expiry import status_on
from services.permits.store import ledger, permits
from services.permits.store.from_row import Row
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import Side
from shared.contracts.fields import format_timestamp
from shared.contracts.quantities import format_quantity
from shared.idempotency import CREATED, IdempotentCommand, StoredResponse


async def load_permit_view(conn: AsyncConnection, permit: PermitRecord, at: datetime) -> views.View:
    """Write a permit whole, as it reads at a moment."""
    linked_ids = {permit_id for permit_id in (permit.replaces, permit.replaced_by) if permit_id is not None}
    links = await permits.keys_by_id(conn, linked_ids) if linked_ids else {}
    crossings = await ledger.list_crossings(conn, permit.id) if permit.is_for_many_crossings else ()
    history = await permits.list_history(conn, permit.id)
    return permit_view(permit, day_in_last_zone(permit.content.issuer, at), history, links, crossings)


async def store_response(
    conn: AsyncConnection, permit_id: UUID, command: IdempotentCommand, status: int = 200, **more: object
) -> StoredResponse:
    """Keep the permit as it is now, as the answer of a command."""
    permit = (await permits.lock(conn, [permit_id]))[permit_id]
    view = {**await load_permit_view(conn, permit, command.at), **more}
    location = f"/v1/permits/{permit_id}" if status == CREATED else None
    response = StoredResponse(status=status, body=json.dumps(view), location=location, version=permit.version)
    await idempotency.store_response(conn, commands, command, response)
    return response


def permit_view(
    permit: PermitRecord,
    day: date,
    history: Iterable[HistoryRow] = (),
    links: Links | None = None,
    crossings: Iterable[Row] = (),
) -> View:
    """Write a permit whole, with both sides of each line; `day` is today in the issuer's zone."""
    links = links or {}
    content = permit.content.model_dump(mode="json", exclude_none=True)
    kind = permit.content.kind
    lines = [_line_view(kind, line, permit.lines[line["line"]].balance) for line in content.pop("lines")]
    return {
        **content,
        "id": str(permit.id),
        "status": status_on(permit, day).value,
        "version": permit.version,
        "registered_by": {"party": str(permit.registered_by), "country": permit.registering_country},
        "use": "many_crossings" if permit.is_for_many_crossings else "single_shipment",
        "transport_documents": sorted(permit.transport_documents),
        "replaces": permit_link(permit.replaces, links),
        "replaced_by": permit_link(permit.replaced_by, links),
        "lines": lines,
        **({"continuation": [_crossing_view(row) for row in crossings]} if permit.is_for_many_crossings else {}),
        "history": [transition_view(row) for row in history],
    }


def _crossing_view(row: Row) -> View:
    """Write a line of the continuation sheet: what crossed a border, or the correction of that."""
    return {
        "line": row["line"],
        "side": row["side"],
        "quantity": format_quantity(row["quantity"]),
        "day": row["value_date"].isoformat(),
        "declaration_id": str(row["declaration_id"]) if row["declaration_id"] else None,
        "at": format_timestamp(row["at"]),
        "corrects": row["kind"] == "recross",
    }


def _line_view(kind: str, content: View, line_balance: Balance) -> View:
    return {**content, **balance_views(kind, line_balance)}


def balance_views(kind: str, line_balance: Balance) -> View:
    """Write both sides of a line; a document of the country of import has the import side only."""
    return {
        "balance": {
            "granted": format_quantity(line_balance.granted),
            "endorsed": format_quantity(line_balance.endorsed or balances.ZERO),
            "consented": format_quantity(line_balance.import_consented),
            "reserved": format_quantity(line_balance.import_reserved),
            "consumed": format_quantity(line_balance.import_consumed),
            "available": format_quantity(balances.available(line_balance, Side.IMPORT)),
            "closed": balances.is_closed(line_balance, Side.IMPORT),
        },
        "export_balance": None
        if kind in IMPORT_SIDE_KINDS
        else {
            "granted": format_quantity(line_balance.granted),
            "consented": format_quantity(line_balance.export_consented),
            "reserved": format_quantity(line_balance.export_reserved),
            "endorsed": format_quantity(line_balance.endorsed or balances.ZERO),
            "available": format_quantity(balances.available(line_balance, Side.EXPORT)),
            "closed": balances.is_closed(line_balance, Side.EXPORT),
        },
    }


def permit_summary(permit: PermitRecord, day: date, usage: list[View]) -> View:
    """Write what a party that cited a permit may know of it: its status and its own use."""
    return {
        "id": str(permit.id),
        "issuer": permit.content.issuer,
        "number": permit.content.number,
        "kind": permit.content.kind,
        "status": status_on(permit, day).value,
        "usage": usage,
    }


def permit_view_by_token(permit: PermitRecord, day: date) -> View:
    """Write what an officer needs who was shown the paper with its token: what it covers, and what is left of it."""
    content = permit.content
    main_fields = (
        "number",
        "kind",
        "issuer",
        "issued_on",
        "valid_until",
        "export_country",
        "import_country",
        "purpose",
    )
    condition_fields = ("special_conditions", "security_stamp", "retrospective")
    shown = content.model_dump(mode="json", exclude_none=True, include={*main_fields, *condition_fields})
    line_fields = "line taxon appendix source underlying_source term quantity unit origin_country description".split()
    lines = content.model_dump(mode="json", exclude_none=True, include={"lines"})["lines"]
    return {
        **shown,
        "id": str(permit.id),
        "status": status_on(permit, day).value,
        "exporter": {"name": content.exporter.name, "country": content.exporter.country},
        "importer": {"name": content.importer.name, "country": content.importer.country},
        "lines": [
            _line_view(
                content.kind,
                {name: line[name] for name in line_fields if name in line},
                permit.lines[line["line"]].balance,
            )
            for line in lines
        ],
    }
