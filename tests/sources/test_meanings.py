"""What a column means is read exactly, or asked for in a sentence; nothing is guessed without a word."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from opex.sources import Reading, read

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
