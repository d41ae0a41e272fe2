"""The codemod of docs/decisions/names, on a small checkout: a fork can replay the rename on its own code."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CODEMOD = Path(__file__).resolve().parents[2] / "docs" / "decisions" / "names"
PERMITS = '''"""Permits."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Paper:
    """A permit; `told` says how far."""

    told: int
    letter: str = "A"


def tell(paper: Paper, told: int) -> "Paper":
    """Write how far it was told: `told`."""
    return replace(paper, told=told)


def look(papers: list[Paper]) -> list[int]:
    return [paper.told for paper in papers if "é" + paper.letter != ""]
'''
COURIER = '''"""Messages."""

from services.door import Paper, look, tell
from services import door


class Courier:
    """Not a permit: its letter keeps its name."""

    letter = "x"


def tell_all(papers: list[Paper]) -> list[int]:
    return look([door.tell(tell(paper, told=1), 2) for paper in papers]) if Courier.letter else []
'''
TABLES = {
    "modules.csv": "today,tomorrow\nservices/door.py,services/permits/permits.py\n",
    "symbols.csv": (
        "module,name,new\nservices.door,Paper,PermitRecord\nservices.door,Paper.told,notice_level\n"
        "services.door,Paper.letter,line_letter\nservices.door,tell,with_notice_level\n"
        "services.door,tell.told,notice_level\nservices.door,look,notice_levels\nservices.*,<local>.papers,records\n"
    ),
    "splits.csv": "today,definition,tomorrow\nservices/door.py,look,services/permits/notices.py\n",
    "new_modules.csv": "path,docstring\nservices/permits/notices.py,Notices of permits.\n",
}

Step = Callable[[str], None]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "fork"
    (root / "services").mkdir(parents=True)
    for name, text in (("__init__.py", ""), ("door.py", PERMITS), ("courier.py", COURIER)):
        (root / "services" / name).write_text(text)
    (root / "pyproject.toml").write_text('[tool.mypy]\nstrict = true\npackages = ["services"]\n')
    (root / "README.md").write_text("See services/door.py and `services.door`.\n")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def step(checkout: Path, tmp_path: Path) -> Step:
    tool = tmp_path / "tool" / "a" / "b" / "names"
    shutil.copytree(CODEMOD, tool, ignore=shutil.ignore_patterns("*.csv", "__pycache__"))
    for name, text in TABLES.items():
        (tool / name).write_text(text)

    def run(name: str) -> None:
        command = [sys.executable, str(tool), name, "--root", str(checkout)]
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "not found" not in done.stderr and "refused" not in done.stderr, done.stderr

    return run


def test_codemod_moves_renames_and_splits_what_the_tables_name(checkout: Path, step: Step) -> None:
    step("moves")
    assert "from services.permits.permits import Paper, look, tell" in (checkout / "services/courier.py").read_text()
    assert (checkout / "README.md").read_text() == "See services/permits/permits.py and `services.permits.permits`.\n"
    step("symbols")
    permits = (checkout / "services/permits/permits.py").read_text()
    assert "class PermitRecord:" in permits and "A permit; `notice_level` says how far" in permits
    assert 'def with_notice_level(paper: PermitRecord, notice_level: int) -> "PermitRecord":' in permits
    assert "return replace(paper, notice_level=notice_level)" in permits
    assert '[paper.notice_level for paper in records if "é" + paper.line_letter != ""]' in permits
    courier = (checkout / "services/courier.py").read_text()
    assert "with_notice_level(paper, notice_level=1), 2) for paper in records" in courier
    assert 'letter = "x"' in courier and "if Courier.letter" in courier, "another class's letter keeps its name"
    step("splits")
    notices = (checkout / "services/permits/notices.py").read_text()
    assert notices.startswith('"""Notices of permits."""')
    assert "from services.permits.permits import PermitRecord" in notices and "def notice_levels(" in notices
    assert "def notice_levels(" not in (checkout / "services/permits/permits.py").read_text()
    assert "from services.permits.notices import notice_levels" in (checkout / "services/courier.py").read_text()
    subprocess.run([sys.executable, "-m", "mypy"], cwd=checkout, check=True, capture_output=True)
