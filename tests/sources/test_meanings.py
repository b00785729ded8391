"""What a column means is read exactly, or asked for in a sentence; nothing is guessed without a word."""

import json
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources import Reading, propose, read
from opex.sources.loading import read_into

DAY = datetime(2024, 3, 5, tzinfo=UTC)


def written(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def rows(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    """The rows of the main table as plain values, a missing one as None."""
    frame = reading.main[list(columns)].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


def sentences(reading: Reading) -> list[str]:
    return [problem.sentence for problem in reading.problems]


# --- how a change went ------------------------------------------------------------------------------------------


def test_a_workflow_run_went_as_its_conclusion_says_and_not_as_its_status(tmp_path: Path) -> None:
    run = {"name": "deploy", "status": "completed", "created_at": "2024-03-05T14:30:00Z"}
    said = ("failure", "success", None)
    runs = [{"id": number, **run, "conclusion": conclusion} for number, conclusion in enumerate(said, 1)]
    reading = read([written(tmp_path, "runs.json", {"workflow_runs": runs})], kind="changes")
    assert rows(reading, "source_id", "outcome") == [("1", "failed"), ("2", "succeeded"), ("3", "unknown")]
    assert (reading.matched["outcome"], reading.refused) == ("conclusion", 0)


def test_a_closed_change_went_as_its_close_code_says(tmp_path: Path) -> None:
    text = (
        "number,short_description,opened_at,state,close_code\n"
        "CHG1,New router,2024-03-05 10:00,Closed,Unsuccessful\nCHG2,New switch,2024-03-05 11:00,Closed,Successful\n"
    )
    reading = read([written(tmp_path, "changes.csv", text)], kind="changes")
    assert rows(reading, "source_id", "outcome") == [("CHG1", "failed"), ("CHG2", "succeeded")]


@pytest.mark.parametrize("header", ["status", "state"])
def test_that_a_change_is_over_does_not_say_how_it_went(tmp_path: Path, header: str) -> None:
    words = ["completed", "Closed", "done", "complete", "failed", "success"]
    text = f"id,title,started_at,{header}\n" + "".join(f"{n},a,2024-03-05,{word}\n" for n, word in enumerate(words))
    reading = read([written(tmp_path, "changes.csv", text)], kind="changes")
    outcomes = ["unknown", "unknown", "unknown", "unknown", "failed", "succeeded"]
    assert rows(reading, "outcome") == [(outcome,) for outcome in outcomes]
    assert reading.refused == 0


# --- a date and a time of day in two columns --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cells", "template"),
    [
        ("Date,Time", "2024-03-05,14:30", "{Date} {Time}"),
        ("Date,Time", "05/03/2024,14:30:00", "{Date} {Time}"),
        ("Date,Time", "2024-03-05,2:30 PM", "{Date} {Time}"),
        ("Date,Time", "5 Mar 2024,14:30Z", "{Date} {Time}"),
        ("Start Date,Start Time", "2024-03-05,14:30", "{Start Date} {Start Time}"),
        ("Start time,Start date", "14:30,2024-03-05", "{Start date} {Start time}"),
        ("opened_at,time", "2024-03-05,14:30", "{opened_at} {time}"),
        ("Date,Time (UTC)", "2024-03-05,14:30", "{Date} {Time (UTC)}"),
        ("Date,Time of day", "2024-03-05,14:30", "{Date} {Time of day}"),
        ("Date,Start Time", "2024-03-05,14:30", "{Date} {Start Time}"),
        ("Date,Time", "2024-03-05,2024-03-05 14:30", "Time"),
    ],
)
def test_a_date_and_a_time_of_day_in_two_columns_are_one_time(
    tmp_path: Path, header: str, cells: str, template: str
) -> None:
    other = cells.replace("05/03", "25/03")  # (tells day and month apart)
    file = written(tmp_path, "a.csv", f"{header},Title\n{cells},Outage\n{other},Again\n")
    reading = read([file], kind="incidents")
    assert rows(reading, "title", "started_at")[0] == ("Outage", DAY.replace(hour=14, minute=30))
    assert (reading.matched["started_at"], reading.refused) == (template, 0)
    again = read([file], kind="incidents", mapping=reading.mapping)
    assert rows(again, "started_at") == rows(reading, "started_at")


def test_that_two_columns_are_read_together_is_said_before_and_after_the_load(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "Date,Time,Title,End Date,End Time\n2024-03-05,14:30,Outage,2024-03-06,01:15\n")
    said = [
        'The columns "Date" and "Time" are read together as started_at.',
        'The columns "End Date" and "End Time" are read together as resolved_at.',
    ]
    proposal, reading = propose([file], kind="incidents"), read([file], kind="incidents")
    assert (proposal.notes, proposal.unmatched, proposal.refusal) == (said, [], "")
    assert proposal.mapping.columns == {
        "title": "Title", "started_at": "{Date} {Time}", "resolved_at": "{End Date} {End Time}"
    }  # fmt: skip
    assert reading.notes == [*said, "Times without a zone are read as UTC."]
    assert rows(reading, "started_at", "resolved_at") == [
        (DAY.replace(hour=14, minute=30), datetime(2024, 3, 6, 1, 15, tzinfo=UTC))
    ]


def test_a_start_and_an_end_can_share_their_date(tmp_path: Path) -> None:
    text = "Title,Date,Start Time,End Time\nOutage,2024-03-05,14:30,16:00\nNight,2024-03-05,23:30,00:30\n"
    reading = read([written(tmp_path, "a.csv", text)], kind="incidents")
    assert rows(reading, "title", "started_at", "resolved_at") == [
        ("Outage", DAY.replace(hour=14, minute=30), DAY.replace(hour=16))
    ]
    assert sentences(reading) == [
        'a.csv, row 3, column resolved_at: "2024-03-05 00:30" is not a time at or after started_at '
        "2024-03-05T23:30:00+00:00."
    ]


def test_dates_and_times_of_a_workbook_are_put_together(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Date", "Time", "Title"])
    book.active.append([date(2024, 3, 5), time(14, 30), "Outage"])
    book.save(tmp_path / "a.xlsx")
    reading = read([tmp_path / "a.xlsx"], kind="incidents")
    assert rows(reading, "title", "started_at") == [("Outage", DAY.replace(hour=14, minute=30))]


def test_readings_with_a_date_and_a_time_are_read_at_that_time(tmp_path: Path) -> None:
    text = "date,time,value\n2024-03-05,14:30,1.5\n2024-03-05,14:45,2.5\n"
    reading = read([written(tmp_path, "cpu.csv", text)], kind="metrics")
    assert rows(reading, "metric", "at", "value") == [
        ("cpu", DAY.replace(hour=14, minute=30), 1.5), ("cpu", DAY.replace(hour=14, minute=45), 2.5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            "2024-03-05,1430",
            'The column "Date" has a date, and "Time" says "1430", which is no time of day such as 14:30; write both '
            "in one column, best as 2024-03-31 14:30, or name the column that is meant in a mapping: [columns] "
            'started_at = "Date".',
        ),
        (
            "2024-03-05 00:00:00,14:30",
            'The column "Date" says midnight in every row, and "Time" has times of day; write both in one column, '
            "best as 2024-03-31 14:30, or name the column that is meant in a mapping: [columns] started_at = "
            '"Date".',
        ),
    ],
)
def test_a_time_that_cannot_be_put_to_its_date_is_asked_for(tmp_path: Path, cells: str, sentence: str) -> None:
    file = written(tmp_path, "a.csv", f"Date,Time,Title\n{cells},Outage\n")
    with pytest.raises(Refused) as refused:
        read([file], kind="incidents")
    proposal = propose([file], kind="incidents")
    assert (str(refused.value), proposal.sample, proposal.refusal) == (f"a.csv: {sentence}", None, f"a.csv: {sentence}")
    stated = Mapping(name="desk", kind="incidents", columns={"started_at": "Date"})
    assert rows(read([file], kind="incidents", mapping=stated), "started_at") == [(DAY,)]


# --- the zone that a column names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "zone"),
    [("timezone", "America/New_York"), ("Time Zone", "America/New_York"), ("tz", "UTC-05:00"), ("TZ", "-05")],
)
def test_a_column_that_names_one_zone_is_the_zone_of_times_without_an_offset(
    tmp_path: Path, header: str, zone: str
) -> None:
    text = f"title,started_at,{header}\nA,2024-03-05 14:30,{zone}\nB,2024-03-05 14:30Z,\n"
    reading = read([written(tmp_path, "a.csv", text)], kind="incidents")
    name = zone if "/" in zone else "Etc/GMT+5"
    assert rows(reading, "started_at") == [(DAY.replace(hour=19, minute=30),), (DAY.replace(hour=14, minute=30),)]
    assert (reading.timezone, reading.notes) == (
        name,
        [
            f'The zone {name} of times without an offset is the one that the column "{header}" names.',
            f"Times without a zone are read as {name}.",
        ],
    )


def test_a_zone_that_a_person_states_stands_before_the_column(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "title,started_at,timezone\nA,2024-03-05 14:30,America/New_York\n")
    reading = read([file], kind="incidents", timezone="Europe/Berlin")
    assert rows(reading, "started_at") == [(DAY.replace(hour=13, minute=30),)]
    assert reading.notes == ["Times without a zone are read as Europe/Berlin."]


@pytest.mark.parametrize(
    ("zones", "what"),
    [
        (
            ("America/New_York", "Europe/Berlin"),
            "names several zones for times without an offset (America/New_York, Europe/Berlin)",
        ),
        (("UTC", ""), "names several zones for times without an offset (an empty cell, UTC)"),
        (("PST", "PST"), 'names "PST", which is no time zone such as America/New_York'),
    ],
)
def test_times_whose_zone_cannot_be_told_are_asked_for(tmp_path: Path, zones: tuple[str, str], what: str) -> None:
    text = f"title,started_at,timezone\nA,2024-03-05 14:30,{zones[0]}\nB,2024-03-05 15:30,{zones[1]}\n"
    with pytest.raises(Refused) as refused:
        read([written(tmp_path, "a.csv", text)], kind="incidents")
    assert str(refused.value) == (
        f'a.csv: The column "timezone" {what}; write each time with its offset, best as 2024-03-31T14:30+02:00, or '
        "load the rows of each zone by themselves, with --timezone."
    )


def test_times_with_their_offset_need_no_zone_and_no_word_about_it(tmp_path: Path) -> None:
    text = "title,started_at,timezone\nA,2024-03-05T14:30Z,Europe/Berlin\nB,2024-03-05T14:30+01:00,PST\n"
    reading = read([written(tmp_path, "a.csv", text)], kind="incidents")
    assert (rows(reading, "title"), reading.timezone, reading.notes) == ([("A",), ("B",)], "UTC", [])


# --- optional columns whose cells are something else ------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "column", "other"),
    [
        ("impact", "Users could not log in", "severity", None),
        ("customers", "ACME Corp", "customers_affected", None),
        ("Resolution Time", "150", "resolved_at", None),
        ("Resolution Time", "150", "resolved_at", "closed_at"),
    ],
)
def test_an_optional_column_that_holds_something_else_is_not_used_and_named(
    tmp_path: Path, header: str, cell: str, column: str, other: str | None
) -> None:
    more = (f",{other}", ",2024-03-06") if other else ("", "")
    text = f"title,started_at,{header}{more[0]}\nA,2024-03-05T10:00Z,{cell}{more[1]}\nB,2024-03-05T11:00Z,{more[1]}\n"
    file = written(tmp_path, "a.csv", text)
    reading, proposal = read([file], kind="incidents"), propose([file], kind="incidents")
    note = f'The column "{header}" is not used for {column}: its only value does not fit (it says "{cell}").'
    assert (len(reading.main), reading.refused, reading.notes[0], proposal.notes) == (2, 0, note, [note])
    assert reading.matched.get(column) == other
    assert header in proposal.unmatched


def test_where_only_some_cells_fit_the_rows_are_refused_with_the_way_out(tmp_path: Path) -> None:
    text = "title,started_at,customers,impact\nA,2024-03-05T10:00Z,12,high\nB,2024-03-05T11:00Z,ACME Corp,all\n"
    file = written(tmp_path, "a.csv", text)
    reading = read([file], kind="incidents")
    assert rows(reading, "title", "severity", "customers_affected") == [("A", 2, 12)]
    assert sentences(reading) == [
        'a.csv, row 3, column severity: "all" is not a severity from 1 to 5, or a word such as critical (1), high (2), '
        "medium (3), low (4), notice (5); a mapping can translate others under [values.severity], or leave the column "
        'out: severity = "".',
        'a.csv, row 3, column customers_affected: "ACME Corp" is not a whole number, 0 or more; a mapping can leave '
        'the column out: customers_affected = "".',
    ]
    without = Mapping(name="desk", kind="incidents", columns={"severity": "", "customers_affected": ""})
    assert len(read([file], kind="incidents", mapping=without).main) == 2


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        ("P1 - Critical", 1), ("P2 – High", 2), ("p3: Medium", 3), ("P4 (Low)", 4), ("Sev 2 - High", 2), ("SEV-1", 1),
        ("Sev1 Critical", 1), ("Severity 3", 3), ("Priority 2 - High", 2), ("P0 - Everything is down", 1),
        ("P3 - Low", 3), ("2 - High", 2), ("1 (Critical)", 1),
    ],
)  # fmt: skip
def test_a_priority_with_its_word_is_understood(tmp_path: Path, words: str, severity: int) -> None:
    file = written(tmp_path, "a.csv", f"title,started_at,priority\nA,2024-03-05T10:00Z,{words}\n")
    assert rows(read([file], kind="incidents"), "severity") == [(severity,)]
    issue = f"Issue key,Summary,Created,Priority\nOPS-1,A,2024-03-05 10:00,{words}\n"
    jira = read([written(tmp_path, "jira.csv", issue)], kind="incidents")
    assert (jira.format, rows(jira, "severity")) == ("jira", [(severity,)])


@pytest.mark.parametrize("words", ["1 - Low", "P1 - Low", "5 - Critical", "P7", "2 - Nobody knows"])
def test_a_priority_that_says_two_things_is_asked_for(tmp_path: Path, words: str) -> None:
    file = written(tmp_path, "a.csv", f"title,started_at,severity\nA,2024-03-05T10:00Z,high\nB,2024-03-05,{words}\n")
    reading = read([file], kind="incidents")
    assert (rows(reading, "severity"), [p.value for p in reading.problems]) == ([(2,)], [words])


# --- which records there are ------------------------------------------------------------------------------------


def test_an_incident_with_a_list_of_its_own_is_the_record(tmp_path: Path) -> None:
    actions = [{"id": "t1", "title": "Add alarm", "created_at": "2024-03-07T10:00:00Z"}]
    one = {"id": "X1", "title": "Checkout down", "started_at": "2024-03-05T14:30:00Z"}
    reading = read([written(tmp_path, "a.json", {**one, "action_items": actions})], kind="incidents")
    assert rows(reading, "source_id", "title", "started_at") == [
        ("X1", "Checkout down", DAY.replace(hour=14, minute=30))
    ]
    several = {**one, "action_items": actions, "reviews": actions}
    with pytest.raises(Refused) as refused:
        read([written(tmp_path, "b.json", several)], kind="incidents")
    assert str(refused.value) == (
        "b.json holds one object that has a title and a start, and several arrays of objects in it (action_items, "
        "reviews); if the object is the record, write it in an array: [{...}], else keep only one array in the file."
    )
    assert rows(read([written(tmp_path, "c.json", [several])], kind="incidents"), "source_id") == [("X1",)]


@pytest.mark.parametrize("name", ["incidents", "data", "Issues"])
def test_an_export_with_its_own_title_and_date_is_not_the_record(tmp_path: Path, name: str) -> None:
    one = {"id": "X1", "title": "Checkout down", "started_at": "2024-03-05T14:30:00Z"}
    content = {"title": "Our incidents", "created_at": "2024-06-01", name: [one]}
    assert rows(read([written(tmp_path, "a.json", content)], kind="incidents"), "source_id") == [("X1",)]


def test_where_object_and_array_could_both_be_the_records_one_is_asked_for(tmp_path: Path) -> None:
    one = {"id": "X1", "title": "Checkout down", "started_at": "2024-03-05T14:30:00Z"}
    with pytest.raises(Refused) as refused:
        read([written(tmp_path, "a.json", {**one, "events": [{"id": "e1", "title": "Seen"}]})], kind="incidents")
    assert str(refused.value) == (
        'a.json holds one object that has an id, a title and a start, and the array "events" in it; if the object is '
        "the record, write it in an array: [{...}], else keep only the array in the file."
    )


def test_a_servicenow_log_folds_by_state_too(tmp_path: Path) -> None:
    text = (
        "number,short_description,opened_at,state,sys_mod_count,resolved_at\n"
        "INC1,Mail down,2024-03-05 10:00,New,0,2024-03-05 12:00\n"
        "INC1,Mail down,2024-03-05 10:00,Resolved,3,2024-03-05 12:00\n"
        "INC2,VPN down,2024-03-05 11:00,New,0,2024-03-05 13:00\n"
    )
    reading = read([written(tmp_path, "log.csv", text)], kind="incidents")
    assert rows(reading, "source_id", "status", "resolved_at") == [
        ("INC1", "closed", DAY.replace(hour=12)), ("INC2", "open", None)
    ]  # fmt: skip
    assert (reading.format, reading.refused, reading.problems) == ("servicenow", 0, [])


def test_two_rows_without_ids_that_cannot_be_told_apart_say_what_to_do(tmp_path: Path) -> None:
    text = (
        "title,started_at,description\nDisk full,2024-03-05T10:00Z,on db1\nDisk full,2024-03-05T10:00Z,on db2\n"
        "Disk full,2024-03-05T10:00Z,on db1\n"
    )
    reading = read([written(tmp_path, "a.csv", text)], kind="incidents")
    assert (rows(reading, "description"), reading.refused, reading.duplicates) == ([("on db1",)], 1, 1)
    assert sentences(reading) == [
        'a.csv, row 3, column title: "Disk full" is not a record that can be told from row 2, which has the same '
        "title, system and start and says something else; name the column that has the ids in a mapping: source_id = "
        '"the column\'s name".'
    ]


def test_an_incident_began_when_it_occurred_and_not_when_it_was_reported(tmp_path: Path) -> None:
    text = "title,Occurred,Reported\nOutage,2024-03-05T10:00Z,2024-03-05T11:00Z\n"
    reading = read([written(tmp_path, "a.csv", text)], kind="incidents")
    assert rows(reading, "title", "started_at") == [("Outage", DAY.replace(hour=10))]


# --- names in lists of JSON -------------------------------------------------------------------------------------


def test_a_semicolon_in_a_name_of_a_list_parts_nothing(tmp_path: Path) -> None:
    one = {
        "id": "7", "name": "Slow", "impact": "minor", "created_at": "2024-03-05T10:00:00Z", "shortlink": "https://x",
        "components": [{"name": "API; Web"}, {"name": "DB"}], "incident_updates": [{"body": "We look; wait."}],
    }  # fmt: skip
    two = {**one, "id": "8", "components": [{"name": "API; Web"}]}
    reading = read([written(tmp_path, "a.json", {"incidents": [one, two]})], kind="incidents")
    assert reading.format == "statuspage"
    assert rows(reading, "source_id", "system", "description") == [
        ("7", "API; Web", "We look; wait."), ("8", "API; Web", "We look; wait.")
    ]  # fmt: skip
    assert reading.tables["incident_systems"].values.tolist() == [["statuspage", "7", "DB"]]


@pytest.mark.parametrize(
    ("services", "systems"),
    [(["API; Web", "DB"], ["API; Web", "DB"]), (["API; Web"], ["API; Web"]), (["API", "Web"], ["API", "Web"])],
)
def test_a_list_of_names_is_parted_between_them_only(tmp_path: Path, services: list[str], systems: list[str]) -> None:
    one = {"id": "7", "title": "Slow", "started_at": "2024-03-05T10:00:00Z", "services": services, "tags": ["a;b"]}
    reading = read([written(tmp_path, "a.json", [one])], kind="incidents")
    further = [row[2] for row in reading.tables["incident_systems"].values.tolist()]
    assert [reading.main["system"][0], *further] == systems
    assert rows(reading, "tags") == [("a;b",)]


def test_a_row_of_such_a_list_is_mended_as_it_was_written(tmp_path: Path) -> None:
    services = ["API; Web", "DB"]
    bad = {"id": "7", "title": "Slow", "started_at": "never", "services": services}
    good = {"id": "8", "title": "Slow", "started_at": "2024-03-05T10:00:00Z", "services": services}
    (tmp_path / "work").mkdir()
    read_into(tmp_path / "work", [written(tmp_path, "a.json", [bad, good])], kind="incidents")
    assert '"API; Web;DB"' in (tmp_path / "work" / "refused.csv").read_text(encoding="utf-8-sig")
