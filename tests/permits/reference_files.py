"""Files of reference data for tests: rows in the format of the public index, and the counts of a load's report."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from services.permits.actions.reference.load_list import LIST_KINDS, LoadMode, LoadOrder, load
from services.permits.domain.reference.kept_facts import FileAge, FileAuthority
from shared.contracts.closed_sets import CodesReading
from tests.days import today
from tests.permits.view_json import rows_as_json

COLUMNS = (
    "TaxonId,Kingdom,Phylum,Class,Order,Family,Genus,Species,Subspecies,FullName,AuthorYear,RankName,CurrentListing,"
    "FullAnnotationEnglish,AnnotationEnglish,AnnotationSpanish,AnnotationFrench,#AnnotationSymbol,#Annotation,"
    "SynonymsWithAuthors,EnglishNames,SpanishNames,FrenchNames,CitesAccepted,All_DistributionISOCodes,"
    "All_DistributionFullNames,NativeDistributionFullNames,Introduced_Distribution,Introduced(?)_Distribution,"
    "Reintroduced_Distribution,Extinct_Distribution,Extinct(?)_Distribution,Distribution_Uncertain"
).split(",")


def taxon_row(number: int, name: str, listing: str = "II", **more: str) -> dict[str, str]:
    """Return a row of the index of species."""
    genus, _, species = name.partition(" ")
    row = {
        "TaxonId": str(number), "Kingdom": "Animalia", "Class": "Reptilia", "Order": "Inventa", "Family": "Inventidae",
        "Genus": genus, "Species": species, "FullName": name, "AuthorYear": "(Someone, 1901)", "RankName": "SPECIES",
        "CurrentListing": listing, "CitesAccepted": "true", "All_DistributionISOCodes": "ZA,NA",
        "All_DistributionFullNames": "South Africa,Namibia",
    }  # fmt: skip
    return {**row, **more}


def index_csv(rows: Iterable[dict[str, str]], *lines: str) -> str:
    """Return an index of species as CSV, with raw lines after its rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue() + "".join(line + "\r\n" for line in lines)


async def chunks(content: str | bytes, size: int = 10_007) -> AsyncIterator[bytes]:
    """Yield a file in pieces."""
    whole = content.encode() if isinstance(content, str) else content
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def load_order(
    day: date | None = None,
    authority: FileAuthority = FileAuthority.STATED_DAY,
    *,
    mode: LoadMode = LoadMode.STORE,
    codes_reading: CodesReading | None = None,
) -> LoadOrder:
    """Return the order of a load from a day, today if none is given."""
    age = FileAge(day=day or today(), authority=authority)
    return LoadOrder(age=age, at=datetime.now(UTC), loaded_by=UUID(int=7), mode=mode, codes_reading=codes_reading)


async def load_content(
    db: AsyncEngine,
    content: str | bytes,
    which: str = "taxa",
    day: date | None = None,
    *,
    codes_reading: CodesReading | None = None,
    **how: Any,
) -> dict[str, Any]:
    """Load a file. Return its report."""
    return await load_ordered(db, content, load_order(day, codes_reading=codes_reading), which, **how)


async def load_ordered(
    db: AsyncEngine, content: str | bytes, order: LoadOrder, which: str = "taxa", **how: Any
) -> dict[str, Any]:
    """Load a file as ordered. Return its report."""
    report = await load(db, LIST_KINDS[which], chunks(content, **how), order)
    return report.model_dump(mode="json")


def report_counts(report: dict[str, Any]) -> dict[str, int]:
    """Return the counts of a report that are not zero."""
    names = ("taken", "repaired", "refused", "unchanged", "added", "changed", "ended")
    return {name: report[name] for name in names if report[name]}


async def appendices(
    db: AsyncEngine, name: str, day: date | None = None, country: str | None = None
) -> list[str | None]:
    """Return the Appendices of a name on a day, today if none is given."""
    found = await rows_as_json(read.list_taxa(db, name, day or today(), country, limit=50))
    return [one["appendix"] for one in found]
