"""A supervised process ends when its supervisor ends, even if that was killed: the pipe on stdin closes."""

import os
import signal
import sys
import threading

SUPERVISED = "SAOLA_SUPERVISED"


def exit_with_supervisor() -> None:
    """End this process when its supervisor ends, if it has one. SIGTERM ends it, so that it drains first."""
    if os.environ.get(SUPERVISED) == "1":
        threading.Thread(target=_wait_for_supervisor, name="lifeline", daemon=True).start()


def _wait_for_supervisor() -> None:
    try:
        while os.read(sys.stdin.fileno(), 1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
