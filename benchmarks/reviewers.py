"""`python -m benchmarks.reviewers [--people 50] [--pause 15] [--minutes 3] [--workspace URL] [--json]`: many at once.

The real server, as `opex serve` starts it, with one open session of 50 opportunities and 2,000 behind it. So many
people, each with a websocket of their own that speaks Streamlit's protocol, join within a minute, say who they are,
and then give an answer, go on, or write a comment every so many seconds (evenly spread). Beside them one watcher for
each asks the route for the session's position every 1.5 seconds, as their pages do.

What is measured: seconds from sending to the end of the run, for the first page and for every answer; answers that
the server took and the workspace does not hold (lost); the server's resident memory. `--knee` raises the number of
people until the 95th percentile passes a second.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from opex.domain.decisions import Proposed
from opex.domain.people import Person
from opex.domain.sessions import SessionPlanned
from opex.services import prioritising, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.loading import load_sample
from opex.store import sayings
from opex.store.audit import By
from opex.workspace import open_workspace

ITEMS, BEHIND = 50, 2000
LEADER = Person(name="Leader", function="leadership")
FUNCTIONS = ("business", "product", "engineering", "operations", "security", "leadership")


# --- a workspace ------------------------------------------------------------------------------------------------


def prepared(url: str, people: int) -> str:
    """The sample with 2,000 opportunities and an open session of so many people; the session's id."""
    context = open_workspace(url)
    load_sample(context)
    board = prioritising.board(context)
    incidents = sorted({i for item in board.items for i in item.incidents})  # type: ignore[union-attr]
    drawn = random.Random(1)
    said = [
        (
            f"hand-{n:05d}",
            Proposed(
                title=f"Improvement {n}", action="Do it", low=0.1, likely=0.3, high=0.6,
                incidents=tuple(drawn.sample(incidents, 12)),
            ),
        )
        for n in range(BEHIND - len(board.items))  # type: ignore[union-attr]
    ]  # fmt: skip
    by = By(at=context.now(), person=LEADER.name)
    sayings.append(context.database, said, request_id="many", by=by, person=LEADER)
    names = {f"Reviewer {n:02d}": FUNCTIONS[n % len(FUNCTIONS)] for n in range(people)}
    asked = {f: list(session_reading.questions(context)) for f in FUNCTIONS}
    plan = SessionPlanned(
        title="Load", items=session_reading.first_items(context, ITEMS), cut=10, asked=asked, participants=names
    )
    session = sessions.plan(context, plan, Speaker(person=LEADER))
    sessions.open_session(context, session, Speaker(person=LEADER))
    context.database.close()
    return session


def answered(context: Context, session: str) -> dict[str, int]:
    """How many answers of each person the workspace holds."""
    return dict(sayings.progress(context.database, session, 0))


# --- a person ---------------------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """Somebody's browser, as far as the server can tell: it keeps what it was shown and says what was pressed."""

    socket: websockets.ClientConnection
    query: str
    states: dict[str, WidgetState] = field(default_factory=dict)
    shown: dict[str, tuple[str, Any, str]] = field(default_factory=dict)

    async def run(self, fragment: str = "", pressed: WidgetState | None = None) -> float:
        """Ask for a run and wait for its end; the seconds it took."""
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_name = "sessions"
        asked.rerun_script.fragment_id = fragment
        asked.rerun_script.widget_states.widgets.extend(self.states.values())
        if pressed is not None:
            asked.rerun_script.widget_states.widgets.append(pressed)
        started = monotonic()
        await self.socket.send(asked.SerializeToString())
        self.shown = {k: w for k, w in self.shown.items() if fragment and w[2] != fragment}
        took = await self._ended(started)
        self.states = {k: state for k, state in self.states.items() if k in self.shown}  # as a browser lets go of them
        return took

    async def _ended(self, started: float) -> float:
        while True:
            told = ForwardMsg()
            told.ParseFromString(await self.socket.recv())
            kind = told.WhichOneof("type")
            if kind == "delta":
                self._take(told)
            elif kind == "script_finished" and told.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
            ):  # fmt: skip
                return monotonic() - started

    def _take(self, told: ForwardMsg) -> None:
        element = told.delta.new_element
        kind = element.WhichOneof("type")
        if kind in {"radio", "selectbox", "button_group", "button", "text_input"}:
            widget = getattr(element, kind)
            self.shown[widget.id] = (kind, widget, told.delta.fragment_id)

    def find(self, kind: str, label: str = "") -> list[tuple[Any, str]]:
        """What is shown of that kind whose label begins so, with the fragment it belongs to."""
        return [(w, f) for k, w, f in self.shown.values() if k == kind and w.label.startswith(label)]

    async def say_who(self, name: str) -> float:
        ((widget, _),) = self.find("selectbox", "You are")
        self.states[widget.id] = WidgetState(id=widget.id, string_value=name)
        return await self.run()

    async def answer(self, drawn: random.Random) -> tuple[float, bool]:
        """Give an answer, or go on to the next item; the seconds, and whether it was an answer."""
        onward = [(w, f) for w, f in self.find("button", "Next") if not w.disabled]
        levels = self.find("radio")
        if (onward and drawn.random() < 0.25) or not levels:
            widget, fragment = onward[0] if onward else self.find("button", "Back")[0]
            return await self.run(fragment, WidgetState(id=widget.id, trigger_value=True)), False
        widget, fragment = drawn.choice(levels)
        now = self.states.get(widget.id)
        options = [o for o in widget.options if now is None or o != now.string_value]
        self.states[widget.id] = WidgetState(id=widget.id, string_value=drawn.choice(options))
        return await self.run(fragment), True


@dataclass
class Seen:
    """What was measured."""

    first: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    answers: int = 0
    began: float = 0.0
    errors: list[str] = field(default_factory=list)
    memory: float = 0.0


async def reviewer(address: str, query: str, number: int, seen: Seen, pause: float, until: float, join: float) -> None:
    drawn = random.Random(number)
    await asyncio.sleep(join * drawn.random())
    try:
        async with websockets.connect(
            f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None
        ) as ws:  # type: ignore[list-item]
            me = Visitor(socket=ws, query=query)
            seen.first.append(await me.run())
            seen.first.append(await me.say_who(f"Reviewer {number:02d}"))
            if seen.began > monotonic():
                await asyncio.sleep(seen.began - monotonic())
            while monotonic() < until:
                await asyncio.sleep(pause * (0.5 + drawn.random()))
                took, was_answer = await me.answer(drawn)
                seen.runs.append(took)
                seen.answers += was_answer
    except Exception as error:
        seen.errors.append(f"reviewer {number}: {type(error).__name__}: {error}")


async def watcher(address: str, session: str, until: float, seen: Seen) -> None:
    """A page's watch: the bare route every 1.5 seconds."""
    url = f"http://{address}/api/v1/sessions/{session}/position"
    await asyncio.sleep(random.random() * 1.5)
    while monotonic() < until:
        try:
            await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())
        except OSError as error:
            seen.errors.append(f"watch: {error}")
        await asyncio.sleep(1.5)


# --- a server ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def serving(home: Path, url: str) -> AsyncIterator[tuple[str, int]]:
    """The server on a port of its own; its address and process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {**os.environ, "OPEX_WORKSPACE": url}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).read()
                    break
                except OSError:
                    await asyncio.sleep(0.2)
            yield f"127.0.0.1:{port}", process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    told = (home / "log").read_text(encoding="utf-8", errors="replace")
    if "Traceback" in told:
        print(told[-2000:], file=sys.stderr)


def resident(pid: int) -> float:
    """The megabytes that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def measure(home: Path, url: str, people: int, pause: float, seconds: float, join: float) -> dict[str, Any]:
    """So many people for so long."""
    session = prepared(url, people)
    seen = Seen()
    async with serving(home, url) as (address, pid):
        warm = Visitor(
            socket=await websockets.connect(
                f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None
            ),  # type: ignore[list-item]
            query=f"session={session}",
        )
        await warm.run()
        seen.began = monotonic() + join
        until = seen.began + seconds
        query = f"session={session}"
        await asyncio.gather(
            *(reviewer(address, query, n, seen, pause, until, join) for n in range(people)),
            *(watcher(address, session, until, seen) for _ in range(people)),
        )
        seen.memory = resident(pid)
    context = open_workspace(url)
    held = [e for e in sayings.of_session(context.database, session, "") if e.saying.kind == "answered"]
    with context.database.reading() as connection:
        import sqlalchemy as sa

        from opex.store.schema import journal

        kept = connection.execute(
            sa.select(sa.func.count()).select_from(journal).where(journal.c.kind == "answered")
        ).scalar_one()
    context.database.close()
    first, runs = np.array(seen.first), np.array(seen.runs)
    return {
        "people": people, "pause": pause, "answers": seen.answers, "lost": seen.answers - int(kept), "blind": not held,
        "first_p95": float(np.quantile(first, 0.95)), "first_max": float(first.max()),
        "p50": float(np.quantile(runs, 0.5)), "p95": float(np.quantile(runs, 0.95)), "max": float(runs.max()),
        "runs": len(runs), "memory_mb": seen.memory, "errors": seen.errors[:5], "error_count": len(seen.errors),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pause", type=float, default=15.0)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--join", type=float, default=60.0, help="seconds within which all join")
    parser.add_argument("--workspace", help="an empty workspace's URL; default: SQLite in a folder of its own")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = asked.workspace or f"sqlite:///{folder}/room.db"
        found = asyncio.run(measure(Path(folder), url, asked.people, asked.pause, asked.minutes * 60, asked.join))
    if asked.json:
        print(json.dumps(found))
        return int(found["lost"] > 0)
    print(
        f"{found['people']} people, {found['pause']:g} s between answers: p50 {found['p50']:.2f} s, "
        f"p95 {found['p95']:.2f} s, longest {found['max']:.2f} s over {found['runs']} runs; first page p95 "
        f"{found['first_p95']:.2f} s; {found['answers']} answers, {found['lost']} lost; {found['memory_mb']:.0f} MB; "
        f"{found['error_count']} errors {found['errors']}"
    )
    return int(found["lost"] > 0 or found["error_count"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
