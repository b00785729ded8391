"""Trust rows 11 and 12: who may do what. One table is the specification; each cell is tried on both databases.

A new service stands in ``MAY`` and in ``calls``, or these tests fail.
"""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import opex.services
from opex.domain.decisions import Commented, Entry
from opex.domain.mapping import Mapping
from opex.domain.opportunities import Removal
from opex.domain.people import ROLES, Asker, GroupRole, Member, NotAllowed, Person, may
from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario
from opex.domain.sessions import Decided, SessionPlanned
from opex.services import (
    auditing,
    backing_up,
    discretion,
    driving,
    duels,
    finding,
    forgetting,
    kept_rankings,
    knowing,
    link_verdicts,
    loading,
    people,
    permissions,
    reviewing,
    sessions,
    syncing,
    theming,
    what_if,
)
from opex.services.context import Context, Speaker
from opex.services.loading import Asked
from opex.services.session_decisions import decide, undo_decision
from opex.store import audit
from opex.store import people as store
from opex.store.audit import By
from opex.store.schema import metadata
from tests.conftest import NOW, ROOT, context_at
from tests.trust import builders as b
from tests.trust.conftest import Shelf

Figure = Callable[[str], None]

# --- the specification: who may call which service --------------------------------------------------------------

REVIEWERS = {"reviewer", "facilitator", "administrator"}
FACILITATORS = {"facilitator", "administrator"}
ADMINISTRATORS = {"administrator"}
MAY: dict[str, set[str]] = {
    "auditing.export": ADMINISTRATORS,
    "auditing.newest": ADMINISTRATORS,
    "auditing.verify": ADMINISTRATORS,
    "backing_up.back_up": ADMINISTRATORS,
    "backing_up.put_back": ADMINISTRATORS,
    "discretion.restrict": FACILITATORS,
    "driving.lock": FACILITATORS,
    "driving.save": FACILITATORS,
    "duels.answer": REVIEWERS,
    "duels.undo": REVIEWERS,
    "forgetting.forget": ADMINISTRATORS,
    "forgetting.still_named": ADMINISTRATORS,
    "kept_rankings.keep_by_hand": REVIEWERS,
    "knowing.save_catalogue": FACILITATORS,
    "link_verdicts.judge": REVIEWERS,
    "link_verdicts.withdraw": REVIEWERS,
    "loading.keep_mapping": FACILITATORS,
    "loading.load": FACILITATORS,
    "loading.load_sample": FACILITATORS,
    "loading.take_back": FACILITATORS,
    "people.appoint": ADMINISTRATORS,
    "people.forget_group": ADMINISTRATORS,
    "people.give": ADMINISTRATORS,
    "people.give_group": ADMINISTRATORS,
    "reviewing.accept": FACILITATORS,
    "reviewing.decline": FACILITATORS,
    "reviewing.merge": FACILITATORS,
    "reviewing.move": REVIEWERS,
    "reviewing.propose": REVIEWERS,
    "reviewing.rate": REVIEWERS,
    "reviewing.remember": ADMINISTRATORS,  # of a team: in a local workspace whoever sits there names themselves
    "reviewing.say": REVIEWERS,
    "reviewing.strike": REVIEWERS,
    "reviewing.undo": REVIEWERS,
    "session_decisions.decide": FACILITATORS,
    "session_decisions.undo_decision": FACILITATORS,
    "sessions.answer": REVIEWERS,
    "sessions.begin_deciding": FACILITATORS,
    "sessions.cancel": FACILITATORS,
    "sessions.close": FACILITATORS,
    "sessions.dissent": REVIEWERS,
    "sessions.open_session": FACILITATORS,
    "sessions.plan": FACILITATORS,
    "sessions.reveal": FACILITATORS,
    "sessions.settle": FACILITATORS,
    "sessions.settle_rest": FACILITATORS,
    "sessions.vote_again": FACILITATORS,
    "syncing.configure": ADMINISTRATORS,
    "syncing.fetched_from": FACILITATORS,
    "syncing.remove": ADMINISTRATORS,
    "syncing.sync": FACILITATORS,
    "theming.merge": REVIEWERS,
    "theming.rename": REVIEWERS,
    "theming.split": REVIEWERS,
    "theming.undo": REVIEWERS,
    "what_if.delete": REVIEWERS,
    "what_if.keep": REVIEWERS,
}
REFUSED_ALL_THE_SAME = {
    "loading.load_sample": "This workspace is not empty",
    "syncing.sync": 'There is no source "nowhere"',
    "backing_up.put_back": "There is no file",
}
ON_POSTGRES = {"backing_up.back_up": "This workspace lies in PostgreSQL"}
"""What this workspace gives no occasion for: whoever may call it is refused for another reason."""
REFUSED_THERE = REFUSED_ALL_THE_SAME | ON_POSTGRES
BUCKET = "desk-exports"
NOWHERE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip
"""A source that cannot be reached: the try is written down as failed."""

# --- who asks ---------------------------------------------------------------------------------------------------

NAMES = {
    "viewer": "Vera", "reviewer": "Rhea", "facilitator": "Faye", "administrator": "Abel", "revoked": "Rex",
    "outsider": "Otto", "expired": "Abel", "anonymous": "Abel",
}  # fmt: skip
STRANGERS = ("anonymous", "revoked", "outsider", "expired")
WHO = (*ROLES, *STRANGERS)
OPERATOR = By(at=NOW, person="operator", role="administrator")


def person(who: str) -> Person:
    return Person(name=NAMES[who], function="product")


def as_one(context: Context, who: str) -> Context:
    """The workspace as that one asks of it, in a team."""
    identity = "" if who == "anonymous" else f"https://id.example|{NAMES[who].lower()}"
    ends = NOW - timedelta(seconds=1) if who == "expired" else NOW + timedelta(hours=1)
    return replace(context, team=True, asker=Asker(identity=identity, expires=ends))


def people_of_the_team(context: Context) -> None:
    """One person of each role, one whose role was taken, one who never had any."""
    for who in ("administrator", "viewer", "reviewer", "facilitator", "revoked", "outsider"):
        name, role = NAMES[who], {"outsider": "", "revoked": "administrator"}.get(who, who)
        store.sign_in(
            context.database, identity=f"https://id.example|{name.lower()}", name=name, login=f"{name.lower()}@x.org",
            function="product", by=OPERATOR,
        )  # fmt: skip
        if role:
            given = Member(name=name, function="product", role=role, login=f"{name.lower()}@x.org")
            store.give(context.database, given, by=OPERATOR)
    store.give(context.database, Member(name="Rex", function="product", login="rex@x.org"), by=OPERATOR)


# --- a workspace in which everything could be done --------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A workspace, and what there is in it to change."""

    url: str
    files: Path
    theme: str
    other_theme: str
    by_hand: str
    incidents: tuple[str, ...]
    load: str
    rooms: dict[str, str]
    said: dict[str, Entry]
    renamed: dict[str, Entry]


@pytest.fixture(scope="module")
def world(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Facts, themes, words and a team, on SQLite and again on PostgreSQL."""
    files = tmp_path_factory.mktemp("files")
    url = shelf.new()
    context = context_at(url)
    b.some_facts(context, files)
    for first, last, title, system, severity in OTHERS:
        rows = b.incidents(first, last, title=title, services=system, severity=severity)
        b.load(context, b.written(files / f"{system}.csv", rows))
    themes = theming.themes(context) or [one for one in finding.candidates(context) if one.theme is not None]
    by_hand = b.propose(context, 1)
    syncing.configure(context, f'name = "{BUCKET}"\nfrom = "s3"\nregion = "eu-west-1"\nkind = "incidents"\n'
                               'address = "s3://desk-exports/"\n')  # fmt: skip
    what_if.keep(context, Scenario(name="Rhea's", weights={"hours": 0.5}), person("reviewer"))
    said, renamed = {}, {}
    for who in WHO:
        speaker = Speaker(person=person(who))
        reviewing.say(context, by_hand, Commented(text=f"{who} says"), speaker)
        said[who] = reviewing.journal(context)[-1]
        theming.rename(context, themes[0].id, speaker, name=f"as {who} reads it")
        renamed[who] = reviewing.journal(context)[-1]
        if who not in STRANGERS:
            duels.answer(context, asked_pair(context, who), "first", speaker)
    link_verdicts.judge(context, "desk:INC-2", "desk:C1", Speaker(person=person("reviewer")), holds=True, reason="seen")
    finding.candidates(context)  # a cache, so that whoever looks first writes nothing
    rooms = {state: room(context, by_hand, state) for state in ("prepare", "answer", "reveal", "decide", "decided")}
    people_of_the_team(context)
    store.give_group(context.database, GroupRole(group="guests", role="viewer"), by=OPERATOR)
    made = World(
        url=url, files=files, theme=themes[0].id, other_theme=themes[1].id, by_hand=by_hand,
        incidents=themes[0].incidents[:2], load=loading.history(context)[0].id, rooms=rooms, said=said, renamed=renamed,
    )  # fmt: skip
    context.database.close()
    yield made
    shelf.throw_away(url)


def planned(item: str) -> SessionPlanned:
    return SessionPlanned(
        title="Room", items=(item,), cut=1, asked={"product": ["insight"]},
        participants={NAMES[who]: "product" for who in ROLES},
    )  # fmt: skip


def room(context: Context, item: str, state: str) -> str:
    """A session in that state, about an item."""
    speaker = Speaker(person=person("facilitator"))
    made = sessions.plan(context, planned(item), speaker)
    steps = {
        "answer": lambda: sessions.open_session(context, made, speaker),
        "reveal": lambda: (
            sessions.answer(context, made, speaker, item, "insight", "holds"), sessions.reveal(context, made, speaker)
        ),
        "decide": lambda: sessions.begin_deciding(context, made, speaker),
        "decided": lambda: decide(context, made, speaker, Decided(item=item, outcome="defer")),
    }  # fmt: skip
    for step in list(steps)[: ["prepare", *steps].index(state)]:
        steps[step]()
    if state == "answer":
        sessions.answer(context, made, speaker, item, "insight", "holds")
    return made


OTHERS = (
    (21, 25, "Printer in the hall lost its toner again", "print-1", 5),
    (31, 38, "Badge reader at the gate refuses cards", "gate-1", 3),
)


def asked_pair(context: Context, who: str) -> duels.Duel:
    found = duels.next_duel(context, person(who))
    assert isinstance(found, duels.Duel)
    return found


def calls(world: World, who: str) -> dict[str, Callable[[Context], object]]:
    """How each service is called by that one, in their own name."""
    me = person(who)
    speaker = Speaker(person=me, request_id="c0ffee")
    file, asked = world.files / "some.csv", Asked(kind="incidents", source="late")
    mapping = Mapping(name="ours", kind="incidents", columns={"source_id": "id", "started_at": "started_at"})
    rooms, item = world.rooms, world.by_hand
    copy = world.files / f"copy-{who}.db"
    source = 'name = "ours"\nfrom = "aws-alarms"\nregion = "eu-west-1"\n'
    return {
        "auditing.export": auditing.export,
        "auditing.newest": auditing.newest,
        "auditing.verify": auditing.verify,
        "backing_up.back_up": lambda c: backing_up.back_up(c, copy),
        "backing_up.put_back": lambda c: backing_up.put_back(c, world.files / "no copy.db", speaker),
        "discretion.restrict": lambda c: discretion.restrict(c, world.theme, ("facilitator", "administrator"), speaker),
        "driving.lock": lambda c: driving.lock(c, "ice v1", person=me, note="shorter", seen=1),
        "driving.save": lambda c: driving.save(c, driving.drivers(c), person=me, note="the same", seen=1),
        "duels.answer": lambda c: duels.answer(c, asked_pair(c, who), "second", speaker),
        "duels.undo": lambda c: duels.undo(c, speaker),
        "forgetting.forget": lambda c: forgetting.forget(c, "Otto", speaker),
        "forgetting.still_named": lambda c: forgetting.still_named(c, "Otto"),
        "kept_rankings.keep_by_hand": lambda c: kept_rankings.keep_by_hand(c, speaker, note="June"),
        "knowing.save_catalogue": lambda c: knowing.save_catalogue(c, knowing.catalogue(c), person=me.name),
        "link_verdicts.judge": lambda c: link_verdicts.judge(
            c, "desk:INC-3", "desk:C1", speaker, holds=False, reason="another system"
        ),
        "link_verdicts.withdraw": lambda c: link_verdicts.withdraw(c, "desk:INC-2", "desk:C1", speaker),
        "loading.keep_mapping": lambda c: loading.keep_mapping(c, mapping, [file], asked, person=me.name),
        "loading.load": lambda c: loading.load(c, [file], asked, person=me.name),
        "loading.load_sample": loading.load_sample,
        "loading.take_back": lambda c: loading.take_back(c, world.load, person=me.name, with_later=True),
        "people.appoint": lambda c: people.appoint(c, ("new@x.org",)),
        "people.forget_group": lambda c: people.forget_group(c, "guests"),
        "people.give": lambda c: people.give(c, "Otto", "reviewer"),
        "people.give_group": lambda c: people.give_group(c, "on-call", "reviewer"),
        "reviewing.accept": lambda c: reviewing.accept(c, world.theme, speaker),
        "reviewing.decline": lambda c: reviewing.decline(c, world.theme, speaker, reason="other", words="no"),
        "reviewing.merge": lambda c: reviewing.merge(c, world.theme, world.by_hand, speaker),
        "reviewing.move": lambda c: reviewing.move(c, world.theme, speaker, to=2, reason="urgency", words="June"),
        "reviewing.propose": lambda c: reviewing.propose(
            c, speaker, title="Another", action="Do it", removes=Removal(low=0.1, likely=0.2, high=0.3)
        ),
        "reviewing.rate": lambda c: reviewing.rate(c, world.by_hand, speaker, driver="compliance", level=2),
        "reviewing.remember": lambda c: reviewing.remember(c, Person(name="Nora", function="security")),
        "reviewing.say": lambda c: reviewing.say(c, world.by_hand, Commented(text="so"), speaker),
        "reviewing.strike": lambda c: reviewing.strike(c, world.theme, world.incidents[0], speaker, reason="not ours"),
        "reviewing.undo": lambda c: reviewing.undo(c, world.said[who], speaker),
        "session_decisions.decide": lambda c: decide(c, rooms["decide"], speaker, Decided(item=item, outcome="defer")),
        "session_decisions.undo_decision": lambda c: undo_decision(c, rooms["decided"], speaker, item),
        "sessions.answer": lambda c: sessions.answer(c, rooms["answer"], speaker, item, "insight", "doubtful"),
        "sessions.begin_deciding": lambda c: sessions.begin_deciding(c, rooms["reveal"], speaker),
        "sessions.cancel": lambda c: sessions.cancel(c, rooms["prepare"], speaker, words="nobody comes"),
        "sessions.close": lambda c: sessions.close(c, rooms["decide"], speaker),
        "sessions.dissent": lambda c: sessions.dissent(c, rooms["decide"], speaker, item, "no"),
        "sessions.open_session": lambda c: sessions.open_session(c, rooms["prepare"], speaker),
        "sessions.plan": lambda c: sessions.plan(c, planned(item), speaker),
        "sessions.reveal": lambda c: sessions.reveal(c, rooms["answer"], speaker),
        "sessions.settle": lambda c: sessions.settle(c, rooms["reveal"], speaker, item, "insight"),
        "sessions.settle_rest": lambda c: sessions.settle_rest(c, rooms["reveal"], speaker),
        "sessions.vote_again": lambda c: sessions.vote_again(c, rooms["reveal"], speaker, [item]),
        "syncing.configure": lambda c: syncing.configure(c, source, person=me.name),
        "syncing.fetched_from": lambda c: syncing.fetched_from(
            c, syncing.configured(c)["desk-exports"], person=me.name
        ),
        "syncing.remove": lambda c: syncing.remove(c, BUCKET, person=me.name),
        "syncing.sync": lambda c: list(syncing.sync(c, ["nowhere"], person=me.name)),
        "theming.merge": lambda c: theming.merge(c, world.theme, world.other_theme, speaker),
        "theming.rename": lambda c: theming.rename(c, world.theme, speaker, name="another"),
        "theming.split": lambda c: theming.split(c, world.theme, world.incidents, speaker),
        "theming.undo": lambda c: theming.undo(c, world.renamed[who], speaker),
        "what_if.delete": lambda c: what_if.delete(c, "Rhea's", person=me.name),
        "what_if.keep": lambda c: what_if.keep(c, Scenario(name="mine", weights={"hours": 0.4}), me),
    }


def everything_kept(context: Context) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the audit log, and the revisions but those that a denial raises."""
    with context.database.reading() as connection:
        rows = {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name != "audit"
        }
    rows["revisions"] = [row for row in rows["revisions"] if row[0] not in ("audit", "people")]
    return rows


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_registry_of_services_is_the_table(world: World) -> None:
    for module in pkgutil.iter_modules(opex.services.__path__):
        importlib.import_module(f"opex.services.{module.name}")
    assert sorted(permissions.SERVICES) == sorted(MAY) == sorted(calls(world, "viewer"))
    acts = {name: {role for role in ROLES if may(role, act)} for name, act in permissions.SERVICES.items()}
    assert acts | {"reviewing.remember": ADMINISTRATORS} == MAY


def test_who_may_not_is_denied_and_nothing_changes_but_the_log(world: World, figure: Figure) -> None:
    context = context_at(world.url)
    wrong, tried = [], 0
    before = everything_kept(context)
    for who in WHO:
        asking = as_one(context, who)
        for name, call in calls(world, who).items():
            if who in MAY[name]:
                continue
            tried += 1
            seen = audit.head(context.database).seq
            try:
                call(asking)
                wrong.append((who, name, "was let in"))
            except NotAllowed as refusal:
                if not str(refusal).endswith("Nothing was saved."):
                    wrong.append((who, name, str(refusal)))
            logged = [(one.act, one.subject, one.person, one.role) for one in audit.entries(context.database)[seen:]]
            by = "nobody known" if who == "anonymous" else NAMES[who]
            if logged != [("denied", name, by, who if who in ROLES else "")]:
                wrong.append((who, name, logged))
            if everything_kept(context) != before:
                wrong.append((who, name, "something changed"))
                before = everything_kept(context)
    context.database.close()
    assert wrong == []
    assert tried == sum(len(WHO) - len(roles) for roles in MAY.values())
    figure(f"row 11, {len(MAY)} services x {len(WHO)} askers: {tried} denied and logged, 0 wrong, nothing changed")


def test_who_may_is_let_in(world: World, shelf: Shelf, figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    wrong, tried = [], 0
    for name, roles in MAY.items():
        for who in roles:
            tried += 1
            context, refused = context_at(shelf.copy(world.url)), ""
            seen = audit.head(context.database).seq
            try:
                calls(world, who)[name](as_one(context, who))
            except NotAllowed as refusal:
                wrong.append((who, name, str(refusal)))
            except Refused as refusal:
                refused = str(refusal)
            expected = (REFUSED_ALL_THE_SAME if context.database.is_sqlite else REFUSED_THERE).get(name, "")
            if not refused.startswith(expected) or bool(refused) != bool(expected):
                wrong.append((who, name, refused))
            if any(one.act == "denied" for one in audit.entries(context.database)[seen:]):
                wrong.append((who, name, "a denial was logged"))
            url = context.database.engine.url.render_as_string(hide_password=False)
            context.database.close()
            shelf.throw_away(url)
    assert wrong == []
    figure(f"row 11, who may: {tried} calls let in, 0 wrong")


def test_a_group_gives_its_role_and_the_higher_one_counts(both_contexts: Context) -> None:
    people_of_the_team(both_contexts)
    people.give_group(both_contexts, "leads", "facilitator", function="operations")
    outsider, viewer = as_one(both_contexts, "outsider"), as_one(both_contexts, "viewer")
    led = replace(outsider, asker=replace(outsider.asker, groups=frozenset({"leads", "others"})))
    administrator = as_one(both_contexts, "administrator")
    both = replace(administrator, asker=replace(administrator.asker, groups=frozenset({"leads"})))
    assert [permissions.role(one) for one in (outsider, viewer, led, both)] == [
        "", "viewer", "facilitator", "administrator",
    ]  # fmt: skip
    people.forget_group(both_contexts, "leads")
    assert permissions.role(led) == ""


def test_a_role_that_is_taken_ends_at_the_next_call(both_contexts: Context, tmp_path: Path, figure: Figure) -> None:
    people_of_the_team(both_contexts)
    b.some_facts(both_contexts, tmp_path)
    made = b.propose(both_contexts, 1)
    reviewer = as_one(both_contexts, "reviewer")
    let_in = 0
    for n in range(20):
        people.give(both_contexts, "Rhea", "reviewer")
        reviewing.say(reviewer, made, Commented(text=f"{n}"), Speaker(person=person("reviewer")))
        people.give(both_contexts, "Rhea", "")
        with pytest.raises(NotAllowed, match="You have no role in this workspace"):
            reviewing.say(reviewer, made, Commented(text=f"{n}"), Speaker(person=person("reviewer")))
        let_in += len(reviewing.journal(both_contexts)) != n + 2
    assert let_in == 0
    figure(f"row 12, a role taken in mid-session: {let_in} of 20 let through")


def test_a_sign_in_ends_to_the_second(both_contexts: Context) -> None:
    people_of_the_team(both_contexts)
    reviewer = as_one(both_contexts, "reviewer")
    ends = reviewer.asker.expires
    assert ends is not None
    at = [replace(reviewer, now=lambda moment=moment: moment) for moment in (ends - timedelta(seconds=1), ends)]  # type: ignore[misc]
    assert [permissions.role(one) for one in at] == ["reviewer", ""]


GUESSED = ("abel", "Abel", "https://id.example|", "https://id.example|ABEL", "https://other|abel", "%", "' OR 1=1 --")


@pytest.mark.parametrize("identity", GUESSED)
def test_an_identity_that_is_guessed_is_nobody(both_contexts: Context, identity: str) -> None:
    people_of_the_team(both_contexts)
    guessed = replace(both_contexts, team=True, asker=Asker(identity=identity, expires=NOW + timedelta(hours=1)))
    assert permissions.role(guessed) == ""
    with pytest.raises(NotAllowed):
        people.give(guessed, "Otto", "administrator")


def test_nobody_speaks_in_anothers_name(both_contexts: Context, tmp_path: Path) -> None:
    people_of_the_team(both_contexts)
    b.some_facts(both_contexts, tmp_path)
    made = b.propose(both_contexts, 1)
    with pytest.raises(NotAllowed, match="in one's own name only"):
        reviewing.say(
            as_one(both_contexts, "reviewer"), made, Commented(text="as Abel"), Speaker(person=person("administrator"))
        )
    assert [entry.person.name for entry in reviewing.journal(both_contexts)] == ["Ana"]


def test_the_last_administrator_stays(both_contexts: Context) -> None:
    people_of_the_team(both_contexts)
    administrator = as_one(both_contexts, "administrator")
    for role in ("", "viewer", "facilitator"):
        with pytest.raises(Refused, match="This is the last administrator: give another person that role first"):
            people.give(administrator, "Abel", role)
    people.give(administrator, "Faye", "administrator")
    assert people.give(administrator, "Abel", "viewer").role == "viewer"
    assert people.administrators(both_contexts) == ["Faye"]


def test_a_role_that_was_taken_meanwhile_is_not_given_back_with_another_change(both_contexts: Context) -> None:
    people_of_the_team(both_contexts)
    seen = next(one for one in people.members(both_contexts) if one.name == "Rhea")
    people.give(both_contexts, "Rhea", "")
    with pytest.raises(Refused, match=f"Rhea was changed meanwhile: now without a role, for {seen.function}"):
        people.give(both_contexts, "Rhea", seen.role, function="security", seen=seen)
    now = next(one for one in people.members(both_contexts) if one.name == "Rhea")
    assert (now.role, now.function) == ("", seen.function)
    assert people.give(both_contexts, "Rhea", "", function="security", seen=now).function == "security"


def test_the_log_is_read_by_administrators_only(both_contexts: Context) -> None:
    people_of_the_team(both_contexts)
    for who in (*sorted(ROLES.keys() - {"administrator"}), *STRANGERS):
        with pytest.raises(NotAllowed):
            auditing.newest(as_one(both_contexts, who))
    newest = auditing.newest(as_one(both_contexts, "administrator"), 7)
    assert [one.subject for one in newest] == ["auditing.newest"] * 7
    assert [one.seq for one in newest] == sorted((one.seq for one in newest), reverse=True)


# --- coming in --------------------------------------------------------------------------------------------------


def come_in(context: Context, subject: str, name: str, login: str, *groups: str) -> Member:
    asker = Asker(identity=f"https://id.example|{subject}", groups=frozenset(groups), expires=NOW + timedelta(hours=1))
    return people.sign_in(replace(context, team=True, asker=asker), name=name, login=login)


def test_who_was_named_by_login_comes_in_with_that_role_and_their_own_name(both_contexts: Context) -> None:
    people.appoint(both_contexts, ("ana@x.org",))
    people.give(both_contexts, "The auditor", "viewer", login="Bo@X.org", function="security")
    ana = come_in(both_contexts, "1", "Ana Abel", "ana@x.org")
    bo = come_in(both_contexts, "2", "Bo Berg", "bo@x.org")
    assert (ana.name, ana.role, bo.name, bo.role, bo.function) == (
        "Ana Abel", "administrator", "The auditor", "viewer", "security",
    )  # fmt: skip
    assert come_in(both_contexts, "1", "Another name", "other@x.org") == ana
    assert len(people.members(both_contexts)) == 2


def test_a_login_that_the_provider_gives_to_somebody_else_brings_nothing(both_contexts: Context) -> None:
    people.appoint(both_contexts, ("ana@x.org",))
    come_in(both_contexts, "1", "Ana", "ana@x.org")
    second = come_in(both_contexts, "2", "Ana", "ana@x.org")
    assert (second.role, second.login, second.name) == ("", "", "Ana (ana@x.org)")


def test_a_group_says_what_a_new_one_speaks_for(both_contexts: Context) -> None:
    people.give_group(both_contexts, "ops", "viewer", function="operations")
    assert come_in(both_contexts, "1", "Ana", "ana@x.org", "ops").function == "operations"
    assert come_in(both_contexts, "2", "Bo", "bo@x.org").function == "product"


@pytest.mark.parametrize("name", ["", "\x00", "\ud800", " \n ", "x" * 500, "<b>**Ana**</b>", "A\x00na"])
def test_a_name_that_a_provider_sends_is_one_that_can_be_kept(both_contexts: Context, name: str) -> None:
    member = come_in(both_contexts, "1", name, "ana@x.org")
    assert Person(name=member.name, function=member.function).name == member.name
    assert people.members(both_contexts) == [member]


def test_appointing_twice_is_written_once(both_contexts: Context) -> None:
    assert people.appoint(both_contexts, ("ana@x.org", "bo@x.org")) == ["ana@x.org", "bo@x.org"]
    assert people.appoint(both_contexts, ("ana@x.org", "bo@x.org")) == []
    log = [(one.act, one.person, one.subject) for one in audit.entries(both_contexts.database)]
    assert log == [("role given", "operator", f"person:{login}@x.org") for login in ("ana", "bo")]


# --- no way around ----------------------------------------------------------------------------------------------

DERIVED = {
    "finding.found_in": "what the finders give of the facts, a cache: anybody who looks may fill it",
    "kept_rankings.keep": "the ranking as it stands, beside an export or a command: it changes nothing that counts",
    "people.sign_in": "who comes in is written down before they have a role, and gets none by it",
    "permissions.permit": "it writes down the denial",
}
"""Public functions that write without asking for a permission themselves, and why they may."""


def test_no_service_writes_without_asking() -> None:
    """Every public function of the services that reaches a write of the store asks first, or has its reason here."""
    writers = _writers_of_the_store()
    assert len(writers) > 15
    found = {name for name in _reaching(writers) if not name.split(".")[1].startswith("_")}
    assert found == set(DERIVED)


def _calls(function: ast.AST, module: str, imports: dict[str, str]) -> set[str]:
    """What a function calls, as ``module.function``."""
    found = set()
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            owner = imports.get(node.func.value.id)
            if owner:
                found.add(f"{owner}.{node.func.attr}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(imports.get(node.id, f"{module}.{node.id}"))
    return found


def _parsed(folder: Path) -> Iterator[tuple[str, ast.Module, dict[str, str]]]:
    """Each module of a package with what its names stand for."""
    for file in sorted(folder.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imports: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("opex."):
                package = node.module.removeprefix("opex.")
                for alias in node.names:
                    called = alias.asname or alias.name
                    if package in ("store", "services"):
                        imports[called] = f"store:{alias.name}" if package == "store" else alias.name
                    elif package.startswith("store."):
                        imports[called] = f"store:{package.removeprefix('store.')}.{alias.name}"
                    elif package.startswith("services."):
                        imports[called] = f"{package.removeprefix('services.')}.{alias.name}"
        yield file.stem, tree, imports


def _writers_of_the_store() -> set[str]:
    """The functions of the store that open a writing transaction, or call one that does."""
    graph = {
        f"store:{module}.{node.name}": (node, imports, f"store:{module}")
        for module, tree, imports in _parsed(ROOT / "opex" / "store")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    found = {name for name, (node, _, _) in graph.items() if ".writing(" in ast.unparse(node)}
    while more := {
        name
        for name, (node, imports, module) in graph.items()
        if name not in found and _calls(node, module, imports) & found
    }:
        found |= more
    return found


def _reaching(writers: set[str]) -> set[str]:
    """The functions of the services that reach one of these, past all that ask for a permission."""
    graph: dict[str, set[str]] = {}
    asking: set[str] = {"writing.write", "writing.write_all"}  # they ask for what each saying needs
    for module, tree, imports in _parsed(ROOT / "opex" / "services"):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                name = f"{module}.{node.name}"
                graph[name] = _calls(node, module, imports)
                if any("needs(" in ast.unparse(mark) for mark in node.decorator_list):
                    asking.add(name)
    assert asking >= set(permissions.SERVICES)
    reaching: set[str] = set()
    while True:
        more = {
            name
            for name, called in graph.items()
            if name not in asking and name not in reaching and called & (writers | (reaching - set(DERIVED)))
        }
        if not more:
            return reaching
        reaching |= more


def test_each_part_of_a_page_that_reruns_alone_asks_at_the_door_first() -> None:
    """A fragment or a dialog reruns past main.py: its first line is ``stay_in``."""
    parts = {
        f"{file.stem}.{node.name}": ast.unparse(next(line for line in node.body if not _is_text(line)))
        for folder in ("opex/ui", "pages")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any("st.fragment" in ast.unparse(mark) or "st.dialog" in ast.unparse(mark) for mark in node.decorator_list)
    }
    assert len(parts) >= 7
    assert {name: first for name, first in parts.items() if first != "stay_in(of)"} == {}


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
