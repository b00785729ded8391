"""Changes and incidents of a real organisation: nobody is accused on thin evidence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opex.evidence.credit import credited
from opex.evidence.linking import Linked, compare, links_within
from opex.evidence.risky_changes import risky_changes
from opex.services import linking, loading
from opex.services.context import Context
from opex.services.knowing import Known, known
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


def load_jenkins(real_data: Path, context: Context) -> None:
    def bring(path: Path, kind: str) -> None:
        loading.load(context, [path], Asked(kind=kind, environment="production"))

    bring(real_data / "jenkins_infra_status" / "content", "incidents")
    for name in ("kubernetes_management", "azure_terraform"):
        bring(real_data / "jenkins_infra_changes" / f"{name}_changes.csv", "changes")


def test_no_system_of_the_jenkins_project_is_named_and_each_says_what_chance_would_give(
    real_data: Path, context: Context
) -> None:
    load_jenkins(real_data, context)
    everybodys, peoples = (linking.linked(context, who=who) for who in ("all", "people"))
    assert isinstance(everybodys, Linked)
    assert isinstance(peoples, Linked)
    table, people = linking.table(everybodys), linking.table(peoples)
    assert (f"{everybodys.begin:%Y-%m-%d}", f"{everybodys.end:%Y-%m-%d}") == ("2020-11-19", "2026-06-11")
    assert table["q"].min() > 0.05
    assert people["q"].min() > 0.05
    nearest = people.iloc[0]
    assert nearest[["system", "seen", "episodes", "fixes"]].tolist() == ["release.ci.jenkins.io", 7, 23, 16]
    assert nearest["expected"] == pytest.approx(2.6, abs=0.05)
    few = [one for one in everybodys.systems if one.after is None]
    assert all(one.lacks and np.isnan(one.q_value) for one in few)
    assert len(few) == 29
    now = known(context)
    assert isinstance(now, Known)
    assert list(risky_changes(now.facts, now.as_of)) == [], "the finder accuses nobody either"


def test_of_the_five_stated_causes_of_the_jenkins_project_four_are_of_planned_work_and_one_is_a_link(
    real_data: Path, context: Context
) -> None:
    load_jenkins(real_data, context)
    now = known(context)
    assert isinstance(now, Known)
    stated = pd.read_csv(real_data / "jenkins_infra_changes" / "explicit_incident_pr_links.csv")
    titles = now.facts.changes["title"]
    request = "(#" + stated["link"].str.rsplit("/", n=1).str[1] + ")"
    ids = [now.facts.changes.loc[titles.str.contains(one, regex=False), "source_id"].item() for one in request]
    causes = pd.Series(ids, index="cstate:" + stated["incident_id"]).groupby(level=0).agg(";".join)
    incidents = now.facts.incidents.assign(caused_by=now.facts.incidents["id"].map(causes))
    nothing = links_within(compare(now.facts, intervals_up_to=0.0, draws=20), 24.0)
    links = credited(nothing, replace(now.facts, incidents=incidents))
    assert incidents.loc[incidents["caused_by"].notna(), "planned"].tolist() == [True, True, False, True]
    [one] = links[links["verdict"] == "stated"].to_dict("records")
    assert (one["incident"], one["change"]) == (
        "cstate:2023-08-01-reports-migration-within-publick8s", "commits:21b7e7365970",
    )  # fmt: skip
    assert (one["system"], one["credit"]) == ("reports.jenkins.io", 1.0)
    assert one["lead_minutes"] == pytest.approx(-13.3, abs=0.05), "merged after the announced start"
