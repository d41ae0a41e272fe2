"""Runs one process of the hub: `python -m services.cli.run permits-worker`. It loads only the code of that process."""

import sys
from importlib import import_module

from shared.logs import configure_logging

PROCESSES = {
    "gateway": "services.gateway.main",
    "permits": "services.permits.main",
    "permits-worker": "services.permits.worker",
    "notifications": "services.notifications.main",
    "notifications-worker": "services.notifications.worker",
}


def run_process(name: str) -> None:
    """Run one process until it ends. An error while its code is loaded becomes a log line too."""
    configure_logging(name)
    import_module(PROCESSES[name]).run()


if __name__ == "__main__":
    run_process(sys.argv[1])
