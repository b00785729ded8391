"""What can go wrong with what people bring: rows that cannot be used, and requests that cannot be met."""

from dataclasses import dataclass


class Refused(Exception):  # noqa: N818 - a refusal is not an error of the program
    """A person asked for what cannot be. The message is one sentence, fit to show to that person."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A row (or a whole file) that cannot be used, and what was expected in its place.

    ``row`` is the row's number in the file as an editor or a spreadsheet shows it (the header is row 1),
    or ``None`` when the whole file is meant.
    """

    file: str
    row: int | None
    column: str
    value: str
    expected: str

    @property
    def sentence(self) -> str:
        """The problem in words.

        Examples
        --------
        >>> Problem(file="a.csv", row=12, column="opened_at", value="32/13", expected="a date and time").sentence
        'a.csv, row 12, column opened_at: "32/13" is not a date and time.'
        """
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f'{where}, column {self.column}: "{self.value}" is not {self.expected}.'


@dataclass(frozen=True, kw_only=True)
class NotEnoughData:
    """Too little data is an answer, never a zero dressed as a finding."""

    have: int
    need: int
    what: str = "incidents"

    @property
    def sentence(self) -> str:
        """The answer in words.

        Examples
        --------
        >>> NotEnoughData(have=3, need=12).sentence
        'too little data: 3 incidents, 12 needed'
        >>> NotEnoughData(have=1, need=2, what="people").sentence
        'too little data: 1 person, 2 needed'
        """
        return f"too little data: {self.have} {_of_one(self.what) if self.have == 1 else self.what}, {self.need} needed"


def called(name: str) -> str:
    r"""A file's name as reports and databases can hold it: bytes that are no UTF-8 become question marks.

    Examples
    --------
    >>> called("K\udcf6ln.csv")
    'K?ln.csv'
    """
    return name.encode("utf-8", "replace").decode("utf-8")


def _of_one(several: str) -> str:
    """The word for one of several; of a phrase the first word.

    Examples
    --------
    >>> _of_one("weeks of data"), _of_one("people")
    ('week of data', 'person')
    """
    word, *rest = several.split(" ")
    return " ".join([{"people": "person"}.get(word, word.removesuffix("s")), *rest])
