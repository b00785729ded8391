"""Trust row 10: whoever edits the audit log is found out, by entry and reason, and nobody who did not is accused."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from opex.domain.decisions import Accepted, Commented, Moved, Person, Rated
from opex.domain.noted import BEGINS, NOTHING, Noted, digest_of
from opex.domain.people import GroupRole, Member
from opex.domain.sessions import Answered, SessionOpened, SessionPlanned
from opex.services import auditing, driving
from opex.services.context import Context, Speaker
from opex.services.writing import write, write_all
from opex.store import audit as audit_store
from opex.store import people
from opex.store.audit import By
from opex.store.schema import audit, driver_sets, journal, revisions
from opex.store.schema import people as people_table
from tests.conftest import NOW, context_at
from tests.store.test_database import run as downgrade
from tests.trust import builders as b
from tests.trust.conftest import Nursery, Shelf, sized

Figure = Callable[[str], None]
BO = Person(name="Bo", function="security")
ENTRIES = sized(400, 10_000)
TEXTS = ("=1+1", "“quoted”\n", "\u202e reversed", "naïve 日本 \U0001f600", "a" * 3_000, '{"after": null}', "", "0", "é")


def written_by_many(context: Context, folder: Path, entries: int) -> None:
    """A workspace with so many entries of every sort in its log, through the services."""
    b.some_facts(context, folder)
    people.give(context.database, Member(name="Bo", function="security", role="reviewer"), by=By(at=NOW, person="Ana"))
    people.give_group(context.database, GroupRole(group="ops", role="viewer"), by=By(at=NOW, person="Ana"))
    first = driving.drivers(context)
    driving.save(context, first, person=b.ANA, note="as it was", seen=first.version)
    plan = SessionPlanned(
        title="July", items=("x",), cut=3, asked={"product": ["insight"]}, participants={"Ana": "product"}
    )
    write(context, "s", plan, Speaker(person=b.ANA, session="s"))
    write(context, "s", SessionOpened(), Speaker(person=b.ANA, session="s"))
    chance, number = random.Random(10), 0
    while (left := entries - auditing.head(context).seq) > 0:
        person = chance.choice([b.ANA, BO])
        many = [_said(chance, number := number + 1) for _ in range(min(left, chance.choice([1, 1, 40, 400])))]
        session = "s" if chance.random() < 0.2 else None
        write_all(context, many, Speaker(person=person, session=session))


def _said(chance: random.Random, number: int) -> tuple[str, Any]:
    text = chance.choice(TEXTS) + str(number)
    return f"o{number % 50}", chance.choice(
        [
            Commented(text=text),
            Rated(driver="audit", level=chance.randrange(5)),
            Moved(to=1 + number % 9, reason="weights", words=text, price={"a": 0.1 + 0.2, "b": -0.3}),
            Accepted(),
            Answered(item="x", question="insight", value="holds", words=text, seal=f"{chance.getrandbits(64):x}"),
        ]
    )


# --- somebody with a hand on the database -----------------------------------------------------------------------


class Intruder:
    """Changes the log behind opex's back, and can hash as well as opex."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        with self.engine.begin() as connection:
            self.log = [dict(row) for row in connection.execute(sa.select(audit).order_by(audit.c.seq)).mappings()]
            self.counted = connection.execute(sa.select(revisions.c.number).where(revisions.c.name == "audit")).scalar()

    def leaves(self, rows: list[dict[str, Any]], counted: int | None = None) -> None:
        """These rows and no other."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(audit))
            if rows:
                connection.execute(sa.insert(audit), rows)
            number = self.counted if counted is None else counted
            connection.execute(sa.update(revisions).where(revisions.c.name == "audit").values(number=number))

    def row(self, seq: int) -> dict[str, Any]:
        return self.log[seq - 1]

    def with_rows(self, *changed: dict[str, Any]) -> list[dict[str, Any]]:
        """The log with these rows in the place of those of their numbers."""
        by = {row["seq"]: row for row in changed}
        return [by.get(row["seq"], row) for row in self.log]


def hashed(row: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The row with other content and hashes that fit it."""
    new = row | changed
    new["digest"] = digest_of(new["salt"], new["person"], new["subject"], new["what"])
    return new | {"hash": Noted(**new).expected}


def chained_anew(rows: list[dict[str, Any]], since: int) -> list[dict[str, Any]]:
    """The log with hashes that fit from that entry to its end."""
    made, last = rows[: since - 1], rows[since - 2]["hash"] if since > 1 else NOTHING
    for row in rows[since - 1 :]:
        made.append(hashed(row, previous=last))
        last = made[-1]["hash"]
    return made


def other_words(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"what": {**row["what"], "after": {"text": "never said"}}}


@pytest.mark.timeout(1800)
def test_whoever_edits_the_log_is_found_out_and_nobody_else_is_accused(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    url = shelf.new()
    context = context_at(url)
    written_by_many(context, tmp_path, ENTRIES)
    exported = tmp_path / "log.jsonl"
    exported.write_bytes(auditing.export(context))
    kept = auditing.anchors_of(exported.read_text().splitlines(), exported.name)

    assert auditing.verify(context).findings == ()
    whole = auditing.verify(context, kept)
    assert (whole.findings, whole.entries, len(kept)) == ((), ENTRIES, ENTRIES)

    intruder, end = Intruder(url), ENTRIES
    seq = next(row["seq"] for row in intruder.log if row["act"] == "commented" and 100 < row["seq"] < end - 5)
    act = lambda number: intruder.row(number)["act"]  # noqa: E731
    own = intruder.row(seq)
    told = f"Entry {own['what']['journal']} of the journal (commented) is"
    not_said = f"{told} not what entry {seq} of the log says."
    fields = {"role": "viewer", "at": own["at"].replace(year=2020), "act": "accepted"}
    not_field = f"Entry {seq} ({{}}): its time, role, act, digest or link is not what was written."
    anew = "({}): its hash is not the one that was kept outside: the log was written anew at it or before it."

    def found(
        rows: list[dict[str, Any]], counted: int | None = None, anchors: dict[int, str] | None = None
    ) -> list[str]:
        intruder.leaves(rows, counted)
        return list(auditing.verify(context, anchors).findings)

    # 1: a field is edited
    text = f"Entry {seq} (commented): its person, subject or content is not what was written."
    assert found(intruder.with_rows(own | {"person": "Bo 2"})) == [text, not_said]
    assert found(intruder.with_rows(other_words(own))) == [text, not_said]
    assert found(intruder.with_rows(own | {"salt": None})) == [
        f"Entry {seq} (commented): its salt is gone, and no later entry says that a person in it was forgotten."
    ]
    for name, value in fields.items():
        edited = found(intruder.with_rows(own | {name: value}))
        assert edited[0] == not_field.format(value if name == "act" else "commented")
        assert edited[1:] == ([] if name == "role" else [not_said])

    # 2: edited and hashed again
    after = f"Entry {seq} was written anew or put in another one's place: "
    after += f"entry {seq + 1} is chained to what stood there before."
    assert found(intruder.with_rows(hashed(other_words(own)))) == [after, not_said]

    # 3: deleted
    without = [row for row in intruder.log if row["seq"] != seq]
    assert found(without) == [f"Entry {seq} is missing.", f"{told} in no entry of the log: it was not written by opex."]

    # 4: deleted, and the later ones renumbered
    closed = [row | {"seq": n} for n, row in enumerate(without, start=1)]
    assert found(closed, end - 1) == [
        f"Entries {seq} to {end - 1} were renumbered: written as {seq + 1} to {end}.",
        f"{told} in no entry of the log: it was not written by opex.",
    ]

    # 5: swapped
    swapped = intruder.with_rows(own | {"seq": seq + 3}, intruder.row(seq + 3) | {"seq": seq})
    assert found(sorted(swapped, key=lambda row: row["seq"])) == [f"Entries {seq} and {seq + 3} were swapped."]

    # 6: the end cut off; with its count lowered only a hash kept outside shows it, or the journal
    assert (
        found(intruder.log[: end - 3])[0] == f"Entries {end - 2} to {end} are missing: the end of the log was cut off."
    )
    missing = f"Entries {end - 2} to {end} are missing, and the anchor that was kept outside knows them."
    assert found(intruder.log[: end - 3], end - 3, kept)[0] == missing

    # 7: written anew from an entry to the end, or whole: every hash fits
    rewritten = chained_anew(intruder.with_rows(other_words(own)), seq)
    assert found(rewritten) == [not_said]
    assert found(rewritten, anchors=kept) == [f"Entry {seq} {anew.format('commented')}", not_said]
    assert found(rewritten, anchors={end: kept[end]})[0] == f"Entry {end} {anew.format(act(end))}"
    whole_anew = chained_anew([hashed(row, salt="0" * 32) for row in intruder.log], 1)
    assert found(whole_anew) == []
    assert found(whole_anew, anchors=kept) == [f"Entry 1 {anew.format(act(1))}"]

    # 8: emptied
    assert found([])[0] == f"The log is empty, and {end:,} entries were written: it was emptied."
    assert found([], 0, kept)[0] == f"Entries 1 to {end} are missing, and the anchor that was kept outside knows them."
    assert (
        found([], 0)[0]
        == "Entry 1 of the journal (session_planned) is in no entry of the log: it was not written by opex."
    )

    # and as it was: whole again, and the command says so
    assert found(intruder.log, anchors=kept) == []
    ran = nursery.run("audit", "verify", "--anchor-file", exported, "--workspace", url)
    assert (ran.status, ran.err, ran.out.decode()) == (
        0,
        "",
        f"All {end:,} entries of the audit log are as they were written. The newest is {auditing.head(context)}\n",
    )
    intruder.leaves(intruder.with_rows(hashed(other_words(own))))
    ran = nursery.run("audit", "verify", "--workspace", url)
    assert (ran.status, ran.out, ran.err.splitlines()[1:]) == (1, b"", [after, not_said])
    ran = nursery.run("audit", "verify", "--json", "--workspace", url)
    assert (ran.status, json.loads(ran.out)["findings"]) == (1, [after, not_said])
    intruder.engine.dispose()
    context.database.close()
    shelf.throw_away(url)
    kind = context.database.engine.dialect.name
    figure(f"{kind}: 8 of 8 ways to edit the audit log named by entry and reason, 0 false alarms in {end:,} entries")


def test_what_the_log_tells_of_is_held_against_it(both_contexts: Context, url: str, tmp_path: Path) -> None:
    written_by_many(both_contexts, tmp_path, 60)
    assert auditing.verify(both_contexts).findings == ()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        row = connection.execute(sa.select(journal).where(journal.c.kind == "answered").limit(1)).mappings().one()
        answer = sa.update(journal).where(journal.c.seq == row["seq"])
        connection.execute(answer.values(body={**row["body"], "value": "wrong"}))
        connection.execute(sa.delete(journal).where(journal.c.seq == 3))
        connection.execute(sa.update(driver_sets).where(driver_sets.c.version == 2).values(note="another one"))
        connection.execute(sa.update(people_table).values(role="administrator"))
        connection.execute(sa.text("UPDATE group_roles SET role = 'administrator'"))
    engine.dispose()
    entries = {
        (entry.what.get("journal"), entry.subject): entry.seq for entry in auditing.newest(both_contexts, 10_000)
    }
    at = {number: seq for (number, _), seq in entries.items() if number}
    assert list(auditing.verify(both_contexts).findings) == [
        f"Entry 3 of the journal is missing, which entry {at[3]} of the log tells of.",
        f"Entry {row['seq']} of the journal (answered) is not what entry {at[row['seq']]} of the log says.",
        f"Version 2 of the drivers is not what entry {entries[None, 'drivers:2']} of the log says.",
        'The person "Bo" has the role administrator, and the log says reviewer.',
        'The group "ops" has the role administrator, and the log says viewer.',
    ]


def test_nobody_reads_an_answer_in_the_export_before_the_reveal(both_contexts: Context) -> None:
    for value in ("holds", "wrong"):
        said = Answered(item="x", question="insight", value=value, words="of Ana's secret", seal=f"seal of {value}")
        write(both_contexts, "s:x:insight", said, Speaker(person=b.ANA, session="s"))
    exported = auditing.export(both_contexts).decode()
    assert [word for word in ("holds", "wrong", "secret", "seal of") if word in exported] == []
    told = [json.loads(line)["what"]["after"] for line in exported.splitlines()]
    guesses = [
        Answered(item="x", question="insight", value=value, words="of Ana's secret") for value in ("holds", "wrong")
    ]
    assert [list(one) for one in told] == [["sealed"]] * 2
    assert {one["sealed"] for one in told} & {digest_of("", "", "", guess.body()) for guess in guesses} == set()
    assert auditing.verify(both_contexts).findings == ()


def test_what_was_said_before_there_was_a_log_is_no_tampering_and_is_held_to_what_it_was_then(
    both_contexts: Context, url: str, tmp_path: Path
) -> None:
    written_by_many(both_contexts, tmp_path, 60)
    old = len(audit_store.whole(both_contexts.database).journal)
    downgrade(url, "0004")
    both_contexts.database.close()
    context = context_at(url)
    write(context, "x", Commented(text="the first one with a log"), Speaker(person=b.ANA))
    begun, said = sorted(auditing.newest(context), key=lambda entry: entry.seq)
    assert (begun.act, begun.what["journal"], begun.what["drivers"], said.what["journal"]) == (BEGINS, old, 2, old + 1)
    verified = auditing.verify(context, {2: said.hash})
    assert verified.findings == ()
    assert [note.partition(": ")[2] for note in verified.notes] == [
        f"{old} entries of the journal and 2 versions of the drivers. Nobody can tell what they were before."
    ]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.update(journal).where(journal.c.seq == 7).values(person="Somebody"))
        connection.execute(sa.delete(driver_sets).where(driver_sets.c.version == 1))
    engine.dispose()
    assert auditing.verify(context).findings == (
        f"The journal's entries 1 to {old} are from before the log, and not what they were when it began.",
        "The drivers' versions 1 to 2 are from before the log, and not what they were when it began.",
    )
    context.database.close()


def test_the_server_log_holds_the_newest_hash_from_each_start(
    both_contexts: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="opex.audit"):
        auditing.tell_head(both_contexts)
        write(both_contexts, "x", Commented(text="hm"), Speaker(person=b.ANA))
        auditing.tell_head(both_contexts)
    said = auditing.newest(both_contexts)[0]
    assert caplog.messages == [f"audit head of test 0:{NOTHING}", f"audit head of test 1:{said.hash}"]
    anchors = auditing.anchors_of(caplog.messages, "server.log")
    assert anchors == {0: NOTHING, 1: said.hash}
    assert auditing.verify(both_contexts, anchors).findings == ()


def test_what_is_no_anchor_is_refused_with_how_one_looks(nursery: Nursery, context: Context, tmp_path: Path) -> None:
    write(context, "x", Commented(text="hm"), Speaker(person=b.ANA))
    url, wrong, empty = str(context.database.engine.url), tmp_path / "wrong.jsonl", tmp_path / "empty.jsonl"
    wrong.write_text('{"seq": 1}\n')
    empty.write_text("\n")
    head = nursery.run("audit", "head", "--workspace", url).out.decode()
    assert head == f"{auditing.head(context)}\n"
    verify = ("audit", "verify", "--workspace", url)
    assert nursery.run(*verify, "--anchor", head.strip()).status == 0
    ended = [
        nursery.run(*verify, *arguments)
        for arguments in (("--anchor", "12"), ("--anchor-file", wrong), ("--anchor-file", empty))
    ]
    assert [(end.status, end.err) for end in ended] == [
        (1, 'An anchor is NUMBER:HASH, as `opex audit head` prints it; this is "12".\n'),
        (1, "wrong.jsonl, line 1 is no entry of an audit log: take a file that `opex audit export` wrote.\n"),
        (1, "empty.jsonl holds no entry of an audit log.\n"),
    ]
