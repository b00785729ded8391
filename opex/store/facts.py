"""Incidents, changes and readings: loaded in one transaction, taken back whole, read back as canonical frames."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from opex import frames
from opex.domain.problems import Refused
from opex.domain.systems import Catalogue
from opex.frames import JOIN, Rows
from opex.store import audit, bulk, watermarks
from opex.store.audit import By
from opex.store.database import FACTS, Database
from opex.store.decisions import read_catalogue, write_catalogue
from opex.store.schema import BEFORE, incidents, loads, refused_rows
from opex.store.schema import FACTS as TABLES
from opex.store.watermarks import Watermark

Cataloguing = Callable[[Catalogue], Catalogue]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a load did to the workspace."""

    loaded: int
    unchanged: int
    replaced: int


@dataclass(frozen=True, kw_only=True)
class LoadRecord:
    """One row of the history of loads; ``report`` is the document of ``opex import --json``.

    ``number`` is the load's place in the order of loads, ``mapping`` the TOML that reads its refused rows again.
    """

    id: str
    at: datetime
    person: str
    kind: str
    source: str
    format: str
    files: tuple[str, ...]
    report: dict[str, Any]
    number: int | None = None
    mapping: str | None = None
    before: dict[str, Any] | None = None
    taken_back_at: datetime | None = None
    taken_back_by: str | None = None

    @property
    def changed(self) -> bool:
        """Whether it wrote any row that still counts."""
        written = int(self.report.get("loaded", 0)) + int(self.report.get("replaced", 0))
        return self.taken_back_at is None and written > 0


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What goes in together with the rows of a load.

    ``catalogue`` gives the system catalogue from the one in force; ``watermark`` says how far its source is read;
    ``refused`` is the CSV text of the refused rows.
    """

    catalogue: Cataloguing | None = None
    watermark: Watermark | None = None
    refused: bytes | None = None


NOTHING = Beside()


def load(
    database: Database,
    rows: Rows,
    record: LoadRecord,
    *,
    beside: Beside = NOTHING,
    dry_run: bool = False,
    role: str = "",
) -> tuple[Counts, LoadRecord]:
    """Load rows in one transaction: new ones in, changed ones replaced, equal ones left alone.

    Parameters
    ----------
    rows
        Rows of one source (``record.source``), each id given once.
    record
        The load's entry in the history; its report is completed with the counts.
    beside
        What is written in the same transaction.
    dry_run
        Count only; nothing is written.
    role
        In which role the person of the record loads, for the audit log.
    """
    if dry_run:
        with database.reading() as connection:
            incoming = _come_in(connection, rows, record)
            counts = _counts(connection, incoming, rows.name)
            incoming.drop(connection)
        return counts, _completed(record, counts)
    with database.writing(FACTS) as connection:
        number = _next_number(connection)
        counts = _take_in(connection, rows, record, number)
        before = _beside(connection, beside, record)
        record = replace(_completed(record, counts), number=number, before=before)
        connection.execute(sa.insert(loads).values(**{f: getattr(record, f) for f in LoadRecord.__annotations__}))
        if beside.refused is not None:
            packed = zlib.compress(beside.refused)
            connection.execute(sa.insert(refused_rows).values(load_id=record.id, csv=packed))
        told = {"source": record.source, "kind": record.kind, "files": record.files, "report": record.report}
        audit.note(connection, _loader(record, role), "loaded", f"load:{record.id}", after=told)
    return counts, record


def _loader(record: LoadRecord, role: str) -> By:
    return By(at=record.at, person=record.person or "operator", role=role)


def _next_number(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(loads.c.number), 0))).scalar_one()) + 1


def _take_in(connection: sa.Connection, rows: Rows, record: LoadRecord, number: int) -> Counts:
    """A source's first rows go straight in; later ones by way of a table of what comes in."""
    table = TABLES[rows.name]
    known = sa.select(sa.literal(1)).where(sa.exists().where(table.c.source == record.source))
    if connection.execute(known).first() is None:
        loaded = 0
        for part in rows:
            _refuse_others(part, record)
            bulk.insert(connection, table, part.append_column("load", pa.array([number] * part.num_rows, pa.int64())))
            loaded += part.num_rows
        return Counts(loaded=loaded, unchanged=0, replaced=0)
    incoming = _come_in(connection, rows, record)
    counts = _counts(connection, incoming, rows.name)
    if counts.replaced:
        _replace(connection, table, BEFORE[rows.name], incoming, number)
    if counts.loaded:
        names = [column.name for column in incoming.columns if column.name != "load"]
        new = sa.select(*(incoming.c[name] for name in names), sa.literal(number, sa.BigInteger))
        there = sa.exists().where(table.c.id == incoming.c.id)
        connection.execute(sa.insert(table).from_select([*names, "load"], new.where(~there)))
    incoming.drop(connection)
    return counts


def _refuse_others(part: pa.Table, record: LoadRecord) -> None:
    others = set(part["source"].unique().to_pylist()) - {record.source}
    if others:
        raise ValueError(f"rows of {sorted(others)} in a load of {record.source}")


def _come_in(connection: sa.Connection, rows: Rows, record: LoadRecord) -> sa.Table:
    """A temporary table with the rows that come in."""
    columns = [sa.Column(c.name, c.type) for c in TABLES[rows.name].columns]
    incoming = sa.Table(f"incoming_{rows.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    incoming.create(connection)
    for part in rows:
        _refuse_others(part, record)
        bulk.insert(connection, incoming, part)
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"ANALYZE {incoming.name}")
    return incoming


def _counts(connection: sa.Connection, incoming: sa.Table, name: str) -> Counts:
    table = TABLES[name]
    found = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(table.c.id),
            sa.func.sum(sa.case((table.c.digest != incoming.c.digest, 1), else_=0)),
        ).select_from(incoming.outerjoin(table, table.c.id == incoming.c.id))
    ).one()
    whole, there, replaced = (int(count or 0) for count in found)
    return Counts(loaded=whole - there, unchanged=there - replaced, replaced=replaced)


def _replace(connection: sa.Connection, table: sa.Table, before: sa.Table, new: sa.Table, number: int) -> None:
    """Keep the rows that other values come for, and give them these values."""
    differs = sa.and_(table.c.id == new.c.id, table.c.digest != new.c.digest)
    names = [c.name for c in table.columns]
    old = sa.select(sa.literal(number, sa.BigInteger), *(table.c[name] for name in names)).where(differs)
    connection.execute(sa.insert(before).from_select(["replaced_by", *names], old))
    values = {name: new.c[name] for name in names if name not in ("id", "load")} | {"load": number}
    connection.execute(sa.update(table).values(values).where(differs))


def _beside(connection: sa.Connection, beside: Beside, record: LoadRecord) -> dict[str, Any]:
    """Write what goes in beside the rows; what it was before, for taking the load back."""
    before: dict[str, Any] = {}
    if beside.catalogue is not None:
        earlier = read_catalogue(connection)
        later = beside.catalogue(earlier)
        if later != earlier:
            write_catalogue(connection, later)
            before["systems"] = sorted({s.name for s in later.systems} - {s.name for s in earlier.systems})
    if beside.watermark is not None:
        state = watermarks.read(connection, beside.watermark.source)
        before["watermark"] = {"source": beside.watermark.source, "state": state.state if state else None}
        watermarks.write(connection, beside.watermark)
    return before


def _completed(record: LoadRecord, counts: Counts) -> LoadRecord:
    report = record.report | {"loaded": counts.loaded}
    report["unchanged"] = counts.unchanged + int(report.get("unchanged", 0))
    report["replaced"] = counts.replaced + int(report.get("replaced", 0))
    return replace(record, report=report)


# --- taking back ------------------------------------------------------------------------------------------------


def take_back(
    database: Database, id: str, *, person: str, at: datetime, with_later: bool = False, role: str = ""
) -> list[LoadRecord]:
    """Take a load back whole: the rows that it brought go, the rows that it replaced stand as before.

    Loads of one source stand on each other: later ones that wrote rows are taken back with it, newest first, when
    ``with_later`` says so. After it, the source's rows are those from before the load, value for value.

    Returns
    -------
    list of LoadRecord
        The loads that were taken back, the newest first.

    Raises
    ------
    Refused
        There is no such load, it is taken back already, later ones stand on it, or it is older than this memory.
    """
    with database.writing(FACTS) as connection:
        record = _load_of(connection, id)
        later = [one for one in _since(connection, record) if one.changed]
        if later and not with_later:
            names = ", ".join(
                f"{one.files[0] if one.files else one.source} of {one.at:%Y-%m-%d %H:%M} UTC" for one in later[:3]
            )
            more = f" and {len(later) - 3} more" if len(later) > 3 else ""
            raise Refused(
                f"{len(later)} later load{'s' if len(later) > 1 else ''} of {record.source} "
                f"stand{'' if len(later) > 1 else 's'} on this one ({names}{more}): take these back with it."
            )
        gone = [*later, record]
        _hold_watermark(connection, record, gone)
        for one in gone:
            _undo(connection, one)
            told = sa.update(loads).where(loads.c.id == one.id).values(taken_back_at=at, taken_back_by=person)
            connection.execute(told)
            audit.note(
                connection, By(at=at, person=person or "operator", role=role), "load taken back", f"load:{one.id}"
            )
    return gone


def _load_of(connection: sa.Connection, id: str) -> LoadRecord:
    row = connection.execute(sa.select(loads).where(loads.c.id == id)).mappings().first()
    if row is None:
        raise Refused(f'There is no load "{id}".')
    record = _record(row)
    if record.taken_back_at is not None:
        raise Refused(f"This load was taken back already, by {record.taken_back_by or 'somebody'}.")
    if record.number is None:
        raise Refused("This load is from before opex kept what a load replaces: it cannot be taken back.")
    return record


def _since(connection: sa.Connection, record: LoadRecord) -> list[LoadRecord]:
    """The later loads of the same source and kind, the newest first."""
    later = sa.select(loads).where(
        loads.c.source == record.source, loads.c.kind == record.kind, loads.c.number > record.number
    )
    return [_record(row) for row in connection.execute(later.order_by(loads.c.number.desc())).mappings()]


def _hold_watermark(connection: sa.Connection, record: LoadRecord, gone: Sequence[LoadRecord]) -> None:
    """Later loads that stay, since they wrote nothing, no longer know how far their source was read before them."""
    for one in _since(connection, record):
        if one.before and "watermark" in one.before and one.id not in {other.id for other in gone}:
            kept = {name: value for name, value in one.before.items() if name != "watermark"}
            connection.execute(sa.update(loads).where(loads.c.id == one.id).values(before=kept))


def _undo(connection: sa.Connection, record: LoadRecord) -> None:
    name = "readings" if record.kind == "metrics" else record.kind
    table, before = TABLES[name], BEFORE[name]
    mine = before.c.replaced_by == record.number
    kept = sa.select(before.c.id).where(mine)
    connection.execute(sa.delete(table).where(table.c.load == record.number, table.c.id.not_in(kept)))
    old = {c.name: before.c[c.name] for c in table.columns if c.name != "id"}
    connection.execute(sa.update(table).values(old).where(mine, before.c.id == table.c.id))
    connection.execute(sa.delete(before).where(mine))
    told = record.before or {}
    if told.get("systems"):
        _forget_systems(connection, set(told["systems"]))
    if "watermark" in told:
        watermarks.restore(connection, told["watermark"]["source"], told["watermark"]["state"])


def _forget_systems(connection: sa.Connection, names: set[str]) -> None:
    """Proposed systems that nobody has looked at, and no row names any more, go with the load that named them first."""
    named = sa.union(*(sa.select(table.c.system) for table in TABLES.values()), sa.select(incidents.c.further))
    cells = [cell for cell in connection.execute(named).scalars() if cell]
    used = {name.casefold() for cell in cells for name in cell.split(JOIN)}
    catalogue = read_catalogue(connection)
    left = tuple(
        s
        for s in catalogue.systems
        if s.name not in names or not s.proposed or used & {name.casefold() for name in (s.name, *s.aliases)}
    )
    write_catalogue(connection, Catalogue(systems=left))


def refused_csv(database: Database, id: str) -> bytes | None:
    """The CSV of the rows that a load refused; ``None`` when there were none."""
    with database.reading() as connection:
        found = connection.execute(sa.select(refused_rows.c.csv).where(refused_rows.c.load_id == id)).scalar()
    return None if found is None else zlib.decompress(found)


# --- reading ----------------------------------------------------------------------------------------------------


def read(database: Database, name: str, *, without: Sequence[str] = ()) -> pd.DataFrame:
    """A canonical table with its ``id`` column first (``source:source_id``), oldest row first.

    ``without`` names columns that are not wanted (a description is most of the bytes).
    """
    table = TABLES[name]
    kept = [table.c.id, *(table.c[n] for n in frames.TABLES[name].names if n not in without)]
    with database.reading() as connection:
        frame = bulk.fetch(connection, kept)
    needed = [column.name for column in frames.TABLES[name].columns if column.required and column.name not in without]
    if frame[needed].isna().to_numpy().any():
        raise Refused("The workspace is damaged: values that each row has are missing. Restore it from a copy.")
    time = "at" if name == "readings" else "started_at"
    return frame.sort_values([time, "id"], kind="stable", ignore_index=True)


def read_incident_systems(database: Database) -> pd.DataFrame:
    """The further systems of incidents: columns ``incident_id`` and ``system``."""
    with database.reading() as connection:
        several = bulk.fetch(connection, [incidents.c.id, incidents.c.further], incidents.c.further.is_not(None))
    pairs = several.assign(further=several["further"].str.split(JOIN)).explode("further")
    return pairs.rename(columns={"id": "incident_id", "further": "system"}).astype("str").reset_index(drop=True)


def descriptions(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """What was written about these incidents, by id; in this order; those without one are left out."""
    found: dict[str, str] = {}
    with database.reading() as connection:
        for start in range(0, len(ids), 500):
            some = incidents.c.id.in_(ids[start : start + 500])
            wanted = sa.select(incidents.c.id, incidents.c.description).where(some)
            found |= {row.id: row.description for row in connection.execute(wanted) if row.description}
    return {one: found[one] for one in ids if one in found}


def counts(database: Database) -> dict[str, int]:
    """The number of rows of each table of facts."""
    with database.reading() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in TABLES.items()
        }


def history(database: Database, limit: int = 50) -> list[LoadRecord]:
    """The loads, newest first."""
    newest = sa.select(loads).order_by(loads.c.at.desc(), loads.c.number.desc(), loads.c.id).limit(limit)
    with database.reading() as connection:
        rows = connection.execute(newest).mappings().all()
    return [_record(row) for row in rows]


def _record(row: Any) -> LoadRecord:
    return LoadRecord(**{**row, "files": tuple(row["files"])})
