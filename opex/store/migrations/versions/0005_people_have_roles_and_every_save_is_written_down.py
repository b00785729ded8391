"""people have roles, what is said in a session is known as such, and every save is written down in a chain"""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from opex.domain.noted import BEGINS, NOTHING, DriversRow, JournalRow, Noted, beginning, digest_of
from opex.store.schema import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("role", sa.Text(), nullable=False, server_default=""))
        people.add_column(sa.Column("login", sa.Text(), nullable=False, server_default=""))
        people.add_column(sa.Column("identity", sa.Text(), nullable=True))
        people.create_unique_constraint(op.f("uq_people_identity"), ["identity"])
    op.create_table(
        "group_roles",
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group", name=op.f("pk_group_roles")),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
    )
    with op.batch_alter_table("journal") as journal:
        journal.add_column(sa.Column("session", sa.Text(), nullable=True))
        journal.create_index(op.f("ix_journal_session_kind"), ["session", "kind"])
    for name in ("sessions", "people", "audit"):
        op.execute(f"INSERT INTO revisions (name, number) VALUES ('{name}', 0)")  # noqa: S608 - names from above
    _begin_the_log(op.get_bind())


def _begin_the_log(connection: sa.Connection) -> None:
    """What was said before there was a log is told by its first entry: how much it was, and one digest of it."""
    names = ("seq", "request_id", "person", "function", "opportunity", "kind", "session")
    said = sa.table("journal", *map(sa.column, names), sa.column("at", UtcDateTime), sa.column("body", sa.JSON))
    rows = [dict(row) for row in connection.execute(sa.select(said).order_by(said.c.seq)).mappings()]
    journal = [JournalRow(subject=row.pop("opportunity"), **row) for row in rows]
    saved = sa.table("driver_sets", *map(sa.column, ("version", "toml", "person", "note")))
    drivers = [DriversRow(**row) for row in connection.execute(sa.select(saved).order_by(saved.c.version)).mappings()]
    if not journal and not drivers:
        return
    salt, what = uuid4().hex, beginning(journal, drivers)
    entry = Noted(
        seq=1, at=datetime.now(UTC), person="opex", role="", act=BEGINS, subject="log", what=what, salt=salt,  # noqa: TID251
        digest=digest_of(salt, "opex", "log", what), previous=NOTHING, hash="",
    )  # fmt: skip
    texts = ("seq", "person", "role", "act", "subject", "salt", "digest", "previous", "hash")
    log = sa.table("audit", *map(sa.column, texts), sa.column("at", UtcDateTime), sa.column("what", sa.JSON))
    connection.execute(sa.insert(log).values(**{**entry.__dict__, "hash": entry.expected}))
    op.execute("UPDATE revisions SET number = 1 WHERE name = 'audit'")


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE name IN ('sessions', 'people', 'audit')")
    with op.batch_alter_table("journal") as journal:
        journal.drop_index(op.f("ix_journal_session_kind"))
        journal.drop_column("session")
    op.drop_table("audit")
    op.drop_table("group_roles")
    with op.batch_alter_table("people") as people:
        people.drop_constraint(op.f("uq_people_identity"), type_="unique")
        people.drop_column("identity")
        people.drop_column("login")
        people.drop_column("role")
