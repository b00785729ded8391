"""Figures of systems: every measure that is told of systems has a source, with its interval, on the sample data."""

import numpy as np

from opex.domain.drivers import Driver, DriverSet, Scale
from opex.ranking.measures import FIGURES
from opex.services import prioritising
from opex.services.context import Context
from opex.services.figures import COLUMNS, figures
from opex.services.knowing import Known, known


def test_each_figure_is_told_of_systems_with_its_interval(sample: Context, context: Context) -> None:
    now = known(sample)
    assert isinstance(now, Known)
    found = figures(sample, set(FIGURES) | {"rated"}, now.as_of)
    assert set(found) == set(FIGURES)
    for name, table in found.items():
        assert list(table.columns) == COLUMNS, name
        bounded = table.dropna(subset=["low", "high"])
        assert len(bounded), name
        assert (bounded["low"] <= bounded["value"]).all(), name
        assert (bounded["value"] <= bounded["high"]).all(), name
    worst = found["change_failure_rate"].sort_values("value").query("environment == 'production'").iloc[-1]
    assert worst["system"] == "checkout"
    assert figures(context, [], now.as_of) == {}
    assert all(table.empty for table in figures(context, set(FIGURES), now.as_of).values())


def test_a_driver_set_can_rank_by_them_and_shows_their_doubt(sample: Context) -> None:
    failing = Driver(
        name="failing", title="Changes that fail", family="unacceptable issue", definition="Changes fail.",
        measure="change_failure_rate", unit="share", weight=1.0, scale=Scale(zero_at=0.0, one_at=0.3),
    )  # fmt: skip
    board = prioritising.board(sample, drivers=DriverSet(name="delivery", version=1, drivers=(failing,)))
    order = prioritising.reranked(board)  # type: ignore[arg-type]
    first = order.items[0]
    assert first.opportunity.system == "checkout"
    low, high = first.ranges["failing"] or (np.nan, np.nan)
    assert low < (first.values["failing"] or 0) < high
