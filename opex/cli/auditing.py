"""``opex audit``: is the log as it was written, its export, and its newest hash to keep elsewhere."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from opex.cli.options import Json, Workspace
from opex.cli.terminal import open_context, say, show_json, text_of, write
from opex.domain.noted import Anchor
from opex.domain.problems import Refused
from opex.services import auditing

__all__ = ["app"]

app = typer.Typer()
audit = typer.Typer(no_args_is_help=True, help="The audit log: who did what, when, from what to what.")
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    anchor: Annotated[str | None, typer.Option(help="NUMBER:HASH, as `opex audit head` printed it.")] = None,
    anchor_file: Annotated[
        Path | None, typer.Option(help="An earlier export, or a file with a NUMBER:HASH at the end of each line.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show what is not as it was written, one sentence each; nothing is exit 0."""
    of = auditing.verify(open_context(workspace), _anchors(anchor, anchor_file))
    if as_json:
        show_json(
            {
                "entries": of.entries, "head": str(of.head), "whole": not of.findings,
                "findings": list(of.findings), "notes": list(of.notes),
            }
        )  # fmt: skip
    else:
        for note in of.notes:
            print(f"Note: {note}", file=sys.stderr)
    if of.findings:
        raise Refused("\n".join([of.sentence] if as_json else of.findings))
    if not as_json:
        say(f"{of.sentence} The newest is {of.head}")


def _anchors(one: str | None, file: Path | None) -> dict[int, str]:
    found = auditing.anchors_of(text_of(file, "anchor file").splitlines(), file.name) if file else {}
    if one:
        anchor = Anchor.of(one)
        found[anchor.seq] = anchor.hash
    return found


@audit.command()
def export(
    output: Annotated[Path | None, typer.Option(help="A file of JSON lines; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The whole log as JSON lines. Kept elsewhere, it is an anchor for `opex audit verify --anchor-file`."""
    write(auditing.export(open_context(workspace)), output)


@audit.command()
def head(workspace: Workspace = None) -> None:
    """The newest entry's NUMBER:HASH, to keep elsewhere: it shows later whether the log was cut off or written anew."""
    say(str(auditing.head(open_context(workspace))))
