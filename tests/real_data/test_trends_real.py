"""Trends and anomalies of real data: few alarms, most of them right, and nothing said on thin evidence."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.anomalies import BUDGETS, compare
from opex.domain.problems import NotEnoughData
from opex.services import loading, trending
from opex.services.context import Context
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


def test_at_few_false_alarms_more_labelled_windows_of_cloudwatch_are_found_than_by_a_z_score(real_data: Path) -> None:
    """Measured once, after the parameters were chosen on seeded metrics; docs/metrics.md has the whole table."""
    rows = compare(real_data / "nab_aws")
    ours, plain = rows[: len(BUDGETS)], rows[len(BUDGETS) :]
    assert {row.windows for row in rows} == {30}
    assert max(row.found for row in ours if row.false_a_week <= 1.5) >= 15
    assert max(row.found for row in plain if row.false_a_week <= 1.5) <= 12
    assert all(row.found / row.windows > 2 * row.chance for row in ours if row.false_a_week < 3)


def test_of_the_jenkins_project_four_series_can_be_judged_and_none_of_them_changed(
    real_data: Path, context: Context
) -> None:
    folder = real_data / "jenkins_infra_status" / "content"
    loading.load(context, [folder], Asked(kind="incidents", environment="production"))
    found = trending.trending(context, as_of=datetime(2026, 8, 19, tzinfo=UTC))  # as with the changes loaded too
    assert not isinstance(found, NotEnoughData)
    judged = {one.series.system for one in found if one.series.lacks is None}
    assert judged == {None, "ci.jenkins.io", "infra.ci.jenkins.io", "release.ci.jenkins.io"}
    assert [one for one in found if one.trend is not None] == []
