"""``opex choices``: stated against revealed weights, by function."""

import typer

from opex.cli.options import Json, Workspace
from opex.cli.terminal import open_context, say, show_json
from opex.services import choices as services
from opex.services.choices import Implied

__all__ = ["app"]

app = typer.Typer()


@app.command("choices")
def choices(workspace: Workspace = None, as_json: Json = False) -> None:
    """What people's duels imply of the weights, beside the stated ones."""
    found = services.choices(open_context(workspace))
    if as_json:
        show_json(services.document(found))
        return
    for group in found.groups:
        say(services.sentence(group))
        for line in _lines(group):
            say(f"    {line}")


def _lines(group: Implied) -> list[str]:
    weights = [
        f"{weight.title}: stated {weight.stated:.0%}, revealed {weight.revealed:.0%} "
        f"({weight.low:.0%} to {weight.high:.0%})" + ("" if weight.told else ", no duel told of it")
        for weight in group.weights
    ]
    return [*weights, *(services.foretold_sentence(one) for one in group.foretold)]
