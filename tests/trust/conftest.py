"""What the trust suite shares: its size, processes to kill, workspaces on both databases, prepared once."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from opex.services.context import Context
from tests.conftest import ROOT, context_at

FULL = bool(os.environ.get("OPEX_TRUST_FULL"))


def sized(ci: int, full: int) -> int:
    """How often a fault is tried: a few times in CI, as often as the trust table says with OPEX_TRUST_FULL=1."""
    return full if FULL else ci


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it wrote."""

    status: int
    out: bytes
    err: str


class Nursery:
    """Processes of opex, started by a fork of one that has imported everything."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._numbers = folder, count()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.trust.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._files: dict[int, tuple[Path, Path]] = {}

    def _ask(self, request: dict[str, object]) -> dict[str, int]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer: dict[str, int] = json.loads(self._server.stdout.readline())
        return answer

    def start(self, *arguments: object, call: str = "opex", cwd: Path | None = None, **env: str) -> int:
        """Start it and return its process id."""
        number = next(self._numbers)
        files = self.folder / f"{number}.out", self.folder / f"{number}.err"
        for file in files:
            file.touch()  # a child that is killed at once has not opened them
        request = {"call": call, "args": [str(a) for a in arguments], "cwd": str(cwd or self.folder), "env": env}
        pid = self._ask({**request, "out": str(files[0]), "err": str(files[1])})["pid"]
        self._files[pid] = files
        return pid

    def end(self, pid: int) -> Ended:
        """Wait for its end."""
        status = self._ask({"wait": pid})["status"]
        out, err = self._files.pop(pid)
        return Ended(status=status, out=out.read_bytes(), err=err.read_text(errors="replace"))

    def run(self, *arguments: object, call: str = "opex", cwd: Path | None = None, **env: str) -> Ended:
        """Start it and wait for its end."""
        return self.end(self.start(*arguments, call=call, cwd=cwd, **env))

    def close(self) -> None:
        """No more processes."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Start and kill processes of opex."""
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


class Shelf:
    """Workspaces of one kind of database: new ones, and copies of a prepared one."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self.folder, self.server = folder, server

    def _admin(self, statement: str, *names: str) -> None:
        assert self.server is not None
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def new(self) -> str:
        """The URL of a workspace that nobody has opened yet."""
        name = f"opex_{uuid4().hex[:12]}"
        if self.server is None:
            return f"sqlite:///{self.folder / name / 'workspace.db'}"
        self._admin("CREATE DATABASE {}", name)
        return self._url(name)

    def copy(self, url: str) -> str:
        """The URL of a copy of a workspace that nobody has open."""
        made = sa.make_url(url)
        name = f"opex_{uuid4().hex[:12]}"
        if self.server is None:
            (self.folder / name).mkdir()
            shutil.copy(str(made.database), self.folder / name / "workspace.db")
            return f"sqlite:///{self.folder / name / 'workspace.db'}"
        self._admin("CREATE DATABASE {} TEMPLATE {}", name, str(made.database))
        return self._url(name)

    def throw_away(self, url: str) -> None:
        """The workspace is not needed any more."""
        if self.server is None:
            shutil.rmtree(Path(str(sa.make_url(url).database)).parent, ignore_errors=True)
        # On PostgreSQL it goes with the server, when the tests end.

    def _url(self, name: str) -> str:
        url = sa.make_url(str(self.server)).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Workspaces on SQLite, and again on PostgreSQL."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return Shelf(tmp_path_factory.mktemp("workspaces"), server)


@pytest.fixture
def both_contexts(url: str) -> Iterator[Context]:
    """An empty workspace as services see it, on SQLite and again on PostgreSQL."""
    made = context_at(url)
    yield made
    made.database.close()


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure past pytest's capture, so that it can be read in any run."""

    def show(sentence: str) -> None:
        with capsys.disabled():
            print(f"\n[trust] {sentence}")  # noqa: T201 - the figure is what the run is for

    return show
