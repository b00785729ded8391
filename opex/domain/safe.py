r"""Text of people and systems, made safe for where it is shown: spreadsheet cells and Markdown.

Titles of incidents, reasons and names come from outside. A spreadsheet that opens a CSV file runs a cell that
looks like a formula; a Markdown page fetches images and follows links. Both are guarded here, and nowhere else.
"""

import re

_SEPARATORS = r";\t\r\n"
# What a spreadsheet passes over before it looks for a formula: spaces, quotes, byte order marks, invisible signs.
_PASSED_OVER = (
    r"(?:[^\S\t\r\n]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
    r"|[\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb])*"
)
_FORMULA = r"[=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
_DDE = r"(?:[\w.$]+\ *\|[^;\t\r\n]*!|[Dd][Dd][Ee](?:[Aa][Uu][Tt][Oo]\b|\s*\())"
_START = rf"(?:\A|(?<=[{_SEPARATORS}]))"
_RUNS = re.compile(rf"\A(?=[\t\r\n])|{_START}(?='|{_PASSED_OVER}(?:{_FORMULA}|{_DDE}))")
_GUARD = re.compile(rf"{_START}'")


def cell(text: str) -> str:
    r"""Guard a text against being run as a formula by a spreadsheet that opens the CSV file.

    An apostrophe is put before whatever a spreadsheet would run: ``= + - @`` and their wide forms, a tab, a line
    break, a DDE call; also behind leading spaces, quotes and invisible signs. Where the list separator is a
    semicolon, a spreadsheet splits the text at semicolons and line breaks and passes over our quotes, so what
    follows these is guarded as well. A leading apostrophe is doubled, which makes `plain` exact.

    Numbers never come here: -5 as a number stays a number.

    Parameters
    ----------
    text
        Any string.

    Returns
    -------
    str
        The text for the cell; ``plain(cell(text)) == text`` for every string.

    Examples
    --------
    >>> cell("=1+1"), cell("Checkout is slow"), cell("'tis fine"), cell("a;=1+1")
    ("'=1+1", 'Checkout is slow', "''tis fine", "a;'=1+1")
    """
    return _RUNS.sub("'", text)


def plain(text: str) -> str:
    """Undo `cell` exactly.

    Examples
    --------
    >>> plain("'=1+1"), plain("''tis fine"), plain("Checkout is slow")
    ('=1+1', "'tis fine", 'Checkout is slow')
    """
    return _GUARD.sub("", text)


_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|<>&~$])")
_LEADS = re.compile(r"\A(\d+(?=\.)|(?==))")  # a numbered list; a line that makes a heading of the one above
# GitHub and Streamlit make links and icons of bare addresses and shortcodes even where they are escaped, since
# they look at the finished text. A word joiner, which nobody sees, takes the address apart.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@\w)|(?<=:)(?=[a-z][\w/+-]*:)", re.IGNORECASE)
WORD_JOINER = "\u2060"


def markdown(text: str) -> str:
    r"""Escape a text so that Markdown shows it as typed: no link, image, HTML, emphasis or broken table.

    White space, line breaks included, becomes one space. Addresses stay readable but are no links: an invisible
    word joiner stands in them.

    Parameters
    ----------
    text
        Any string.

    Returns
    -------
    str
        One line of Markdown that holds nothing but text, fit for a paragraph, a heading or a table's cell.

    Examples
    --------
    >>> print(markdown("![x](y) <b>|\n# no"))
    \!\[x\]\(y\) \<b\>\| \# no
    """
    line = " ".join(text.replace("\x00", "\ufffd").split())
    return _LEADS.sub(r"\1\\", _MARKUP.sub(r"\\\1", _ADDRESS.sub(WORD_JOINER, line)))
