"""Reference data that needs no load: code lists, units, types of event, the rules."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.permits.api.pagination import Portion, portion
from services.permits.domain.rules.catalogue import book
from shared.cites.codes import KINDS, PURPOSES, SOURCES, TERM_NAMES
from shared.cites.term_dimensions import DIMENSIONS
from shared.cites.units import REPORT_UNITS, UNITS
from shared.contracts.events.catalogue import CATALOGUE, Entry, schema_of
from shared.internal_auth import AParty

router = APIRouter(prefix="/v1/reference", tags=["reference"])
Table = Sequence[Mapping[str, object]]
Which = Literal["purposes", "sources", "terms", "units", "kinds", "event-types", "rules"]


@router.get("/{which}")
async def reference(which: Which, party: AParty, asked: Annotated[Portion, Query()]) -> dict[str, object]:
    """List a table of codes."""
    return portion(_table(which), asked, by="rule" if which == "rules" else "code")


@cache
def _table(which: Which) -> Table:
    """Write a table, once and when it is first asked for: the schemas of events would take half of a start."""
    return TABLES[which]()


def _coded(table: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in table.items()]


def _told(entry: Entry) -> dict[str, object]:
    """Write a type of event with its meaning, who hears it, its JSON schema (2020-12) and an example."""
    told: dict[str, object] = {"code": entry.code, "name": entry.sentence, "meaning": entry.meaning}
    return told | {"heard_by": entry.heard_by, "schema": schema_of(entry), "example": entry.example}


def _terms() -> Table:
    named = sorted(TERM_NAMES.items())
    return [{"code": code, "name": name, "dimensions": sorted(DIMENSIONS.get(code, ()))} for code, name in named]


def _units() -> Table:
    return [{"code": unit, "dimension": UNITS[unit][0], "report_code": REPORT_UNITS[unit][1]} for unit in UNITS]


def _rules() -> Table:
    return [{"rule": entry.name, "severity": entry.severity, "sentence": entry.sentence} for entry in book()]


TABLES: dict[str, Callable[[], Table]] = {
    "purposes": lambda: _coded(PURPOSES),
    "sources": lambda: _coded(SOURCES),
    "kinds": lambda: _coded(KINDS),
    "terms": _terms,
    "units": _units,
    "event-types": lambda: [_told(entry) for entry in CATALOGUE.values()],
    "rules": _rules,
}
