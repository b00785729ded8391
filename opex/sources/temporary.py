"""Temporary folders that do not outlive their process by long, not even when it is killed."""

import atexit
import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir, mkdtemp
from threading import Lock

__all__ = ["folder_of_process", "temporary_folder"]

_PREFIX, _UNFINISHED_SECONDS = "opex-", 60
_one_at_a_time = Lock()
_own: dict[int, Path] = {}


def temporary_folder() -> TemporaryDirectory[str]:
    """A folder for one piece of work, to be used in a ``with`` statement; only this user can read it."""
    return TemporaryDirectory(dir=folder_of_process())


def folder_of_process() -> Path:
    """Where this process keeps what is temporary.

    A process holds a lock on its own folder as long as it lives. A folder whose lock nobody holds was left by one that
    was killed, which removes nothing: the next process that asks for a folder removes it. One without a lock is being
    made, or its maker was killed in that instant: it is removed after a minute.
    """
    with _one_at_a_time:
        own = _own.get(os.getpid())
        if own is None or not own.is_dir():
            own = _own[os.getpid()] = _made()
            _remove_left(own)
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
        _empty(own)


def _empty(folder: Path) -> None:
    """Remove a folder, its lock last: whoever is killed meanwhile leaves it to the next one."""
    with suppress(OSError):
        for child in folder.iterdir():
            if child.name != "lock":
                shutil.rmtree(child, ignore_errors=True) if child.is_dir() else child.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(own: Path) -> None:
    for left in set(Path(gettempdir()).glob(f"{_PREFIX}*")) - {own}:
        lock = left / "lock"
        if lock.is_file() and not lock.is_symlink() and (held := _lock(lock)) is not None:
            _empty(left)
            os.close(held)
        elif _is_unfinished(left, own.stat().st_mtime):
            _empty(left)


def _is_unfinished(folder: Path, now: float) -> bool:
    """Whether this user began to make it more than a minute ago, and nothing lies in it but a lock without its name."""
    with suppress(OSError):
        known = folder.lstat()
        old = now - known.st_mtime > _UNFINISHED_SECONDS
        return old and known.st_uid == os.getuid() and {child.name for child in folder.iterdir()} <= {"new"}
    return False


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
