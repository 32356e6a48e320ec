"""Files only their owner can read, put in place whole, and changed by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Of processes that change the file at once, each finds what the one before it left."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_private(path: Path, content: str) -> None:
    """Put the file in place at once and whole, with mode 0600 and the owner it had. It is there after a power cut.

    :raises OSError: the folder can't be written, or the owner not kept. The file is as it was.
    """
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            _keep_owner(path, file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _keep_owner(path: Path, made: int) -> None:
    """A file replaced by root must not become one that the console can't read any more."""
    if path.exists():
        before, mine = path.stat(), os.fstat(made)
        if (before.st_uid, before.st_gid) != (mine.st_uid, mine.st_gid):
            os.fchown(made, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
