"""Cursors of lists."""

from uuid import UUID

from shared.problems import Invalid


def parse_cursor(value: str | None) -> UUID | None:
    """Read a cursor of a list by id; raises Invalid for what was never one."""
    try:
        return None if value is None else UUID(value)
    except ValueError:
        raise Invalid("invalid-parameter", "This cursor is none of ours; begin again without one.") from None
