"""Reference data that needs no load: code lists, units, types of event, the rules."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.permits.api.pagination import PageQuery, paginate
from services.permits.domain.rules.catalogue import list_rules
from shared.cites.codes import PERMIT_KINDS, PURPOSES, SOURCES, TERM_NAMES
from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.units import REPORT_UNITS, UNITS
from shared.contracts.events.catalogue import CATALOGUE, CatalogueEntry, standalone_schema
from shared.internal_auth import CallingParty

router = APIRouter(prefix="/v1/reference", tags=["reference"])
CodeTable = Sequence[Mapping[str, object]]
TableName = Literal["purposes", "sources", "terms", "units", "kinds", "event-types", "rules"]


@router.get("/{which}")
async def read_table(which: TableName, party: CallingParty, query: Annotated[PageQuery, Query()]) -> dict[str, object]:
    """List a table of codes."""
    return paginate(_cached_table(which), query, id_field="rule" if which == "rules" else "code")


@cache
def _cached_table(name: TableName) -> CodeTable:
    """Write a table, once and when it is first asked for: the schemas of events would take half of a start."""
    return TABLES[name]()


def _code_rows(table: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in table.items()]


def _event_type_row(entry: CatalogueEntry) -> dict[str, object]:
    """Write a type of event with its meaning, who hears it, its JSON schema (2020-12) and an example."""
    row: dict[str, object] = {"code": entry.code, "name": entry.sentence, "meaning": entry.meaning}
    return row | {"heard_by": entry.audience, "schema": standalone_schema(entry), "example": entry.example}


def _term_rows() -> CodeTable:
    named = sorted(TERM_NAMES.items())
    return [{"code": code, "name": name, "dimensions": sorted(TERM_DIMENSIONS.get(code, ()))} for code, name in named]


def _unit_rows() -> CodeTable:
    return [{"code": unit, "dimension": UNITS[unit][0], "report_code": REPORT_UNITS[unit][1]} for unit in UNITS]


def _rule_rows() -> CodeTable:
    return [
        {"rule": rule.name, "severity": rule.severity, "sentence": rule.sentence, "remedy": rule.remedy or None}
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
