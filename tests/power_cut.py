"""A disk that loses power: the contents that a file may have after a cut, by what was synced until then."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class VolatileDisk:
    """Records syncs and renames. A content survives after its sync; a name survives after the sync of its folder.

    The disk may also write a name early, before the sync. So after a rename each of the two files may be there.
    """

    def __init__(self) -> None:
        self.moments: list[dict[Path, set[bytes | None]]] = []
        """The possible contents of each renamed file, at each moment. None: the file is missing."""
        self._synced: dict[int, bytes] = {}
        self._renamed: dict[Path, set[int | None]] = {}

    def record_sync(self, descriptor: int) -> None:
        """Record what survives from now on."""
        found = os.fstat(descriptor)
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if stat.S_ISDIR(found.st_mode):
            for file in self._renamed:
                if file.parent == path:
                    self._renamed[file] = {file.stat().st_ino}
        else:
            self._synced[found.st_ino] = path.read_bytes()
        self._record_moment()

    def record_rename(self, source: Path, target: Path) -> None:
        """Record that a name may or may not have moved. Call it before the rename."""
        before: set[int | None] = self._renamed.get(target, {target.stat().st_ino if target.exists() else None})
        self._keep_earlier_content(target)
        self._renamed[target] = before | {source.stat().st_ino}
        self._record_moment()

    def possible(self, file: Path) -> list[set[bytes | None]]:
        """Return the contents that a file may have after a cut, for each moment since its first rename."""
        return [moment[file] for moment in self.moments if file in moment]

    def _keep_earlier_content(self, file: Path) -> None:
        """Count a file from before the recording as written to the disk."""
        if file.exists() and file not in self._renamed:
            self._synced.setdefault(file.stat().st_ino, file.read_bytes())

    def _record_moment(self) -> None:
        self.moments.append(
            {
                file: {None if inode is None else self._synced.get(inode, b"") for inode in inodes}
                for file, inodes in self._renamed.items()
            }
        )


@contextmanager
def volatile_disk() -> Iterator[VolatileDisk]:
    """Record the syncs and renames of this process during the block."""
    disk = VolatileDisk()
    sync, rename = os.fsync, os.replace

    def record_sync(descriptor: int) -> None:
        sync(descriptor)
        disk.record_sync(descriptor)

    def record_rename(source: str | Path, target: str | Path) -> None:
        disk.record_rename(Path(source), Path(target))
        rename(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", record_sync)
        patch.setattr(os, "replace", record_rename)
        yield disk
