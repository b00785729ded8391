"""The minutes of a session as it was held, on the sample data, and what the command line writes of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opex.cli import app
from opex.domain.decisions import Commented, Described, Moved, Struck
from opex.domain.minutes import (
    Attendant,
    Decision,
    MoveMinutes,
    QuestionMinutes,
    Remark,
    Round,
    Spread,
    StrikeMinutes,
)
from opex.domain.people import Asker, Person
from opex.domain.problems import Refused
from opex.domain.sessions import Decided, SessionPlanned
from opex.services import discretion, driving, finding, prioritising, reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.minutes import minutes, written
from opex.services.session_decisions import decide
from opex.store import audit

ANA = Person(name="Ana", function="product")
BO = Person(name="Bo", function="security")
CY = Person(name="Cy", function="engineering")
FAY = Person(name="Fay", function="leadership")


def says(person: Person = FAY, session: str | None = None) -> Speaker:
    return Speaker(person=person, session=session)


def opened(context: Context, count: int = 3, **changes: object) -> tuple[str, tuple[str, ...]]:
    plan = SessionPlanned(
        title="March", items=session_reading.first_items(context, count), cut=2, note="Before the freeze",
        asked={"product": ["insight"], "security": ["insight"], "engineering": ["insight", "strategic_value"]},
        participants={"Ana": "product", "Bo": "security", "Cy": "engineering"},
    )  # fmt: skip
    session = sessions.plan(context, replace(plan, **changes), says())  # type: ignore[arg-type]
    sessions.open_session(context, session, says())
    return session, plan.items


def held(context: Context) -> tuple[str, tuple[str, ...]]:
    """A session from its opening to its close: answers, a second round, settled, moved, struck, decided, dissent."""
    session, items = opened(context)
    first, second, _ = items
    sessions.answer(context, session, says(ANA), first, "insight", "holds", words="Seen twice", impacts="nights")
    sessions.answer(context, session, says(BO), first, "insight", "wrong")
    sessions.answer(context, session, says(CY), first, "insight", None)
    sessions.answer(context, session, says(CY), first, "strategic_value", 3)
    sessions.reveal(context, session, says())
    sessions.vote_again(context, session, says(), [first])
    sessions.answer(context, session, says(BO), first, "insight", "doubtful")
    sessions.reveal(context, session, says())
    sessions.settle(context, session, says(), first, "insight", "holds", words="Bo looked it up")
    incident = prioritising.one(context, first).evidence[0]
    reviewing.say(context, first, Struck(incident=incident, reason="not ours"), says(CY, session))
    reviewing.say(context, first, Commented(text="One flag is enough"), says(ANA, session))
    reviewing.say(context, second, Moved(to=1, reason="commitment", words="Promised"), says(FAY, session))
    sessions.begin_deciding(context, session, says())
    accepted = Decided(item=first, outcome="accept", owner="Cy", course="Use flags", due="2026-12-01", impacts="late")
    decide(context, session, says(), accepted)
    decide(context, session, says(), Decided(item=second, outcome="decline", reason="not_ours", until="after June"))
    sessions.dissent(context, session, says(BO), first, "It will not help")
    sessions.close(context, session, says())
    return session, items


def test_the_minutes_say_what_happened_in_the_session(sample: Context) -> None:
    titles = {of: item.title for of, item in prioritising.everything(sample).items()}
    session, (first, second, third) = held(sample)
    struck = prioritising.one(sample, first).strikes[0].incident
    told = minutes(sample, session)
    assert (told.session, told.title, told.state, told.facilitator) == (session, "March", "closed", "Fay")
    assert (told.note, told.cut, told.restricted) == ("Before the freeze", 2, 0)
    assert None not in (told.opened_at, told.revealed_at, told.closed_at)
    assert told.participants == (
        Attendant(name="Ana", function="product", answered=1, asked=3),
        Attendant(name="Bo", function="security", answered=1, asked=3),
        Attendant(name="Cy", function="engineering", answered=2, asked=6),
    )
    assert [(item.id, item.title) for item in told.items] == [(of, titles[of]) for of in (first, second, third)]
    one, two, three = told.items
    assert (one.place_before, two.place_before, three.place_before) == (1, 2, 3)
    assert (two.place_after, three.decision) == (None, None)
    assert one.decision == Decision(
        outcome="accept", person="Fay", owner="Cy", course="Use flags", due="2026-12-01", impacts="late"
    )
    assert two.decision == Decision(outcome="decline", person="Fay", reason="not_ours", until="after June")
    assert one.dissent == (Remark(person="Bo", function="security", text="It will not help"),)
    assert one.remarks == (
        Remark(person="Ana", function="product", text="Seen twice", impacts="nights"),
        Remark(person="Ana", function="product", text="One flag is enough"),
    )
    incident = finding.evidence(sample, [struck])["title"].iloc[0]
    assert one.strikes == (StrikeMinutes(incident=struck, title=incident, person="Cy", reason="not ours"),)
    assert two.moves == (MoveMinutes(to=1, person="Fay", reason="commitment", words="Promised"),)
    assert (one.action, len(one.incidents)) == ("Use flags", min(10, one.evidence))
    assert told.audit == audit.head(sample.database)
    assert [place.place for place in told.before] == [1, 2, 3]
    assert {place.title for place in told.before} == {titles[of] for of in (first, second, third)}
    assert titles[second] not in {place.title for place in told.after}


def test_both_rounds_of_a_question_are_kept_with_what_each_function_said(sample: Context) -> None:
    session, _ = held(sample)
    asked = minutes(sample, session).items[0].questions
    assert asked[0] == QuestionMinutes(
        question="insight",
        title="Does the insight hold?",
        rounds=(
            Round(
                number=1, median="wrong", low="wrong", high="holds",
                spreads=(
                    Spread(function="", counts=(("wrong", 1), ("holds", 1), (None, 1))),
                    Spread(function="product", counts=(("holds", 1),)),
                    Spread(function="engineering", counts=((None, 1),)),
                    Spread(function="security", counts=(("wrong", 1),)),
                ),
            ),
            Round(
                number=2, median="doubtful", low="doubtful", high="doubtful",
                spreads=(
                    Spread(function="", counts=(("doubtful", 1),)),
                    Spread(function="security", counts=(("doubtful", 1),)),
                ),
            ),
        ),
        settled="holds",
        how="discussed",
        words="Bo looked it up",
    )  # fmt: skip
    assert [(q.question, [r.median for r in q.rounds], q.settled) for q in asked[1:]] == [
        ("strategic_value", [3], None)
    ]


def test_before_the_reveal_the_minutes_count_answers_and_tell_none(sample: Context) -> None:
    session, (first, *_) = opened(sample)
    sessions.answer(sample, session, says(ANA), first, "insight", "wrong", words="secretword")
    told = minutes(sample, session)
    assert [(one.name, one.answered) for one in told.participants] == [("Ana", 1), ("Bo", 0), ("Cy", 0)]
    assert not any(question.rounds for item in told.items for question in item.questions)
    for audience in ("minutes", "everyone", "leadership", "engineering"):
        _, content = written(sample, session, audience=audience)
        assert b"secretword" not in content


def test_a_second_round_that_runs_is_not_told_yet(sample: Context) -> None:
    session, (first, second, _) = opened(sample)
    for item in (first, second):
        sessions.answer(sample, session, says(ANA), item, "insight", "holds")
    sessions.reveal(sample, session, says())
    sessions.vote_again(sample, session, says(), [first])
    sessions.answer(sample, session, says(ANA), first, "insight", "wrong", words="secretword")
    signed_in = replace(sample, asker=Asker(identity="operator"))  # whoever asks: own answers of the round stay out
    for context in (sample, signed_in):
        one, two, _ = minutes(context, session).items
        assert [[r.median for r in item.questions[0].rounds] for item in (one, two)] == [["holds"], ["holds"]]
        assert b"secretword" not in written(context, session)[1]


def test_the_minutes_open_with_what_became_of_the_last_promises(sample: Context) -> None:
    held(sample)
    session, _ = opened(sample, count=1)
    told = minutes(sample, session)
    assert [(one.outcome, one.owner, one.due) for one in told.promises] == [
        ("accept", "Cy", "2026-12-01"), ("decline", "", ""),
    ]  # fmt: skip
    assert told.promises[0].became.startswith("planned")
    assert told.promises[1].became.startswith("declined")


def test_the_minutes_of_a_closed_session_stay_as_they_were_whatever_is_said_later(sample: Context) -> None:
    held(sample)
    session, (first, *others) = held(sample)
    told = minutes(sample, session)
    later = Described(title="Renamed", action="Something else", effort_days=77, owner="Zed", due="2030-01-01")
    reviewing.say(sample, first, later, says())
    for item in others:
        reviewing.say(sample, item, Struck(incident=prioritising.one(sample, item).evidence[0], reason="no"), says())
    drivers = driving.drivers(sample)
    driving.save(sample, drivers.reweighted({"strategic_value": 60.0}), person=FAY, note="", seen=drivers.version)
    assert replace(minutes(sample, session), audit=told.audit) == told


def test_what_is_restricted_is_left_out_of_the_minutes_and_counted(sample: Context) -> None:
    session, (first, *_) = held(sample)
    title = prioritising.one(sample, first).title
    discretion.restrict(sample, first, ["administrator"], says())
    outsider = replace(sample, team=True)
    told = minutes(outsider, session)
    assert (len(told.items), told.restricted) == (2, 1)
    for form in ("markdown", "html"):
        for audience in ("minutes", "everyone", "leadership", "engineering"):
            content = written(outsider, session, format=form, audience=audience)[1].decode()
            assert "1 restricted item is not shown." in content
            assert not {text for text in (title, "Use flags", "It will not help", "Bo looked it up") if text in content}


def test_there_are_no_minutes_of_a_session_that_is_none(sample: Context) -> None:
    with pytest.raises(Refused, match='There is no session "s-9"'):
        minutes(sample, "s-9")


def test_the_command_line_lists_sessions_and_writes_their_minutes(sample: Context, tmp_path: Path) -> None:
    session, items = held(sample)
    where = ["--workspace", sample.database.url]
    run = CliRunner()
    assert run.invoke(app, [*where, "sessions"]).stdout == (
        f"{session}  2026-07-01  is closed  “March”  3 opportunities, 3 people\n"
    )
    document = json.loads(run.invoke(app, [*where, "sessions", "--json"]).stdout)
    (head,) = document["sessions"]
    assert (head["id"], head["state"], head["items"]) == (session, "closed", list(items))
    shown = run.invoke(app, [*where, "minutes", session]).stdout
    assert shown.startswith("# Minutes: March\n")
    file = tmp_path / "pack.html"
    done = run.invoke(
        app, [*where, "minutes", session, "--format", "html", "--for", "leadership", "--output", str(file)]
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert "<h1><bdi>March</bdi>: what was decided</h1>" in file.read_text()
