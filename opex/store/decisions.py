"""What people decided beside the journal: driver sets, the system catalogue, mappings; and candidates' memory."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from opex.domain.drivers import DriverSet
from opex.domain.opportunities import Candidate, Reason, Removal, Theme
from opex.domain.systems import Catalogue, System
from opex.store import audit, bulk, schema
from opex.store.audit import By
from opex.store.database import DECISIONS, FACTS, Database
from opex.store.sayings import StaleReview


@dataclass(frozen=True, kw_only=True)
class SavedDrivers:
    """A version of the driver set: who saved it, when and why."""

    drivers: DriverSet
    at: datetime
    person: str
    note: str


def save_drivers(database: Database, drivers: DriverSet, *, by: By, note: str, seen: int | None) -> DriverSet:
    """Save as the next version; refuse when another version came in since ``seen``."""
    table = schema.driver_sets
    with database.writing(DECISIONS) as connection:
        last = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.version), 0))).scalar_one())
        if seen is not None and seen != last:
            raise StaleReview(f"A colleague saved version {last} meanwhile: look at it, then save again.")
        saved = replace(drivers, version=last + 1)
        row = {"version": last + 1, "name": saved.name, "toml": saved.to_toml(), "at": by.at, "person": by.person}
        before = connection.execute(sa.select(table.c.toml).where(table.c.version == last)).scalar()
        connection.execute(sa.insert(table).values(**row, note=note))
        audit.note(connection, by, "drivers saved", f"drivers:{last + 1}", before=before, after=row["toml"], note=note)
    return saved


def drivers(database: Database) -> list[SavedDrivers]:
    """All versions of the driver set, newest first."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(schema.driver_sets).order_by(schema.driver_sets.c.version.desc())).all()
    return [
        SavedDrivers(drivers=DriverSet.from_toml(row.toml), at=row.at, person=row.person, note=row.note) for row in rows
    ]


def save_catalogue(database: Database, catalogue: Catalogue, *, by: By) -> None:
    """Put this catalogue in the place of the earlier one."""
    with database.writing(FACTS) as connection:
        before = read_catalogue(connection)
        write_catalogue(connection, catalogue)
        audit.note(connection, by, "systems saved", "systems", **_changed(before, catalogue))


def _changed(before: Catalogue, after: Catalogue) -> dict[str, Any]:
    """The systems that are not the same in both, as they were and as they are."""
    was, now = ({system.name: asdict(system) for system in of.systems} for of in (before, after))
    names = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return {"before": {n: was.get(n) for n in names}, "after": {n: now.get(n) for n in names}}


def write_catalogue(connection: sa.Connection, catalogue: Catalogue) -> None:
    """The same within a transaction that is open already: a load brings its systems along."""
    rows = [{"name": system.name, "body": asdict(system)} for system in catalogue.systems]
    connection.execute(sa.delete(schema.systems))
    if rows:
        connection.execute(sa.insert(schema.systems), rows)


def catalogue(database: Database) -> Catalogue:
    """The system catalogue, by name."""
    with database.reading() as connection:
        return read_catalogue(connection)


def read_catalogue(connection: sa.Connection) -> Catalogue:
    """The same within a transaction that is open already."""
    rows = connection.execute(sa.select(schema.systems).order_by(schema.systems.c.name)).all()
    return Catalogue(systems=tuple(_system(row.body) for row in rows))


def _system(body: dict[str, Any]) -> System:
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in body.items()}
    return System(**plain)


def save_mapping(database: Database, name: str, kind: str, toml: str, *, by: By) -> None:
    """Keep a mapping by its name; the newer one wins."""
    table = schema.mappings
    with database.writing(DECISIONS) as connection:
        before = connection.execute(sa.select(table.c.toml).where(table.c.name == name)).scalar()
        connection.execute(sa.delete(table).where(table.c.name == name))
        audit.note(connection, by, "mapping kept", f"mapping:{name}", before=before, after=toml)
        connection.execute(sa.insert(schema.mappings).values(name=name, kind=kind, toml=toml))


def mappings(database: Database, kind: str) -> dict[str, str]:
    """The kept mappings of that kind: name to TOML text."""
    kept = schema.mappings
    with database.reading() as connection:
        rows = connection.execute(sa.select(kept.c.name, kept.c.toml).where(kept.c.kind == kind).order_by(kept.c.name))
        return {row.name: row.toml for row in rows}


def save_candidates(database: Database, key: str, found: Sequence[Candidate]) -> None:
    """Remember what the finders found under that key; earlier candidates that were not found keep their identity."""
    table, members = schema.candidates, schema.candidate_incidents
    rows = [{"id": c.id, "position": n, "found": True, "body": _plain(c)} for n, c in enumerate(found)]
    pairs = [(c.id, incident) for c in found for incident in c.incidents]
    with database.writing(DECISIONS) as connection:
        connection.execute(sa.update(table).values(found=False))
        bulk.delete(connection, table.c.id, [c.id for c in found])
        if rows:
            connection.execute(sa.insert(table), rows)
        columns = {name: pa.array([pair[n] for pair in pairs], pa.large_string())
                   for n, name in enumerate(("candidate_id", "incident_id"))}  # fmt: skip
        bulk.insert(connection, members, pa.table(columns))
        connection.execute(sa.delete(schema.finds))
        connection.execute(sa.insert(schema.finds).values(id=1, key=key))


def found_under(database: Database) -> str | None:
    """The key of the last find: equal to today's when nothing has changed since."""
    with database.reading() as connection:
        return connection.execute(sa.select(schema.finds.c.key)).scalar()


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """A candidate and whether the last find proposed it again."""

    candidate: Candidate
    found: bool


def candidates(database: Database) -> list[Remembered]:
    """Every candidate ever found, the last find's order first."""
    table, members = schema.candidates, schema.candidate_incidents
    order = (table.c.found.desc(), table.c.position, table.c.id)
    with database.reading() as connection:
        rows = connection.execute(sa.select(table).order_by(*order)).all()
        pairs = bulk.fetch(connection, [members.c.candidate_id, members.c.incident_id])
    belong = pairs.groupby("candidate_id")["incident_id"].agg(tuple).to_dict() if len(pairs) else {}
    return [Remembered(candidate=_candidate(r.body, belong.get(r.id, ())), found=r.found) for r in rows]


_OF_A_THEME = {field.name for field in fields(Theme)}


def _plain(candidate: Candidate) -> dict[str, Any]:
    return {key: value for key, value in asdict(candidate).items() if key != "incidents"}


def _candidate(body: dict[str, Any], incidents: tuple[str, ...]) -> Candidate:
    known = {field.name for field in fields(Candidate)}
    plain = {k: v for k, v in body.items() if k in known}
    plain |= {"removes": Removal(**body["removes"]), "changes": tuple(body["changes"])}
    if body.get("theme") is not None:
        plain["theme"] = Theme(**{name: tuple(told) for name, told in body["theme"].items() if name in _OF_A_THEME})
    return Candidate(**{**plain, "reasons": tuple(Reason(**r) for r in body["reasons"]), "incidents": incidents})
