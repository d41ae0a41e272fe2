"""A child process: its pauses, its deaths, its end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from services.cli.child_process import (
    ChildProcess,
    describe_exit,
    process_start_time,
    restart_backoff,
    terminate_orphans,
)

DEAF = "trap '' TERM; echo deaf; while :; do sleep 1; done"


@pytest.fixture
def child(tmp_path: Path) -> ChildProcess:
    """A child that ends at once: its settings are missing."""
    return ChildProcess("permits", {"PERMITS_DATABASE_URL": ""}, tmp_path / "permits.log")


def test_the_pause_grows_to_three_seconds_and_no_further() -> None:
    assert [restart_backoff(n) for n in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert restart_backoff(10_000) == 3.0


def test_how_a_process_ended_is_said_in_words() -> None:
    assert describe_exit(-signal.SIGKILL) == "killed by SIGKILL"
    assert describe_exit(78) == "with status 78"


def test_a_child_that_ended_is_told_once_and_started_again(child: ChildProcess) -> None:
    child.start()
    first, told = child.pid, None
    while told is None:
        told = child.restart_if_exited()
        time.sleep(0.02)
    assert "permits ended" in told
    assert child.consecutive_exits == 1
    while child.pid is None:
        assert child.restart_if_exited() is None
        time.sleep(0.02)
    assert child.pid != first
    child.kill()
    assert child.pid is None


def test_the_last_words_of_a_child_are_the_end_of_its_log(child: ChildProcess) -> None:
    child.log.write_text("\n".join(f"line {n}" for n in range(10)))
    assert child.log_tail(2) == "line 8\nline 9"


def test_a_large_log_is_moved_aside(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.child_process.MAX_LOG_BYTES", 10)
    child.log.write_text("more than ten bytes")
    child.rotate_log()
    assert child.log.read_text() == ""
    assert child.log.with_suffix(".log.1").read_text() == "more than ten bytes"


def test_what_a_killed_hub_left_is_ended_even_if_it_will_not_listen() -> None:
    deaf = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo x; while :; do sleep 1; done"], stdout=subprocess.PIPE
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    terminate_orphans({deaf.pid: process_start_time(deaf.pid)}, seconds=0.2)
    assert not psutil.pid_exists(deaf.pid)
    deaf.wait()


def test_another_process_under_a_noted_id_is_left_alone() -> None:
    other = subprocess.Popen(["sleep", "60"])
    terminate_orphans({other.pid: process_start_time(other.pid) - 100, 2**22 + 7: 1.0})
    assert psutil.pid_exists(other.pid) and other.poll() is None
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
