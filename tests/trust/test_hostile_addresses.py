"""Trust row 19: addresses, ways out and statements in place of files, names and ids are refused or kept as typed.

The commands run in a process in which Python tells of every file that is opened and every connection that is tried
(audit hooks), in the process that reads files as well. So "before anything is opened" is looked at and not believed.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.services import loading, syncing
from opex.services.context import Context
from opex.services.loading import Asked
from opex.sources.aws.s3 import file_name
from opex.store import facts
from opex.store.checking import check
from tests.conftest import ROOT
from tests.trust import builders as b
from tests.trust.test_hostile_texts import HOSTILE

Figure = Callable[[str], None]
SECRET = "env-canary-c0de"
KINDS = ("incidents", "changes", "metrics")

WATCHED = """
import os, sys
_log = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_told = {"open", "os.listdir", "os.scandir", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname",
         "socket.sendto", "urllib.Request", "subprocess.Popen"}
def _note(event, arguments):
    if event in _told:
        about = arguments[1] if event == "socket.connect" else arguments[0]
        os.write(_log, f"{event}\\t{about}\\n".encode(errors="replace"))
sys.addaudithook(_note)
"""
COMMANDS = """
import contextlib, io, json, sys
from opex import cli
for line in sys.stdin:
    sys.argv = ["opex", *json.loads(line)]
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
        except BaseException as bug:
            status = repr(bug)
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass(frozen=True)
class Told:
    """What a command did: its exit, what it wrote, what it opened, where it wanted to connect."""

    status: object
    out: str
    err: str

    @property
    def is_refusal(self) -> bool:
        """One sentence and exit 1."""
        one = self.err.count("\n") == 1 and self.err.endswith(".\n")
        return (self.status, self.out, one, "Traceback" in self.err) == (1, "", True, False)


@dataclass
class Watch:
    """Commands in a process that is watched."""

    folder: Path

    def run(self, commands: list[list[str]]) -> list[Told]:
        """Run them one after the other."""
        (self.folder / "hook").mkdir(exist_ok=True)
        (self.folder / "hook" / "sitecustomize.py").write_text(WATCHED)
        variables = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
            "PYTHONPATH": f"{self.folder / 'hook'}{os.pathsep}{ROOT}", "WATCHED": str(self.folder / "watched"),
            "OPEX_WORKSPACE": f"sqlite:///{self.folder / 'workspace.db'}", "SOME_SECRET": SECRET,
            "AWS_EC2_METADATA_DISABLED": "false",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS], input="".join(json.dumps(c) + "\n" for c in commands), text=True,
            cwd=self.folder / "cwd", env=variables, capture_output=True, timeout=250, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [Told(*json.loads(line)) for line in done.stdout.splitlines()]

    def _noted(self, *events: str) -> list[str]:
        lines = (self.folder / "watched").read_text(errors="replace").splitlines()
        pairs = [line.split("\t", 1) for line in lines if "\t" in line]
        return [about for event, about in pairs if event in events]

    @property
    def network(self) -> list[str]:
        """Connections and look-ups of names; those that stay within the machine's own sockets are none."""
        asked = self._noted("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
        return asked + self._noted("urllib.Request")

    @property
    def opened(self) -> set[str]:
        """Files and folders that were opened."""
        return set(self._noted("open", "os.listdir", "os.scandir"))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """A process to watch, in a folder beside which lies what must not be read."""
    (tmp_path / "cwd").mkdir()
    b.written(tmp_path / "outside.csv", b.incidents(900, 905, title="from outside"))
    return Watch(tmp_path)


def not_refused(commands: list[list[str]], told: list[Told]) -> list[tuple[list[str], Told]]:
    assert len(told) == len(commands)
    return [(command, one) for command, one in zip(commands, told, strict=True) if not one.is_refusal]


# --- addresses --------------------------------------------------------------------------------------------------

ADDRESSES = [
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "FILE:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http:/169.254.169.254/latest/meta-data",
    "https://evil.example/incidents.csv",
    "ftp://evil.example/incidents.csv",
    "gopher://127.0.0.1:6379/_INFO",
    "smb://server/share/incidents.csv",
    "data:text/csv,id,title",
    "jdbc:postgresql://db/opex",
    "s3://169.254.169.254/latest",
    "s3://2852039166/latest",
    "s3://[::1]/x",
    "s3://127.0.0.1:9000/bucket",
    "s3://user:word@bucket/x",
    "s3://bucket/../other",
    "s3://bucket/a/../../b",
    "s3://bucket/a\\..\\b",
    "s3://../etc",
    "s3:///etc/passwd",
    "S3://bucket/x",
    "s3://Bucket_Name/x",
    "s3://arn:aws:s3:::bucket/x",
    "s3://bucket.s3.evil.example#/x",
    "\\\\server\\share\\incidents.csv",
    "//server/share/incidents.csv",
    "",
]


def test_an_address_in_place_of_a_file_is_refused_before_anything_is_asked(watch: Watch, figure: Figure) -> None:
    commands = [["import", kind, address] for address in ADDRESSES for kind in KINDS]
    assert not_refused(commands, watch.run(commands)) == []
    assert watch.network == []
    assert {"/etc/passwd", str(watch.folder / "outside.csv")} & watch.opened == set()
    figure(f"{len(commands)} imports of addresses: {len(commands)} refused, 0 connections, 0 look-ups of names")


def test_a_source_with_such_an_address_is_not_configured(watch: Watch, figure: Figure) -> None:
    commands = []
    for number, address in enumerate(ADDRESSES):
        file = watch.folder / f"{number}.toml"
        file.write_text(f'name = "n{number}"\nfrom = "s3"\nkind = "incidents"\naddress = {json.dumps(address)}\n')
        commands.append(["sources", "add", str(file)])
    for number, line in enumerate(
        [
            'region = "eu-west-1.evil.example/#"',
            'region = "169.254.169.254"',
            'role_arn = "http://169.254.169.254/"',
            'endpoint_url = "http://169.254.169.254/"',
            'profile = ["../../.aws/credentials"]',
            'timezone = "../../../etc/passwd"',
            'mapping = "../../../etc/passwd"',
            'format = "../../../etc/passwd"\nmapping = "x"',
        ]
    ):
        file = watch.folder / f"field{number}.toml"
        file.write_text(f'name = "f{number}"\nfrom = "s3"\nkind = "incidents"\naddress = "s3://bucket/x"\n{line}\n')
        commands.append(["sources", "add", str(file)])
    commands += [["sources", "add", path] for path in ("/dev/null", "..", "nowhere.toml", "file:///etc/passwd")]
    told = watch.run([*commands, ["sources", "list", "--json"]])
    assert not_refused(commands, told[:-1]) == []
    assert (told[-1].status, json.loads(told[-1].out)) == (0, {"sources": []})
    assert watch.network == []
    assert {"/etc/passwd"} & watch.opened == set()
    figure(f"{len(commands)} sources with hostile addresses and fields: {len(commands)} refused, 0 connections")


@pytest.mark.parametrize(
    "option",
    [
        ["--region", "eu-west-1.evil.example/#"],
        ["--region", "169.254.169.254"],
        ["--role-arn", "http://169.254.169.254/latest"],
        ["--external-id", "x"],
        ["--source", "a:b"],
    ],
    ids=" ".join,
)
def test_an_import_from_s3_with_hostile_options_asks_nobody(watch: Watch, option: list[str]) -> None:
    commands = [["import", "incidents", "s3://bucket/x", *option]]
    assert not_refused(commands, watch.run(commands)) == []
    assert watch.network == []


# --- what is no file --------------------------------------------------------------------------------------------


def test_devices_pipes_and_what_the_system_tells_of_itself_are_refused_without_waiting(
    watch: Watch, figure: Figure
) -> None:
    os.mkfifo(watch.folder / "cwd" / "pipe.csv")
    (watch.folder / "cwd" / "loop.csv").symlink_to("loop.csv")
    (watch.folder / "cwd" / "gone.csv").symlink_to("nowhere.csv")
    (watch.folder / "cwd" / "zero.csv").symlink_to("/dev/zero")
    paths = ["/dev/zero", "/dev/null", "/dev/stdin", "/dev/fd/0", "/proc/self/environ", "/proc/self/mem", "/proc/kmsg",
             "/proc/self/fd", "pipe.csv", "loop.csv", "gone.csv", "zero.csv", "a\x01b.csv",
             "../nowhere/../../nowhere.csv", "~/outside.csv", "$HOME/outside.csv", "|id", "`id`", "*.csv"]  # fmt: skip
    commands = [["import", kind, path] for path in paths for kind in KINDS]
    told = watch.run(commands)
    assert not_refused(commands, told) == []
    assert [one.err for one in told if SECRET in one.err] == []
    assert watch.network == []
    assert {
        "/dev/zero",
        "/proc/kmsg",
        "pipe.csv",
        "zero.csv",
        str(watch.folder / "outside.csv"),
    } & watch.opened == set()
    figure(f"{len(commands)} imports of devices, pipes and links to nothing: {len(commands)} refused at once")


def test_a_name_that_is_too_long_is_refused(watch: Watch) -> None:
    commands = [["import", "incidents", "x" * 300 + ".csv"]]
    assert not_refused(commands, watch.run(commands)) == []


def test_links_and_pipes_inside_a_folder_are_passed_over(watch: Watch) -> None:
    folder = watch.folder / "cwd" / "exports"
    folder.mkdir()
    b.written(folder / "inside.csv", b.incidents(1, 5))
    (watch.folder / "beside").mkdir()
    b.written(watch.folder / "beside" / "b.csv", b.incidents(910, 915))
    (folder / "file.csv").symlink_to(watch.folder / "outside.csv")
    (folder / "folder").symlink_to(watch.folder / "beside")
    (folder / "itself").symlink_to(folder)
    (folder / "zero.csv").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.csv")
    told = watch.run([["import", "incidents", "exports", "--json"]])
    report = json.loads(told[0].out)
    assert (told[0].status, report["loaded"], report["refused"], report["skipped"]) == (0, 5, 0, [])
    never = {watch.folder / "outside.csv", watch.folder / "beside" / "b.csv", folder / "file.csv", folder / "zero.csv"}
    assert {str(path) for path in never} & {os.path.abspath(path) for path in watch.opened} == set()


def test_members_of_an_archive_stay_in_its_folder_whatever_they_are_called(watch: Watch, figure: Figure) -> None:
    names = [
        "../../climbed.csv", "/tmp/opex-canary-absolute.csv", "..\\..\\climbed.csv", "C:\\climbed.csv",  # noqa: S108
        "//server/share/climbed.csv", "a/../../../climbed.csv", "ok.csv", "%2e%2e/climbed.csv", "\u2025/climbed.csv",
    ]  # fmt: skip
    archive = watch.folder / "cwd" / "exports.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for number, name in enumerate(names):
            row = f"id,title,started_at\nINC-{number},t,2026-05-01T10:00Z\n"
            made.writestr(zipfile.ZipInfo(name), row)
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = 0o120777 << 16
        made.writestr(link, str(watch.folder / "outside.csv"))
    before = {path for path in watch.folder.rglob("*") if path.name != "watched"}
    told = watch.run([["import", "incidents", "exports.zip", "--json"]])
    report = json.loads(told[0].out)
    hidden = 1  # "..\\..\\climbed.csv" is one name here, and begins with a dot
    assert (told[0].status, report["loaded"]) == (0, len(names) - hidden)
    assert "from outside" not in told[0].out
    assert {path.name for path in watch.folder.rglob("*climbed*")} == set()
    assert not Path("/tmp/opex-canary-absolute.csv").exists()  # noqa: S108
    new = {path.name for path in watch.folder.rglob("*") if path not in before}
    assert {
        name for name in new if not name.startswith(("workspace.db", "watched", "hook", "sitecustomize", "__pycache__"))
    } == set()
    assert str(watch.folder / "outside.csv") not in watch.opened
    figure(f"{len(names)} members with names that lead out of an archive: read where they belong, 0 files outside")


KEYS = (
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../b.csv",
        "..\\..\\b.csv",
        "C:\\b.csv",
        "a/..",
        "a/.",
        "..",
        "~",
        "a\x00b",
    ),
    *("a\nb.csv", "x" * 1000 + ".csv", "\u2025/b.csv", ".ssh", "-rf.csv", "con.csv", "a/\u202egnp.csv"),
)


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_key_of_s3_names_one_file_in_the_folder_of_its_fetch(tmp_path: Path, key: str) -> None:
    path = tmp_path / "000001" / file_name(key)
    path.parent.mkdir()
    path.write_bytes(b"x")
    assert path.resolve().parent == tmp_path / "000001"
    assert [found.relative_to(tmp_path).as_posix() for found in tmp_path.rglob("*") if found.is_file()] == [
        f"000001/{file_name(key)}"
    ]


# --- statements -------------------------------------------------------------------------------------------------


def as_typed_or_refused(attempt: Callable[[], Any]) -> str | None:
    """The sentence of a refusal; ``None`` when it was done. Anything else rises."""
    try:
        attempt()
    except Refused as refusal:
        return str(refusal)
    return None


def untouched(context: Context, rows: dict[str, int]) -> bool:
    return (check(context.database), facts.counts(context.database)) == ([], rows)


BROKEN = [  # each of them passes in one of the databases already
    pytest.param("a\x00b", id="NUL"),
    pytest.param("a\ud800b", id="half a character"),
]


@pytest.mark.parametrize("text", [*HOSTILE, *BROKEN])
def test_a_statement_in_a_text_of_a_load_is_kept_as_typed_or_refused(
    both_contexts: Context, tmp_path: Path, text: str
) -> None:
    file = b.written(tmp_path / "some.csv", [{"id": "1", "title": "t", "started_at": "2026-05-01T10:00Z"}])

    def load(**said: str) -> object:
        asked = Asked(kind="incidents", **{"source": "desk", **said})
        return loading.load(both_contexts, [file], asked, person=text)

    kept = []
    for name, as_kept in (("source", text), ("system", text), ("environment", text.lower())):
        if as_typed_or_refused(lambda: load(**{"source": f"desk {name}", name: text})) is None:  # noqa: B023
            kept.append(name)
            assert as_kept in facts.read(both_contexts.database, "incidents")[name].tolist()
            assert loading.history(both_contexts)[0].person == text
    assert as_typed_or_refused(lambda: load(format=text)) is not None
    assert as_typed_or_refused(lambda: load(timezone=text)) is not None
    assert untouched(both_contexts, {"incidents": len(kept), "changes": 0, "readings": 0})


@pytest.mark.parametrize("text", [*HOSTILE, *BROKEN])
def test_a_statement_in_a_name_or_an_id_finds_nothing_and_breaks_nothing(
    both_contexts: Context, tmp_path: Path, text: str
) -> None:
    file = b.written(tmp_path / "some.csv", b.incidents(1, 3))
    b.load(both_contexts, file)
    rows = facts.counts(both_contexts.database)
    no_text = "A text holds a NUL or half a character, which no database keeps: write it anew."
    said = as_typed_or_refused(lambda: loading.take_back(both_contexts, text))
    assert said in (f'There is no load "{text}".', no_text)
    assert as_typed_or_refused(lambda: loading.refused_rows(both_contexts, text)) in (None, no_text)
    said = as_typed_or_refused(lambda: syncing.remove(both_contexts, text))
    assert said in (f'There is no source "{text}".', no_text)
    assert as_typed_or_refused(lambda: list(syncing.sync(both_contexts, [text]))) is not None
    columns = {"source_id": "id", "title": "title", "started_at": "started_at"}

    def keep() -> object:
        mapping = Mapping(name=text, kind="incidents", columns=columns)
        return loading.keep_mapping(both_contexts, mapping, [file], Asked(kind="incidents"))

    if as_typed_or_refused(keep) is None:
        assert loading.mappings(both_contexts, "incidents").keys() == {text}
    toml = f'name = {json.dumps(text)}\nfrom = "aws-alarms"\nregion = "eu-west-1"\n'
    if as_typed_or_refused(lambda: syncing.configure(both_contexts, toml)) is None:
        assert list(syncing.configured(both_contexts)) == [text]
        syncing.remove(both_contexts, text)
    assert syncing.configured(both_contexts) == {}
    assert untouched(both_contexts, rows)


OPTIONS = ("--source", "--system", "--environment", "--sheet", "--format", "--timezone", "--mapping")
BY_NAME = ("take-back", "refused-rows", "mapping-of", "sources remove", "sync", "explain")


def test_statements_in_the_words_of_the_command_line_are_kept_or_refused(watch: Watch, figure: Figure) -> None:
    b.written(watch.folder / "cwd" / "some.csv", b.incidents(1, 2))
    commands = []
    for text in [*HOSTILE, "a\udcffb"]:  # the last is what a byte that is no UTF-8 becomes in an argument
        commands += [["import", "incidents", "some.csv", f"{option}={text}"] for option in OPTIONS]
        commands += [[*command.split(), "--", text] for command in BY_NAME]
    told = watch.run([*commands, ["db", "check"]])
    assert told[-1].status == 0
    odd = [
        (command, one)
        for command, one in zip(commands, told, strict=False)
        if one.status != 0 and not replace(one, err=one.err.replace(command[-1].split("=", 1)[-1], "...")).is_refusal
    ]  # a refusal may show what was typed, line breaks included
    assert odd == []
    assert watch.network == []
    figure(
        f"{len(commands)} hostile words on the command line: {sum(t.status == 1 for t in told)} refused, rest as typed"
    )
