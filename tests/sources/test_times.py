"""Times: daylight saving both ways, leap day, mixed offsets; and numbers that are none (trust row 20)."""

from pathlib import Path

import pytest

from opex.domain.problems import Refused
from opex.sources import Reading, read


def loaded(folder: Path, *times: str, timezone: str | None = None) -> Reading:
    file = folder / "t.csv"
    file.write_text(
        "id,title,started_at\n" + "".join(f'{i},x,"{time}"\n' for i, time in enumerate(times)), encoding="utf-8"
    )
    return read([file], kind="incidents", timezone=timezone)


def starts(reading: Reading) -> list[str]:
    return [moment.isoformat() for moment in reading.main["started_at"]]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (
            ["2024-03-05", "2024-03-05 14:30", "2024-03-05T14:30:15.250Z"],
            ["2024-03-05T00:00:00", "2024-03-05T14:30:00", "2024-03-05T14:30:15.250000"],
        ),
        (
            ["2024-03-05T9:30:00-00:00", "2024-03-05 14:30:00,5 +0200", "2024-03-05t14:30z"],
            ["2024-03-05T09:30:00", "2024-03-05T12:30:00.500000", "2024-03-05T14:30:00"],
        ),
        (["1709649000", "1709649001"], ["2024-03-05T14:30:00", "2024-03-05T14:30:01"]),
        (["1709649000250", "1709649001000"], ["2024-03-05T14:30:00.250000", "2024-03-05T14:30:01"]),
        (["31/12/2024 14:30", "05/03/2024"], ["2024-12-31T14:30:00", "2024-03-05T00:00:00"]),
        (["12/31/2024 2:30 PM", "03/05/2024 12:05:09 am"], ["2024-12-31T14:30:00", "2024-03-05T00:05:09"]),
        (["5.3.2024 14:30", "05.03.2024"], ["2024-03-05T14:30:00", "2024-03-05T00:00:00"]),
        (["31-12-2024 14:30", "05-03-2024"], ["2024-12-31T14:30:00", "2024-03-05T00:00:00"]),
        (["2024/03/05 14:30:00"], ["2024-03-05T14:30:00"]),
        (["Tue, 05 Mar 2024 14:30:00 +0100", "5-Mar-2024 14:30 GMT"], ["2024-03-05T13:30:00", "2024-03-05T14:30:00"]),
        (
            ["Mar 5, 2024 14:30", "Tue Mar 5, 2024 2:30 PM", "March 5, 2024 @ 14:30:00.500"],
            ["2024-03-05T14:30:00", "2024-03-05T14:30:00", "2024-03-05T14:30:00.500000"],
        ),
        (["Tue Mar 5 14:30:00 2024"], ["2024-03-05T14:30:00"]),
    ],
)
def test_each_common_way_to_write_a_time_is_read(tmp_path: Path, times: list[str], expected: list[str]) -> None:
    reading = loaded(tmp_path, *times)
    assert starts(reading) == [f"{moment}+00:00" for moment in expected]
    assert str(reading.main["started_at"].dtype) == "datetime64[us, UTC]"


def test_day_and_month_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        loaded(tmp_path, "03/04/2024", "05/06/2024")
    assert str(refusal.value) == (
        't.csv, column "started_at": day and month cannot be told apart (03/04/2024 could be 3 Apr or Mar 4): state '
        'date_format = "d/m/Y" or "m/d/Y" in the mapping.'
    )


def test_one_value_that_only_fits_day_first_settles_the_column(tmp_path: Path) -> None:
    assert starts(loaded(tmp_path, "03/04/2024", "25/12/2024")) == [
        "2024-04-03T00:00:00+00:00",
        "2024-12-25T00:00:00+00:00",
    ]


def test_another_time_column_settles_day_and_month(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text("title,opened,closed\na,03/04/2024,04/04/2024\nb,05/04/2024,25/04/2024\n")
    assert starts(read([file], kind="incidents")) == ["2024-04-03T00:00:00+00:00", "2024-04-05T00:00:00+00:00"]


def test_a_column_that_mixes_both_orders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the day first in 1 rows and the month first in 1"):
        loaded(tmp_path, "25/12/2024", "12/25/2024")


def test_a_time_that_does_not_fit_the_column_is_a_problem_of_its_row(tmp_path: Path) -> None:
    reading = loaded(tmp_path, "25/12/2024", "24/12/2024", "32/13/2024", "2024-12-25", "25/12/2024 25:00")
    assert [(p.row, p.column, p.value, p.expected) for p in reading.problems] == [
        (4, "started_at", "32/13/2024", "a date and time (as d/m/Y)"),
        (5, "started_at", "2024-12-25", "a date and time (as d/m/Y)"),
        (6, "started_at", "25/12/2024 25:00", "a date and time (as d/m/Y)"),
    ]
    assert len(reading.main) == 2


def test_the_hour_that_spring_skips_is_a_problem(tmp_path: Path) -> None:
    reading = loaded(tmp_path, "2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00", timezone="Europe/Berlin")
    assert starts(reading) == ["2024-03-31T00:59:00+00:00", "2024-03-31T01:00:00+00:00"]
    assert [(p.row, p.expected) for p in reading.problems] == [
        (3, "a time that exists: 02:30 is skipped on that day in Europe/Berlin")
    ]


def test_the_hour_that_autumn_repeats_needs_its_offset(tmp_path: Path) -> None:
    reading = loaded(
        tmp_path,
        "2024-10-27 02:30",
        "2024-10-27 02:30+02:00",
        "2024-10-27 02:30+01:00",
        "2024-10-27 03:00",
        timezone="Europe/Berlin",
    )
    assert starts(reading) == ["2024-10-27T00:30:00+00:00", "2024-10-27T01:30:00+00:00", "2024-10-27T02:00:00+00:00"]
    assert [(p.row, p.expected) for p in reading.problems] == [
        (2, "a time with its offset: 02:30 happens twice on that day in Europe/Berlin")
    ]


def test_the_leap_day_exists_in_leap_years_only(tmp_path: Path) -> None:
    for times in (
        ["2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29"],
        ["29/02/2024", "29/02/2023", "29/02/2000", "29/02/1900"],
    ):
        reading = loaded(tmp_path, *times)
        assert starts(reading) == ["2024-02-29T00:00:00+00:00", "2000-02-29T00:00:00+00:00"]
        assert [p.row for p in reading.problems] == [3, 5]


def test_offsets_may_be_mixed_and_times_without_one_are_in_the_stated_zone(tmp_path: Path) -> None:
    reading = loaded(
        tmp_path,
        "2024-07-01T12:00:00+05:30",
        "2024-07-01T12:00:00-0800",
        "2024-07-01T12:00:00Z",
        "2024-07-01 12:00",
        timezone="America/New_York",
    )
    assert starts(reading) == [
        "2024-07-01T06:30:00+00:00",
        "2024-07-01T20:00:00+00:00",
        "2024-07-01T12:00:00+00:00",
        "2024-07-01T16:00:00+00:00",
    ]
    assert reading.timezone == "America/New_York"


@pytest.mark.parametrize("value", ["NaN", "nan", "inf", "-Infinity", "1e999", "1,5", "12abc", "0x10", ""])
def test_a_value_that_is_no_finite_number_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "m.csv"
    file.write_text(f'timestamp,value\n2024-01-01,1.5e3\n2024-01-02,"{value}"\n')
    reading = read([file], kind="metrics")
    assert reading.main["value"].tolist() == [1500.0]
    assert [(p.row, p.column, p.value, p.expected) for p in reading.problems] == [
        (3, "value", value, "a finite number")
    ]


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match='"Mars/Olympus" is not a time zone'):
        loaded(tmp_path, "2024-01-01", timezone="Mars/Olympus")
