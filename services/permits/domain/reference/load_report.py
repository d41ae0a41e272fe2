"""Report of a load of reference data: loaded, repaired and rejected rows, and the changes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.contracts.closed_sets import KeptFact
from shared.limits import Limit, LimitSubject

MAX_DETAIL_LENGTH = Limit(
    300,
    "characters",
    subject=LimitSubject.REFERENCE,
    meaning="The text about one row in the report of a load",
    beyond="The text is cut.",
)
MAX_NOTES = Limit(
    1000,
    "rows",
    subject=LimitSubject.REFERENCE,
    meaning="Rows that the report of a load names",
    beyond="The report counts the rest.",
)
"""The largest number of repairs, and of rejections, that a report describes. It counts all of them."""


@dataclass(frozen=True, kw_only=True)
class RowNote:
    """One repair in a line of the file, or the reason for its rejection."""

    line: int
    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class EntryNote:
    """A fact of an entry that a load keeps, or a listing that it eases. `line` is None if the file lacks the entry."""

    name: str
    fact: KeptFact
    detail: str
    line: int | None = None


def shorten(detail: str) -> str:
    """Return a detail with at most `MAX_DETAIL_LENGTH` characters: it may quote any text of the file."""
    return detail if len(detail) <= MAX_DETAIL_LENGTH else detail[:MAX_DETAIL_LENGTH] + "…"


@dataclass(kw_only=True)
class LoadReport:
    """The report of one load, filled row by row."""

    loaded: int = 0
    repaired: int = 0
    rejected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    repairs: list[RowNote] = field(default_factory=list)
    rejections: list[RowNote] = field(default_factory=list)
    ended_names: list[str] = field(default_factory=list)
    """Names of entries that the file no longer contains."""
    kept: list[EntryNote] = field(default_factory=list)
    eased: list[EntryNote] = field(default_factory=list)
    """Listings that the file makes less strict."""

    def count_loaded(self, repairs: tuple[RowNote, ...]) -> None:
        """Count a loaded row and add its repairs."""
        self.loaded += 1
        self.repaired += bool(repairs)
        self.repairs += repairs[: MAX_NOTES - len(self.repairs)]

    def count_rejected(self, note: RowNote) -> None:
        """Count a rejected row and add the reason."""
        self.rejected += 1
        if len(self.rejections) < MAX_NOTES:
            self.rejections.append(note)

    def count_kept(self, note: EntryNote) -> None:
        """Count a fact that stays although the file does not contain it."""
        self.counts["kept"] += 1
        if len(self.kept) < MAX_NOTES:
            self.kept.append(note)

    def count_eased(self, note: EntryNote) -> None:
        """Count a listing that becomes less strict."""
        self.counts["eased"] += 1
        if len(self.eased) < MAX_NOTES:
            self.eased.append(note)

    @property
    def has_changes(self) -> bool:
        """Return whether the load adds, changes or ends an entry."""
        return any(self.counts[name] for name in ("added", "changed", "ended"))


class RowRepairs:
    """The repairs of one line of the file, added while it is parsed."""

    def __init__(self, line: int) -> None:
        self.line = line
        self._notes: list[RowNote] = []

    def add(self, code: str, detail: str, field: str | None = None) -> None:
        """Add one repair."""
        self._notes.append(RowNote(line=self.line, code=code, detail=shorten(detail), field=field))

    def __iter__(self) -> Iterator[RowNote]:
        """Return an iterator over the repairs."""
        return iter(self._notes)


class RowRejected(Exception):
    """A row of the file has no certain meaning and is not loaded."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = shorten(detail)
        self.field = field
