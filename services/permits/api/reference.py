"""Reference data that needs no load: code lists, units, types of event, the rules."""

from collections.abc import Mapping, Sequence
from typing import Literal

from fastapi import APIRouter

from services.permits.domain.rules.books import book
from shared.callers import AParty
from shared.cites.codes import KINDS, PURPOSES, SOURCES, TERM_NAMES
from shared.cites.terms import DIMENSIONS
from shared.cites.units import REPORT_UNITS, UNITS
from shared.contracts.events.catalogue import CATALOGUE, Entry, schema_of

router = APIRouter(prefix="/v1/reference", tags=["reference"])
Which = Literal["purposes", "sources", "terms", "units", "kinds", "event-types", "rules"]


@router.get("/{which}")
async def reference(which: Which, party: AParty) -> dict[str, object]:
    """List a table of codes."""
    return {"data": TABLES[which], "next_cursor": None}


def _coded(table: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in table.items()]


def _told(entry: Entry) -> dict[str, object]:
    """Write a type of event with its meaning, who hears it, its JSON schema (2020-12) and an example."""
    told: dict[str, object] = {"code": entry.code, "name": entry.sentence, "meaning": entry.meaning}
    return told | {"heard_by": entry.heard_by, "schema": schema_of(entry), "example": entry.example}


TABLES: dict[str, Sequence[Mapping[str, object]]] = {
    "purposes": _coded(PURPOSES),
    "sources": _coded(SOURCES),
    "kinds": _coded(KINDS),
    "terms": [
        {"code": code, "name": TERM_NAMES[code], "dimensions": sorted(DIMENSIONS.get(code, ()))}
        for code in sorted(TERM_NAMES)
    ],
    "units": [{"code": u, "dimension": UNITS[u][0], "report_code": REPORT_UNITS[u][1]} for u in UNITS],
    "event-types": [_told(entry) for entry in CATALOGUE.values()],
    "rules": [{"rule": entry.name, "severity": entry.severity, "sentence": entry.sentence} for entry in book()],
}
