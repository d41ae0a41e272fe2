"""The embedded PostgreSQL of the supervisor, with a guard process that outlives the supervisor.

PostgreSQL cannot watch the supervisor's pipe. The guard is a shell that waits for the end of the pipe and then stops
the server. It needs about a megabyte.
"""

import subprocess
from pathlib import Path

from services.cli.databases import EmbeddedPostgres, Server


class GuardedPostgres:
    """The embedded PostgreSQL with a guard, which stops it if this process is killed."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedPostgres(folder)
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server; None if it does not run."""
        return self._embedded.pid

    def start(self, *, seconds: float) -> Server:
        """Start the server and its guard. Raise RuntimeError if the server is not ready in time."""
        self._stop_guard()
        server = self._embedded.start(seconds=seconds)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read _; kill -INT "$0"', str(self._embedded.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return server

    def stop(self) -> None:
        """Stop the server cleanly."""
        self._stop_guard()
        self._embedded.stop()

    def _stop_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None
