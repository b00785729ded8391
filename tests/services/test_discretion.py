"""Discretion: what is restricted to some roles is shown to nobody else, by whatever way they ask."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import opex.services
from opex.domain.decisions import Commented, Described, Moved, Rated, Validated
from opex.domain.people import Asker, Member, NotAllowed, Person
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.scenarios import Scenario
from opex.domain.sessions import Decided, SessionPlanned
from opex.evidence.comparing import Side
from opex.export import FORMATS
from opex.export.minutes import AUDIENCES, MINUTES_FORMATS
from opex.services import (
    agenda,
    anchoring,
    auditing,
    choices,
    comparing,
    delivering,
    discretion,
    doubt,
    driving,
    duels,
    explaining,
    exporting,
    finding,
    forecasting,
    formulas,
    kept_rankings,
    knowing,
    link_verdicts,
    linking,
    minutes,
    operating,
    overview,
    prioritising,
    reviewing,
    seeing,
    session_reading,
    sessions,
    system_timeline,
    theming,
    trending,
    what_if,
)
from opex.services.context import Context, Speaker
from opex.services.permissions import SERVICES
from opex.services.prioritising import Board
from opex.services.session_decisions import decide
from opex.store import people
from opex.store.audit import By
from tests.conftest import NOW
from tests.services.canaries import CANARY, found_in
from tests.services.sample import sample_in
from tests.trust.builders import load, written

FAY = Person(name="Fay", function="leadership")
BO = Person(name="Bo", function="security")
SECRET = f"{CANARY} =1+1"
BY = By(at=NOW, person="operator", role="administrator")


def says(person: Person = FAY) -> Speaker:
    return Speaker(person=person)


@dataclass(frozen=True)
class Planted:
    """A workspace with secrets: an opportunity, an incident, and the session in which the opportunity was discussed."""

    context: Context
    item: str
    incident: str
    session: str
    shown: str
    change: str

    def eyes(self, role: str) -> Context:
        """The workspace as somebody in that role sees it."""
        return replace(self.context, asker=Asker(identity=f"test {role}"), team=True)


def join(context: Context, role: str) -> None:
    """Somebody who signed in and has that role."""
    who = {"name": f"A {role}", "login": f"{role}@x.example", "function": "product"}
    people.sign_in(context.database, identity=f"test {role}", by=BY, **who)
    people.give(context.database, Member(role=role, **who), by=BY)


def board_of(context: Context) -> Board:
    board = prioritising.board(context)
    assert not isinstance(board, NotEnoughData)
    return board


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("planted")
    context = sample_in(folder)
    incident, change = an_incident(context, folder)
    first = session_reading.first_items(context, 6)
    item, shown = next(one for one in first if theming_can(context, one)), first[-1]
    everything_said(context, item, incident, shown, change)
    session = discussed(context, item, shown)
    kept_rankings.keep_by_hand(context, says())
    for role in ("viewer", "reviewer", "facilitator", "administrator"):
        join(context, role)
    for subject in (item, incident):
        discretion.restrict(context, subject, ["administrator"], says(), words=SECRET)
    yield Planted(context=context, item=item, incident=incident, session=session, shown=shown, change=change)
    context.database.close()


def an_incident(context: Context, folder: Path) -> tuple[str, str]:
    """One incident whose every text is secret, in the newest month, with a change near it."""
    now = knowing.known(context)
    assert not isinstance(now, NotEnoughData)
    change = now.facts.changes[now.facts.changes["environment"] == "production"].iloc[-30]
    system = now.facts.change_systems.set_index("change_id")["system"].get(change["id"], "checkout")
    system = system if isinstance(system, str) else system.iloc[0]
    at = (change["started_at"] + (now.as_of - now.as_of)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = {
        "id": "HUSH-1", "title": SECRET, "description": SECRET, "team": SECRET, "url": f"https://x.example/{CANARY}",
        "tags": CANARY, "system": system, "environment": "production", "started_at": at, "severity": 1,
    }  # fmt: skip
    load(context, written(folder / "hush.csv", [row]))
    table = overview.incidents(context, words=CANARY)
    assert len(table) == 1
    return str(table["id"].iloc[0]), str(change["id"])


def theming_can(context: Context, item: str) -> bool:
    return item in {one.id for one in theming.themes(context)}


def everything_said(context: Context, item: str, incident: str, shown: str, change: str) -> None:
    theming.rename(context, item, says(), name=SECRET)
    sayings = (
        Described(title=SECRET, action=SECRET, owner=CANARY, effort_days=7),
        Commented(text=SECRET),
        Validated(verdict="doubtful", why=SECRET, impacts=SECRET),
        Rated(driver="strategic_value", level=4),
        Moved(to=3, reason="commitment", words=SECRET),
    )
    for saying in sayings:
        reviewing.say(context, item, saying, says())
    struck = prioritising.one(context, item).evidence[0]
    reviewing.strike(context, item, struck, says(), reason=SECRET)
    link_verdicts.judge(context, incident, change, says(), holds=True, reason=SECRET)
    part = prioritising.one(context, shown)
    reviewing.say(context, shown, Commented(text="plain"), says())
    assert part.title
    duel = duels.next_duel(context, BO)
    assert isinstance(duel, duels.Duel)
    duels.answer(context, duel, "first", says(BO))


def discussed(context: Context, item: str, shown: str) -> str:
    plan = SessionPlanned(
        title="March", items=(item, shown), cut=2, participants={"Fay": "leadership", "Bo": "security"},
        asked={"leadership": ["insight", "removal"], "security": ["insight"]},
    )  # fmt: skip
    session = sessions.plan(context, plan, says())
    sessions.open_session(context, session, says())
    for person in (FAY, BO):
        sessions.answer(context, session, says(person), item, "insight", "wrong", words=SECRET, impacts=SECRET)
        sessions.answer(context, session, says(person), shown, "insight", "holds")
    sessions.reveal(context, session, says())
    sessions.settle(context, session, says(), item, "insight", "holds", words=SECRET)
    sessions.begin_deciding(context, session, says())
    accepted = Decided(item=item, outcome="accept", owner=CANARY, due="2026-12-01", course=SECRET, words=SECRET)
    decide(context, session, says(), accepted)
    sessions.dissent(context, session, says(BO), item, SECRET)
    return session


# --- every way of asking ----------------------------------------------------------------------------------------

Ask = Callable[[Context, Planted], object]


def of_board(ask: Callable[[Context, Board], object]) -> Ask:
    return lambda context, _: ask(context, board_of(context))


def saved(context: Context) -> object:
    return prioritising.saved_order(context, board_of(context))


def shown_order(context: Context) -> prioritising.Priorities:
    order = prioritising.priorities(context)
    assert not isinstance(order, NotEnoughData)
    return order


def exports(context: Context, _: Planted) -> object:
    return [exporting.export(context, shown_order(context), name) for name in FORMATS]


def all_dates(context: Context) -> object:
    return [operating.review(context, month) for month in operating.months(context)]


def all_trends(context: Context) -> object:
    judged = trending.trending(context)
    assert not isinstance(judged, NotEnoughData)
    return judged, [trending.near_it(context, one) for one in judged]


def all_alarms(context: Context) -> object:
    every = trending.watching(context)
    assert not isinstance(every, NotEnoughData)
    return [trending.near_moment(context, one, alarm) for one in every for alarm in one.alarms]


def all_links(context: Context) -> object:
    found = linking.linked(context)
    assert not isinstance(found, NotEnoughData)
    links = system_timeline.described(context, found.links)
    pairs = {(one.system, one.environment) for one in found.systems}
    return found, links, [system_timeline.timeline(context, *pair) for pair in sorted(pairs)[:40]]


def sides(context: Context) -> object:
    names = comparing.choices(context)
    here = names["environment"].iloc[0]
    return comparing.compared(
        context, *(Side(name=one, environments=frozenset({one})) for one in (here, names["environment"].iloc[-1]))
    )


def stepwise(context: Context, it: Planted) -> object:
    now = knowing.known(context)
    assert not isinstance(now, NotEnoughData)
    looked = session_reading.look(context, it.session, "Bo")
    drivers = board_of(context).drivers
    return (
        looked,
        agenda.talks(context, looked),
        agenda.agreed(context, looked, drivers),
        linking.compared(context, now),
    )


SCENARIO = Scenario(weights={"hours_lost": 0.9})
READING: dict[str, Ask] = {
    "agenda.agreed": stepwise,
    "agenda.talks": stepwise,
    "anchoring.warnings": of_board(lambda _, board: anchoring.warnings(board)),
    "choices.choices": lambda c, _: choices.choices(c),
    "comparing.choices": lambda c, _: comparing.choices(c),
    "comparing.compared": lambda c, _: sides(c),
    "comparing.drifted": lambda c, _: comparing.drifted(c),
    "comparing.gaps": lambda c, _: comparing.gaps(c),
    "comparing.months": lambda c, _: comparing.months(c, "production"),
    "comparing.overview": lambda c, _: comparing.overview(c, "production", "week"),
    "delivering.delivered": lambda c, _: delivering.delivered(c),
    "delivering.document": lambda c, _: delivering.document(c),
    "delivering.environments": lambda c, _: delivering.environments(c),
    "discretion.seen_by": lambda c, it: discretion.seen_by(c, it.item),
    "doubt.believed": of_board(lambda c, board: [
        doubt.believed(c, board, prioritising.saved_order(c, board), item.id) for item in board.items[:5]
    ]),
    "doubt.ranks_of": of_board(lambda c, board: doubt.ranks_of(c, board, prioritising.saved_order(c, board))),
    "doubt.saved_with_doubt": of_board(doubt.saved_with_doubt),
    "doubt.with_doubt": of_board(lambda c, board: doubt.with_doubt(c, board, prioritising.reranked(board))),
    "duels.answers": lambda c, _: duels.answers(c),
    "duels.comparable": of_board(lambda c, board: duels.comparable(c, board.drivers)),
    "duels.next_duel": lambda c, _: [duels.next_duel(c, Person(name=f"P{n}", function="product")) for n in range(20)],
    "explaining.compared": lambda c, it: explaining.compared(c, it.shown, saved(c).items[0].id),  # type: ignore[attr-defined]
    "explaining.price_of_move": lambda c, it: [explaining.price_of_move(c, it.shown, to) for to in range(1, 8)],
    "exporting.export": exports,
    "figures.figures": of_board(lambda _, board: board.of.figures),
    "finding.candidates": lambda c, _: finding.candidates(c),
    "finding.current": lambda c, _: finding.current(c),
    "finding.evidence": lambda c, it: finding.evidence(c, [it.incident]),
    "finding.theme_edits": lambda c, _: finding.theme_edits(c),
    "forecasting.backtested": lambda c, _: forecasting.backtested(c),
    "forecasting.expected": lambda c, _: forecasting.expected(c, by="theme"),
    "forecasting.outlook": lambda c, _: [forecasting.outlook(c, by=by) for by in ("system", "category", "theme")],
    "formulas.side_by_side": of_board(lambda _, board: formulas.side_by_side(board)),
    "kept_rankings.compare": lambda c, _: [kept_rankings.compare(c, "1", to) for to in ("last", "now")],
    "kept_rankings.kept": lambda c, _: kept_rankings.kept(c),
    "kept_rankings.named": lambda c, _: [kept_rankings.named(c, name) for name in ("1", "last", "now")],
    "kept_rankings.now": lambda c, _: kept_rankings.now(c),
    "kept_rankings.since_last": lambda c, _: kept_rankings.since_last(c, saved(c)),  # type: ignore[arg-type]
    "knowing.known": lambda c, _: knowing.known(c),
    "knowing.text_of": lambda c, it: knowing.text_of(c, [it.incident]),
    "link_verdicts.said": lambda c, _: link_verdicts.said(c),
    "linking.apart": lambda c, _: linking.apart(c),
    "linking.compared": stepwise,
    "linking.figures": lambda c, _: linking.figures(c),
    "linking.linked": lambda c, _: all_links(c),
    "operating.months": lambda c, _: operating.months(c),
    "operating.review": lambda c, _: all_dates(c),
    "minutes.minutes": lambda c, it: minutes.minutes(c, it.session),
    "minutes.written": lambda c, it: [
        minutes.written(c, it.session, format=form, audience=who) for form in MINUTES_FORMATS for who in AUDIENCES
    ],
    "overview.incidents": lambda c, _: [overview.incidents(c, most=10**6), overview.incidents(c, words=CANARY)],
    "overview.months": lambda c, _: overview.months(c),
    "overview.systems": lambda c, _: overview.systems(c),
    "overview.themes": lambda c, _: overview.themes(c),
    "prioritising.board": lambda c, _: board_of(c),
    "prioritising.everything": lambda c, _: prioritising.everything(c),
    "prioritising.explain": lambda c, it: prioritising.explain(c, it.shown),
    "prioritising.one": lambda c, it: prioritising.one(c, it.shown),
    "prioritising.priorities": lambda c, _: prioritising.priorities(c),
    "prioritising.replay_of": of_board(lambda c, board: prioritising.replay_of(board, prioritising.reranked(board))),
    "prioritising.reranked": of_board(lambda _, board: prioritising.reranked(board)),
    "prioritising.saved_order": lambda c, _: saved(c),
    "reviewing.inbox": lambda c, _: reviewing.inbox(c),
    "reviewing.journal": lambda c, _: reviewing.journal(c),
    "reviewing.mergeable": lambda c, it: reviewing.mergeable(c, it.shown),
    "session_reading.everybody": lambda c, _: session_reading.everybody(c),
    "session_reading.first_items": lambda c, _: session_reading.first_items(c, 9),
    "session_reading.history": lambda c, it: session_reading.history(c, it.session),
    "session_reading.asked": lambda c, it: session_reading.asked(c, session_reading.look(c, it.session, "Bo"), "Bo"),
    "session_reading.unsettled": lambda c, it: session_reading.unsettled(c, session_reading.look(c, it.session)),
    "session_reading.look": lambda c, it: [session_reading.look(c, it.session, until=n) for n in (None, 10**6)],
    "session_reading.progress": lambda c, it: session_reading.progress(c, session_reading.look(c, it.session)),
    "session_reading.promises": lambda c, it: session_reading.promises(c, session_reading.look(c, it.session)),
    "session_reading.proposed_next": lambda c, _: session_reading.proposed_next(c),
    "session_reading.questions": lambda c, _: session_reading.questions(c),
    "session_reading.sessions": lambda c, _: session_reading.sessions(c),
    "system_timeline.described": lambda c, _: all_links(c),
    "system_timeline.timeline": lambda c, _: all_links(c),
    "theming.corrections": lambda c, it: theming.corrections(c, it.item),
    "theming.theme": lambda c, _: [theming.theme(c, one.id) for one in theming.themes(c)],
    "theming.themes": lambda c, _: theming.themes(c),
    "theming.without_hold": lambda c, _: theming.without_hold(c),
    "trending.near_it": lambda c, _: all_trends(c),
    "trending.near_moment": lambda c, _: all_alarms(c),
    "trending.trending": lambda c, _: all_trends(c),
    "trending.watching": lambda c, _: trending.watching(c),
    "what_if.applied": of_board(lambda _, board: what_if.applied(board, SCENARIO)),
    "what_if.compared": of_board(lambda c, board: what_if.compared(c, board, [SCENARIO])),
    "what_if.leading": of_board(lambda _, board: what_if.leading(board)),
    "what_if.tried": of_board(lambda c, board: prioritising.reranked(what_if.tried(c, board, SCENARIO))),
}  # fmt: skip
"""Every service that reads something said or found, and how it is asked for the most that it tells."""

OTHERS = {
    # what is set up or loaded, and says nothing of an opportunity or of an incident that was taken in
    "driving.history", "in_force.drivers", "knowing.catalogue", "knowing.sizes", "loading.history",
    "loading.mappings", "loading.refused_rows", "syncing.configured", "syncing.fetched_from", "syncing.freshness",
    "syncing.permissions", "what_if.kept", "what_if.left_out", "reviewing.people", "link_verdicts.version",
    # people and their roles, and the end of the audit log; its entries are for administrators
    "auditing.head", "auditing.tell_head", "people.administrators", "people.groups", "people.me", "people.members",
    "people.sign_in",
    # what is asked by these services themselves, or writes through one way that asks for the role
    "permissions.asking", "permissions.by", "permissions.permit", "permissions.role", "seeing.inside",
    "seeing.hidden_from", "seeing.restrictions", "seeing.seen_noted",
    "seeing.seen_entries", "seeing.unseen", "prioritising.seen_order", "kept_rankings.keep",
    "kept_rankings.keep_before", "kept_rankings.keep_if_can", "duels.answer", "duels.undo", "link_verdicts.judge",
    "link_verdicts.withdraw", "theming.merge", "theming.rename", "theming.split", "theming.undo",
    "session_writing.said_in", "writing.write", "writing.write_all", "spoken.entries", "finding.found_in",
    # numbers only
    "positions.position",
}  # fmt: skip


def reading_services() -> set[str]:
    """Every function of a service that takes a workspace or a board, and asks for no permission to change it."""
    found = set()
    for module in pkgutil.iter_modules(opex.services.__path__):
        services = importlib.import_module(f"opex.services.{module.name}")
        for name, part in vars(services).items():
            if not name.startswith("_") and inspect.isfunction(part) and part.__module__ == services.__name__:
                first = next(iter(inspect.signature(part).parameters.values()), None)
                if first is not None and first.annotation in (Context, Board):
                    found.add(f"{module.name}.{name}")
    return found - set(SERVICES)


def test_every_service_that_reads_is_asked_here() -> None:
    assert reading_services() - set(READING) - OTHERS == set()
    assert (set(READING) | OTHERS) - reading_services() - set(SERVICES) == set()


ROLES = ("", "viewer", "reviewer", "facilitator")
TELLING = {
    "exporting.export", "finding.candidates", "finding.evidence", "knowing.known", "knowing.text_of",
    "kept_rankings.named", "link_verdicts.said", "overview.incidents", "overview.themes", "prioritising.board",
    "prioritising.priorities", "reviewing.journal", "session_reading.look", "session_reading.history",
    "theming.corrections", "linking.linked", "minutes.minutes", "minutes.written",
}  # fmt: skip
"""Those that do tell the secret to whoever may see it: without them this test would find nothing anywhere."""


@pytest.mark.parametrize("name", READING)
def test_nobody_finds_what_is_not_shown_to_their_role(planted: Planted, name: str) -> None:
    found = {role: found_in(READING[name](planted.eyes(role), planted)) for role in ROLES}
    assert found == {role: [] for role in ROLES}
    if name in TELLING:
        assert found_in(READING[name](planted.eyes("administrator"), planted))
        assert found_in(READING[name](planted.context, planted))


def test_ranks_and_doubt_are_everybodys_and_what_is_left_out_is_counted(planted: Planted) -> None:
    whole, seen = (doubt.saved_with_doubt(c, board_of(c)) for c in (planted.context, planted.eyes("reviewer")))
    assert (whole.restricted, seen.restricted) == (0, 1)
    assert seen.left_out == "1 restricted item is not shown."
    assert planted.item in {item.id for item in whole.items}
    told: list[Mapping[str, tuple[object, ...]]] = [
        {item.id: (item.rank, item.computed_rank, item.score, item.doubt) for item in order.items}
        for order in (whole, seen)
    ]
    assert told[1] == {of: numbers for of, numbers in told[0].items() if of != planted.item}
    replays = [prioritising.replay_of(board_of(c), order) for c, order in
               ((planted.context, whole), (planted.eyes("reviewer"), seen))]  # fmt: skip
    assert replays[0] == replays[1]


def test_a_scenario_ranks_alike_for_whoever_sees_less(planted: Planted) -> None:
    removes = prioritising.one(planted.context, planted.shown).removes
    scenario = Scenario(weights={"hours_lost": 0.9}, removals={planted.shown: replace(removes, low=0.0)})
    ranks = []
    for context in (planted.context, planted.eyes("viewer")):
        order = prioritising.reranked(what_if.tried(context, board_of(context), scenario))
        ranks.append({item.id: (item.rank, item.score) for item in order.items if item.id != planted.item})
    assert ranks[0] == ranks[1]


def test_an_export_says_what_is_left_out_and_the_kept_ranking_is_whole(planted: Planted) -> None:
    _, content = exporting.export(planted.eyes("viewer"), shown_order(planted.eyes("viewer")), "markdown")
    assert "1 restricted item is not shown" in content.decode()
    whole = kept_rankings.named(planted.context, "last")
    assert planted.item in {item.id for item in whole.items if item.title == SECRET}


def test_what_was_shown_before_it_was_restricted_is_not_exported_after_it(planted: Planted) -> None:
    before = shown_order(planted.context)
    _, content = exporting.export(planted.eyes("reviewer"), before, "json")
    assert CANARY not in content.decode()
    assert '"restricted": 1' in content.decode()


def test_what_is_not_shown_cannot_be_spoken_of_either(planted: Planted) -> None:
    reviewer = planted.eyes("reviewer")
    speaker = Speaker(person=Person(name="A reviewer", function="product"))
    with pytest.raises(Refused, match="There is no opportunity"):
        reviewing.say(reviewer, planted.item, Commented(text="hello"), speaker)
    with pytest.raises(Refused, match="does not stand in the ranking"):
        prioritising.explain(reviewer, planted.item)
    facilitator = planted.eyes("facilitator")
    for subject in (planted.item, planted.incident, "nothing"):
        with pytest.raises(Refused, match="There is no opportunity and no incident"):
            discretion.restrict(
                facilitator, subject, [], Speaker(person=Person(name="A facilitator", function="product"))
            )


# --- restricting ------------------------------------------------------------------------------------------------


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Context]:
    context = sample_in(tmp_path)
    for role in ("viewer", "reviewer", "facilitator"):
        join(context, role)
    yield context
    context.database.close()


def in_role(context: Context, role: str) -> tuple[Context, Speaker]:
    seen = replace(context, asker=Asker(identity=f"test {role}"), team=True)
    return seen, Speaker(person=Person(name=f"A {role}", function="product"))


def test_a_facilitator_restricts_and_lifts_and_a_reviewer_does_neither(sample: Context) -> None:
    item = session_reading.first_items(sample, 1)[0]
    reviewer, as_reviewer = in_role(sample, "reviewer")
    with pytest.raises(NotAllowed):
        discretion.restrict(reviewer, item, ["facilitator"], as_reviewer)
    facilitator, as_facilitator = in_role(sample, "facilitator")
    discretion.restrict(facilitator, item, ["facilitator", "facilitator"], as_facilitator, words="not public yet")
    assert discretion.seen_by(facilitator, item) == ("facilitator",)
    assert item in {one.id for one in shown_order(facilitator).items}
    assert item not in {one.id for one in shown_order(reviewer).items}
    assert reviewing.journal(facilitator, item)[-1].saying.told == "seen by facilitator only (not public yet)"
    assert reviewing.journal(reviewer, item) == []
    discretion.restrict(facilitator, item, [], as_facilitator)
    assert discretion.seen_by(facilitator, item) == ("viewer", "reviewer", "facilitator", "administrator")
    assert item in {one.id for one in shown_order(reviewer).items}


def test_an_administrator_who_is_left_out_reads_in_the_log_that_something_was_done_not_what(
    sample: Context,
) -> None:
    join(sample, "administrator")
    administrator, _ = in_role(sample, "administrator")
    facilitator, as_facilitator = in_role(sample, "facilitator")
    item, other = session_reading.first_items(sample, 2)
    for of in (item, other):
        reviewing.say(facilitator, of, Commented(text=f"{CANARY} of {of}"), as_facilitator)
    discretion.restrict(facilitator, item, ["facilitator"], as_facilitator, words=CANARY)
    whole = auditing.export(sample).decode().splitlines()
    seen = auditing.export(administrator).decode().splitlines()
    differ = [(json.loads(one), json.loads(two)) for one, two in zip(whole, seen, strict=True) if one != two]
    assert [(one["act"], one["subject"]) for one, _ in differ] == [("commented", item), ("restricted", item)]
    assert [two for _, two in differ] == [
        one | {"what": {"restricted": "Not shown to your role"}, "salt": None} for one, _ in differ
    ]
    assert [entry.subject for entry in auditing.newest(administrator) if CANARY in str(entry.what)] == [other]
    assert auditing.verify(sample, auditing.anchors_of(seen, "the export")).findings == ()


def test_how_far_people_are_and_agree_is_told_of_what_each_role_sees(sample: Context) -> None:
    facilitator, as_facilitator = in_role(sample, "facilitator")
    reviewer, as_reviewer = in_role(sample, "reviewer")
    items = session_reading.first_items(sample, 6)
    plan = SessionPlanned(
        title="March", items=items, cut=2, asked={"product": ["strategic_value"]},
        participants={"A facilitator": "product", "A reviewer": "product"},
    )  # fmt: skip
    session = sessions.plan(facilitator, plan, as_facilitator)
    sessions.open_session(facilitator, session, as_facilitator)
    for place, item in enumerate(items):
        sessions.answer(facilitator, session, as_facilitator, item, "strategic_value", min(place, 4))
        sessions.answer(reviewer, session, as_reviewer, item, "strategic_value", min(place, 4) or 4)
    discretion.restrict(facilitator, items[0], ["facilitator", "administrator"], as_facilitator)

    def far(of: Context) -> list[tuple[str, int, int]]:
        progress = session_reading.progress(of, session_reading.look(of, session))
        return [(one.person, one.answered, one.asked) for one in progress]

    assert far(facilitator) == far(reviewer) == [("A facilitator", 6, 6), ("A reviewer", 5, 5)]
    sessions.reveal(facilitator, session, as_facilitator)

    def agreement(of: Context) -> float:
        (one,) = agenda.agreed(of, session_reading.look(of, session), driving.drivers(of))
        assert not isinstance(one.everybody, NotEnoughData)
        return one.everybody.value

    assert agreement(reviewer) == 1.0, "they differ on the restricted one only"
    assert agreement(facilitator) < 0.5


def test_withdrawing_a_restriction_lifts_it(sample: Context) -> None:
    item = session_reading.first_items(sample, 1)[0]
    discretion.restrict(sample, item, ["administrator"], says())
    reviewing.undo(sample, reviewing.journal(sample, item)[-1], says())
    assert seeing.unseen(in_role(sample, "viewer")[0]) == frozenset()


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        (["viewer"], "somebody must lift it"),
        (["owner"], "A role is one of"),
        (["administrator"], "You would not see it yourself any more: name your own role \\(facilitator\\) too"),
    ],
)
def test_a_restriction_that_nobody_could_lift_is_refused(sample: Context, roles: list[str], told: str) -> None:
    facilitator, speaker = in_role(sample, "facilitator")
    with pytest.raises(Refused, match=told):
        discretion.restrict(facilitator, session_reading.first_items(sample, 1)[0], roles, speaker)


def test_a_part_that_is_split_off_is_seen_by_those_who_see_the_whole(sample: Context) -> None:
    item = session_reading.first_items(sample, 1)[0]
    discretion.restrict(sample, item, ["administrator"], says())
    plan = SessionPlanned(
        title="March", items=(item,), cut=1, participants={"Fay": "leadership"}, asked={"leadership": ["insight"]}
    )
    session = sessions.plan(sample, plan, says())
    sessions.open_session(sample, session, says())
    sessions.answer(sample, session, says(), item, "insight", "holds")
    sessions.reveal(sample, session, says())
    sessions.begin_deciding(sample, session, says())
    part = prioritising.one(sample, item).evidence[:2]
    decide(sample, session, says(), Decided(item=item, outcome="split", part="a part"), incidents=part)
    viewer, _ = in_role(sample, "viewer")
    assert len(seeing.unseen(viewer)) == 2
    assert "a part" not in {one.title for one in prioritising.everything(viewer).values()}
    assert "a part" in {one.title for one in prioritising.everything(sample).values()}
