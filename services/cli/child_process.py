"""One child process of the supervisor: started, started again after a growing pause, asked to end, killed."""

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from services.cli.log_lines import read_log_tail
from shared.supervision import SUPERVISED

STABLE_SECONDS = 20.0
"""A process that lived for so many seconds is started again at once, whatever was before."""
MAX_BACKOFF_SECONDS = 3.0
MAX_LOG_BYTES = 64 * 2**20


def restart_backoff(consecutive_exits: int) -> float:
    """Answer how many seconds to wait before a start, after so many deaths in a row: 0.1 doubling to 3."""
    return min(0.1 * 2.0 ** min(consecutive_exits - 1, 10), MAX_BACKOFF_SECONDS)


def describe_exit(code: int) -> str:
    """Say how a process ended, by its return code."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"


class ChildProcess:
    """A process of the hub. Its stdin is a pipe held here: its end tells the child that the supervisor is gone."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self.consecutive_exits = 0
        self._environment = {**os.environ, **environment, SUPERVISED: "1", "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at, self._restart_at = 0.0, math.inf

    @property
    def pid(self) -> int | None:
        """The process id; None while there is no process."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the process."""
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "services.cli.run", self.name],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        self._started_at = time.monotonic()

    def restart_if_exited(self) -> str | None:
        """Start the process again if it ended and its pause is over; answers what to tell when it has just ended.

        A process that was never started is left alone.
        """
        if self._process is None:
            if time.monotonic() >= self._restart_at:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self.consecutive_exits = (
            1 if time.monotonic() - self._started_at > STABLE_SECONDS else self.consecutive_exits + 1
        )
        self._restart_at = time.monotonic() + restart_backoff(self.consecutive_exits)
        self._clear_process()
        return f"{self.name} ended {describe_exit(code)}; it is started again. Its log: {self.log}"

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM); it drains first."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> bool:
        """Wait for the end until that moment of the monotonic clock; say whether it came."""
        if self._process is not None:
            try:
                self._process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            self._clear_process()
        return True

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._clear_process()

    def _clear_process(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def rotate_log(self) -> None:
        """Move a log that has grown large aside, keeping one old one."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def log_tail(self, lines: int = 5) -> str:
        """Return the end of the log, in words."""
        return read_log_tail(self.log, lines)


def process_start_time(pid: int) -> float:
    """Answer when a process began (seconds of the epoch), by which a process id used again is told apart."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def terminate_orphans(orphans: Mapping[int, float], *, seconds: float = 1.0) -> None:
    """End processes (id: birth) of a killed hub. They have been ending since it died, so they are given little time."""
    found = [process for pid, started_at in orphans.items() if (process := _find_process(pid, started_at)) is not None]
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _, slow = psutil.wait_procs(found, timeout=seconds)
    for process in slow:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(slow, timeout=5)


def _find_process(pid: int, started_at: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if process.create_time() == started_at else None
    except psutil.Error:
        return None
