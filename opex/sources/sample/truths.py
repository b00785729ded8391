"""What was planted, measured in the data: the table that says what a good finder should have seen."""

from typing import Any, TypedDict

import numpy as np
import pandas as pd

from opex.sources.sample.times import months
from opex.sources.sample.world import PRODUCTION, as_times, planted, world

Truth = TypedDict(
    "Truth",
    {
        "id": str,
        "kind": str,
        "finder": str,
        "statement": str,
        "system": str,
        "environment": str,
        "category": str,
        "metric": str,
        "incidents": list[str],
        "changes": list[str],
        "from": str,
        "to": str,
        "strength": float,
    },
)
WINDOW_HOURS = 2
_MONTH_DAYS = 30


def all_truths(drafts: pd.DataFrame, changes: pd.DataFrame, readings: pd.DataFrame) -> list[Truth]:
    """Every truth, by finder. ``drafts`` have ``source_id``, ``started``, ``resolved``, ``truth`` and no gaps."""
    live = drafts[(drafts["environment"] == PRODUCTION) & ~drafts["planned"]]
    return [
        *(_theme(theme, live, changes) for theme in planted()["themes"]),
        *(_area(area, live) for area in planted()["areas"]),
        *(_slow(name, slow, live) for name, slow in planted()["others"].items()),
        *(_trend(metric, readings) for metric in world()["metrics"] if "truth" in metric),
        _growth(live),
        _risky(live, changes),
        _harmless(live, changes),
        _gap(live, int(((drafts["environment"] == "staging") & ~drafts["planned"]).sum())),
        _burst(live),
    ]


def _day(instant: Any) -> str:
    return f"{np.datetime64(instant, 'D')}"


def _truth(plan: dict[str, Any], kind: str, finder: str, members: pd.DataFrame, **fields: Any) -> Truth:
    """The truth of these incidents; ``fields`` fill in or win."""
    given: dict[str, Any] = {
        "id": plan.get("id", ""),
        "kind": kind,
        "finder": finder,
        "statement": plan["statement"],
        "system": plan.get("system", ""),
        "environment": PRODUCTION,
        "category": plan.get("category", ""),
        "metric": "",
        "incidents": members["source_id"].tolist(),
        "changes": [],
        "from": _day(members["started"].min()) if len(members) else "",
        "to": _day(members["started"].max()) if len(members) else "",
        "strength": float(len(members)),
    } | fields
    words = {
        "count": len(members),
        "strength": f"{given['strength']:.1f}",
        "exactly": f"{given['strength']:.2f}",
        "change": ", ".join(given["changes"]),
    }
    return Truth(**{**given, "statement": given["statement"].format(**words)})  # type: ignore[typeddict-item]


def _of(live: pd.DataFrame, truth: str) -> pd.DataFrame:
    return live[live["truth"] == truth]


def _theme(theme: dict[str, Any], live: pd.DataFrame, changes: pd.DataFrame) -> Truth:
    ended_by = changes.loc[changes["truth"] == theme["id"], "source_id"].tolist()
    kind, finder = theme.get("kind", "theme"), theme.get("finder", "theme")
    return _truth(theme, kind, finder, _of(live, theme["id"]), changes=ended_by)


def _area(area: dict[str, Any], live: pd.DataFrame) -> Truth:
    """Strength: incidents of the system and category against the median of such cells in production."""
    cells = live.groupby(["system", "category"]).size()
    ratio = cells[area["system"], area["category"]] / cells.median()
    return _truth(area, "area", "area", _of(live, area["id"]), strength=round(float(ratio), 2))


def _slow(name: str, slow: dict[str, Any], live: pd.DataFrame) -> Truth:
    """Strength: the median recovery against that of all systems that are not planted as slow."""
    hours = (as_times(live["resolved"]) - as_times(live["started"])) / np.timedelta64(1, "h")
    is_slow = live["system"].isin([other["system"] for other in planted()["others"].values()])
    ratio = np.nanmedian(hours[live["system"] == slow["system"]]) / np.nanmedian(hours[~is_slow])
    return _truth(slow, "slow_recovery", "slow_recovery", _of(live, name), id=name, strength=round(float(ratio), 2))


def _trend(metric: dict[str, Any], readings: pd.DataFrame) -> Truth:
    """Strength: the mean of the last 30 days against the 30 days before the trend began (180 days without one)."""
    series = readings[_same_series(readings, metric)].set_index("at")["value"]
    last = series.index.max()
    begin = last - pd.Timedelta(days=metric.get("ramp_days", 180) - 1)
    before = series[(series.index >= begin - pd.Timedelta(days=_MONTH_DAYS)) & (series.index < begin)].mean()
    after = series[series.index > last - pd.Timedelta(days=_MONTH_DAYS)].mean()
    real = "trend" in metric
    return _truth(
        {**planted()["trends"][metric["truth"]], "system": metric["system"], "id": metric["truth"]},
        "worsening_metric" if real else "no_trend",
        "worsening_trend" if real else "later",
        _nobody(),
        metric=metric["metric"],
        strength=round(float(after / before), 2),
        **{"from": f"{begin:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"},
    )


def _same_series(readings: pd.DataFrame, metric: dict[str, Any]) -> "pd.Series[bool]":
    same: pd.Series[bool] = (
        (readings["metric"] == metric["metric"])
        & (readings["system"] == metric["system"])
        & (readings["environment"] == metric["environment"])
    )
    return same


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"source_id": [], "started": []})


def _growth(live: pd.DataFrame) -> Truth:
    """Strength: incidents a month in the last two months against the usual number."""
    growth = planted()["growth"]
    members = _of(live, growth["id"])
    recent = int((as_times(members["started"]) >= months()[-3]).sum()) / 2
    ratio = round(recent / growth["usual_a_month"], 2)
    return _truth(growth, "growing_count", "worsening_trend", members, strength=ratio)


def _deployed(changes: pd.DataFrame, drafted: pd.Series, system: str) -> pd.DataFrame:
    return changes[(drafted == system) & (changes["kind"] == "deployment") & (changes["environment"] == PRODUCTION)]


def _risky(live: pd.DataFrame, changes: pd.DataFrame) -> Truth:
    """Strength: the share of the system's deployments to production that an incident of it follows in time."""
    risky = planted()["risky"]
    deployed = _deployed(changes, changes["home"], risky["system"])
    starts = np.sort(as_times(live.loc[live["system"] == risky["system"], "started"]))
    at = as_times(deployed["started_at"])
    followed = np.searchsorted(starts, at + np.timedelta64(WINDOW_HOURS, "h")) > np.searchsorted(starts, at)
    broke = changes.loc[changes["truth"] == risky["id"], "source_id"].tolist()
    share = float(followed.mean())
    truth = _truth(risky, "risky_changes", "later", _of(live, risky["id"]), changes=broke, strength=round(share, 3))
    return {**truth, "statement": risky["statement"].format(strength=f"{100 * share:.0f} %")}


def _harmless(live: pd.DataFrame, changes: pd.DataFrame) -> Truth:
    """Strength: incidents soon after a deployment against the same incidents moved by whole weeks."""
    harmless = planted()["harmless"]
    at = np.sort(as_times(_deployed(changes, changes["home"], harmless["system"])["started_at"]))
    starts = as_times(live.loc[live["system"] == harmless["system"], "started"])
    shifts = [np.timedelta64(weeks, "W") for weeks in range(-10, 11) if weeks]
    by_chance = float(np.mean([_soon_after(starts + shift, at) for shift in shifts]))
    ratio = round(_soon_after(starts, at) / by_chance, 2)
    window = {"from": _day(at[0]), "to": _day(at[-1])}
    return _truth(harmless, "harmless_changes", "later", _nobody(), strength=ratio, **window)


def _soon_after(starts: Any, at: Any) -> int:
    return int((np.searchsorted(at, starts) > np.searchsorted(at, starts - np.timedelta64(WINDOW_HOURS, "h"))).sum())


def _gap(live: pd.DataFrame, in_staging: int) -> Truth:
    gap = planted()["gap"]
    statement = gap["statement"].replace("{elsewhere}", str(in_staging))
    return _truth({**gap, "statement": statement}, "environment_gap", "environment_gap", _of(live, gap["id"]))


def _burst(live: pd.DataFrame) -> Truth:
    """Strength: incidents of the bad month against the mean of the other months."""
    burst = planted()["burst"]
    starts = as_times(live.loc[live["system"] == burst["system"], "started"])
    counts = np.histogram(starts.astype("datetime64[s]").astype(np.int64), bins=months().astype(np.int64))[0]
    bad = int(np.argmax(counts))
    usual = max(float(np.delete(counts, bad).mean()), 1 / len(counts))
    ratio = round(float(counts[bad]) / usual, 2)
    return _truth(burst, "one_off", "later", _of(live, burst["id"]), strength=ratio)
