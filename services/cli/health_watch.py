"""The watch over one process: a thread that checks it every few seconds, so that no check delays the supervisor."""

import threading
from collections.abc import Callable
from contextlib import suppress

from shared.limits import Limit, LimitSubject

CHECK_SECONDS = Limit(
    5,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Pause between two health checks of a process by `saola up`, and time for the response",
    beyond="The health check counts as failed.",
)
MAX_FAILED_CHECKS = Limit(
    6,
    "health checks",
    subject=LimitSubject.SERVICES,
    meaning="Failed health checks of a process in a row",
    beyond="`saola up` ends the process with SIGTERM, and starts it again.",
)
"""At least half a minute: a process of a slow machine does a little work in this time, and a stuck one does none."""
MAX_FAILED_CHECKS_BEFORE_KILL = Limit(
    8,
    "health checks",
    subject=LimitSubject.SERVICES,
    meaning="Failed health checks of a process in a row, of which some follow its SIGTERM",
    beyond="`saola up` kills the process, and starts it again.",
)


class HealthWatch:
    """The failed checks in a row of one process. Failures before its first success do not count: it is starting."""

    def __init__(self, is_alive: Callable[[], bool], seconds: float) -> None:
        self.failures = 0
        self._is_alive, self._seconds = is_alive, seconds
        self._has_succeeded = False
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to check the process. If the system starts no thread now, the process runs unchecked."""
        with suppress(RuntimeError):
            threading.Thread(target=self._run, name="health-watch", daemon=True).start()

    def stop(self) -> None:
        """End the watch after the check that runs now."""
        self._stopped.set()

    def check(self) -> None:
        """Check the process once."""
        if self._is_alive():
            self.failures, self._has_succeeded = 0, True
        elif self._has_succeeded:
            self.failures += 1

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            self.check()
