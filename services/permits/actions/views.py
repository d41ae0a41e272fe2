"""What a declaration and a permit look like to those who may read them: the public contract's shapes."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.permits.domain.applications import days_open
from services.permits.domain.events import ASSESSED
from services.permits.domain.ledger import balances
from services.permits.domain.ledger.balances import Balance, Side
from services.permits.domain.lifecycle import By
from services.permits.domain.permits.expiry import reads
from services.permits.domain.values import ApplicationOnFile, Citation, Filed, PermitOnFile
from services.permits.store.from_row import Row
from shared.cites.codes import IMPORT_SIDE_ONLY
from shared.contracts.fields import write_moment
from shared.contracts.parties import Party
from shared.contracts.quantities import plain

View = dict[str, Any]
Told = Row | Mapping[str, Any]
"""A row of history, read or about to be written."""


def declaration(filed: Filed, history: Iterable[Row], permits: Mapping[UUID, tuple[str, str]]) -> View:
    """Write a declaration whole: what was stated, where it stands, what was found, used, done."""
    return {
        **filed.document.model_dump(mode="json", exclude_none=True),
        "id": str(filed.id),
        "version": filed.version,
        "status": filed.status.value,
        "lodged_by": str(filed.party),
        "trader": str(filed.trader),
        "received_at": write_moment(filed.received_at),
        "digest": filed.digest,
        "findings": [finding.model_dump(mode="json") for finding in filed.findings],
        "usage": [_usage(citation, permits) for citation in filed.citations if citation.line],
        "history": [_turn(row, filed) for row in history],
    }


def _usage(citation: Citation, permits: Mapping[UUID, tuple[str, str]]) -> View:
    issuer, number = permits[citation.permit]
    return {
        "item": citation.item,
        "permit": {"id": str(citation.permit), "issuer": issuer, "number": number},
        "line": citation.line,
        "reserved": plain(citation.reserved),
        "consumed": plain(citation.used),
        "unit": citation.unit,
        **({} if citation.dead_on_arrival is None else {"dead_on_arrival": citation.dead_on_arrival}),
    }


def _turn(row: Told, filed: Filed | ApplicationOnFile | None = None) -> View:
    """Write a turn; where an agent acted under a mandate, both it and its trader are named."""
    by = {"party": str(row["by_party"]) if row["by_party"] else None, "role": row["by_role"]}
    if filed is not None and row["by_role"] == By.TRADER and row["by_party"] not in {None, filed.trader}:
        by["for"] = str(filed.trader)
    return {
        "from": row["from_status"],
        "to": row["to_status"],
        "at": write_moment(row["at"]),
        "by": by,
        "reason": row["reason"],
        "event": row["event"],
        "sequence": row["sequence"],
        **_detail(row["detail"]),
    }


def _detail(told: str | View | None) -> View:
    """Answer what a turn was about, as it was read, or as it is about to be written."""
    return json.loads(told) if isinstance(told, str) else told or {}


Links = Mapping[UUID, tuple[str, str]]
"""Issuer and number of permits that another names, by id."""


def permit(
    found: PermitOnFile,
    day: date,
    history: Iterable[Told] = (),
    links: Links | None = None,
    crossings: Iterable[Row] = (),
) -> View:
    """Write a permit whole, with both sides of each line; `day` is today in the issuer's zone."""
    links = links or {}
    stated = found.terms.model_dump(mode="json", exclude_none=True)
    kind = found.terms.kind
    lines = [_line(kind, line, found.lines[line["line"]].balance) for line in stated.pop("lines")]
    return {
        **stated,
        "id": str(found.id),
        "status": reads(found, day).value,
        "version": found.version,
        "registered_by": {"party": str(found.registered_by), "country": found.registering_country},
        "use": "many_crossings" if found.many_crossings else "single_shipment",
        "transport_documents": sorted(found.transport_documents),
        "replaces": link(found.replaces, links),
        "replaced_by": link(found.replaced_by, links),
        "lines": lines,
        **({"continuation": [_crossing(row) for row in crossings]} if found.many_crossings else {}),
        "history": [_turn(row) for row in history],
    }


def link(id: UUID | None, links: Links) -> View | None:
    """Name another permit, in whose place this one stands or which stands in its place."""
    if id is None:
        return None
    issuer, number = links.get(id, (None, None))
    return {"id": str(id), "issuer": issuer, "number": number}


def _crossing(row: Row) -> View:
    """Write a line of the continuation sheet: what crossed a border, or the correction of that."""
    return {
        "line": row["line"],
        "side": row["side"],
        "quantity": plain(row["quantity"]),
        "day": row["day"].isoformat(),
        "declaration_id": str(row["declaration_id"]) if row["declaration_id"] else None,
        "at": write_moment(row["at"]),
        "corrects": row["kind"] == "recross",
    }


def _line(kind: str, stated: View, balance: Balance) -> View:
    return {**stated, **sides(kind, balance)}


def sides(kind: str, balance: Balance) -> View:
    """Write both sides of a line; a document of the country of import has the import side only."""
    return {
        "balance": {
            "granted": plain(balance.granted),
            "endorsed": plain(balance.endorsed or balances.ZERO),
            "consented": plain(balance.import_consented),
            "reserved": plain(balance.import_reserved),
            "consumed": plain(balance.import_consumed),
            "available": plain(balances.available(balance, Side.IMPORT)),
            "closed": balances.closed(balance, Side.IMPORT),
        },
        "export_balance": None
        if kind in IMPORT_SIDE_ONLY
        else {
            "granted": plain(balance.granted),
            "consented": plain(balance.export_consented),
            "reserved": plain(balance.export_reserved),
            "endorsed": plain(balance.endorsed or balances.ZERO),
            "available": plain(balances.available(balance, Side.EXPORT)),
            "closed": balances.closed(balance, Side.EXPORT),
        },
    }


def permit_in_short(found: PermitOnFile, day: date, used: list[View]) -> View:
    """Write what a party that cited a permit may know of it: its status and its own use."""
    return {
        "id": str(found.id),
        "issuer": found.terms.issuer,
        "number": found.terms.number,
        "kind": found.terms.kind,
        "status": reads(found, day).value,
        "usage": used,
    }


def permit_for_the_border(found: PermitOnFile, day: date) -> View:
    """Write what an officer needs who was shown the paper with its token: what it covers, and what is left of it."""
    terms = found.terms
    told = ("number", "kind", "issuer", "issued_on", "valid_until", "export_country", "import_country", "purpose")
    more = ("special_conditions", "security_stamp", "retrospective")
    stated = terms.model_dump(mode="json", exclude_none=True, include={*told, *more})
    goods = "line taxon appendix source underlying_source term quantity unit origin_country description".split()
    lines = terms.model_dump(mode="json", exclude_none=True, include={"lines"})["lines"]
    return {
        **stated,
        "id": str(found.id),
        "status": reads(found, day).value,
        "exporter": {"name": terms.exporter.name, "country": terms.exporter.country},
        "importer": {"name": terms.importer.name, "country": terms.importer.country},
        "lines": [
            _line(terms.kind, {name: line[name] for name in goods if name in line}, found.lines[line["line"]].balance)
            for line in lines
        ],
    }


def application(found: ApplicationOnFile, history: Iterable[Row], links: Links, reader: Party, at: datetime) -> View:
    """Write an application whole; what the authority says to itself about it only for the authority."""
    inside = "authority" in reader.roles and reader.country == found.document.asked
    told = [row for row in history if inside or row["event"] != ASSESSED]
    return {
        **found.document.model_dump(mode="json", exclude_none=True),
        "issuer": found.document.asked,
        "id": str(found.id),
        "version": found.version,
        "status": found.status.value,
        "applicant": str(found.trader),
        "trader": str(found.trader),
        "lodged_by": str(found.party),
        "submitted_at": write_moment(found.submitted_at),
        "decided_at": write_moment(found.decided_at) if found.decided_at else None,
        "days_open": days_open(found, at),
        "permit_id": str(found.permit) if found.permit else None,
        "permit": link(found.permit, links),
        **({"assessment": found.assessment} if inside else {}),
        "history": [_turn(row, found) for row in told],
    }
