"""Minutes as Markdown and as a page: the same bytes each time, everything said, and every text only text."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from opex.domain.minutes import Attendant, Decision, ItemMinutes, QuestionMinutes, Spread
from opex.domain.problems import Refused
from opex.export import minutes as paper
from tests.export import minuted
from tests.export.builders import assert_golden
from tests.export.formulas import FORMULAS

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "![x](https://evil.example/a.png)",
    "[x](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "</style></title><meta http-equiv=refresh content=0>",
    "| a | b |\n|---|---|\n# head\n- list\n> quote\n```\ncode\n```",
    "\u202egnp.exe\u202c \u2067right to left\u2069 \u200f",
    "a\x00b\x1b[31m\ud800",
    "&lt;b&gt; &amp; {{ 7*7 }} {% x %} ${7*7}",
    "x" * 100_000,
    *FORMULAS,
]
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "strong", "bdi",
    "div", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of it: the elements, their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("audience", paper.AUDIENCES)
@pytest.mark.parametrize(("format", "end"), paper.MINUTES_FORMATS.items())
def test_the_minutes_and_each_pack_are_written_as_people_saw_them(audience: str, format: str, end: str) -> None:
    first, second = (paper.render_minutes(minuted.small_minutes(), format, audience) for _ in range(2))
    assert first == second
    assert_golden(f"{'minutes' if audience == 'minutes' else f'minutes-{audience}'}.{end}", first)


def test_the_minutes_have_names_of_their_own() -> None:
    m = minuted.small_minutes()
    assert paper.minutes_markdown(m) == paper.render_minutes(m)
    assert paper.minutes_html(m) == paper.render_minutes(m, "html")
    assert paper.minutes_file_name(m, "html", "leadership", export_id="9c") == "opex-leadership-s-1a2b3c-9c.html"
    hostile = replace(m, session="../../etc/passwd\x00")
    assert paper.minutes_file_name(hostile, export_id="9c") == "opex-minutes-etcpasswd-9c.md"


@pytest.mark.parametrize(("format", "audience"), [("pdf", "minutes"), ("html", "press")])
def test_an_unknown_format_or_audience_is_refused(format: str, audience: str) -> None:
    with pytest.raises(Refused, match=r'this is "(pdf|press)"'):
        paper.render_minutes(minuted.small_minutes(), format, audience)


@pytest.mark.parametrize("audience", paper.AUDIENCES)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_adds_no_element_and_no_attribute_to_the_page(text: str, audience: str) -> None:
    page = Page(paper.render_minutes(minuted.all_texts_are(text), "html", audience).decode())
    assert page.tags <= ALLOWED
    assert page.attributes <= {("lang", "en"), ("scope", "col"), ("class", "n"), ("class", "t")}


@pytest.mark.parametrize("audience", paper.AUDIENCES)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_makes_no_link_image_html_or_block_in_markdown(text: str, audience: str) -> None:
    plain = paper.render_minutes(minuted.all_texts_are("plain words"), "markdown", audience).decode()
    hostile = paper.render_minutes(minuted.all_texts_are(text), "markdown", audience).decode()
    read = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    kinds = [[token.type for token in read.parse(page)] for page in (plain, hostile)]
    inline = {child.type for token in read.parse(hostile) for child in token.children or ()}
    assert kinds[1] == kinds[0]
    assert inline <= {"text", "text_special", "strong_open", "strong_close"}


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) < 100 and "\x00" not in text])
def test_the_page_shows_each_text_as_typed(text: str) -> None:
    page = Page(paper.minutes_html(minuted.all_texts_are(text)).decode())
    assert text in page.text


def test_words_that_turn_the_direction_keep_it_to_themselves() -> None:
    m = minuted.all_texts_are("\u202eevil")
    assert "\u202e" not in paper.minutes_markdown(m).decode()
    page = paper.minutes_html(m).decode()
    assert page.count("\u202e") == page.count("<bdi>\u202eevil</bdi>") > 0


def test_the_page_asks_nobody_and_runs_nothing() -> None:
    page = paper.minutes_html(minuted.small_minutes()).decode()
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in page
    assert not {word for word in ("http://", "https://", "url(", "@import", "<script", "src=", "href=") if word in page}


def test_minutes_that_tell_answers_before_the_reveal_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="were not revealed"):
        minuted.small_minutes(revealed_at=None)
    asked = replace(minuted.deploys(), questions=(QuestionMinutes(question="insight", title="Does it hold?"),))
    early = minuted.small_minutes(revealed_at=None, closed_at=None, agreement=(), items=(asked,))
    told = paper.minutes_markdown(early).decode()
    assert "Asked; no answer lies open." in told
    assert "Revealed not yet · Closed not yet. The session is not closed yet" in told


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Attendant(name="A", function="business", answered=2, asked=1),
        lambda: Spread(function="marketing", counts=()),
        lambda: Decision(outcome="perhaps", person="A"),
    ],
)
def test_minutes_hold_nothing_that_a_session_cannot_say(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"answered 2 of 1|no function|no outcome"):
        wrong()  # type: ignore[operator]


@pytest.mark.parametrize("audience", paper.AUDIENCES)
@pytest.mark.parametrize("format", paper.MINUTES_FORMATS)
def test_an_empty_session_has_minutes_too(audience: str, format: str) -> None:
    empty = minuted.small_minutes(
        participants=(), agreement=(), items=(), before=(), after=(), promises=(), restricted=0, audit=None, note="",
        opened_at=None, revealed_at=None, closed_at=None, facilitator="", drivers="", workspace="",
    )  # fmt: skip
    told = paper.render_minutes(empty, format, audience).decode()
    assert "July review" in told
    assert "restricted" not in told


def test_leadership_reads_one_page_however_much_was_decided() -> None:
    every = tuple(
        replace(minuted.deploys(), id=f"i{n}", title=f"{n} " + "very long title " * 30, place_after=n)
        for n in range(1, 201)
    )
    page = paper.render_minutes(minuted.small_minutes(items=every), "markdown", "leadership").decode()
    assert len(page.split()) < 800
    assert "200 accepted. Cost of what was accepted: 4,000 days of work." in page
    assert "And 188 more: the minutes have them all." in page


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, 3, "new in the list, at 3"),
        (2, None, "it stood at 2 and left the list"),
        (1, 2, "down from 1 to 2; others moved around it."),
    ],
)
def test_everyone_reads_what_moved(before: int | None, after: int | None, told: str) -> None:
    item = ItemMinutes(id="a", title="Search", place_before=before, place_after=after)
    pack = paper.render_minutes(minuted.small_minutes(items=(item,)), "markdown", "everyone").decode()
    assert f"- Search: {told}" in pack
