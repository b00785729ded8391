"""The slope chart: every label has a line of its own, whatever moved."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.charts.slope import differences, slope


def drawn(chart: Any) -> pd.DataFrame:
    """The rows that the chart draws."""
    document = chart.to_dict()
    [rows] = [rows for rows in document["datasets"].values() if "left" in rows[0]]
    return pd.DataFrame(rows)


def moved(pairs: list[tuple[float, int]]) -> pd.DataFrame:
    rows = [(f"Item {n}", before, after, n == 0) for n, (before, after) in enumerate(pairs)]
    return pd.DataFrame(rows, columns=["title", "before", "after", "most"])


def test_places_beyond_the_first_ones_stand_below_a_gap_in_their_order() -> None:
    rows = drawn(slope(moved([(1, 40), (2, 1), (99, 2), (np.nan, 3)]), first=3)).set_index("title")
    assert rows["left"].fillna(0).to_dict() == {"Item 0": 1, "Item 1": 2, "Item 2": 4.5, "Item 3": 0}
    assert rows["right"].to_dict() == {"Item 0": 4.5, "Item 1": 1, "Item 2": 2, "Item 3": 3}
    assert rows["was"].to_dict() == {"Item 0": "1", "Item 1": "2", "Item 2": "99", "Item 3": "new"}
    assert rows["name"]["Item 0"] == "40  Item 0"


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=20, unique_by=(
    lambda pair: pair[0], lambda pair: pair[1])))  # fmt: skip
def test_no_two_labels_of_a_side_share_a_line(pairs: list[tuple[int, int]]) -> None:
    rows = drawn(slope(moved([(float(before), after) for before, after in pairs]), first=15))
    for side in ("left", "right"):
        lines = np.sort(rows[side])
        assert (np.diff(lines) >= 1).all()
    for side, place in (("left", [before for before, _ in pairs]), ("right", [after for _, after in pairs])):
        order = rows.sort_values(side)["title"].tolist()
        assert order == [f"Item {n}" for n in np.argsort(place)]


def test_differences_of_nothing_at_all_are_drawn() -> None:
    chart = differences(pd.DataFrame({"driver": ["Hours", "Law"], "points": [0.0, 0.0]})).to_dict()
    assert chart["layer"][1]["encoding"]["x"]["scale"]["domain"] == [-0.13, 0.13]
