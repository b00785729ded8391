"""XLSX workbooks, written by hand so that each part can lie."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from tests.trust.hostile.case import UTC, Case, Maker, Row, Table, family
from tests.trust.hostile.packed import MB, Member, plain, raw_zip, repeated, zipped

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
STYLES = (
    f'{_XML}<styleSheet {_MAIN}><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
DATE = 1


def letters(index: int) -> str:
    """The column's letters: 0 is A."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def serial(moment: dt.datetime, *, base1904: bool = False) -> float:
    """A moment as Excel counts it: days since 1899-12-30, or since 1904-01-01."""
    first = dt.datetime(1904, 1, 1, tzinfo=UTC) if base1904 else dt.datetime(1899, 12, 30, tzinfo=UTC)
    return (moment - first) / dt.timedelta(days=1)


class Raw(str):
    """A cell's whole XML but for its address: ``<c r="{at}" t="e"><v>#N/A</v></c>``."""


def cell(value: Any, at: str) -> str:
    """A cell's XML."""
    if isinstance(value, Raw):
        return value.replace("{at}", at)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.datetime):
        return f'<c r="{at}" s="{DATE}"><v>{serial(value)!r}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(rows: Iterable[Sequence[Any]], *, before: str = "", after: str = "", extra: str = "") -> str:
    """A sheet's XML; ``extra`` are further rows, ``before`` and ``after`` stand around the rows."""
    lines = "".join(
        f'<row r="{number}">' + "".join(cell(value, f"{letters(i)}{number}") for i, value in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1)
    )
    return f"{_XML}<worksheet {_MAIN}>{before}<sheetData>{lines}{extra}</sheetData>{after}</worksheet>"


def parts(sheets: dict[str, str], *, base1904: bool = False, **changed: str | None) -> dict[str, bytes]:
    """The parts of a workbook. ``changed`` replaces (or with ``None`` leaves out) parts by their short names."""
    names = list(sheets)
    flag = '<workbookPr date1904="1"/>' if base1904 else ""
    listed = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1))
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.worksheet+xml"/>'
        for i in range(1, len(names) + 1)
    )
    last = len(names) + 1
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    found: dict[str, str | None] = {
        "types": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{sheet_type}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{sheet_type}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{sheet_type}.sharedStrings+xml"/>{types}</Types>',
        "root": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "workbook": f'{_XML}<workbook {_MAIN} xmlns:r="{_REL}">{flag}<sheets>{listed}</sheets></workbook>',
        "relations": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}<Relationship Id="rId{last}" '
        f'Type="{_REL}/styles" Target="styles.xml"/><Relationship Id="rId{last + 1}" Type="{_REL}/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
        "styles": STYLES,
        "strings": f"{_XML}<sst {_MAIN}/>",
    }
    found |= changed
    paths = {
        "types": "[Content_Types].xml",
        "root": "_rels/.rels",
        "workbook": "xl/workbook.xml",
        "relations": "xl/_rels/workbook.xml.rels",
        "styles": "xl/styles.xml",
        "strings": "xl/sharedStrings.xml",
    }
    whole = {paths[name]: text.encode() for name, text in found.items() if text is not None}
    return whole | {f"xl/worksheets/sheet{i}.xml": text.encode() for i, text in enumerate(sheets.values(), 1)}


def book(sheets: dict[str, str], **changed: Any) -> bytes:
    """A workbook's bytes."""
    return zipped(parts(sheets, **changed))


def natural(table: Table) -> list[list[Any]]:
    """The table with numbers and dates as Excel keeps them."""
    kinds = {"severity": int, "value": float, "started_at": _moment, "resolved_at": _moment, "at": _moment}
    typed = [kinds.get(name, str) for name in table.header]
    return [list(table.header), *[[to(text) for to, text in zip(typed, line, strict=True)] for line in table.lines]]


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def column(name: str) -> int:
    """The place of a column in the honest table."""
    return ["id", "title", "service", "environment", "severity", "started_at", "resolved_at"].index(name)


@family("workbook with a far cell")
def far_cell(make: Maker) -> Case:
    """A few kilobytes that say a rectangle of 17 billion cells."""
    table = make.table()
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>'
    rows = natural(table)
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1_000, 9_000))
    text = make.pick(
        sheet(rows, extra=far),
        sheet(rows, before='<dimension ref="A1:XFD1048576"/>'),
        sheet(rows, extra=wide),
        sheet(rows, extra='<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        sheet(rows, extra='<row r="4294967295"><c r="ZZZZZZ4294967295"><v>1</v></c></row>'),
        sheet(rows, before='<dimension ref="A1:B2"/>'),
    )
    return make.either(make.file(book({"Sheet1": text}), ".xlsx"), table.rows)


@family("workbook whose header is a million columns wide", most=4)
def wide_book(make: Maker) -> Case:
    count = [16_384, 200_000, 16_384, 50_000][make.number]
    row = [f"c{i}" for i in range(count)]
    extra = f'<row r="2"><c r="{letters(count)}2"><v>1</v></c></row>'
    return make.refused(make.file(book({"Sheet1": sheet([["id", "title", "started_at", *row]], extra=extra)}), ".xlsx"))


def _with_bomb(table: Table, part: str, packed: bytes, size: int) -> bytes:
    members = [plain(name, data) for name, data in parts({"Sheet1": sheet(natural(table))}).items() if name != part]
    return raw_zip([*members, Member(name=part, packed=packed, size=size)])


@family("workbook with a bomb in a part", most=16)
def part_bomb(make: Maker) -> Case:
    """Shared strings, a sheet or the styles that unpack to gigabytes; the size is told, or told small."""
    part = make.pick("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml")
    head, block = make.draw.choice(
        [
            (f"{_XML}<sst {_MAIN}>".encode(), b"<si><t>aaaa</t></si>" * 50_000),
            (f"{_XML}<sst {_MAIN}><si><t>".encode(), b"a" * MB),
            (f"{_XML}<worksheet {_MAIN}><sheetData>".encode(), b"<row/>" * 170_000),
            (f"{_XML}<worksheet {_MAIN}><sheetData>".encode(), b'<row><c t="n"><v>1</v></c></row>' * 32_000),
            (_XML.encode(), b"<a>" * 340_000),
        ]
    )
    times = make.pick(400, 2_500, 90)
    size = times * len(block) if make.number % 2 == 0 else 5_000
    return make.refused(make.file(_with_bomb(make.table(), part, repeated(block, times, head), size), ".xlsx"))


@family("workbook with entities", most=40, often=2)
def entities(make: Maker) -> Case:
    """Billion laughs, quadratic growth, and entities that point at other files."""
    table = make.table()
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    dtd, use = make.pick(
        (laughs, "&a10;"),
        (f'<!ENTITY q "{"q" * 60_000}">', "&q;" * 20_000),
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        ('<!ENTITY x SYSTEM "http://169.254.169.254/latest/meta-data/">', "&x;"),
        ('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x"),
        ('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;"),
    )
    rows = natural(table)
    rows[1][1] = Raw(f'<c r="{{at}}" t="inlineStr"><is><t>{use}</t></is></c>')
    text = sheet(rows).replace(_XML, f"{_XML}<!DOCTYPE worksheet [{dtd}]>")
    if make.number % 12 > 5:
        strings = f"{_XML}<!DOCTYPE sst [{dtd}]><sst {_MAIN}><si><t>{use}</t></si></sst>"
        rows[1][1] = Raw('<c r="{at}" t="s"><v>0</v></c>')
        return make.either(make.file(book({"Sheet1": sheet(rows)}, strings=strings), ".xlsx"), table.rows[1:], bad=[2])
    return make.either(make.file(book({"Sheet1": text}), ".xlsx"), table.rows[1:], bad=[2])


@family("workbook with broken XML")
def broken_xml(make: Maker) -> Case:
    text = sheet(natural(make.table(10, 40)))
    middle = len(text) // 2
    broken = make.pick(
        text[: make.draw.randrange(300, len(text) - 20)],
        text[:middle] + "<row>" + text[middle:],
        text.replace("</sheetData>", "</sheetdata>"),
        text[:middle] + "\x01\x02" + text[middle:],
        "",
        "not XML at all",
    )
    return make.refused(make.file(book({"Sheet1": broken}), ".xlsx"))


@family("workbook that lacks a part")
def missing_part(make: Maker) -> Case:
    table = make.table()
    name = make.pick("workbook", "relations", "sheet", "types", "root")
    sheets = {"Sheet1": sheet(natural(table))}
    whole = parts(sheets) if name == "sheet" else parts(sheets, **{name: None})
    whole.pop("xl/worksheets/sheet1.xml" if name == "sheet" else "", None)
    return make.either(make.file(zipped(whole), ".xlsx"), table.rows)


@family("workbook with formulas without values")
def formulas(make: Maker) -> Case:
    """A program wrote formulas and never computed them: the cell that a person sees is not in the file."""
    table = make.table(5, 30)
    rows = natural(table)
    where = make.pick("started_at", "title", "service", "severity")
    picked = sorted(make.draw.sample(range(len(table.lines)), make.draw.randint(1, 3)))
    shape = make.draw.choice(['<c r="{at}"><f>TODAY()</f></c>', '<c r="{at}"><f>A1</f><v></v></c>'])
    for index in picked:
        rows[index + 1][column(where)] = Raw(shape)
    bad = [index + 2 for index in picked]
    return make.either(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.without(*bad), bad)


@family("workbook with formulas without values beside the data")
def formulas_beside(make: Maker) -> Case:
    """A column that nobody reads holds them; the rest of the table is whole."""
    table = make.table()
    rows = natural(table)
    for row in rows[1:]:
        row.append(Raw('<c r="{at}"><f>RAND()</f></c>'))
    rows[0].append("dice")
    return make.either(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.rows)


@family("workbook with error cells")
def error_cells(make: Maker) -> Case:
    """#N/A is no title, no time and no system."""
    table = make.table(5, 30)
    rows = natural(table)
    where = make.pick("started_at", "title", "service", "severity", "resolved_at", "id")
    index = make.draw.randrange(len(table.lines))
    error = make.draw.choice(["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"])
    rows[index + 1][column(where)] = Raw(f'<c r="{{at}}" t="e"><f>VLOOKUP(A1,B:C,2)</f><v>{error}</v></c>')
    return make.rows(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.without(index + 2), [index + 2])


@family("workbook with error cells beside the data")
def errors_beside(make: Maker) -> Case:
    table = make.table()
    rows = natural(table)
    for row in rows[1:]:
        row.append(Raw('<c r="{at}" t="e"><v>#N/A</v></c>'))
    rows[0].append("lookup")
    return make.rows(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.rows)


@family("workbook with merged cells")
def merged(make: Maker) -> Case:
    """A cell over several rows holds its value in the first one only."""
    table = make.table(6, 20)
    where = make.pick("service", "title", "severity")
    rows = natural(table)
    at, letter = column(where), letters(column(where))
    for index in (2, 3):
        rows[index + 1][at] = None
    truth = list(table.rows)
    canonical = "system" if where == "service" else where
    for index in (2, 3):
        kept = {k: v for k, v in truth[index].cells.items() if k != canonical}
        truth[index] = Row(number=index + 2, cells=kept)
    after = f'<mergeCells count="1"><mergeCell ref="{letter}3:{letter}5"/></mergeCells>'
    return make.rows(make.file(book({"Sheet1": sheet(rows, after=after)}), ".xlsx"), truth)


@family("workbook that counts from 1904")
def base_1904(make: Maker) -> Case:
    table = make.table()
    rows = natural(table)
    for row in rows[1:]:
        for i, value in enumerate(row):
            if isinstance(value, dt.datetime):
                row[i] = Raw(f'<c r="{{at}}" s="{DATE}"><v>{serial(value, base1904=True)!r}</v></c>')
    return make.rows(make.file(book({"Sheet1": sheet(rows)}, base1904=True), ".xlsx"), table.rows)


@family("workbook of several sheets")
def several_sheets(make: Maker) -> Case:
    """Nobody said which sheet is meant: none is read."""
    first, second = make.table(), make.table()
    third = make.pick([["note"], ["hello"]], [], [["a", "b"], [1, 2]])
    sheets = {"2023": sheet(natural(first)), "2024": sheet(natural(second)), "notes": sheet(third)}
    return make.refused(make.file(book(sheets), ".xlsx"))


@family("workbook of several sheets, one of them named")
def named_sheet(make: Maker) -> Case:
    first, second = make.table(), make.table()
    sheets = {"2023": sheet(natural(first)), "Incidents & more": sheet(natural(second))}
    name, table = make.pick(("2023", first), ("Incidents & more", second))
    return make.rows(make.file(book(sheets), ".xlsx"), table.rows, options={"sheet": name})


@family("workbook of numbers and text in one column")
def mixed_ids(make: Maker) -> Case:
    """Ids as numbers, as text with leading zeros, beyond 2^53 and as fractions."""
    table = make.table(6, 6)
    ids = [
        42,
        "0042",
        Raw('<c r="{at}"><v>12345678901234567890</v></c>'),
        "1e5",
        Raw('<c r="{at}"><v>7.0</v></c>'),
        True,
    ]
    truth = ["42", "0042", "12345678901234567890", "1e5", "7", "true"]
    rows = natural(table)
    for index, (raw, text) in enumerate(zip(ids, truth, strict=True)):
        rows[index + 1][0] = raw
        table.put(index, "id", "", source_id=text)
    return make.rows(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.rows)


@family("workbook of dates, texts and bare numbers")
def mixed_dates(make: Maker) -> Case:
    """A date, a date as text, a number that is no date to whoever reads the file, and a time of day alone."""
    table = make.table(8, 30)
    rows = natural(table)
    at = column("started_at")
    rows[2][at] = table.lines[1][at]
    odd = make.pick(
        45_000.5,
        Raw('<c r="{at}" s="1"><v>0.5</v></c>'),
        Raw('<c r="{at}" s="1"><v>-5</v></c>'),
        20_240_305,
        Raw('<c r="{at}" s="1"><v>99999999</v></c>'),
        True,
    )
    rows[4][at] = odd
    return make.rows(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.without(5), [5])


@family("workbook with rows and cells out of order")
def disorder(make: Maker) -> Case:
    """Rows twice, backwards or without numbers; cells backwards or without addresses."""
    table = make.table(5, 20)
    rows = natural(table)
    text = sheet(rows)
    lines = text.split("<row ")
    swapped = "<row ".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    again = text.replace('<row r="4">', '<row r="3">')
    bare = text
    for number in range(1, len(rows) + 1):
        bare = bare.replace(f'<row r="{number}">', "<row>")
        for i in range(len(rows[0])):
            bare = bare.replace(f'<c r="{letters(i)}{number}"', "<c")
    backwards = text.replace('<c r="B3"', '<c r="Z3"', 1)
    chosen = make.pick(swapped, again, bare, backwards)
    truth = table.rows if chosen is not backwards else table.without(3)
    if chosen is swapped:
        truth = [Row(number=None, cells=row.cells) for row in truth]
    return make.either(make.file(book({"Sheet1": chosen}), ".xlsx"), truth)


@family("workbook of a hundred thousand sheets", most=3)
def many_sheets(make: Maker) -> Case:
    count = [100_000, 3_000, 20_000][make.number]
    listed = "".join(f'<sheet name="s{i}" sheetId="{i}" r:id="rId1"/>' for i in range(1, count))
    text = f'{_XML}<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>'
    return make.refused(make.file(book({"a": sheet(natural(make.table()))}, workbook=text), ".xlsx"))


@family("workbook with a million styles", most=3)
def many_styles(make: Maker) -> Case:
    table = make.table()
    text = STYLES.replace('<xf numFmtId="0"/>', '<xf numFmtId="0"/>' + '<xf numFmtId="0"/>' * 400_000)
    rows = natural(table)
    rows = [[z if not isinstance(z, dt.datetime) else z.strftime("%Y-%m-%dT%H:%M:%SZ") for z in row] for row in rows]
    return make.either(make.file(book({"Sheet1": sheet(rows)}, styles=text), ".xlsx"), table.rows)


@family("workbook with shared strings that are not there")
def missing_strings(make: Maker) -> Case:
    table = make.table()
    rows = natural(table)
    rows[1][1] = Raw(f'<c r="{{at}}" t="s"><v>{make.pick(5, -1, 10**12, "x")}</v></c>')
    return make.either(make.file(book({"Sheet1": sheet(rows)}), ".xlsx"), table.rows[1:], [2])
