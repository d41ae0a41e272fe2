"""Files that only the user of the hub can read: logs, locks, the list of running processes."""

import os
from pathlib import Path
from typing import BinaryIO


def open_private(file: Path) -> BinaryIO:
    """Open a file for writing, with mode 0600 and without its old content. The content of a lock is always empty."""
    return os.fdopen(_open(file, os.O_TRUNC), "wb")


def append_private(file: Path) -> BinaryIO:
    """Open a file for writing at its end, with mode 0600."""
    return os.fdopen(_open(file, os.O_APPEND), "ab")


def open_null() -> BinaryIO:
    """Open the null device, which drops what is written to it."""
    return Path(os.devnull).open("wb")


def _open(file: Path, flag: int) -> int:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
    os.fchmod(descriptor, 0o600)  # an earlier version created some of these files with another mode
    return descriptor
