"""``opex sessions`` and ``opex minutes``: the review sessions there are, and what a session leaves on paper."""

from pathlib import Path
from typing import Annotated, Any

import typer

from opex.cli.options import Json, Workspace
from opex.cli.terminal import iso, open_context, say, show_json, write
from opex.export.minutes import AUDIENCES, MINUTES_FORMATS
from opex.review.sessions import STATES, Session
from opex.services import minutes as services
from opex.services import session_reading

__all__ = ["app"]

app = typer.Typer()


@app.command()
def sessions(workspace: Workspace = None, as_json: Json = False) -> None:
    """The review sessions, newest first: id, when it was planned, its state and title."""
    found = session_reading.sessions(open_context(workspace))
    if as_json:
        show_json({"sessions": [_head(one) for one in found]})
        return
    for one in found:
        told = f"{len(one.plan.items)} opportunities, {len(one.plan.participants)} people"
        say(
            f"{one.id}  {one.at['prepare']:%Y-%m-%d}  {STATES[one.state]}  “{' '.join(one.plan.title.split())}”  {told}"
        )


def _head(of: Session) -> dict[str, Any]:
    return {
        "id": of.id, "title": of.plan.title, "state": of.state, "facilitator": of.facilitator, "due": of.plan.due,
        "cut": of.plan.cut, "items": list(of.plan.items), "participants": dict(of.plan.participants),
        "at": {state: iso(at) for state, at in of.at.items()}, "rankings": dict(of.rankings),
    }  # fmt: skip


@app.command()
def minutes(
    session: Annotated[str, typer.Argument(help="A session's id: `opex sessions` lists them.")],
    format: Annotated[str, typer.Option(help=f"One of {', '.join(MINUTES_FORMATS)}.")] = "markdown",
    audience: Annotated[str, typer.Option("--for", help=f"For whom: one of {', '.join(AUDIENCES)}.")] = "minutes",
    output: Annotated[Path | None, typer.Option(help="A file, whole or not at all; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The minutes of a session, or the pack for an audience, made from what happened."""
    _, content = services.written(open_context(workspace), session, format=format, audience=audience)
    write(content, output)
