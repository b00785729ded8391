"""Compare, as the page asks for it, on the sample and on one environment alone."""

from pathlib import Path

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.comparing import Comparison, Side
from opex.evidence.drift import Drift
from opex.evidence.gaps import Gaps
from opex.services import comparing
from opex.services.context import Context
from tests.services.sample import sample_in


def test_the_sample_says_which_systems_differ_and_what_staging_never_shows(tmp_path: Path) -> None:
    of = sample_in(tmp_path)
    choices = comparing.choices(of)
    assert choices["environment"].drop_duplicates().tolist() == ["production", "staging", "test"]
    by_changes = comparing.overview(of, "production", "changes")
    assert len(by_changes) == 15
    clear = by_changes[by_changes["q"] <= comparing.CLEAR].set_index("system")["ratio"]
    assert clear["storefront"] < 0.5  # it is changed most
    assert clear["platform"] > 1.5
    by_week = comparing.overview(of, "production", "week")
    assert by_week.loc[by_week["q"] <= comparing.CLEAR, "ratio"].between(0.3, 3).all()

    live, trial = (Side(name=name, environments=frozenset({name})) for name in ("production", "staging"))
    found = comparing.compared(of, live, trial)
    assert isinstance(found, Comparison)
    table = comparing.side_by_side(found).set_index("measure")
    assert table.loc["systems", ["one", "other"]].tolist() == ["15", "15"]
    assert table.loc["episodes a week, of one system", "ratio"] > 4

    months = comparing.months(of, "production")
    assert (months["system"].nunique(), months["month"].nunique(), len(months)) == (15, 12, 180)
    assert months["month"].max() == pd.Timestamp("2026-06-01")

    gaps = comparing.gaps(of)
    assert isinstance(gaps, Gaps)
    never = [one.name for one in gaps.classes if one.kind == "category" and one.tests == 0]
    assert never == ["concurrency"]

    drifted = comparing.drifted(of)
    assert isinstance(drifted, Drift)
    kinds = {one.kind: one for one in drifted.kinds}
    assert kinds["deployment"].tried > 20 * kinds["deployment"].tried_after  # trials are planted
    assert kinds["configuration"].tried <= 5  # and here none
    assert len(comparing.judged_changes(drifted, "deployment")) == 1000


def test_an_empty_workspace_has_nothing_to_compare(context: Context) -> None:
    assert comparing.choices(context).empty
    assert comparing.overview(context, "production", "week").empty
    assert comparing.months(context, "production").empty
    assert isinstance(comparing.gaps(context), NotEnoughData)
    assert isinstance(comparing.drifted(context), NotEnoughData)
