"""The sample company: the same seed gives the same bytes, and what is said to be planted is in the data."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opex.domain.systems import Catalogue
from opex.frames import CHANGES, INCIDENTS, READINGS, Table, checked, shaped
from opex.sources.sample import Sample, generate, write
from opex.sources.sample.__main__ import main

COMMITTED = Path(__file__).parents[2] / "data" / "sample"
FILES = ["changes.csv", "incidents.csv", "readings.csv", "systems.toml", "truths.toml"]
START, END = pd.Timestamp("2024-07-01", tz="UTC"), pd.Timestamp("2026-07-01", tz="UTC")
MAY_HOLD_NO_INCIDENTS = {"worsening_metric", "no_trend", "harmless_changes"}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate()


@pytest.fixture(scope="module")
def truths(sample: Sample) -> dict[str, dict]:
    return {truth["id"]: truth for truth in sample.truths}


@pytest.fixture(scope="module")
def live(sample: Sample) -> pd.DataFrame:
    """Unplanned incidents in production, systems by their own names, with hours to recovery."""
    rows = sample.incidents[(sample.incidents["environment"] == "production") & ~sample.incidents["planned"]]
    names = Catalogue.from_toml(tomls(sample)).names
    hours = (rows["resolved_at"] - rows["started_at"]) / pd.Timedelta(hours=1)
    return rows.assign(system=rows["system"].str.casefold().map(names), hours=hours)


@pytest.fixture(scope="module")
def deployments(sample: Sample) -> pd.DataFrame:
    """Deployments to production, each with the system that its name, title or paths tell."""
    rows = sample.changes.assign(system=systems_told(sample))
    return rows[(rows["kind"] == "deployment") & (rows["environment"] == "production")]


def tomls(sample: Sample) -> str:
    from opex.sources.sample.files import files

    return files(sample)["systems.toml"]


def systems_told(sample: Sample) -> pd.Series:
    """The one system whose name, alias or pattern a change carries; "none" or "several" otherwise."""
    catalogue = Catalogue.from_toml(tomls(sample))
    patterns = {system.name: re.compile("|".join(system.patterns), re.IGNORECASE) for system in catalogue.systems}

    def told(text: str) -> str:
        found = [name for name, pattern in patterns.items() if pattern.search(text)]
        return found[0] if len(found) == 1 else "several" if found else "none"

    by_text = (sample.changes["title"] + " " + sample.changes["paths"].fillna("")).map(told)
    by_name = sample.changes["system"].str.casefold().map(catalogue.names)
    return by_name.fillna(by_text)


def members(live: pd.DataFrame, truth: dict) -> pd.DataFrame:
    return live[live["source_id"].isin(truth["incidents"])]


def series(sample: Sample, truth: dict) -> pd.Series:
    rows = sample.readings
    same = (rows["metric"] == truth["metric"]) & (rows["system"] == truth["system"])
    return rows[same & (rows["environment"] == truth["environment"])].set_index("at")["value"]


def monthly(rows: pd.DataFrame) -> np.ndarray:
    months = pd.date_range(START, END, freq="MS")
    return np.array([rows["started_at"].between(a, b, "left").sum() for a, b in pairwise(months)])


def share_followed(deployments: pd.DataFrame, incidents: pd.DataFrame) -> float:
    after = [incidents["started_at"].between(at, at + pd.Timedelta(hours=2)).any() for at in deployments["started_at"]]
    return float(np.mean(after))


# ---- the same again ------------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(generate(seed=3), tmp_path / folder)
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_is_another_company_with_the_same_kinds_of_trouble(sample: Sample) -> None:
    other = generate(seed=8)
    assert not other.incidents["title"].equals(sample.incidents["title"])
    assert [truth["id"] for truth in other.truths] == [truth["id"] for truth in sample.truths]


def test_the_committed_files_are_what_the_generator_gives(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes(), f"make {name} anew"


def test_the_command_without_a_folder_says_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "FOLDER" in capsys.readouterr().err


def test_the_committed_files_stay_small() -> None:
    assert sum((COMMITTED / name).stat().st_size for name in FILES) < 2_500_000


# ---- the tables hang together --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "table"), [("incidents", INCIDENTS), ("changes", CHANGES), ("readings", READINGS)])
def test_with_a_source_each_table_is_the_canonical_one(sample: Sample, name: str, table: Table) -> None:
    frame = getattr(sample, name).assign(source="sample")
    assert not frame.duplicated(list(table.key)).any()
    checked(shaped(frame, table), table)


def test_there_is_as_much_as_a_mid_size_company_has(sample: Sample) -> None:
    assert 1_350 <= len(sample.incidents) <= 1_550
    assert 5_200 <= len(sample.changes) <= 5_800
    assert 20 <= sample.readings.groupby(["metric", "system", "environment"]).ngroups <= 30
    assert int(sample.incidents["planned"].sum()) == 60
    assert set(sample.incidents["environment"]) == {"production", "staging", "test"}
    assert sample.changes["kind"].value_counts().min() > 300


def test_times_lie_within_the_two_years_and_in_their_order(sample: Sample) -> None:
    incidents, changes = sample.incidents, sample.changes
    for column in ("started_at", "detected_at", "acknowledged_at", "resolved_at"):
        assert incidents[column].dropna().between(START, END, inclusive="left").all()
    for column in ("committed_at", "started_at", "finished_at"):
        assert changes[column].dropna().between(START, END, inclusive="left").all()
    steps = [("started_at", "detected_at"), ("detected_at", "acknowledged_at"), ("acknowledged_at", "resolved_at")]
    for earlier, later in [*steps, ("started_at", "resolved_at")]:
        assert not (incidents[earlier] > incidents[later]).any()
    assert (incidents["resolved_at"].dropna() > incidents.loc[incidents["resolved_at"].notna(), "started_at"]).all()
    assert not (changes["committed_at"] > changes["started_at"]).any()
    assert not (changes["started_at"] > changes["finished_at"]).any()


def test_an_incident_is_open_exactly_while_it_is_not_resolved(sample: Sample) -> None:
    is_open = sample.incidents["status"] == "open"
    assert is_open.equals(sample.incidents["resolved_at"].isna())
    assert 5 <= is_open.sum() <= 30


def test_cells_are_missing_here_and_there(sample: Sample) -> None:
    for column in ("system", "category", "severity", "detected_at", "acknowledged_at", "team", "description"):
        assert 0 < sample.incidents[column].isna().mean() < 0.2, column


def test_incidents_name_systems_of_the_catalogue_sometimes_by_another_name(sample: Sample) -> None:
    catalogue = Catalogue.from_toml(tomls(sample))
    named = sample.incidents["system"].dropna()
    assert named.str.casefold().isin(list(catalogue.names)).all()
    assert (~named.isin([system.name for system in catalogue.systems])).sum() > 20


def test_half_of_the_changes_name_no_system_yet_title_or_paths_tell_exactly_one(sample: Sample) -> None:
    assert 0.5 < sample.changes["system"].isna().mean() < 0.65
    told = systems_told(sample)
    assert not told.isin(["none", "several"]).any()
    by_name = sample.changes["system"].notna()
    assert told[~by_name].nunique() == 15


def test_a_revert_takes_back_an_earlier_change_that_was_rolled_back(sample: Sample) -> None:
    changes = sample.changes.set_index("source_id")
    reverts = changes[changes["reverts"].notna()]
    taken_back = changes.loc[reverts["reverts"]]
    assert len(reverts) > 20
    assert (taken_back["outcome"] == "rolled_back").all()
    assert (taken_back["started_at"].to_numpy() < reverts["started_at"].to_numpy()).all()


def test_people_change_things_in_office_hours(sample: Sample) -> None:
    people = sample.changes.loc[~sample.changes["automated"] & (sample.changes["kind"] != "deployment"), "started_at"]
    assert ((people.dt.hour.between(7, 18)) & (people.dt.day_of_week < 5)).mean() > 0.9


def test_actors_are_hashes(sample: Sample) -> None:
    assert sample.changes["actor"].str.fullmatch("[0-9a-f]{8}").all()


# ---- what is planted -----------------------------------------------------------------------------------------


def test_the_truths_spread_over_the_finders(sample: Sample) -> None:
    finders = pd.Series([truth["finder"] for truth in sample.truths]).value_counts().to_dict()
    assert finders == {
        "theme": 6,
        "worsening_trend": 4,
        "area": 3,
        "slow_recovery": 3,
        "environment_gap": 1,
        "later": 5,
    }
    kinds = {truth["kind"] for truth in sample.truths if truth["finder"] == "later"}
    assert kinds == {"fixed_problem", "no_trend", "risky_changes", "harmless_changes", "one_off"}


def test_members_exist_in_production_and_belong_to_one_truth_only(sample: Sample, live: pd.DataFrame) -> None:
    every = [member for truth in sample.truths for member in truth["incidents"]]
    assert len(every) == len(set(every))
    assert set(every) <= set(live["source_id"])
    known = set(sample.changes["source_id"])
    for truth in sample.truths:
        assert set(truth["changes"]) <= known
        assert bool(truth["incidents"]) == (truth["kind"] not in MAY_HOLD_NO_INCIDENTS), truth["id"]
        assert "{" not in truth["statement"]


def test_members_are_of_the_system_and_category_named_and_within_from_and_to(
    sample: Sample, live: pd.DataFrame
) -> None:
    for truth in sample.truths:
        rows = members(live, truth)
        for column in ("system", "category"):
            if truth[column]:
                assert (rows[column] == truth[column]).all(), truth["id"]
        if len(rows):
            first, last = (pd.Timestamp(truth[key], tz="UTC") for key in ("from", "to"))
            assert rows["started_at"].between(first, last + pd.Timedelta(days=1), "left").all(), truth["id"]


def test_a_theme_has_twenty_incidents_in_many_wordings(sample: Sample, live: pd.DataFrame) -> None:
    for truth in (t for t in sample.truths if t["finder"] == "theme" or t["kind"] == "fixed_problem"):
        titles = members(live, truth)["title"].str.lower().str.replace(r"[\d]+", "0", regex=True)
        assert len(titles) >= 20
        assert titles.nunique() >= 10


def test_certificates_expire_every_ninety_days(live: pd.DataFrame, truths: dict) -> None:
    days = members(live, truths["theme-gateway-certificates"])["started_at"].sort_values()
    waves = days[days.diff().isna() | (days.diff() > pd.Timedelta(days=10))]
    assert len(waves) == 8
    spacing = waves.diff().dropna() / pd.Timedelta(days=1)
    assert spacing.between(88, 92).all()


def test_the_nightly_batch_hurts_at_night_and_consumers_lag_on_mondays(live: pd.DataFrame, truths: dict) -> None:
    assert members(live, truths["theme-nightly-batch"])["started_at"].dt.hour.between(2, 5).all()
    assert (members(live, truths["theme-consumer-lag"])["started_at"].dt.day_of_week == 0).all()


def test_names_fail_to_resolve_in_many_systems(live: pd.DataFrame, truths: dict) -> None:
    assert members(live, truths["theme-dns"])["system"].nunique() >= 6


def test_an_area_holds_its_whole_cell_many_times_a_usual_one_and_no_wording_repeats_often(
    live: pd.DataFrame, truths: dict
) -> None:
    cells = live.groupby(["system", "category"]).size()
    for name in ("area-search-capacity", "area-warehouse-data", "area-storefront-configuration"):
        truth, rows = truths[name], members(live, truths[name])
        assert len(rows) == cells[truth["system"], truth["category"]]
        assert len(rows) / cells.median() > 6
        masked = rows["title"].str.lower().str.replace(r"\d+", "0", regex=True)
        assert masked.value_counts().max() <= 3


def test_the_slow_systems_take_four_to_eight_times_as_long_and_are_not_more_frequent(
    live: pd.DataFrame, truths: dict
) -> None:
    slow = ["reporting", "catalog", "notifications"]
    others = live[~live["system"].isin(slow)]
    for system in slow:
        rows = live[live["system"] == system]
        ratio = rows["hours"].median() / others["hours"].median()
        assert 4 <= ratio <= 8
        assert truths[f"slow-{system}"]["strength"] == pytest.approx(ratio, rel=0.05)
        assert len(rows) <= others["system"].value_counts().median()


def test_nobody_else_is_slow(live: pd.DataFrame) -> None:
    medians = live.groupby("system")["hours"].median().drop(["reporting", "catalog", "notifications"])
    assert medians.max() / medians.median() < 2


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("trend-checkout-latency", 1.4, 1.7),
        ("trend-queue-depth", 2.2, 2.8),
        ("trend-cache-hits", 0.8, 0.9),
        ("flat-storefront-errors", 0.8, 1.2),
    ],
)
def test_a_metric_has_moved_as_far_as_its_truth_says(
    sample: Sample, truths: dict, name: str, low: float, high: float
) -> None:
    truth = truths[name]
    values = series(sample, truth)
    begin = pd.Timestamp(truth["from"], tz="UTC")
    before = values[(values.index < begin) & (values.index >= begin - pd.Timedelta(days=30))].mean()
    after = values[values.index > values.index.max() - pd.Timedelta(days=30)].mean()
    assert low <= after / before <= high
    assert truth["strength"] == pytest.approx(after / before, abs=0.01)


def test_a_worsening_metric_worsens_month_by_month_without_a_step(sample: Sample, truths: dict) -> None:
    for name in ("trend-checkout-latency", "trend-queue-depth", "trend-cache-hits"):
        values = series(sample, truths[name])
        recent = values[values.index >= pd.Timestamp(truths[name]["from"], tz="UTC")]
        steps = np.diff([part.mean() for part in np.array_split(recent, 6)])
        assert (np.sign(steps) == np.sign(steps.sum())).all(), name
        assert np.abs(steps).max() < 0.45 * np.abs(steps).sum(), name


def test_other_metrics_do_not_worsen(sample: Sample, truths: dict) -> None:
    planted = {(t["metric"], t["system"], t["environment"]) for t in truths.values() if t["kind"] == "worsening_metric"}
    for key, rows in sample.readings.groupby(["metric", "system", "environment"]):
        if key in planted or key[0] == "requests_per_minute":
            continue
        values = rows.set_index("at")["value"]
        half_a_year = values[values.index > values.index.max() - pd.Timedelta(days=180)]
        quarters = [part.mean() for part in np.array_split(half_a_year, 2)]
        assert abs(quarters[1] / quarters[0] - 1) < 0.12, key


def test_incidents_of_customer_accounts_grow_from_two_a_month_to_ten(live: pd.DataFrame, truths: dict) -> None:
    counts = monthly(live[live["system"] == "customer-accounts"])
    assert counts[:16].mean() == pytest.approx(2, abs=0.3)
    assert counts[-1] == 10
    assert truths["trend-account-incidents"]["strength"] == pytest.approx(counts[-2:].mean() / 2, abs=0.3)


def test_a_fifth_of_checkouts_deployments_are_followed_by_trouble(
    live: pd.DataFrame, deployments: pd.DataFrame, truths: dict
) -> None:
    truth = truths["risky-checkout"]
    of_checkout = deployments[deployments["system"] == "checkout"]
    share = share_followed(of_checkout, live[live["system"] == "checkout"])
    assert 0.15 <= share <= 0.30
    assert share == pytest.approx(truth["strength"], abs=0.02)
    assert set(truth["changes"]) <= set(of_checkout["source_id"])
    lead = pd.Timedelta(hours=2)
    at = of_checkout.set_index("source_id").loc[truth["changes"], "started_at"]
    assert all(((at <= start) & (at >= start - lead)).any() for start in members(live, truth)["started_at"])


def test_the_storefront_is_deployed_most_and_no_more_trouble_follows_than_by_chance(
    live: pd.DataFrame, deployments: pd.DataFrame, truths: dict
) -> None:
    assert deployments["system"].value_counts().idxmax() == "storefront"
    assert 0.5 < truths["harmless-storefront"]["strength"] < 1.6
    of_storefront = deployments[deployments["system"] == "storefront"]
    assert share_followed(of_storefront, live[live["system"] == "storefront"]) < 0.06


def test_staging_never_sees_a_concurrency_failure(sample: Sample, live: pd.DataFrame, truths: dict) -> None:
    others = sample.incidents[sample.incidents["environment"] != "production"]
    assert (others["environment"] == "staging").sum() > 150
    assert not (others["category"] == "concurrency").any()
    assert (live["category"] == "concurrency").sum() == len(truths["gap-concurrency"]["incidents"]) == 30


def test_recommendations_ran_out_of_memory_until_the_change_that_is_named(
    sample: Sample, live: pd.DataFrame, truths: dict
) -> None:
    truth = truths["fixed-recommendations-memory"]
    change = sample.changes.set_index("source_id").loc[truth["changes"][0]]
    assert change["started_at"].strftime("%Y-%m") == "2025-06"
    assert truth["changes"][0] in truth["statement"]
    assert (members(live, truth)["started_at"] < change["started_at"]).all()
    later = live[(live["system"] == "recommendations") & (live["started_at"] >= change["started_at"])]
    assert not later["title"].str.contains("out of memory|OOM|memory leak", case=False, regex=True).any()


def test_loyalty_had_one_bad_month_long_ago(live: pd.DataFrame, truths: dict) -> None:
    counts = monthly(live[live["system"] == "loyalty"])
    assert counts.argmax() == 4
    assert counts[4] > 10 * np.delete(counts, 4).mean()
    assert counts[-6:].mean() < 3


def test_everyday_titles_are_worded_anew_nearly_each_time(sample: Sample) -> None:
    planted = {member for truth in sample.truths for member in truth["incidents"]}
    rows = sample.incidents[~sample.incidents["source_id"].isin(planted) & ~sample.incidents["planned"]]
    assert rows["title"].nunique() > 0.97 * len(rows)


# ---- more rows, fewer rows -----------------------------------------------------------------------------------


def test_many_more_incidents_come_from_branches_and_leave_what_is_planted_as_it_was(sample: Sample) -> None:
    large = generate(incidents=20_000)
    assert len(large.incidents) == 20_000
    assert large.truths == sample.truths
    assert large.incidents["started_at"].is_monotonic_increasing
    assert large.incidents["source_id"].is_unique
    branches = large.incidents["source_id"].str.startswith("BR-")
    own = large.incidents[~branches].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, sample.incidents)
    named = {system["name"] for system in large.systems}
    assert set(large.incidents.loc[branches, "system"].dropna()) <= named


@pytest.mark.parametrize("wanted", [1_000, 1])
def test_fewer_incidents_leave_out_everyday_ones_and_never_what_is_planted(sample: Sample, wanted: int) -> None:
    small = generate(incidents=wanted)
    members = {member for truth in sample.truths for member in truth["incidents"]}
    assert len(small.incidents) == max(wanted, len(members))
    assert members <= set(small.incidents["source_id"])


def test_the_files_read_back_as_they_were_written(sample: Sample) -> None:
    times = ["started_at", "detected_at", "acknowledged_at", "resolved_at"]
    read = pd.read_csv(COMMITTED / "incidents.csv", dtype=str, keep_default_na=False)
    assert list(read.columns) == list(sample.incidents.columns)
    assert read["started_at"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    for column in times:
        assert pd.to_datetime(read[column].replace("", None)).equals(
            sample.incidents[column].astype("datetime64[us, UTC]")
        )
    assert set(read["planned"]) == {"true", "false"}
    assert read["severity"].isin(["", "1", "2", "3", "4", "5"]).all()
    assert tomllib.loads((COMMITTED / "truths.toml").read_text())["truths"] == sample.truths
    assert tomllib.loads((COMMITTED / "systems.toml").read_text())["systems"] == sample.systems
