"""Text from outside is shown as typed and never run."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from opex.domain.safe import WORD_JOINER, cell, markdown, plain
from tests.export.formulas import FORMULAS

ALMOST_FORMULAS = st.text(alphabet=st.sampled_from(list("'\"=+-@;|! \t\r\n\ufeff＝aD")), max_size=12)
MARKUP = st.text(alphabet=st.sampled_from(list("\\`*_{}[]()#+-!|<>&~$:/.=\n 1aw@")), max_size=20)
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cell(text) != text
    assert cell(text).startswith("'") or ";'" in cell(text)
    assert plain(cell(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Checkout is slow",
        "p95 = 3 s",
        "go-live",
        "a@example.org",
        "errors; retry",
        "A | B",
        "line\n\nline",
        "5-7",
    ],
)
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.one_of(st.text(), ALMOST_FORMULAS))
@example("'")
@example("''=1")
@example(";'=1")
@example("a\r\n'-b")
def test_every_text_comes_back_from_a_cell(text: str) -> None:
    assert plain(cell(text)) == text


@settings(deadline=None, derandomize=True, max_examples=500)
@given(ALMOST_FORMULAS)
def test_no_cell_begins_with_a_formula_even_where_a_semicolon_or_a_line_break_splits_it(text: str) -> None:
    for part in re.split(r"[;\t\r\n]", cell(text)):
        assert not re.match(r"""[\s"\ufeff]*[=+\-@＝]""", part)


def inline(text: str) -> list[tuple[str, str]]:
    """Everything that Markdown makes of the text: a kind and a content each."""
    return [(token.type, token.content) for block in GITHUB.parse(text) for token in block.children or [block]]


def shown(text: str) -> str:
    return " ".join(text.replace("\x00", "\ufffd").split())


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.one_of(st.text(), MARKUP).filter(lambda text: text.split()))
@example("12345. item")
@example("===")
@example("&lt;b&gt;")
@example("![x](https://evil.example/p.png)")
def test_markdown_shows_every_text_as_typed(text: str) -> None:
    tokens = inline("before\n\n" + markdown(text))
    assert tokens[3][0] == "paragraph_open"
    words = tokens[4:-1]
    assert {kind for kind, _ in words} == {"text"}
    assert "".join(content for _, content in words).replace(WORD_JOINER, "") == shown(text).replace(WORD_JOINER, "")


@settings(deadline=None, derandomize=True, max_examples=300)
@given(MARKUP)
def test_a_text_never_breaks_the_table_that_it_stands_in(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown(text)} | end |"
    kinds = [token.type for token in GITHUB.parse(table)]
    assert kinds.count("td_open") == 2
    assert ("text", "end") in inline(table)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x",
        "see www.evil.example",
        "ana@evil.example",
        "HTTP://EVIL.example",
        "ftp://evil.example",
    ],
)
def test_a_bare_address_is_readable_and_no_link(text: str) -> None:
    escaped = markdown(text)
    assert escaped.replace(WORD_JOINER, "").replace("\\", "") == text
    assert not re.search(r"://|www\.|\w@\w", escaped)


def test_shortcodes_of_streamlit_are_taken_apart() -> None:
    assert markdown(":material/home: :smile:") == f":{WORD_JOINER}material/home: :{WORD_JOINER}smile:"
    assert markdown("at 12:30:45") == "at 12:30:45"


def test_line_breaks_become_one_space() -> None:
    assert markdown(" a\r\n\n# b\t") == r"a \# b"
