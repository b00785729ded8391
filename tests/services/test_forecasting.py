"""What is expected next and how well such lists held, asked of a workspace."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from opex.domain.problems import NotEnoughData
from opex.services import forecasting
from opex.services.context import Context
from opex.services.forecasting import Backtest, Outlook
from tests.services.sample import sample_in

EARLIER = datetime(2025, 12, 20, tzinfo=UTC)


def test_the_sample_companys_next_month_and_how_well_its_first_five_held(tmp_path: Path) -> None:
    context = sample_in(tmp_path)
    following = forecasting.outlook(context, period="month")
    found = forecasting.backtested(context, period="month")
    assert isinstance(following, Outlook)
    assert isinstance(found, Backtest)
    assert forecasting.named(following.begin, "month") == "June 2026"
    assert (following.end - following.begin).days == 30
    table = following.table
    assert table.columns.tolist() == ["subject", "expected", "low", "high", "so_far", "last_period"]
    assert table["expected"].is_monotonic_decreasing
    assert ((table["low"] <= table["expected"]) & (table["expected"] <= table["high"])).all()
    assert forecasting.expected(context, "system", "month", "count") is table, "kept: the same facts, the same answer"
    assert list(found.methods) == ["opex", "last_period", "mean", "random"]
    assert len(found.periods) == len(forecasting.starts(found)) == following.earlier - 4 - found.skipped
    assert forecasting.track_record(found, "month").startswith("In 18 past months the first 5 held ")


@pytest.mark.parametrize("by", ["system", "category"])
def test_what_was_said_at_an_earlier_instant_is_what_is_told_of_it_today(tmp_path: Path, by: forecasting.By) -> None:
    context = sample_in(tmp_path)
    then, today = (
        forecasting.backtested(context, by=by, period="month", pain="hours", as_of=moment) for moment in (EARLIER, None)
    )
    assert isinstance(then, Backtest)
    assert isinstance(today, Backtest)
    assert len(then.periods) >= 12
    pd.testing.assert_frame_equal(then.periods, today.periods.head(len(then.periods)), check_exact=True)


def test_themes_are_expected_too_by_the_title_of_a_typical_incident(tmp_path: Path) -> None:
    table = forecasting.expected(sample_in(tmp_path), by="theme", period="month")
    assert isinstance(table, pd.DataFrame)
    assert table["subject"].is_unique
    assert "nordpay timeouts" in table["subject"].head(5).tolist(), "planted in the sample data"


def test_too_little_is_an_answer(context: Context, tmp_path: Path) -> None:
    nothing = NotEnoughData(have=0, need=1, what="facts")
    assert forecasting.expected(context) == forecasting.backtested(context) == nothing
    sample = sample_in(tmp_path)
    assert forecasting.backtested(sample, k=50) == NotEnoughData(have=15, need=51, what="systems")
    early = datetime(2024, 12, 1, tzinfo=UTC)
    assert forecasting.expected(sample, as_of=early) == NotEnoughData(have=0, need=4, what="complete quarters")
    assert forecasting.backtested(sample, by="theme", as_of=datetime(2000, 1, 1, tzinfo=UTC)) == NotEnoughData(
        have=0, need=6, what="themes"
    )
