"""`python -m benchmarks.positions`: what pages pay that ask every 1.5 s whether their session moved, beside /healthz.

50 people ask `opex serve`, each over a connection of their own, while answers are written 3 times a second into a
session of 10,000 answers; then all ask as fast as they can, for the number of answers in a second. Both routes are
asked in the same run, in turns.
"""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np

from opex.domain.decisions import Person
from opex.domain.sessions import Answered, SessionPlanned, subject
from opex.store import sayings
from opex.store.audit import By
from opex.store.database import Database, open_database

PEOPLE, PERIOD, SECONDS, ANSWERS = 50, 1.5, 15.0, 10_000
ANA = Person(name="Ana", function="product")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def say(database: Database, session: str, said: list[sayings.Said]) -> None:
    by = By(at=datetime.now(UTC), person=ANA.name)  # noqa: TID251 - a script is an edge
    sayings.append(database, said, request_id=uuid4().hex, by=by, person=ANA, session=session)


def fill(database: Database, session: str) -> None:
    """A plan and many answers."""
    asked, invited = {"product": ["insight"]}, {"Ana": "product"}
    plan = SessionPlanned(title="March", items=("theme-1",), cut=1, asked=asked, participants=invited)
    say(database, session, [(session, plan)])
    say(database, session, [answer(session, n) for n in range(ANSWERS)])


def answer(session: str, n: int) -> sayings.Said:
    item = f"theme-{n % 50}"
    return subject(session, item, "insight"), Answered(item=item, question="insight", value="holds", seal=uuid4().hex)


def ask(port: int, path: str, pause: float, seconds: float, times: list[float]) -> None:
    """Ask on one connection until the time is over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    end = time.perf_counter() + seconds
    time.sleep(pause * np.random.default_rng().random())
    while (start := time.perf_counter()) < end:
        connection.request("GET", path)
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        reply.read()
        times.append(time.perf_counter() - start)
        time.sleep(max(0.0, pause - (time.perf_counter() - start)))
    connection.close()


def round_of(port: int, path: str, people: int, pause: float, seconds: float) -> str:
    times: list[float] = []
    threads = [threading.Thread(target=ask, args=(port, path, pause, seconds, times)) for _ in range(people)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    middle, p95, most = 1000 * np.quantile(times, [0.5, 0.95, 1.0])
    return (
        f"{len(times) / (time.perf_counter() - begun):7.1f} a second, median {middle:6.1f} ms, p95 {p95:6.1f} ms, "
        f"most {most:6.0f} ms, {len(times)} asked"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url, session, port = f"sqlite:///{Path(folder) / 'w.db'}", uuid4().hex, free_port()
        database = open_database(url)
        fill(database, session)
        command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=folder, env=os.environ | {"OPEX_WORKSPACE": url})
        over = threading.Event()
        try:
            measure(database, session, port, over)
        finally:
            over.set()
            server.terminate()
            server.wait(20)
            database.close()


def measure(database: Database, session: str, port: int, over: threading.Event) -> None:
    path = f"/api/v1/sessions/{session}/position?progress=1"
    for _ in range(300):
        try:
            ask(port, path, 0.0, 0.2, [])
            break
        except OSError:
            time.sleep(0.2)

    def write() -> None:
        n = 0
        while not over.wait(1 / 3):
            say(database, session, [answer(session, n := n + 1)])

    writer = threading.Thread(target=write)
    writer.start()
    for name, asked in 2 * (("position", path), ("healthz ", "/healthz")):
        print(f"{PEOPLE} people, {name}: {round_of(port, asked, PEOPLE, PERIOD, SECONDS)}", flush=True)
    for name, asked in 2 * (("position", path), ("healthz ", "/healthz")):
        print(f"flat out,  {name}: {round_of(port, asked, PEOPLE, 0.0, 4.0)}", flush=True)
    over.set()
    writer.join()


if __name__ == "__main__":
    main()
