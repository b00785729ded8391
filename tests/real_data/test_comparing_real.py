"""Systems side by side on real data: what differs is named, and one environment alone is said to be one."""

from pathlib import Path

import pytest

from opex.domain.problems import NotEnoughData
from opex.services import comparing, loading
from opex.services.context import Context
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


def test_githubs_components_are_compared_by_week_and_nothing_is_said_of_environments(
    real_data: Path, context: Context
) -> None:
    path = real_data / "github_statuses" / "incidents.jsonl"
    loading.load(context, [path], Asked(kind="incidents", environment="production"))
    table = comparing.overview(context, "production", "week")
    clear = table[table["q"] <= comparing.CLEAR]
    assert (clear["ratio"] > 1).any()
    assert (clear["ratio"] < 1).any()
    assert (clear["low"] <= clear["ratio"]).all()
    by_changes = comparing.overview(context, "production", "changes").set_index("system")
    assert by_changes["ratio"].isna().all()
    assert by_changes.loc["Actions", "lacks"] == "too little data: 0 changes on each side, 10 needed"
    assert "Visit www" not in set(clear["system"])  # seen once, in 2022
    assert comparing.gaps(context) == NotEnoughData(have=0, need=1, what="test environments with incidents or changes")
    assert isinstance(comparing.drifted(context), NotEnoughData)
