"""The formats known by name, each on a small example of its own."""

import datetime as dt
from pathlib import Path

import pandas as pd

from opex.sources import Reading, read

UTC = dt.UTC


def rows(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    frame = reading.main[list(columns)].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


HEADER = (
    "number,incident_state,reopen_count,sys_mod_count,opened_at,sys_updated_at,category,subcategory,u_symptom,cmdb_ci,"
    "priority,assignment_group,resolved_at,closed_at\n"
)
LOG = """\
INC2,Active,0,3,14/3/2016 10:00,14/3/2016 11:00,Cat 1,Sub 2,?,ci 1,1 - Critical,Group 1,20/3/2016 10:00,21/3/2016 10:00
INC1,New,0,0,13/3/2016 10:00,13/3/2016 10:05,Cat 1,Sub 1,Symptom 1,?,3 - Moderate,?,15/3/2016 10:00,16/3/2016 10:00
INC1,-100,0,1,13/3/2016 10:00,13/3/2016 10:10,Cat 1,Sub 1,Symptom 1,?,3 - Moderate,?,15/3/2016 10:00,16/3/2016 10:00
INC1,Active,0,2,13/3/2016 10:00,13/3/2016 10:20,Cat 1,Sub 1,Symptom 1,?,2 - High,Group 9,15/3/2016 10:00,16/3/2016 10:00
INC1,Closed,1,10,13/3/2016 10:00,16/3/2016 10:00,Cat 1,Sub 1,Symptom 1,?,2 - High,Group 9,?,16/3/2016 10:00
INC2,New,0,0,14/3/2016 10:00,14/3/2016 10:01,Cat 1,Sub 2,?,ci 1,3 - Moderate,Group 1,20/3/2016 10:00,21/3/2016 10:00
"""


def test_a_servicenow_log_folds_to_its_last_updates_and_never_sees_the_future(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEADER + LOG)
    reading = read([tmp_path], kind="incidents")
    assert (reading.format, reading.rows, reading.read) == ("servicenow", 6, 2)
    columns = (
        "source_id",
        "title",
        "system",
        "severity",
        "started_at",
        "acknowledged_at",
        "resolved_at",
        "status",
        "team",
        "reopened_count",
    )
    assert sorted(rows(reading, *columns)) == [
        (
            "INC1",
            "Cat 1, Sub 1, Symptom 1",
            None,
            2,
            dt.datetime(2016, 3, 13, 10, tzinfo=UTC),
            dt.datetime(2016, 3, 13, 10, 20, tzinfo=UTC),
            dt.datetime(2016, 3, 16, 10, tzinfo=UTC),
            "closed",
            "Group 9",
            1,
        ),
        (
            "INC2",
            "Cat 1, Sub 2",
            "ci 1",
            1,
            dt.datetime(2016, 3, 14, 10, tzinfo=UTC),
            dt.datetime(2016, 3, 14, 11, tzinfo=UTC),
            None,
            "open",
            "Group 1",
            0,
        ),
    ]
    assert '1 of 6 updates have the state "-100", which is not explained; it counts as unknown.' in reading.notes


def issue(folder: Path, name: str, front: str, body: str = "What happened.") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(f"---\n{front}---\n\n{body}\n", encoding="utf-8")


def test_a_cstate_folder_gives_an_incident_for_each_file(tmp_path: Path) -> None:
    folder = tmp_path / "content" / "issues"
    issue(
        folder,
        "one",
        "title: Outage\ndate: 2024-01-01 10:00:00\nresolved: true\nresolvedWhen: 2024-01-01T9:30:00-02:00\n"
        "# a comment\nseverity: down\naffected:\n  - api\n  - web\nsection: issue\n",
    )
    issue(folder, "two", "title: Network maintenance\ndate: 2024-01-02\nresolved: false\nseverity: disrupted\n")
    issue(
        folder, "three", "title: A word\ndate: 2024-01-03\nresolved: true\nseverity: notice\nresolvedWhen: 2024-01-04\n"
    )
    issue(folder, "back", "title: Back\ndate: 2024-01-03\nresolved: true\nseverity: down\nresolvedWhen: 2024-01-02\n")
    issue(folder, "broken", "title: [\n")
    issue(tmp_path / "content" / "services", "api", "title: The API\n")
    (tmp_path / "LICENSE").write_text("MIT License\n")
    reading = read([tmp_path], kind="incidents")
    assert rows(
        reading, "source", "source_id", "title", "system", "severity", "started_at", "resolved_at", "status", "planned"
    ) == [
        (
            "cstate",
            "one",
            "Outage",
            "api",
            1,
            dt.datetime(2024, 1, 1, 10, tzinfo=UTC),
            dt.datetime(2024, 1, 1, 11, 30, tzinfo=UTC),
            "closed",
            False,
        ),
        (
            "cstate",
            "three",
            "A word",
            None,
            5,
            dt.datetime(2024, 1, 3, tzinfo=UTC),
            dt.datetime(2024, 1, 4, tzinfo=UTC),
            "closed",
            True,
        ),
        ("cstate", "two", "Network maintenance", None, 3, dt.datetime(2024, 1, 2, tzinfo=UTC), None, "open", True),
    ]
    assert reading.main["description"].tolist() == ["What happened."] * 3
    assert reading.tables["incident_systems"].values.tolist() == [["cstate", "one", "web"]]
    assert [(p.file, p.row, p.column) for p in reading.problems] == [
        ("content/issues/broken.md", None, "front matter"),
        ("content/issues/back.md", None, "resolved_at"),
    ]
    assert (reading.rows, reading.read, reading.refused) == (5, 5, 2)
    assert [name for name, _ in reading.skipped] == ["LICENSE", "content/services/api.md"]


def test_statuspage_incidents_join_their_updates_and_know_maintenance(tmp_path: Path) -> None:
    (tmp_path / "incidents.jsonl").write_text(
        '{"id": "9", "title": "Slow", "impact": "minor", "url": "https://s/9",'
        ' "status_sequence": ["Investigating", "Resolved"],'
        ' "started_at": "2024-01-01T10:00:00Z", "resolved_at": "2024-01-01T11:00:00Z", "components": ["API", "Web"],'
        ' "updates": [{"at": "x", "message": "Looking."}, {"at": "y", "message": "Fixed."}]}\n'
        '{"id": "10", "title": "Move", "impact": "none", "status_sequence": ["Scheduled", "In progress"],'
        ' "started_at": "2024-01-02T10:00:00Z", "resolved_at": null, "updates": [], "components": ["API"],'
        ' "components_source": "a model"}\n'
    )
    reading = read([tmp_path / "incidents.jsonl"], kind="incidents")
    assert rows(reading, "source_id", "description", "system", "severity", "status", "planned", "url", "tags") == [
        ("9", "Looking.\nFixed.", "API", 3, "closed", False, "https://s/9", None),
        ("10", None, "API", 5, "open", True, None, "components inferred by a model"),
    ]
    assert reading.tables["incident_systems"]["system"].tolist() == ["Web"]


def test_the_json_of_a_statuspage_api_is_the_same_format(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(
        '{"page": {"id": "p"}, "incidents": [{"id": "a", "name": "Down", "impact": "critical", "status": "monitoring",'
        ' "created_at": "2024-01-01T10:00:00.123+02:00", "resolved_at": null, "shortlink": "https://s/a",'
        ' "incident_updates": [{"body": "We look.", "status": "investigating"}],'
        ' "components": [{"name": "API"}, {"name": "Web"}]}]}'
    )
    reading = read([tmp_path / "api.json"], kind="incidents")
    assert reading.format == "statuspage"
    assert rows(reading, "title", "system", "severity", "status", "started_at", "description") == [
        ("Down", "API", 1, "open", dt.datetime(2024, 1, 1, 8, 0, 0, 123000, tzinfo=UTC), "We look.")
    ]


def test_commits_are_deployments_at_their_time_with_an_unknown_outcome(tmp_path: Path) -> None:
    (tmp_path / "changes.csv").write_text(
        "change_id,committed_at,actor_type,actor_alias,summary,reverts_change_id,files\n"
        "0012,2024-01-01T10:00:00+05:30,bot,dev-1,Bump x,,a.yaml;b.yaml\n"
        "0013,2024-01-01T10:00:00-08:00,human,dev-2,Revert,0012,\n"
    )
    reading = read([tmp_path], kind="changes")
    columns = (
        "source",
        "source_id",
        "kind",
        "title",
        "started_at",
        "finished_at",
        "outcome",
        "reverts",
        "automated",
        "actor",
        "paths",
    )
    first, second = dt.datetime(2024, 1, 1, 4, 30, tzinfo=UTC), dt.datetime(2024, 1, 1, 18, tzinfo=UTC)
    assert rows(reading, *columns) == [
        ("commits", "0012", "deployment", "Bump x", first, first, "unknown", None, True, "dev-1", "a.yaml;b.yaml"),
        ("commits", "0013", "deployment", "Revert", second, second, "unknown", "0012", False, "dev-2", None),
    ]


PAGE = """# {title}

## Summary

The **thing** broke, see [the log](https://x).

## Timeline

All times in {zone}.

| Time | Event |
| :--- | --- |
| 2024-07-01 HH:mm | Short event description. |
{first}
| 2024-07-01 10:30 | Fixed |

## Contributing Factors

- `None` known

## Stats

- Category: Kubernetes
- Time to detection: {detection}
- Time to recovery: {recovery}
"""


def postmortem(
    folder: Path,
    name: str,
    first: str = "| 2024-07-01 10:00 | Broke |",
    *,
    zone: str = "UTC",
    detection: str = "8 minutes",
    recovery: str = "1 hour 5 minutes.",
) -> None:
    (folder / name).write_text(
        PAGE.format(title="It broke", zone=zone, first=first, detection=detection, recovery=recovery)
    )


def test_a_post_mortem_starts_with_its_timeline_and_ends_after_its_time_to_recovery(tmp_path: Path) -> None:
    postmortem(tmp_path, "PM2024-001 - It broke.md")
    postmortem(tmp_path, "PM2024-002 - No ending", zone="CET", detection="N/A", recovery="279 minutes [^3]")
    postmortem(
        tmp_path,
        "PM2024-003 - Later.md",
        "| 2024-07-?? HH:mm | Hm |\n| 2024-06-30 HH:mm | Broke |",
        detection="?",
        recovery="11 Days",
    )
    postmortem(tmp_path, "PM2024-004 - Odd.md", recovery="a while")
    (tmp_path / "README.md").write_text("# postmortem\n")
    reading = read([tmp_path], kind="incidents")
    start = dt.datetime(2024, 7, 1, tzinfo=UTC)
    assert rows(reading, "source_id", "started_at", "detected_at", "resolved_at") == [
        ("PM2024-001", start.replace(hour=10), start.replace(hour=10, minute=8), start.replace(hour=11, minute=5)),
        ("PM2024-002", start.replace(hour=8), None, start.replace(hour=12, minute=39)),
        ("PM2024-003", dt.datetime(2024, 6, 30, tzinfo=UTC), None, dt.datetime(2024, 7, 11, tzinfo=UTC)),
    ]
    assert rows(reading, "title", "category", "status", "description")[0] == (
        "It broke",
        "Kubernetes",
        "closed",
        "The thing broke, see the log.\n\n- None known",
    )
    assert [(p.file, p.column, p.value) for p in reading.problems] == [
        ("PM2024-004 - Odd.md", "resolved_at", "a while")
    ]
    assert [name for name, _ in reading.skipped] == ["README.md"]
    assert "PM2024-003 - Later.md: the timeline states no time of day for its start; midnight is used." in reading.notes


def test_several_metric_files_are_read_in_one_go_each_under_its_name(tmp_path: Path) -> None:
    for name in ("cpu", "disk"):
        (tmp_path / f"{name}.csv").write_text("timestamp,value\n2024-01-01 00:00:00,0.5\n2024-01-01 00:05:00,0.25\n")
    reading = read([tmp_path], kind="metrics", unit="percent", better="low", environment="production")
    assert rows(reading, "source", "metric", "unit", "better", "environment", "value") == [
        ("cloudwatch", "cpu", "percent", "low", "production", 0.5),
        ("cloudwatch", "cpu", "percent", "low", "production", 0.25),
        ("cloudwatch", "disk", "percent", "low", "production", 0.5),
        ("cloudwatch", "disk", "percent", "low", "production", 0.25),
    ]


def test_a_plain_table_beside_a_format_that_shows_itself_is_listed_and_not_mixed_in(tmp_path: Path) -> None:
    lines = ["title: Down", "date: 2026-01-02T03:00:00Z", "resolvedWhen: 2026-01-02T04:00:00Z", "severity: down"]
    page = "\n".join(["---", *lines, "resolved: true", "---", ""])
    (tmp_path / "2026-01-02-down.md").write_text(page, encoding="utf-8")
    (tmp_path / "flat.csv").write_text("id,title,started_at\n1,Down,2026-01-02T03:00:00Z\n", encoding="utf-8")
    reading = read([tmp_path], kind="incidents")
    assert (reading.format, reading.rows, reading.main["title"].tolist()) == ("cstate", 1, ["Down"])
    why = "flat.csv is a plain table beside files of the format cstate; name the file itself to load it."
    assert reading.skipped == [("flat.csv", why)]
