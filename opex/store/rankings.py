"""Rankings that are kept: what stood where, and all that its scores were made of."""

import json
import zlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from opex.domain.drivers import DriverSet
from opex.domain.kept import Effect, EvidenceRow, Figure, Kept, KeptItem, KeptRanking
from opex.domain.opportunities import Removal
from opex.domain.problems import Refused
from opex.store.database import RANKINGS, Database
from opex.store.schema import rankings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = ("id", "at", "as_of", "person", "occasion", "note", "drivers")


def keep(database: Database, ranking: KeptRanking) -> int:
    """Keep it and return its number. The same content is kept once; a later note of it replaces the earlier one.

    Two rankings are the same when as-of, drivers, items, moves and evidence are.
    """
    drivers, content, evidence = ranking.drivers.to_toml(), _content(ranking), _evidence(ranking)
    key = key_of(ranking.as_of, drivers, content, evidence)
    earlier = _number(database, key)
    if earlier is not None and not ranking.note:
        return earlier
    head = {"key": key, **{name: getattr(ranking, name) for name in ("at", "as_of", "person", "occasion", "note")}}
    row = {"drivers": drivers, "content": zlib.compress(content), "evidence": zlib.compress(evidence)}
    return _write(database, key, head | row)


def key_of(as_of: datetime, drivers: str, content: bytes, evidence: bytes) -> str:
    """What tells one content from another."""
    whole = (as_of.isoformat().encode(), drivers.encode(), content, evidence)
    return blake2b(b"\x00".join(whole), digest_size=16).hexdigest()


def _number(database: Database, key: str) -> int | None:
    with database.reading() as connection:
        found: int | None = connection.execute(sa.select(rankings.c.id).where(rankings.c.key == key)).scalar()
    return found


def _write(database: Database, key: str, row: dict[str, Any]) -> int:
    with database.writing(RANKINGS) as connection:
        if (earlier := connection.execute(sa.select(rankings.c.id).where(rankings.c.key == key)).scalar()) is not None:
            if row["note"]:
                connection.execute(sa.update(rankings).where(rankings.c.id == earlier).values(note=row["note"]))
            return int(earlier)
        number = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(rankings.c.id), 0))).scalar_one()) + 1
        connection.execute(sa.insert(rankings).values(id=number, **row))
    return number


def kept(database: Database, limit: int | None = None) -> list[Kept]:
    """When, by whom and why rankings were kept, newest first."""
    with database.reading() as connection:
        head = sa.select(rankings).with_only_columns(*(rankings.c[name] for name in _HEAD))
        rows = connection.execute(head.order_by(rankings.c.id.desc()).limit(limit)).mappings().all()
    return [Kept(**_head(row)) for row in rows]


def ranks(database: Database, number: int) -> dict[str, int]:
    """The places of the items of a kept ranking, by id."""
    with database.reading() as connection:
        found = connection.execute(sa.select(rankings.c.content).where(rankings.c.id == number)).scalar_one()
    return {item["id"]: item["rank"] for item in _read(found)["items"]}


def ranking(database: Database, number: int) -> KeptRanking:
    """The kept ranking of that number, whole.

    Raises
    ------
    Refused
        When there is none.
    """
    with database.reading() as connection:
        row = connection.execute(sa.select(rankings).where(rankings.c.id == number)).mappings().first()
    if row is None:
        raise Refused(f"There is no kept ranking {number}: `opex rankings` lists them.")
    content, evidence = _read(row["content"]), _read(row["evidence"])
    return KeptRanking(
        **_head(row),
        items=tuple(_item(item) for item in content["items"]),
        moves=tuple((of, to) for of, to in content["moves"]),
        out=content["out"],
        evidence=tuple(
            EvidenceRow(item, incident, _EPOCH + started * _MICROSECOND, *told)
            for item, incident, started, *told in evidence["rows"]
        ),
        figures={name: tuple(Figure(*row) for row in rows) for name, rows in evidence["figures"].items()},
    )


def _head(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _HEAD} | {"drivers": DriverSet.from_toml(row["drivers"])}


def _content(ranking: KeptRanking) -> bytes:
    items = [asdict(item) for item in ranking.items]
    return text({"items": items, "moves": ranking.moves, "out": ranking.out})


def _evidence(ranking: KeptRanking) -> bytes:
    rows = [(item, of, (started - _EPOCH) // _MICROSECOND, *told) for item, of, started, *told in ranking.evidence]
    return text({"rows": rows, "figures": ranking.figures})


def text(content: dict[str, Any]) -> bytes:
    """Plain data as it is kept, before it is compressed."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _read(compressed: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(zlib.decompress(compressed))
    return content


def _item(row: dict[str, Any]) -> KeptItem:
    kept_as = {
        "removes": Removal(**row["removes"]),
        "strikes": tuple(row["strikes"]),
        "effects": tuple(Effect(*effect) for effect in row["effects"]),
    }
    return KeptItem(**{**row, **kept_as})
