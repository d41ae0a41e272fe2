"""A supervised process ends when its supervisor does, even one that was killed: the pipe on stdin says so."""

import os
import signal
import sys
import threading

SUPERVISED = "SAOLA_SUPERVISED"


def exit_with_supervisor() -> None:
    """If a supervisor holds our stdin, end this process (SIGTERM, so that it drains) when the pipe ends."""
    if os.environ.get(SUPERVISED) == "1":
        threading.Thread(target=_wait_for_supervisor, name="lifeline", daemon=True).start()


def _wait_for_supervisor() -> None:
    try:
        while os.read(sys.stdin.fileno(), 1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
