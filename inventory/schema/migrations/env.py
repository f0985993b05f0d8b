"""Alembic's entry: runs the migrations on the connection that `inventory.schema.migrate` hands over."""

from alembic import context

from inventory.schema import metadata

conn = context.config.attributes["connection"]
context.configure(
    connection=conn,
    target_metadata=metadata,
    render_as_batch=conn.dialect.name == "sqlite",
    transaction_per_migration=False,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
