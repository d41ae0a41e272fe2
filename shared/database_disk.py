"""The disk of a database on this machine: whether PostgreSQL could go on with its free space.

A server that finds no space for its log ends, and cannot start. Clients then see an error of their connection only.
"""

import os

from shared.limits import Limit, LimitSubject

DATABASE_FOLDER_VARIABLE = "SAOLA_DATABASE_FOLDER"
"""The environment variable that names the data folder of a database on this machine. `saola up` sets it."""
MIN_RECOVERY_BYTES = Limit(
    33_554_432,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="Free space on the disk of the embedded database while it does not respond",
    beyond="With less, requests get 503 `out-of-space`, and `/readyz` names the disk.",
)
"""Two segments of PostgreSQL's log. A server that cannot create a segment ends, and cannot start before it can."""


def is_database_disk_full() -> bool:
    """Return whether the database is on this machine, and its disk has less free space than a recovery needs."""
    folder = os.environ.get(DATABASE_FOLDER_VARIABLE)
    return folder is not None and is_disk_full(folder)


def is_disk_full(folder: str | os.PathLike[str]) -> bool:
    """Return whether the disk of a data folder has less free space than a recovery needs; False if it is missing."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < MIN_RECOVERY_BYTES
