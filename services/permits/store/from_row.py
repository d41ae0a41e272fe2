"""Rows of the permits database as the values they stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Result, RowMapping

from services.permits.domain.ledger.balances import Balance, Side
from services.permits.domain.lifecycle import PermitStatus, Status
from services.permits.domain.values import Citation, Filed, Holding, Line, PermitOnFile
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.fields import KEPT
from shared.contracts.findings import Finding
from shared.contracts.permit import Permit

Row = RowMapping
OFFICES = frozenset({"authority", "customs"})
"""Roles that act for their country, and read what concerns it."""
SIDE = {side.value: side for side in Side}
BALANCE = tuple(field.name for field in fields(Balance))
"""The columns of a line's balance, in the order of its value."""


@lru_cache(maxsize=2048)
def terms_of(document: str) -> Permit:
    """Read what a permit says; it never changes, and a permit that is used is read again and again."""
    return Permit.model_validate_json(document, context=KEPT)


def permit_of(
    row: Row, balances: Mapping[str, Balance], held: Iterable[Holding] = (), uses: Iterable[Row] = ()
) -> PermitOnFile:
    """Read a permit with its lines, what is held of them, and the uses that were asked for one by one."""
    terms = terms_of(row["document"])
    return PermitOnFile(
        id=row["id"],
        terms=terms,
        status=PermitStatus(row["status"]),
        lines={line.line: Line(line, balances[line.line]) for line in terms.lines},
        sequence=row["sequence"],
        version=row["version"],
        endorsed=row["endorsed"],
        transport_documents=frozenset(row["transport_documents"]),
        registered_by=row["registered_by"],
        registering_country=row["registering_country"],
        held=tuple(held),
        token=row["token"],
        replaces=row["replaces"],
        replaced_by=row["replaced_by"],
        told=row["told"],
        uses=tuple(citation_of(use) for use in uses),
    )


def holding_of(
    line: str, side: str, use: str, document: str | None, open: bool, reserved: Decimal, used: Decimal
) -> Holding:
    """Read what uses of one kind and one shipment hold of a line."""
    return Holding(line, SIDE[side], use, document, open, reserved, used)


def citation_of(row: Row) -> Citation:
    """Read a citation."""
    return Citation(
        declaration=row["declaration_id"],
        item=row["item"],
        permit=row["permit_id"],
        line=row["line"],
        side=SIDE[row["side"]],
        use=row["use"],
        unit=row["unit"],
        asked=row["asked"],
        reserved=row["reserved"],
        used=row["used"],
        used_on=row["used_on"],
        transport_document=row["transport_document"],
        lodged_at=row["lodged_at"],
        consented=row["consented"],
        drawn=row["drawn"],
        counted=row["counted"],
        counted_by=row["counted_by"],
        dead_on_arrival=row["dead_on_arrival"],
    )


def filed_of(row: Row, cited: Iterable[Row] = ()) -> Filed:
    """Read a declaration on file with what it cites."""
    return Filed(
        id=row["id"],
        party=row["party_id"],
        trader=row["trader_id"],
        received_at=row["received_at"],
        digest=row["digest"],
        document=InsideDeclaration.model_validate(row["document"], context=KEPT),
        status=Status(row["status"]),
        version=row["version"],
        sequence=row["sequence"],
        findings=tuple(Finding.model_validate(finding) for finding in row["findings"]),
        citations=tuple(citation_of(one) for one in cited),
    )


def grouped(result: Result[Any], name: str = "permit_id") -> dict[UUID, list[Row]]:
    """Gather rows by the id in one of their columns."""
    groups: dict[UUID, list[Row]] = {}
    for row in result.mappings():
        groups.setdefault(row[name], []).append(row)
    return groups
