"""``opex`` on loads and sources: what a load refused comes back as a file, a load is taken back, sources are synced."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from opex.cli import main
from tests.sources.aws.conftest import _alone, moto, moto_url  # noqa: F401 - fixtures

CSV = "id,title,started_at\n007,a,2024-01-01\n8,b,never\n"
S3 = 'name = "desk"\nfrom = "s3"\nkind = "incidents"\naddress = "s3://our-bucket/exports/"\nregion = "eu-west-1"\n'


class Cli:
    """Runs commands on one workspace."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._capture = folder, patch, capture
        patch.setenv("OPEX_WORKSPACE", f"sqlite:///{folder / 'workspace.db'}")
        patch.setenv("OPEX_PERSON", "Ana")
        patch.chdir(folder)

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._patch.setattr("sys.argv", ["opex", *arguments])
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        else:
            status = 0
        said = self._capture.readouterr()
        return status, said.out, said.err

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json")[1])


@pytest.fixture
def opex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(tmp_path, monkeypatch, capsys)


def test_refused_rows_are_mended_and_loaded_with_the_mapping_of_their_load(opex: Cli) -> None:
    assert opex("import", "incidents", opex.file("a.csv", CSV), "--source", "desk")[0] == 0
    [load] = opex.json("loads")["loads"]
    assert {name: load[name] for name in ("person", "kind", "source", "files", "loaded", "refused")} == {
        "person": "Ana", "kind": "incidents", "source": "desk", "files": ["a.csv"], "loaded": 1, "refused": 1,
    }  # fmt: skip
    assert opex("refused-rows", load["id"], "--output", "bad.csv")[0] == 0
    assert opex("mapping-of", load["id"], "--output", "desk.toml")[0] == 0
    bad = (opex.folder / "bad.csv").read_text(encoding="utf-8-sig")
    opex.file("mended.csv", bad.replace('"never"', '"2024-01-02"'))
    report = opex.json("import", "incidents", "mended.csv", "--mapping", "desk.toml")
    assert (report["source"], report["loaded"], report["refused"]) == ("desk", 1, 0)
    refusal = "This load refused no row, or there is no such load.\n"
    assert opex("refused-rows", opex.json("loads")["loads"][0]["id"]) == (1, "", refusal)


def test_the_report_says_which_zone_was_assumed(opex: Cli) -> None:
    naive = opex.file("a.csv", "title,started_at\na,2024-01-01 14:30\n")
    utc = "Note: Times without a zone are read as UTC.\n"
    assert opex("import", "incidents", naive)[2].endswith(utc)
    berlin = opex("import", "incidents", naive, "--timezone", "Europe/Berlin")[2]
    assert berlin.endswith("Note: Times without a zone are read as Europe/Berlin.\n")
    aware = opex.file("b.csv", "title,started_at\na,2024-01-01T14:30Z\n")
    assert "zone" not in opex("import", "incidents", aware)[2]


def test_the_refused_rows_are_written_even_when_nothing_could_be_loaded(opex: Cli) -> None:
    file = opex.file("a.csv", "id,title,started_at\n8,b,never\n")
    status, out, err = opex("import", "incidents", file, "--problems", "bad.csv")
    assert (status, out) == (1, "")
    assert err.startswith("a.csv: nothing can be loaded as incidents, none of 1 rows or files is right.")
    assert '"8","b","never","a.csv","2",' in (opex.folder / "bad.csv").read_text(encoding="utf-8-sig")


def test_a_load_is_taken_back_and_said_so(opex: Cli) -> None:
    opex("import", "incidents", opex.file("a.csv", CSV), "--source", "desk")
    first = opex.json("loads")["loads"][0]["id"]
    opex("import", "incidents", opex.file("b.csv", CSV.replace(",a,", ",A,")), "--source", "desk")
    second = opex.json("loads")["loads"][0]["id"]
    status, out, err = opex("take-back", first)
    assert (status, out) == (1, "")
    assert err.startswith("1 later load of desk stands on this one (b.csv of ")
    status, out, _ = opex("take-back", first, "--with-later")
    assert (status, [line.split(" ")[0] for line in out.splitlines()]) == (0, [second, first])
    assert [load["taken_back_at"] is None for load in opex.json("loads")["loads"]] == [False, False]
    assert opex("find")[0] == 1


def test_sources_are_configured_synced_and_removed(opex: Cli, moto: boto3.Session) -> None:  # noqa: F811 - the fixture
    client = moto.client("s3")
    client.create_bucket(Bucket="our-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="our-bucket", Key="exports/a.csv", Body=CSV.encode())
    client.close()
    assert opex("sync") == (
        1, "", "No source is configured yet: opex sources add FILE.toml (docs/aws/README.md has examples).\n",
    )  # fmt: skip
    added = opex("sources", "add", opex.file("desk.toml", S3))
    assert added == (0, "desk is configured: incidents from s3.\n", "")
    done = opex.json("sync")
    [source] = done["sources"]
    assert done["complete"] is True
    counts = {name: source[name] for name in ("rows", "read", "loaded", "unchanged", "replaced", "refused")}
    assert counts == {"rows": 2, "read": 2, "loaded": 1, "unchanged": 0, "replaced": 0, "refused": 1}
    [listed] = opex.json("sources", "list")["sources"]
    assert (listed["name"], listed["status"], listed["fresh_at"]) == ("desk", "complete", source["fresh_at"])
    assert opex("sources", "remove", "desk")[0] == 0
    assert opex.json("sources", "list") == {"sources": []}


def test_a_source_that_is_not_complete_ends_with_exit_1_and_one_report(opex: Cli, moto: boto3.Session) -> None:  # noqa: F811
    opex("sources", "add", opex.file("desk.toml", S3))
    status, out, err = opex("sync", "--json")
    assert status == 1
    assert [one["status"] for one in json.loads(out)["sources"]] == ["partial"]
    assert err == "1 of 1 sources are not complete: desk.\n"


def test_an_address_of_s3_is_read_once(opex: Cli, moto: boto3.Session) -> None:  # noqa: F811 - the fixture
    client = moto.client("s3")
    client.create_bucket(Bucket="our-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="our-bucket", Key="exports/a.csv", Body=CSV.encode())
    client.close()
    report = opex.json("import", "incidents", "s3://our-bucket/exports", "--source", "desk")
    assert (report["read"], report["loaded"], report["refused"], report["status"]) == (2, 1, 1, "complete")
    again = opex("import", "incidents", "s3://our-bucket/exports", "--source", "desk")
    assert again == (0, "Nothing new in incidents.\n", "")


def test_denied_permissions_are_named(opex: Cli, moto: boto3.Session) -> None:  # noqa: F811 - the fixture
    opex("sources", "add", opex.file("desk.toml", S3))
    status, out, _ = opex("aws", "check", "--json")
    found = {one["action"]: one["allowed"] for one in json.loads(out)["permissions"]}
    assert set(found) == {"s3:ListBucket", "s3:GetObject"}
    assert status == (1 if False in found.values() else 0)


def test_a_source_that_is_no_toml_or_names_no_file_is_refused(opex: Cli) -> None:
    assert opex("sources", "add", "nowhere.toml")[0] == 1
    status, _, err = opex("sources", "add", opex.file("x.toml", 'name = "a"\nfrom = "ftp"\n'))
    assert (status, err.startswith('The source a has from = "ftp"; it must be one of ')) == (1, True)
