"""What the company changed: deployments, robots' version bumps, settings, infrastructure, fixes and reverts."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.frames import CHANGES
from opex.sources.sample import texts
from opex.sources.sample.columns import CHANGE_COLUMNS, canonical
from opex.sources.sample.times import END, START, draw
from opex.sources.sample.world import PRODUCTION, Times, as_times, picks, picks_by, planted, seconds, stream, world

_COLUMNS = ["kind", "body", "system", "environment", "started", "outcome", "reverts_key", "automated", "truth", "key"]
_WEEKS = 104
_STAGED = 0.52  # share of deployments that are first tried in staging
_WITHOUT_SYSTEM = 0.58
_FIXED = 0.25  # share of production's incidents after which somebody changes something


def deployments(seed: int) -> pd.DataFrame:
    """Deployments to production by people, with the share that breaks something marked in ``truth``."""
    rng = stream(seed, "deployments")
    systems = [s["name"] for s in world()["systems"] for _ in range(rng.poisson(s["deployments"] * _WEEKS))]
    frame = _draft(rng, systems, "deployment", _bodies(rng, systems), draw(rng, len(systems), "office"))
    risky = planted()["risky"]
    breaks = (frame["system"] == risky["system"]) & (rng.random(len(frame)) < risky["share"])
    breaks &= frame["started"] < END - np.timedelta64(3, "h")
    return frame.assign(truth=np.where(breaks, risky["id"], ""), key=range(len(frame)))


def times_of_trouble(seed: int, deployed: pd.DataFrame) -> Times:
    """When the incidents began that the risky deployments brought: 4 to 110 minutes after."""
    starts = as_times(deployed.loc[deployed["truth"] != "", "started"])
    after: Times = starts + seconds(stream(seed, "trouble").uniform(4, 110, size=len(starts)) / 60)
    return after


def all_changes(seed: int, deployed: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """Every change as the tools would export them, in order of time.

    Beside the canonical columns: ``home``, the system even where the tools would not say it, and ``truth``.
    """
    repairs = _repairs(seed, deployed, incidents)
    taken_back = deployed["key"].isin(repairs["reverts_key"])
    deployed = deployed.assign(outcome=deployed["outcome"].mask(taken_back, "rolled_back"))
    frame = pd.concat([deployed, _staged(seed, deployed), _robots(seed), _settings(seed), _the_fix(), repairs])
    frame = frame[(frame["started"] >= START) & (frame["started"] < END)]
    return _published(seed, frame.sort_values("started", kind="stable").reset_index(drop=True))


def _draft(
    rng: np.random.Generator, systems: list[str], kind: str, bodies: list[str], times: Times, **columns: Any
) -> pd.DataFrame:
    outcomes = np.where(rng.random(len(systems)) < 0.03, "failed", "succeeded")
    usual: dict[str, Any] = {"environment": PRODUCTION, "reverts_key": -1, "automated": False, "truth": "", "key": -1}
    given = {"kind": kind, "body": bodies, "system": systems, "started": times, "outcome": outcomes}
    return pd.DataFrame({**usual, **given, **columns}, index=range(len(systems)))[_COLUMNS]


def _topics() -> dict[str, list[str]]:
    return {system["name"]: system["topics"] for system in world()["systems"]}


def _bodies(rng: np.random.Generator, systems: list[str]) -> list[str]:
    """What a deployment or a commit is called; an empty one will be named by its version."""
    verbs = picks(rng, world()["changes"]["verbs"], len(systems))
    topics = picks_by(rng, systems, _topics())
    named = rng.random(len(systems)) < 0.68
    return [f"{verb} {topic}" if use else "" for verb, topic, use in zip(verbs, topics, named, strict=True)]


def _staged(seed: int, deployed: pd.DataFrame) -> pd.DataFrame:
    """The trial in staging, hours before."""
    rng = stream(seed, "staged")
    tried = deployed[rng.random(len(deployed)) < _STAGED]
    earlier = as_times(tried["started"]) - seconds(rng.uniform(0.7, 26, size=len(tried)))
    environments = np.where(rng.random(len(tried)) < 0.8, "staging", "test")
    return _draft(
        rng, tried["system"].tolist(), "deployment", tried["body"].tolist(), earlier, environment=environments
    )


def _robots(seed: int) -> pd.DataFrame:
    """Version bumps by robots, most of them outside production."""
    rng = stream(seed, "robots")
    count = world()["volumes"]["robot_changes"]
    systems = picks(rng, list(_topics()), count)
    libraries = picks(rng, world()["changes"]["libraries"], count)
    numbers = rng.integers(0, 30, size=(count, 3))
    bodies = [
        f"Bump {library} from {major}.{minor}.{patch} to {major}.{minor + 1}.0"
        for library, (major, minor, patch) in zip(libraries, numbers, strict=True)
    ]
    environments = np.array(picks(rng, ["staging", "staging", "test", PRODUCTION], count), dtype=object)
    risky = np.array(systems, dtype=object) == planted()["risky"]["system"]
    environments[risky & (environments == PRODUCTION)] = "staging"  # people deploy that one
    times = draw(rng, count, "any")
    return _draft(rng, systems, "deployment", bodies, times, environment=environments, automated=True)


def _settings(seed: int) -> pd.DataFrame:
    """Settings and infrastructure."""
    rng = stream(seed, "settings")
    parts = []
    for kind in ("configuration", "infrastructure"):
        count = world()["volumes"][f"{kind}_changes"]
        systems = picks(rng, list(_topics()), count)
        bodies = texts.filled(picks(rng, world()["changes"][kind], count), texts.rows_of_words(rng, count))
        environments = picks(rng, [PRODUCTION, PRODUCTION, "staging", "test"], count)
        times = draw(rng, count, "office")
        parts.append(_draft(rng, systems, kind, bodies, times, environment=environments))
    return pd.concat(parts)


def _the_fix() -> pd.DataFrame:
    """The change that ended a problem for good."""
    fix = planted()["fix"]
    at = np.array([fix["at"].replace(tzinfo=None)], dtype="datetime64[s]")
    marked = {"truth": fix["id"], "outcome": "succeeded"}
    return _draft(np.random.default_rng(0), [fix["system"]], "deployment", [fix["title"]], at, **marked)


def _repairs(seed: int, deployed: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """Fixes soon after incidents; about half of the risky deployments are taken back."""
    rng = stream(seed, "repairs")
    started, resolved = as_times(incidents["started"]), as_times(incidents["resolved"])
    hours = (resolved - started) / np.timedelta64(1, "h")
    eligible = (incidents["environment"] == PRODUCTION) & ~incidents["planned"] & (hours < 30)
    chosen = incidents[eligible & (rng.random(len(incidents)) < _FIXED)]
    part = rng.uniform(0.4, 0.95, size=len(chosen))
    times = as_times(chosen["started"]) + seconds(hours[chosen.index] * part)
    systems = chosen["system"].tolist()
    rows = texts.rows_of_words(rng, len(chosen))
    for row, topic in zip(rows, picks_by(rng, systems, _topics()), strict=True):
        row["topic"] = topic
    bodies = texts.filled(picks(rng, world()["changes"]["fixes"], len(chosen)), rows)
    kinds = picks(rng, ["deployment", "configuration"], len(chosen))
    fixes = _draft(rng, systems, "deployment", bodies, times).assign(kind=kinds)
    return pd.concat([fixes, _reverts(rng, deployed)])


def _reverts(rng: np.random.Generator, deployed: pd.DataFrame) -> pd.DataFrame:
    risky = deployed["truth"] != ""
    chosen = deployed[rng.random(len(deployed)) < np.where(risky, 0.5, 0.015)]
    times = as_times(chosen["started"]) + seconds(rng.uniform(2.1, 6, size=len(chosen)))
    bodies = [f'Revert "{body}"' if body else "Roll back to the version before" for body in chosen["body"]]
    return _draft(rng, chosen["system"].tolist(), "deployment", bodies, times, reverts_key=chosen["key"].to_numpy())


def _published(seed: int, frame: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "published changes")
    count = len(frame)
    ids = [f"CHG-{i + 1:05d}" for i in range(count)]
    of_key = {key: source_id for key, source_id in zip(frame["key"], ids, strict=True) if key >= 0}
    started = as_times(frame["started"])
    titles, paths, systems = _traces(rng, frame)
    columns: dict[str, Any] = {
        "source_id": ids,
        "title": titles,
        "system": systems,
        "committed_at": _committed(rng, frame, started),
        "started_at": started,
        "finished_at": _finished(rng, started),
        "reverts": [of_key.get(key) if key >= 0 else None for key in frame["reverts_key"]],
        "actor": _actors(rng, frame["automated"].to_numpy(dtype=bool)),
        "paths": paths,
    }
    kept = frame.assign(home=frame["system"], **columns)[[*CHANGE_COLUMNS, "home", "truth"]]
    return canonical(kept, CHANGES)


def _traces(rng: np.random.Generator, frame: pd.DataFrame) -> tuple[list[str], list[str | None], list[str | None]]:
    """Titles, paths and systems: where the system is left empty, the title or the path tells, or both."""
    hidden = rng.random(len(frame)) < _WITHOUT_SYSTEM
    mode = rng.random(len(frame))
    versions = rng.integers(0, 40, size=(len(frame), 2))
    bumped = frame["automated"].to_numpy(dtype=bool)
    with_path = np.where(hidden, mode < 0.8, mode < 0.35) | bumped
    prefixed = np.where(hidden, (mode >= 0.45) & ~bumped, mode > 0.6)
    titles = [
        _title(system, body, f"{year}.{patch}", named)
        for system, body, (year, patch), named in zip(frame["system"], frame["body"], versions, prefixed, strict=True)
    ]
    folders = picks_by(rng, frame["system"].tolist(), {s["name"]: s["paths"] for s in world()["systems"]})
    paths = [folder if use else None for folder, use in zip(folders, with_path, strict=True)]
    aliases = picks_by(rng, frame["system"].tolist(), {s["name"]: s["aliases"] for s in world()["systems"]})
    names = np.where(rng.random(len(frame)) < 0.05, aliases, frame["system"].tolist())
    return titles, paths, [None if hide else str(name) for hide, name in zip(hidden, names, strict=True)]


def _title(system: str, body: str, version: str, named: bool) -> str:
    if not body:
        return f"deploy {system} {version}" if named else f"Release {version}"
    if body.startswith(f"{system}:"):
        return body
    return f"{system}: {body[0].lower()}{body[1:]}" if named else body


def _committed(rng: np.random.Generator, frame: pd.DataFrame, started: Times) -> Times:
    """Code is written hours to days before; settings are often changed in place."""
    hours = 9 * np.exp(rng.normal(0, 1.1, size=len(frame)))
    written = np.maximum(started - seconds(hours), START)
    in_place = (frame["kind"] != "deployment").to_numpy(dtype=bool) & (rng.random(len(frame)) < 0.6)
    return np.where(in_place, np.datetime64("NaT"), written)


def _finished(rng: np.random.Generator, started: Times) -> Times:
    finished = started + seconds(rng.uniform(3, 35, size=len(started)) / 60)
    unknown = (rng.random(len(started)) < 0.06) | (finished >= END)
    return np.where(unknown, np.datetime64("NaT"), finished)


def _actors(rng: np.random.Generator, automated: NDArray[np.bool_]) -> list[str]:
    """Hashes, so that no person's name is in the sample; a few robots, some forty people."""
    people = [f"{number:08x}" for number in rng.integers(0, 2**32, size=40)]
    robots = [f"{number:08x}" for number in rng.integers(0, 2**32, size=3)]
    return [
        robot if is_robot else person
        for robot, person, is_robot in zip(
            picks(rng, robots, len(automated)), picks(rng, people, len(automated)), automated, strict=True
        )
    ]
