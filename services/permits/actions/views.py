"""What a declaration and a permit look like to those who may read them: the public contract's shapes."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.permits.domain.applications import days_open
from services.permits.domain.events import APPLICATION_ASSESSED
from services.permits.domain.ledger import balances
from services.permits.domain.ledger.balances import Balance, Side
from services.permits.domain.lifecycle import ActorRole
from services.permits.domain.permits.expiry import status_on
from services.permits.domain.values import ApplicationRecord, Citation, DeclarationRecord, PermitRecord
from services.permits.store.from_row import Row
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.fields import format_timestamp
from shared.contracts.parties import Party
from shared.contracts.quantities import format_quantity

View = dict[str, Any]
HistoryRow = Row | Mapping[str, Any]
"""A row of history, read or about to be written."""


def declaration_view(
    declaration: DeclarationRecord, history: Iterable[Row], permits: Mapping[UUID, tuple[str, str]]
) -> View:
    """Write a declaration whole: what was stated, where it stands, what was found, used, done."""
    return {
        **declaration.content.model_dump(mode="json", exclude_none=True),
        "id": str(declaration.id),
        "version": declaration.version,
        "status": declaration.status.value,
        "lodged_by": str(declaration.party),
        "trader": str(declaration.trader),
        "received_at": format_timestamp(declaration.received_at),
        "digest": declaration.digest,
        "findings": [finding.model_dump(mode="json") for finding in declaration.findings],
        "usage": [_usage_view(citation, permits) for citation in declaration.citations if citation.line],
        "history": [transition_view(row, declaration) for row in history],
    }


def _usage_view(citation: Citation, permits: Mapping[UUID, tuple[str, str]]) -> View:
    issuer, number = permits[citation.permit]
    return {
        "item": citation.item,
        "permit": {"id": str(citation.permit), "issuer": issuer, "number": number},
        "line": citation.line,
        "reserved": format_quantity(citation.reserved),
        "consumed": format_quantity(citation.used),
        "unit": citation.unit,
        **({} if citation.dead_on_arrival is None else {"dead_on_arrival": citation.dead_on_arrival}),
    }


def transition_view(row: HistoryRow, record: DeclarationRecord | ApplicationRecord | None = None) -> View:
    """Write a turn; where an agent acted under a mandate, both it and its trader are named."""
    actor = {"party": str(row["by_party"]) if row["by_party"] else None, "role": row["by_role"]}
    if record is not None and row["by_role"] == ActorRole.TRADER and row["by_party"] not in {None, record.trader}:
        actor["for"] = str(record.trader)
    return {
        "from": row["from_status"],
        "to": row["to_status"],
        "at": format_timestamp(row["at"]),
        "by": actor,
        "reason": row["reason"],
        "event": row["event"],
        "sequence": row["sequence"],
        **_detail(row["detail"]),
    }


def _detail(detail: str | View | None) -> View:
    """Answer what a turn was about, as it was read, or as it is about to be written."""
    return json.loads(detail) if isinstance(detail, str) else detail or {}


Links = Mapping[UUID, tuple[str, str]]
"""Issuer and number of permits that another names, by id."""


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


def permit_link(id: UUID | None, links: Links) -> View | None:
    """Name another permit, in whose place this one stands or which stands in its place."""
    if id is None:
        return None
    issuer, number = links.get(id, (None, None))
    return {"id": str(id), "issuer": issuer, "number": number}


def _crossing_view(row: Row) -> View:
    """Write a line of the continuation sheet: what crossed a border, or the correction of that."""
    return {
        "line": row["line"],
        "side": row["side"],
        "quantity": format_quantity(row["quantity"]),
        "day": row["day"].isoformat(),
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


def application_view(
    application: ApplicationRecord, history: Iterable[Row], links: Links, reader: Party, at: datetime
) -> View:
    """Write an application whole; what the authority says to itself about it only for the authority."""
    is_authority = "authority" in reader.roles and reader.country == application.content.authority_country
    visible_history = [row for row in history if is_authority or row["event"] != APPLICATION_ASSESSED]
    return {
        **application.content.model_dump(mode="json", exclude_none=True),
        "issuer": application.content.authority_country,
        "id": str(application.id),
        "version": application.version,
        "status": application.status.value,
        "applicant": str(application.trader),
        "trader": str(application.trader),
        "lodged_by": str(application.party),
        "submitted_at": format_timestamp(application.submitted_at),
        "decided_at": format_timestamp(application.decided_at) if application.decided_at else None,
        "days_open": days_open(application, at),
        "permit_id": str(application.permit) if application.permit else None,
        "permit": permit_link(application.permit, links),
        **({"assessment": application.assessment} if is_authority else {}),
        "history": [transition_view(row, application) for row in visible_history],
    }
