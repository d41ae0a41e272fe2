"""The embedded PostgreSQL of the supervisor: started again when it ends, and ended when the supervisor is killed.

PostgreSQL cannot watch the supervisor's pipe. A guard process does: a shell that waits for the end of the pipe and then
stops the server. It needs about a megabyte.
"""

import math
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from services.cli.databases import EmbeddedPostgres, Server, ServerState
from services.cli.restarts import STABLE_SECONDS, restart_backoff
from shared.limits import Limit, LimitSubject

START_ERRORS = (RuntimeError, OSError, subprocess.SubprocessError)
"""The errors that a start of PostgreSQL may raise. While the hub runs, the supervisor repeats a failed start."""
SILENT_SECONDS = Limit(
    90,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Time for the first response of the embedded PostgreSQL at its start; a recovery may take longer",
    beyond="`saola up` ends it: at its own start it gives up, and later it starts PostgreSQL again.",
)
RECOVERY_NOTICE_SECONDS = 5.0
"""Seconds of a recovery after which the user reads about it. Most recoveries are shorter."""
RECOVERING = "PostgreSQL applies its log after a crash. This can take minutes. The hub waits for it."


class GuardedPostgres:
    """The embedded PostgreSQL with a guard, which stops it if this process is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.consecutive_ends = folder, 0
        self._embedded = EmbeddedPostgres(folder)
        self._guard: subprocess.Popen[bytes] | None = None
        self._has_started = self._is_ready = False
        self._launched_at = self._responded_at = 0.0
        self._launch_at = math.inf
        self._last_message = ""

    @property
    def pid(self) -> int | None:
        """The process id of the server; None if it does not run."""
        return self._embedded.pid

    def start(self, on_wait: Callable[[str], None]) -> Server:
        """Start the server for the first time, and wait until it is ready. Raise one of START_ERRORS.

        Call `on_wait` while it waits, with a message for the user if the server recovers, otherwise with "".
        """
        began = time.monotonic()
        recovering_since = math.inf

        def report(state: ServerState) -> None:
            nonlocal recovering_since
            if state is ServerState.RECOVERING:
                recovering_since = min(recovering_since, time.monotonic())
            on_wait(RECOVERING if time.monotonic() - recovering_since > RECOVERY_NOTICE_SECONDS else "")

        server = self._embedded.start(seconds=SILENT_SECONDS, on_wait=report)
        self._start_guard()
        self._has_started = self._is_ready = True
        self._launched_at = began
        return server

    def restart_if_ended(self) -> str | None:
        """Start the server again if it ended and its pause is over. Return a message for the user, each once.

        The attempts have no limit, because an operator frees the disk at any time. Do nothing before the first start.
        """
        if not self._has_started:
            return None
        message = self._follow() if self._embedded.pid is not None else self._start_later()
        if message == self._last_message:
            return None
        self._last_message = message or self._last_message
        return message

    def _start_later(self) -> str | None:
        now = time.monotonic()
        if now >= self._launch_at:
            return self._launch()
        if self._launch_at < math.inf:
            return None
        self._stop_guard()  # another process may get the id of the server
        was_ready, was_stable = self._is_ready, self._is_ready and now - self._launched_at > STABLE_SECONDS
        self._is_ready = False
        self._plan_launch(1 if was_stable else self.consecutive_ends + 1)
        if was_ready:
            return "PostgreSQL ended. The hub starts it again."
        return f"PostgreSQL cannot start: {self._embedded.describe_end()}. The hub repeats the start."

    def _launch(self) -> str | None:
        self._launch_at = math.inf
        self._launched_at = self._responded_at = time.monotonic()
        try:
            self._embedded.launch()
            self._start_guard()
        except START_ERRORS as error:
            self._plan_launch(self.consecutive_ends + 1)
            return f"PostgreSQL cannot start: {error}. The hub repeats the start."
        return None

    def _follow(self) -> str | None:
        """Follow the start of the server until it is ready. End a server that does not respond."""
        if self._is_ready:
            return None
        state, now = self._embedded.read_state(), time.monotonic()
        if state is ServerState.READY:
            self._is_ready = True
            return "PostgreSQL is ready again."
        if state is ServerState.RECOVERING:
            self._responded_at = now
            return RECOVERING if now - self._launched_at > RECOVERY_NOTICE_SECONDS else None
        if now - self._responded_at > SILENT_SECONDS:
            self._embedded.end(fast_seconds=1.0)
            return f"PostgreSQL did not respond within {SILENT_SECONDS:.0f} s. The hub ended it and starts it again."
        return None

    def _plan_launch(self, consecutive_ends: int) -> None:
        self.consecutive_ends = consecutive_ends
        self._launch_at = time.monotonic() + restart_backoff(consecutive_ends)

    def stop(self) -> None:
        """Stop the server cleanly."""
        self._stop_guard()
        self._embedded.stop()

    def _start_guard(self) -> None:
        self._stop_guard()
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read _; kill -INT "$0"', str(self._embedded.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _stop_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None
