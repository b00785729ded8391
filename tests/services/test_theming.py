"""Themes as people correct them: said once in the journal, found anew at once, and held when more data comes in."""

from dataclasses import replace
from pathlib import Path

import pytest

from opex.domain.decisions import Person
from opex.domain.problems import Refused
from opex.services import finding, loading, overview, prioritising, reviewing, theming
from opex.services.context import Context, Speaker
from opex.services.loading import Asked
from opex.store.decisions import StaleReview

ANA = Speaker(person=Person(name="Ana", function="operations"))
BO = Speaker(person=Person(name="Bo", function="business"))


def load(context: Context, folder: Path, titles: list[str], first: int) -> None:
    """Incidents with these titles, one a day, numbered from ``first``."""
    rows = [
        f"{first + n},{title},production,2026-05-{first + n:02d}T08:00:00Z,2026-05-{first + n:02d}T10:00:00Z"
        for n, title in enumerate(titles)
    ]
    lines = ["source_id,title,environment,started_at,resolved_at", *rows]
    (folder / "more.csv").write_text("\n".join(lines), encoding="utf-8")
    loading.load(context, [folder / "more.csv"], Asked(kind="incidents", source="t"))


def members(context: Context) -> dict[str, set[str]]:
    return {one.title: {of.removeprefix("t:") for of in one.incidents} for one in theming.themes(context)}


def test_names_merges_and_splits_hold_when_more_is_loaded_and_each_is_undone(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path, ["Mail relay down", "Mail relay outage", "Spam filter slow", "Slow spam filter"], 1)
    load(context, tmp_path, ["Disk full on archive"] * 3 + ["Disk full on archive in Oslo"] * 2, 5)
    mail, spam, disk = (
        next(one.id for one in theming.themes(context) if f"t:{incident}" in one.incidents) for incident in (1, 3, 5)
    )
    reviewing.accept(context, mail, ANA)
    reviewing.strike(context, mail, "t:1", ANA, reason="a drill")

    theming.rename(context, spam, ANA, name="  All of  mail ")
    theming.merge(context, spam, mail, replace(ANA, seen=reviewing.journal(context, spam)[-1].seq))
    oslo = theming.split(context, disk, ["t:8", "t:9"], BO, name="Oslo disks")

    assert members(context) == {
        "All of mail": {"1", "2", "3", "4"}, "Disk full on archive": {"5", "6", "7"}, "Oslo disks": {"8", "9"},
    }  # fmt: skip
    everything = prioritising.everything(context)
    assert (everything[mail].status, everything[mail].merged_into, everything[spam].merged_from) == (
        "merged", spam, (mail,)
    )  # fmt: skip
    assert set(everything[spam].evidence) == {"t:2", "t:3", "t:4"}  # what was struck there is struck here
    assert everything[oslo].status == "unreviewed"
    assert theming.without_hold(context) == []

    load(context, tmp_path, ["Mail relay unavailable", "Disk full on Oslo archive", "Disk full on archive"], 10)

    assert members(context) == {
        "All of mail": {"1", "2", "3", "4", "10"}, "Disk full on archive": {"5", "6", "7", "12"},
        "Oslo disks": {"8", "9", "11"},
    }  # fmt: skip
    assert {one.id for one in theming.themes(context)} == {spam, disk, oslo} == set(overview.themes(context)["id"])
    assert set(overview.themes(context)["trend"].map(sum)) == {5, 4, 3}

    for entry in [entry for of in (spam, disk) for entry in theming.corrections(context, of)]:
        theming.undo(context, entry, BO)

    assert {one.id: len(one.incidents) for one in theming.themes(context)} == {mail: 3, spam: 2, disk: 7}
    assert prioritising.everything(context)[mail].status == "accepted"
    assert [one.theme.story for one in theming.themes(context) if one.theme] == [(), (), ()]


def test_what_cannot_be_corrected_is_refused_in_a_sentence(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path, ["Mail relay down"] * 4 + ["Spam filter slow"] * 2, 1)
    mail, spam = (one.id for one in theming.themes(context))

    with pytest.raises(Refused, match="A theme cannot be merged with itself"):
        theming.merge(context, mail, mail, ANA)
    with pytest.raises(Refused, match='There is no theme "nothing"'):
        theming.merge(context, mail, "nothing", ANA)
    with pytest.raises(Refused, match='Incident "t:5" is not in the theme "Mail relay down"'):
        theming.split(context, mail, ["t:1", "t:5"], ANA)
    with pytest.raises(Refused, match="select at least two to split off, or strike the one"):
        theming.split(context, mail, ["t:1"], ANA)
    with pytest.raises(Refused, match="At least two incidents must stay"):
        theming.split(context, mail, ["t:1", "t:2", "t:3"], ANA)
    with pytest.raises(Refused, match="at most 90 characters; this one has 91"):
        theming.rename(context, mail, ANA, name="x" * 91)

    parted = theming.split(context, mail, ["t:1", "t:2"], ANA)
    theming.merge(context, spam, parted, BO)
    [split] = [entry for entry in finding.theme_edits(context) if entry.saying.kind == "theme_split"]
    with pytest.raises(Refused, match=r"Bo.s later correction builds on this one .*: undo that one first"):
        theming.undo(context, split, ANA)
    with pytest.raises(StaleReview, match="Bo was faster"):
        theming.rename(context, spam, replace(ANA, seen=0), name="Junk")


def test_a_correction_finds_anew_without_grouping_again(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(context, tmp_path, ["Mail relay down"] * 2 + ["Spam filter slow"] * 2, 1)
    mail, spam = (one.id for one in theming.themes(context))
    monkeypatch.setattr("opex.evidence.candidates.grouped_incidents", lambda facts: pytest.fail("grouped again"))

    theming.merge(context, mail, spam, ANA)

    assert [len(one.incidents) for one in theming.themes(context)] == [4]
