"""What a load of reference data did: rows taken, repaired, refused, and what that changed, line by line."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DETAIL_LENGTH = 300
MAX_NOTES = 1000
"""Of repairs and refusals so many are told one by one; all are counted."""


@dataclass(frozen=True, kw_only=True)
class RowNote:
    """One thing that was repaired in a line, or why it was refused."""

    line: int
    code: str
    detail: str
    field: str | None = None


def shorten(detail: str) -> str:
    """Answer as much of a detail as a person reads: what it quotes may be as long as the file likes."""
    return detail if len(detail) <= MAX_DETAIL_LENGTH else detail[:MAX_DETAIL_LENGTH] + "…"


@dataclass(kw_only=True)
class LoadReport:
    """The report of one load, as it grows."""

    loaded: int = 0
    repaired: int = 0
    rejected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    repairs: list[RowNote] = field(default_factory=list)
    rejections: list[RowNote] = field(default_factory=list)
    ended_names: list[str] = field(default_factory=list)
    """Names of what the file no longer has."""

    def count_loaded(self, repairs: tuple[RowNote, ...]) -> None:
        """Count a row that was taken, with what was repaired in it."""
        self.loaded += 1
        self.repaired += bool(repairs)
        self.repairs += repairs[: MAX_NOTES - len(self.repairs)]

    def count_rejected(self, note: RowNote) -> None:
        """Count a row that was refused, and why."""
        self.rejected += 1
        if len(self.rejections) < MAX_NOTES:
            self.rejections.append(note)

    @property
    def has_changes(self) -> bool:
        """Say whether anything is different after the load."""
        return any(self.counts[name] for name in ("added", "changed", "ended"))


class RowRepairs:
    """The repairs of one line, gathered while it is read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self._notes: list[RowNote] = []

    def add(self, code: str, detail: str, field: str | None = None) -> None:
        """Remember one repair."""
        self._notes.append(RowNote(line=self.line, code=code, detail=shorten(detail), field=field))

    def __iter__(self) -> Iterator[RowNote]:
        """Go through what was repaired."""
        return iter(self._notes)


class RowRejected(Exception):
    """A row that cannot be taken: nothing certain can be made of it."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = shorten(detail)
        self.field = field
