"""Trust row 9: the same data loaded again, under another name or overlapping, is recognised and never doubled."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from opex.services import loading
from opex.services.context import Context
from opex.store import facts
from tests.trust import builders as b

Figure = Callable[[str], None]


def counted(context: Context, file: Path) -> tuple[int, int, int, int, int]:
    """Read, loaded, unchanged, replaced, refused; and no duplicates in the workspace, ever."""
    report = b.load(context, file)
    rows = facts.read(context.database, "incidents")
    assert not rows.duplicated(["source", "source_id"]).any()
    assert report.read == report.loaded + report.unchanged + report.replaced + report.refused
    return report.read, report.loaded, report.unchanged, report.replaced, report.refused


def test_a_file_twice_renamed_reordered_and_overlapping_gives_no_duplicates(
    both_contexts: Context, tmp_path: Path, figure: Figure
) -> None:
    rows = b.incidents(1, 500)
    file = b.written(tmp_path / "january.csv", rows)
    assert counted(both_contexts, file) == (500, 500, 0, 0, 0)
    assert counted(both_contexts, file) == (500, 0, 500, 0, 0)
    renamed = file.rename(tmp_path / "copy of january (2).csv")
    assert counted(both_contexts, renamed) == (500, 0, 500, 0, 0)
    shuffled = random.Random(9).sample(rows, len(rows))
    assert counted(both_contexts, b.written(tmp_path / "shuffled.csv", shuffled)) == (500, 0, 500, 0, 0)
    overlap = b.incidents(401, 450) + b.incidents(451, 500, title="Corrected") + b.incidents(501, 600)
    assert counted(both_contexts, b.written(tmp_path / "february.csv", overlap)) == (200, 100, 50, 50, 0)
    assert facts.counts(both_contexts.database)["incidents"] == 600
    assert len(loading.history(both_contexts)) == 5
    figure(f"{both_contexts.database.engine.dialect.name}: 2,200 rows read in 5 loads, 600 kept, 0 duplicates")


def test_a_column_more_in_the_next_file_leaves_the_rows_without_it_unchanged(
    both_contexts: Context, tmp_path: Path
) -> None:
    rows = b.incidents(1, 20)
    counted(both_contexts, b.written(tmp_path / "a.csv", rows))
    wider = [{**row, "resolved_at": ""} for row in rows] + b.incidents(21, 21, resolved_at="2026-07-01T00:00Z")
    assert counted(both_contexts, b.written(tmp_path / "b.csv", wider)) == (21, 1, 20, 0, 0)


def test_a_row_that_stands_twice_in_one_file_is_one_and_counted(both_contexts: Context, tmp_path: Path) -> None:
    rows = b.incidents(1, 10)
    contradiction = b.incidents(3, 3, title="Says something else")
    file = b.written(tmp_path / "a.csv", [*rows, *rows[:4], *contradiction])
    assert counted(both_contexts, file) == (15, 10, 4, 0, 1)
    assert facts.counts(both_contexts.database)["incidents"] == 10


@pytest.mark.parametrize("name", ["again.json", "again.xlsx"])
def test_the_same_rows_in_another_format_are_recognised(both_contexts: Context, tmp_path: Path, name: str) -> None:
    rows = b.incidents(1, 30)
    counted(both_contexts, b.written(tmp_path / "a.csv", rows))
    file = tmp_path / name
    if file.suffix == ".json":
        file.write_text(json.dumps(rows))
    else:
        book = openpyxl.Workbook()
        for row in (list(rows[0]), *(list(row.values()) for row in rows)):
            book.active.append(row)
        book.save(file)
    assert counted(both_contexts, file) == (30, 0, 30, 0, 0)


def test_changes_and_readings_are_recognised_as_well(both_contexts: Context, tmp_path: Path) -> None:
    changes = [{"id": f"C{n}", "title": "Deploy", "started_at": f"2026-05-01T{n:02}:00Z"} for n in range(24)]
    readings = [{"metric": "latency", "at": f"2026-05-01T{n:02}:00Z", "value": n / 3} for n in range(24)]
    for kind, rows in (("changes", changes), ("metrics", readings)):
        file = b.written(tmp_path / f"{kind}.csv", rows)
        first, second = b.load(both_contexts, file, kind), b.load(both_contexts, file, kind)
        assert (first.loaded, second.loaded, second.unchanged) == (24, 0, 24)
    assert facts.counts(both_contexts.database) == {"incidents": 0, "changes": 24, "readings": 24}
