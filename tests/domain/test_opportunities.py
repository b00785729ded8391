"""Opportunities: what an action removes, which evidence counts, and which statuses stand in the ranking."""

import pytest

from opex.domain.opportunities import STATUSES, Candidate, Opportunity, Reason, Removal, Strike
from opex.domain.problems import NotEnoughData, Problem, Refused

HALF = Removal(low=0.2, likely=0.5, high=0.8)


@pytest.mark.parametrize(
    "shares", [(0.5, 0.4, 0.8), (0.1, 0.9, 0.8), (-0.1, 0.2, 0.3), (0.1, 0.2, 1.1), (float("nan"), 0.2, 0.3)]
)
def test_shares_that_are_none_or_in_the_wrong_order_are_refused(shares: tuple[float, float, float]) -> None:
    low, likely, high = shares
    with pytest.raises(Refused) as refusal:
        Removal(low=low, likely=likely, high=high)
    sentence = f"A removal is low <= likely <= high, each 0 to 1; this is {low}, {likely}, {high}."
    assert str(refusal.value) == sentence


def test_an_action_may_remove_nothing_or_everything_for_sure() -> None:
    assert Removal(low=0, likely=0, high=0).high == 0
    assert Removal(low=1, likely=1, high=1).low == 1


def test_a_struck_incident_is_no_evidence_any_more() -> None:
    strike = Strike(incident="jira:2", reason="a drill", person="Ana", seq=1)
    seen = Opportunity(
        id="x", title="X", action="Y", removes=HALF, incidents=("jira:1", "jira:2", "jira:3"), strikes=(strike,)
    )
    assert seen.evidence == ("jira:1", "jira:3")


def test_only_what_is_still_to_do_stands_in_the_ranking() -> None:
    open_ones = {s for s in STATUSES if Opportunity(id="x", title="X", action="Y", removes=HALF, status=s).open}
    assert open_ones == {"unreviewed", "accepted", "planned"}


def test_a_candidate_is_led_by_its_first_reason_and_names_each_finder_once() -> None:
    said = {"why": "w", "falsifier": "f", "effect": 1.0, "low": 0.5, "high": 2.0, "unit": "times", "incidents": 3}
    reasons = tuple(Reason(finder=name, **said) for name in ("theme", "area", "theme"))  # type: ignore[arg-type]
    found = Candidate(
        id="x", key="k", title="T", action="A", removes=HALF, system=None, environment=None, category=None,
        incidents=(), changes=(), reasons=reasons,
    )  # fmt: skip
    assert found.lead is reasons[0]
    assert found.finders == ("theme", "area")


def test_a_problem_of_a_whole_file_names_no_row() -> None:
    whole = Problem(file="a.md", row=None, column="resolved_at", value="", expected="a date and time")
    assert whole.sentence == 'a.md, column resolved_at: "" is not a date and time.'


def test_too_little_data_is_an_answer() -> None:
    assert NotEnoughData(have=0, need=1, what="facts").sentence == "too little data: 0 facts, 1 needed"
