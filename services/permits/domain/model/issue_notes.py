"""The notes about a permit at issue, up to their limit."""

from dataclasses import dataclass

from shared.contracts.issue_notes import IssueNote


@dataclass(frozen=True, kw_only=True)
class IssueNotes:
    """The first notes about a new permit, and the number of the others."""

    notes: tuple[IssueNote, ...] = ()
    omitted: int = 0


NO_NOTES = IssueNotes()
