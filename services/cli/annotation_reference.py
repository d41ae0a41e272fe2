"""The page of the annotations: animals, zero quotas, and the parts of plants, from the data of `shared.cites`."""

from collections.abc import Iterable
from datetime import date

from shared.cites.annotations import ANY_DAY, QUOTA_EFFECTS, Annotation, Effect, load_annotations
from shared.cites.codes import TERM_NAMES

DECISIONS = {
    Effect.APPENDIX_I: "Appendix I",
    Effect.APPENDIX_II: "Appendix II",
    Effect.OPEN: "an officer decides",
    Effect.ZERO_QUOTA: "blocked",
    Effect.OPEN_ZERO_QUOTA: "an officer decides",
    Effect.INCLUDED: "included",
    Effect.EXCLUDED: "excluded",
}
INTRO = """# Annotations of the Appendices

The hub applies these annotations to the listing of a new hub and to each listing that an administrator loads. No load
changes them. The rows of a taxon or of a # annotation are a list of decisions: the first row that fits decides. If the
declaration leaves out a code that decides, each row that may fit is possible, and an officer decides. An empty cell
means any. `GET /v1/reference/taxa` shows the rows of a taxon.
"""
EFFECTS = (
    (
        "leaves the specimen in Appendix I",
        "requires the permits of Appendix I, whatever the cited permit states",
        "`CITES-III.3(c)`, `CITES-III.3-import-permit`, `CITES-box-10-appendix`",
    ),
    (
        "may leave it in Appendix I, and the permit states II",
        "refers the declaration",
        "`CITES-Conf-11.21-specimen`",
    ),
    (
        "may apply to a species of the genus, family or order that permit and declaration name",
        "refers the declaration",
        "`CITES-Conf-11.21-higher-taxon`",
    ),
    (
        "speaks of other specimens in Appendix I, and no row says which",
        "refers the declaration if the permit states II",
        "`CITES-Conf-11.21-specimen`",
    ),
    ("sets a quota of zero", "rejects the declaration", "`CITES-Conf-11.21-zero-quota`"),
    (
        "may set a quota of zero, or the goods are re-exported",
        "refers the declaration",
        "`CITES-Conf-11.21-zero-quota-open`",
    ),
    (
        "excludes the part, and no permit is cited",
        "accepts the item with a note, with code `Y900` or without",
        "`CITES-I(b)-excluded-part`",
    ),
    (
        "does not decide by the term, and no permit is cited",
        "refers the declaration",
        "`CITES-Conf-11.21-part`",
    ),
    (
        "includes the part",
        "requires the permits of the Appendix; code `Y900` does not replace them",
        "`CITES-IV-export-document` and others",
    ),
)
LIMITS = """
The hub does not check a condition that no code of a declaration states:

- the marks of ekipas and the registration of ivory,
- the origin of fibre from live animals,
- coral sand, fossils and domesticated forms,
- the packaging for retail trade and the weight of wood in a shipment,
- the annual limit of 1,600 wild Nile crocodiles of Tanzania; load it as a quota.

Where such a condition decides about a specimen, an officer decides whether the text of the row describes the goods.
"""


def render_page() -> str:
    """Return the page with one table for each subject."""
    table = load_annotations()
    animals = list(dict.fromkeys(row for rows in table.animals.values() for row in rows))
    parts = [
        INTRO,
        _table(("the annotation", "the hub", "rule"), EFFECTS),
        LIMITS,
        "## Animals: the Appendix of a specimen\n",
    ]
    parts.append(_table_of_animals(row for row in animals if row.effect not in QUOTA_EFFECTS))
    parts.append("## Quotas of zero\n")
    parts.append(_table_of_animals(row for row in animals if row.effect in QUOTA_EFFECTS))
    parts.append("## Plants: the parts that a # annotation includes\n")
    heading = ("annotation", "taxa", "terms", "source", "origin, export", "decision", "text", "from")
    parts.append(_table(heading, (_plant_row(row) for rows in table.symbols.values() for row in rows)))
    parts.append("## Plants: the # annotation of a taxon\n")
    plants = sorted((one for some in table.plants.values() for one in some), key=lambda one: (one.symbol, one.taxon))
    rows = (
        (
            one.symbol,
            f"*{one.taxon}*",
            "I" if one.in_appendix_one else "II, III",
            _days(one.source, one.since, one.until),
        )
        for one in plants
    )
    parts.append(_table(("annotation", "taxon", "Appendix", "from"), rows))
    terms = sorted({term for rows in table.symbols.values() for row in rows for term in row.terms.listed})
    parts.append("## Terms of these tables\n")
    parts.append(_table(("term", "meaning"), ((term, TERM_NAMES[term]) for term in terms)))
    return "\n".join(parts)


def _table_of_animals(rows: Iterable[Annotation]) -> str:
    heading = ("taxa", "origin", "terms", "purposes", "sources", "import", "decision", "text", "from")
    return _table(heading, map(_animal_row, rows))


def _animal_row(row: Annotation) -> tuple[str, ...]:
    conditions = (row.countries, row.terms, row.purposes, row.sources, row.destinations)
    return (_taxa(row), *map(str, conditions), DECISIONS[row.effect], row.text, _days(row.source, row.since, row.until))


def _plant_row(row: Annotation) -> tuple[str, ...]:
    places = [
        f"{name} {codes}" for name, codes in (("origin", row.countries), ("export", row.exporters)) if codes.listed
    ]
    return (
        row.symbol,
        _taxa(row),
        str(row.terms),
        str(row.sources),
        ", ".join(places),
        DECISIONS[row.effect],
        row.text,
        _days(row.source, row.since, row.until),
    )


def _taxa(row: Annotation) -> str:
    return ", ".join(f"`{name.capitalize()}`" for name in sorted(row.taxa))


def _days(source: str, since: date, until: date) -> str:
    return f"{source}, {since}" + (f" until {until}" if until != ANY_DAY else "")


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
