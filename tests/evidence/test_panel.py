"""Pain by subject and calendar period: what counts, where, and from when on a subject exists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opex.evidence.panel import Pain, Panel, Period, complete, pairs_by, panel
from tests.evidence.builders import facts, incident

OPENING = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = datetime(2026, 4, 10, tzinfo=UTC)


def began(n: object, month: int, day: int, *, hours: float | None = 1.0, **more: object) -> dict[str, Any]:
    start = datetime(2026, month, day, tzinfo=UTC)
    end = None if hours is None else start + timedelta(hours=hours)
    return incident(n, 0) | {"started_at": start, "resolved_at": end} | more


OLDEST = began("oldest", 1, 1, planned=True)


def made(
    *rows: dict[str, Any], by: str = "system", pain: Pain = "count", period: Period = "month", **more: Any
) -> Panel:
    known = facts([OLDEST, *rows], further=more.pop("further", ()))
    return panel(known, pairs_by(known, by), AS_OF, period=period, pain=pain, **more)  # type: ignore[arg-type]


def test_an_incident_counts_for_each_of_its_systems_in_the_month_it_began_in_and_planned_work_nowhere() -> None:
    found = made(
        began(1, 1, 5), began(2, 2, 10), began(3, 2, 11, system="search"), began(4, 4, 2, system="mail"),
        began(5, 3, 1, planned=True), began(6, 3, 9, system=None), further=[("t:2", "search")],
    )  # fmt: skip
    assert found.subjects == ("checkout", "search", "mail")
    assert [datetime.fromtimestamp(edge / 1e6, UTC).month for edge in found.edges] == [1, 2, 3, 4]
    assert len(found) == 3
    assert found.pain.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 1]]
    assert found.known_from.tolist() == [1, 2, 4]
    assert [found.known(t) for t in range(4)] == [0, 1, 2, 2]
    assert found.newcomers.tolist() == [1, 2, 0, 1]
    assert found.outside.tolist() == [0, 0, 1, 0]


def test_only_complete_periods_count_and_the_first_one_begins_after_the_oldest_incident() -> None:
    def months(begin: datetime, end: datetime) -> list[int]:
        return [datetime.fromtimestamp(edge / 1e6, UTC).month for edge in complete(begin, end, "month")]

    assert months(OPENING, AS_OF) == [1, 2, 3, 4]
    assert months(OPENING + timedelta(seconds=1), AS_OF) == [2, 3, 4]
    assert months(OPENING, datetime(2026, 4, 1, tzinfo=UTC)) == [1, 2, 3, 4]
    assert months(OPENING, datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == [1, 2, 3]
    assert months(OPENING + timedelta(days=1), OPENING + timedelta(days=2)) == []
    monday = complete(OPENING, AS_OF, "week")[0]
    assert datetime.fromtimestamp(monday / 1e6, UTC) == datetime(2026, 1, 5, tzinfo=UTC)


def test_hours_fall_into_the_period_in_which_they_were_lost_and_a_system_in_trouble_twice_is_in_trouble_once() -> None:
    rows = (
        began(1, 1, 31, hours=48), began(2, 1, 31, hours=30), began(3, 3, 1, hours=999),
        began(4, 2, 5, hours=None, status="closed"), began(5, 4, 9, hours=None, status="open"),
    )  # fmt: skip
    assert made(*rows, pain="hours", together=True).pain.tolist() == [[24, 24, 168, 24]]
    assert made(*rows, pain="hours").pain.tolist() == [[48, 30, 168, 24]]


def test_severity_weighs_from_four_to_a_quarter_and_the_unknown_counts_one() -> None:
    rows = [began(n, 2, n, severity=level) for n, level in enumerate((1, 2, 3, 4, 5, None), start=1)]
    assert made(*rows, pain="severity").pain.tolist() == [[0, 4 + 2 + 1 + 0.5 + 0.25 + 1, 0, 0]]


def test_categories_are_subjects_too_and_an_incident_without_one_stands_outside() -> None:
    found = made(began(1, 2, 1, category="network"), began(2, 2, 2, category=""), began(3, 3, 3), by="category")
    assert (found.subjects, found.pain.tolist()) == (("network",), [[0, 1, 0, 0]])
    assert found.outside.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("pain", ["count", "hours", "severity"])
def test_nothing_makes_an_empty_panel(pain: Pain) -> None:
    known = facts()
    found = panel(known, pairs_by(known, "system"), AS_OF, period="week", pain=pain)
    assert (found.subjects, len(found), found.pain.shape) == ((), 0, (0, 0))
    assert len(found.outside) == 0
