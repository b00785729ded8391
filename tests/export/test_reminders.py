"""Reminders that a calendar reads, the text to copy, and the QR code by which people join."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
import segno
from icalendar import Calendar

from opex.domain.problems import Refused
from opex.export.calendar import Waiting, reminder, reminder_list
from opex.export.links import MOST_LINK
from opex.export.qr import qr_png, qr_svg
from tests.export.builders import assert_golden

LINK = "https://opex.example/sessions?session=s-1a2b3c"
MADE = datetime(2026, 7, 1, 9, tzinfo=UTC)


def ics(**changes: object) -> bytes:
    known = {"session": "s-1a2b3c", "title": "July review", "due": "2026-07-03", "link": LINK, "made_at": MADE}
    return reminder(**{**known, **changes})  # type: ignore[arg-type]


def test_a_reminder_is_a_whole_day_with_the_link_and_an_alarm_the_day_before() -> None:
    assert ics() == ics()
    assert_golden("reminder.ics", ics())
    (event,) = Calendar.from_ical(ics()).walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 7, 3)
    assert event.decoded("dtend") == date(2026, 7, 4)
    assert (event["uid"], event["url"]) == ("s-1a2b3c@opex", LINK)
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-1)


def test_a_reminder_written_later_moves_the_day_in_place_of_adding_one() -> None:
    both = [ics(), ics(due="2026-07-10", made_at=MADE + timedelta(hours=1))]
    first, later = (Calendar.from_ical(one).walk("VEVENT")[0] for one in both)
    assert first["uid"] == later["uid"]
    assert later["sequence"] > first["sequence"]


@pytest.mark.parametrize(
    "title",
    ["a\r\nEND:VCALENDAR\r\nBEGIN:VEVENT", "x;y,z:\\", "\u202eevil\u2028line", "a\x00b\ud800", "é" * 100_000],
)
def test_a_hostile_title_adds_no_line_to_the_calendar(title: str) -> None:
    lines = ics(title=title).decode().split("\r\n")
    names = {line.partition(":")[0].partition(";")[0] for line in lines if line and not line.startswith(" ")}
    assert names == {
        "BEGIN", "END", "PRODID", "VERSION", "METHOD", "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY",
        "DESCRIPTION", "URL", "TRANSP", "ACTION", "TRIGGER",
    }  # fmt: skip
    assert max(len(line.encode()) for line in lines) <= 75
    assert sum(line == "BEGIN:VEVENT" for line in lines) == 1


@pytest.mark.parametrize("due", [None, "", "soon"])
def test_a_session_without_a_day_reminds_nobody(due: str | None) -> None:
    with pytest.raises(Refused, match="states no day until which people answer"):
        ics(due=due)


@pytest.mark.parametrize(
    "link",
    [
        "", "javascript:alert(1)", "ftp://a.b/c", "https://", "https://a:b@c.d", "https://a.b/c d", "https://a.b/\n",
        "https://[", "https://a.b/é", f"https://a.b/{'x' * MOST_LINK}",
    ],
)  # fmt: skip
def test_what_is_no_link_goes_into_no_calendar_and_no_code(link: str) -> None:
    for write in (lambda: ics(link=link), lambda: qr_svg(link), lambda: qr_png(link)):
        with pytest.raises(Refused, match="A link"):
            write()


def test_the_text_to_copy_names_who_misses_answers_and_how_many() -> None:
    waiting = [
        Waiting(name="Ana\nNg", missing=0, asked=3),
        Waiting(name="Bo\n- Di: nothing\x00", missing=2, asked=3),
        Waiting(name="Cy", missing=3, asked=3),
    ]
    told = reminder_list(title="July\nreview", due=None, link=LINK, waiting=waiting)
    assert told.splitlines() == [
        "July review: please answer.",
        "- Cy: 3 of 3 answers are missing",
        "- Bo - Di: nothing: 2 of 3 answers are missing",
        LINK,
    ]
    assert reminder_list(title="July", due=None, link=LINK, waiting=waiting[:1]) == "July: everybody has answered."


def test_the_code_is_the_link_dark_on_light_with_a_quiet_border() -> None:
    picture = ElementTree.fromstring(qr_svg(LINK))  # noqa: S314 - our own
    modules = len(segno.make_qr(LINK, error="m").matrix) + 8
    assert picture.get("viewBox") == f"0 0 {modules} {modules}"
    assert_golden("join.svg", qr_svg(LINK))
    assert qr_png(LINK).startswith(b"\x89PNG\r\n\x1a\n")
    assert qr_png(LINK) == qr_png(LINK) != qr_png(LINK + "4")
