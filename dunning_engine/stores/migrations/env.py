"""Alembic's entry: runs the steps on the connection that `stores.schema` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from dunning_engine.stores.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
