"""What people correct of themes: it holds as data grows, later words win, and identities last through all of it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from opex.domain.decisions import Entry, Person, Saying, ThemeRenamed, ThemesMerged, ThemeSplit
from opex.domain.opportunities import Candidate
from opex.evidence.candidates import Known, find, known_of
from opex.evidence.theme_edits import builds_on, unheld
from tests.evidence.builders import AS_OF, facts, incident

MAIL = [f"Mail relay down in {place}" for place in ("Oslo", "Bern", "Rome")]
SPAM = [f"Spam filter slow ({number})" for number in range(3)]


def said(seq: int, of: str, saying: Saying) -> Entry:
    return Entry(
        seq=seq, request_id=str(seq), at=datetime(2026, 7, 1, tzinfo=UTC), opportunity=of, saying=saying,
        person=Person(name="Ana", function="operations"),
    )  # fmt: skip


def numbered(titles: Sequence[str], first: int) -> list[tuple[str, str]]:
    return [(f"t:{first + n}", title) for n, title in enumerate(titles)]


def found(
    told: Sequence[tuple[str, str]], edits: Sequence[Entry] = (), known: Sequence[Known] = ()
) -> dict[str, Candidate]:
    """Themes by id, of incidents (id, title)."""
    rows = [incident(of.removeprefix("t:"), 300 - n, title=title) for n, (of, title) in enumerate(told)]
    return {c.id: c for c in find(facts(rows), AS_OF, known, edits=edits) if c.theme is not None}


def remembered(before: dict[str, Candidate], gone: dict[str, Candidate] | None = None) -> list[Known]:
    return known_of(list(before.values()), [c for of, c in (gone or {}).items() if of not in before])


def holding(themes: dict[str, Candidate], incident: str) -> Candidate | None:
    return next((c for c in themes.values() if incident in c.incidents), None)


TOLD = numbered(MAIL, 0) + numbered(SPAM, 10)
LATER = [*TOLD, ("t:20", "Mail relay down in Kyiv"), ("t:21", "Spam filter slow (9)"), ("t:22", "Payroll run delayed")]


@pytest.fixture(scope="module")
def plain() -> dict[str, Candidate]:
    return found(TOLD)


def merged(plain: dict[str, Candidate]) -> Entry:
    mail, spam = holding(plain, "t:0"), holding(plain, "t:10")
    assert mail is not None
    assert spam is not None
    return said(1, spam.id, ThemesMerged(other=mail.id, anchors=spam.incidents, other_anchors=mail.incidents))


def test_a_merge_keeps_themes_together_as_data_grows_under_the_id_that_led(plain: dict[str, Candidate]) -> None:
    edit = merged(plain)

    now = found(TOLD, [edit], remembered(plain))
    later = found(LATER, [edit], remembered(now, plain))

    assert {of: set(c.incidents) for of, c in now.items()} == {edit.opportunity: {of for of, _ in TOLD}}
    assert {of: set(c.incidents) for of, c in later.items()} == {edit.opportunity: {of for of, _ in LATER[:-1]}}
    assert later[edit.opportunity].theme.story == ()  # type: ignore[union-attr]  # people did it, not the data


def test_a_merge_that_is_withdrawn_leaves_both_themes_with_their_ids(plain: dict[str, Candidate]) -> None:
    now = found(TOLD, [merged(plain)], remembered(plain))

    again = found(TOLD, [], remembered(now, plain))

    assert {of: c.incidents for of, c in again.items()} == {of: c.incidents for of, c in plain.items()}
    assert [c.theme.story for c in again.values()] == [(), ()]  # type: ignore[union-attr]


def test_a_split_takes_the_named_incidents_and_later_ones_go_to_the_nearer_part() -> None:
    told = [*numbered(["Mail relay down"] * 4, 0), *numbered(["Mail relay down in Oslo"] * 4, 10)]
    plain = found(told)
    [whole] = plain.values()
    edit = said(5, whole.id, ThemeSplit(incidents=("t:10", "t:11", "t:12"), stays=("t:0", "t:1", "t:13"), name="Oslo"))

    now = found(told, [edit], remembered(plain))
    more = [
        *told,
        ("t:20", "Mail relay down in Oslo again"),
        ("t:21", "Mail relay down"),
        ("t:22", "Mail relay outage"),
    ]
    later = found(more, [edit], remembered(now))

    parted = next(c for c in now.values() if c.key == "split 5")
    assert (parted.title, parted.id != whole.id) == ("Oslo", True)
    assert set(parted.incidents) == {"t:10", "t:11", "t:12"}  # t:13 was seen and left where it is
    assert set(now) == set(later) == {whole.id, parted.id}
    assert set(later[parted.id].incidents) == {"t:10", "t:11", "t:12", "t:20"}
    assert {"t:21", "t:22", "t:13"} <= set(later[whole.id].incidents)
    assert [c.theme.story for c in later.values()] == [(), ()]  # type: ignore[union-attr]
    again = found(more, [], remembered(later))
    assert set(again) == {whole.id}


def test_a_later_word_wins_over_an_earlier_one(plain: dict[str, Candidate]) -> None:
    first = merged(plain)
    parts = holding(plain, "t:0")
    assert parts is not None
    apart = said(2, first.opportunity, ThemeSplit(incidents=parts.incidents, stays=("t:10", "t:11", "t:12")))

    now = found(LATER, [apart, first], remembered(plain))  # in whatever order they are given

    assert {frozenset(c.incidents) for c in now.values()} == {
        frozenset({"t:0", "t:1", "t:2", "t:20"}), frozenset({"t:10", "t:11", "t:12", "t:21"}),
    }  # fmt: skip
    assert first.opportunity in now


def test_a_name_stays_with_its_theme_and_the_last_one_counts(plain: dict[str, Candidate]) -> None:
    mail = holding(plain, "t:0")
    assert mail is not None
    names = [said(1, mail.id, ThemeRenamed(name="Post")), said(2, mail.id, ThemeRenamed(name="Mail, all of it"))]

    assert found(LATER, names, remembered(plain))[mail.id].title == "Mail, all of it"
    taken_back = [*names, said(3, mail.id, ThemeRenamed(name=""))]
    assert found(LATER, taken_back, remembered(plain))[mail.id].title == mail.title


def test_what_no_longer_applies_is_said_and_changes_nothing(plain: dict[str, Candidate]) -> None:
    edit, name = merged(plain), said(2, "theme-gone", ThemeRenamed(name="X"))
    split = said(3, edit.opportunity, ThemeSplit(incidents=("t:77", "t:78"), stays=("t:10", "t:11")))
    mail_is_gone = found(TOLD[3:], [edit, name, split], remembered(plain))

    assert {of: set(c.incidents) for of, c in mail_is_gone.items()} == {edit.opportunity: {"t:10", "t:11", "t:12"}}
    assert unheld([edit, name, split], list(mail_is_gone.values())) == [edit, name, split]
    assert unheld([edit], list(found(TOLD, [edit], remembered(plain)).values())) == []


def test_what_a_later_correction_builds_on_is_withdrawn_after_it() -> None:
    split = said(1, "theme-a", ThemeSplit(incidents=("t:1", "t:2"), stays=("t:3", "t:4")))
    merge = said(2, "theme-c", ThemesMerged(other="theme-b", anchors=("t:9",), other_anchors=("t:1",)))
    name = said(3, "theme-b", ThemeRenamed(name="B"))

    assert builds_on(split, [split, merge, name], "theme-b") == merge
    assert builds_on(merge, [split, merge, name], None) is None
    assert builds_on(split, [split, name], "theme-b") is None


def test_typical_and_odd_members_are_told_and_equal_ones_are_never_odd() -> None:
    told = [*numbered(["Mail relay down"] * 5, 0), ("t:8", "Mail relay of the Oslo office down since the move")]

    [theme] = found(told).values()

    assert theme.theme is not None
    assert theme.theme.typical == ("t:0", "t:8")[: len(theme.theme.typical)]
    assert "t:0" not in theme.theme.odd
    assert theme.theme.words == ("mail relay", "down")


# --- what data does by itself ------------------------------------------------------------------------------------


def known_theme(of: str, *incidents: str, story: tuple[str, ...] = ()) -> Known:
    return Known(id=of, finder="theme", key=incidents[0], incidents=frozenset(incidents), title=of, story=story)


def test_themes_that_flow_together_by_themselves_say_so() -> None:
    known = [known_theme("Relay", "t:0", "t:1", story=("Earlier.",)), known_theme("Post", "t:2")]

    [theme] = [c for c in found(TOLD, known=known).values() if "t:0" in c.incidents]

    assert theme.id == "Relay"
    assert theme.theme is not None
    assert theme.theme.story == ("Earlier.",)  # one incident is no sizeable part
    known[1] = known_theme("Post", "t:2", "t:1")
    known[0] = known_theme("Relay", "t:0", "t:2", "t:1")
    [theme] = [c for c in found(TOLD, known=known).values() if "t:0" in c.incidents]
    assert theme.theme.story == (  # type: ignore[union-attr]
        "It was two themes until 1 Jul 2026: “Post” (2 incidents) flowed into it by itself.",
    )


def test_a_theme_that_falls_apart_by_itself_says_so_in_both_parts() -> None:
    known = [known_theme("All", *(of for of, _ in TOLD))]

    now = found(TOLD, known=known)

    mail, spam = holding(now, "t:0"), holding(now, "t:10")
    assert mail is not None
    assert spam is not None
    kept, parted = (mail, spam) if mail.id == "All" else (spam, mail)
    assert kept.theme.story == (f"Until 1 Jul 2026 it held 3 incidents that are in “{parted.title}” now.",)  # type: ignore[union-attr]
    assert parted.theme.story == (  # type: ignore[union-attr]
        "It was a part of “All” until 1 Jul 2026 (3 incidents) and parted by itself.",
    )
    assert [c.theme.story for c in found(TOLD, known=remembered(now)).values()] == [  # type: ignore[union-attr]
        c.theme.story
        for c in now.values()  # type: ignore[union-attr]
    ]
