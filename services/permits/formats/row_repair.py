"""A row laid against its header: where an unquoted comma cut a value in two, it is mended if that is certain."""

from collections.abc import Callable, Mapping, Sequence

from services.permits.domain.reference.load_report import Refused
from services.permits.formats.csv_reader import Raw

Fits = Mapping[str, Callable[[str], bool]]
"""For the columns whose values can be told from any other: does this look like one of its values?"""


LONGEST = 20_000
"""The most characters of a value: the longest annotations and lists of synonyms have some thousands."""


def aligned(raw: Raw, header: Sequence[str], fits: Fits, texts: Sequence[str], matter: Sequence[str]) -> dict[str, str]:
    """Answer the row's values by column; raises Refused where the columns cannot be told apart.

    With too many values, one of the columns in `texts` takes the surplus; that is certain where only one way fits, or
    where all ways agree in the columns that `matter`.
    """
    values, width = raw.values, len(header)
    for name, value in zip(header, values, strict=False):
        if len(value) > LONGEST:
            raise Refused("field-too-long", f"A value of {len(value)} characters; at most {LONGEST} are read.", name)
    if len(values) < width:
        raise Refused("too-few-columns", f"{len(values)} values stand under {width} columns.")
    if len(values) == width:
        return dict(zip(header, values, strict=True))
    ways = [row for row in _ways(values, header, texts) if _fit(row, fits)]
    if len({tuple(row.get(name, "").strip() for name in matter) for row in ways}) != 1:
        detail = f"{len(values)} values stand under {width} columns, and where the comma belongs is not certain."
        raise Refused("too-many-columns", detail)
    raw.repairs.note("unquoted-comma", "A comma within a value was not quoted; it was put back where it belongs.")
    return ways[0]


def _ways(values: list[str], header: Sequence[str], texts: Sequence[str]) -> list[dict[str, str]]:
    surplus = len(values) - len(header)
    empty = not any(value.strip() for value in values[len(header) :])
    ways = [dict(zip(header, values, strict=False))] if empty else []
    for name in texts:
        if name in header:
            place = header.index(name)
            whole = ",".join(values[place : place + surplus + 1])
            row = [*values[:place], whole, *values[place + surplus + 1 :]]
            ways.append(dict(zip(header, row, strict=True)))
    return ways


def _fit(row: Mapping[str, str], fits: Fits) -> bool:
    return all(row[name].strip() == "" or test(row[name].strip()) for name, test in fits.items() if name in row)
