"""Files of any size: what is read in many chunks is what is read in one."""

import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources import delimited, read, spool
from opex.sources.repeats import repeats


def lines(count: int) -> list[str]:
    """Rows of every kind: good, blank, with a field too many, with line breaks, repeated, contradicting."""
    chance = random.Random(5)
    made = []
    for number in range(count):
        day = f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/2024"
        row = f'{number},"title {number}\nsecond ""line""",{day},s{number % 7}'
        kind = number % 50
        made.append({10: "", 20: row + ",extra", 30: row.replace("/2024", "/x"), 40: row + "\n" + row}.get(kind, row))
    made[7] = '3,"another title",13/01/2024,s1'
    return made


def test_a_file_read_in_many_chunks_is_the_file_read_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,title,started_at,service\n" + "\n".join(lines(2_000)) + "\n", encoding="utf-8")
    whole = read([file], kind="incidents")
    monkeypatch.setattr(delimited.read_delimited, "__kwdefaults__", {"block": 4_096})
    monkeypatch.setattr(spool, "ENOUGH_ROWS", 97)
    parts = read([file], kind="incidents")
    pd.testing.assert_frame_equal(parts.main, whole.main)
    assert (parts.rows, parts.read, parts.refused, parts.duplicates) == (2_000, 2_000, 81, 40)
    assert (parts.rows, parts.read, parts.refused, parts.duplicates) == (
        whole.rows, whole.read, whole.refused, whole.duplicates,
    )  # fmt: skip
    assert sorted(p.sentence for p in parts.problems) == sorted(p.sentence for p in whole.problems)


def test_the_format_of_dates_is_decided_by_the_last_row_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited.read_delimited, "__kwdefaults__", {"block": 1_024})
    rows = [f"{n},a,03/04/2024" for n in range(1_000)]
    (tmp_path / "a.csv").write_text("id,title,started_at\n" + "\n".join(rows) + "\n")
    with pytest.raises(Refused, match="day and month cannot be told apart"):
        read([tmp_path / "a.csv"], kind="incidents")
    (tmp_path / "b.csv").write_text("id,title,started_at\n" + "\n".join([*rows, "x,a,13/04/2024"]) + "\n")
    assert set(read([tmp_path / "b.csv"], kind="incidents").main["started_at"]) == {
        pd.Timestamp("2024-04-03", tz="UTC"),
        pd.Timestamp("2024-04-13", tz="UTC"),
    }


# --- repeats ----------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=30), st.booleans())
def test_one_row_of_each_key_stays_and_all_others_are_told(rows: list[tuple[int, int]], newest: bool) -> None:
    keys = np.array([key for key, _ in rows], dtype=np.uint64)
    digests = np.array([digest for _, digest in rows], dtype=np.int64)
    found = repeats(keys, digests, newest=newest)
    stays: dict[int, int] = {}
    for place, (key, _) in enumerate(rows):
        if newest or key not in stays:
            stays[key] = place
    gone = [place for place, (key, _) in enumerate(rows) if stays[key] != place]
    again = [place for place in gone if rows[place][1] == rows[stays[rows[place][0]]][1]]
    assert found.again.tolist() == again
    assert found.other.tolist() == [place for place in gone if place not in again]
    assert found.stays.tolist() == [stays[rows[place][0]] for place in found.other]


def test_files_in_order_of_time_may_correct_each_other(tmp_path: Path) -> None:
    files = []
    for day, status in enumerate(("open", "open", "closed"), 1):
        files.append(tmp_path / f"{day}.csv")
        files[-1].write_text(f"id,title,started_at,status\n1,a,2024-01-01,{status}\n{day}0,b,2024-01-0{day},open\n")
    strict = read(files, kind="incidents")
    assert (strict.count, strict.duplicates, strict.refused) == (4, 1, 1)
    newest = read(files, kind="incidents", newest=True)
    assert (newest.read, newest.count, newest.superseded, newest.duplicates, newest.refused) == (6, 4, 2, 0, 0)
    assert dict(zip(newest.main["source_id"], newest.main["status"], strict=True))["1"] == "closed"


# --- mending ----------------------------------------------------------------------------------------------------

DESK = """\
name = "desk"
kind = "incidents"
timezone = "Europe/Berlin"
[columns]
source_id = "Nr"
title = "Titel"
started_at = "Beginn"
severity = "Schwere"
[values.severity]
hoch = "1"
"""


def test_refused_rows_can_be_mended_and_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "desk.csv"
    file.write_text(
        "Nr;Titel;Beginn;Schwere\n"
        "007;=1+1;03/04/2024 10:00;hoch\n"
        "008;'quoted;13/04/2024 10:00;egal\n"
        "009;=HYPERLINK(1);31/02/2024;hoch\n"
        "010;too;many;fields;here\n"
        "007;another;03/04/2024 10:00;hoch\n",
        encoding="cp1252",
    )
    from opex.sources import read_into

    (tmp_path / "first").mkdir()
    first = read_into(tmp_path / "first", [file], kind="incidents", mapping=Mapping.from_toml(DESK))
    assert (first.count, first.refused, first.mendable is not None) == (1, 4, True)
    assert first.mendable is not None
    text = first.mendable.read_text(encoding="utf-8-sig")
    assert [line.split(";")[0] for line in text.splitlines()] == ['"Nr"', '"010"', '"008"', '"009"', '"007"']
    assert '"\'=HYPERLINK(1)"' in text
    mended = text.replace("egal", "hoch").replace("31/02/2024", "03/05/2024")
    lines = [line for line in mended.splitlines() if not line.startswith(('"010"', '"007"'))]
    (tmp_path / "mended.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    second = read([tmp_path / "mended.csv"], kind="incidents", mapping=first.mapping)
    assert (second.source, second.count, second.refused) == ("desk", 2, 0)
    assert second.main["title"].tolist() == ["'quoted", "=HYPERLINK(1)"]
    assert second.main["started_at"].tolist() == [
        pd.Timestamp(datetime(2024, 4, 13, 8, tzinfo=UTC)), pd.Timestamp(datetime(2024, 5, 2, 22, tzinfo=UTC)),
    ]  # fmt: skip
