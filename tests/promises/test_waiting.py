"""Every wait of the tests has an end, and no test begins shortly before midnight."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.days import LONGEST_TEST_SECONDS, pause_before_midnight
from tests.waiting import block_until, wait_until

TESTS = Path(__file__).resolve().parents[1]
WAITING = TESTS / "waiting.py"


def endless_loops(source: str) -> list[int]:
    """Return the lines of `while` loops that wait and have no end of their own."""
    return sorted(_endless_loops(ast.parse(source), is_bounded=False))


def _endless_loops(node: ast.AST, *, is_bounded: bool) -> Iterator[int]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        is_bounded = False
    if isinstance(node, ast.AsyncWith):
        is_bounded = is_bounded or any("asyncio.timeout(" in ast.unparse(one.context_expr) for one in node.items)
    if isinstance(node, ast.While) and not is_bounded and _waits(node) and not _waits_for_an_event(node.test):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _endless_loops(child, is_bounded=is_bounded)


def _waits(loop: ast.While) -> bool:
    """Return whether a loop awaits, sleeps, or has no condition."""
    return isinstance(loop.test, ast.Constant) or any(
        isinstance(node, ast.Await) or (isinstance(node, ast.Attribute) and node.attr == "sleep")
        for node in ast.walk(loop)
    )


def _waits_for_an_event(test: ast.expr) -> bool:
    """Return whether a thread runs until its test sets an event."""
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and ".wait(" in ast.unparse(test.operand)


@pytest.mark.parametrize(
    "loop",
    [
        "async def f():\n while await g() != 202: pass",
        "async def f():\n while not g():\n  await asyncio.sleep(1)",
        "def f():\n while g() is None: time.sleep(1)",
        "def f():\n while True: g()",
        "async def f():\n async with asyncio.timeout(1):\n  async def g():\n   while await h(): pass",
    ],
)
def test_loop_without_an_end_is_found(loop: str) -> None:
    assert len(endless_loops(loop)) == 1


@pytest.mark.parametrize(
    "loop",
    [
        "async def f():\n async with asyncio.timeout(1):\n  while await g(): pass",
        "def f():\n while not over.wait(1): g()",
        "def f():\n while waiting: waiting.pop()",
    ],
)
def test_loop_with_an_end_is_allowed(loop: str) -> None:
    assert endless_loops(loop) == []


def test_loops_of_all_tests_have_an_end() -> None:
    files = [file for file in TESTS.rglob("*.py") if file != WAITING]
    assert len(files) > 200
    found = [f"{file.relative_to(TESTS)}:{line}" for file in files for line in endless_loops(file.read_text("utf-8"))]
    assert found == [], "use wait_until or block_until of tests/waiting.py"


async def test_wait_that_is_in_vain_fails_with_the_last_reading() -> None:
    readings = iter(range(10))
    with pytest.raises(AssertionError, match=r"waited 0\.02 s .* the last reading was 0"):
        await wait_until(lambda: 0 * next(readings, 0), seconds=0.02)
    with pytest.raises(AssertionError, match="the last reading was None"):
        block_until(lambda: None, seconds=0.02)


async def test_wait_returns_the_first_true_reading() -> None:
    readings, blocked = iter([0, 0, 3, 4]), iter(["", "a", "b"])
    assert await wait_until(lambda: next(readings)) == 3
    assert block_until(lambda: next(blocked)) == "a"


def test_endless_test_and_endless_fixture_fail_and_the_next_test_runs() -> None:
    options = ["--timeout", "5", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, str(TESTS / "promises" / "endless_tests.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TESTS.parent, timeout=90)
    assert "AssertionError: the test did not end within 4 s" in run.stdout, run.stdout + run.stderr
    assert "ERROR tests/promises/endless_tests.py::test_with_an_endless_fixture" in run.stdout
    assert "1 failed, 1 passed, 1 error" in run.stdout


@pytest.mark.parametrize(("left", "pause"), [(0.5, 0.6), (LONGEST_TEST_SECONDS - 1, LONGEST_TEST_SECONDS - 0.9)])
def test_test_that_would_see_midnight_begins_after_it(left: float, pause: float) -> None:
    for midnight in (datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)):
        assert pause_before_midnight(midnight - timedelta(seconds=left)) == pytest.approx(pause)
    assert pause_before_midnight(datetime(2027, 1, 1, tzinfo=UTC)) == 0
    assert pause_before_midnight(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == 0
