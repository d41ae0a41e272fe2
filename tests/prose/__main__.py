"""Check the prose of the repository: `python -m tests.prose [PATH …]`, with no path for all of it.

Each fault is a line `path:line: kind: what is wrong`. With a fault the exit status is 1.
The rules are in `rules.py`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.prose import comment_files, markdown_files, python_files
from tests.prose.passages import Passage
from tests.prose.rules import faults

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("services", "shared", "clients", "migrations", "tests", "bench", "docs", "examples", "deploy")
FILES = ("README.md", "CHANGELOG.md", "Makefile", "Dockerfile", "docker-compose.yml", "pyproject.toml")
READERS = {
    ".py": python_files.passages,
    ".md": markdown_files.passages,
    ".sh": comment_files.passages,
    ".yml": comment_files.passages,
    ".yaml": comment_files.passages,
    ".toml": comment_files.passages,
    ".cfg": comment_files.passages,
    "": comment_files.passages,
}
LIST_OF_RULES = ROOT / "tests/prose/rules.py"
"""The one file whose strings are the words that are not used."""


def files(places: list[Path]) -> Iterator[Path]:
    """Yield the files in and below the given places that contain prose."""
    for place in places:
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in found:
            if path.is_file() and path.suffix in READERS and path != LIST_OF_RULES and "node_modules" not in path.parts:
                yield path


def passages(path: Path) -> Iterator[Passage]:
    """Yield the prose of one file."""
    return READERS[path.suffix](path)


def main() -> int:
    """Print every fault and return the exit status."""
    places = [Path(one).resolve() for one in sys.argv[1:]] or [p for n in (*PLACES, *FILES) if (p := ROOT / n).exists()]
    count = checked = 0
    for path in files(places):
        for passage in passages(path):
            checked += 1
            for fault in faults(passage):
                count += 1
                print(f"{path.relative_to(ROOT)}:{passage.line}: {passage.kind}: {fault}")  # noqa: T201
    print(f"{count} faults in {checked} passages of prose")  # noqa: T201
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
