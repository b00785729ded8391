"""``opex forget``: a person's name goes, what was done stays."""

from typing import Annotated

import typer

from opex.cli.options import Json, Workspace
from opex.cli.terminal import open_context, say, show_json, who
from opex.domain.people import Person
from opex.services import forgetting
from opex.services.context import Speaker

__all__ = ["app"]

app = typer.Typer()


@app.command()
def forget(
    name: Annotated[str, typer.Argument(help="The whole name, as it is written here.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Forget a person: "Forgotten person N" stands in their place everywhere, and the history stays."""
    context = open_context(workspace)
    gone = forgetting.forget(context, name, Speaker(person=Person(name=who(), function="operations")))
    facts = forgetting.still_named(context, name)
    if as_json:
        show_json({"name": gone.name, "rows": gone.rows, "facts_that_hold_the_name": facts})
        return
    told = ", ".join(f"{count:,} in {table}" for table, count in gone.rows.items() if count)
    say(f"{gone.name} it is from now on ({told or 'no row named them'}).")
    if any(facts.values()):
        held = " and ".join(f"{count:,} {kind}" for kind, count in facts.items() if count)
        say(f"{held} hold the name as their source wrote it: mend it there and load again, or take the load back.")
    say("Copies elsewhere (backups, exports, server logs) still hold the name.")
