"""The process that imports the readers once and forks a child, with limits, for each request (see ``guard``)."""

import errno
import gc
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources.formats import presets
from opex.sources.guard import WAITING, proposal_document, reading_document
from opex.sources.loading import propose, read_into

MOST_WRITTEN = 16 * 1024**3
LEAST_WORK = 0.02
"""Share of the time that a reader has worked who is not just waiting; a machine with fifty others leaves as much."""
_STATUS = Path("/proc/self/status")


def main(control: socket.socket) -> None:
    """Fork a child for each connection that comes over ``control``, until its other end is closed."""
    presets()
    warnings.simplefilter("ignore")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program that asks
    while True:
        message, ends, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for end in ends:
            if os.fork() == 0:
                control.close()
                with suppress(BrokenPipeError):  # whoever asked is gone
                    _serve(socket.socket(fileno=end))
                os._exit(0)
            os.close(end)


def _serve(connection: socket.socket) -> None:
    """Answer one request and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("rwb") as lines:

        def say(document: dict[str, Any]) -> None:
            lines.write(json.dumps(document).encode() + b"\n")
            lines.flush()

        request = json.loads(lines.readline())
        try:
            _limit(request["memory"], request["seconds"])
            say({"done": _done(request, say)})
        except Refused as refusal:
            say({"refused": str(refusal)})
        except MemoryError:
            return  # the one who asked says how much there was
        except BrokenPipeError:
            return
        except Exception as error:
            if any(words in str(error) for words in NO_THREAD):
                return  # for want of memory, too
            full = isinstance(error, OSError) and (error.errno == errno.ENOSPC or "No space left" in str(error))
            say({"refused": NO_ROOM} if full else {"fault": _trace(error)})


NO_THREAD = ("can't start new thread", "Failed to launch worker thread")
NO_ROOM = "There is no room left in the temporary folder (TMPDIR) to read the file: make room there, and try again."


def _trace(error: Exception) -> str:
    """Where it failed and as what, without the error's own words: these may hold a cell of the file."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-12:])
    return f"Traceback in the reader of a file:\n{frames}{type(error).__name__}"


def _limit(memory: int, seconds: int) -> None:
    """So much memory beyond what the process has, so many seconds, no core file, and an end to what is written.

    The seconds are of work: where a busy machine lets it work but little, a reader may take ``WAITING`` times as long.
    One that waits for a file that never says anything, such as the kernel's log, ends after the seconds.
    """

    def late(*_: object) -> None:
        if resource.getrusage(resource.RUSAGE_SELF).ru_utime < LEAST_WORK * seconds:
            os._exit(1)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm((WAITING - 1) * seconds)

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    if _STATUS.exists():  # Linux counts what a process has of its own; elsewhere the bounds of the readers must do
        kilobytes = next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith("VmData"))
        bound = kilobytes * 1024 + memory
        resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def _done(request: dict[str, Any], say: Any) -> dict[str, Any]:
    folder = Path(request["folder"])
    os.chdir(request["cwd"])
    tempfile.tempdir = str(folder)
    asked = request["asked"]
    if asked["mapping"] is not None:
        asked["mapping"] = Mapping.from_toml(asked["mapping"])
    told = [0.0]

    def progress(share: float, words: str) -> None:
        if share >= told[0] + 0.01 or share == 1:
            told[0] = share
            say({"progress": [share, words]})

    paths = [Path(path) for path in request["paths"]]
    if request["do"] == "propose":
        return proposal_document(propose(paths, folder=folder, progress=progress, **asked), folder)
    return reading_document(read_into(folder, paths, progress=progress, **asked), folder)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
