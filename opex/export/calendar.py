"""Reminders for those who have not answered: a day for their calendar, and a text to copy. No mail is sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from opex.domain.problems import Refused
from opex.export.links import link_of
from opex.export.words import utc

__all__ = ["Waiting", "reminder", "reminder_list"]

_UNPRINTED = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Somebody whose answers are missing, and how many of how many."""

    name: str
    missing: int
    asked: int


def reminder(*, session: str, title: str, due: str | None, link: str, made_at: datetime) -> bytes:
    """An ``.ics`` file (RFC 5545): the whole day until which people answer, with an alarm a day before.

    The same session keeps its entry: a file that is opened again moves the day in place of adding one.

    Parameters
    ----------
    due
        The session's day, such as ``2026-12-24``.
    link
        Where one answers.
    made_at
        The instant at which it is written, aware; later ones win.

    Raises
    ------
    Refused
        When the session states no day, or the link is none.
    """
    day, address = _day(title, due), link_of(link)
    event = Event()
    event.add("uid", f"{_line(session)}@opex")
    event.add("dtstamp", utc(made_at))
    event.add("sequence", int(made_at.timestamp()) // 60)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"Answer until today: {_line(title)}")
    event.add("description", f"What you think is missing yet in “{_line(title)}”.\nAnswer here: {address}")
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    event.add_component(_alarm(title))
    calendar = Calendar()
    calendar.add("prodid", "-//opex//review sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-1))
    alarm.add("description", f"Answer until tomorrow: {_line(title)}")
    return alarm


def _day(title: str, due: str | None) -> date:
    try:
        return date.fromisoformat(due or "")
    except ValueError:
        raise Refused(f"“{title}” states no day until which people answer: give it one, then remind them.") from None


def reminder_list(*, title: str, due: str | None, link: str, waiting: Sequence[Waiting]) -> str:
    """The text to copy into a chat or a mail: who has not answered yet, how much is missing, until when, where.

    Those who miss most come first; whoever answered everything is not named.

    Examples
    --------
    >>> print(reminder_list(title="July review", due="2026-07-03", link="https://opex.example/s?session=s-1",
    ...                     waiting=[Waiting(name="Bo", missing=1, asked=3), Waiting(name="Di", missing=3, asked=3)]))
    July review: please answer until 3 July 2026.
    - Di: 3 of 3 answers are missing
    - Bo: 1 of 3 answers is missing
    https://opex.example/s?session=s-1
    """
    late = sorted((one for one in waiting if one.missing > 0), key=lambda one: (-one.missing, one.name))
    until = f" until {date.fromisoformat(due):%-d %B %Y}" if due else ""
    if not late:
        return f"{_line(title)}: everybody has answered."
    rows = [
        f"- {_line(one.name)}: {one.missing} of {one.asked} answers {'is' if one.missing == 1 else 'are'} missing"
        for one in late
    ]
    return "\n".join([f"{_line(title)}: please answer{until}.", *rows, link_of(link)])


def _line(text: str) -> str:
    """A person's text in one line, without signs that nobody sees."""
    return " ".join(_UNPRINTED.sub(" ", text).encode("utf-8", "replace").decode().split())
