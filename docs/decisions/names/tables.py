"""The tables of names, and the files and modules that they speak of.

Every table names things as they were called before the rename, so that one table serves a tree at any step.
"""

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
ROOTS = ("services", "shared", "tests", "bench", "migrations", "clients")
CLIENT = "clients/python/"
"""The only folder whose path is not its import path."""


def rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table of this folder, each by its column names."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def module_of(path: str) -> str:
    """Return the dotted name by which a file is imported."""
    parts = PurePosixPath(path.removeprefix(CLIENT)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def path_of(module: str, root: Path) -> str:
    """Return the path of a module's file below `root`, whether or not the file exists yet."""
    path = module.replace(".", "/")
    if module.split(".", maxsplit=1)[0] == "saola_client":
        path = CLIENT + path
    return f"{path}/__init__.py" if (root / path / "__init__.py").is_file() else f"{path}.py"


def moves() -> dict[str, str]:
    """Return the new path of every file that moves, by its old path."""
    return {row["today"]: row["tomorrow"] for row in rows("modules.csv")}


def moved_modules() -> dict[str, str]:
    """Return the new dotted name of every module that moves, by its old one."""
    return {module_of(old): module_of(new) for old, new in moves().items()}


def tracked(root: Path) -> list[str]:
    """Return the paths of the files that git tracks and that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    return [path for path in listed.stdout.split("\0") if path and (root / path).is_file()]


def sources(root: Path) -> list[str]:
    """Return the paths of the Python files that a rename may touch."""
    return [path for path in tracked(root) if path.endswith(".py") and path.split("/")[0] in ROOTS]
