"""Temporary folders that do not outlive their process by long, not even when it is killed."""

import atexit
import fcntl
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir, mkdtemp
from threading import Lock

__all__ = ["folder_of_process", "temporary_folder"]

_PREFIX = "opex-"
_one_at_a_time = Lock()
_own: dict[int, Path] = {}


def temporary_folder() -> TemporaryDirectory[str]:
    """A folder for one piece of work, to be used in a ``with`` statement; only this user can read it."""
    return TemporaryDirectory(dir=folder_of_process())


def folder_of_process() -> Path:
    """Where this process keeps what is temporary.

    A process holds a lock on its own folder as long as it lives. A folder whose lock nobody holds was left by one that
    was killed, which removes nothing: the next process that asks for a folder removes it.
    """
    with _one_at_a_time:
        own = _own.get(os.getpid())
        if own is None or not own.is_dir():
            _remove_left()
            own = _own[os.getpid()] = _made()
        return own


def _made() -> Path:
    """A new folder under lock. The lock gets its name once it is held, so nobody can take it for an abandoned one."""
    own = Path(mkdtemp(prefix=_PREFIX))
    held = own / "new"
    held.touch()
    _lock(held)
    held.replace(own / "lock")
    atexit.register(_remove, own, os.getpid())
    return own


def _remove(own: Path, process: int) -> None:
    """At the end of the process that made it, not at that of a child of its own."""
    if os.getpid() == process:
        shutil.rmtree(own, ignore_errors=True)


def _remove_left() -> None:
    for left in Path(gettempdir()).glob(f"{_PREFIX}*"):
        lock = left / "lock"
        if lock.is_file() and not lock.is_symlink() and (held := _lock(lock)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)


def _lock(file: Path) -> int | None:
    """The lock on a file, held until the process ends; ``None`` when somebody else holds it or owns the file."""
    try:
        opened = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened
