"""Tables in docstrings, so that a test runs the example that a module describes."""

from types import ModuleType


def table_rows(module: ModuleType) -> list[list[str]]:
    """Return the cells of each row of the table in a module's docstring, without its two lines of header."""
    lines = [line for line in (module.__doc__ or "").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
