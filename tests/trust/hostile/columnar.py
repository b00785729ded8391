"""Parquet and its kin: bombs, files that break off, footers that lie, and types that nobody expects."""

import datetime as dt
import decimal
import io
import struct
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq

from tests.trust.hostile.case import Case, Maker, Row, Table, family


def columns(table: Table) -> dict[str, pa.Array]:
    """The honest table with the types that a data platform would give it."""
    cells = [row.cells for row in table.rows]
    moment = pa.timestamp("us", "UTC")
    return {
        "id": pa.array([c["source_id"] for c in cells]),
        "title": pa.array([c["title"] for c in cells]),
        "service": pa.array([c["system"] for c in cells]),
        "environment": pa.array([c["environment"] for c in cells]),
        "severity": pa.array([c["severity"] for c in cells], pa.int8()),
        "started_at": pa.array([c["started_at"] for c in cells], moment),
        "resolved_at": pa.array([c["resolved_at"] for c in cells], moment),
    }


def parquet(data: dict[str, pa.Array], **options: Any) -> bytes:
    """The columns as a Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.table(data), target, **options)
    return target.getvalue()


@family("Parquet bomb", most=8)
def parquet_bomb(make: Maker) -> Case:
    """A dictionary of one long text and millions of references to it; or as many rows of nothing."""
    rows, width = make.pick((300_000, 1_000_000), (60_000_000, 1), (5_000_000, 20_000), (100_000, 100_000))
    title = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()).fill_null(0), pa.array(["x" * width]))
    start = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()).fill_null(0), pa.array(["2024-01-01"]))
    target = io.BytesIO()
    options = {"write_statistics": False, "compression": "zstd", "dictionary_pagesize_limit": 2**30}
    pq.write_table(pa.table({"title": title, "started_at": start}), target, row_group_size=rows, **options)
    return make.refused(make.file(target.getvalue(), ".parquet"))


@family("Parquet that breaks off")
def half_parquet(make: Maker) -> Case:
    data = parquet(columns(make.table(50, 300)))
    cut = make.draw.randrange(5, len(data) - 1)
    whole = make.pick(data[:cut], data[:cut] + b"PAR1", data[cut:], b"PAR1" + bytes(cut) + data[-12:])
    return make.refused(make.file(whole, ".parquet"))


@family("Parquet whose footer lies")
def lying_footer(make: Maker) -> Case:
    """Its length is nothing, too much, or negative; the footer is another file's or noise."""
    data = parquet(columns(make.table()))
    size = struct.unpack("<I", data[-8:-4])[0]
    other = parquet({"title": pa.array(["a"] * 9), "started_at": pa.array(["2024-01-01"] * 9)})
    foot = other[-8 - struct.unpack("<I", other[-8:-4])[0] :]
    lie = make.pick(
        data[:-8] + struct.pack("<I", 0) + b"PAR1",
        data[:-8] + struct.pack("<I", 2**31) + b"PAR1",
        data[:-8] + struct.pack("<i", -1) + b"PAR1",
        data[: -8 - size] + make.draw.randbytes(size) + data[-8:],
        data[:-8] + struct.pack("<I", size - 7) + b"PAR1",
        data[: -8 - size] + b"\x15\x04\x19\xfc\xff\xff\xff\xff\x0f" + bytes(60) + struct.pack("<I", 69) + b"PAR1",
        data[:60] + foot,
    )
    return make.refused(make.file(lie, ".parquet"))


@family("Parquet with a damaged page")
def damaged_page(make: Maker) -> Case:
    """One byte is another one, and the page's own checksum says so."""
    table = make.table(200, 300)
    data = bytearray(parquet(columns(table), write_page_checksum=True, compression="none", use_dictionary=False))
    place = data.find(str(table.rows[100].cells["title"]).encode())
    data[place + make.draw.randrange(4)] ^= 0x01
    return make.either(make.file(bytes(data), ".parquet"), table.without(102), [102])


@family("Parquet of nested columns")
def nested(make: Maker) -> Case:
    """Lists of lists, structs in structs, maps, beside the columns that are read or as one of them."""
    table = make.table()
    data, count = columns(table), len(table.rows)
    deep: pa.Array = pa.array(["x"] * count)
    for level in range(make.pick(1, 5, 60)):
        deep = pa.StructArray.from_arrays([deep], [f"n{level}"])
    odd = make.draw.choice(
        [
            pa.array([[["a", "b"], []]] * count),
            deep,
            pa.array([[("k", 1)]] * count, pa.map_(pa.string(), pa.int64())),
            pa.array([[{"a": 1, "b": [1, 2]}]] * count),
        ]
    )
    return make.either(make.file(parquet({**data, "payload": odd}), ".parquet"), table.rows)


@family("Parquet of every type of column")
def typed(make: Maker) -> Case:
    """The same rows as int96, nanoseconds, decimals, dictionaries, large text, views, unsigned numbers."""
    table = make.table()
    data = columns(table)
    cells = [row.cells for row in table.rows]
    options: dict[str, Any] = {}
    match make.number % 7:
        case 0:
            options = {"use_deprecated_int96_timestamps": True}
        case 1:
            data["started_at"] = data["started_at"].cast(pa.timestamp("ns", "UTC"))
        case 2:
            data["severity"] = pa.array([decimal.Decimal(c["severity"]) for c in cells], pa.decimal128(20, 4))
        case 3:
            data |= {name: data[name].dictionary_encode() for name in ("id", "title", "service")}
        case 4:
            data |= {name: data[name].cast(pa.large_string()) for name in ("id", "title")}
            data["severity"] = data["severity"].cast(pa.uint64())
        case 5:
            data |= {"title": data["title"].cast(pa.binary()), "severity": data["severity"].cast(pa.float16())}
        case _:
            data["started_at"] = data["started_at"].cast(pa.timestamp("us", "Europe/Berlin"))
    return make.either(make.file(parquet(data, **options), ".parquet"), table.rows)


@family("Parquet of very large ids")
def large_ids(make: Maker) -> Case:
    """Ids as 64-bit numbers beyond 2^53, one of them missing; ids as decimals; ids as floats that kept all digits."""
    table = make.table(4, 20)
    data, count = columns(table), len(table.rows)
    first = make.pick(2**53 + 1, 2**63 - 60, 2**64 - 60, 10**30)
    kind = make.pick(pa.int64(), pa.int64(), pa.uint64(), pa.decimal128(38, 0))
    numbers = [first + index for index in range(count)]
    values: list[Any] = [decimal.Decimal(n) for n in numbers] if pa.types.is_decimal(kind) else list(numbers)
    for index, number in enumerate(numbers):
        table.put(index, "id", "", source_id=str(number))
    bad = []
    if make.number % 2:
        values[1], bad = None, [3]
    data["id"] = pa.array(values, kind)
    return make.rows(make.file(parquet(data), ".parquet"), table.without(*bad), bad)


@family("Parquet with numbers that are none")
def infinite(make: Maker) -> Case:
    count = make.draw.randint(4, 20)
    moment = table_moments(count)
    values = [index / 4 for index in range(count)]
    odd = make.pick(float("inf"), float("-inf"), float("nan"))
    values[2] = odd
    data = {
        "metric": pa.array(["m"] * count),
        "at": pa.array(moment, pa.timestamp("us", "UTC")),
        "value": pa.array(values),
    }
    truth = [
        Row(number=i + 2, cells={"metric": "m", "at": moment[i], "value": values[i]}) for i in range(count) if i != 2
    ]
    return make.rows(make.file(parquet(data), ".parquet"), truth, [4], kind="metrics")


def table_moments(count: int) -> list[Any]:
    """Moments a minute apart."""
    return [dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=n) for n in range(count)]


@family("Parquet of many row groups", most=3)
def row_groups(make: Maker) -> Case:
    table = make.table(3_000, 4_000)
    return make.either(make.file(parquet(columns(table), row_group_size=1), ".parquet"), table.rows)


@family("Parquet of many columns", most=4)
def wide_parquet(make: Maker) -> Case:
    table = make.table(1, 3)
    more = {f"c{i}": pa.array([1] * len(table.rows)) for i in range(make.pick(2_500, 12_000))}
    return make.either(make.file(parquet({**columns(table), **more}), ".parquet"), table.rows)


@family("Parquet that names a column twice")
def twice_parquet(make: Maker) -> Case:
    """With the same cells, or with others: then nobody knows which is meant."""
    table = make.table()
    data = columns(table)
    other = make.pick(data["title"], pa.array([f"other {i}" for i in range(len(table.rows))]))
    whole = pa.table([*data.values(), other], names=[*data, "title"])
    target = io.BytesIO()
    pq.write_table(whole, target)
    path = make.file(target.getvalue(), ".parquet")
    return make.refused(path) if make.number % 2 else make.either(path, table.rows)


@family("Parquet with text that is none")
def invalid_text(make: Maker) -> Case:
    """A column says UTF-8 and holds other bytes, or a NUL."""
    table = make.table(4, 20)
    data = columns(table)
    raw = [title.encode() for title in data["title"].to_pylist()]
    raw[1] = make.pick(b"K\xf6ln", b"\xed\xa0\x80", b"a\0b", b"\xff" * 50)
    data["title"] = pa.array(raw, pa.binary()).view(pa.string())
    return make.either(make.file(parquet(data), ".parquet"), table.without(3), [3])


@family("Parquet without rows or columns")
def empty_parquet(make: Maker) -> Case:
    table = make.table(2, 3)
    data = columns(table)
    whole = make.pick(
        pa.table(data).slice(0, 0), pa.table({}), pa.table({name: pa.nulls(len(array)) for name, array in data.items()})
    )
    target = io.BytesIO()
    pq.write_table(whole, target)
    return make.refused(make.file(target.getvalue(), ".parquet"))


@family("Parquet without a zone, with one stated")
def naive_parquet(make: Maker) -> Case:
    """Wall times of Berlin as a platform without zones keeps them."""
    table = make.table()
    data = columns(table)
    berlin = ZoneInfo("Europe/Berlin")
    local = [row.cells["started_at"].astimezone(berlin) for row in table.rows]
    data["started_at"] = pa.array([moment.replace(tzinfo=None) for moment in local], pa.timestamp("us"))
    del data["resolved_at"]
    truth = [row for row, moment in zip(table.forget("resolved_at"), local, strict=True) if moment.hour not in (2, 3)]
    keep = pa.array([moment.hour not in (2, 3) for moment in local])
    data = {name: array.filter(keep) for name, array in data.items()}
    truth = [Row(number=index + 2, cells=row.cells) for index, row in enumerate(truth)]
    path = make.file(parquet(data), ".parquet")
    return make.rows(path, truth, options={"timezone": "Europe/Berlin"})


@family("another columnar file")
def other_columnar(make: Maker) -> Case:
    """Feather, ORC, Avro, encrypted Parquet, a pickle that says it is Parquet."""
    data = pa.table({"title": ["a"], "started_at": ["2024-01-01"]})
    target = io.BytesIO()
    match make.number % 5:
        case 0:
            pa.feather.write_feather(data, target)
        case 1:
            pa.orc.write_table(data, target)
        case 2:
            target.write(b"Obj\x01\x04\x14avro.codec\x08null" + make.draw.randbytes(200))
        case 3:
            target.write(b"PARE" + make.draw.randbytes(200) + b"\x10\0\0\0PARE")
        case _:
            target.write(b"PAR1" + b"cos\nsystem\n(S'true'\ntR." + b"PAR1")
    return make.refused(make.file(target.getvalue(), make.pick(".parquet", ".csv")))
