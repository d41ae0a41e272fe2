"""The load of a species index of 40,000 taxa, in a separate process: its time and its memory.

`python -m bench.species_index_load URL` loads the index once into the permits database at that address. It prints JSON.
"""

import asyncio
import csv
import io
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from string import ascii_lowercase as letters
from typing import Any
from uuid import UUID

from bench.permits_service import PermitsEnvironment
from services.permits.actions.reference.load_list import LIST_KINDS, LoadOrder, load
from services.permits.domain.reference.kept_facts import FileAge, FileAuthority
from shared.database import create_engine, now

TAXA = 40_000
COLUMNS = (
    "TaxonId", "Kingdom", "Phylum", "Class", "Order", "Family", "Genus", "Species", "Subspecies", "FullName",
    "AuthorYear", "RankName", "CurrentListing", "FullAnnotationEnglish", "SynonymsWithAuthors", "EnglishNames",
    "CitesAccepted", "All_DistributionISOCodes", "All_DistributionFullNames",
)  # fmt: skip
ROWS_PER_CHUNK = 500


async def measure(environment: PermitsEnvironment) -> dict[str, Any]:
    """Load the index into the permits database. Return the taxa, the seconds and the maximum memory in MB."""
    pipe = asyncio.subprocess.PIPE
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.species_index_load", environment.database_url(), stdout=pipe
    )
    out, _ = await run.communicate()
    return dict(json.loads(out))


async def _measure_load(url: str) -> dict[str, Any]:
    engine = create_engine(url)
    at = now()
    order = LoadOrder(age=FileAge(day=at.date(), authority=FileAuthority.STATED_DAY), at=at, loaded_by=UUID(int=7))
    began = time.perf_counter()
    report = await load(engine, LIST_KINDS["taxa"], _render_index(), order)
    took = time.perf_counter() - began
    await engine.dispose()
    if report.added != TAXA:
        raise RuntimeError(f"not every taxon was loaded: {report}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"taxa": TAXA, "load_seconds": round(took, 1), "load_mb": round(peak)}


async def _render_index() -> AsyncIterator[bytes]:
    """Yield the CSV file of the index, 500 rows at a time."""
    yield (",".join(COLUMNS) + "\r\n").encode()
    for start in range(0, TAXA, ROWS_PER_CHUNK):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(_row(n) for n in range(start, start + ROWS_PER_CHUNK))
        yield out.getvalue().encode()


def _row(n: int) -> list[str]:
    genus = f"Genus{letters[n // 676 % 26]}{letters[n // 26 % 26]}"
    species = f"species{letters[n % 26]}{letters[n // 17576]}"
    synonyms = f"Aliena{letters[n % 26]} prima (Author, 1800), Aliena{letters[n % 26]} secunda Author & Other, 1850"
    return [
        str(n), "Animalia", "", "Reptilia", "Inventa", "Inventidae", genus, species, "", f"{genus} {species}",
        "(Someone, 1901)", "SPECIES", "II", "All populations except those that are in Appendix I", synonyms,
        "Something, Something else", "true", "ZA,NA,BW", "South Africa,Namibia,Botswana",
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure_load(sys.argv[1]))))
