"""Built-in reference data: code lists, units, event types and rules."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.permits.api.pagination import PageQuery, paginate
from services.permits.domain.rules.catalogue import list_rules
from shared.cites.codes import PERMIT_KINDS, PURPOSES, SOURCES, TERM_NAMES
from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.units import REPORT_UNITS, UNITS
from shared.contracts.events.catalogue import CATALOGUE, CatalogueEntry, standalone_schema
from shared.contracts.views.reference import Code
from shared.internal_auth import CallingParty
from shared.web import render_page

router = APIRouter(prefix="/v1/reference", tags=["reference"])
CodeTable = Sequence[Code]
TableName = Literal["purposes", "sources", "terms", "units", "kinds", "event-types", "rules"]


@router.get("/{which}")
async def read_table(which: TableName, party: CallingParty, query: Annotated[PageQuery, Query()]) -> Response:
    """List a table of codes."""
    return render_page(paginate(_cached_table(which), query, name=lambda row: row.code or row.rule or ""))


@cache
def _cached_table(name: TableName) -> CodeTable:
    """Return a table, built at its first request: the schemas of events would take half of the time of a start."""
    return TABLES[name]()


def _code_rows(table: dict[str, str]) -> CodeTable:
    return [Code(code=code, name=name) for code, name in table.items()]


def _event_type_row(entry: CatalogueEntry) -> Code:
    """Return an event type with its meaning, its audience, its JSON Schema (2020-12) and an example."""
    return Code(
        code=entry.code,
        name=entry.sentence,
        meaning=entry.meaning,
        heard_by=entry.audience,
        schema_=standalone_schema(entry),
        example=entry.example,
    )


def _term_rows() -> CodeTable:
    return [
        Code(code=code, name=name, dimensions=tuple(sorted(TERM_DIMENSIONS.get(code, ()))))
        for code, name in sorted(TERM_NAMES.items())
    ]


def _unit_rows() -> CodeTable:
    return [Code(code=unit, dimension=UNITS[unit][0], report_code=REPORT_UNITS[unit][1]) for unit in UNITS]


def _rule_rows() -> CodeTable:
    return [
        Code(
            rule=rule.name,
            severity=rule.severity,
            sentence=rule.sentence,
            remedy=rule.remedy or None,
            officer_remedy=rule.officer_remedy or None,
        )
        for rule in list_rules()
    ]


TABLES: dict[str, Callable[[], CodeTable]] = {
    "purposes": lambda: _code_rows(PURPOSES),
    "sources": lambda: _code_rows(SOURCES),
    "kinds": lambda: _code_rows(PERMIT_KINDS),
    "terms": _term_rows,
    "units": _unit_rows,
    "event-types": lambda: [_event_type_row(entry) for entry in CATALOGUE.values()],
    "rules": _rule_rows,
}
