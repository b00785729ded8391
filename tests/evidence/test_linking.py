"""Changes and incidents meet by system and environment; links share credit; people's verdicts change credit only."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from opex.evidence.credit import stated_causes
from opex.evidence.facts import Facts
from opex.evidence.linking import Linked, link
from tests.evidence import builders as b

FAST: dict[str, Any] = {"draws": 200, "resamples": 100}


def guilty(**more: Any) -> Facts:
    """A year of checkout: a change in some weeks, an incident three hours after most of them, some alone."""
    rng = np.random.default_rng(5)
    weeks = [week for week in range(50) if rng.random() < 0.4]
    changes = [b.change(f"c{week}", 350 - 7 * week, **more) for week in weeks]
    after = [b.incident(f"i{week}", 350 - 7 * week - 3 / 24) for week in weeks if rng.random() < 0.8]
    alone = [b.incident(f"a{week}", 347 - 7 * week) for week in range(0, 50, 5)]
    return b.facts([*after, *alone], changes=changes)


def only(found: Linked) -> Any:
    [one] = found.systems
    return one


def test_a_system_that_breaks_after_its_changes_is_told_with_what_chance_would_give() -> None:
    facts = guilty()
    one = only(link(facts, **FAST))
    assert (one.system, one.environment, one.lacks) == ("checkout", "production", "")
    assert (one.incidents, one.episodes) == (one.incidents, one.incidents)
    at = one.at
    assert one.windows[at] == 24.0
    assert one.after.seen[at] > one.after.expected[at] + 3
    assert one.after.p_value == pytest.approx(1 / 201)
    assert one.q_value == one.after.p_value
    assert 1 < one.after.low[at] < one.after.ratio[at] < one.after.high[at]


def test_incidents_and_changes_of_other_environments_and_planned_work_do_not_meet() -> None:
    facts = guilty()
    elsewhere = replace(facts, changes=facts.changes.assign(environment="staging"))
    assert link(elsewhere, **FAST).systems == ()
    planned = replace(facts, incidents=facts.incidents.assign(planned=True))
    assert link(planned, **FAST).systems == ()


def test_robots_and_people_can_be_told_apart() -> None:
    robots = link(guilty(automated=True), who="robots", **FAST)
    assert only(robots).changes == only(link(guilty(automated=True), **FAST)).changes
    assert link(guilty(automated=True), who="people", **FAST).systems == ()


def test_fixes_and_reverts_are_no_exposure() -> None:
    facts = guilty()
    begins = facts.incidents["started_at"][5:8]
    fixes = [b.change(f"fix{n}", (b.AS_OF - moment).total_seconds() / 86400 - 0.1) for n, moment in enumerate(begins)]
    revert = b.change("back", 100.4, reverts="of another")
    more = b.facts(
        facts.incidents.drop(columns="id").to_dict("records"),
        changes=[*facts.changes.drop(columns="id").to_dict("records"), *fixes, revert],
    )
    before, after = (only(link(one, **FAST)) for one in (facts, more))
    assert (after.fixes_left_out, after.changes) == (before.fixes_left_out + 3, before.changes + 4)
    assert after.after.exposures == before.after.exposures


def test_too_little_data_is_said_and_takes_no_part_in_the_q_values() -> None:
    few = b.facts(
        [b.incident(n, 20 + n) for n in range(4)],
        changes=[b.change(n, 10 + 10 * n) for n in range(9)],
    )
    one = only(link(few, **FAST))
    assert (one.after, one.lacks) == (None, "incidents and changes together cover less than 6 weeks")
    longer = b.facts(
        [b.incident(n, 20 + 30 * n) for n in range(4)], changes=[b.change(n, 10 + 13 * n) for n in range(9)]
    )
    one = only(link(longer, **FAST))
    assert (one.after, one.lacks) == (None, "4 episodes, 5 needed")


def test_without_changes_there_is_no_system() -> None:
    found = link(b.facts([b.incident(n, n + 1) for n in range(9)]), **FAST)
    assert (found.systems, found.begin, found.end, len(found.links)) == ((), None, None, 0)


# --- links ------------------------------------------------------------------------------------------------------


def test_the_credits_of_a_system_add_up_to_the_share_that_its_changes_brought() -> None:
    found = link(guilty(), **FAST)
    of = found.links.groupby("incident")["credit"].sum()
    assert (found.links["credit"] >= 0).all()
    assert (of < 1).all()
    assert set(found.links["lead_minutes"].round()) == {180}
    assert of.nunique() == 1, "all of them look alike"


def test_the_nearer_change_and_the_reverted_one_have_more_credit() -> None:
    facts = guilty()
    again = [
        b.change(f"{row.source_id}-early", (b.AS_OF - row.started_at).total_seconds() / 86400 + 0.5)
        for row in facts.changes.itertuples()
    ]
    broke = next(name for name in facts.incidents["source_id"] if name.startswith("i"))
    reverts = [b.change("revert", 2.0, reverts=f"c{broke[1:]}-early")]
    more = b.facts(
        facts.incidents.drop(columns="id").to_dict("records"),
        changes=[*facts.changes.drop(columns="id").to_dict("records"), *again, *reverts],
    )
    links = link(more, **FAST).links
    pairs = links.assign(early=links["change"].str.endswith("-early")).pivot_table(
        index="incident", columns="early", values="credit"
    )
    nearer = pairs[False] / pairs[True]
    assert nearer.round(6).nunique() == 2, "those whose early change was reverted, and the others"
    assert nearer.min() == pytest.approx(nearer.max() / 4)
    assert nearer.max() == pytest.approx(np.exp(12 / 6))


def test_people_confirm_and_reject_links_which_changes_credit_and_never_the_ratio() -> None:
    facts = guilty()
    before = link(facts, **FAST)
    first, second = (tuple(before.links.loc[n, ["incident", "change"]]) for n in (0, 1))
    after = link(facts, verdicts={first: True, second: False}, **FAST)
    credit = after.links.set_index(["incident", "change"])["credit"]
    assert (credit[first], credit[second]) == (1.0, 0.0)
    pd.testing.assert_frame_equal(after.links.loc[2:], before.links.loc[2:])
    one, other = only(before), only(after)
    assert one.q_value == other.q_value
    for name, value in vars(one.after).items():
        np.testing.assert_array_equal(value, getattr(other.after, name))


def test_a_rejected_change_gives_its_share_to_the_others_and_to_no_change() -> None:
    facts = guilty()
    again = [
        b.change(f"{row.source_id}-early", (b.AS_OF - row.started_at).total_seconds() / 86400 + 0.5)
        for row in facts.changes.itertuples()
    ]
    more = b.facts(
        facts.incidents.drop(columns="id").to_dict("records"),
        changes=[*facts.changes.drop(columns="id").to_dict("records"), *again],
    )
    before = link(more, **FAST).links
    pair = before[before["incident"] == before["incident"].iloc[0]].set_index("change")
    gone, other = pair["credit"].idxmax(), pair["credit"].idxmin()
    after = link(more, verdicts={(pair["incident"].iloc[0], gone): False}, **FAST).links
    now = after[after["incident"] == pair["incident"].iloc[0]].set_index("change")
    assert now.loc[gone, ["credit", "verdict"]].tolist() == [0.0, "rejected"]
    assert pair.loc[other, "credit"] < now.loc[other, "credit"] < pair["credit"].sum()
    assert now["prior"].tolist() == pair["credit"].tolist()


def test_a_cause_that_the_source_states_has_all_the_credit_also_out_of_the_window_until_people_reject_it() -> None:
    facts = guilty()
    chosen, change = facts.incidents["id"].iloc[7], facts.changes.iloc[0]
    caused = facts.incidents["id"].eq(chosen).map({True: change["source_id"], False: None}).astype("str")
    stated = replace(facts, incidents=facts.incidents.assign(caused_by=caused))
    found = link(stated, **FAST)
    [row] = found.links[found.links["change"].eq(change["id"]) & found.links["incident"].eq(chosen)].to_dict("records")
    assert row["lead_minutes"] > 24 * 60
    assert (row["system"], row["environment"]) == ("checkout", "production")
    assert (row["prior"], row["credit"], row["verdict"]) == (0.0, 1.0, "stated")
    others = found.links[found.links["incident"].eq(chosen) & found.links["change"].ne(change["id"])]
    assert others["credit"].tolist() == [0.0] * len(others)
    assert only(found).q_value == only(link(facts, **FAST)).q_value
    said = link(stated, verdicts={(chosen, change["id"]): False}, **FAST).links
    pd.testing.assert_frame_equal(said, link(facts, **FAST).links)


def test_a_stated_cause_is_looked_for_in_its_own_source_first_and_planned_work_states_none() -> None:
    facts = b.facts(
        [b.incident("a", 10, caused_by="CHG-1; t:CHG-2;unknown"), b.incident("b", 9, caused_by="CHG-3"),
         b.incident("p", 8, caused_by="CHG-1", planned=True)],
        changes=[b.change("CHG-1", 11), b.change("CHG-1", 12, source="other"), b.change("CHG-2", 13),
                 b.change("CHG-3", 14, source="other")],
    )  # fmt: skip
    assert stated_causes(facts) == {("t:a", "t:CHG-1"), ("t:a", "t:CHG-2"), ("t:b", "other:CHG-3")}
