"""A person is forgotten: the name is nowhere, the history and every number stay, and the audit log still passes."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from opex.domain.decisions import (
    Accepted,
    Commented,
    Declined,
    Described,
    Moved,
    Person,
    Rated,
    Validated,
)
from opex.domain.people import Asker, Member, NotAllowed
from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario
from opex.domain.sessions import Answered, Decided, Dissented, Revealed, SessionOpened, SessionPlanned, Settled
from opex.services import auditing, driving, forgetting, kept_rankings, loading, prioritising, reviewing, what_if
from opex.services.context import Context, Speaker
from opex.services.writing import write
from opex.store import audit, people, sayings
from opex.store.audit import By
from opex.store.schema import metadata
from tests.conftest import NOW
from tests.trust import builders as b
from tests.trust.conftest import Nursery

NAME, LOGIN, IDENTITY = "Bo O'Brian-Li", "bo.li@example.com", "https://id.example.com bo-7"
BO, GONE = Person(name=NAME, function="security"), "Forgotten person 1"
ROOT = Person(name="Root", function="operations")
TEXT = f"{NAME} ({LOGIN.upper()}) said “{NAME}’s own”; not {NAME}sson nor the Bo of elsewhere"
LEFT = f"{GONE} ({GONE}) said “{GONE}’s own”; not {NAME}sson nor the Bo of elsewhere"
Figure = Callable[[str], None]


def lived_in(context: Context, folder: Path) -> str:
    """A workspace in which Bo has done everything that leaves a name; the opportunity that most was said of."""
    root = By(at=NOW, person="Root")
    people.give(context.database, Member(name="Root", function="operations", role="administrator"), by=root)
    people.give(context.database, Member(name=NAME, function="security", role="administrator", login=LOGIN), by=root)
    people.sign_in(context.database, identity=IDENTITY, name="Bo", login=LOGIN, function="security", by=root)
    file = b.written(folder / "some.csv", b.incidents(1, 12))
    loading.load(context, [file], loading.Asked(kind="incidents", source="desk"), person=NAME)
    of, speaker, other = b.propose(context, 1, title=f"What {NAME} wants"), Speaker(person=BO), Speaker(person=b.ANA)
    for saying in (
        Commented(text=TEXT), Validated(verdict="doubtful", why=TEXT), Rated(driver="security", level=2),
        Described(owner=NAME, action="Ask Bo"), Moved(to=1, reason="weights", words=TEXT, price={}),
    ):  # fmt: skip
        write(context, of, saying, speaker)
    write(context, of, Rated(driver="security", level=4), other)
    write(context, of, Declined(reason="too_small", words=TEXT), other)
    write(context, of, Accepted(), other)
    first = driving.drivers(context)
    driving.save(context, first, person=BO, note=TEXT, seen=first.version)
    what_if.keep(context, Scenario(name=f"{NAME}'s idea", weights={first.drivers[0].name: 0.5}), BO)
    in_a_session(context)
    kept_rankings.keep_by_hand(context, Speaker(person=BO), note=f"{NAME} asked for it")
    return of


def in_a_session(context: Context) -> None:
    plan = SessionPlanned(
        title=f"With {NAME}", items=("x",), cut=3, asked={"security": ["insight"], "product": ["insight"]},
        participants={"Ana": "product", NAME: "security"}, note=TEXT,
    )  # fmt: skip
    settled = Settled(
        question="insight", value="holds", given={NAME: "holds", "Ana": "wrong"},
        functions={NAME: "security", "Ana": "product"}, how="discussed", words=TEXT,
    )  # fmt: skip
    for person, subject, saying in (
        (b.ANA, "s", plan), (b.ANA, "s", SessionOpened()),
        (BO, "s:x:insight", Answered(item="x", question="insight", value="holds", words=TEXT, seal="a" * 32)),
        (b.ANA, "s:x:insight", Answered(item="x", question="insight", value="wrong", words=TEXT, seal="b" * 32)),
        (b.ANA, "s", Revealed()), (b.ANA, "x", settled),
        (b.ANA, "s:x", Decided(item="x", outcome="accept", owner=NAME, words=TEXT)),
        (BO, "s:x", Dissented(item="x", words=TEXT)),
    ):  # fmt: skip
        write(context, subject, saying, Speaker(person=person, session="s"))


def everything(url: str) -> str:
    """Every value of every table, compressed ones unpacked, as one text."""
    engine, found = sa.create_engine(url), []
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                values = [zlib.decompress(v).decode() if isinstance(v, bytes) else v for v in row]
                found.append(json.dumps([table.name, *values], default=str, ensure_ascii=False))
    engine.dispose()
    return "\n".join(found)


def numbers(context: Context) -> list[Any]:
    order = prioritising.priorities(context)
    kept = [kept_rankings.named(context, str(one.id)) for one in kept_rankings.kept(context)]
    told = [(item.id, item.rank, item.score, item.contributions) for item in order.items]  # type: ignore[union-attr]
    return [told, [[(item.id, item.rank, item.score) for item in one.items] for one in kept]]


def test_a_forgotten_persons_name_is_nowhere_and_the_history_and_the_numbers_stay(
    both_contexts: Context, url: str, tmp_path: Path, figure: Figure
) -> None:
    of = lived_in(both_contexts, tmp_path)
    before, counted, was = sayings.entries(both_contexts.database), everything(url), numbers(both_contexts)
    exported = auditing.export(both_contexts).decode().splitlines()
    anchors = auditing.anchors_of(exported, "log.jsonl")
    assert auditing.verify(both_contexts, anchors).findings == ()
    elsewhere = f"{NAME}sson"

    gone = forgetting.forget(both_contexts, NAME, Speaker(person=ROOT))

    left = everything(url).replace(elsewhere, "").casefold()
    assert gone.name == GONE
    assert [word for word in (NAME, LOGIN, IDENTITY) if word.casefold() in left] == []
    assert counted.replace(elsewhere, "").count(NAME) > 60
    after = sayings.entries(both_contexts.database)
    assert [(e.seq, e.at, e.opportunity, e.saying.kind) for e in after] == [
        (e.seq, e.at, e.opportunity, e.saying.kind) for e in before
    ]
    assert [e.person.name for e in after] == [GONE if e.person == BO else e.person.name for e in before]
    item = prioritising.one(both_contexts, of)
    assert item.ratings["security"] == {GONE: 2, "Ana": 4}
    assert (item.title, item.owner, item.comments[0].text) == (f"What {GONE} wants", GONE, LEFT)
    assert numbers(both_contexts) == was
    assert {m.name: (m.role, m.login, m.identity) for m in people.members(both_contexts.database)} == {
        GONE: ("", "", ""),
        "Root": ("administrator", "", ""),
    }
    in_session = {e.saying.kind: e for e in sayings.of_session(both_contexts.database, "s", "Ana")}
    plan, settled = in_session["session_planned"].saying, in_session["settled"].saying
    assert isinstance(plan, SessionPlanned)
    assert isinstance(settled, Settled)
    assert plan.participants == {"Ana": "product", GONE: "security"}
    assert (settled.given, settled.functions) == (
        {GONE: "holds", "Ana": "wrong"},
        {GONE: "security", "Ana": "product"},
    )
    verified = auditing.verify(both_contexts, anchors)
    assert verified.findings == ()
    assert verified.entries == len(exported) + 1
    newest = auditing.newest(both_contexts, 1)[0]
    assert (newest.act, newest.subject, newest.person) == ("forgotten", f"person:{GONE}", "Root")
    salts = {entry.seq: entry.salt for entry in audit.entries(both_contexts.database)}
    assert {str(seq) for seq, salt in salts.items() if salt is None} == newest.what["entries"].keys()
    figure(
        f"{both_contexts.database.engine.dialect.name}: one person forgotten in {sum(gone.rows.values())} rows of "
        f"{sum(count > 0 for count in gone.rows.values())} tables, 0 left, {verified.entries} audit entries pass"
    )


def test_the_same_ranking_kept_after_a_person_was_forgotten_is_known_again(context: Context, tmp_path: Path) -> None:
    lived_in(context, tmp_path)
    number = kept_rankings.keep(context, occasion="before")
    forgetting.forget(context, NAME, Speaker(person=ROOT))
    assert kept_rankings.keep(context, occasion="after") == number
    assert {one.change for one in kept_rankings.compare(context, str(number), "now").items} == {0.0}


def test_who_edits_what_forgetting_left_is_found_out(both_contexts: Context, url: str, tmp_path: Path) -> None:
    lived_in(both_contexts, tmp_path)
    forgetting.forget(both_contexts, NAME, Speaker(person=ROOT))
    forgetting.forget(both_contexts, "Ana", Speaker(person=ROOT))  # some entries are rewritten a second time
    assert auditing.verify(both_contexts).findings == ()
    whole = audit.whole(both_contexts.database)
    entry = next(one for one in whole.entries if one.act == "commented")
    row = next(one for one in whole.journal if one.kind == "answered")
    told = next(one.seq for one in whole.entries if one.what.get("journal") == row.seq)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE audit SET person = 'Eve' WHERE seq = :seq"), {"seq": entry.seq})
        connection.execute(sa.text("UPDATE journal SET person = 'Eve' WHERE seq = :seq"), {"seq": row.seq})
    engine.dispose()
    by = max(one.seq for one in whole.entries if one.act == "forgotten" and str(entry.seq) in one.what["entries"])
    assert auditing.verify(both_contexts).findings == (
        f"Entry {entry.seq} (commented): its texts are not those that entry {by} left when a person was forgotten.",
        f"Entry {row.seq} of the journal (answered) is not what entry {told} of the log says.",
    )


def test_who_signed_in_as_them_is_a_stranger_and_gets_no_old_row_back(context: Context, tmp_path: Path) -> None:
    lived_in(context, tmp_path)
    team = replace(context, team=True, asker=Asker(identity=IDENTITY))
    assert reviewing.say(team, b.propose(context, 1), Commented(text="hm"), Speaker(person=BO))
    forgetting.forget(context, NAME, Speaker(person=ROOT))
    with pytest.raises(NotAllowed, match="You have no role in this workspace"):
        reviewing.say(team, b.propose(context, 1), Commented(text="hm"), Speaker(person=BO))
    root = By(at=NOW, person="Root")
    again = people.sign_in(context.database, identity=IDENTITY, name=NAME, login=LOGIN, function="product", by=root)
    assert (again.name, again.role, again.function) == (NAME, "", "product")
    assert {m.name: m.identity for m in people.members(context.database)} == {
        GONE: "", NAME: IDENTITY, "Root": "",
    }  # fmt: skip
    assert forgetting.forget(context, NAME, Speaker(person=ROOT)).name == "Forgotten person 2"
    assert auditing.verify(context).findings == ()


def test_the_last_administrator_and_nobody_and_the_forgotten_are_not_forgotten(
    context: Context, tmp_path: Path
) -> None:
    lived_in(context, tmp_path)
    forgetting.forget(context, NAME, Speaker(person=BO))  # one may forget oneself, while another is there
    assert auditing.newest(context, 1)[0].person == GONE
    before = context.database.revisions()
    refused = []
    for name in ("Root", "Eve", GONE, "opex", " "):
        with pytest.raises(Refused) as refusal:
            forgetting.forget(context, name, Speaker(person=ROOT))
        refused.append(str(refusal.value))
    assert refused == [
        "This is the last administrator: give another person that role first.",
        'There is nobody called "Eve" here: a name is written as `opex people` shows it.',
        "Forgotten person 1 is forgotten already.",
        '"opex" is no person.',
        '"" is no person.',
    ]
    assert context.database.revisions() == before
    asked = replace(context, team=True, asker=Asker(identity="somebody"))
    with pytest.raises(NotAllowed):
        forgetting.forget(asked, "Ana", Speaker(person=b.ANA))


def test_nothing_of_a_forgotten_name_is_left_in_the_file(context: Context, nursery: Nursery, tmp_path: Path) -> None:
    lived_in(context, tmp_path)
    what_if.delete(context, f"{NAME}'s idea", person=NAME)
    url = context.database.engine.url
    context.database.close()
    ran = nursery.run("forget", NAME, "--workspace", str(url), OPEX_PERSON="Root")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.decode().startswith(f"{GONE} it is from now on (1 in people, ")
    raw = b"".join(file.read_bytes() for file in Path(str(url.database)).parent.glob("workspace.db*"))
    raw = raw.replace(f"{NAME}sson".encode(), b"")
    assert [word for word in (NAME, LOGIN, IDENTITY) if word.encode() in raw] == []


def test_a_text_that_would_grow_too_long_keeps_its_length(context: Context) -> None:
    words = "Al " + "x" * 3_997
    answer = Answered(item="x", question="insight", words=words, seal="a")
    write(context, "s:x:insight", answer, Speaker(person=Person(name="Al", function="product"), session="s"))
    forgetting.forget(context, "Al", Speaker(person=ROOT))
    said = sayings.of_session(context.database, "s", GONE)[0].saying
    assert isinstance(said, Answered)
    assert said.words == (GONE + " " + "x" * 3_997)[:4_000]
    assert auditing.verify(context).findings == ()
