"""The tables of a workspace. Instants are microseconds since 1970 in UTC, as integers, on every database.

Facts (what was loaded) and decisions (what people said) are kept; scores and orders are derived from them. The
candidates are a cache with a memory: they can be found again, but their identities last.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as whole microseconds since 1970 in UTC.

    One arithmetic on every database, no naive times, and bulk rows need no conversion (docs/adr/0003).
    """

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """An aware datetime to microseconds; a naive one is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Microseconds to an aware datetime in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

loads = sa.Table(
    "loads",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Column("number", sa.BigInteger, unique=True),  # its place in the order of loads; none before migration 0002
    sa.Column("mapping", sa.Text),
    sa.Column("before", sa.JSON),  # what taking it back restores beside the rows
    sa.Column("taken_back_at", UtcDateTime),
    sa.Column("taken_back_by", sa.Text),
)

refused_rows = sa.Table(
    "refused_rows",
    metadata,
    sa.Column("load_id", sa.Text, sa.ForeignKey("loads.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("csv", sa.LargeBinary, nullable=False),  # compressed by zlib
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.BigInteger, nullable=False),  # early: a row is read from its beginning
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("system", sa.Text),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("severity", sa.SmallInteger),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("detected_at", UtcDateTime),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("mitigated_at", UtcDateTime),
    sa.Column("resolved_at", UtcDateTime),
    sa.Column("status", sa.Text),
    sa.Column("planned", sa.Boolean, nullable=False),
    sa.Column("customers_affected", sa.BigInteger),
    sa.Column("team", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("tags", sa.Text),
    sa.Column("reopened_count", sa.BigInteger),
    sa.Column("caused_by", sa.Text),
    sa.Column("further", sa.Text),  # the systems after the first
    sa.Column("load", sa.BigInteger),  # the number of the load that wrote the row as it stands
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.BigInteger, nullable=False),  # early: a row is read from its beginning
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("system", sa.Text),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("committed_at", UtcDateTime),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reverts", sa.Text),
    sa.Column("automated", sa.Boolean),
    sa.Column("actor", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("paths", sa.Text),
    sa.Column("load", sa.BigInteger),
)

readings = sa.Table(
    "readings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.BigInteger, nullable=False),  # early: a row is read from its beginning
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("unit", sa.Text),
    sa.Column("better", sa.Text),
    sa.Column("system", sa.Text),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("load", sa.BigInteger),
)


def _before(table: sa.Table) -> sa.Table:
    """The rows as they stood before the load ``replaced_by`` replaced them."""
    return sa.Table(
        f"{table.name}_before",
        metadata,
        sa.Column("replaced_by", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(c.name, c.type, nullable=c.nullable) for c in table.columns if c.name != "id"),
    )


FACTS = {table.name: table for table in (incidents, changes, readings)}
BEFORE = {name: _before(table) for name, table in FACTS.items()}

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("toml", sa.Text, nullable=False),
)

watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("tried_at", UtcDateTime, nullable=False),
    sa.Column("fresh_at", UtcDateTime),  # when it was last complete
    sa.Column("outcome", sa.JSON, nullable=False),
)

systems = sa.Table(
    "systems",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("toml", sa.Text, nullable=False),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.Column("login", sa.Text, nullable=False, server_default=""),  # how an administrator knows them, in small letters
    sa.Column("identity", sa.Text, unique=True),  # the provider's issuer and subject; none before the first sign-in
)

group_roles = sa.Table(
    "group_roles",
    metadata,
    sa.Column("group", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("what", sa.JSON, nullable=False),
    sa.Column("salt", sa.Text),  # gone once a person in it was forgotten
    sa.Column("digest", sa.Text, nullable=False),  # of salt, person, subject and what
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),  # of the rest, digest and previous
)

driver_sets = sa.Table(
    "driver_sets",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("toml", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

scenarios = sa.Table(
    "scenarios",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
)

finds = sa.Table(
    "finds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False),
)

candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("found", sa.Boolean, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
)

candidate_incidents = sa.Table(
    "candidate_incidents",
    metadata,
    sa.Column("candidate_id", sa.Text, sa.ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("incident_id", sa.Text, sa.ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True, index=True),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("request_id", sa.Text, nullable=False, unique=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("opportunity", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("session", sa.Text),  # in which session it was said
    sa.Index(None, "session", "kind"),
)

rankings = sa.Table(
    "rankings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # of its content: the same ranking is kept once
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("as_of", UtcDateTime, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("drivers", sa.Text, nullable=False),  # TOML
    sa.Column("content", sa.LargeBinary, nullable=False),  # JSON, compressed by zlib
    sa.Column("evidence", sa.LargeBinary, nullable=False),  # the same
)
