"""A review session from its plan to its minutes, on the sample data: who may say what when, and what it does."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from opex.domain.decisions import Commented, Described
from opex.domain.people import Person
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.sessions import Answered, Decided, SessionPlanned, Settled, Value
from opex.review.sessions import Session
from opex.services import agenda, forgetting, people, prioritising, reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide, undo_decision
from opex.store import audit, sayings
from opex.store.sayings import StaleReview
from tests.conftest import NOW, context_at
from tests.services.sample import sample_in, without

ANA = Person(name="Ana", function="product")
BO = Person(name="Bo", function="security")
CY = Person(name="Cy", function="engineering")
FAY = Person(name="Fay", function="leadership")
ASKED = {
    "product": ["insight", "strategic_value", "removal"],
    "engineering": ["insight", "strategic_value", "removal"],
    "security": ["insight", "compliance"],
}


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Context]:
    context = sample_in(tmp_path)
    yield context
    context.database.close()


def says(person: Person) -> Speaker:
    return Speaker(person=person)


def planned(context: Context, count: int = 4, **changes: object) -> SessionPlanned:
    plan = SessionPlanned(
        title="March", items=session_reading.first_items(context, count), cut=2, asked=ASKED,
        participants={"Ana": "product", "Bo": "security", "Cy": "engineering"},
    )  # fmt: skip
    return replace(plan, **changes)  # type: ignore[arg-type]


def opened(context: Context, **changes: object) -> tuple[str, tuple[str, ...]]:
    plan = planned(context, **changes)  # type: ignore[arg-type]
    session = sessions.plan(context, plan, says(FAY))
    sessions.open_session(context, session, says(FAY))
    return session, plan.items


def answer(context: Context, session: str, person: Person, item: str, question: str, value: Value) -> None:
    sessions.answer(context, session, says(person), item, question, value)


def revealed(context: Context) -> tuple[str, tuple[str, ...]]:
    session, items = opened(context)
    for item in items:
        answer(context, session, ANA, item, "strategic_value", 4)
        answer(context, session, CY, item, "strategic_value", 1)
        answer(context, session, BO, item, "compliance", 2)
    sessions.reveal(context, session, says(FAY))
    return session, items


def seen(context: Context, session: str, person: str = "") -> Session:
    return session_reading.look(context, session, person)


def values_of(context: Context, item: str) -> dict[str, float | None]:
    order = prioritising.priorities(context)
    assert not isinstance(order, NotEnoughData)
    return next(one for one in order.items if one.id == item).values


# --- blind ------------------------------------------------------------------------------------------------------


def test_nobody_sees_anothers_answer_before_the_reveal_and_everybody_after_it(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "strategic_value", 4)
    answer(sample, session, CY, item, "strategic_value", 1)

    def levels(person: str) -> dict[str, Value]:
        return {p: g.value for p, g in seen(sample, session, person).last(item, "strategic_value").items()}

    assert (levels("Ana"), levels("Cy"), levels("Bo"), levels("Fay")) == ({"Ana": 4}, {"Cy": 1}, {}, {})
    logged = [entry.what for entry in audit.entries(sample.database) if entry.act == "answered"]
    assert [sorted(what["after"]) for what in logged] == [["sealed"], ["sealed"]]
    assert [what["before"] for what in logged] == [None, None]
    assert values_of(sample, item)["strategic_value"] is None, "a blind answer moves nothing"

    sessions.reveal(sample, session, says(FAY))
    assert levels("Bo") == levels("Ana") == {"Ana": 4, "Cy": 1}


def test_progress_says_how_many_and_never_what(sample: Context) -> None:
    session, (item, other, *_) = opened(sample)
    answer(sample, session, ANA, item, "strategic_value", 4)
    answer(sample, session, ANA, item, "strategic_value", 3)
    answer(sample, session, ANA, other, "insight", None)
    told = session_reading.progress(sample, seen(sample, session))
    assert [(p.person, p.function, p.answered, p.asked, p.done) for p in told] == [
        ("Ana", "product", 2, 12, False),
        ("Bo", "security", 0, 8, False),
        ("Cy", "engineering", 0, 12, False),
    ]


def test_the_newer_answer_counts_and_two_windows_do_not_overwrite_each_other(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    first = sessions.answer(sample, session, says(ANA), item, "insight", "holds", words="seen it")
    sessions.answer(sample, session, replace(says(ANA), seen=first), item, "insight", "doubtful")
    with pytest.raises(StaleReview, match=r"Ana was faster \(answered: doubtful\)"):
        sessions.answer(sample, session, replace(says(ANA), seen=first), item, "insight", "wrong")
    sessions.answer(sample, session, replace(says(BO), seen=0), item, "insight", "wrong")
    mine = seen(sample, session, "Ana").mine("Ana", item, "insight")
    assert mine is not None
    assert mine.value == "doubtful"


# --- what is refused, as sentences ------------------------------------------------------------------------------


def test_each_state_says_what_it_does_not_allow(sample: Context) -> None:
    plan = planned(sample)
    session = sessions.plan(sample, plan, says(FAY))
    item = plan.items[0]
    lead: dict[str, Callable[[], object]] = {
        "open": lambda: sessions.open_session(sample, session, says(FAY)),
        "answer": lambda: answer(sample, session, ANA, item, "insight", "holds"),
        "reveal": lambda: sessions.reveal(sample, session, says(FAY)),
        "again": lambda: sessions.vote_again(sample, session, says(FAY), [item]),
        "settle": lambda: sessions.settle(sample, session, says(FAY), item, "insight"),
        "deciding": lambda: sessions.begin_deciding(sample, session, says(FAY)),
        "decide": lambda: decide(sample, session, says(FAY), Decided(item=item, outcome="defer")),
        "close": lambda: sessions.close(sample, session, says(FAY)),
        "plan": lambda: sessions.plan(sample, replace(plan, note="x"), says(FAY), session=session),
    }

    def refused() -> dict[str, str]:
        told = {}
        for name, act in lead.items():
            if name in allowed:
                continue
            with pytest.raises(Refused) as refusal:
                act()
            told[name] = str(refusal.value)
        return told

    allowed = {"open", "plan"}
    assert refused() == {
        "answer": "The session “March” is being prepared: nothing more can be answered.",
        "reveal": "The session “March” is being prepared: there is nothing to reveal.",
        "again": "The session “March” is being prepared: a second round comes after the reveal.",
        "settle": "The session “March” is being prepared: answers are settled once they lie open.",
        "deciding": "The session “March” is being prepared: decisions come after the reveal.",
        "decide": "The session “March” is being prepared: decisions are made when the group goes on to them.",
        "close": "The session “March” is being prepared: it is closed after the reveal (cancel it to end it before).",
    }
    lead["open"]()
    with pytest.raises(Refused, match="Nobody has answered yet: there is nothing to reveal"):
        lead["reveal"]()
    lead["answer"]()
    allowed = {"answer", "reveal", "plan"}
    assert set(refused()) == {"open", "again", "settle", "deciding", "decide", "close"}
    lead["reveal"]()
    allowed = {"again", "settle", "deciding", "close"}
    assert set(refused()) == {"open", "answer", "reveal", "decide", "plan"}
    lead["deciding"]()
    allowed = {"settle", "decide", "close"}
    assert set(refused()) == {"open", "answer", "reveal", "again", "deciding", "plan"}
    lead["close"]()
    allowed = set()
    assert refused()["answer"] == "The session “March” is closed since 1 July 2026: nothing more can be answered."


def test_who_is_not_asked_cannot_answer(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, question, value, why in (
        (FAY, "insight", "holds", "Fay takes no part in this session: its facilitator can invite you."),
        (BO, "removal", 0.5, "You are not asked this: it is for others than security."),
        (ANA, "insight", "maybe", 'A verdict is one of holds, doubtful, wrong; this is "maybe".'),
        (ANA, "removal", 1.5, "The action removes a share from 0 to 1; this is 1.5."),
        (ANA, "strategic_value", 9, "What it makes possible is rated 0 to 4; this is 9."),
    ):
        with pytest.raises(Refused) as refusal:
            answer(sample, session, person, item, question, value)
        assert str(refusal.value) == why
    with pytest.raises(Refused, match="This item is not asked about"):
        answer(sample, session, ANA, "elsewhere", "insight", "holds")
    assert session_reading.progress(sample, seen(sample, session))[0].answered == 0


def test_a_plan_about_nothing_or_nobody_is_refused(sample: Context) -> None:
    for changes, why in (
        ({"items": ()}, "Choose at least one opportunity"),
        ({"items": ("nothing",)}, '"nothing" does not stand in the ranking'),
        ({"participants": {}}, "Invite at least one person"),
        ({"participants": {"Ana": "operations"}}, "Somebody of operations is invited and asked nothing"),
        ({"asked": {**ASKED, "product": ["hours_lost"]}}, '"hours_lost" is no question'),
        ({"cut": 0}, "The cut line lies below place 1"),
        ({"due": "soon"}, 'The day until which people answer is a day such as 2026-12-24; this is "soon"'),
    ):
        with pytest.raises(Refused, match=why):
            sessions.plan(sample, planned(sample, **changes), says(FAY))
    assert session_reading.sessions(sample) == []


def test_an_open_session_takes_more_people_and_no_other_questions(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "insight", "holds")
    plan = planned(sample)
    with pytest.raises(Refused, match="the items, the questions and the cut line stand"):
        sessions.plan(sample, replace(plan, cut=3), says(FAY), session=session)
    with pytest.raises(Refused, match="Ana has answered already and stays a participant for product"):
        sessions.plan(sample, replace(plan, participants={"Bo": "security"}), says(FAY), session=session)
    more = {**plan.participants, "Dee": "engineering"}
    sessions.plan(sample, replace(plan, participants=more, due="2026-08-01"), says(FAY), session=session)
    now = seen(sample, session)
    assert (now.state, now.plan.participants, now.plan.due) == ("answer", more, "2026-08-01")


# --- settle -----------------------------------------------------------------------------------------------------


def test_settling_moves_the_ranking_and_keeps_what_each_said(sample: Context) -> None:
    session, (first, second, *rest) = revealed(sample)
    sessions.settle(sample, session, says(FAY), first, "strategic_value")
    assert values_of(sample, first)["strategic_value"] == 2.5
    item = prioritising.one(sample, first)
    assert item.ratings["strategic_value"] == {"Ana": 4, "Cy": 1}
    with pytest.raises(Refused, match="Say what the group settled on, and why"):
        sessions.settle(sample, session, says(FAY), second, "strategic_value", 3)
    sessions.settle(sample, session, says(FAY), second, "strategic_value", 3, words="Cy had not seen the plan")
    assert prioritising.one(sample, second).ratings["strategic_value"] == {"the group": 3}
    assert sessions.settle_rest(sample, session, says(FAY)) == 6  # two of value, four of compliance
    assert values_of(sample, rest[0])["compliance"] == 2
    with pytest.raises(Refused, match="Everything that was answered is settled already"):
        sessions.settle_rest(sample, session, says(FAY))
    settled = seen(sample, session).settled[second, "strategic_value"].saying
    assert isinstance(settled, Settled)
    assert (settled.value, settled.given, settled.how) == (3, {"Ana": 4, "Cy": 1}, "discussed")


def test_a_settled_removal_takes_the_finders_assumption_away(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "removal", 0.2)
    answer(sample, session, CY, item, "removal", 0.6)
    sessions.reveal(sample, session, says(FAY))
    sessions.settle(sample, session, says(FAY), item, "removal")
    found = prioritising.one(sample, item)
    assert (found.removes.low, found.removes.likely, found.removes.high) == (0.2, 0.4, 0.6)
    assert not found.removes_assumed


def test_a_settled_verdict_counts_each_persons_word(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, verdict in ((ANA, "holds"), (BO, "wrong"), (CY, None)):
        answer(sample, session, person, item, "insight", verdict)
    sessions.reveal(sample, session, says(FAY))
    sessions.settle(sample, session, says(FAY), item, "insight")
    said = prioritising.one(sample, item).verdicts
    assert [(v.person, v.function, v.verdict) for v in said] == [
        ("Ana", "product", "holds"),
        ("Bo", "security", "wrong"),
    ]


def test_a_second_round_is_blind_again_and_keeps_the_first(sample: Context) -> None:
    session, (first, second, *_) = revealed(sample)
    sessions.vote_again(sample, session, says(FAY), [first])
    answer(sample, session, ANA, first, "strategic_value", 2)
    with pytest.raises(Refused, match="not asked about in the round that runs"):
        answer(sample, session, ANA, second, "strategic_value", 2)
    blind = seen(sample, session, "Cy").answers[first, "strategic_value"]
    assert [{p: g.value for p, g in given.items()} for given in blind] == [{"Ana": 4, "Cy": 1}]
    told = session_reading.progress(sample, seen(sample, session))
    assert [(p.person, p.answered, p.asked) for p in told] == [("Ana", 1, 3), ("Bo", 0, 2), ("Cy", 0, 3)]

    sessions.reveal(sample, session, says(FAY))
    now = seen(sample, session)
    rounds = [{p: g.value for p, g in given.items()} for given in now.answers[first, "strategic_value"]]
    assert rounds == [{"Ana": 4, "Cy": 1}, {"Ana": 2}]
    assert {p: g.value for p, g in now.last(first, "strategic_value").items()} == {"Ana": 2, "Cy": 1}
    with pytest.raises(Refused, match="An item has one second round"):
        sessions.vote_again(sample, session, says(FAY), [first])


# --- decide -----------------------------------------------------------------------------------------------------


def at_decisions(context: Context) -> tuple[str, tuple[str, ...]]:
    session, items = revealed(context)
    sessions.begin_deciding(context, session, says(FAY))
    return session, items


def test_a_second_round_opens_again_what_was_settled(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.settle_rest(sample, session, says(FAY))
    assert values_of(sample, item)["strategic_value"] == 2.5
    sessions.vote_again(sample, session, says(FAY), [item])
    answer(sample, session, ANA, item, "strategic_value", 1)
    sessions.reveal(sample, session, says(FAY))
    assert seen(sample, session).unsettled() == ((item, "compliance"), (item, "strategic_value"))
    assert sessions.settle_rest(sample, session, says(FAY)) == 2
    assert values_of(sample, item)["strategic_value"] == 1


def test_a_second_round_in_which_nobody_answers_leaves_the_first_answers(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.vote_again(sample, session, says(FAY), [item])
    sessions.reveal(sample, session, says(FAY))
    assert (seen(sample, session).state, seen(sample, session).last(item, "strategic_value")["Ana"].value) == (
        "reveal",
        4,
    )


def test_people_speak_for_the_function_that_they_were_invited_for(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, replace(ANA, function="security"), item, "strategic_value", 4)
    sessions.reveal(sample, session, says(FAY))
    assert seen(sample, session).last(item, "strategic_value")["Ana"].function == "product"


def test_what_is_undone_elsewhere_is_undone_in_its_session_until_that_ends(sample: Context) -> None:
    session, (item, other, *_) = revealed(sample)
    for of in (item, other):
        sessions.settle(sample, session, says(FAY), of, "strategic_value")
    first, second = (seen(sample, session).settled[of, "strategic_value"] for of in (item, other))
    reviewing.undo(sample, first, says(FAY))
    assert [*seen(sample, session).settled] == [(other, "strategic_value")]
    assert (item, "strategic_value") in seen(sample, session).unsettled()
    sessions.close(sample, session, says(FAY))
    reviewing.undo(sample, second, says(FAY))
    assert [*seen(sample, session).settled] == [(other, "strategic_value")]
    assert values_of(sample, other)["strategic_value"] is None


@pytest.mark.parametrize("step", [sessions.reveal, sessions.close, sessions.settle_rest, sessions.begin_deciding])
def test_a_step_that_is_sent_again_after_its_answer_was_lost_is_taken_as_done(
    sample: Context, step: Callable[[Context, str, Speaker], int | None]
) -> None:
    if step is sessions.reveal:
        session, (item, *_) = opened(sample)
        answer(sample, session, ANA, item, "insight", "holds")
    else:
        session, _ = revealed(sample)
    once = Speaker(person=FAY, request_id="the same")
    first = step(sample, session, once)
    entries = sayings.of_session(sample.database, session)
    assert step(sample, session, once) == first
    assert sayings.of_session(sample.database, session) == entries
    if step is not sessions.settle_rest:
        with pytest.raises(Refused, match="The session “March”"):
            step(sample, session, replace(once, request_id="another"))


def test_what_a_colleague_settles_in_the_middle_of_settling_the_rest_stands(
    sample: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, (item, *_) = revealed(sample)
    append, done = sayings.append, []

    def slow(*args: object, **kwargs: object) -> int:
        if not done:
            done.append(True)
            sessions.settle(sample, session, says(ANA), item, "strategic_value", 3, words="We talked")
        return append(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(sayings, "append", slow)
    sessions.settle_rest(sample, session, says(FAY))
    settled = seen(sample, session).settled
    assert len(settled) == 8
    assert (settled[item, "strategic_value"].person, values_of(sample, item)["strategic_value"]) == (ANA, 3)


# --- deciding ---------------------------------------------------------------------------------------------------


def test_a_decision_on_what_a_colleague_changed_meanwhile_is_refused(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    shown = prioritising.one(sample, item).version
    reviewing.say(sample, item, Described(action="Cy's way"), says(CY))
    accept = Decided(item=item, outcome="accept", owner="Cy", course="The old way")
    with pytest.raises(StaleReview, match="Cy was faster"):
        decide(sample, session, says(FAY), accept, seen_item=shown)
    assert (prioritising.one(sample, item).action, seen(sample, session).decided) == ("Cy's way", {})
    shown = prioritising.one(sample, item).version
    reviewing.say(sample, item, Commented(text="I see"), says(FAY))  # what one says oneself is no surprise
    decide(sample, session, says(FAY), accept, seen_item=shown)
    assert prioritising.one(sample, item).action == "The old way"


def test_a_later_decision_takes_back_what_the_earlier_one_did(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    before = replace(prioritising.one(sample, item), version=0)

    def left() -> object:
        return replace(prioritising.one(sample, item), version=0)

    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy", course="Do", due="2027-01-01"))
    assert (left().status, left().owner, left().due) == ("planned", "Cy", "2027-01-01")  # type: ignore[attr-defined]
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer"))
    assert left() == before
    decide(sample, session, says(FAY), Decided(item=item, outcome="decline", reason="not_ours", until="after May"))
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Bo"))
    assert (left().status, left().owner, left().due) == ("accepted", "Bo", before.due)  # type: ignore[attr-defined]
    undo_decision(sample, session, says(FAY), item)
    assert (left(), seen(sample, session).decided) == (before, {})
    with pytest.raises(Refused, match="Nothing is decided"):
        undo_decision(sample, session, says(FAY), item)


def test_parts_that_are_split_off_have_names_of_their_own_and_stay(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    evidence = prioritising.one(sample, item).evidence
    split = Decided(item=item, outcome="split", part="Part")
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    with pytest.raises(Refused, match="“Part” was split off already: give this part another name"):
        decide(sample, session, says(FAY), split, incidents=evidence[1:2])
    decide(sample, session, says(FAY), replace(split, part="Other"), incidents=evidence[1:2])
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy"))
    parts = {one.title: one.evidence for one in prioritising.everything(sample).values() if one.by_hand}
    assert parts == {"Part": evidence[:1], "Other": evidence[1:2]}
    assert prioritising.one(sample, item).evidence == evidence[2:]
    declined = Decided(item=item, outcome="decline", reason="not_ours", until="after May")
    decide(sample, session, says(FAY), declined)
    with pytest.raises(Refused, match="is declined: only what stands in the ranking can be split"):
        decide(sample, session, says(FAY), replace(split, part="Third"), incidents=evidence[2:3])


def test_a_split_is_undone_unless_somebody_spoke_of_the_part(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    evidence = prioritising.one(sample, item).evidence
    split = Decided(item=item, outcome="split", part="Part")
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    undo_decision(sample, session, says(FAY), item)
    assert prioritising.one(sample, item).evidence == evidence
    assert not any(one.by_hand for one in prioritising.everything(sample).values())
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    made = next(one for one in prioritising.everything(sample).values() if one.by_hand)
    reviewing.say(sample, made.id, Commented(text="Mine"), says(CY))
    with pytest.raises(Refused, match="Somebody has spoken of “Part” since"):
        undo_decision(sample, session, says(FAY), item)


def test_an_accepted_item_has_an_owner_and_a_day(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    with pytest.raises(Refused, match="Say who owns it"):
        Decided(item=item, outcome="accept")
    accepted = Decided(item=item, outcome="accept", owner="Cy", course="Put it behind a flag", due="2026-09-30")
    decide(sample, session, says(FAY), accepted)
    found = prioritising.one(sample, item)
    assert (found.status, found.owner, found.action, found.due) == (
        "planned", "Cy", "Put it behind a flag", "2026-09-30",
    )  # fmt: skip
    said = [e for e in reviewing.journal(sample, item) if e.session == session]
    assert [entry.saying.kind for entry in said] == ["accepted", "described"]


def test_a_declined_item_states_what_brings_it_back(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    with pytest.raises(Refused, match="Say what would bring it back"):
        Decided(item=item, outcome="decline", reason="too_small")
    with pytest.raises(Refused, match="Choose why it is declined"):
        Decided(item=item, outcome="decline", until="three more incidents")
    declined = Decided(item=item, outcome="decline", reason="too_small", until="three more incidents")
    decide(sample, session, says(FAY), declined)
    found = prioritising.one(sample, item)
    incidents = len(found.evidence)
    assert (found.status, found.tripwire) == ("declined", f"3 more incidents than the {incidents} of that day")


def test_a_decision_that_cannot_be_done_leaves_nothing_behind(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    before = sample.database.revisions()
    with pytest.raises(Refused, match="is not understood"):
        decide(sample, session, says(FAY), Decided(item=item, outcome="decline", reason="other", until="some day"))
    with pytest.raises(Refused, match="cannot be merged into itself"):
        decide(sample, session, says(FAY), Decided(item=item, outcome="merge", into=item))
    assert sample.database.revisions() == before
    assert seen(sample, session).decided == {}


def test_an_item_is_split_with_the_incidents_that_belong_to_the_part(sample: Context) -> None:
    session, items = at_decisions(sample)
    item = next(i for i in items if len(prioritising.one(sample, i).evidence) > 3)
    before = prioritising.one(sample, item)
    taken = before.evidence[:2]
    part = Decided(item=item, outcome="split", part="Only the nightly one", course="Turn it off")
    with pytest.raises(Refused, match="Choose at least one and not all"):
        decide(sample, session, says(FAY), part)
    decide(sample, session, says(FAY), part, incidents=taken)
    made = next(o for o in prioritising.everything(sample).values() if o.title == "Only the nightly one")
    assert (made.action, made.incidents, made.status) == ("Turn it off", taken, "accepted")
    assert set(prioritising.one(sample, item).evidence) == set(before.evidence) - set(taken)


def test_dissent_is_kept_beside_the_decision(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer", words="after the move"))
    sessions.dissent(sample, session, says(BO), item, "It is a hole.")
    now = seen(sample, session)
    assert [(e.person.name, e.saying.told) for e in now.dissents] == [("Bo", "It is a hole.")]
    assert now.decided[item].saying.told == "deferred: after the move"


# --- what matters -----------------------------------------------------------------------------------------------


def test_the_agenda_begins_where_people_differ_about_the_cut_line(sample: Context) -> None:
    items = session_reading.first_items(sample, 6)
    session, _ = opened(sample, count=6, cut=3)
    for item in items:
        answer(sample, session, ANA, item, "strategic_value", 2)
        answer(sample, session, CY, item, "strategic_value", 2)
    divided = items[3]
    answer(sample, session, ANA, divided, "strategic_value", 4)
    answer(sample, session, CY, divided, "strategic_value", 0)
    answer(sample, session, ANA, divided, "removal", 0.9)
    answer(sample, session, CY, divided, "removal", 0.0)
    sessions.reveal(sample, session, says(FAY))
    found = agenda.talks(sample, seen(sample, session))
    first = found[0]
    assert (first.item, first.matters, first.answered) == (divided, True, 2)
    assert first.low <= 3 < first.high
    assert first.by_function["product"][0] <= 3 < first.by_function["engineering"][0]
    assert {talk.item for talk in found} == set(items)
    places = [talk.place for talk in found if not talk.matters]
    assert places == sorted(places)


def test_who_is_asked_other_things_does_not_differ(sample: Context) -> None:
    items = session_reading.first_items(sample, 6)
    session, _ = opened(sample, count=6, cut=3)
    for item in items:
        answer(sample, session, ANA, item, "strategic_value", 4)
        answer(sample, session, CY, item, "strategic_value", 4)
        answer(sample, session, BO, item, "compliance", 1)
    sessions.reveal(sample, session, says(FAY))
    found = agenda.talks(sample, seen(sample, session))
    assert [(talk.matters, talk.apart, talk.low == talk.high) for talk in found] == [(False, (), True)] * 6
    sessions.settle_rest(sample, session, says(FAY))
    ranks = {item.id: item.rank for item in prioritising.priorities(sample).items}  # type: ignore[union-attr]
    assert {talk.item: talk.place for talk in found} == {item: ranks[item] for item in items}


def test_places_are_those_of_the_agreed_order_on_which_the_cut_line_is_drawn(sample: Context) -> None:
    first, second, third = session_reading.first_items(sample, 3)
    reviewing.move(sample, third, says(FAY), to=1, reason="dependency")
    session, _ = opened(sample, items=(first, second, third), cut=2)
    for item in (first, second):
        answer(sample, session, ANA, item, "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    assert {talk.item: (talk.place, talk.above) for talk in agenda.talks(sample, seen(sample, session))} == {
        first: (2, 1), second: (3, 0), third: (3, 0),
    }  # fmt: skip


def test_an_insight_that_most_hold_for_wrong_is_spoken_of_though_nobody_differs(sample: Context) -> None:
    session, (item, *others) = opened(sample)
    for person in (ANA, BO, CY):
        answer(sample, session, person, item, "insight", "wrong")
        answer(sample, session, person, others[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    first, *rest = agenda.talks(sample, seen(sample, session))
    assert (first.item, first.matters, first.apart) == (item, True, ())
    assert first.sentence == "Most say that the insight is wrong, and it stands above the cut line, at place 1."
    assert not any(talk.matters for talk in rest)
    sessions.settle(sample, session, says(FAY), item, "insight", "wrong")
    assert not any(talk.matters for talk in agenda.talks(sample, seen(sample, session))), "then it is to be decided"


def test_who_calls_an_insight_wrong_would_not_have_it_above_the_line(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, verdict in ((ANA, "holds"), (CY, "holds"), (BO, "wrong")):
        answer(sample, session, person, item, "insight", verdict)
    sessions.reveal(sample, session, says(FAY))
    first = agenda.talks(sample, seen(sample, session))[0]
    assert (first.item, first.above, first.answered, first.apart) == (item, 2, 3, ("Bo",))


def test_an_item_that_was_moved_by_hand_is_said_to_be(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    reviewing.move(sample, item, replace(says(FAY), session=session), to=9, reason="dependency")
    found = {talk.item: talk for talk in agenda.talks(sample, seen(sample, session))}
    assert not found[item].matters
    assert found[item].sentence == (
        "It was moved to place 9 by hand (another item needs it first): answers do not change that."
    )
    assert [entry.saying.kind for entry in seen(sample, session).others] == ["moved"]


def test_agreement_is_told_for_each_question_and_function_where_enough_answered(sample: Context) -> None:
    session, items = opened(sample, count=6)
    for place, item in enumerate(items):
        answer(sample, session, ANA, item, "strategic_value", min(place, 4))
        answer(sample, session, CY, item, "strategic_value", min(place, 4))
        answer(sample, session, BO, item, "compliance", 2)
    sessions.reveal(sample, session, says(FAY))
    of = prioritising.board(sample)
    assert not isinstance(of, NotEnoughData)
    told = {one.question: one for one in agenda.agreed(sample, seen(sample, session), of.drivers)}
    value = told["strategic_value"]
    assert not isinstance(value.everybody, NotEnoughData)
    assert (value.everybody.value, value.everybody.measure, value.people) == (1.0, "W", 2)
    assert value.by_function["product"] == NotEnoughData(have=1, need=2, what="people")
    assert told["compliance"].everybody == NotEnoughData(have=1, need=2, what="people")


# --- afterwards -------------------------------------------------------------------------------------------------


def test_the_next_session_begins_with_what_was_promised(sample: Context) -> None:
    session, (first, second, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=first, outcome="accept", owner="Cy", due="2026-06-30"))
    decide(sample, session, says(FAY), Decided(item=second, outcome="defer"))
    sessions.close(sample, session, says(FAY))
    later = replace(sample, now=lambda: NOW + timedelta(days=30))
    following = sessions.plan(later, planned(later), says(FAY))
    told = session_reading.promises(later, seen(later, following))
    assert [(p.item, p.decided.outcome, p.status, p.overdue) for p in told] == [
        (first, "accept", "planned", True),
        (second, "defer", "unreviewed", False),
    ]


def test_a_rhythm_proposes_the_next_session_by_itself(sample: Context) -> None:
    assert session_reading.proposed_next(sample) is None
    session, _ = opened(sample, rhythm="monthly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    assert session_reading.proposed_next(sample) is None
    sessions.close(sample, session, says(FAY))
    plan = session_reading.proposed_next(sample)
    assert plan is not None
    assert (plan.due, plan.follows, plan.participants) == ("2026-08-01", session, planned(sample).participants)
    sessions.plan(sample, plan, says(FAY))
    assert session_reading.proposed_next(sample) is None


def test_a_session_in_between_does_not_end_a_rhythm(sample: Context) -> None:
    session, _ = opened(sample, rhythm="monthly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    sessions.close(sample, session, says(FAY))
    later = replace(sample, now=lambda: NOW + timedelta(days=3))
    other, _ = opened(later)
    plan = session_reading.proposed_next(later)
    assert plan is not None, "a session that runs is another one"
    assert (plan.follows, plan.due) == (session, "2026-08-01")
    sessions.cancel(later, other, says(FAY), words="Nobody came")
    following = sessions.plan(later, plan, says(FAY))
    assert session_reading.proposed_next(later) is None
    sessions.cancel(later, following, says(FAY), words="Not this month")
    assert session_reading.proposed_next(later) == plan


def test_what_is_no_question_any_more_is_not_proposed_again(sample: Context) -> None:
    session, _ = opened(sample, rhythm="quarterly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    sessions.close(sample, session, says(FAY))
    without(sample, "compliance", FAY)
    plan = session_reading.proposed_next(sample)
    assert plan is not None
    assert plan.asked == {**ASKED, "security": ["insight"]}
    assert sessions.plan(sample, plan, says(FAY)) != session


def test_a_driver_that_left_the_set_is_neither_asked_nor_settled_any_more(sample: Context) -> None:
    session, items = opened(sample)
    for item in items:
        answer(sample, session, BO, item, "compliance", 2)
    answer(sample, session, BO, items[0], "insight", "holds")
    without(sample, "compliance", FAY)
    now = seen(sample, session, "Bo")
    assert session_reading.asked(sample, now, "Bo") == tuple((item, "insight") for item in items)
    told = {one.person: (one.answered, one.asked) for one in session_reading.progress(sample, now)}
    assert told == {"Ana": (0, 12), "Bo": (1, 4), "Cy": (0, 12)}
    sessions.reveal(sample, session, says(FAY))
    now = seen(sample, session)
    assert len(now.unsettled()) == 5
    assert session_reading.unsettled(sample, now) == ((items[0], "insight"),)
    with pytest.raises(Refused, match="“compliance” is no driver any more: it cannot be settled"):
        sessions.settle(sample, session, says(FAY), items[0], "compliance")
    assert sessions.settle_rest(sample, session, says(FAY)) == 1
    assert [*seen(sample, session).settled] == [(items[0], "insight")]


def test_a_session_that_was_planned_early_opens_with_what_was_promised_meanwhile(sample: Context) -> None:
    early = sessions.plan(sample, planned(sample), says(FAY))
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy"))
    sessions.close(sample, session, says(FAY))
    assert [one.item for one in session_reading.promises(sample, seen(sample, early))] == [item]
    later = replace(sample, now=lambda: NOW + timedelta(days=1))
    sessions.open_session(later, early, says(FAY))
    assert [one.item for one in session_reading.promises(later, seen(later, early))] == [item]


def test_what_left_the_ranking_is_taken_out_before_a_session_opens_and_stops_no_open_one(sample: Context) -> None:
    plan = planned(sample)
    session = sessions.plan(sample, plan, says(FAY))
    item, title = plan.items[0], prioritising.one(sample, plan.items[0]).title
    reviewing.decline(sample, item, says(FAY), reason="not_ours")
    with pytest.raises(Refused, match="is declined by now: take it out of the plan") as refused:
        sessions.open_session(sample, session, says(FAY))
    assert title in str(refused.value)
    assert seen(sample, session).state == "prepare"
    sessions.plan(sample, replace(plan, items=plan.items[1:]), says(FAY), session=session)
    sessions.open_session(sample, session, says(FAY))
    reviewing.decline(sample, plan.items[1], says(FAY), reason="not_ours")
    more = {**plan.participants, "Dee": "engineering"}
    sessions.plan(sample, replace(plan, items=plan.items[1:], participants=more), says(FAY), session=session)
    assert seen(sample, session).plan.participants == more


def test_who_may_not_answer_or_was_forgotten_is_not_invited_by_default(sample: Context) -> None:
    for person in (ANA, BO):
        reviewing.remember(sample, person)
    assert session_reading.everybody(sample) == {"Ana": "product", "Bo": "security"}
    forgetting.forget(sample, "Bo", says(FAY))
    assert session_reading.everybody(sample) == {"Ana": "product"}
    people.give(sample, "Cy", "reviewer", function="engineering", login="cy@shop.example")
    people.give(sample, "Vi", "viewer", function="business", login="vi@shop.example")
    assert session_reading.everybody(replace(sample, team=True)) == {"Ana": "product", "Cy": "engineering"}


def test_a_name_that_was_forgotten_is_gone_from_what_was_looked_at_before(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    assert [*seen(sample, session).last(item, "strategic_value")] == ["Ana", "Cy"]
    other = context_at(str(sample.database.engine.url))
    forgetting.forget(other, "Ana", says(FAY))
    other.database.close()
    now = seen(sample, session)
    assert [*now.last(item, "strategic_value")] == ["Forgotten person 1", "Cy"]
    assert "Ana" not in now.plan.participants


def test_every_earlier_state_can_be_looked_at_and_rankings_are_kept(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer"))
    sessions.close(sample, session, says(FAY))
    states = []
    for entry in session_reading.history(sample, session):
        then = session_reading.look(sample, session, "Fay", until=entry.seq)
        states.append((entry.saying.kind, then.state, len(then.answers), len(then.decided)))
    assert states == [
        ("session_planned", "prepare", 0, 0),
        ("session_opened", "answer", 0, 0),
        ("revealed", "reveal", 8, 0),
        ("deciding", "decide", 8, 0),
        ("decided", "decide", 8, 1),
        ("session_closed", "closed", 8, 1),
    ]
    assert set(seen(sample, session).rankings) == {"answer", "reveal", "closed"}


def test_a_cancelled_session_keeps_what_was_said(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "insight", "holds")
    with pytest.raises(Refused, match="Say why it does not take place"):
        sessions.cancel(sample, session, says(FAY), words=" ")
    sessions.cancel(sample, session, says(FAY), words="nobody came")
    assert seen(sample, session).state == "cancelled"
    kept = [e for e in sayings.of_session(sample.database, session, "Ana") if isinstance(e.saying, Answered)]
    assert len(kept) == 1
