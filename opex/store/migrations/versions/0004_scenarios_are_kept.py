"""named scenarios are kept, with a revision of their own: keeping one touches neither facts nor decisions"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scenarios",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scenarios")),
    )
    op.execute("INSERT INTO revisions (name, number) VALUES ('scenarios', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE name = 'scenarios'")
    op.drop_table("scenarios")
