"""Files that are honest and only look odd (trust row 8), each with the rows that it means."""

import bz2
import csv
import datetime as dt
import io
import json
import lzma
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.trust.hostile.case import UTC
from tests.trust.hostile.packed import gz, zipped
from tests.trust.hostile.workbooks import STYLES, Raw, book, serial, sheet

HEADER = ("id", "title", "started_at")


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A file, the rows that it means in their order (only the columns named), and the rows that are no rows."""

    says: str
    name: str
    data: bytes
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    refused: int = 0
    kind: str = "incidents"
    options: Mapping[str, Any] = field(default_factory=dict)


def at(*parts: int) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


PLAIN = (("1", "Störung in Köln", at(2024, 3, 5, 14, 30)), ("2", "NA", at(2024, 3, 6)))
TEXT = "id,title,started_at\n1,Störung in Köln,2024-03-05 14:30\n2,NA,2024-03-06\n"
COLUMNS = ("source_id", "title", "started_at")


def same(says: str, name: str, data: bytes | str, **options: Any) -> Odd:
    """The two plain incidents in another dress."""
    raw = data.encode() if isinstance(data, str) else data
    return Odd(says=says, name=name, data=raw, columns=COLUMNS, rows=PLAIN, options=options)


def table(
    says: str,
    header: Sequence[str],
    lines: Sequence[Sequence[str]],
    columns: Sequence[str],
    rows: Sequence[Any],
    *,
    delimiter: str = ",",
    **more: Any,
) -> Odd:
    """Delimited text and its rows."""
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows([header, *lines])
    data = target.getvalue().encode()
    return Odd(says=says, name="odd.csv", data=data, columns=tuple(columns), rows=tuple(rows), **more)


def starts(says: str, texts: Sequence[str], moments: Sequence[dt.datetime | None], **options: Any) -> Odd:
    """A column of starts; ``None`` is a row that is refused."""
    lines = [(str(i), "a", text) for i, text in enumerate(texts)]
    rows = [(str(i), moment) for i, moment in enumerate(moments) if moment]
    refused = sum(moment is None for moment in moments)
    return table(says, HEADER, lines, ("source_id", "started_at"), rows, refused=refused, options=options)


def workbook(
    says: str, cells: Sequence[Sequence[Any]], columns: Sequence[str], rows: Sequence[Any], **more: Any
) -> Odd:
    """A workbook of one sheet."""
    refused = more.pop("refused", 0)
    return Odd(
        says=says,
        name="odd.xlsx",
        data=book({"Sheet1": sheet(cells, after=more.pop("after", ""))}, **more),
        refused=refused,
        columns=tuple(columns),
        rows=tuple(rows),
    )


def parquet(says: str, columns: Sequence[str], rows: Sequence[Any], **data: pa.Array) -> Odd:
    """A Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.table(data), target)
    return Odd(says=says, name="odd.parquet", data=target.getvalue(), columns=tuple(columns), rows=tuple(rows))


def encodings() -> list[Odd]:
    """The same table in every common encoding, with its mark and without."""
    names = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252")
    found = [same(f"a table in {name}", "odd.csv", TEXT.encode(name)) for name in names]
    marked = b"\xfe\xff" + TEXT.encode("utf-16-be")
    return [
        *found,
        same("a table in big-endian UTF-16 with its mark", "odd.csv", marked),
        same("a table in the encoding of old Macs' line ends", "odd.csv", TEXT.replace("\n", "\r")),
        same("a table with the line ends of Windows", "odd.csv", TEXT.replace("\n", "\r\n")),
        same("a table without a last line end", "odd.csv", TEXT.rstrip()),
        same("a table with blank lines above and below", "odd.csv", f"\n\n{TEXT}\n\n"),
        same("a table with sep= above it", "odd.csv", "sep=;\n" + TEXT.replace(",", ";")),
    ]


def packages() -> list[Odd]:
    """Packed tables."""
    data = TEXT.encode()
    return [
        same("a gzipped table", "odd.csv.gz", gz(data)),
        same("a gzipped table that does not say so", "odd.csv", gz(data)),
        same("a gzipped table of several members", "odd.csv.gz", b"".join(map(gz, data.splitlines(keepends=True)))),
        same("a zipped table", "odd.zip", zipped({"incidents.csv": data})),
        same("a zipped table that does not say so", "odd.csv", zipped({"export/incidents.csv": data})),
        same(
            "a table zipped on a Mac", "odd.zip", zipped({"a.csv": data, "__MACOSX/._a.csv": b"\0\5\x16\7" + bytes(40)})
        ),
        same("a zipped workbook", "odd.zip", zipped({"a.xlsx": book({"Sheet1": sheet(_plain_cells())})})),
    ]


def _plain_cells() -> list[list[Any]]:
    return [list(HEADER), *[[row[0], row[1], row[2]] for row in PLAIN]]


def cells() -> list[Odd]:
    """Delimiters, quotes, numbers, ids and words."""
    found = [same(f"cells apart by {mark!r}", "odd.csv", TEXT.replace(",", mark)) for mark in ";\t|"]
    words = ("NA", "null", "None", "nan", "N/A", "-", "TRUE", "#N/A", "0")
    ids = ("007", "1.0", "1e5", "9007199254740993", "123456789012345678901", "A:1", "=1+1", "TRUE")
    return [
        *found,
        table(
            "ids keep zeros, points and all digits",
            HEADER,
            [(i, "a", "2024-01-01") for i in ids],
            ("source_id",),
            [(i,) for i in ids],
        ),
        table(
            "words that programs take for nothing",
            (*HEADER, "service"),
            [(str(i), w, "2024-01-01", w) for i, w in enumerate(words)],
            ("title", "system"),
            [(w, w) for w in words],
        ),
        table(
            "decimal commas between semicolons",
            ("metric", "at", "value"),
            [("m", "2024-01-01", "0,25"), ("m", "2024-01-02", "1.234,5"), ("m", "2024-01-03", "-3")],
            ("value",),
            [(0.25,), (1234.5,), (-3.0,)],
            delimiter=";",
            kind="metrics",
        ),
        table(
            "decimal commas between tabs",
            ("metric", "at", "value"),
            [("m", "2024-01-01", "0,25"), ("m", "2024-01-02", "12,5")],
            ("value",),
            [(0.25,), (12.5,)],
            delimiter="\t",
            kind="metrics",
        ),
        table(
            "decimal points between semicolons",
            ("metric", "at", "value"),
            [("m", "2024-01-01", "0.25"), ("m", "2024-01-02", "1.234")],
            ("value",),
            [(0.25,), (1.234,)],
            delimiter=";",
            kind="metrics",
        ),
        table(
            "numbers that are none, one each",
            ("metric", "at", "value"),
            [
                ("m", f"2024-01-{i + 1:02}", v)
                for i, v in enumerate(("1", "NaN", "inf", "1e999", "0x10", "１", "1e3", "-0"))
            ],
            ("value",),
            [(1.0,), (1000.0,), (0.0,)],
            kind="metrics",
            refused=5,
        ),
        table(
            "quotes, delimiters and line breaks inside cells",
            (*HEADER, "body"),
            [("1", 'say "hi", now', "2024-01-01", "one\ntwo, three\n"), ("2", "5\" disk; 'x'", "2024-01-02", '"')],
            ("title", "description"),
            [('say "hi", now', "one\ntwo, three\n"), ("5\" disk; 'x'", '"')],
        ),
        Odd(
            says="a quote in the middle of a bare cell",
            name="odd.csv",
            data=b'id,title,started_at\n1,5" disk,2024-01-01\n2,b,2024-01-02\n',
            columns=("title",),
            rows=(('5" disk',), ("b",)),
        ),
        table(
            "formulas are titles like others",
            HEADER,
            [("1", "=1+1", "2024-01-01"), ("2", "@a", "2024-01-01"), ("3", "+1", "2024-01-01")],
            ("title",),
            [("=1+1",), ("@a",), ("+1",)],
        ),
        table(
            "titles in every script",
            HEADER,
            [(str(i), t, "2024-01-01") for i, t in enumerate(("停电", "انقطاع", "👩‍💻", "e\u0301"))],
            ("title",),
            [("停电",), ("انقطاع",), ("👩‍💻",), ("e\u0301",)],
        ),
        table(
            "a header that comes twice: its cells agree, or one is empty, or the row is refused",
            ("id", "title", "title", "started_at"),
            [("1", "a", "a", "2024-01-01"), ("2", "b", "c", "2024-01-01"), ("3", "", "d", "2024-01-01")],
            ("source_id", "title"),
            [("1", "a"), ("3", "d")],
            refused=1,
        ),
        table(
            "a header without a name",
            (*HEADER, ""),
            [("1", "a", "2024-01-01", "x")],
            ("source_id", "title"),
            [("1", "a")],
        ),
        table(
            "another file's header in capitals and spaces",
            (" Incident ID ", "SHORT DESCRIPTION", "Opened (At)", "Config"),
            [("1", "a", "2024-01-01", "x")],
            COLUMNS,
            [("1", "a", at(2024, 1, 1))],
        ),
        table(
            "a cell of a megabyte",
            (*HEADER, "body"),
            [("1", "a", "2024-01-01", "x" * 1_000_000)],
            ("description",),
            [("x" * 1_000_000,)],
        ),
        table(
            "header characters that some take for line ends",
            (*HEADER, "a\x0cb", "c\u2028d"),
            [("1", "a", "2024-01-01", "", "")],
            ("source_id",),
            [("1",)],
        ),
    ]


def times() -> list[Odd]:
    """Formats decided from the whole column, zones, and daylight saving both ways by known answers."""
    berlin, york = {"timezone": "Europe/Berlin"}, {"timezone": "America/New_York"}
    late = ["03/04/2024"] * 500 + ["25/04/2024"]
    return [
        starts("day first, told only by the last row", late, [at(2024, 4, 3)] * 500 + [at(2024, 4, 25)]),
        starts(
            "month first, told only by the last row",
            ["03/04/2024"] * 500 + ["04/25/2024"],
            [at(2024, 3, 4)] * 500 + [at(2024, 4, 25)],
        ),
        starts("dots put the day first", ["03.04.2024 9:05"], [at(2024, 4, 3, 9, 5)]),
        starts(
            "seconds and milliseconds since 1970, each their own column",
            ["1709649000", "1709649001"],
            [at(2024, 3, 5, 14, 30), at(2024, 3, 5, 14, 30, 1)],
        ),
        starts("milliseconds", ["1709649000250"], [dt.datetime(2024, 3, 5, 14, 30, 0, 250_000, tzinfo=UTC)]),
        starts(
            "offsets of half an hour",
            ["2024-07-01T12:00:00+05:30", "2024-07-01T12:00:00-03:30"],
            [at(2024, 7, 1, 6, 30), at(2024, 7, 1, 15, 30)],
        ),
        starts(
            "wall time beside offsets",
            ["2024-07-01 12:00", "2024-07-01T12:00:00Z"],
            [at(2024, 7, 1, 10), at(2024, 7, 1, 12)],
            **berlin,
        ),
        starts(
            "Berlin in summer and winter",
            ["2024-07-01 12:00", "2024-01-01 12:00"],
            [at(2024, 7, 1, 10), at(2024, 1, 1, 11)],
            **berlin,
        ),
        starts(
            "the hour that Berlin skips",
            ["2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00"],
            [at(2024, 3, 31, 0, 59), None, at(2024, 3, 31, 1)],
            **berlin,
        ),
        starts(
            "the hour that Berlin doubles",
            ["2024-10-27 01:59", "2024-10-27 02:30", "2024-10-27 03:00"],
            [at(2024, 10, 26, 23, 59), None, at(2024, 10, 27, 2)],
            **berlin,
        ),
        starts(
            "the hour that New York skips",
            ["2024-03-10 01:59", "2024-03-10 02:30", "2024-03-10 03:00"],
            [at(2024, 3, 10, 6, 59), None, at(2024, 3, 10, 7)],
            **york,
        ),
        starts(
            "the hour that New York doubles",
            ["2024-11-03 00:59", "2024-11-03 01:30", "2024-11-03 02:00"],
            [at(2024, 11, 3, 4, 59), None, at(2024, 11, 3, 7)],
            **york,
        ),
        starts(
            "the doubled hour with its offset",
            ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"],
            [at(2024, 10, 27, 0, 30), at(2024, 10, 27, 1, 30)],
            **berlin,
        ),
        starts(
            "leap days",
            ["2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29"],
            [at(2024, 2, 29), None, at(2000, 2, 29), None],
        ),
        starts("months by name", ["5 Mar 2024 14:30", "29 Feb 2024"], [at(2024, 3, 5, 14, 30), at(2024, 2, 29)]),
        starts(
            "twelve hours",
            ["12/31/2024 12:05 AM", "12/31/2024 12:05 PM"],
            [at(2024, 12, 31, 0, 5), at(2024, 12, 31, 12, 5)],
        ),
    ]


def workbooks() -> list[Odd]:
    """Excel as people use it."""
    moment = at(2024, 2, 29, 13, 5)
    formula = Raw('<c r="{at}" t="str"><f>A1&amp;"x"</f><v>computed</v></c>')
    numbered = Raw(f'<c r="{{at}}" s="1"><f>NOW()</f><v>{serial(moment)!r}</v></c>')
    error = Raw('<c r="{at}" t="e"><v>#N/A</v></c>')
    old = Raw(f'<c r="{{at}}" s="1"><v>{serial(moment, base1904=True)!r}</v></c>')
    rich = Raw(
        '<c r="{at}" t="inlineStr"><is><r><t>Check</t></r><r><rPr><b/></rPr><t xml:space="preserve">out </t></r>'
        "<r><t>slow</t></r></is></c>"
    )
    shared = '<sst><si><t>Down</t><rPh sb="0" eb="1"><t>DAUN</t></rPh></si></sst>'
    strings = '<?xml version="1.0" encoding="UTF-8"?>' + shared.replace(
        "<sst>", '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    )
    phonetic = Raw('<c r="{at}" t="s"><v>0</v></c>')
    two = {"Incidents": sheet(_plain_cells()), "Other": sheet([list(HEADER), ["9", "other", at(2024, 1, 1)]])}
    notes = {"Readme": sheet([["Please read me"]]), "Data": sheet(_plain_cells())}
    head = list(HEADER)
    return [
        Odd(
            says="the sheet that is asked for",
            name="odd.xlsx",
            data=book(two),
            columns=COLUMNS,
            rows=PLAIN,
            options={"sheet": "Incidents"},
        ),
        same("one sheet of data beside a note", "odd.xlsx", book(notes)),
        same("a workbook that says it is CSV", "odd.csv", book({"Sheet1": sheet(_plain_cells())})),
        workbook(
            "numbers and text as ids",
            [head, [42, "a", moment], ["0042", "b", moment], [7.0, "c", moment]],
            ("source_id",),
            [("42",), ("0042",), ("7",)],
        ),
        workbook("a formula's stored value", [head, ["1", formula, numbered]], COLUMNS, [("1", "computed", moment)]),
        workbook(
            "a formula without a value beside the data",
            [[*head, "dice"], ["1", "a", moment, Raw('<c r="{at}"><f>RAND()</f></c>')]],
            COLUMNS,
            [("1", "a", moment)],
        ),
        workbook(
            "an error cell beside the data",
            [[*head, "lookup"], ["1", "a", moment, error]],
            COLUMNS,
            [("1", "a", moment)],
        ),
        workbook(
            "an error cell as the title",
            [head, ["1", error, moment], ["2", "b", moment]],
            COLUMNS,
            [("2", "b", moment)],
            refused=1,
        ),
        workbook("days since 1904", [head, ["1", "a", old]], COLUMNS, [("1", "a", moment)], base1904=True),
        workbook("dates as text", [head, ["1", "a", "2024-02-29 13:05"]], COLUMNS, [("1", "a", moment)]),
        workbook("a title in several fonts", [head, ["1", rich, moment]], ("title",), [("Checkout slow",)]),
        workbook(
            "how a title is spoken is no part of it",
            [head, ["1", phonetic, moment]],
            ("title",),
            [("Down",)],
            strings=strings,
        ),
        workbook(
            "a far cell that holds nothing",
            [head, ["1", "a", moment]],
            COLUMNS,
            [("1", "a", moment)],
            after='<conditionalFormatting sqref="A1:XFD1048576"/>',
        ),
        workbook("a size that is not true", [head, ["1", "a", moment]], COLUMNS, [("1", "a", moment)], styles=STYLES),
        workbook(
            "a truth value",
            [[*head, "planned"], ["1", "a", moment, True], ["2", "b", moment, False]],
            ("source_id", "planned"),
            [("1", True), ("2", False)],
        ),
    ]


def documents() -> list[Odd]:
    """JSON, JSON Lines and Parquet."""
    records = [{"id": row[0], "title": row[1], "started_at": row[2].isoformat()} for row in PLAIN]
    naive = pa.array([dt.datetime(2024, 7, 1, 12), dt.datetime(2024, 1, 1, 12)], pa.timestamp("ns"))  # noqa: DTZ001 - as it is
    large = [2**53 + 1, None]
    lines = "\n".join(json.dumps(one) for one in records)
    return [
        same("an array of objects", "odd.json", json.dumps(records)),
        same("an object that holds one array", "odd.json", json.dumps({"page": {"next": None}, "incidents": records})),
        same(
            "JSON with a byte order mark",
            "odd.json",
            b"\xef\xbb\xbf" + json.dumps(records, ensure_ascii=False).encode(),
        ),
        same("JSON in UTF-16", "odd.json", json.dumps(records, ensure_ascii=False).encode("utf-16")),
        same("one object a line", "odd.jsonl", lines),
        same(
            "one object a line, with blank lines and the line ends of Windows",
            "odd.jsonl",
            lines.replace("\n", "\r\n\r\n") + "\r\n",
        ),
        same("one object a line, gzipped", "odd.jsonl.gz", gz(lines.encode())),
        Odd(
            says="ids as numbers of 25 digits",
            name="odd.json",
            data=b'[{"id": 1234567890123456789012345, "title": "a", "started_at": "2024-01-01"}]',
            columns=("source_id",),
            rows=(("1234567890123456789012345",),),
        ),
        Odd(
            says="large ids beside a missing one",
            name="odd.parquet",
            data=_ids(large),
            columns=("source_id",),
            rows=(("9007199254740993",),),
            refused=1,
        ),
        Odd(
            says="wall time in Parquet",
            name="odd.parquet",
            data=_table(id=pa.array(["1", "2"]), title=pa.array(["a", "b"]), started_at=naive),
            columns=("started_at",),
            rows=((at(2024, 7, 1, 10),), (at(2024, 1, 1, 11),)),
            options={"timezone": "Europe/Berlin"},
        ),
        parquet(
            "dictionaries and dates",
            COLUMNS,
            [("1", "a", at(2024, 3, 5))],
            id=pa.array(["1"]).dictionary_encode(),
            title=pa.array(["a"]),
            started_at=pa.array([dt.date(2024, 3, 5)]),
        ),
    ]


def _table(**columns: pa.Array) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def _ids(ids: Sequence[int | None]) -> bytes:
    count = len(ids)
    return _table(
        id=pa.array(ids, pa.int64()), title=pa.array(["a"] * count), started_at=pa.array(["2024-01-01"] * count)
    )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An honest file that says too little: what is missing is asked for, in words."""

    says: str
    name: str
    data: bytes
    words: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def asked() -> list[Asked]:
    """What a file leaves open and a person has to say."""
    two = {"2023": sheet(_plain_cells()), "2024": sheet(_plain_cells())}
    return [
        Asked(
            says="day or month first",
            name="odd.csv",
            data=b"id,title,started_at\n1,a,03/04/2024\n2,b,05/06/2024\n",
            words=("odd.csv", "started_at", "03/04/2024", "date_format"),
        ),
        Asked(says="one of two sheets", name="odd.xlsx", data=book(two), words=("odd.xlsx", "2023", "2024")),
        Asked(
            says="a sheet that is not there",
            name="odd.xlsx",
            data=book(two),
            words=("odd.xlsx", "2025", "2023", "2024"),
            options={"sheet": "2025"},
        ),
        Asked(
            says="a column for the title",
            name="odd.csv",
            data=b"id,colour,started_at\n1,blue,2024-01-01\n",
            words=("odd.csv", "title", "colour"),
        ),
    ]


FAMILIES: tuple[Callable[[], list[Odd]], ...] = (encodings, packages, cells, times, workbooks, documents)
ODD = [one for made in FAMILIES for one in made()]
PACKED_OTHERWISE = {"odd.csv.bz2": bz2.compress(TEXT.encode()), "odd.csv.xz": lzma.compress(TEXT.encode())}
