"""What would bring a declined opportunity back, as people state it."""

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from opex.domain.problems import Refused


@dataclass(frozen=True, kw_only=True)
class Tripwire:
    """What would bring a declined opportunity back: so many more incidents, or a day.

    ``seen`` is the number of incidents behind it when the tripwire was stated.
    """

    more_incidents: int | None = None
    after: date | None = None
    seen: int = 0

    def fires(self, *, incidents: int, as_of: datetime) -> bool:
        """Whether it is time to look again."""
        if self.more_incidents is not None and incidents >= self.seen + self.more_incidents:
            return True
        return self.after is not None and as_of.astimezone(UTC).date() > self.after

    @property
    def sentence(self) -> str:
        """The tripwire in words, empty when there is none."""
        if self.more_incidents is not None:
            return f"{self.more_incidents} more incidents than the {self.seen} of that day"
        return f"after {self.after:%-d %B %Y}" if self.after else ""


_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def tripwire(text: str, *, seen: int, as_of: datetime) -> Tripwire:
    """Read a tripwire as a person states it: ``three more incidents``, ``after June``, ``after 2027-01-31``.

    A month without a year is the next one that ends after ``as_of``.

    Raises
    ------
    Refused
        When it is none of these, or a day that has passed: it would come back at once.

    Examples
    --------
    >>> tripwire("three more incidents", seen=4, as_of=datetime(2026, 3, 1, tzinfo=UTC)).sentence
    '3 more incidents than the 4 of that day'
    >>> tripwire("after June", seen=4, as_of=datetime(2026, 7, 2, tzinfo=UTC)).after
    datetime.date(2027, 6, 30)
    >>> tripwire("after 2026-01-31", seen=4, as_of=datetime(2026, 7, 2, tzinfo=UTC))
    Traceback (most recent call last):
    opex.domain.problems.Refused: A tripwire is a day that comes: 31 January 2026 has passed.
    """
    words = text.strip().casefold()
    if found := re.fullmatch(r"(\w+) more incidents?", words):
        digits = found[1] if found[1].isdecimal() and len(found[1]) < 7 else "0"
        count = _NUMBERS.index(found[1]) if found[1] in _NUMBERS else int(digits)
        if count > 0:
            return Tripwire(more_incidents=count, seen=seen)
    if found := re.fullmatch(r"after (\d{4}-\d{2}-\d{2})", words):
        with suppress(ValueError):
            return Tripwire(after=_coming(date.fromisoformat(found[1]), as_of), seen=seen)
    if (found := re.fullmatch(r"after ([a-z]+)(?: (\d{4}))?", words)) and found[1] in _MONTHS:
        with suppress(ValueError):  # a year that no calendar has
            return Tripwire(after=_coming(_month_end(_MONTHS.index(found[1]) + 1, found[2], as_of), as_of), seen=seen)
    raise Refused(
        f'The tripwire "{text}" is not understood; say "three more incidents", "after June" or "after 2027-01-31".'
    )


def _coming(day: date, as_of: datetime) -> date:
    if day < as_of.date():
        raise Refused(f"A tripwire is a day that comes: {day:%-d %B %Y} has passed.")
    return day


def _month_end(month: int, year: str | None, as_of: datetime) -> date:
    years = [int(year)] if year else [as_of.year, as_of.year + 1]
    ends = [date(y, month, monthrange(y, month)[1]) for y in years]
    return next((end for end in ends if end >= as_of.date()), ends[-1])
