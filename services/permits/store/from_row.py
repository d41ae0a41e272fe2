"""Convert rows of the permits database into domain values."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Result, RowMapping

from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.model.usage import UsageTotal
from shared.contracts.closed_sets import DeclarationStatus, PermitStatus, Role, Side
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.fields import STORED_CONTEXT
from shared.contracts.findings import Finding
from shared.contracts.permit import Permit
from shared.limits import Limit, LimitSubject

Row = RowMapping
RowValues = RowMapping | Mapping[str, Any]
"""A row as read, or a row with values of a later read."""
OFFICE_ROLES = frozenset({Role.AUTHORITY, Role.CUSTOMS})
"""Roles that act for their country and read its declarations and permits."""
SIDES_BY_VALUE = {side.value: side for side in Side}
BALANCE_COLUMNS = tuple(field.name for field in fields(Balance))
"""The columns of a line's balance, in the order of the fields of `Balance`."""


CACHED_CONTENTS = 2048
CACHED_CONTENT = Limit(
    16_384,
    "characters",
    subject=LimitSubject.MEMORY,
    meaning=f"Content of a permit that a process keeps in memory after it was read; it keeps {CACHED_CONTENTS} of them",
    beyond="It is parsed at each read.",
)


def permit_content_from_json(content_json: str) -> Permit:
    """Return the content of a permit. A usual one is cached: it never changes, and a permit in use is read often."""
    if len(content_json) > CACHED_CONTENT:
        return _parse_content(content_json)
    return _parse_content_once(content_json)


def _parse_content(content_json: str) -> Permit:
    return Permit.model_validate_json(content_json, context=STORED_CONTEXT)


_parse_content_once = lru_cache(maxsize=CACHED_CONTENTS)(_parse_content)


def permit_from_row(
    row: RowValues,
    content: Permit,
    balances: Mapping[str, Balance],
    *,
    usage_totals: Iterable[UsageTotal] = (),
    uses: Iterable[Row] = (),
) -> PermitRecord:
    """Return a permit with its lines, the usage totals of its lines and the given citations.

    `content` is the parsed content of the row.
    """
    return PermitRecord(
        id=row["id"],
        content=content,
        status=PermitStatus(row["status"]),
        lines={line.line: PermitLineRecord(content=line, balance=balances[line.line]) for line in content.lines},
        sequence=row["sequence"],
        version=row["version"],
        endorsed=row["endorsed"],
        transport_documents=frozenset(row["transport_documents"]),
        registered_by=row["registered_by"],
        registering_country=row["registering_country"],
        usage_totals=tuple(usage_totals),
        token_digest=row["token_digest"],
        replaces=row["replaces"],
        replaced_by=row["replaced_by"],
        notice_level=row["notice_level"],
        number_key=row["number_key"],
        citations=tuple(citation_from_row(use) for use in uses),
    )


def with_current_columns(permit: PermitRecord, row: RowValues) -> PermitRecord:
    """Return a permit with the columns of its row that change after its issue."""
    return replace(
        permit,
        status=PermitStatus(row["status"]),
        sequence=row["sequence"],
        version=row["version"],
        endorsed=row["endorsed"],
        transport_documents=frozenset(row["transport_documents"]),
        registered_by=row["registered_by"],
        registering_country=row["registering_country"],
        replaced_by=row["replaced_by"],
        notice_level=row["notice_level"],
    )


def usage_total_from_row(
    line: str, side: str, use: str, transport_document: str | None, is_open: bool, reserved: Decimal, used: Decimal
) -> UsageTotal:
    """Return the total that uses of one kind and one transport document reserve and use of a line, in its unit."""
    return UsageTotal(
        line=line,
        side=SIDES_BY_VALUE[side],
        use=use,
        transport_document=transport_document,
        is_open=is_open,
        reserved=reserved,
        used=used,
    )


def citation_from_row(row: Row) -> Citation:
    """Return a citation."""
    return Citation(
        declaration=row["declaration_id"],
        item=row["item"],
        permit=row["permit_id"],
        line=row["line"],
        side=SIDES_BY_VALUE[row["side"]],
        use=row["use"],
        unit=row["unit"],
        requested=row["requested"],
        reserved=row["reserved"],
        used=row["used"],
        used_on=row["used_on"],
        transport_document=row["transport_document"],
        lodged_at=row["lodged_at"],
        consented=row["consented"],
        consent_used=row["consent_used"],
        counted_elsewhere=row["counted_elsewhere"],
        counted_by=row["counted_by"],
        dead_on_arrival=row["dead_on_arrival"],
    )


def declaration_from_row(row: Row, citations: Iterable[Row] = ()) -> DeclarationRecord:
    """Return a stored declaration with its citations."""
    return DeclarationRecord(
        id=row["id"],
        party=row["party_id"],
        trader=row["trader_id"],
        trader_name=row["trader_name"],
        trader_country=row["trader_country"],
        officers=None if row["officers"] is None else tuple(row["officers"]),
        received_at=row["received_at"],
        digest=row["digest"],
        content=NormalizedDeclaration.model_validate(row["content"], context=STORED_CONTEXT),
        status=DeclarationStatus(row["status"]),
        version=row["version"],
        sequence=row["sequence"],
        findings=tuple(Finding.model_validate(finding) for finding in row["findings"]),
        citations=tuple(citation_from_row(citation) for citation in citations),
    )


def group_by_id(result: Result[Any], id_column: str = "permit_id") -> dict[UUID, list[Row]]:
    """Return rows grouped by the id in one of their columns."""
    groups: dict[UUID, list[Row]] = {}
    for row in result.mappings():
        groups.setdefault(row[id_column], []).append(row)
    return groups
