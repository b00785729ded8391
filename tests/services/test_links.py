"""People confirm and reject links: written down once, seen at once, taken back; nobody is talked over."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opex.domain.decisions import Person
from opex.domain.problems import Refused
from opex.evidence.linking import Linked
from opex.services import link_verdicts, linking, loading
from opex.services.context import Context, Speaker
from opex.services.loading import Asked
from opex.store.decisions import StaleReview
from tests.services.sample import sample_in

ANA = Speaker(person=Person(name="Ana", function="operations"))
BO = Speaker(person=Person(name="Bo", function="engineering"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """One sample for all tests, for it takes long to compare; each test speaks of an incident of its own."""
    opened = sample_in(tmp_path_factory.mktemp("links"))
    yield opened
    opened.database.close()


def found(context: Context) -> Linked:
    told = linking.linked(context)
    assert isinstance(told, Linked)
    return told


def of_incident(context: Context, incident: str) -> pd.DataFrame:
    links = found(context).links
    return links[links["incident"] == incident].set_index("change")[["prior", "credit", "verdict"]]


def a_disputed_incident(context: Context, number: int) -> tuple[str, str, str]:
    """An incident of checkout with two changes before it: the nearer and the farther one."""
    links = found(context).links
    links = links[(links["system"] == "checkout") & (links["environment"] == "production")]
    incident = links["incident"].value_counts().loc[lambda counts: counts == 2].sort_index().index[number]
    near, far = links[links["incident"] == incident].sort_values("lead_minutes")["change"]
    return incident, near, far


def test_a_verdict_moves_credit_at_once_leaves_every_ratio_and_is_withdrawn(sample: Context) -> None:
    before = found(sample)
    incident, near, far = a_disputed_incident(sample, 0)
    first = of_incident(sample, incident)
    link_verdicts.judge(sample, incident, far, ANA, holds=True, reason="its rollback ended the incident")
    confirmed = of_incident(sample, incident)
    assert confirmed.loc[far].tolist() == [first.loc[far, "prior"], 1.0, "holds"]
    assert confirmed.loc[near].tolist() == [first.loc[near, "prior"], 0.0, ""]
    link_verdicts.judge(sample, incident, far, BO, holds=False, reason="it was another region")
    rejected = of_incident(sample, incident)
    assert rejected.loc[far, ["credit", "verdict"]].tolist() == [0.0, "rejected"]
    assert rejected.loc[near, "credit"] > first.loc[near, "credit"]
    told = [(one.system, one.environment, one.after, one.q_value) for one in found(sample).systems if one.after]
    assert told == [(one.system, one.environment, one.after, one.q_value) for one in before.systems if one.after]
    word = link_verdicts.said(sample)[incident, far]
    assert (word.verdict, word.person.name, word.reason) == ("rejected", "Bo", "it was another region")
    link_verdicts.withdraw(sample, incident, far, BO)
    pd.testing.assert_frame_equal(of_incident(sample, incident), confirmed)
    link_verdicts.withdraw(sample, incident, far, ANA)
    pd.testing.assert_frame_equal(of_incident(sample, incident), first)
    with pytest.raises(Refused, match="nothing to withdraw"):
        link_verdicts.withdraw(sample, incident, far, ANA)


def test_who_had_not_seen_a_colleagues_word_is_told_and_a_double_click_writes_once(sample: Context) -> None:
    incident, near, _ = a_disputed_incident(sample, 1)
    seen = link_verdicts.version(sample, incident, near)
    once = Speaker(person=ANA.person, request_id="r1", seen=seen)
    numbers = {link_verdicts.judge(sample, incident, near, once, holds=True, reason="same error") for _ in range(2)}
    assert numbers == {link_verdicts.version(sample, incident, near)}
    late = Speaker(person=BO.person, request_id="r2", seen=seen)
    with pytest.raises(StaleReview, match="Ana was faster"):
        link_verdicts.judge(sample, incident, near, late, holds=False, reason="no")
    assert link_verdicts.said(sample)[incident, near].verdict == "holds"


def test_what_is_no_incident_no_change_or_has_no_reason_is_refused(sample: Context) -> None:
    incident, near, _ = a_disputed_incident(sample, 2)
    for of, change, reason, told in (
        ("x", near, "so", 'There is no incident "x".'),
        (incident, "y", "so", 'There is no change "y".'),
        (incident, near, " ", "The reason of a verdict cannot be empty"),
    ):
        with pytest.raises(Refused, match=told):
            link_verdicts.judge(sample, of, change, ANA, holds=True, reason=reason)
    assert (incident, near) not in link_verdicts.said(sample)


def test_figures_give_each_system_its_ratio_and_the_excess_of_a_year(sample: Context) -> None:
    told = linking.figures(sample).set_index(["system", "environment"])
    checkout = told.loc["checkout", "production"]
    whole = next(one for one in found(sample).systems if (one.system, one.environment) == ("checkout", "production"))
    assert whole.after is not None
    assert checkout["rate_ratio"] == whole.after.ratio[whole.at]
    assert 1 < checkout["low"] < checkout["rate_ratio"] < checkout["high"]
    two_years = whole.after.excess[whole.at] / checkout["excess_incidents"]
    assert two_years == pytest.approx(2, abs=0.02)
    assert checkout["excess_low"] < checkout["excess_incidents"] < checkout["excess_high"]
    assert np.isnan(told.loc[("checkout", "test"), "rate_ratio"]), "too little to tell is missing, not 1"
    assert list(told.columns) == [
        "rate_ratio", "low", "high", "excess_incidents", "excess_low", "excess_high", "q_value",
    ]  # fmt: skip


def test_an_empty_workspace_has_no_figures(context: Context) -> None:
    assert linking.figures(context).empty


def test_incidents_and_changes_of_different_environments_are_said_to_never_meet(
    context: Context, sample: Context, tmp_path: Path
) -> None:
    incidents = "id,title,start,service\n1,Web down,2026-01-05T10:00:00Z,web\n"
    (tmp_path / "incidents.csv").write_text(incidents, encoding="utf-8")
    (tmp_path / "changes.csv").write_text(incidents, encoding="utf-8")
    loading.load(context, [tmp_path / "incidents.csv"], Asked(kind="incidents"))
    assert linking.apart(context) == ""
    loading.load(context, [tmp_path / "changes.csv"], Asked(kind="changes", environment="production"))
    assert linking.apart(context) == (
        "Here no incident can meet a change: the incidents are of unknown, the changes of production. "
        "Load one of them again with its environment stated (on the page Load, or with --environment)."
    )
    assert linking.apart(sample) == ""
