"""``opex changes-to-incidents``: what the evidence says before anything is ranked."""

from typing import Annotated

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import moment_of, open_context, say, show_json
from opex.domain.problems import NotEnoughData, Refused
from opex.evidence.linking import SystemAfter
from opex.services import linking

__all__ = ["app"]

app = typer.Typer()


@app.command("changes-to-incidents")
def changes_to_incidents(
    window: Annotated[str, typer.Option(help="How long after a change an incident may be its doing.")] = "24h",
    who: Annotated[linking.Who, typer.Option(help="Whose changes count.")] = "all",
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Does a system's own changing bring incidents? Beside what chance would give."""
    hours = linking.window_of(window)
    context, then = open_context(workspace), moment_of(as_of)
    found = linking.linked(context, window_hours=hours, who=who, as_of=then)
    if isinstance(found, NotEnoughData):
        raise Refused("There is nothing to compare yet: load incidents and changes first.")
    if as_json:
        show_json(linking.document(found))
        return
    if not found.systems:
        say(linking.apart(context, then) or "No system has both incidents and changes: name their systems.")
    for one in found.systems:
        say(f"{one.system}, {one.environment}: {_told(one, window)}")


def _told(one: SystemAfter, window: str) -> str:
    after, at = one.after, one.at
    if after is None:
        return f"too little data ({one.lacks})."
    seen = (
        f"{after.seen[at]} of {after.outcomes} episodes began within {window} after a change; "
        f"chance would give {after.expected[at]:.1f}"
    )
    if one.q_value != one.q_value:
        return f"{seen}; too few to say more."
    ratio = "" if after.ratio[at] != after.ratio[at] else (
        f"; the rate is {after.ratio[at]:.1f} times that of other hours ({after.low[at]:.1f} to {after.high[at]:.1f})"
    )  # fmt: skip
    return f"{seen}{ratio}; q {one.q_value:.3f}."
