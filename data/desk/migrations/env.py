"""Alembic runs this to migrate; data.desk.store hands it a connection inside a transaction."""

from alembic import context

from data.desk.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
