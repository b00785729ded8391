"""S3 over HTTP against moto's server: pages, only what is new, only what is whole, names that cannot lead out."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import s3_backends

from opex.domain.source import Source
from opex.sources import read
from opex.sources.aws import Fetched, fetch, s3
from opex.sources.aws.s3 import file_name
from tests.sources.aws.worlds import etag

NOW = datetime.now(UTC)  # noqa: TID251 - moto stamps its objects with the present
BUCKET = Source(name="exports", origin="s3", kind="incidents", address="s3://our-exports/team/")
Client = Callable[[str], Any]


@pytest.fixture
def put(client: Client) -> Callable[..., None]:
    s3 = client("s3")
    s3.create_bucket(Bucket="our-exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return lambda key, body, **more: s3.put_object(Bucket="our-exports", Key=key, Body=body, **more)


def fetched(folder: Path, moto: boto3.Session, state: dict[str, Any] | None = None) -> Fetched:
    return fetch(BUCKET, state or {}, folder, now=NOW, session=moto)


def texts(result: Fetched) -> list[str]:
    return [path.read_text() for path in result.files]


def test_more_than_a_thousand_objects_are_listed_page_by_page(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/0000.csv", "0")
    for number in range(1, 2_003):
        s3_backends[ACCOUNT]["aws"].put_object("our-exports", f"team/{number:04}.csv", f"{number}".encode())
    known = {f"team/{number:04}.csv": etag(f"{number}".encode()) for number in range(2_000)}
    result = fetched(tmp_path / "a", moto, known)
    assert texts(result) == ["2000", "2001", "2002"]
    assert (result.gaps, result.calls, len(result.state)) == ((), 3 + 3, 2_003)


def test_a_second_run_fetches_only_new_and_changed_objects(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/a.csv", "a")
    put("team/b.csv", "b")
    put("elsewhere/c.csv", "not below the prefix")
    first = fetched(tmp_path / "1", moto)
    put("team/b.csv", "b again")
    put("team/d.csv", "d")
    second = fetched(tmp_path / "2", moto, first.state)
    third = fetched(tmp_path / "3", moto, second.state)
    assert (texts(first), texts(second), texts(third)) == (["a", "b"], ["b again", "d"], [])
    assert sorted(second.state) == ["team/a.csv", "team/b.csv", "team/d.csv"]


def test_an_object_that_left_the_bucket_leaves_the_state(
    put: Callable[..., None], client: Client, moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/a.csv", "a")
    first = fetched(tmp_path / "1", moto)
    client("s3").delete_object(Bucket="our-exports", Key="team/a.csv")
    assert fetched(tmp_path / "2", moto, first.state).state == {}


def test_a_folder_of_the_console_is_no_object(put: Callable[..., None], moto: boto3.Session, tmp_path: Path) -> None:
    put("team/", "")
    put("team/2026/", "")
    result = fetched(tmp_path / "1", moto)
    assert (result.files, result.gaps, result.state) == ((), (), {})


def test_an_object_in_glacier_is_a_gap_that_says_so(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/old.csv", "old", StorageClass="DEEP_ARCHIVE")
    put("team/new.csv", "new")
    result = fetched(tmp_path / "1", moto)
    (gap,) = result.gaps
    assert texts(result) == ["new"]
    assert (gap.part, "restore it from Glacier" in gap.why) == ("team/old.csv", True)
    assert sorted(result.state) == ["team/new.csv"]


def test_a_bucket_that_does_not_exist_is_a_gap_and_not_an_empty_folder(moto: boto3.Session, tmp_path: Path) -> None:
    (gap,) = fetched(tmp_path / "1", moto).gaps
    assert gap.sentence == (
        "the list of s3://our-exports/team/ is missing: s3:ListObjectsV2 found that this no longer exists "
        "(NoSuchBucket); check the name and the region."
    )


def test_objects_older_than_since_are_left_out_with_a_count(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/a.csv", "a")
    late = Source(
        name="exports", origin="s3", kind="incidents", address="s3://our-exports/team/", since=NOW + timedelta(days=2)
    )
    result = fetch(late, {}, tmp_path / "1", now=NOW, session=moto)
    assert (result.files, len(result.notes)) == ((), 1)
    assert result.notes[0].startswith("1 objects were not changed since")


def test_too_large_an_object_and_too_many_of_them_are_gaps(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "MAX_BYTES", 10)
    monkeypatch.setattr(s3, "MAX_OBJECTS", 2)
    put("team/a.csv", "a" * 11)
    put("team/b.csv", "b" * 10)
    put("team/c.csv", "c")
    first = fetched(tmp_path / "1", moto)
    assert texts(first) == ["b" * 10]
    assert [gap.part for gap in first.gaps] == ["team/a.csv", "team/c.csv"]


def test_what_s3_holds_is_read_by_the_ordinary_import(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    put("team/x.csv", "id,title,opened_at\n1,Checkout down,2026-05-01T10:00:00Z\n")
    result = fetched(tmp_path / "1", moto)
    reading = read(result.files, kind=result.kind, format=result.format)
    assert reading.main["title"].tolist() == ["Checkout down"]


# --- only what is whole ---------------------------------------------------------------------------------------------

CONTENT = b"the whole truth of ten kilobytes " * 310


@contextmanager
def s3_that_sends(body: bytes, *, length: int, headers: dict[str, str]) -> Iterator[str]:
    """An S3 with one object, whose bytes are ``body`` whatever it said before."""
    tag = md5(CONTENT, usedforsecurity=False).hexdigest()
    listing = (
        "<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>team/a.csv</Key>"
        f"<Size>{len(CONTENT)}</Size><ETag>&quot;{tag}&quot;</ETag></Contents></ListBucketResult>"
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listed = "list-type" in self.path
            sent, stated = (listing, len(listing)) if listed else (body, length)
            self.send_response(200)
            self.send_header("Content-Length", str(stated))
            for name, value in {} if listed else {"ETag": f'"{tag}"', **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("body", "length", "headers", "why"),
    [
        pytest.param(CONTENT[:5000], len(CONTENT), {}, "was cut off", id="the connection ends in the middle"),
        pytest.param(CONTENT[:5000], 5000, {}, "do not match", id="fewer bytes than the list said"),
        pytest.param(b"X" + CONTENT[1:], len(CONTENT), {}, "do not match", id="the MD5 is another than the ETag"),
        pytest.param(
            b"X" + CONTENT[1:],
            len(CONTENT),
            {"x-amz-server-side-encryption": "aws:kms", "x-amz-checksum-crc32": "AAAAAA=="},
            "do not match",
            id="the checksum is another, and the ETag is no MD5",
        ),
    ],
)
def test_an_object_that_is_not_whole_is_a_gap_and_leaves_no_file(
    body: bytes, length: int, headers: dict[str, str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_that_sends(body, length=length, headers=headers) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        result = fetched(tmp_path / "1", boto3.Session(region_name="eu-west-1"))
    (gap,) = result.gaps
    assert (gap.part, why in gap.why) == ("team/a.csv", True)
    assert (result.files, result.state) == ((), {})
    assert [path for path in (tmp_path / "1").rglob("*") if path.is_file()] == []


def test_the_etag_of_an_object_under_a_customers_key_is_not_taken_for_its_md5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = b"X" + CONTENT[1:]
    with s3_that_sends(other, length=len(other), headers={"x-amz-server-side-encryption": "aws:kms"}) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        result = fetched(tmp_path / "1", boto3.Session(region_name="eu-west-1"))
    assert [path.read_bytes() for path in result.files] == [other]


# --- names on disk --------------------------------------------------------------------------------------------------

HOSTILE = [
    "team/../../../etc/passwd",
    "team//etc/shadow",
    "team/..",
    "team/.",
    "team/...",
    "team/a\\..\\b.csv",
    "team/line\nbreak.csv",
    "team/nul\x7f.csv",
    "team/" + "x" * 900 + ".csv",
    "team/" + "ü" * 400 + ".csv.gz",
    "team/CON:.csv",
    "team/~root",
    "team/-rf",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_no_key_leads_out_of_the_folder(key: str, tmp_path: Path) -> None:
    path = tmp_path / "000001" / file_name(key)
    path.parent.mkdir()
    path.write_text("x")
    assert path.resolve().parent == tmp_path.resolve() / "000001"
    assert path.name.isprintable()
    assert "\\" not in path.name
    assert len(path.name.encode()) <= 140


def test_keys_that_would_collide_become_two_files(
    put: Callable[..., None], moto: boto3.Session, tmp_path: Path
) -> None:
    keys = ["team/a.csv", "team/A.csv", "team/x/a.csv", "team/a.csv/b", "team/a:b.csv", "team/a_b.csv"]
    for key in keys:
        put(key, key)
    result = fetched(tmp_path / "1", moto)
    assert sorted(texts(result)) == sorted(keys)
    stems = {file_name(key) for key in ("team/a:b.csv", "team/a_b.csv", "team/a?b.csv")}
    assert len(stems) == 3
