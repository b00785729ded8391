"""``opex dora``: the four delivery measures, each with its counts, its interval and its rule."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import moment_of, open_context, say, show_json
from opex.domain.problems import NotEnoughData, Refused
from opex.services import delivering

__all__ = ["app"]

app = typer.Typer()
_NAMES = {
    "deployments_per_week": "deployments", "lead_time_hours": "lead time", "change_failure_rate": "failure rate",
    "recovery_time_hours": "recovery",
}  # fmt: skip
NOTHING = "There is nothing to measure yet: load changes first (opex import changes FILE)."


@app.command("dora")
def dora(
    by: Annotated[str, typer.Option(help="Some of system, environment, team, or all.")] = "system,environment",
    period: Annotated[delivering.Period | None, typer.Option(help="A row for each of them; default: in all.")] = None,
    who: Annotated[delivering.Who, typer.Option(help="Whose deployments count.")] = "all",
    kinds: Annotated[str, typer.Option(help="Which kinds of change are deployments, or all.")] = "deployment",
    environment: Annotated[str | None, typer.Option(help="Only this environment.")] = None,
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """How often, how soon, how well and how quickly mended are deployments?"""
    asked: dict[str, Any] = {
        "by": delivering.parts_of(by, delivering.BY, "--by"),
        "kinds": delivering.parts_of(kinds, delivering.ALL_KINDS, "--kinds") or delivering.ALL_KINDS,
        "period": period, "who": who, "environment": environment, "as_of": moment_of(as_of),
    }  # fmt: skip
    context = open_context(workspace)
    if as_json:
        document = delivering.document(context, **asked)
        if isinstance(document, NotEnoughData):
            raise Refused(NOTHING)
        show_json(document)
        return
    found = delivering.delivered(context, **asked)
    if isinstance(found, NotEnoughData):
        raise Refused(NOTHING)
    for row in found.rows.to_dict("records"):
        words = "; ".join(f"{_NAMES[name]} {text}" for name, text in delivering.told(row).items())
        say(f"{_name(row, found.by)}: {words}.")
    for name, rule in found.rules.items():
        say(f"{name}: {rule}")


def _name(row: Mapping[Any, Any], by: Sequence[str]) -> str:
    said = [f"no {name} named" if row[name] != row[name] else str(row[name]) for name in by]
    if row["period"] == row["period"]:
        said.append(str(row["period"]) + ("" if row["complete"] else " (incomplete)"))
    return ", ".join(said) or "all"
