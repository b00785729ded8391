"""Reading in a child process with limits of memory and time: a file that breaks its reader breaks nothing else.

A nursery process (``opex.sources.nursery``) imports the readers once and forks a child for each request. The child
has a bound of memory in proportion to what was brought, a bound of time, and writes its rows into a folder; what it
says comes back as lines of JSON (nothing is unpickled). docs/adr/0009 says why.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused, called
from opex.frames import TABLES, Rows, storable_schema
from opex.sources.kept import StoredRows
from opex.sources.reading import Progress, Proposal, Reading
from opex.sources.temporary import temporary_folder

__all__ = ["Unreadable", "propose", "read"]

MEMORY, MEMORY_TIMES = 384 * 1024**2, 4
SECONDS, SECONDS_PER_MB = 15, 5
MOST_MEMORY, MOST_SECONDS = 8 * 1024**3, 3600
WAITING = 4
"""Times as long as it may work, a reader may take in all: other programs may have the processors."""
_PLAIN = ("kind", "format", "source", "rows", "count", "refused", "duplicates", "superseded", "planned", "systems",
          "matched", "notes")  # fmt: skip


class Unreadable(Refused):
    """The reader of a file gave up: it took too long, too much memory, or failed in a way nobody foresaw."""


def read(folder: Path, paths: Sequence[Path], *, progress: Progress | None = None, **asked: Any) -> Reading:
    """Read files into canonical rows that lie in ``folder``, in a guarded child: see ``sources.read_into``.

    Raises
    ------
    Refused
        Nothing can be read as asked, or reading it takes more memory or time than a file of its size may take.
    """
    folder.mkdir(exist_ok=True)
    answer = _asked("read", folder, paths, progress, asked)
    return reading_from(answer, folder)


def propose(paths: Sequence[Path], *, progress: Progress | None = None, **asked: Any) -> Proposal:
    """How the files would be understood, looked at in a guarded child: see ``sources.propose``."""
    with temporary_folder() as folder:
        answer = _asked("propose", Path(folder), paths, progress, asked)
        sample = reading_from(answer["sample"], Path(folder)) if answer["sample"] else None
        if sample is not None:
            _ = sample.tables  # the files go with the folder
    return Proposal(**{
        **answer,
        "mapping": Mapping.from_toml(answer["mapping"]),
        "skipped": [(file, why) for file, why in answer["skipped"]],
        "sample": sample,
    })  # fmt: skip


def reading_document(reading: Reading, folder: Path) -> dict[str, Any]:
    """A reading as JSON; its rows stay where they lie in ``folder``."""
    assert isinstance(reading.kept.parts, StoredRows)  # noqa: S101 - the only kind that a file gives
    return {
        **{name: getattr(reading, name) for name in _PLAIN},
        "rows_in": str(reading.kept.parts.path.relative_to(folder)),
        "table": reading.kept.name,
        "problems": [[p.file, p.row, p.column, p.value, p.expected] for p in reading.problems],
        "skipped": reading.skipped,
        "mapping": reading.mapping.to_toml(),
        "mendable": reading.mendable is not None,
    }


def reading_from(document: dict[str, Any], folder: Path) -> Reading:
    """The reading that the document tells of."""
    name = document["table"]
    rows = StoredRows(folder / document["rows_in"], storable_schema(TABLES[name]))
    return Reading(
        **{name: document[name] for name in _PLAIN},
        kept=Rows(name=name, parts=rows),
        problems=[
            Problem(file=file, row=row, column=column, value=value, expected=expected)
            for file, row, column, value, expected in document["problems"]
        ],
        skipped=[(file, why) for file, why in document["skipped"]],
        mapping=Mapping.from_toml(document["mapping"]),
        mendable=folder / "refused.csv" if document["mendable"] else None,
    )


def proposal_document(proposal: Proposal, folder: Path) -> dict[str, Any]:
    """A proposal as JSON; the rows of its sample stay where they lie in ``folder``."""
    sample = None if proposal.sample is None else reading_document(proposal.sample, folder)
    return {**proposal.__dict__, "mapping": proposal.mapping.to_toml(), "sample": sample}


# --- asking -----------------------------------------------------------------------------------------------------


def _asked(do: str, folder: Path, paths: Sequence[Path], progress: Progress | None, asked: dict[str, Any]) -> Any:
    size = sum(_sizes(paths))
    seconds = min(SECONDS + SECONDS_PER_MB * size // 1024**2, MOST_SECONDS)
    memory = min(MEMORY + MEMORY_TIMES * size, MOST_MEMORY)
    mapping = asked.get("mapping")
    request = {
        "do": do,
        "folder": str(folder),
        "cwd": os.getcwd(),
        "paths": [str(path) for path in paths],
        "asked": {**asked, "mapping": None if mapping is None else mapping.to_toml()},
        "memory": memory,
        "seconds": seconds,
    }
    for answer in _NURSERY.ask(request, seconds):
        if "progress" in answer and progress is not None:
            progress(*answer["progress"])
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "fault" in answer:
            raise _fault(paths, answer["fault"])
        if "done" in answer:
            return answer["done"]
    raise Unreadable(
        f"{_called(paths)} cannot be read with {memory // 1024**2:,} MB of memory in {seconds:,} seconds of work, "
        "which is ample for an honest file of its size: split it, or save the table as CSV."
    )


def _called(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return called(paths[0].name) + more if paths else "nothing"


def _fault(paths: Sequence[Path], told: str) -> Exception:
    if os.environ.get("OPEX_RAISE_FAULTS"):
        return RuntimeError(told)
    print(told, file=sys.stderr)  # noqa: T201 - the log of the machine that reads; the person gets the sentence
    return Unreadable(
        f"{_called(paths)} cannot be read: its reader failed in a way that opex did not foresee; nothing was loaded, "
        "and the log of opex says more."
    )


def _sizes(paths: Sequence[Path]) -> Iterator[int]:
    """The sizes of the files on disk; of folders those of what they hold, links left out."""
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError):
            raise Refused(f"There is no file or folder {called(str(path))[:200]}.") from None
        if path.is_dir():
            for folder, _, files in os.walk(path):
                for file in files:
                    whole = Path(folder, file)
                    if whole.is_file() and not whole.is_symlink():
                        yield whole.stat().st_size
        elif path.is_file():
            yield path.stat().st_size


class _Nursery:
    """The process that forks the readers; started when it is first needed, and again if it is gone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
        """What a child says, line by line, until it ends."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._send(theirs)
            ours.settimeout(WAITING * seconds + 30)  # the child ends itself before
            ours.sendall(json.dumps(request).encode() + b"\n")
            with ours.makefile("rb") as lines:
                try:
                    for line in lines:
                        yield json.loads(line)
                except (TimeoutError, ConnectionError, json.JSONDecodeError):
                    return

    def _send(self, end: socket.socket) -> None:
        with self._lock:
            for _ in range(2):
                if self._control is None or self._process is None or self._process.poll() is not None:
                    self._start()
                try:
                    if self._control is not None:
                        socket.send_fds(self._control, [b"r"], [end.fileno()])
                        return
                except OSError:
                    self.stop()
        raise Unreadable("No file can be read: the process that reads files does not start on this machine.")

    def _start(self) -> None:
        self.stop()
        ours, theirs = socket.socketpair()
        here = str(Path(__file__).resolve().parent.parent.parent)
        paths = os.pathsep.join(dict.fromkeys([here, *filter(None, [os.environ.get("PYTHONPATH")])]))
        quiet = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**_without_secrets(), **quiet, "PYTHONPATH": paths, "ARROW_DEFAULT_MEMORY_POOL": "system"}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "opex.sources.nursery", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
            )
        self._control = ours

    def stop(self) -> None:
        """End the process; the next request starts another."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _without_secrets() -> dict[str, str]:
    """The environment that a reader needs: nothing of clouds, databases or passwords."""
    return {
        k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")
    }


_NURSERY = _Nursery()
atexit.register(_NURSERY.stop)
