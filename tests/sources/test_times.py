"""Times: daylight saving both ways, leap day, mixed offsets; and numbers that are none (trust row 20)."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources import Reading, read
from opex.sources.times import converted, decided, zone


def loaded(folder: Path, *times: str, timezone: str | None = None, date_format: str | None = None) -> Reading:
    file = folder / "t.csv"
    file.write_text(
        "id,title,started_at\n" + "".join(f'{i},x,"{time}"\n' for i, time in enumerate(times)), encoding="utf-8"
    )
    mapping = Mapping(name="t", kind="incidents", date_format=date_format) if date_format else None
    return read([file], kind="incidents", timezone=timezone, mapping=mapping)


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
        (["05/Mar/24 2:30 PM", "5/Mar/24 12:00 AM"], ["2024-03-05T14:30:00", "2024-03-05T00:00:00"]),
        (["5-Mar-24 14:30", "05-MAR-24 02.30.15 PM"], ["2024-03-05T14:30:00", "2024-03-05T14:30:15"]),
        (["1/Jan/69", "31/Dec/99", "1/Jan/00", "31/Dec/68"], ["1969-01-01", "1999-12-31", "2000-01-01", "2068-12-31"]),
        (["05/Mar/2024 14:30:00 +0100", "05/Mar/2024 14:30"], ["2024-03-05T13:30:00", "2024-03-05T14:30:00"]),
        (["1709649000000250", "1709649001000000"], ["2024-03-05T14:30:00.000250", "2024-03-05T14:30:01"]),
        (
            ["20240305T143000Z", "20240305T1430+0100", "20240305", "20240305T143000.5"],
            ["2024-03-05T14:30:00", "2024-03-05T13:30:00", "2024-03-05", "2024-03-05T14:30:00.500000"],
        ),
        (["Mar 5, 2024 2:30\u202fPM", "Mar 6, 2024\u00a01:00 AM"], ["2024-03-05T14:30:00", "2024-03-06T01:00:00"]),
    ],
)
def test_each_common_way_to_write_a_time_is_read(tmp_path: Path, times: list[str], expected: list[str]) -> None:
    reading = loaded(tmp_path, *times)
    moments = [moment if "T" in moment else f"{moment}T00:00:00" for moment in expected]
    assert (starts(reading), reading.problems) == ([f"{moment}+00:00" for moment in moments], [])
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


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (
            ["45292.5", "45293", "2024-01-01"],
            't.csv, column "started_at" holds "45292.5": these are a spreadsheet\'s serial numbers (days since 1900), '
            "not dates: format the column as a date and export it anew, best as 2024-03-31 14:30.",
        ),
        (
            ["2024-W10-2", "2024W101T10:00"],
            't.csv, column "started_at" holds "2024-W10-2": ISO week dates are not read: write year, month and day, '
            "best as 2024-03-31 14:30.",
        ),
        (
            ["2024-065", "2024-066T10:00Z"],
            't.csv, column "started_at" holds "2024-065": ISO ordinal dates (the day of the year) are not read: write '
            "year, month and day, best as 2024-03-31 14:30.",
        ),
        (
            ["25/12/24 14:30", "03/04/24 15:00"],
            't.csv, column "started_at": the dates have years of two digits ("25/12/24 14:30"): state date_format = '
            '"d/m/y" or "m/d/y", or one of strptime such as "%y-%m-%d", in the mapping, or write the years in full.',
        ),
    ],
)
def test_a_column_that_holds_no_plain_dates_is_refused_with_the_way_to_mend_it(
    tmp_path: Path, times: list[str], sentence: str
) -> None:
    with pytest.raises(Refused) as refusal:
        loaded(tmp_path, *times)
    assert str(refusal.value) == sentence


def test_numbers_that_are_no_days_are_problems_of_their_rows(tmp_path: Path) -> None:
    reading = loaded(tmp_path, "86400", "99999", "45292")
    assert [(p.value, p.expected) for p in reading.problems] == [
        (value, "a date and time (as ISO 8601)") for value in ("86400", "99999", "45292")
    ]


@pytest.mark.parametrize(
    ("stated", "times", "expected"),
    [
        ("d/m/y", ["03/04/24 14:30", "3/4/70"], ["2024-04-03T14:30:00", "1970-04-03T00:00:00"]),
        ("m/d/y", ["03/04/24", "12/31/99 1:00 PM"], ["2024-03-04T00:00:00", "1999-12-31T13:00:00"]),
        ("d/m/y", ["03.04.24", "5.4.24 8:05"], ["2024-04-03T00:00:00", "2024-04-05T08:05:00"]),
        ("d/m/y", ["03/04/2024"], ["2024-04-03T00:00:00"]),
        ("m/d/Y", ["03-04-2024"], ["2024-03-04T00:00:00"]),
        ("%y-%m-%d", ["24-03-04"], ["2024-03-04T00:00:00"]),
        ("%d.%m.%Y %H Uhr", ["04.03.2024 14 Uhr"], ["2024-03-04T14:00:00"]),
    ],
)
def test_a_stated_order_of_day_month_and_year_is_taken(
    tmp_path: Path, stated: str, times: list[str], expected: list[str]
) -> None:
    reading = loaded(tmp_path, *times, date_format=stated)
    assert (starts(reading), reading.problems) == ([f"{moment}+00:00" for moment in expected], [])


def test_years_of_two_digits_are_not_taken_for_four(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the dates have years of two digits"):
        loaded(tmp_path, "03/04/24", date_format="d/m/Y")


def test_of_several_formats_in_a_column_the_one_that_most_rows_fit_is_its_format(tmp_path: Path) -> None:
    others = ["5/Mar/24 2:30 PM", "1709649000", "20240305T143000Z", "Mar 5, 2024", "45292.5", "5.3.2024", "soon"]
    reading = loaded(tmp_path, *others, "25/12/2024", "24/12/2024")
    assert starts(reading) == ["2024-12-25T00:00:00+00:00", "2024-12-24T00:00:00+00:00"]
    assert [(p.row, p.value, p.expected) for p in reading.problems] == [
        (row, other, "a date and time (as d/m/Y)") for row, other in enumerate(others, 2)
    ]


@pytest.mark.parametrize(
    ("timezone", "skipped", "repeated", "known"),
    [
        (
            "Europe/Berlin",
            ["2024-03-31 02:00", "2024-03-31 02:59"],
            ["2024-10-27 02:00", "2024-10-27 02:59"],
            {
                "2024-03-31 01:59": "2024-03-31T00:59:00",
                "2024-03-31 03:00": "2024-03-31T01:00:00",
                "2024-10-27 01:59": "2024-10-26T23:59:00",
                "2024-10-27 02:30+02:00": "2024-10-27T00:30:00",
                "2024-10-27 02:30+01:00": "2024-10-27T01:30:00",
                "2024-10-27 03:00": "2024-10-27T02:00:00",
            },
        ),
        (
            "America/New_York",
            ["2024-03-10 02:00", "2024-03-10 02:59"],
            ["2024-11-03 01:00", "2024-11-03 01:59"],
            {
                "2024-03-10 01:59": "2024-03-10T06:59:00",
                "2024-03-10 03:00": "2024-03-10T07:00:00",
                "2024-11-03 00:59": "2024-11-03T04:59:00",
                "2024-11-03 01:30-04:00": "2024-11-03T05:30:00",
                "2024-11-03 01:30-05:00": "2024-11-03T06:30:00",
                "2024-11-03 02:00": "2024-11-03T07:00:00",
            },
        ),
        (
            "Australia/Lord_Howe",  # half an hour, and the summer is in January
            ["2024-10-06 02:00", "2024-10-06 02:29"],
            ["2024-04-07 01:30", "2024-04-07 01:59"],
            {
                "2024-10-06 01:59": "2024-10-05T15:29:00",
                "2024-10-06 02:30": "2024-10-05T15:30:00",
                "2024-04-07 01:29": "2024-04-06T14:29:00",
                "2024-04-07 01:45+11:00": "2024-04-06T14:45:00",
                "2024-04-07 01:45+10:30": "2024-04-06T15:15:00",
                "2024-04-07 02:00": "2024-04-06T15:30:00",
            },
        ),
    ],
)
def test_daylight_saving_both_ways_by_known_answers(
    tmp_path: Path, timezone: str, skipped: list[str], repeated: list[str], known: dict[str, str]
) -> None:
    reading = loaded(tmp_path, *known, *skipped, *repeated, timezone=timezone)
    assert starts(reading) == [f"{moment}+00:00" for moment in known.values()]
    assert [(p.value, p.expected) for p in reading.problems] == [
        *((t, f"a time that exists: {t[11:]} is skipped on that day in {timezone}") for t in skipped),
        *((t, f"a time with its offset: {t[11:]} happens twice on that day in {timezone}") for t in repeated),
    ]


@pytest.mark.parametrize("offset", ["+16:00", "-99:00", "+05:60"])
def test_an_offset_that_no_place_has_is_a_problem(tmp_path: Path, offset: str) -> None:
    reading = loaded(tmp_path, "2024-03-05T14:30:00Z", f"2024-03-05T14:30:00{offset}")
    assert [p.value for p in reading.problems] == [f"2024-03-05T14:30:00{offset}"]


def test_a_column_in_chunks_or_a_part_of_it_is_decided_and_converted_as_the_whole() -> None:
    cells = ["03/04/2024 10:00", None, "nonsense", "25/12/2024", "5/6/2024 7:08:09 PM"] * 3
    whole = pa.array(cells, pa.large_string())
    chunked = pa.chunked_array([whole[:4], whole[4:11], whole[11:]])
    form = decided(whole, column="c", stated=None)
    assert decided(chunked, column="c", stated=None) == form
    plain = converted(whole, form, zone("Europe/Berlin"))
    inner = converted(whole[4:11], form, zone("Europe/Berlin"))
    np.testing.assert_array_equal(converted(chunked, form, zone("Europe/Berlin")).times, plain.times)
    np.testing.assert_array_equal(inner.times, plain.times[4:11])
    assert inner.expected == {3: "a date and time (as d/m/Y)"}
    assert len(converted(pa.chunked_array([], pa.large_string()), form, zone("UTC")).times) == 0


def naive(text: str) -> dt.datetime:
    """A wall-clock time."""
    return dt.datetime.fromisoformat(text)


WAYS = [
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y%m%dT%H%M%S.%f",
    "%d/%m/%Y %H:%M:%S.%f",
    "%a, %d %b %Y %H:%M:%S.%f GMT",
    "%B %d, %Y %I:%M:%S.%f %p",
    "%Y/%m/%d %H:%M:%S.%f",
]


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.none() | st.datetimes(naive("1800-01-01"), naive("2199-12-31")), max_size=20),
    st.sampled_from(WAYS),
)
def test_whatever_is_written_in_a_known_way_is_read_back_to_the_microsecond(
    moments: list[dt.datetime | None], way: str
) -> None:
    settling = naive("2024-12-25")  # it fits one order of day and month only
    cells = [None if moment is None else moment.strftime(way) for moment in [*moments, settling]]
    values = pa.array(cells, pa.large_string())
    found = converted(values, decided(values, column="c", stated="d/m/Y"), zone("UTC"))
    assert (found.times.tolist(), found.expected) == ([*moments, settling], {})


@settings(deadline=None, derandomize=True)
@given(st.lists(st.none() | st.text(max_size=30) | st.text("0123456789-/.: TZWaApPmMr+", max_size=25), max_size=20))
def test_whatever_else_is_written_is_a_problem_and_never_an_error(cells: list[str | None]) -> None:
    values = pa.array([*cells, *["2024-01-01"] * 30], pa.large_string())
    found = converted(values, decided(values, column="c", stated=None), zone("Europe/Berlin"))
    assert (found.times[-1].item(), len(found.times)) == (naive("2023-12-31 23:00"), len(values))
    bad = {i for i, cell in enumerate(cells) if cell is not None and np.isnat(found.times[i])}
    assert set(found.expected) == bad
