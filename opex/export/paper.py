"""A page of headings, lines, lists and tables, written once and told as Markdown or as a page for the browser.

Whatever text stands in it is text: only what is marked as our `Own` words passes into Markdown as written, and the
page escapes everything. It runs no script, asks nobody for anything, and prints.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from opex.domain.safe import markdown as as_typed

__all__ = ["Block", "Bullets", "Heading", "Line", "Own", "Table", "Text", "html", "line", "markdown"]


class Own(str):
    """Words of ours, and numbers: nothing that a person or a system wrote."""

    __slots__ = ()


Text = str | tuple[str, ...]
"""A text, or parts of one: each part is a person's, and escaped, unless it is `Own`."""


@dataclass(frozen=True)
class Heading:
    """A heading; the first one of a page is its title."""

    level: int
    text: Text


@dataclass(frozen=True)
class Line:
    """A paragraph, with a label before it or none."""

    text: Text
    label: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of lines."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """A table. ``numbers`` are the columns that stand to the right."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    numbers: frozenset[int] = frozenset()


Block = Heading | Line | Bullets | Table


def line(*parts: str, label: str = "") -> Line:
    """A line of these parts."""
    return Line(parts, label)


def _parts(text: Text) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text


_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _md(text: Text) -> str:
    """As Markdown. Signs that turn the direction of what follows are left out of people's words: it may be ours."""
    return "".join(part if isinstance(part, Own) else _typed(part) for part in _parts(text))


def _typed(part: str) -> str:
    """Escaped, with the spaces kept that part it from its neighbours."""
    body = as_typed(_TURNS.sub("", part))
    before, after = (" " if part[:1].isspace() else ""), (" " if part[-1:].isspace() else "")
    return f"{before}{body}{after}" if body else before


def markdown(blocks: Sequence[Block]) -> bytes:
    """The page as Markdown, in UTF-8."""
    return ("\n\n".join(_md_block(block) for block in blocks) + "\n").encode("utf-8", "replace")


def _md_block(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"{'#' * level} {_md(text)}"
        case Line():
            return _md_line(block)
        case Bullets(lines=lines):
            return "\n".join(f"- {_md_line(one)}" for one in lines)
        case Table(headers=headers, rows=rows, numbers=numbers):
            ruled = ["---:" if n in numbers else "---" for n in range(len(headers))]
            told = [list(headers), ruled, *([_md(cell) for cell in row] for row in rows)]
            return "\n".join(f"| {' | '.join(cells)} |" for cells in told)


def _md_line(one: Line) -> str:
    return f"**{one.label}.** {_md(one.text)}" if one.label else _md(one.text)


_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #59636f; --rule: #d5dae0; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebef; --soft: #a5afba; --rule: #3a434e; --paper: #14181d; }
}
body { color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
       max-width: 52rem; padding: 1.5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--rule); padding: .35rem .5rem .35rem 0; text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } .n { text-align: right; } td.n { white-space: nowrap; }
.t { overflow-x: auto; overflow-wrap: break-word; }
@media print {
  :root { --ink: #000; --soft: #333; --rule: #999; --paper: #fff; }
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  .t { overflow-wrap: anywhere; } h2, h3 { break-after: avoid; } tr, li { break-inside: avoid; }
}
"""
_ASKS_NOBODY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def html(blocks: Sequence[Block]) -> bytes:
    """The page for a browser, whole in one file, in UTF-8."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    head = [
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_ASKS_NOBODY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(_plain(title))}</title>", f"<style>{_STYLE}</style>", "</head>", "<body>", "<main>",
    ]  # fmt: skip
    body = [_html_block(block) for block in blocks]
    return ("\n".join([*head, *body, "</main>", "</body>", "</html>"]) + "\n").encode("utf-8", "replace")


def _plain(text: Text) -> str:
    return _UNSHOWN.sub("\ufffd", _TURNS.sub("", "".join(_parts(text))))


def _h(text: Text) -> str:
    """As HTML: people's words keep their direction to themselves."""
    return "".join(
        escape(part) if isinstance(part, Own) else f"<bdi>{escape(_UNSHOWN.sub(chr(0xFFFD), part))}</bdi>"
        for part in _parts(text)
        if part
    )


def _html_block(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"<h{level}>{_h(text)}</h{level}>"
        case Line():
            return f"<p>{_html_line(block)}</p>"
        case Bullets(lines=lines):
            return "\n".join(["<ul>", *(f"<li>{_html_line(one)}</li>" for one in lines), "</ul>"])
        case Table():
            return _html_table(block)


def _html_line(one: Line) -> str:
    return f"<strong>{escape(one.label)}.</strong> {_h(one.text)}" if one.label else _h(one.text)


def _html_table(of: Table) -> str:
    kind = [' class="n"' if n in of.numbers else "" for n in range(len(of.headers))]
    heads = "".join(f'<th scope="col"{k}>{escape(head)}</th>' for k, head in zip(kind, of.headers, strict=True))
    rows = (
        "<tr>" + "".join(f"<td{k}>{_h(cell)}</td>" for k, cell in zip(kind, row, strict=True)) + "</tr>"
        for row in of.rows
    )
    return "\n".join(
        ['<div class="t"><table>', f"<thead><tr>{heads}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table></div>"]
    )
