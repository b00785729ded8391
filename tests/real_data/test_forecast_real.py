"""How well the first five held on real organisations' incidents; the rule was fixed before looking."""

from pathlib import Path

import pytest

from opex.services import forecasting, loading
from opex.services.context import Context
from opex.services.forecasting import Backtest, By, Period
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(
    ("folder", "by", "period", "tested", "opex", "last_period", "mean"),
    [
        ("jenkins_infra_status/content", "system", "quarter", 18, 0.63, 0.47, 0.61),
        ("github_statuses", "system", "month", 48, 0.84, 0.78, 0.81),
        ("uci_servicenow_slice", "category", "week", 6, 0.93, 0.91, 0.93),
    ],
)
def test_the_first_five_hold_more_than_the_list_of_the_period_before(
    real_data: Path, context: Context, capsys: pytest.CaptureFixture[str], folder: str, by: By, period: Period,
    tested: int, opex: float, last_period: float, mean: float,
) -> None:  # fmt: skip
    loading.load(context, [real_data / folder], Asked(kind="incidents"))
    found = forecasting.backtested(context, by=by, period=period)
    assert isinstance(found, Backtest)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what the run is for
            f"\n[forecast] {folder}: {forecasting.track_record(found, period)} Beside all before: "
            f"{forecasting.points(found.gains['mean'])}. Intervals held {found.covered:.2f}; of newcomers "
            f"{found.newcomers:.2f}; of no subject {found.outside:.2f}; without pain {found.skipped}"
        )
    assert len(found.periods) == tested
    assert [round(found.methods[name], 2) for name in ("opex", "last_period", "mean")] == [opex, last_period, mean]
    assert found.gains["last_period"].mean > 0
    assert found.gains["mean"].high >= 0
