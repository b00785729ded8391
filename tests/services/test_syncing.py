"""Configured sources: what is new is fetched and loaded in one transaction, and what is missing is said and filled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import boto3
import pandas as pd
import pytest

from opex.domain.problems import Refused
from opex.domain.source import Source
from opex.services import loading, syncing
from opex.services.context import Context
from opex.sources import aws
from opex.store import facts
from tests.sources.aws.conftest import _alone, client, moto, moto_url  # noqa: F401 - fixtures
from tests.sources.aws.wire import Wire
from tests.sources.aws.worlds import END, WORLDS, World

HEADER = "id,title,started_at,status\n"
S3 = 'name = "desk"\nfrom = "s3"\nkind = "incidents"\naddress = "s3://our-bucket/exports/"\nregion = "eu-west-1"\n'
Client = Callable[[str], Any]


def everything(context: Context) -> dict[str, pd.DataFrame]:
    return {name: facts.read(context.database, name) for name in ("incidents", "changes", "readings")}


def put(made: Client, key: str, text: str) -> None:
    made("s3").put_object(Bucket="our-bucket", Key=key, Body=text.encode())


@pytest.fixture
def bucket(client: Client) -> Client:  # noqa: F811 - the fixture
    client("s3").create_bucket(Bucket="our-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def synced(context: Context, **asked: Any) -> syncing.Synced:
    [one] = syncing.sync(context, **asked)
    return one


def test_only_new_and_changed_objects_are_fetched_and_the_newest_row_counts(context: Context, bucket: Client) -> None:
    syncing.configure(context, S3)
    assert [(one.status, one.fresh_at) for one in syncing.freshness(context)] == [("new", None)]
    put(bucket, "exports/z-first.csv", HEADER + "007,a,2024-01-01,open\n")
    put(bucket, "elsewhere/b.csv", HEADER + "9,never,2024-01-01,open\n")
    first = synced(context)
    assert (first.status, first.gaps, first.report and first.report.loaded) == ("complete", (), 1)
    again = synced(context)
    assert (again.status, again.report) == ("complete", None)

    sleep(1.1)  # S3 tells when an object changed by the whole second
    put(bucket, "exports/a-later.csv", HEADER + "007,a,2024-01-01,closed\n8,b,2024-01-02,open\n")
    later = synced(context)
    assert later.report is not None
    counts = later.report.rows, later.report.loaded, later.report.replaced, later.report.unchanged
    assert counts == (2, 1, 1, 0)
    kept = everything(context)["incidents"]
    assert dict(zip(kept["id"], kept["status"], strict=True)) == {"desk:007": "closed", "desk:8": "open"}
    [fresh] = syncing.freshness(context)
    assert (fresh.status, fresh.fresh_at) == ("complete", context.now())

    whole = synced(context, again=True)
    assert whole.report is not None
    assert (whole.report.read, whole.report.loaded, whole.report.refused) == (3, 0, 0)
    pd.testing.assert_frame_equal(everything(context)["incidents"], kept)


def test_an_object_that_cannot_be_read_is_passed_over_by_name_and_the_others_come(
    context: Context, bucket: Client
) -> None:
    syncing.configure(context, S3)
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    put(bucket, "exports/logo.csv", "\x89PNG")
    done = synced(context)
    assert done.report is not None
    assert done.report.loaded == 1
    assert [why for _, why in done.report.skipped if "logo.csv" in why] != []


def test_what_cannot_be_read_is_a_gap_by_its_name_keeps_no_other_back_and_comes_once_it_is_mended(
    context: Context, bucket: Client
) -> None:
    syncing.configure(context, S3)
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    put(bucket, "exports/b.csv", HEADER + '2,"never closed,2024-01-01,open\n3,c,2024-01-01,open\n')
    put(bucket, "exports/c.csv", "Nummer;Was;Wann\n4;d;2024-01-01\n")
    put(bucket, "exports/_SUCCESS", "")
    for _ in range(2):
        done = synced(context)
        assert (done.status, [gap.split(" is missing: it cannot be read: ")[0] for gap in done.gaps]) == (
            "partial", ["exports/b.csv", "exports/c.csv"],
        )  # fmt: skip
        assert everything(context)["incidents"]["id"].tolist() == ["desk:1"]
        put(bucket, "exports/d.csv", HEADER + "1,a,2024-01-01,open\n")
    put(bucket, "exports/b.csv", HEADER + "2,closed,2024-01-01,open\n")
    put(bucket, "exports/c.csv", HEADER + "4,d,2024-01-01,open\n")
    mended = synced(context)
    assert (mended.status, mended.gaps) == ("complete", ())
    assert everything(context)["incidents"]["id"].tolist() == ["desk:1", "desk:2", "desk:4"]
    assert synced(context).report is None


def test_a_source_that_asks_for_something_else_is_fetched_anew(context: Context, bucket: Client) -> None:
    syncing.configure(context, S3)
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    assert synced(context).report is not None
    assert synced(context).report is None
    syncing.configure(context, S3 + 'system = "desk"\n')
    anew = synced(context)
    assert anew.report is not None
    assert (anew.report.read, anew.report.replaced) == (1, 1)
    assert everything(context)["incidents"]["system"].tolist() == ["desk"]
    assert synced(context).report is None


def test_a_load_from_a_source_that_is_taken_back_is_fetched_again(context: Context, bucket: Client) -> None:
    syncing.configure(context, S3)
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    done = synced(context)
    assert done.report is not None
    loading.take_back(context, done.report.id, person="Ana")
    assert everything(context)["incidents"].empty
    again = synced(context)
    assert again.report is not None
    assert again.report.loaded == 1


def test_a_bucket_that_is_not_there_is_a_gap_and_no_freshness(context: Context, moto: boto3.Session) -> None:  # noqa: F811
    syncing.configure(context, S3)
    done = synced(context)
    assert (done.status, done.report, done.fresh_at) == ("partial", None, None)
    assert "s3://our-bucket/exports/" in done.gaps[0]
    [fresh] = syncing.freshness(context)
    assert (fresh.status, fresh.gaps, fresh.fresh_at) == ("partial", done.gaps, None)


def test_a_source_that_fails_stops_no_other_and_says_why(context: Context, bucket: Client) -> None:
    syncing.configure(context, S3)
    syncing.configure(context, S3.replace('"desk"', '"broken"').replace("exports/", "pictures/"))
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    put(bucket, "pictures/a.csv", "\x89PNG")
    done = {one.name: one for one in syncing.sync(context)}
    assert {name: one.status for name, one in done.items()} == {"broken": "failed", "desk": "complete"}
    assert "a.csv is no table with columns" in done["broken"].refusal
    told = {one.source.name: (one.status, one.refusal) for one in syncing.freshness(context)}
    assert told == {"broken": ("failed", done["broken"].refusal), "desk": ("complete", "")}


def test_sources_are_named_and_removed_and_what_they_brought_stays(context: Context, bucket: Client) -> None:
    with pytest.raises(Refused, match=r"^No source is configured yet"):
        list(syncing.sync(context))
    syncing.configure(context, S3)
    with pytest.raises(Refused, match=r'^There is no source "x"; configured are desk\.$'):
        list(syncing.sync(context, ["x"]))
    with pytest.raises(Refused, match=r'^The source desk uses the mapping "ours", which is not kept'):
        syncing.configure(context, S3 + 'mapping = "ours"\n')
    put(bucket, "exports/a.csv", HEADER + "1,a,2024-01-01,open\n")
    synced(context)
    syncing.remove(context, "desk")
    assert syncing.freshness(context) == []
    assert len(everything(context)["incidents"]) == 1
    with pytest.raises(Refused, match=r'^There is no source "desk"\.$'):
        syncing.remove(context, "desk")


# --- every origin, through the database -------------------------------------------------------------------------


def at_time(context: Context, now: datetime) -> Context:
    return replace(context, now=lambda: now)


def run(context: Context, world: World, now: datetime, patch: pytest.MonkeyPatch, **fault: Any) -> syncing.Synced:
    wire = Wire(world.answers(now), **fault)
    patch.setattr(syncing, "fetch", partial(aws.fetch, session=wire.session()))
    return syncing.fetched_from(at_time(context, now), world.source)


FROM_AWS = [origin for origin in WORLDS if origin != "s3"]  # its objects are files of any format: see above


@pytest.mark.parametrize("origin", FROM_AWS)
@pytest.mark.parametrize(("fault", "at"), [("throttled beyond retries", 1), ("credentials expired", 1)])
def test_what_a_fault_kept_back_is_named_and_the_next_run_fills_the_workspace(
    origin: str, fault: str, at: int, tmp_path: Path, new_context: Callable[[str], Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    world = WORLDS[origin]
    truth, context = (new_context(f"sqlite:///{tmp_path / name}.db") for name in ("truth", "tried"))
    clean = run(truth, world, END, monkeypatch)
    assert (clean.status, clean.report and clean.report.refused) == ("complete", 0)

    first = run(context, world, END, monkeypatch, fault=fault, at=at)
    assert (first.status, first.gaps != ()) == ("partial", True)
    second = run(context, world, END + timedelta(minutes=1), monkeypatch)
    assert (second.status, second.gaps) == ("complete", ())
    assert second.fresh_at == END + timedelta(minutes=1)
    for name, table in everything(truth).items():
        pd.testing.assert_frame_equal(everything(context)[name], table)
    third = run(context, world, END + timedelta(minutes=2), monkeypatch)
    assert third.status == "complete"
    if third.report is not None:
        assert (third.report.loaded, third.report.replaced) == (0, 0)
    for one in (truth, context):
        one.database.close()


def test_the_kind_of_each_origin_is_the_table_that_it_fills(
    tmp_path: Path, new_context: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    for origin in FROM_AWS:
        world = WORLDS[origin]
        context = new_context(f"sqlite:///{tmp_path / origin}.db")
        done = run(context, world, END, monkeypatch)
        filled = [name for name, table in everything(context).items() if len(table)]
        assert filled == ["readings" if done.kind == "metrics" else done.kind]
        assert set(everything(context)[filled[0]]["source"]) == {world.source.name}
        context.database.close()


def test_a_source_is_plain_text_without_a_secret() -> None:
    assert "secret" not in " ".join(Source.__annotations__).casefold()
    assert "password" not in " ".join(Source.__annotations__).casefold()
