"""``opex backtest``: what is expected next, and how well that list would have worked in the past."""

from typing import Annotated

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import moment_of, open_context, say, show_json
from opex.domain.problems import NotEnoughData, Refused
from opex.services import forecasting

__all__ = ["app"]

app = typer.Typer()
UNITS = {"count": "incidents", "hours": "hours lost", "severity": "severity points"}


@app.command("backtest")
def backtest(
    by: Annotated[forecasting.By, typer.Option(help="What is listed.")] = "system",
    period: Annotated[forecasting.Period, typer.Option(help="What a list is for.")] = "quarter",
    pain: Annotated[forecasting.Pain, typer.Option(help="What counts.")] = "count",
    k: Annotated[int, typer.Option(min=1, help="Length of the lists.")] = 5,
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What is expected next, and how much of the pain the first K would have held in the past."""
    context, moment = open_context(workspace), moment_of(as_of)
    found = forecasting.backtested(context, by=by, period=period, pain=pain, k=k, as_of=moment)
    if isinstance(found, NotEnoughData):
        raise Refused(f"There is nothing to hold a list against: {found.sentence}.")
    following = forecasting.outlook(context, by=by, period=period, pain=pain, as_of=moment)
    if as_json:
        show_json(forecasting.document(found, by=by, period=period, pain=pain, next_one=following))
        return
    say(forecasting.track_record(found, period))
    called = forecasting.lists(period)
    for name in ("mean", "random"):
        say(f"{called[name].capitalize()}: {found.methods[name]:.0%}; {forecasting.points(found.gains[name])}.")
    if not isinstance(following, NotEnoughData):
        say(f"Expected in {forecasting.named(following.begin, period)}, {UNITS[pain]}:")
        for row in following.table.head(k).to_dict("records"):
            say(f"  {row['subject']}: {row['expected']:.1f} ({row['low']:.0f} to {row['high']:.0f})")
