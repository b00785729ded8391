"""Delivery measures as pages ask for them: computed once, as of an instant, in words."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from opex.domain.problems import NotEnoughData
from opex.services import delivering
from opex.services.context import Context
from opex.services.delivering import Delivery
from tests.services.sample import sample_in


def test_an_empty_workspace_has_nothing_to_measure(context: Context) -> None:
    for answer in (delivering.delivered(context), delivering.document(context)):
        assert answer == NotEnoughData(have=0, need=1, what="facts")
    assert delivering.environments(context) == []


def test_the_same_question_is_computed_once_and_an_instant_in_the_past_knows_nothing_later(tmp_path: Path) -> None:
    of = sample_in(tmp_path)
    found = delivering.delivered(of, by=("environment",))
    assert isinstance(found, Delivery)
    assert delivering.delivered(of, by=("environment",)) is found
    assert delivering.environments(of) == ["production", "staging", "test"]
    then = delivering.delivered(of, by=(), as_of=datetime(2025, 1, 1, tzinfo=UTC))
    assert isinstance(then, Delivery)
    assert then.end is not None
    assert then.end < datetime(2025, 1, 1, tzinfo=UTC)
    assert then.rows["deployments"].tolist() == [982]
    assert "actor" not in then.failures.columns, "names of people are no evidence"


def test_a_row_is_told_in_words_and_what_cannot_be_told_says_why() -> None:
    row: dict[str, Any] = {
        "deployments": 20, "in_weeks": 8, "weeks": 4.0, "lead_known": 0, "failures": 1, "outcome_known": 10,
        "unknown": 10, "failures_all": 2, "failure_rate_least": 0.1, "recovered": 5, "not_recovered": 3,
    }  # fmt: skip
    for name, values in {
        "deployments_per_week": (2.0, 0.864, 3.94, ""), "lead_time_hours": (np.nan, np.nan, np.nan, "no commit"),
        "change_failure_rate": (0.1, 0.018, 0.404, ""), "recovery_time_hours": (120.0, 2.5, np.nan, "open"),
    }.items():  # fmt: skip
        row |= dict(zip([f"{name}{part}" for part in ("", "_low", "_high", "_lacks")], values, strict=True))
    assert delivering.told(row) == {
        "deployments_per_week": "2.0 a week (0.86 to 3.9; 8 in 4 weeks)",
        "lead_time_hours": "cannot be told (no commit)",
        "change_failure_rate": "10.0% (1.8% to 40.4%; 1 of 10), 10 of unknown outcome; at least 10.0% (2 of 20)",
        "recovery_time_hours": "120 h (2.5 to open end; the median of 8)",
    }
