"""The page of the HS codes: which goods may be of listed species, from the data of `shared.cites`."""

from itertools import groupby

from shared.cites.hs_codes import CHAPTER_DIGITS, HS_EDITION, HS_EDITION_SINCE, HsRow, list_built_in_rows

INTRO = f"""# HS codes

A customs message has no place for a taxon. If an item states no taxon and cites no document of the Convention, the hub
looks its HS code up in this table. The table follows the Harmonized System of the WCO, edition {HS_EDITION}, in force
since {HS_EDITION_SINCE}. The row with the longest code decides.

| `concern` | goods of the code | the hub |
|---|---|---|
| in no row, or `none` | are of no listed species | accepts the item with the note `not-concerned` |
| `possible` | may be of a listed species | asks for the species (`taxon-stated`); code `Y900` is enough |
| `likely` | are often of a listed species, or look the same | asks for the species, also with code `Y900` |

A code of few digits includes all longer codes: `2106` is `possible`, because `210690` is. An item without an HS code
and without a taxon is referred. `GET /v1/reference/hs-codes?country=FR&code=44151010` shows the row that decides. An
administrator adds rows of a country: [law.md](law.md#hs-codes) says how.
"""


def render_page() -> str:
    """Return the page with one table for each chapter."""
    parts = [INTRO]
    for chapter, rows in groupby(list_built_in_rows(), key=lambda row: row.code[:CHAPTER_DIGITS]):
        parts += [f"\n## Chapter {chapter}\n\n| HS code | concern | reason |\n|---|---|---|\n", *map(_row, rows)]
    return "".join(parts)


def _row(row: HsRow) -> str:
    return f"| `{row.code}` | {row.concern} | {row.reason} |\n"
