"""Zip archives are folders: their files are read under their names, and bombs are not unpacked."""

import io
import zipfile
from pathlib import Path

import pytest

from opex.domain.problems import Refused
from opex.sources import read

ONE = b"id,title,started_at\n1,a,2024-01-01\n"
TWO = b"id,title,started_at\n2,b,2024-01-02\n3,c,bad\n"


def packed(path: Path, members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_the_files_of_an_archive_are_read_under_its_name(tmp_path: Path) -> None:
    file = packed(tmp_path / "all.zip", {"2024/one.csv": ONE, "2024/two.csv": TWO, "__MACOSX/._one.csv": b"\x00"})
    reading = read([file], kind="incidents")
    assert reading.main["source_id"].tolist() == ["1", "2"]
    assert [(p.file, p.row) for p in reading.problems] == [("all.zip/2024/two.csv", 3)]


def test_an_archive_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    assert read([packed(tmp_path / "export.csv", {"one.csv": ONE})], kind="incidents").count == 1


def test_what_is_no_table_in_an_archive_is_passed_over_by_name(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("one.csv", ONE)
    file = packed(tmp_path / "all.zip", {"one.csv": ONE, "logo.png": b"\x89PNG....", "in.zip": inner.getvalue()})
    reading = read([file], kind="incidents")
    assert reading.count == 1
    assert reading.skipped == [
        ("all.zip/logo.png", "all.zip/logo.png is a picture."),
        ("all.zip/in.zip", "all.zip/in.zip is an archive in an archive; unpack it first."),
    ]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"bomb.csv": b"0" * 150_000_000}, r"^all\.zip unpacks to more than \d+ MB from 0\.1 MB"),
        ({f"{n}.csv": b"" for n in range(10_001)}, r"^all\.zip holds more than 10,000 files; unpack the part"),
        ({"folder/": b""}, r"^all\.zip is a zip archive without files\.$"),
    ],
    ids=["bomb", "many", "none"],
)
def test_an_archive_that_is_no_honest_one_is_refused(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read([packed(tmp_path / "all.zip", members)], kind="incidents")


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    whole = packed(tmp_path / "all.zip", {"one.csv": ONE * 100}).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match=r"^half\.zip is a damaged zip archive; copy or pack it again\.$"):
        read([tmp_path / "half.zip"], kind="incidents")


def test_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    file = packed(tmp_path / "all.zip", {"../outside.csv": ONE, "/etc/opex-test": TWO})
    assert read([file], kind="incidents").count == 2
    assert not outside.exists()
    assert not Path("/etc/opex-test").exists()
