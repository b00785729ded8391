"""One hostile file through opex: how it ended, what it said, how long it took, how much memory, what is there now."""

import contextlib
import json
import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd

from opex.domain.problems import Refused
from opex.services import loading
from opex.services.loading import Asked
from opex.store import facts
from opex.store.database import Database, open_database
from tests.conftest import context_at
from tests.trust.conftest import Nursery
from tests.trust.hostile.case import Case
from tests.trust.hostile.judging import Outcome

SECONDS = 30.0
CEILING = 2 * 1024**3
EVERY = 0.02
SOURCE = "desk"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where files are tried: a folder, and the nursery of processes for the command line."""

    folder: Path
    nursery: Nursery | None = None

    def workspace(self) -> str:
        """The URL of an empty workspace; the last one is gone."""
        blank, used = self.folder / "blank.db", self.folder / "workspace.db"
        if not blank.exists():
            open_database(f"sqlite:///{blank}").close()
        for name in ("", "-wal", "-shm"):
            Path(f"{used}{name}").unlink(missing_ok=True)
        shutil.copy(blank, used)
        return f"sqlite:///{used}"


def attempt(case: Case, bench: Bench) -> Outcome:
    """Load the file into an empty workspace by the service that every page calls, and look at what is there then."""
    context = context_at(bench.workspace())
    outcome = Outcome(status=1)

    def work() -> None:
        nonlocal outcome
        try:
            asked = Asked(kind=case.kind, source=SOURCE, **case.options)
            report = loading.load(context, [Path(case.argument)], asked).document()
            outcome = Outcome(status=0, report=json.loads(json.dumps(report)))
        except Refused as refusal:
            outcome = Outcome(status=1, said=str(refusal))
        except BaseException:
            outcome = Outcome(status=1, said=traceback.format_exc())

    os.environ["OPEX_RAISE_FAULTS"] = "1"  # what the readers did not foresee comes as it is
    worker, started = Thread(target=work, daemon=True), time.monotonic()
    worker.start()
    peak, why = _watched(_here, worker.is_alive, started)
    worker.join(SECONDS)
    seconds = time.monotonic() - started
    rows = _loaded(context.database, case.kind)
    context.database.close()
    return replace(outcome, seconds=seconds, peak=peak, ended_for=why, loaded=rows)


def by_command_line(case: Case, bench: Bench) -> Outcome:
    """The same by ``opex import``, as a script would do it."""
    assert bench.nursery is not None
    url = bench.workspace()
    options = [text for name, value in case.options.items() for text in (f"--{name}", value)]
    words = ["import", case.kind, "--json", "--source", SOURCE, "--workspace", url, *options, "--", case.argument]
    started = time.monotonic()
    pid = bench.nursery.start(*words, cwd=bench.folder)
    peak, why = _watched(lambda: _family(pid), lambda: _alive(pid), started)
    seconds = time.monotonic() - started
    ended = bench.nursery.end(pid)
    database = open_database(url)
    rows = _loaded(database, case.kind)
    database.close()
    report = json.loads(ended.out) if ended.status == 0 and ended.out else None
    return Outcome(
        status=ended.status, seconds=seconds, peak=peak, ended_for=why, report=report, said=ended.err, loaded=rows
    )


def _loaded(database: Database, kind: str) -> tuple[dict[str, Any], ...]:
    frame = facts.read(database, "readings" if kind == "metrics" else kind)
    return tuple(
        {str(name): None if pd.isna(cell) else _plain(cell) for name, cell in row.items()}
        for row in frame.astype(object).to_dict("records")
    )


def _plain(cell: Any) -> Any:
    return cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell


def _watched(processes: Callable[[], Iterator[int]], busy: Callable[[], bool], started: float) -> tuple[int, str]:
    """The largest memory of the processes together, and why they were ended, if they were.

    Of this process only what it takes beyond what it has: the truth of a hundred thousand rows lies here too.
    """
    peak, had = 0, _memory(os.getpid())
    while busy():
        family = list(processes())
        peak = max(peak, sum(max(0, _memory(one) - had * (one == os.getpid())) for one in family))
        why = "memory" if peak > CEILING else "time" if time.monotonic() - started > SECONDS else ""
        if why:
            for one in reversed(family):
                with contextlib.suppress(ProcessLookupError):
                    if one != os.getpid():
                        os.kill(one, signal.SIGKILL)
            return peak, why
        time.sleep(EVERY)
    return peak, ""


def _here() -> Iterator[int]:
    """This process and opex's readers below it, but no other child (a database server of other tests, say)."""
    yield os.getpid()
    for child in _children(os.getpid()):
        with contextlib.suppress(OSError):
            if b"opex.sources" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield from _family(child)


def _alive(pid: int) -> bool:
    """Running, and not only waiting to be asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _family(pid: int) -> Iterator[int]:
    """The process and all its descendants."""
    yield pid
    for child in _children(pid):
        yield from _family(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _memory(pid: int) -> int:
    """The process's own memory and its share of what it shares with others."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) * 1024
    except (OSError, ValueError):
        return 0
