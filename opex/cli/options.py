"""The options that commands share, and the workspace that is named before the command."""

from typing import Annotated

import typer

__all__ = ["AsOf", "Json", "Workspace", "choose_workspace", "chosen_workspace"]

Workspace = Annotated[str | None, typer.Option(help="A SQLAlchemy URL; default OPEX_WORKSPACE, else var/opex.db.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="An instant, such as 2026-06-30; default: the newest fact.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


_chosen: dict[str, str | None] = {"workspace": None}


def choose_workspace(url: str | None) -> None:
    """The workspace of all commands that name none themselves."""
    _chosen["workspace"] = url


def chosen_workspace() -> str | None:
    """The workspace that was named before the command; ``None`` when none was."""
    return _chosen["workspace"]
