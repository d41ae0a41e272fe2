"""What a load of reference data did: rows taken, repaired, refused, and what that changed, line by line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_DETAIL = 300
MOST_NOTES = 1000
"""Of repairs and refusals so many are told one by one; all are counted."""


@dataclass(frozen=True)
class Note:
    """One thing that was repaired in a line, or why it was refused."""

    line: int
    code: str
    detail: str
    field: str | None = None

    def as_data(self, written: Mapping[str, str]) -> dict[str, Any]:
        """Write it for the report; `written` are the columns as the file writes them."""
        told: dict[str, Any] = {"line": self.line, "code": self.code, "detail": self.detail}
        return {**told, "field": written.get(self.field, self.field)} if self.field else told


def shortened(detail: str) -> str:
    """Answer as much of a detail as a person reads: what it quotes may be as long as the file likes."""
    return detail if len(detail) <= LONGEST_DETAIL else detail[:LONGEST_DETAIL] + "…"


@dataclass
class Report:
    """The report of one load, as it grows."""

    taken: int = 0
    repaired: int = 0
    refused: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    repairs: list[Note] = field(default_factory=list)
    refusals: list[Note] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """Names of what the file no longer has."""

    def take(self, repairs: tuple[Note, ...]) -> None:
        """Count a row that was taken, with what was repaired in it."""
        self.taken += 1
        self.repaired += bool(repairs)
        self.repairs += repairs[: MOST_NOTES - len(self.repairs)]

    def refuse(self, note: Note) -> None:
        """Count a row that was refused, and why."""
        self.refused += 1
        if len(self.refusals) < MOST_NOTES:
            self.refusals.append(note)

    @property
    def changes(self) -> bool:
        """Say whether anything is different after the load."""
        return any(self.counts[name] for name in ("added", "changed", "ended"))

    def as_data(self, written: Mapping[str, str]) -> dict[str, Any]:
        """Write it whole; `written` are the columns as the file writes them."""
        return {
            "rows": self.taken + self.refused,
            "taken": self.taken,
            "repaired": self.repaired,
            "refused": self.refused,
            **{name: self.counts[name] for name in ("unchanged", "added", "changed", "ended")},
            "repairs": [note.as_data(written) for note in self.repairs],
            "refusals": [note.as_data(written) for note in self.refusals],
            "ended_names": self.ended[:MOST_NOTES],
        }


class Repairs:
    """The repairs of one line, gathered while it is read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self._notes: list[Note] = []

    def note(self, code: str, detail: str, field: str | None = None) -> None:
        """Remember one repair."""
        self._notes.append(Note(self.line, code, shortened(detail), field))

    def __iter__(self) -> Iterator[Note]:
        """Go through what was repaired."""
        return iter(self._notes)


class Refused(Exception):
    """A row that cannot be taken: nothing certain can be made of it."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = shortened(detail)
        self.field = field
