"""The loop on the sample workspace, as a person goes through it: load, find, rank, review, drivers, export."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from opex.domain.decisions import Accepted, Commented, Person
from opex.domain.drivers import DriverSet
from opex.domain.opportunities import Removal
from opex.domain.priorities import Priorities
from opex.domain.problems import NotEnoughData, Refused
from opex.services import driving, exporting, finding, knowing, loading, overview, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.services.loading import Asked
from opex.store.decisions import StaleReview
from tests.conftest import ROOT

ANA = Speaker(person=Person(name="Ana", function="operations"))
BO = Speaker(person=Person(name="Bo", function="business"))
SAMPLE = ROOT / "data" / "sample"


def order(context: Context, **how: object) -> Priorities:
    made = prioritising.priorities(context, **how)  # type: ignore[arg-type]
    assert isinstance(made, Priorities)
    return made


def ids(context: Context) -> list[str]:
    return [item.id for item in order(context).items]


def area(context: Context) -> str:
    """A candidate whose incidents one system and category names, so that more can be loaded."""
    return next(c.id for c in finding.candidates(context) if c.key == "search|production|capacity")


def load_incidents(context: Context, folder: Path, count: int, *, source: str = "late") -> loading.Report:
    """More capacity incidents of search, worded like nothing else."""
    started = order(context).as_of - timedelta(hours=count)
    rows = pd.DataFrame(
        {
            "source_id": [f"L{n}" for n in range(count)],
            "title": [f"quorblix{n * 7} vantasp{n * 11}" for n in range(count)],
            "system": "search", "environment": "production", "category": "capacity", "severity": 2,
            "started_at": [(started + timedelta(minutes=40 * n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(count)],
            "resolved_at": [
                (started + timedelta(minutes=40 * n + 20)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(count)
            ],
        }
    )  # fmt: skip
    rows.to_csv(folder / "late.csv", index=False)
    return loading.load(context, [folder / "late.csv"], Asked(kind="incidents", source=source), person="Ana")


# --- an empty workspace ----------------------------------------------------------------------------------------------


def test_an_empty_workspace_says_that_it_is_empty(context: Context) -> None:
    nothing = NotEnoughData(have=0, need=1, what="facts")
    assert prioritising.priorities(context) == nothing
    assert knowing.known(context) == nothing
    assert finding.candidates(context) == []
    assert prioritising.everything(context) == {}
    assert reviewing.inbox(context) == []
    assert overview.themes(context).empty
    assert overview.systems(context).empty
    assert overview.months(context).empty
    with pytest.raises(Refused, match="There is nothing to explain yet: load incidents first"):
        prioritising.explain(context, "x")


def test_an_idea_by_hand_needs_no_data_and_is_ranked_once_there_is_some(sample: Context) -> None:
    made = reviewing.propose(
        sample, ANA, title="Rollback", action="One command", removes=Removal(low=0.1, likely=0.2, high=0.3)
    )
    last = order(sample).items[-1]
    assert (last.id, last.enough_rated, last.opportunity.status) == (made, False, "accepted")
    assert last.why.startswith("Proposed by hand")


# --- load ------------------------------------------------------------------------------------------------------------


def test_the_sample_goes_into_an_empty_workspace_only(sample: Context) -> None:
    with pytest.raises(Refused, match="not empty: the sample data goes into a workspace of its own"):
        loading.load_sample(sample)
    assert knowing.sizes(sample) == {"incidents": 1457, "changes": 5377, "readings": 12816}


def test_loading_twice_changes_nothing_and_keeps_every_identity(sample: Context) -> None:
    before = order(sample)
    report = loading.load(sample, [SAMPLE / "incidents.csv"], Asked(kind="incidents", source="sample"))
    assert (report.read, report.loaded, report.unchanged, report.replaced, report.refused) == (1457, 0, 1457, 0, 0)
    assert order(sample) == before


def test_a_dry_run_counts_and_changes_nothing(sample: Context) -> None:
    revisions = sample.database.revisions()
    asked = Asked(kind="incidents", source="other")
    report = loading.load(sample, [SAMPLE / "incidents.csv"], asked, dry_run=True)
    assert (report.loaded, report.dry_run) == (1457, True)
    assert "would be loaded" in report.sentence
    assert sample.database.revisions() == revisions
    assert len(loading.history(sample)) == 3


def test_new_systems_join_the_catalogue_as_proposals_and_old_ones_stay(sample: Context, tmp_path: Path) -> None:
    before = {s.name: s for s in knowing.catalogue(sample).systems}
    row = "source_id,title,system,environment,started_at\n1,x,Brand New Thing,production,2026-06-01T00:00:00Z\n"
    (tmp_path / "new.csv").write_text(row, encoding="utf-8")
    loading.load(sample, [tmp_path / "new.csv"], Asked(kind="incidents"))
    after = {s.name: s for s in knowing.catalogue(sample).systems}
    assert after.pop("Brand New Thing").proposed
    assert after == before


# --- rank ------------------------------------------------------------------------------------------------------------


def test_every_candidate_is_ranked_at_once_and_each_score_adds_up(sample: Context) -> None:
    made = order(sample)
    assert [item.rank for item in made.items] == list(range(1, len(made.items) + 1))
    assert {item.id for item in made.items} == {c.id for c in finding.candidates(sample)}
    for item in made.items:
        assert item.opportunity.status == "unreviewed"
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-12)
        assert 0 <= item.score <= 1
        assert item.evidence.shared_with_higher <= item.evidence.incidents <= item.evidence.incidents_all_time
    assert made.replay is not None
    last = made.items[-1]
    assert last.coverage_incidents <= made.replay.incidents_total
    assert last.coverage_hours <= made.replay.hours_total + 1e-6


def test_a_moved_weight_needs_no_facts_and_the_same_weights_change_nothing(sample: Context) -> None:
    board = prioritising.board(sample)
    assert not isinstance(board, NotEnoughData)
    assert prioritising.reranked(board).items == order(sample).items
    same = prioritising.reranked(board, board.drivers.weights).items
    assert [item.id for item in same] == ids(sample)
    assert [item.score for item in same] == pytest.approx([item.score for item in order(sample).items])
    only = prioritising.reranked(board, {name: float(name == "growth") for name in board.drivers.weights})
    scores = [item.score for item in only.items if item.enough_rated]
    assert scores == sorted(scores, reverse=True)
    assert all(item.score == pytest.approx(item.contributions["growth"]) for item in only.items)


def test_an_item_is_explained_in_the_place_where_it_stands(sample: Context) -> None:
    third = order(sample).items[2]
    item, whole = prioritising.explain(sample, third.id)
    assert (item, whole.items[2]) == (third, third)
    with pytest.raises(Refused, match='"nobody" does not stand in the ranking'):
        prioritising.explain(sample, "nobody")


def test_an_instant_of_the_past_knows_nothing_of_what_came_later(sample: Context) -> None:
    then = datetime(2025, 9, 1, tzinfo=UTC)
    made = order(sample, as_of=then)
    started = pd.Series(knowing.known(sample).facts.incidents.set_index("id")["started_at"])  # type: ignore[union-attr]
    assert made.as_of == then
    for item in made.items:
        assert (started[list(item.opportunity.incidents)] <= then).all()
        assert item.opportunity.candidate is not None
    assert not any("worsening" in item.id for item in made.items if "customer-accounts" in item.opportunity.title)


def test_a_workspace_that_never_saw_the_later_facts_ranks_the_past_alike(
    sample: Context, context: Context, tmp_path: Path
) -> None:
    then = datetime(2025, 3, 1, tzinfo=UTC)
    table = pd.read_csv(SAMPLE / "incidents.csv", dtype=str, keep_default_na=False)
    early = table[table["started_at"] <= "2025-03-01T00:00:00Z"].copy()
    later = early["resolved_at"] > "2025-03-01T00:00:00Z"
    early.loc[later, ["resolved_at", "status"]] = ["", "open"]
    for column in ("detected_at", "acknowledged_at"):
        early.loc[early[column] > "2025-03-01T00:00:00Z", column] = ""
    early.to_csv(tmp_path / "early.csv", index=False)
    knowing.save_catalogue(context, knowing.catalogue(sample))
    loading.load(context, [tmp_path / "early.csv"], Asked(kind="incidents", source="sample"))
    changes = pd.read_csv(SAMPLE / "changes.csv", dtype=str, keep_default_na=False)
    changes[changes["started_at"] <= "2025-03-01T00:00:00Z"].to_csv(tmp_path / "changes.csv", index=False)
    loading.load(context, [tmp_path / "changes.csv"], Asked(kind="changes", source="sample"))
    loading.load(context, [SAMPLE / "readings.csv"], Asked(kind="metrics", source="sample"))
    loading.load(context, [SAMPLE / "changes.csv"], Asked(kind="changes", source="sample"))

    seen = [(i.opportunity.title, round(i.score, 9), i.opportunity.incidents) for i in order(sample, as_of=then).items]
    known = [
        (i.opportunity.title, round(i.score, 9), i.opportunity.incidents) for i in order(context, as_of=then).items
    ]

    assert sorted(seen) == sorted(known)


# --- review ----------------------------------------------------------------------------------------------------------


def test_a_strike_is_seen_in_the_rank_at_once_and_undone_as_fast(sample: Context) -> None:
    before = order(sample)
    first = before.items[0]
    for incident in first.opportunity.evidence:
        reviewing.strike(sample, first.id, incident, ANA, reason="a drill")
    after = order(sample)
    struck = next(item for item in after.items if item.id == first.id)
    assert (struck.evidence.incidents, struck.enough_rated) == (0, False)
    assert struck.rank > 1
    for entry in reviewing.journal(sample, first.id):
        reviewing.undo(sample, entry, ANA)
    again = order(sample)
    assert [(i.id, i.score) for i in again.items] == [(i.id, i.score) for i in before.items]
    with pytest.raises(Refused, match='Incident "nothing" is no evidence of'):
        reviewing.strike(sample, first.id, "nothing", ANA, reason="x")


def test_a_move_stands_beside_the_computed_order_until_it_is_withdrawn(sample: Context) -> None:
    before = ids(sample)
    reviewing.move(sample, before[5], ANA, to=1, reason="commitment", words="promised")
    moved = order(sample).items[0]
    assert (moved.id, moved.rank, moved.computed_rank) == (before[5], 1, 6)
    assert moved.move is not None
    assert (moved.move.person, moved.move.reason, moved.move.words) == ("Ana", "commitment", "promised")
    [entry] = reviewing.journal(sample, before[5])
    reviewing.undo(sample, entry, BO)
    assert ids(sample) == before
    with pytest.raises(Refused, match=f"There are {len(before)} places; this is {len(before) + 1}"):
        reviewing.move(sample, before[5], ANA, to=len(before) + 1, reason="urgency")


def test_a_declined_one_returns_when_new_incidents_spring_its_tripwire(sample: Context, tmp_path: Path) -> None:
    of = area(sample)
    reviewing.decline(sample, of, ANA, reason="too_small", until="three more incidents")
    assert of not in ids(sample)
    assert prioritising.everything(sample)[of].status == "declined"

    load_incidents(sample, tmp_path, 2)
    assert of not in ids(sample)
    load_incidents(sample, tmp_path, 9)
    assert of in ids(sample)
    assert reviewing.inbox(sample)[0].id == of
    assert "because its tripwire fired: 3 more incidents" in reviewing.inbox(sample)[0].returned


def test_what_was_merged_leaves_the_list_and_its_incidents_go_along(sample: Context) -> None:
    one, into = ids(sample)[:2]
    before = prioritising.everything(sample)
    reviewing.merge(sample, one, into, ANA)
    after = prioritising.everything(sample)
    assert one not in ids(sample)
    assert set(after[into].incidents) == {*before[into].incidents, *before[one].incidents}
    with pytest.raises(Refused, match="cannot be merged into itself"):
        reviewing.merge(sample, into, into, ANA)
    with pytest.raises(Refused, match="is merged: merge into one that stands in the ranking"):
        reviewing.merge(sample, into, one, ANA)
    assert one not in {item.id for item in reviewing.mergeable(sample, into)}


def test_a_rating_moves_the_score_by_what_the_explanation_says(sample: Context) -> None:
    first = order(sample).items[0]
    rated = next(d for d in driving.drivers(sample).drivers if d.rated)
    top, low = max(dict(rated.rubric)), min(dict(rated.rubric))
    reviewing.rate(sample, first.id, ANA, driver=rated.name, level=top)
    reviewing.rate(sample, first.id, BO, driver=rated.name, level=low)
    item, _ = prioritising.explain(sample, first.id)
    assert item.values[rated.name] == (top + low) / 2
    with pytest.raises(Refused, match=f"is rated {low} to {top}; this is 99"):
        reviewing.rate(sample, first.id, ANA, driver=rated.name, level=99)
    with pytest.raises(Refused, match='There is no driver "nothing"'):
        reviewing.rate(sample, first.id, ANA, driver="nothing", level=1)


def test_nothing_is_said_of_what_does_not_exist(sample: Context) -> None:
    with pytest.raises(Refused, match='There is no opportunity "nobody": `opex rank` lists the ids'):
        reviewing.accept(sample, "nobody", ANA)
    assert reviewing.journal(sample) == []


def test_a_request_writes_once_however_often_it_arrives(sample: Context) -> None:
    of = ids(sample)[0]
    once = replace(ANA, request_id="click-1", seen=0)
    numbers = [reviewing.say(sample, of, Commented(text="x"), once) for _ in range(3)]
    assert len(set(numbers)) == 1
    assert len(reviewing.journal(sample)) == 1
    removes = Removal(low=0, likely=0.5, high=1)
    made = {
        reviewing.propose(sample, replace(ANA, request_id="click-2"), title="A", action="B", removes=removes)
        for _ in range(2)
    }
    assert len(made) == 1
    assert len(reviewing.journal(sample)) == 2


def test_ideas_of_different_requests_are_different(sample: Context) -> None:
    removes = Removal(low=0, likely=0.5, high=1)
    for n in (1, 2):
        reviewing.propose(
            sample, replace(ANA, request_id=f"request-{n}"), title=f"Idea {n}", action="B", removes=removes
        )
    titles = {item.title for item in prioritising.everything(sample).values() if item.by_hand}
    assert titles == {"Idea 1", "Idea 2"}


def test_a_late_reviewer_cannot_overwrite_a_colleague(sample: Context) -> None:
    of = ids(sample)[0]
    reviewing.accept(sample, of, replace(ANA, seen=0))
    with pytest.raises(StaleReview, match="Ana was faster"):
        reviewing.decline(sample, of, replace(BO, seen=0), reason="too_small")
    assert prioritising.everything(sample)[of].status == "accepted"
    version = prioritising.everything(sample)[of].version
    reviewing.decline(sample, of, replace(BO, seen=version), reason="too_small")
    assert prioritising.everything(sample)[of].status == "declined"


def test_a_tripwire_that_nobody_understands_is_refused_and_nothing_is_written(sample: Context) -> None:
    with pytest.raises(Refused, match='The tripwire "someday" is not understood'):
        reviewing.decline(sample, ids(sample)[0], ANA, reason="other", until="someday")
    assert reviewing.journal(sample) == []


# --- drivers ---------------------------------------------------------------------------------------------------------


def test_saving_drivers_makes_a_new_version_and_ranks_by_it(sample: Context) -> None:
    start = driving.drivers(sample)
    assert (start, driving.history(sample)) == (sample.defaults, [])
    wanted = start.reweighted({name: float(name == "hours_lost") for name in start.weights})
    saved = driving.save(sample, wanted, person=ANA.person, note="hours only", seen=1)
    assert (saved.version, driving.drivers(sample)) == (2, saved)
    assert [(h.drivers.version, h.person, h.note) for h in driving.history(sample)] == [
        (2, "Ana", "hours only"), (1, "opex", "comes with opex")
    ]  # fmt: skip
    made = order(sample)
    assert made.drivers.version == 2
    assert all(item.score == pytest.approx(item.contributions["hours_lost"]) for item in made.items)
    with pytest.raises(StaleReview, match="A colleague saved version 2 meanwhile"):
        driving.save(sample, start, person=BO.person, note="", seen=1)
    assert driving.drivers(sample) == saved


def test_a_driver_of_an_unknown_measure_is_refused_with_those_there_are(sample: Context) -> None:
    first, *others = sample.defaults.drivers
    odd = replace(sample.defaults, drivers=(replace(first, measure="mood"), *others))
    sentence = 'Driver hours_lost has the measure "mood"; there are incidents_a_year, '
    with pytest.raises(Refused, match=sentence):
        driving.save(sample, odd, person=ANA.person, note="", seen=1)
    with pytest.raises(Refused, match=sentence):
        prioritising.priorities(sample, drivers=odd)
    assert driving.history(sample) == []


def test_a_driver_set_of_a_file_ranks_without_being_saved(sample: Context) -> None:
    of_file = DriverSet.from_toml(sample.defaults.to_toml().replace('name = "default"', 'name = "mine"'))
    assert order(sample, drivers=of_file).drivers.label == "mine v1"
    assert driving.history(sample) == []


# --- export and overview ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format", "begins"), [("csv", b""), ("xlsx", b"PK"), ("markdown", b"#"), ("json", b"{")])
def test_what_is_seen_is_exported_under_a_name_of_its_own(sample: Context, format: str, begins: bytes) -> None:
    seen = order(sample)
    name, content = exporting.export(sample, seen, format)
    assert content.startswith(begins)
    assert name.startswith(f"opex-priorities-{seen.as_of:%Y-%m-%d}-default-v1-")
    assert exporting.export(sample, seen, format)[0] != name
    if format == "json":
        assert [row["id"] for row in json.loads(content)["opportunities"]] == [item.id for item in seen.items]


def test_a_file_says_what_was_struck_and_how_many_hours_each_incident_lost(sample: Context) -> None:
    first = order(sample).items[0]
    gone, kept = first.opportunity.evidence[0], first.opportunity.evidence[1:]
    reviewing.strike(sample, first.id, gone, ANA, reason="a drill of ours")
    seen = order(sample)
    assert next(item for item in seen.items if item.id == first.id).why.endswith(" 1 of them struck since.")

    book = openpyxl.load_workbook(BytesIO(exporting.export(sample, seen, "xlsx")[1]))
    told = [row for row in book["How it was computed"].values if gone in row]
    assert [row[:4] for row in told] == [(ANA.person.name, first.opportunity.title, gone, "a drill of ours")]
    header, *rows = book["Evidence"].values
    hours = {row[header.index("incident")]: row[header.index("hours lost")] for row in rows if first.id in row}
    assert set(hours) == set(kept)
    assert all(lost is not None and lost >= 0 for lost in hours.values())
    report = exporting.export(sample, seen, "markdown")[1].decode()
    assert "**Struck.** No evidence for it, as people said:" in report
    assert "“a drill of ours”" in report


def test_the_overview_counts_what_the_ranking_counts(sample: Context) -> None:
    made = order(sample)
    assert made.replay is not None
    months = overview.months(sample)
    assert len(months) == 24
    assert months["month"].is_monotonic_increasing
    systems = overview.systems(sample)
    assert systems["hours"].is_monotonic_decreasing
    assert 0 < systems["hours"].sum() <= made.replay.hours_total + 1e-6 + 168 * 20
    themes = overview.themes(sample)
    assert set(themes["id"]) == {c.id for c in finding.candidates(sample) if "theme" in c.finders}
    found = overview.incidents(sample, words="DISK full", most=5)
    assert len(found) == 5
    assert found["title"].str.casefold().str.contains("disk").all()
    assert overview.incidents(sample, system="search")["id"].is_unique


def test_accepting_keeps_what_is_no_candidate_any_more(sample: Context) -> None:
    of = ids(sample)[0]
    reviewing.say(sample, of, Accepted(), ANA)
    knowing.save_catalogue(sample, knowing.catalogue(sample))  # everything is found anew
    assert prioritising.everything(sample)[of].status == "accepted"
