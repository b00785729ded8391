"""Delivery measures beside Apache DevLake's own expected tables, and on the changes of a real organisation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opex.evidence.delivery import delivery
from opex.evidence.deployments import deployments, next_succeeded
from opex.evidence.facts import Facts
from opex.services import delivering, loading
from opex.services.context import Context
from opex.services.delivering import Delivery
from opex.services.loading import Asked
from tests.evidence import builders as b

pytestmark = pytest.mark.real_data
OUTCOMES = {"SUCCESS": "succeeded", "FAILURE": "failed"}


def rows_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False).replace("", pd.NA)


def canonical(rows: pd.DataFrame) -> Facts:
    """DevLake's rows as changes: a scope and repository is a system, an environment that nobody said is unknown."""
    changes = pd.DataFrame({
        "source": "t", "source_id": rows["id"], "kind": "deployment", "title": "pipeline", "system": rows["system"],
        "environment": rows["environment"].str.lower().fillna("unknown"), "outcome": rows["result"].map(OUTCOMES),
        "started_at": rows["started_date"], "finished_at": rows["finished_date"],
    })  # fmt: skip
    return b.facts(changes=changes.to_dict("records"))  # type: ignore[arg-type]


def test_the_deployment_before_each_that_succeeded_is_devlakes(real_data: Path) -> None:
    folder = real_data / "devlake_dora" / "prev_success_deployment_commit"
    before, expected = (rows_of(folder / f"cicd_deployment_commits_{name}.csv") for name in ("before", "after"))
    mapping = rows_of(folder / "project_mapping.csv")
    scopes = mapping.loc[(mapping["project_name"] == "project1") & (mapping["table"] == "cicd_scopes"), "row_id"]
    ours = before[before["cicd_scope_id"].isin(scopes)]
    pairs = deployments(canonical(ours.assign(system=ours["cicd_scope_id"] + " " + ours["repo_url"])))
    following = pairs[["source_id", "outcome"]].assign(next=next_succeeded(pairs)["next_id"].str.removeprefix("t:"))
    found = following[following["outcome"] == "succeeded"].dropna().set_index("next")["source_id"]
    told = expected.set_index("id")["prev_success_deployment_commit_id"].dropna()
    assert found.sort_index().to_dict() == told.sort_index().to_dict()
    assert len(told) == 7


def test_the_deployments_made_of_pipelines_are_devlakes_and_so_are_their_counts(real_data: Path) -> None:
    """Which pipelines are deployments is a matter of the source; DevLake's rule for it is applied on reading."""
    folder = real_data / "devlake_dora" / "deployment_generator"
    pipelines, commits, tasks, expected = (
        rows_of(folder / f"cicd_{name}.csv")
        for name in ("pipelines", "pipeline_commits", "tasks", "deployment_commits")
    )
    run = tasks[(tasks["type"] == "DEPLOYMENT") & (tasks["result"] != "SKIPPED")].drop_duplicates("pipeline_id")
    of_tasks = pipelines["id"].map(run.set_index("pipeline_id")["environment"])
    kept = ((pipelines["type"] == "DEPLOYMENT") | of_tasks.notna()) & (pipelines["result"] != "SKIPPED")
    read = pipelines.assign(environment=pipelines["environment"].fillna(of_tasks))[kept]
    read = read.merge(commits[["pipeline_id", "repo_url"]], left_on="id", right_on="pipeline_id")
    read = read.assign(system=read["cicd_scope_id"], started_date=read["created_date"])
    facts = canonical(read)
    ours = facts.changes.assign(commit=facts.changes["source_id"] + ":" + read["repo_url"].iloc[0]).set_index("commit")
    theirs = expected.set_index("id")
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index]
    assert ours["outcome"].tolist() == theirs["result"].map(OUTCOMES).tolist()
    assert ours["environment"].tolist() == theirs["environment"].str.lower().fillna("unknown").tolist()
    ends, starts = (pd.to_datetime(theirs[f"{name}_date"], utc=True) for name in ("finished", "started"))
    assert (ours["finished_at"].isna() == ends.isna()).all()
    assert (ours["finished_at"] - ends).dropna().eq(pd.Timedelta(0)).all()
    apart = (ours["started_at"] - starts).dropna().abs()
    assert apart.max() < pd.Timedelta(seconds=1), "theirs is the end less whole seconds; ours when it was created"
    rows = delivery(facts, by=("environment",)).rows.set_index("environment")
    assert rows[["deployments", "failures", "outcome_known"]].T.to_dict("list") == {
        "production": [5, 5, 5], "unknown": [1, 0, 1]
    }  # fmt: skip


def test_the_jenkins_projects_commits_tell_how_often_and_not_how_well(real_data: Path, context: Context) -> None:
    for name in ("kubernetes_management", "azure_terraform"):
        path = real_data / "jenkins_infra_changes" / f"{name}_changes.csv"
        loading.load(context, [path], Asked(kind="changes", environment="production"))
    found = delivering.delivered(context, by=())
    assert isinstance(found, Delivery)
    [row] = found.rows.to_dict("records")
    counts = {"deployments": 8844, "unknown": 8844, "reverted": 94, "in_weeks": 8834, "weeks": 323,
              "outcome_known": 0, "recovery_unknown": 94}  # fmt: skip
    assert {name: row[name] for name in counts} == counts
    assert [round(row[f"deployments_per_week{part}"], 1) for part in ("", "_low", "_high")] == [27.3, 26.1, 28.7]
    assert row["failure_rate_least"] == pytest.approx(94 / 8844)
    untold = ("lead_time_hours", "change_failure_rate", "recovery_time_hours")
    assert all(np.isnan(row[name]) for name in untold)
    assert [row[f"{name}_lacks"] for name in untold] == [
        "the time of the commit stands for that of the deployment", "no outcome is known",
        "no deployment that is known to have succeeded ends a failure",
    ]  # fmt: skip
    people, robots = (delivering.delivered(context, by=(), who=who) for who in ("people", "robots"))
    assert isinstance(people, Delivery)
    assert isinstance(robots, Delivery)
    assert (people.rows["deployments"].sum(), robots.rows["deployments"].sum()) == (4321, 4523)
