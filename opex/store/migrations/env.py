"""Alembic runs here, inside the transaction that opex.store.database has opened."""

from alembic import context

from opex.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
