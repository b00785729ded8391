"""Trends of the sample data: what was planted is named, and what is near can be read."""

from pathlib import Path

from opex.domain.problems import NotEnoughData
from opex.services import trending
from opex.services.context import Context
from tests.services.sample import sample_in


def test_what_was_planted_in_the_sample_is_named(tmp_path: Path) -> None:
    context = sample_in(tmp_path)
    found = trending.trending(context)
    assert not isinstance(found, NotEnoughData)
    named = {(one.series.kind, one.series.system, one.series.metric): one for one in found if one.trend is not None}
    grown = named["incidents", "customer-accounts", None]
    assert grown.trend is not None
    assert grown.trend.turned == "worse"
    assert {key[1:] for key in named if key[0] == "metric"} == {
        ("checkout", "latency_p95"),
        ("message-bus", "queue_depth"),
    }
    changes, incidents = trending.near_it(context, grown)
    assert "actor" not in changes
    assert set(incidents["system"]) <= {"customer-accounts"}
    assert incidents["hours"].notna().all()
    drawn = trending.points(grown)
    assert drawn["value"].sum() == grown.series.values.sum()
    table = trending.table(found)
    assert len(table) == len(found)
    assert table.loc[table["lacks"].notna(), "lacks"].str.startswith("too little data: ").all()
    every = trending.watching(context)
    assert not isinstance(every, NotEnoughData)
    stood_out = trending.moments(every)
    assert len(stood_out) <= 0.035 * 26 * len(every) + 5, "daily metrics of noise: one reading in two hundred at most"
    assert stood_out["times"].is_monotonic_decreasing
    context.database.close()


def test_an_empty_workspace_says_so(context: Context) -> None:
    assert isinstance(trending.trending(context), NotEnoughData)
    assert isinstance(trending.watching(context), NotEnoughData)
