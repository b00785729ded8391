"""Trust row 19 (part): text that looks like SQL, markup or a path is kept exactly as typed, and runs nowhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from opex.domain.decisions import Commented, Declined, Described, Moved, Person, Proposed, Struck, Validated
from opex.domain.opportunities import Removal
from opex.domain.safe import markdown
from opex.domain.systems import Catalogue, System
from opex.services import knowing, loading, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.store import decisions, facts, people, sayings
from opex.store.audit import By
from opex.store.checking import check
from tests.conftest import context_at
from tests.export.builders import driver_set
from tests.services.sample import copy_to
from tests.store import builders as s
from tests.trust import builders as b
from tests.trust.conftest import Nursery

Figure = Callable[[str], None]
HOSTILE = [
    "'; DROP TABLE journal; --",
    '" OR ""="',
    "1); DELETE FROM incidents; --",
    "' UNION SELECT password FROM people --",
    "%s %(name)s :name ? $1 {name} {{7*7}}",
    "Robert'); DROP TABLE people;--",
    "\\'; SELECT pg_sleep(10); --",
    "$$; COPY people TO PROGRAM 'id'; $$",
    "\\N\t\\.\r\n\\x00",
    "<script>alert(1)</script>![x](https://evil.example/x.png)",
    "../../../etc/passwd",
    "%27%3B%20DROP%20TABLE%20journal",
    "ＤＲＯＰ ﾀﾌﾞﾙ ʼ; --",
    "\u202egnp.exe\u200b\ufeff 🙂",
    "NULL",
    "'",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_comes_back_from_every_field_as_typed(both_contexts: Context, tmp_path: Path, text: str) -> None:
    db, at = both_contexts.database, datetime(2026, 7, 1, tzinfo=UTC)
    row = {"source": text, "source_id": text, "description": text, "system": text, "environment": text, "team": text}
    row |= {"title": text, "category": text, "status": text, "url": text, "tags": text, "caused_by": text}
    facts.load(db, s.incidents(row, further={text: [text]}), s.record(text, source=text, person=text, files=(text,)))
    kept = facts.read(db, "incidents").iloc[0]
    assert {name: kept[name] for name in row} == row
    assert facts.read_incident_systems(db)["system"].tolist() == [text]
    assert facts.descriptions(db, [f"{text}:{text}"]) == {f"{text}:{text}": text}
    assert (facts.history(db)[0].person, facts.history(db)[0].files) == (text, (text,))

    person = Person(name=text, function="product")
    by = By(at=at, person=text)
    people.remember(db, person, by=by)
    decisions.save_mapping(db, text, text, text, by=by)
    system = System(name=text, aliases=(text + " too",), owner=text)
    decisions.save_catalogue(db, Catalogue(systems=(system,)), by=by)
    named = driver_set()
    decisions.save_drivers(db, type(named)(name=text, version=1, drivers=named.drivers), by=by, note=text,
                           seen=0)  # fmt: skip
    assert [member.person for member in people.members(db)] == [person]
    assert decisions.mappings(db, text) == {text: text}
    assert decisions.catalogue(db).systems == (system,)
    saved = decisions.drivers(db)[0]
    assert (saved.drivers.name, saved.person, saved.note) == (text, text, text)

    said = [
        Proposed(title=text, action=text, low=0, likely=0, high=0, system=text, environment=text),
        Commented(text=text),
        Described(title=text, action=text, owner=text),
        Declined(reason="other", words=text),
        Moved(to=1, reason="other", words=text),
        Validated(verdict="holds", why=text, impacts=text),
        Struck(incident=text, reason=text),
    ]
    for number, saying in enumerate(said):
        sayings.append(db, [(text, saying)], request_id=f"{text}{number}", by=by, person=person)
    entries = sayings.entries(db)
    assert [(e.person, e.opportunity, e.saying) for e in entries] == [(person, text, saying) for saying in said]
    assert check(db) == []


def test_hostile_texts_pass_through_the_services_as_typed(
    both_contexts: Context, tmp_path: Path, figure: Figure
) -> None:
    b.some_facts(both_contexts, tmp_path)
    rows = [b.incidents(n, n, title=text, description=text, services=f"s{n}")[0] for n, text in enumerate(HOSTILE, 50)]
    report = b.load(both_contexts, b.written(tmp_path / "hostile.csv", rows))
    assert report.loaded == len(HOSTILE)
    kept = facts.read(both_contexts.database, "incidents").set_index("source_id")["title"]
    one_line = [text.replace("\r\n", " ") for text in HOSTILE]  # a title is one line
    assert [kept[f"INC-{n}"] for n in range(50, 50 + len(HOSTILE))] == one_line
    for number, text in enumerate(HOSTILE):
        speaker = Speaker(person=Person(name=text, function="product"), request_id=f"{number:08}")
        removes = Removal(low=0, likely=0.5, high=1)
        made = reviewing.propose(both_contexts, speaker, title=text, action=text, removes=removes, system=text)
        reviewing.say(
            both_contexts, made, Commented(text=text), Speaker(person=speaker.person, request_id=f"c{number}")
        )
        one = prioritising.one(both_contexts, made)
        assert (one.title, one.action, one.system, one.comments[0].text) == (text, text, text, text)
        assert one.comments[0].person == text
    ids = knowing.text_of(both_contexts, [f"desk:INC-{n}" for n in range(50, 50 + len(HOSTILE))])
    assert list(ids.values()) == HOSTILE
    assert [load.kind for load in loading.history(both_contexts)].count("incidents") == 2
    figure(f"{both_contexts.database.engine.dialect.name}: {len(HOSTILE)} hostile texts, all as typed")


@pytest.mark.parametrize(
    "path",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.example/incidents.csv",
        "s3://bucket/incidents.csv",
        "../../../../../../etc/passwd",
        "/etc/shadow",
        "/dev/null",
        "/proc/self/environ",
        "nowhere/../../x.csv",
        "|id",
        "$(id)",
    ],
)
def test_an_address_or_a_path_to_what_is_no_table_is_refused_with_one_sentence(
    nursery: Nursery, tmp_path: Path, path: str
) -> None:
    ended = nursery.run("import", "incidents", path, "--workspace", f"sqlite:///{tmp_path / 'w.db'}", cwd=tmp_path)
    assert (ended.status, ended.out) == (1, b"")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert "root:" not in ended.err


def _priorities() -> None:
    from opex.ui.board import board_view
    from opex.ui.session import context

    board_view(context())


def test_the_first_sentence_of_priorities_shows_a_hostile_title_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title with an image, proposed by hand and moved to the first place, is what everybody reads first."""
    monkeypatch.setenv("OPEX_WORKSPACE", copy_to(tmp_path))
    context = context_at(copy_to(tmp_path))
    speaker = Speaker(person=Person(name="Mallory", function="product"))
    removal = Removal(low=0.1, likely=0.2, high=0.3)
    image = "![x](https://evil.example/x.png)"
    made = reviewing.propose(context, speaker, title=image, action="Look here", removes=removal)
    reviewing.move(context, made, speaker, to=1, reason="other", words=image)
    context.database.close()
    shown = AppTest.from_function(_priorities, default_timeout=120).run()
    assert not shown.exception
    told = [one.value for one in (*shown.markdown, *shown.caption)]
    assert told[0].startswith("First comes “" + markdown(image))
    assert not any(image in text for text in told)
