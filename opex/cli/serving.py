"""``opex serve``, ``opex db``: the app on this machine, and the state of its database."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from opex.cli.options import Workspace, chosen_workspace
from opex.cli.terminal import open_context, say, who
from opex.domain.people import Person
from opex.domain.problems import Refused
from opex.domain.serving import refusals
from opex.services import backing_up
from opex.services.context import Speaker
from opex.store import checking, database
from opex.workspace import ROOT, asked_address, auth_of, secret_files, serving

__all__ = ["app"]

app = typer.Typer()
db = typer.Typer(no_args_is_help=True, help="The workspace's database.")
app.add_typer(db, name="db")

# A server of many threads: glibc would keep what they freed in up to sixteen heaps, more with each hour.
MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": str(1024**2),
    "MALLOC_MMAP_THRESHOLD_": str(1024**2),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


@app.command()
def serve(
    port: int = 8501,
    address: Annotated[
        str | None, typer.Option(help="Where to listen; other than the loopback only with a sign-in (docs/deploy.md).")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Show the sample data until there is data of one's own.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Open the app: on this machine only, or for a team that signs in."""
    if sample:
        os.environ["OPEX_SAMPLE"] = "1"
    if url := workspace or chosen_workspace():
        os.environ["OPEX_WORKSPACE"] = url
    at, files = asked_address() if address is None else address, secret_files()
    if why := refusals(serving(at, auth_of(files), files)):
        raise Refused("opex does not start.\n" + "\n".join(why))
    arguments = ["run", str(ROOT / "app.py"), "--server.port", str(port), "--server.address", at]
    command = [sys.executable, "-m", "streamlit", *arguments]
    os.execve(sys.executable, command, {**MEMORY, **os.environ})  # noqa: S606 - the server takes this process's place


@db.command("upgrade")
def db_upgrade(workspace: Workspace = None) -> None:
    """Bring the workspace to the newest migration."""
    say(f"The workspace stands at migration {database.current_revision(open_context(workspace).database)}.")


@db.command("check")
def db_check(workspace: Workspace = None) -> None:
    """Show drift and damage; none is exit 0."""
    context = open_context(workspace)
    for warning in checking.warnings(context.database):
        print(warning, file=sys.stderr)
    if findings := checking.check(context.database):
        raise Refused("\n".join(findings))
    say(f"No drift: {context.database.url} is what opex expects.")


@db.command("backup")
def db_backup(file: Annotated[Path, typer.Argument(help="A new file.")], workspace: Workspace = None) -> None:
    """Copy a SQLite workspace into a file while others write (PostgreSQL: pg_dump)."""
    head = backing_up.back_up(open_context(workspace), file)
    say(f"{file} is the workspace as of audit entry {head}")


@db.command("restore")
def db_restore(
    file: Annotated[Path, typer.Argument(help="A file that `opex db backup` wrote.")], workspace: Workspace = None
) -> None:
    """Put a copy in the place of a SQLite workspace; a copy that is not whole is refused."""
    speaker = Speaker(person=Person(name=who(), function="operations"))
    head = backing_up.put_back(open_context(workspace), file, speaker)
    say(f"{file} is put back; the newest audit entry is {head}")
