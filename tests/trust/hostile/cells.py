"""Numbers, ids and words that programs like to change while they read them."""

import datetime as dt

from tests.trust.hostile.case import Case, Maker, Row, family, readings, z
from tests.trust.hostile.delimited import DELIMITERS

NO_NUMBERS = (
    "NaN", "nan", "inf", "-Infinity", "∞", "1e999", "-1e999", "0x1F", "0b1", "1_000", "१२", "١٢", "１２", "½", "2²",
    "--5", "5-",
    "(5)", "5%", "$5", "5 ms", "1 2", "1.2.3", "1e", "e5", "TRUE", "NULL", "n/a", "-", "#DIV/0!", "=1+1", "1" * 400,
    "1e308e1",
    "0x", "+-1", "1,5,5", "five",
)  # fmt: skip
NUMBERS = {
    "-0": 0.0, "+5": 5.0, ".5": 0.5, "5.": 5.0, "1e3": 1000.0, "1E+3": 1000.0, "-1.5e-3": -0.0015, "007": 7.0,
    "1.7976931348623157e308": 1.7976931348623157e308, "5e-324": 5e-324, "0.1": 0.1,
    "123456789.123456789": 123456789.123456789,
    " 12 ": 12.0, "0.1000000000000000055511151231257827": 0.1, "9007199254740993": 9007199254740993.0,
}  # fmt: skip


@family("numbers that are none", often=3)
def no_numbers(make: Maker) -> Case:
    table = readings(make.draw, make.draw.randint(8, 40))
    picked = make.draw.sample(range(len(table.lines)), 3)
    offset = make.number * 3
    bad = [table.spoil(at, "value", NO_NUMBERS[(offset + i) % len(NO_NUMBERS)]) for i, at in enumerate(picked)]
    return make.rows(make.file(table.csv(make.pick(",", "\t", "|"))), table.without(*bad), bad, kind="metrics")


@family("numbers in every spelling")
def numbers(make: Maker) -> Case:
    table = readings(make.draw, len(NUMBERS) + 3)
    for index, (raw, value) in enumerate(NUMBERS.items()):
        table.put(index, "value", raw, value=value)
    return make.rows(make.file(table.csv(make.pick(",", "\t"))), table.rows, kind="metrics")


@family("decimal commas")
def decimal_commas(make: Maker) -> Case:
    """Semicolons between cells, commas in numbers, points or nothing between thousands."""
    table = readings(make.draw, make.draw.randint(8, 30))
    for index, row in enumerate(table.rows):
        text = f"{row.cells['value']:,.3f}" if make.number % 2 else f"{row.cells['value']:.3f}"
        table.lines[index][2] = text.translate(str.maketrans(",.", ".,"))
    return make.rows(make.file(table.csv(make.pick(";", ";", "\t"))), table.rows, kind="metrics")


@family("commas and points by turns")
def mixed_marks(make: Maker) -> Case:
    """One column writes 0.25 and 1,5: what 1.234 is in it, nobody can tell."""
    table = readings(make.draw, make.draw.randint(8, 30))
    table.put(0, "value", "0.25", value=0.25)
    table.put(1, "value", "1,5", value=1.5)
    bad = [table.spoil(2, "value", make.pick("1.234", "1,234", "12.345"))]
    return make.either(make.file(table.csv(make.pick(";", "\t", ","))), table.without(*bad), bad, kind="metrics")


@family("thousands", often=2)
def thousands(make: Maker) -> Case:
    """1,234 between commas is 1234 here and 1.234 there: ask, or refuse the row."""
    table = readings(make.draw, make.draw.randint(8, 30))
    text, value = make.pick(("1,234.5", 1234.5), ("12,345,678", 12345678.0), ("1 234.5", 1234.5), ("1'234.5", 1234.5),
                            ("1\u00a0234.5", 1234.5), ("1\u202f234.5", 1234.5), ("1_234.5", None), ("1,2,3", None),
                            ("12,34,567.5", 1234567.5))  # fmt: skip
    bad = [] if value else [table.spoil(2, "value", text)]
    if value:
        table.put(2, "value", text, value=value)
    return make.rows(make.file(table.csv()), table.without(*bad), bad, kind="metrics")


@family("counts and severities that are none", often=3)
def bad_counts(make: Maker) -> Case:
    table = make.table(8, 30)
    count = len(table.lines)
    table.add("customers_affected", [str(i) for i in range(count)], customers_affected=list(range(count)))
    counts = ["-1", "1.5", "99999999999999999999", "1e30", "many", "1,5", "０", "NaN", "+-2", "1-2"]
    severities = ["0", "6", "-1", "2.5", "P9", "１", "NaN", "1e0", "sev", "critical!"]
    bad = [
        table.spoil(1, "customers_affected", make.pick(*counts)),
        table.spoil(3, "severity", make.pick(*severities)),
    ]
    return make.rows(make.file(table.csv()), table.without(*bad), bad)


@family("ids as they are")
def ids(make: Maker) -> Case:
    """Zeros in front, more digits than a float holds, exponents, words, marks: an id is a text."""
    texts = [
        "007", "0", "-0", "9007199254740993", "123456789012345678901234567890", "1e5", "1E5", "1.0", "1.10", "+5",
        "TRUE", "NaN",
        "NA", "null", "None", "2024-01-02", "3/4", "0x1F", "٣", "INC:1", "a:b:c", "A1", "a1", "é", "e\u0301",
        "x" * 5_000, "=1+1",
        "#1", "'7", "a b", "a\u00a0b", "\u202ecba", "😀", "1/2", "%41", "..", "-", "?", "<b>", "\u200b9",
    ]  # fmt: skip
    make.draw.shuffle(texts)
    table = make.table(len(texts), len(texts))
    for index, text in enumerate(texts):
        table.put(index, "id", text, source_id=text)
    return make.rows(make.file(table.csv(make.draw.choice(DELIMITERS))), table.rows)


@family("words that programs take for nothing")
def words(make: Maker) -> Case:
    """A service may be called NA, and a title null."""
    table = make.table(16, 30)
    listed = [
        "NA",
        "N/A",
        "null",
        "NULL",
        "None",
        "nan",
        "NaN",
        "-",
        "?",
        "TRUE",
        "false",
        "0",
        "1.0",
        "00",
        "#N/A",
        "undefined",
    ]
    for index, word in enumerate(listed):
        table.put(index, "title", word, title=word)
        table.put(index, "service", word, system=word)
    return make.rows(make.file(table.csv(make.pick(*DELIMITERS))), table.rows)


@family("an id given twice")
def ids_twice(make: Maker) -> Case:
    """Two incidents under one id: the second is named, whichever file or case it comes in."""
    table = make.table(8, 30)
    bad = [table.spoil(5, "id", table.lines[2][0])]
    same = table.lines[3]
    table.lines.append(list(same))
    return make.rows(make.file(table.csv()), table.without(*bad), bad)


@family("ids that are missing")
def missing_ids(make: Maker) -> Case:
    table = make.table(8, 30)
    bad = [table.spoil(index, "id", make.pick("", " ", "\u00a0")) for index in (2, 4)]
    return make.rows(make.file(table.csv()), table.without(*bad), bad)


@family("cells that are missing")
def missing_cells(make: Maker) -> Case:
    """No title or no start: the row is named. No end, system or severity: the row is read without it."""
    table = make.table(8, 30)
    bad = [table.spoil(1, "title", make.pick("", "  ", "\t", "\u3000")), table.spoil(3, "started_at", "")]
    table.put(4, "resolved_at", "", resolved_at=None)
    table.put(5, "service", " ", system=None)
    table.put(6, "severity", "", severity=None)
    table.put(7, "environment", "", environment="unknown")
    return make.rows(make.file(table.csv()), table.without(*bad), bad)


@family("readings that contradict each other")
def contradictions(make: Maker) -> Case:
    table = readings(make.draw, make.draw.randint(8, 30))
    table.lines[5][1] = table.lines[2][1]
    table.lines[5][2] = "123456.5"
    return make.rows(make.file(table.csv()), table.without(7), [7], kind="metrics")


@family("texts in every script")
def scripts(make: Maker) -> Case:
    """Letters of all kinds, marks that combine, directions, emoji, spaces that are none."""
    texts = [
        "Störung – „groß“",
        "停电",
        "ไฟดับ",
        "انقطاع",
        "שגיאה",
        "🇩🇪👩‍💻",
        "Z͑ͫ̓",
        "a\u200bb",
        "a\ufeffb",
        "\u202eevil",
        "x\u0301",
        "ﬁ",
    ]
    table = make.table(len(texts), 20)
    for index, text in enumerate(texts):
        table.put(index, "title", text, title=text)
        table.put(index, "service", text, system=text)
    encoding = make.pick("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")
    return make.rows(make.file(table.csv(make.draw.choice(DELIMITERS)).encode(encoding)), table.rows)


@family("several systems in one cell")
def several_systems(make: Maker) -> Case:
    table = make.table(5, 20)
    for index in range(len(table.lines)):
        table.put(index, "service", make.pick("api;web;api", "api|web", "api; web"), system="api")
    return make.rows(make.file(table.csv(make.pick(",", "\t"))), table.rows)


@family("a hundred thousand rows of two columns", most=2)
def many_rows(make: Maker) -> Case:
    """Without ids: they are made from what the rows say."""
    moments = [dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=n) for n in range(100_000)]
    lines = [f"Alarm {n},{z(moment)}" for n, moment in enumerate(moments)]
    truth = [Row(number=n + 2, cells={"title": f"Alarm {n}", "started_at": moment}) for n, moment in enumerate(moments)]
    return make.rows(make.file("title,started_at\n" + "\n".join(lines)), truth)
