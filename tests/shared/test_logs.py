"""Each line on stderr of a process is a JSON object, and no line contains a value that a client sent."""

import io
import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.core import Metric
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.cli.ports import free_ports
from shared.database import create_engine
from shared.logs import LineWriter, describe_error, log_request, logger
from shared.metrics import serve_metrics
from tests.conftest import Clone
from tests.log_lines import captured_lines
from tests.waiting import WAIT_SECONDS, wait_until

PREPARE = "import asyncio, logging, sys, threading, warnings; from shared.logs import configure_logging, logger\n"


def written_by(code: str) -> list[dict[str, Any]]:
    """Run code in a process that logs, and return every line of its stderr."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{PREPARE}configure_logging('permits')\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_error_that_ends_process_is_one_line_with_traceback() -> None:
    (line,) = written_by("def begin():\n  raise RuntimeError('no ground')\nbegin()")
    assert (line["level"], line["service"], line["event"]) == ("critical", "permits", "process.failed")
    assert line["error"] == "RuntimeError: no ground"
    assert "in begin" in line["traceback"]


def test_error_of_task_without_await_is_one_line() -> None:
    code = """
async def fail(): raise ValueError("lost")
async def run():
    asyncio.create_task(fail())
    await asyncio.sleep(0)
asyncio.run(run())"""
    (line,) = written_by(code)
    assert (line["event"], line["logger"]) == ("library.message", "asyncio")
    assert line["message"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError: lost"


def test_warnings_and_errors_outside_of_requests_are_lines() -> None:
    code = """
class Bad:
    def __del__(self): raise OSError("gone")
warnings.warn("old", UserWarning)
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
Bad()
logging.getLogger("aiohttp.client").error("Unclosed client session")"""
    lines = written_by(code)
    assert [line["event"] for line in lines] == [
        "library.message", "thread.failed", "exception.ignored", "library.message"
    ]  # fmt: skip
    assert "UserWarning: old" in lines[0]["message"]
    assert lines[1]["error"] == "ZeroDivisionError: division by zero"


def test_failed_start_of_uvicorn_is_lines() -> None:
    code = """
import uvicorn
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("no database")
    yield
uvicorn.run(FastAPI(lifespan=lifespan), port=0, log_config=None, access_log=False)"""
    lines = written_by(code)
    assert {line["logger"] for line in lines} == {"uvicorn.error"}
    assert any("no database" in line["message"] for line in lines)


def test_traceback_of_error_with_cause_and_members_has_all_frames() -> None:
    def inner() -> None:
        raise KeyError("inner")

    try:
        try:
            inner()
        except KeyError as error:
            raise ExceptionGroup("both", [ValueError("one"), TypeError("two")]) from error
    except ExceptionGroup as group:
        with captured_lines("permits") as lines:
            logger().error("job.failed", exc_info=group)
    (line,) = lines.of("job.failed")
    for part in ("in inner", "KeyError: 'inner'", "ExceptionGroup: both", "ValueError: one", "TypeError: two"):
        assert part in line["traceback"]


async def test_description_of_database_error_leaves_out_values(clone: Clone) -> None:
    engine = create_engine(await clone("gateway"))
    statements = {
        "SELECT CAST(:value AS uuid)": {"value": "secret-value"},
        "SELECT CAST('secret-value' AS integer)": {},
        "SELECT CAST(:value AS integer)": {"value": "secret-value"},
        "SELECT 1 FROM no_such_table": {},
    }
    found = []
    try:
        for statement, values in statements.items():
            with pytest.raises(DBAPIError) as caught:
                async with engine.connect() as conn:
                    await conn.execute(text(statement), values)
            found.append(describe_error(caught.value))
            with captured_lines("gateway") as lines:
                logger().error("x.failed", exc_info=caught.value, error=caught.value)
            assert "secret-value" not in lines.text
    finally:
        await engine.dispose()
    assert all("the database refused a value" in text for text in found[:3])
    assert 'relation "no_such_table" does not exist' in found[3]


def test_line_that_cannot_be_written_raises_nothing() -> None:
    file = io.BytesIO()
    file.close()
    LineWriter("gateway", logging.INFO, file).write("info", "x.done", {})


def test_line_with_any_value_stays_one_line() -> None:
    with captured_lines("gateway") as lines:
        logger().info("x.done", text="a\nb\u2028", number=float("nan"), value=object, size={1})
    assert lines.text.count("\n") == 1
    assert lines.of("x.done")[0]["text"] == "a\nb\u2028"


def test_line_with_text_outside_of_utf8_keeps_it() -> None:
    with captured_lines("gateway") as lines:
        logger().info("x.done", text="a file \udc80")
    assert lines.of("x.done")[0]["text"] == "a file \udc80"


def test_library_message_with_wrong_arguments_is_a_line() -> None:
    (line,) = written_by("logging.getLogger('library').warning('%d items', 'many')")
    assert (line["event"], line["message"]) == ("library.message", "%d items")


def test_level_of_log_hides_lines_below_it() -> None:
    with captured_lines("gateway", "WARNING") as lines:
        logger().info("x.done")
        log_request(logging.INFO, {"status": 200})
        warnings.warn("shown", UserWarning, stacklevel=1)
        log_request(logging.WARNING, {"status": 503})
    assert [json.loads(line)["event"] for line in lines.text.splitlines()] == ["library.message", "request.completed"]


async def test_metrics_port_writes_a_line_of_level_debug() -> None:
    async def no_metrics() -> list[Metric]:
        return []

    port = free_ports(1)[0]
    server = await serve_metrics(no_metrics, "127.0.0.1", port)
    try:
        async with httpx2.AsyncClient(timeout=WAIT_SECONDS) as http:
            with captured_lines("gateway") as lines:
                await http.get(f"http://127.0.0.1:{port}/metrics")
            assert lines.text == ""
            with captured_lines("gateway", "DEBUG") as lines:
                await http.get(f"http://127.0.0.1:{port}/metrics")
                (line,) = await wait_until(lambda: lines.of("request.completed"))
    finally:
        server.close()
    assert (line["level"], line["route"]) == ("debug", "/metrics")


def test_text_of_others_is_logged_with_escapes() -> None:
    hostile = "\x1b[2J\u202eb\x9b\x7f\0\ufffe"
    with captured_lines("gateway") as lines:
        logger().info("x.done", reason=hostile)
        log_request(logging.INFO, {"route": hostile})
    assert not {"\x1b", "\u202e", "\x9b", "\x7f", "\0", "\ufffe"} & set(lines.text)
    assert [json.loads(line).get("reason", hostile) for line in lines.text.splitlines()] == [hostile, hostile]


class UnprintableError(Exception):
    """An error that fails when it is described."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_error_without_text_is_logged_by_its_type() -> None:
    with captured_lines("gateway") as lines:
        logger().error("x.failed", exc_info=UnprintableError())
    assert lines.of("x.failed")[0]["error"] == "UnprintableError"


def test_log_on_full_disk_costs_no_error() -> None:
    program = "for _ in range(1000): logger().error('x.failed', exc_info=ValueError('no'))\nprint('done')"
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-u", "-c", f"{PREPARE}configure_logging('permits')\n{program}"],
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (0, b"done\n")


def test_log_line_after_a_cut_line_is_whole(tmp_path: Path) -> None:
    program = """
import resource
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
for _ in range(20): logger().info("x.done")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
logger().info("x.last")"""
    with (tmp_path / "log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-u", "-c", f"{PREPARE}configure_logging('permits')\n{program}"],
            stderr=log,
            timeout=60,
            check=True,
        )
    *_, cut, last = (tmp_path / "log").read_text().splitlines()
    with pytest.raises(ValueError):
        json.loads(cut)
    assert json.loads(last)["event"] == "x.last"
