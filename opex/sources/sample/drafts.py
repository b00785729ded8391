"""Incidents as they were written: what, where and when; times of recovery and the like come in `outcomes`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from opex.sources.sample import texts
from opex.sources.sample.times import END, START, draw, draw_after_expiries, months
from opex.sources.sample.world import (
    PRODUCTION,
    Times,
    as_times,
    deals,
    picks,
    picks_by,
    planted,
    seconds,
    stream,
    subjects_of,
    wordings,
    world,
)

COLUMNS = ["title", "description", "system", "environment", "category", "started", "truth", "factor", "planned"]
_AFTERSHOCK_SYSTEMS = ("storefront", "checkout", "payments", "api-gateway", "search", "message-bus")


def company_incidents(seed: int, risky_times: Times) -> pd.DataFrame:
    """Every incident of the company, in order of time; ``truth`` names the planted truth it belongs to."""
    everyday = pd.concat([_everyday(seed), _growth(seed), _outside_production(seed)])
    parts = [
        _themes(seed),
        _areas(seed),
        _gap(seed),
        _burst(seed),
        _risky(seed, risky_times),
        _mild(seed),
        _planned(seed),
        everyday,
        _aftershocks(seed, everyday),
    ]
    return in_order(_with_everyday_members(pd.concat(parts, ignore_index=True)))


def _with_everyday_members(frame: pd.DataFrame) -> pd.DataFrame:
    """Everyday trouble that happens to be of a planted area's system and category belongs to the area."""
    free = (frame["truth"] == "") & (frame["environment"] == PRODUCTION) & ~frame["planned"]
    truth = frame["truth"]
    for area in planted()["areas"]:
        inside = free & (frame["system"] == area["system"]) & (frame["category"] == area["category"])
        truth = truth.mask(inside, area["id"])
    return frame.assign(truth=truth)


def branch_incidents(seed: int, count: int) -> pd.DataFrame:
    """That many everyday incidents of the branch shops, in order of time."""
    rng = stream(seed, "branches")
    names = branch_names(count)
    subjects = dict.fromkeys(names, world()["branches"]["subjects"])
    environments = np.where(rng.random(count) < 0.88, PRODUCTION, "test")
    frame = _common(rng, picks(rng, names, count) if names else [], list(environments), subjects)
    return in_order(frame)


def branch_names(rows: int) -> list[str]:
    """The branch shops that so many incidents come from."""
    return [f"branch-{i + 1:03d}" for i in range(-(-rows // int(world()["branches"]["rows_each"])))]


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The drafts within the two years, by time, numbered from 0."""
    inside = frame[(frame["started"] >= START) & (frame["started"] < END)]
    return inside.sort_values("started", kind="stable").reset_index(drop=True)


def _frame(count: int, **columns: Any) -> pd.DataFrame:
    """A draft of that many incidents in production; the columns given win."""
    usual: dict[str, Any] = {"environment": PRODUCTION, "truth": "", "factor": 1.0, "planned": False}
    return pd.DataFrame({**usual, **columns}, index=range(count))[COLUMNS]


def _common(
    rng: np.random.Generator,
    systems: Sequence[str],
    environments: Sequence[str],
    subjects: dict[str, list[str]],
    times: Times | None = None,
) -> pd.DataFrame:
    """Everyday incidents of these systems, each of a category drawn anew."""
    count = len(systems)
    rows = texts.rows_of_words(rng, count)
    categories = _categories(rng, count)
    texts.add_parts(rng, rows, systems, categories, subjects)
    return _frame(
        count,
        title=texts.as_typed(rng, texts.everyday_titles(rng, rows)),
        description=texts.everyday_descriptions(rng, rows, picks_by(rng, systems, subjects)),
        system=systems,
        environment=environments,
        category=categories,
        started=draw(rng, count, "day") if times is None else times,
    )


def _categories(rng: np.random.Generator, count: int) -> list[str]:
    weights = world()["categories"]
    shares = np.array(list(weights.values()), dtype=float)
    names = list(weights)
    return [names[i] for i in rng.choice(len(names), size=count, p=shares / shares.sum())]


def _everyday(seed: int) -> pd.DataFrame:
    rng = stream(seed, "everyday")
    systems = [s["name"] for s in world()["systems"] for _ in range(s["incidents"])]
    frame = _common(rng, systems, [PRODUCTION] * len(systems), subjects_of())
    for truth, slow in planted()["others"].items():
        rows = frame["system"] == slow["system"]
        frame.loc[rows, "truth"] = truth
        frame.loc[rows, "factor"] = slow["factor"]
    return frame


def _outside_production(seed: int) -> pd.DataFrame:
    rng = stream(seed, "outside production")
    volumes = world()["volumes"]
    environments = ["staging"] * volumes["staging"] + ["test"] * volumes["test"]
    return _common(rng, deals(rng, list(subjects_of()), len(environments)), environments, subjects_of())


def _themes(seed: int) -> pd.DataFrame:
    return pd.concat([_theme(stream(seed, theme["id"]), theme) for theme in planted()["themes"]])


def _theme(rng: np.random.Generator, theme: dict[str, Any]) -> pd.DataFrame:
    count = theme["count"]
    titles, descriptions = texts.dealt_texts(
        rng, texts.rows_of_words(rng, count), theme["titles"], theme["descriptions"]
    )
    return _frame(
        count,
        title=texts.as_typed(rng, titles),
        description=descriptions,
        system=deals(rng, theme.get("systems", [theme["system"]]), count),
        category=theme["category"],
        started=_theme_times(rng, theme["rhythm"], count),
        truth=theme["id"],
    )


def _theme_times(rng: np.random.Generator, rhythm: str, count: int) -> Times:
    if rhythm == "expiry":
        return draw_after_expiries(rng, count)
    if rhythm == "first_year":
        fixed = np.datetime64(planted()["fix"]["at"].replace(tzinfo=None), "s")
        return draw(rng, count, "any", end=fixed.astype("datetime64[D]").astype("datetime64[s]"))
    return draw(rng, count, rhythm)


def _areas(seed: int) -> pd.DataFrame:
    return pd.concat([_wordy(stream(seed, area["id"]), area) for area in planted()["areas"]])


def _gap(seed: int) -> pd.DataFrame:
    gap = planted()["gap"]
    return _wordy(stream(seed, gap["id"]), gap)


def _wordy(rng: np.random.Generator, trouble: dict[str, Any]) -> pd.DataFrame:
    """Trouble of one category that is worded differently each time."""
    count = trouble["count"]
    systems = deals(rng, trouble.get("systems", [trouble["system"]]), count)
    rows = texts.rows_of_words(rng, count)
    titles = texts.filled(deals(rng, trouble["titles"], count), rows)
    return _frame(
        count,
        title=texts.as_typed(rng, titles),
        description=texts.everyday_descriptions(rng, rows, picks_by(rng, systems, subjects_of())),
        system=systems,
        category=trouble["category"],
        started=draw(rng, count, "day"),
        truth=trouble["id"],
    )


def _growth(seed: int) -> pd.DataFrame:
    """Few incidents a month, then more each month until the end."""
    growth, rng = planted()["growth"], stream(seed, "growth")
    firsts = months()
    quiet = len(firsts) - 1 - len(growth["growth"])
    counts = [growth["usual_a_month"]] * quiet + growth["growth"]
    times = [draw(rng, n, "day", a, b) for n, a, b in zip(counts, firsts[:-1], firsts[1:], strict=True)]
    count = sum(counts)
    frame = _common(rng, [growth["system"]] * count, [PRODUCTION] * count, subjects_of(), np.concatenate(times))
    frame["truth"] = np.where(as_times(frame["started"]) >= firsts[quiet], growth["id"], "")
    return frame


def _burst(seed: int) -> pd.DataFrame:
    burst, rng = planted()["burst"], stream(seed, "burst")
    month = np.datetime64(burst["month"], "M")
    times = draw(rng, burst["count"], "day", month.astype("datetime64[s]"), (month + 1).astype("datetime64[s]"))
    count = len(times)
    frame = _common(rng, [burst["system"]] * count, [PRODUCTION] * count, subjects_of(), times)
    return frame.assign(truth=burst["id"])


def _risky(seed: int, times: Times) -> pd.DataFrame:
    risky, rng = planted()["risky"], stream(seed, "risky")
    count = len(times)
    frame = _common(rng, [risky["system"]] * count, [PRODUCTION] * count, subjects_of(), times)
    return frame.assign(truth=risky["id"])


def _mild(seed: int) -> pd.DataFrame:
    """Sorts of trouble that come back a handful of times."""
    rng = stream(seed, "mild")
    parts = []
    for sort in wordings()["mild"]:
        count = int(rng.integers(-2, 3)) + world()["volumes"]["mild_each"]
        rows = texts.rows_of_words(rng, count)
        parts.append(
            _frame(
                count,
                title=texts.as_typed(rng, texts.filled(deals(rng, sort["titles"], count), rows)),
                description=texts.everyday_descriptions(rng, rows, [row["word"] for row in rows]),
                system=picks(rng, sort["systems"], count),
                category=sort["category"],
                started=draw(rng, count, "day"),
            )
        )
    return pd.concat(parts)


def _planned(seed: int) -> pd.DataFrame:
    rng = stream(seed, "planned")
    count = world()["volumes"]["planned"]
    systems = deals(rng, list(subjects_of()), count)
    rows = texts.rows_of_words(rng, count)
    for row, system in zip(rows, systems, strict=True):
        row["system"] = system
    titles, descriptions = texts.dealt_texts(
        rng, rows, wordings()["planned"]["titles"], wordings()["planned"]["descriptions"]
    )
    return _frame(
        count,
        title=titles,
        description=descriptions,
        system=systems,
        environment=picks(rng, [PRODUCTION, PRODUCTION, PRODUCTION, "staging"], count),
        category="maintenance",
        started=draw(rng, count, "evening").astype("datetime64[h]").astype("datetime64[s]"),
        planned=True,
    )


def _aftershocks(seed: int, everyday: pd.DataFrame) -> pd.DataFrame:
    """One trouble makes one to three more in other systems within hours."""
    rng = stream(seed, "aftershocks")
    production = everyday[everyday["environment"] == PRODUCTION]
    causes = production[rng.random(len(production)) < world()["volumes"]["aftershock_share"]]
    causes = causes.iloc[np.repeat(np.arange(len(causes)), rng.integers(1, 4, size=len(causes)))]
    systems = picks(rng, _AFTERSHOCK_SYSTEMS, len(causes))
    times = as_times(causes["started"]) + seconds(rng.uniform(0.2, 5, size=len(causes)))
    frame = _common(rng, systems, [PRODUCTION] * len(causes), subjects_of(), times)
    frame["title"] = _aftershock_titles(rng, systems, frame["category"].tolist(), causes["system"].tolist())
    return frame


def _aftershock_titles(
    rng: np.random.Generator, systems: list[str], categories: list[str], causes: list[str]
) -> list[str]:
    rows = texts.rows_of_words(rng, len(systems))
    texts.add_parts(rng, rows, systems, categories, subjects_of())
    for row, cause in zip(rows, causes, strict=True):
        row["cause"] = f"the {cause} trouble"
    titles = texts.filled(picks(rng, wordings()["background"]["aftershocks"], len(rows)), rows)
    return texts.as_typed(rng, titles)
