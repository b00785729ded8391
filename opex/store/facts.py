"""Incidents, changes and readings: loaded in one transaction, read back as canonical frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from opex import frames
from opex.domain.systems import Catalogue
from opex.store import bulk
from opex.store.database import FACTS, Database
from opex.store.decisions import write_catalogue
from opex.store.schema import changes, incident_systems, incidents, loads, readings

KEY_JOIN = "\x1f"
_TABLES = {"incidents": incidents, "changes": changes, "readings": readings}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a load did to the workspace."""

    loaded: int
    unchanged: int
    replaced: int


@dataclass(frozen=True, kw_only=True)
class LoadRecord:
    """One row of the history of loads; ``report`` is the document of ``opex import --json``."""

    id: str
    at: datetime
    person: str
    kind: str
    source: str
    format: str
    files: tuple[str, ...]
    report: dict[str, Any]


def load(
    database: Database,
    tables: dict[str, pd.DataFrame],
    record: LoadRecord,
    *,
    catalogue: Catalogue | None = None,
    dry_run: bool = False,
) -> tuple[Counts, LoadRecord]:
    """Load canonical tables in one transaction: new rows in, changed rows replaced, equal rows left alone.

    Parameters
    ----------
    tables
        ``{"incidents", "incident_systems"}``, ``{"changes"}`` or ``{"readings"}``, each row's key given once.
    record
        The load's entry in the history; its report is completed with the counts.
    catalogue
        The system catalogue to put in force with it; ``None`` leaves it as it is.
    dry_run
        Count only; nothing is written.
    """
    name = next(name for name in _TABLES if name in tables)
    extra = tables.get("incident_systems", frames.empty(frames.INCIDENT_SYSTEMS))
    rows = _rows(name, tables[name], extra)
    if dry_run:
        with database.reading() as connection:
            fate = _fates(connection, name, rows)
        return _counts(fate), _completed(record, _counts(fate))
    with database.writing(FACTS) as connection:
        fate = _fates(connection, name, rows)
        bulk.insert(connection, _TABLES[name], rows[fate == "loaded"])
        bulk.update(connection, _TABLES[name], rows[fate == "replaced"])
        if name == "incidents":
            _save_systems(connection, rows, fate, extra)
        if catalogue is not None:
            write_catalogue(connection, catalogue)
        record = _completed(record, _counts(fate))
        connection.execute(sa.insert(loads).values(**{f: getattr(record, f) for f in LoadRecord.__annotations__}))
    return _counts(fate), record


def _rows(name: str, frame: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    hashed = frame
    if name == "readings":
        at = frame["at"].dt.as_unit("us").astype("int64").astype("str")
        parts = [frame["source"], frame["metric"], frame["system"].fillna(""), frame["environment"], at]
        keys = parts[0].str.cat(parts[1:], sep=KEY_JOIN)
    else:
        keys = frame["source"] + ":" + frame["source_id"]
        if name == "incidents" and len(extra):
            joined = extra.groupby(extra["source"] + ":" + extra["source_id"])["system"].agg(KEY_JOIN.join)
            hashed = frame.assign(systems=keys.map(joined).astype("str"))
    return frame.assign(id=keys, digest=bulk.digests(hashed))


def _fates(connection: sa.Connection, name: str, rows: pd.DataFrame) -> pd.Series:
    table = _TABLES[name]
    sources = [str(source) for source in rows["source"].unique()]
    known = bulk.fetch(connection, [table.c.id, table.c.digest], table.c.source.in_(sources))
    fate = pd.Series("loaded", index=rows.index)
    if known.empty:
        return fate
    earlier = rows["id"].map(known.set_index("id")["digest"])
    seen = earlier.notna()
    same = seen & (earlier.fillna(0).astype("int64") == rows["digest"])
    if seen.any():  # a digest does not survive the float that a missing one makes of it: compare exactly
        exact = known.set_index("id")["digest"].reindex(rows.loc[seen, "id"]).to_numpy()
        same.loc[seen] = exact == rows.loc[seen, "digest"].to_numpy()
    return fate.mask(seen, "replaced").mask(same, "unchanged")


def _counts(fate: pd.Series) -> Counts:
    found = fate.value_counts()
    return Counts(**{word: int(found.get(word, 0)) for word in ("loaded", "unchanged", "replaced")})


def _completed(record: LoadRecord, counts: Counts) -> LoadRecord:
    report = record.report | {"loaded": counts.loaded, "replaced": counts.replaced}
    report["unchanged"] = counts.unchanged + int(report.get("unchanged", 0))
    return LoadRecord(**{**record.__dict__, "report": report})


def _save_systems(connection: sa.Connection, rows: pd.DataFrame, fate: pd.Series, extra: pd.DataFrame) -> None:
    bulk.delete(connection, incident_systems.c.incident_id, rows.loc[fate == "replaced", "id"])
    if extra.empty:
        return
    pairs = pd.DataFrame({"incident_id": extra["source"] + ":" + extra["source_id"], "system": extra["system"]})
    touched = rows.loc[fate != "unchanged", ["id"]].rename(columns={"id": "incident_id"})
    bulk.insert(connection, incident_systems, pairs.drop_duplicates().merge(touched, on="incident_id"))


def read(database: Database, name: str, *, without: Sequence[str] = ()) -> pd.DataFrame:
    """A canonical table with its ``id`` column first (``source:source_id``), oldest row first.

    ``without`` names columns that are not wanted (a description is most of the bytes).
    """
    table = _TABLES[name]
    kept = [table.c.id, *(table.c[n] for n in frames.TABLES[name].names if n not in without)]
    with database.reading() as connection:
        frame = bulk.fetch(connection, kept)
    time = "at" if name == "readings" else "started_at"
    return frame.sort_values([time, "id"], kind="stable", ignore_index=True)


def read_incident_systems(database: Database) -> pd.DataFrame:
    """The further systems of incidents: columns ``incident_id`` and ``system``."""
    with database.reading() as connection:
        return bulk.fetch(connection, [incident_systems.c.incident_id, incident_systems.c.system])


def descriptions(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """What was written about these incidents, by id; those without a description are left out."""
    found: dict[str, str] = {}
    with database.reading() as connection:
        for start in range(0, len(ids), 500):
            some = incidents.c.id.in_(ids[start : start + 500])
            wanted = sa.select(incidents.c.id, incidents.c.description).where(some)
            found |= {row.id: row.description for row in connection.execute(wanted) if row.description}
    return found


def counts(database: Database) -> dict[str, int]:
    """The number of rows of each table of facts."""
    with database.reading() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in _TABLES.items()
        }


def history(database: Database, limit: int = 50) -> list[LoadRecord]:
    """The loads, newest first."""
    newest = sa.select(loads).order_by(loads.c.at.desc(), loads.c.id).limit(limit)
    with database.reading() as connection:
        rows = connection.execute(newest).mappings().all()
    return [LoadRecord(**{**row, "files": tuple(row["files"])}) for row in rows]
