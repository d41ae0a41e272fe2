"""A child process of the supervisor: its pauses, its exits, its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from services.cli.child_process import (
    ChildProcess,
    describe_exit,
    process_start_time,
    terminate_orphans,
)
from tests.small_disk import small_disk
from tests.waiting import block_until


@pytest.fixture
def child(tmp_path: Path) -> ChildProcess:
    """Return a child that ends at once, because its settings are missing."""
    return ChildProcess("permits", {"PERMITS_DATABASE_URL": ""}, tmp_path / "permits.log")


def test_process_exit_is_described_in_words() -> None:
    assert describe_exit(-signal.SIGKILL) == "was killed by SIGKILL"
    assert describe_exit(78) == "ended with status 78"


def test_child_process_after_exit_is_reported_once_and_restarted(child: ChildProcess) -> None:
    child.start()
    first = child.pid
    message = block_until(child.restart_if_exited)
    assert message == f"permits ended with status 78. The hub starts it again. Its log: {child.log}"
    assert child.consecutive_exits == 1

    def has_started_again() -> bool:
        assert child.restart_if_exited() is None
        return child.pid is not None

    block_until(has_started_again)
    assert child.pid != first
    assert child.log.stat().st_mode & 0o777 == 0o600
    child.kill()
    assert child.pid is None


def test_child_process_without_a_log_starts_and_reports_it_once(child: ChildProcess) -> None:
    child.log.mkdir()
    child.start()
    assert child.pid is not None
    assert child.pop_log_message().startswith("permits starts without a log: ")
    child.kill()
    child.start()
    assert child.pop_log_message() == ""
    child.kill()
    child.log.rmdir()
    child.start()
    assert child.log.exists()
    child.kill()


def test_child_process_that_the_system_cannot_start_is_started_later(
    child: ChildProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.start()
    block_until(child.restart_if_exited)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/missing/python")
        message = block_until(child.restart_if_exited)
    assert message is not None and message.startswith("permits cannot be started: ")

    def has_started() -> bool:
        child.restart_if_exited()
        return child.pid is not None

    block_until(has_started)
    child.kill()


def test_child_process_log_tail_is_the_end_of_its_log(child: ChildProcess) -> None:
    child.log.write_text("\n".join(f"line {n}" for n in range(10)))
    assert child.log_tail(2) == "line 8\nline 9"


def test_large_log_is_renamed(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.child_process.MAX_LOG_BYTES", 10)
    child.log.write_text("more than ten bytes")
    child.rotate_log()
    assert child.log.read_text() == ""
    assert child.log.with_suffix(".log.1").read_text() == "more than ten bytes"
    assert child.log.with_suffix(".log.1").stat().st_mode & 0o777 == 0o600


def test_large_log_on_full_disk_is_kept_and_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.child_process.MAX_LOG_BYTES", 10)
    with small_disk("1m") as disk:
        child = ChildProcess("permits", {}, disk.folder / "permits.log")
        old_log = disk.folder / "permits.log.1"
        child.log.write_text("more than ten bytes" * 10_000)
        disk.fill(leave_bytes=65_536)
        child.rotate_log()
        assert child.pop_log_message().startswith(f"{child.log} is large and cannot be rotated: [Errno 28] No space")
        assert (child.log.stat().st_size, old_log.stat().st_size) == (190_000, 0)
        child.rotate_log()
        assert child.pop_log_message() == ""
        disk.free()
        child.rotate_log()
        assert (child.log.stat().st_size, old_log.stat().st_size) == (0, 190_000)
        disk.fill()
        child.log.unlink()
        old_log.unlink()
        old_log.mkdir()
        child.log.write_text("more than ten bytes")
        child.rotate_log()
        assert "Is a directory" in child.pop_log_message()
        assert child.log.read_text() == "more than ten bytes"


def test_orphans_that_ignore_sigterm_are_killed() -> None:
    orphan = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo x; while :; do sleep 1; done"], stdout=subprocess.PIPE
    )
    assert orphan.stdout is not None
    orphan.stdout.readline()
    terminate_orphans({orphan.pid: process_start_time(orphan.pid)}, seconds=0.2)
    assert not psutil.pid_exists(orphan.pid)
    orphan.wait()


def test_orphan_id_of_another_process_is_not_ended() -> None:
    other = subprocess.Popen(["sleep", "60"])
    terminate_orphans({other.pid: process_start_time(other.pid) - 100, 2**22 + 7: 1.0})
    assert psutil.pid_exists(other.pid) and other.poll() is None
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
