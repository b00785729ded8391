"""Files are read in a child process: what breaks a reader breaks nothing else, and is told in one sentence."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from opex.domain.problems import Refused
from opex.sources import guard, propose, read

GOOD = "id,title,started_at,service\n1,a,2024-01-01 10:00,api;web\n2,b,never,api\n2,c,2024-01-02 10:00,NA\n"


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_guarded_reading_equals_an_unguarded_one(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", GOOD)
    said: dict[str, Any] = {"kind": "incidents", "source": "desk", "timezone": "Europe/Berlin", "environment": "test"}
    plain = read([file], **said)
    guarded = guard.read(tmp_path / "guarded", [file], **said)
    for name in ("kind", "format", "source", "rows", "count", "refused", "duplicates", "superseded", "planned",
                 "systems", "matched", "notes", "problems", "skipped", "mapping", "read", "timezone"):  # fmt: skip
        assert getattr(guarded, name) == getattr(plain, name), name
    assert list(guarded.tables) == list(plain.tables) == ["incidents", "incident_systems"]
    for name, table in plain.tables.items():
        pd.testing.assert_frame_equal(guarded.tables[name], table)
    assert (guarded.count, guarded.refused) == (2, 1)


def test_a_guarded_proposal_equals_an_unguarded_one(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", GOOD)
    plain, guarded = propose([file], kind="incidents"), guard.propose([file], kind="incidents")
    assert plain.sample is not None
    assert guarded.sample is not None
    pd.testing.assert_frame_equal(guarded.sample.main, plain.sample.main)
    told = {name: value for name, value in plain.__dict__.items() if name != "sample"}
    assert {name: value for name, value in guarded.__dict__.items() if name != "sample"} == told


def test_a_refusal_in_the_child_is_the_same_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^There is no file or folder nowhere\.csv\.$"):
        guard.read(tmp_path / "out", [Path("nowhere.csv")], kind="incidents")
    with pytest.raises(Refused, match=r"^empty\.csv is empty\.$"):
        guard.read(tmp_path / "out2", [written(tmp_path, "empty.csv", "")], kind="incidents")


def test_progress_comes_through_and_only_forward(tmp_path: Path) -> None:
    told: list[float] = []
    guard.read(
        tmp_path / "out", [written(tmp_path, "a.csv", GOOD)], kind="incidents",
        progress=lambda share, words: told.append(share),
    )  # fmt: skip
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MEMORY", 128 * 1024**2)
    names = ",".join(f'"k{n}":0' for n in range(2_000_000))
    bomb = written(tmp_path, "names.json", f'[{{"id":1,{names}}}]')
    with pytest.raises(Refused, match=r"^names\.json cannot be read with [\d,]+ MB of memory in \d+ seconds"):
        guard.read(tmp_path / "out", [bomb], kind="incidents")
    assert guard.read(tmp_path / "next", [written(tmp_path, "a.csv", GOOD)], kind="incidents").count == 2


def test_a_file_that_takes_too_long_is_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["id", "title", "started_at"])
    for number in range(60_000):
        sheet.append([str(number), f"title {number}", "2024-01-01 10:00"])
    book.save(tmp_path / "long.xlsx")
    monkeypatch.setattr(guard, "SECONDS", 1)
    monkeypatch.setattr(guard, "SECONDS_PER_MB", 0)
    began = time.monotonic()
    with pytest.raises(Refused, match=r"^long\.xlsx cannot be read with [\d,]+ MB of memory in 1 seconds"):
        guard.read(tmp_path / "out", [tmp_path / "long.xlsx"], kind="incidents")
    assert time.monotonic() - began < 20


def test_a_file_that_never_says_anything_is_refused_after_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Path("/proc/kmsg")
    if not (log.exists() and os.access(log, os.R_OK)):
        pytest.skip("only root reads the kernel's log, whose reader waits for the next message")
    monkeypatch.setattr(guard, "SECONDS", 2)
    began = time.monotonic()
    with pytest.raises(Refused, match=r"^kmsg "):
        guard.read(tmp_path / "out", [log], kind="incidents")
    assert time.monotonic() - began < 2 * guard.WAITING


def test_a_reader_that_fails_unforeseen_is_a_sentence_for_the_person_and_a_trace_in_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "a.csv", GOOD)
    with pytest.raises(Refused, match=r"^a\.csv cannot be read: its reader failed in a way that opex did not foresee"):
        guard.read(tmp_path / "out", [file], kind="incidents", no_such_option=1)
    assert "TypeError" in capfd.readouterr().err


def test_a_nursery_that_was_killed_is_started_again(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", GOOD)
    guard.read(tmp_path / "one", [file], kind="incidents")
    process = guard._NURSERY._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert guard.read(tmp_path / "two", [file], kind="incidents").count == 2


def test_the_reading_process_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-1")
    monkeypatch.setenv("OPEX_WORKSPACE", "postgresql://u:canary-2@h/d")
    guard._NURSERY.stop()
    guard.read(tmp_path / "out", [written(tmp_path, "a.csv", GOOD)], kind="incidents")
    process = guard._NURSERY._process
    assert process is not None
    environment = Path(f"/proc/{process.pid}/environ")
    if not environment.exists():
        pytest.skip("this system has no /proc")
    assert b"PATH=" in environment.read_bytes()
    assert b"canary" not in environment.read_bytes()


def test_what_comes_back_is_plain_json(tmp_path: Path) -> None:
    reading = guard.read(tmp_path, [written(tmp_path.parent, "a.csv", GOOD)], kind="incidents")
    document = guard.reading_document(reading, tmp_path)
    again = guard.reading_from(json.loads(json.dumps(document)), tmp_path)
    pd.testing.assert_frame_equal(again.main, reading.main)
    assert again.problems == reading.problems
