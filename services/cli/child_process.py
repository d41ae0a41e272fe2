"""One child process of the supervisor: its start, its restart after a growing pause or while it is stuck, its end."""

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
from typing import BinaryIO

import psutil

from services.cli.health_checks import find_liveness_check
from services.cli.health_watch import (
    CHECK_SECONDS,
    MAX_FAILED_CHECKS,
    MAX_FAILED_CHECKS_BEFORE_KILL,
    HealthWatch,
)
from services.cli.log_lines import read_log_tail
from services.cli.private_files import append_private, open_null, open_private
from services.cli.restarts import STABLE_SECONDS, restart_backoff
from shared.supervision import SUPERVISED

MAX_LOG_BYTES = 64 * 2**20


def describe_exit(code: int) -> str:
    """Return how a process ended, in words, by its return code."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


class ChildProcess:
    """A process of the hub. Its stdin is a pipe of the supervisor, which closes when the supervisor ends."""

    def __init__(
        self, name: str, environment: Mapping[str, str], log: Path, *, check_seconds: float = CHECK_SECONDS
    ) -> None:
        self.name, self.log = name, log
        self.consecutive_exits = 0
        self._own_environment, self._check_seconds = environment, check_seconds
        self._environment = {**os.environ, **environment, SUPERVISED: "1", "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: HealthWatch | None = None
        self._is_stuck = False
        self._has_log, self._is_log_rotated, self._log_message = True, True, ""
        self._started_at, self._restart_at = 0.0, math.inf

    @property
    def pid(self) -> int | None:
        """The process id; None if the process does not run."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the process, even if its log cannot be opened. Raise OSError if the system starts no process."""
        with self._open_log() as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "services.cli.run", self.name],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self._is_stuck = False
        self._watch = HealthWatch(find_liveness_check(self._own_environment, self._check_seconds), self._check_seconds)
        self._watch.start()

    def _open_log(self) -> BinaryIO:
        """Open the log, or the null device if that fails: a process is worth more than its log."""
        try:
            log = append_private(self.log)
        except OSError as error:
            if self._has_log:
                self._has_log = False
                self._log_message = (
                    f"{self.name} starts without a log: {error}. The hub opens its log again at its next start."
                )
            return open_null()
        self._has_log = True
        return log

    def pop_log_message(self) -> str:
        """Return a message, once, if the log could not be opened or rotated; otherwise an empty text."""
        message, self._log_message = self._log_message, ""
        return message

    def restart_if_exited(self) -> str | None:
        """Start the process again if it ended and its pause is over. Return a message if it has just ended.

        Do nothing if the process was never started.
        """
        if self._process is None:
            return self._restart() if time.monotonic() >= self._restart_at else None
        code = self._process.poll()
        if code is None:
            return None
        was_stable = time.monotonic() - self._started_at > STABLE_SECONDS
        self._plan_restart(1 if was_stable else self.consecutive_exits + 1)
        self._clear_process()
        if self._is_stuck:
            return None  # `end_if_stuck` has returned its message
        return f"{self.name} {describe_exit(code)}. The hub starts it again. Its log: {self.log}"

    def _restart(self) -> str | None:
        """Start the process again. If the system starts none now, plan the next attempt and return a message."""
        try:
            self.start()
        except OSError as error:
            self._plan_restart(self.consecutive_exits + 1)
            return f"{self.name} cannot be started: {error}. The hub repeats the start."
        return None

    def _plan_restart(self, consecutive_exits: int) -> None:
        self.consecutive_exits = consecutive_exits
        self._restart_at = time.monotonic() + restart_backoff(consecutive_exits)

    def end_if_stuck(self) -> str | None:
        """End the process if it runs but fails its health checks. Return a message once.

        The process receives SIGTERM, and SIGKILL if it fails more checks.
        """
        if self._process is None or self._watch is None or self._watch.failures < MAX_FAILED_CHECKS:
            return None
        if self._watch.failures >= MAX_FAILED_CHECKS_BEFORE_KILL:
            self._process.kill()
        if self._is_stuck:
            return None
        self._is_stuck = True
        self._process.terminate()
        return (
            f"{self.name} failed {MAX_FAILED_CHECKS} health checks in a row. The hub ends it and starts it again. "
            f"Its log: {self.log}"
        )

    def terminate(self) -> None:
        """Send SIGTERM to the process: it finishes its work and ends."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> bool:
        """Wait for the end of the process until `deadline` of the monotonic clock. Return whether it has ended."""
        if self._process is not None:
            try:
                self._process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            self._clear_process()
        return True

    def kill(self) -> None:
        """Kill the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._clear_process()

    def _clear_process(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._watch is not None:
            self._watch.stop()
        self._process = self._watch = None

    def rotate_log(self) -> None:
        """Move a log that has grown large to the one old log. If that fails, keep the log, and plan a message, once."""
        old_file = self.log.with_suffix(".log.1")
        try:
            if not self.log.exists() or self.log.stat().st_size <= MAX_LOG_BYTES:
                return
            with self.log.open("rb") as log, open_private(old_file) as old:
                shutil.copyfileobj(log, old)
            os.truncate(self.log, 0)
            self._is_log_rotated = True
        except OSError as error:
            with suppress(OSError):
                os.truncate(old_file, 0)  # a part of the copy helps nobody, and the disk may be full
            if self._is_log_rotated:
                self._is_log_rotated = False
                self._log_message = (
                    f"{self.log} is large and cannot be rotated: {error}. The hub repeats this every minute."
                )

    def log_tail(self, lines: int = 5) -> str:
        """Return the last lines of the log, in words."""
        return read_log_tail(self.log, lines)


def process_start_time(pid: int) -> float:
    """Return when a process started, in Unix time; 0.0 if it does not run. It distinguishes a reused process id."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def terminate_orphans(orphans: Mapping[int, float], *, seconds: float = 1.0) -> None:
    """End processes (id: start time) of a killed hub. They have been ending since it died, so the wait is short."""
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
