"""Files that survive a power cut: whole in their old state, or whole in their new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_durably(file: Path, content: bytes) -> None:
    """Write a file of mode 0600, and create its folder if it is missing. See `replace_durably`."""
    with replace_durably(file) as opened:
        opened.write(content)


@contextmanager
def replace_durably(file: Path) -> Iterator[BinaryIO]:
    """Yield a new file of mode 0600. It replaces `file` at the end of the block, unless the block fails.

    The new content is on the disk before it has the name, and the name is on the disk at the end. Without the first
    step a power cut can leave an empty file. Without the second it can leave the old file.
    """
    create_folder_durably(file.parent)
    new_file = file.with_name(f"{file.name}.new")
    descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        os.fchmod(descriptor, 0o600)  # a file that an interrupted write left may have another mode
        yield opened
        opened.flush()
        os.fsync(descriptor)
    new_file.replace(file)
    sync_folder(file.parent)


def create_folder_durably(folder: Path) -> None:
    """Create a folder and its parents if they are missing, so that a power cut does not remove them."""
    if folder.is_dir():
        return
    create_folder_durably(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
