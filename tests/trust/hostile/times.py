"""Times: six formats at once, day and month, calendars, clocks, zones, and numbers that look like times."""

import datetime as dt
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from tests.trust.hostile.case import UTC, Case, Maker, Row, Table, family, z

NEVER = (
    "0000-01-01", "10000-01-01", "9999-12-31T23:59:59Z", "1600-02-01", "2023-02-29", "1900-02-29", "2024-02-30",
    "2024-06-31",
    "2024-00-10", "2024-13-01", "2024-01-00", "2024-01-32", "2024-03-05T25:00:00Z", "2024-03-05 12:60",
    "2024-03-05 12:00:61",
    "2024-03-05T14:30:00+25:00", "2024-03-05T14:30:00+99:99", "2024-03-05T14:30:00−05:00", "yesterday", "now", "0",
    "-1", "45356.5",
    "2024-03-05 14:30 approx", "2024-03-05;2024-03-06", "'2024-03-05", "２０２４-03-05", "2024-3", "24-03-05", "NaT",
    "1e9", "inf",
    "2024-03-05T14:30:00[Europe/Berlin]", "2024-03-05 14:30 EST", "2024-03-05 14:30 PM", "14:30", "2024-W60-1",
    "2024-366-1",
)  # fmt: skip
NEVER_WORDED = (
    "5 Marble 2024 10:00",
    "5 Augury 2024",
    "5 Decoy 2024",
    "31 June 2024",
    "0 Mar 2024",
    "5 Mär 2024",
    "5 Mayhem 2024",
)
NEVER_SLASHED = (
    "31/06/2024", "29/02/2023", "00/05/2024", "31/12/2024 24:30", "31/12/2024 14:30 +99:99", "31/12/2024 14:30 +0060",
    "5/6",
    "31/12/24", "31/12/2024 13:00 PM", "31/12/2024 0:61", "31//12/2024", "31/12/2024 14:30 +25:00",
)  # fmt: skip


def timed(make: Maker, texts: Sequence[str], moments: Sequence[dt.datetime | None]) -> tuple[Table, list[int]]:
    """A table whose starts are written so; ``None`` is no moment at all. With the numbers of the bad rows."""
    table = Table(kind="incidents", header=["id", "title", "started_at"], lines=[], rows=[])
    bad = []
    for index, (text, moment) in enumerate(zip(texts, moments, strict=True)):
        table.lines.append([f"T{index}", f"Alarm {index}", text])
        cells = {"source_id": f"T{index}", "title": f"Alarm {index}", "started_at": moment}
        table.rows.append(Row(number=index + 2, cells=cells))
        bad += [] if moment else [index + 2]
    return table, bad


def moments(make: Maker, count: int) -> list[dt.datetime]:
    """Whole minutes of 2024, such that days and months can be told apart in half of them."""
    first = dt.datetime(2024, 1, 1, tzinfo=UTC)
    return [first + dt.timedelta(minutes=make.draw.randrange(500_000)) for _ in range(count)]


def _case(make: Maker, texts: Sequence[str], truth: Sequence[dt.datetime | None], **options: str) -> Case:
    table, bad = timed(make, texts, truth)
    return make.rows(make.file(table.csv(make.draw.choice(",;\t"))), table.without(*bad), bad, options=options)


FORMATS: dict[str, Callable[[dt.datetime], str]] = {
    "ISO with Z": z,
    "ISO with an offset": lambda m: m.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30))).isoformat(),
    "with a space": lambda m: f"{m:%Y-%m-%d %H:%M}",
    "with slashes from the year": lambda m: f"{m:%Y/%m/%d %H:%M}",
    "with the month's name": lambda m: f"{m:%d %b %Y %H:%M}",
    "American with a name": lambda m: f"{m:%b %d, %Y %I:%M %p}",
    "mail": lambda m: f"{m:%a, %d %b %Y %H:%M:%S} +0000",
    "seconds": lambda m: str(int(m.timestamp())),
    "milliseconds": lambda m: str(int(m.timestamp() * 1000)),
    "with dots": lambda m: f"{m:%d.%m.%Y %H:%M}",
    "C": lambda m: f"{m:%a %b %d %H:%M:%S %Y}",
}


@family("times in every common format")
def every_format(make: Maker) -> Case:
    found = moments(make, make.draw.randint(5, 40))
    write = make.pick(*FORMATS.values())
    return _case(make, [write(m) for m in found], found)


@family("six formats in one column")
def six_formats(make: Maker) -> Case:
    """One format holds for a column; what is written otherwise is named or read right, never guessed."""
    found = moments(make, 24)
    writers = make.draw.sample(list(FORMATS.values()), 6)
    return _case(make, [writers[i % 6](m) for i, m in enumerate(found)], found)


def _low(make: Maker, count: int) -> list[dt.datetime]:
    """Days that could be months."""
    return [
        dt.datetime(2024, make.draw.randint(1, 12), make.draw.randint(1, 12), make.draw.randrange(24), tzinfo=UTC)
        for _ in range(count)
    ]


@family("day and month that nobody can tell apart")
def ambiguous(make: Maker) -> Case:
    found = [*_low(make, make.draw.randint(3, 40)), dt.datetime(2024, 3, 4, tzinfo=UTC)]
    mark = make.pick("/", "-")
    table, _ = timed(make, [f"{m:%d{mark}%m{mark}%Y %H:%M}" for m in found], found)
    return make.refused(make.file(table.csv()))


@family("day and month that only the last row tells apart")
def last_row(make: Maker) -> Case:
    order, last = make.pick(
        ("%d/%m/%Y", dt.datetime(2024, 5, 31, tzinfo=UTC)), ("%m/%d/%Y", dt.datetime(2024, 5, 31, tzinfo=UTC))
    )
    found = [*_low(make, make.pick(30, 300, 12_000)), last]
    return _case(make, [f"{m:{order} %H:%M}" for m in found], found)


@family("day and month that contradict each other")
def contradictory(make: Maker) -> Case:
    found = _low(make, make.draw.randint(4, 40))
    texts = [f"{m:%d/%m/%Y}" for m in found] + ["25/12/2024", "12/26/2024"] * make.pick(1, 4)
    table, _ = timed(make, texts, [None] * len(texts))
    return make.refused(make.file(table.csv()))


@family("day and month that contradict each other seldom")
def seldom(make: Maker) -> Case:
    """A hundred rows say day first, one says month first: that one is named, or the file refused."""
    days = [dt.datetime(2024, 1 + i % 12, 13 + i % 15, tzinfo=UTC) for i in range(120)]
    truth: list[dt.datetime | None] = [*days, None]
    table, bad = timed(
        make, [*[f"{m:%d/%m/%Y}" for m in days], make.pick("12/31/2024", "31/31/2024", "02/30/2024")], truth
    )
    return make.either(make.file(table.csv()), table.without(*bad), bad)


@family("dots with the month first")
def dotted(make: Maker) -> Case:
    """Seldom, but the column says so: the fourth of March, then."""
    days = [dt.datetime(2024, 12, 31, tzinfo=UTC), dt.datetime(2024, 1, 15, tzinfo=UTC)]
    return _case(make, ["12.31.2024", "01.15.2024", "03.04.2024"], [*days, dt.datetime(2024, 3, 4, tzinfo=UTC)])


@family("times that never were", often=4)
def never(make: Maker) -> Case:
    """No such day, hour, offset or word."""
    found: list[dt.datetime | None] = list(moments(make, 12))
    texts = [z(m) for m in found if m]
    for position in range(3):
        at = 2 + position * 3
        texts[at], found[at] = NEVER[(make.number * 3 + position) % len(NEVER)], None
    return _case(make, texts, found)


@family("days that never were, in words", often=2)
def never_worded(make: Maker) -> Case:
    found: list[dt.datetime | None] = list(moments(make, 10))
    texts = [f"{m:%d %b %Y %H:%M}" for m in found if m]
    texts[3], found[3] = make.pick(*NEVER_WORDED), None
    return _case(make, texts, found)


@family("days that never were, with slashes", often=3)
def never_slashed(make: Maker) -> Case:
    found: list[dt.datetime | None] = [dt.datetime(2024, m, 13 + m, 10, 30, tzinfo=UTC) for m in range(1, 13)]
    texts = [f"{m:%d/%m/%Y %H:%M}" for m in found if m]
    texts[5], found[5] = make.pick(*NEVER_SLASHED), None
    return _case(make, texts, found)


@family("midnight as 24:00 and leap seconds")
def edges(make: Maker) -> Case:
    """24:00 is the next day's 0:00 and 23:59:60 nearly so: read right or named."""
    found = moments(make, 8)
    texts = [z(m) for m in found]
    texts[3], found[3] = make.pick(
        ("2024-03-05T24:00:00Z", dt.datetime(2024, 3, 6, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", dt.datetime(2017, 1, 1, tzinfo=UTC)),
        ("2024-02-29T24:00Z", dt.datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-05T14:30:15.123456000Z", dt.datetime(2024, 3, 5, 14, 30, 15, 123456, tzinfo=UTC)),
        ("2024-02-29", dt.datetime(2024, 2, 29, tzinfo=UTC)),
        ("2000-02-29", dt.datetime(2000, 2, 29, tzinfo=UTC)),
    )
    return _case(make, texts, found)


_SPRING = {
    "Europe/Berlin": ("2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00"),
    "America/New_York": ("2024-03-10 01:59", "2024-03-10 02:30", "2024-03-10 03:00"),
    "Australia/Lord_Howe": ("2024-10-06 01:59", "2024-10-06 02:15", "2024-10-06 02:30"),
    "America/Sao_Paulo": ("2018-11-03 23:59", "2018-11-04 00:30", "2018-11-04 01:00"),
    "Pacific/Apia": ("2011-12-29 23:59", "2011-12-30 12:00", "2011-12-31 00:00"),
}
_AUTUMN = {
    "Europe/Berlin": ("2024-10-27 01:59", "2024-10-27 02:30", "2024-10-27 03:00"),
    "America/New_York": ("2024-11-03 00:59", "2024-11-03 01:30", "2024-11-03 02:00"),
    "Australia/Lord_Howe": ("2024-04-07 01:29", "2024-04-07 01:45", "2024-04-07 02:00"),
    "Europe/Dublin": ("2024-10-27 00:59", "2024-10-27 01:30", "2024-10-27 02:00"),
}


def _daylight(make: Maker, table: dict[str, tuple[str, str, str]]) -> Case:
    name, (before, never, after) = make.pick(*table.items())
    local = [dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name)).astimezone(UTC) for text in (before, after)]
    forms = make.draw.choice(["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%d %b %Y %H:%M"])
    texts = [f"{dt.datetime.fromisoformat(text):{forms}}" for text in (before, never, after)]
    return _case(make, texts, [local[0], None, local[1]], timezone=name)


@family("the hour that spring skips", often=2)
def spring(make: Maker) -> Case:
    return _daylight(make, _SPRING)


@family("the hour that autumn doubles")
def autumn(make: Maker) -> Case:
    return _daylight(make, _AUTUMN)


@family("the doubled hour with its offset")
def offset_hour(make: Maker) -> Case:
    texts = ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00", "2024-10-27 00:30Z", "2024-10-27 04:00"]
    hours = [(0, 30), (1, 30), (0, 30), (3, 0)]
    found = [dt.datetime(2024, 10, 27, hour, minute, tzinfo=UTC) for hour, minute in hours]
    return _case(make, texts, found, timezone="Europe/Berlin")


@family("times with and without an offset in one column")
def mixed_zones(make: Maker) -> Case:
    name = make.pick("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC")
    found = [dt.datetime(2024, 1 + i % 12, 5, 12, i, tzinfo=UTC) for i in range(20)]
    writers = [
        z,
        lambda m: m.astimezone(ZoneInfo(name)).isoformat(),
        lambda m: f"{m.astimezone(ZoneInfo(name)):%Y-%m-%d %H:%M}",
    ]
    return _case(make, [make.draw.choice(writers)(m) for m in found], found, timezone=name)


@family("numbers that look like times", often=2)
def numbers(make: Maker) -> Case:
    """2024030514 is 5 March at 14 h for whoever wrote it, and 2034 if it is taken for seconds."""
    found = [dt.datetime(2024, 3, 1 + i, 14 if i % 2 else 9, 0, 0, tzinfo=UTC) for i in range(20)]
    write = make.pick("%Y%m%d%H", "%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%j", "%y%m%d%H%M")
    exact = [m if "%H" in write else m.replace(hour=0) for m in found]
    table, _ = timed(make, [f"{m:{write}}" for m in found], exact)
    return make.either(make.file(table.csv()), table.rows)


@family("epochs of every size", often=2)
def epochs(make: Maker) -> Case:
    """Micro- and nanoseconds, fractions, exponents: read right or refused; seconds and milliseconds in one column."""
    found = moments(make, 20)
    write = make.pick(
        lambda m: str(int(m.timestamp()) * 10**6),
        lambda m: str(int(m.timestamp()) * 10**9),
        lambda m: f"{m.timestamp():.1f}",
        lambda m: f"{int(m.timestamp()):,}",
        lambda m: str(int(m.timestamp()) * make.draw.choice([1, 1000])),
        lambda m: f"-{int(m.timestamp())}",
    )
    texts = [write(m) for m in found]
    table, bad = timed(make, texts, [None] * 20 if texts[0].startswith("-") else found)
    return make.either(make.file(table.csv()), table.without(*bad), bad)


@family("weeks and days of the year")
def weeks(make: Maker) -> Case:
    found = [m.replace(hour=0, minute=0) for m in moments(make, 12)]
    texts = [make.pick(f"{m:%G-W%V-%u}", f"{m:%Y-%j}", f"{m:%G}W{m:%V%u}") for m in found]
    table, _ = timed(make, texts, found)
    return make.either(make.file(table.csv()), table.rows)


MONTHS = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
)


@family("months in other languages")
def languages(make: Maker) -> Case:
    """Read right or refused: Juin is no January."""
    names = make.pick(*MONTHS).split()
    found = [dt.datetime(2024, month, 7, 10, 30, tzinfo=UTC) for month in range(1, 13)]
    table, _ = timed(make, [f"7 {names[m.month - 1]} 2024 10:30" for m in found], found)
    return make.either(make.file(table.csv()), table.rows)


@family("an end before its start")
def backwards(make: Maker) -> Case:
    table = make.table(8, 30)
    bad = []
    for index in (1, 4):
        early = table.rows[index].cells["started_at"] - dt.timedelta(seconds=make.pick(1, 60, 10**7))
        bad.append(table.spoil(index, "resolved_at", z(early)))
    table.put(2, "resolved_at", z(table.rows[2].cells["started_at"]), resolved_at=table.rows[2].cells["started_at"])
    return make.rows(make.file(table.csv()), table.without(*bad), bad)


@family("twelve hours with and without their half")
def halves(make: Maker) -> Case:
    found = [dt.datetime(2024, 5, 20, hour, 30, tzinfo=UTC) for hour in range(24)]
    write = make.pick("%m/%d/%Y %I:%M %p", "%d %b %Y %I:%M%p", "%b %d, %Y %I:%M:%S %p")
    texts = [f"{m:{write}}" for m in found]
    return _case(make, [text.lower() if make.number % 2 else text for text in texts], found)


@family("a zone that is none")
def no_zone(make: Maker) -> Case:
    table = make.table()
    name = make.pick(
        "Moon/Crater",
        "CEST",
        "../../etc/passwd",
        "",
        "Europe/berlin ",
        "UTC+2",
        "\N{GREEK SMALL LETTER ALPHA}",
        "a" * 5_000,
    )
    if name == "":
        return make.rows(make.file(table.csv()), table.rows)
    return make.either(make.file(table.csv()), table.rows, options={"timezone": name})
