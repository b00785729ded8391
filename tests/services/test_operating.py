"""The operations review: complete months only, beside the year before, with what is new."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from opex.domain.decisions import Accepted, Person
from opex.domain.problems import NotEnoughData
from opex.evidence.process_limits import Usual
from opex.services import loading, operating, reviewing
from opex.services.context import Context, Speaker
from opex.services.finding import candidates
from opex.services.loading import Asked
from opex.services.operating import Review


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> Path:
    pd.DataFrame(rows).to_csv(folder / name, index=False)
    return folder / name


@pytest.fixture
def desk(context: Context, tmp_path: Path) -> Context:
    """Two incidents in each month of 2025, one hour each; in June 2026 nine more, about something new."""
    months = pd.date_range("2025-01-01", "2026-07-01", freq="MS")
    rows: list[dict[str, object]] = [
        {"id": f"{month:%y%m}{n}", "title": f"{word} is {trouble}", "service": "web", "severity": 3,
         "start": f"{month:%Y-%m}-{10 + n}T10:00:00Z", "end": f"{month:%Y-%m}-{10 + n}T11:00:00Z"}
        for month in months for n, (word, trouble) in enumerate([("Login", "slow"), ("Disk of the mail host", "full")])
    ]  # fmt: skip
    rows += [
        {"id": f"new{n}", "title": "Certificate of the shop expired", "service": "shop", "severity": 1,
         "start": f"2026-06-{n + 1:02}T10:00:00Z", "end": f"2026-06-{n + 1:02}T20:00:00Z"} for n in range(9)
    ]  # fmt: skip
    file = write(tmp_path, "incidents.csv", rows)
    loading.load(context, [file], Asked(kind="incidents", environment="production"))
    return context


def reviewed(context: Context, month: datetime | None = None) -> Review:
    found = operating.review(context, month)
    assert isinstance(found, Review)
    return found


def test_only_complete_months_are_reviewed_the_newest_first(desk: Context) -> None:
    offered = operating.months(desk)
    assert (offered[0], offered[-1], len(offered)) == (
        datetime(2026, 6, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC), 17,
    )  # fmt: skip
    assert reviewed(desk).month == offered[0]


def test_a_month_is_told_beside_what_the_year_before_makes_usual(desk: Context) -> None:
    figures = {figure.name: figure for figure in reviewed(desk).figures}
    assert {name: (f.value, f.before, f.usual, f.said) for name, f in figures.items()} == {
        "incidents": (11.0, 2.0, Usual(2.0, 2.0, 2.0), "above"),
        "severe": (9.0, 0.0, Usual(0.0, 0.0, 0.0), "above"),
        "hours": (92.0, 2.0, Usual(2.0, 2.0, 2.0), "above"),
        "recovery": (10.0, 1.0, Usual(1.0, 1.0, 1.0), "above"),
    }
    assert len(figures["incidents"].history) == operating.BEFORE + 1


def test_what_is_new_is_named(desk: Context) -> None:
    found = reviewed(desk)
    assert found.themes[["title", "incidents", "since"]].to_numpy().tolist() == [
        ["Certificate of the shop expired", 9, "new"]
    ]
    assert found.systems.iloc[0].to_dict() == {
        "system": "shop", "hours": 90.0, "before": 0.0, "incidents": 9, "change": 90.0,
    }  # fmt: skip
    assert found.longest["id"].tolist()[:9] == [f"csv:new{n}" for n in range(9)]


def test_early_months_say_that_too_little_came_before(desk: Context) -> None:
    figures = reviewed(desk, datetime(2025, 4, 1, tzinfo=UTC)).figures
    assert {figure.name: figure.usual for figure in figures}["incidents"] == NotEnoughData(
        have=2, need=6, what="earlier months"
    )
    assert {figure.said for figure in figures} == {""}


def test_what_was_decided_counts_in_its_month(desk: Context) -> None:
    ana = Speaker(person=Person(name="Ana", function="operations"))
    reviewing.say(desk, candidates(desk)[0].id, Accepted(), ana)  # on 1 July 2026, by the test's clock
    assert reviewed(desk).decided == {}


def test_without_facts_there_is_nothing_to_review(context: Context) -> None:
    assert operating.months(context) == []
    assert operating.review(context) == NotEnoughData(have=0, need=1, what="complete months")
