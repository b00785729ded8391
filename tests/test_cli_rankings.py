"""``opex explain --above``, ``rankings`` and ``diff``: the shapes that other programs parse."""

import json
from pathlib import Path

import pytest

from tests.test_cli import Run, document, opex, ranked, sample

__all__ = ["opex", "sample"]


def test_rank_keeps_the_ranking_and_names_it_once(sample: Run) -> None:
    assert [document(sample, "rank")["ranking"] for _ in range(2)] == [1, 1]
    [kept] = document(sample, "rankings")["rankings"]
    assert {k: kept[k] for k in ("ranking", "person", "occasion", "note", "driver_set")} == {
        "ranking": 1, "person": "Ana", "occasion": "opex rank", "note": "", "driver_set": {
            "name": "default", "version": 1}
    }  # fmt: skip
    assert sample("rankings")[1].count("\n") == 1


def test_diff_splits_each_change_and_its_parts_add_up(sample: Run, tmp_path: Path) -> None:
    first, second = ranked(sample)[:2]
    (tmp_path / "then.json").write_text(json.dumps(document(sample, "rank")), encoding="utf-8")
    sample("strike", first["id"], next(iter(found(sample, first["id"]))), "--reason", "a drill")
    sample("decline", second["id"], "--reason", "too_small")
    told = document(sample, "diff", tmp_path / "then.json", "now")
    assert set(told) == {"from", "to", "sentence", "items", "came", "went"}
    assert (told["from"]["ranking"], told["to"]["ranking"]) == (1, None)
    for item in told["items"]:
        assert set(item) == {"id", "title", "rank_from", "rank_to", "score_from", "score_to", "change", "parts"}
        assert list(item["parts"]) == ["data", "drivers", "ratings", "removals", "adjustments"]
        assert sum(item["parts"].values()) == pytest.approx(item["change"], abs=1e-12)
        assert item["score_to"] - item["score_from"] == item["change"]
    struck = next(item for item in told["items"] if item["id"] == first["id"])
    assert struck["parts"]["ratings"] == struck["change"] != 0
    assert [(one["id"], one["why"]) for one in told["went"]] == [(second["id"], "declined")]
    assert told["came"] == []
    assert document(sample, "diff", "last", "now")["items"] == told["items"]
    assert document(sample, "diff", 1, "now")["items"] == told["items"]
    lines = sample("diff", 1, "now")[1].splitlines()
    assert lines[0] == told["sentence"]
    assert lines[-1].startswith("went    2")
    assert lines[-1].endswith("(declined)")


def found(run: Run, of: str) -> list[str]:
    [candidate] = [one for one in document(run, "find")["candidates"] if one["id"] == of]
    incidents: list[str] = candidate["incidents"]
    return incidents


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("7", "There is no kept ranking 7: `opex rankings` lists them.\n"),
        ("last", "No ranking was kept yet: `opex rank` keeps one.\n"),
        ("soon", 'A ranking is a number, "last" or "now"; this is "soon". `opex rankings` lists them.\n'),
    ],
)
def test_a_ranking_that_cannot_be_named_is_refused_in_one_sentence(sample: Run, name: str, sentence: str) -> None:
    assert sample("diff", name, "now") == (1, "", sentence)


@pytest.mark.parametrize("text", ["{}", "[1]", "no JSON", '{"ranking": null}', '{"ranking": true}'])
def test_a_file_that_names_no_ranking_is_refused(sample: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "then.json").write_text(text, encoding="utf-8")
    code, out, err = sample("diff", tmp_path / "then.json", "now")
    assert (code, out) == (1, "")
    assert err.startswith("then.json names no ranking: it is no document of `opex rank --json`")


def test_diff_of_an_empty_workspace_says_what_to_do(opex: Run) -> None:
    assert opex("diff", "now", "now") == (
        1, "", "There is no ranking yet: load incidents first (opex import incidents FILE).\n",
    )  # fmt: skip
    assert opex("rankings") == (0, "", "")


def test_explain_says_why_one_stands_above_another(sample: Run) -> None:
    first, second = ranked(sample)[:2]
    told = document(sample, "explain", second["id"], "--above", first["id"])["above"]
    assert (told["upper"], told["lower"], told["by"]) == (first["id"], second["id"], "score")
    assert sum(told["parts"].values()) == pytest.approx(told["difference"], abs=1e-12)
    assert told["difference"] == first["score"] - second["score"]
    assert sample("explain", second["id"], "--above", first["id"])[1].splitlines() == told["sentences"]
    assert "above" not in document(sample, "explain", first["id"])
    assert sample("explain", first["id"], "--above", first["id"])[0] == 1
