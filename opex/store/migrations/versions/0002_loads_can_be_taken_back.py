"""loads can be taken back, sources have watermarks, further systems stand with their incident"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FACTS: dict[str, list[tuple[str, Any, bool]]] = {
    "incidents": [
        ("digest", sa.BigInteger(), False), ("source", sa.Text(), False), ("source_id", sa.Text(), False),
        ("title", sa.Text(), False), ("description", sa.Text(), True), ("system", sa.Text(), True),
        ("environment", sa.Text(), False), ("category", sa.Text(), True), ("severity", sa.SmallInteger(), True),
        ("started_at", sa.BigInteger(), False), ("detected_at", sa.BigInteger(), True),
        ("acknowledged_at", sa.BigInteger(), True), ("mitigated_at", sa.BigInteger(), True),
        ("resolved_at", sa.BigInteger(), True), ("status", sa.Text(), True), ("planned", sa.Boolean(), False),
        ("customers_affected", sa.BigInteger(), True), ("team", sa.Text(), True), ("url", sa.Text(), True),
        ("tags", sa.Text(), True), ("reopened_count", sa.BigInteger(), True), ("caused_by", sa.Text(), True),
        ("further", sa.Text(), True), ("load", sa.BigInteger(), True),
    ],
    "changes": [
        ("digest", sa.BigInteger(), False), ("source", sa.Text(), False), ("source_id", sa.Text(), False),
        ("kind", sa.Text(), False), ("title", sa.Text(), False), ("system", sa.Text(), True),
        ("environment", sa.Text(), False), ("committed_at", sa.BigInteger(), True),
        ("started_at", sa.BigInteger(), False), ("finished_at", sa.BigInteger(), True), ("outcome", sa.Text(), False),
        ("reverts", sa.Text(), True), ("automated", sa.Boolean(), True), ("actor", sa.Text(), True),
        ("url", sa.Text(), True), ("paths", sa.Text(), True), ("load", sa.BigInteger(), True),
    ],
    "readings": [
        ("digest", sa.BigInteger(), False), ("source", sa.Text(), False), ("metric", sa.Text(), False),
        ("unit", sa.Text(), True), ("better", sa.Text(), True), ("system", sa.Text(), True),
        ("environment", sa.Text(), False), ("at", sa.BigInteger(), False), ("value", sa.Double(), False),
        ("load", sa.BigInteger(), True),
    ],
}  # fmt: skip


def upgrade() -> None:
    op.add_column("incidents", sa.Column("further", sa.Text(), nullable=True))
    mine = "FROM incident_systems WHERE incident_id = incidents.id"
    joined = f"""string_agg(system, chr(31) ORDER BY system COLLATE "C") {mine}"""
    if _is_sqlite():
        joined = f"group_concat(system, char(31)) FROM (SELECT system {mine} ORDER BY system)"
    op.execute(f"UPDATE incidents SET further = (SELECT {joined})")  # noqa: S608
    op.drop_table("incident_systems")
    for name, columns in FACTS.items():
        op.add_column(name, sa.Column("load", sa.BigInteger(), nullable=True))
        op.create_table(
            f"{name}_before",
            sa.Column("replaced_by", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.Text(), nullable=False),
            *(sa.Column(column, kind, nullable=nullable) for column, kind, nullable in columns),
            sa.PrimaryKeyConstraint("replaced_by", "id", name=op.f(f"pk_{name}_before")),
        )
    with op.batch_alter_table("loads") as loads:
        loads.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        loads.add_column(sa.Column("mapping", sa.Text(), nullable=True))
        loads.add_column(sa.Column("before", sa.JSON(), nullable=True))
        loads.add_column(sa.Column("taken_back_at", sa.BigInteger(), nullable=True))
        loads.add_column(sa.Column("taken_back_by", sa.Text(), nullable=True))
        loads.create_unique_constraint(op.f("uq_loads_number"), ["number"])
    op.create_table(
        "refused_rows",
        sa.Column("load_id", sa.Text(), nullable=False),
        sa.Column("csv", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"], ["loads.id"], name=op.f("fk_refused_rows_load_id_loads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_refused_rows")),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_table(
        "watermarks",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("fresh_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_watermarks")),
    )
    op.execute("INSERT INTO revisions (name, number) VALUES ('sources', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE name = 'sources'")
    for name in ("watermarks", "sources", "refused_rows"):
        op.drop_table(name)
    with op.batch_alter_table("loads") as loads:
        loads.drop_constraint(op.f("uq_loads_number"), type_="unique")
        for column in ("taken_back_by", "taken_back_at", "before", "mapping", "number"):
            loads.drop_column(column)
    op.create_table(
        "incident_systems",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_systems_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "system", name=op.f("pk_incident_systems")),
    )
    connection = op.get_bind()
    further = connection.execute(sa.text("SELECT id, further FROM incidents WHERE further IS NOT NULL")).all()
    pairs = [{"i": row.id, "s": system} for row in further for system in row.further.split("\x1f")]
    if pairs:
        connection.execute(sa.text("INSERT INTO incident_systems (incident_id, system) VALUES (:i, :s)"), pairs)
    for name in FACTS:
        op.drop_table(f"{name}_before")
        op.drop_column(name, "load")
    op.drop_column("incidents", "further")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
